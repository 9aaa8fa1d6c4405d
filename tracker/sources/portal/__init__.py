"""The EU Funding & Tenders Portal."""
