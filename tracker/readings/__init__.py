"""Whether a reading is believed: health, seasons, a source's bad spells, kept pages."""
