"""Consent: words that change get a new version, or nobody knows what was agreed to."""

from hashlib import sha256

from tracker.subscriptions.consent import VERSION, consent_text

PUBLISHED = {  # version → the words in Finnish, Swedish and English, as a hash; a version that was used is never edited
    "2026-11": "f10c16042eaedeb8",
    "2026-11-27": "70312f0f1e570343",
}


def test_words_that_change_have_a_new_version() -> None:
    texts = "\n".join(consent_text(language, 30) for language in ("fi", "sv", "en"))
    assert sha256(texts.encode()).hexdigest()[:16] == PUBLISHED[VERSION]


def test_the_words_say_how_long_the_address_is_kept_after_leaving() -> None:
    assert "poistetaan 45 päivän kuluttua tilauksen päättymisestä" in consent_text("fi", 45)
    assert "raderas 45 dagar efter" in consent_text("sv", 45)
    assert "is deleted 45 days after" in consent_text("en", 45)
