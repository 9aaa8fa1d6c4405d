"""Consent: words that change get a new version, or nobody knows what was agreed to."""

from hashlib import sha256

from tracker.subscriptions.consent import VERSION, consent_text

PUBLISHED = {  # version → the words in Finnish, Swedish and English, as a hash; a version that was used is never edited
    "2026-11": "f10c16042eaedeb8",
}


def test_words_that_change_have_a_new_version() -> None:
    texts = "\n".join(consent_text(language) for language in ("fi", "sv", "en"))
    assert sha256(texts.encode()).hexdigest()[:16] == PUBLISHED[VERSION]
