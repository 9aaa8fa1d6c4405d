"""Prepared by one person, approved by another, where the region wants that."""
