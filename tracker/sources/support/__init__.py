"""Helpers shared by sources: dates, text from HTML, cards, detail pages, JSON records, contacts."""
