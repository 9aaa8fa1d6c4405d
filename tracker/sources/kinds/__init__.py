"""Kinds of sites that are configured instead of programmed: lists, feeds, WordPress, watched pages."""
