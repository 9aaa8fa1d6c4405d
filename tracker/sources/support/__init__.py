"""What sources share: dates, text from HTML, cards, detail pages, JSON records, contacts."""
