"""Tokens: what a link may do, for ever and for nothing else."""

import base64

import pytest

from tracker.emails.tokens import PREFERENCES, UNSUBSCRIBE, BadToken, sign, sign_feed, verify, verify_feed

SECRET = b"thirty-two bytes of the tests..."


def test_a_token_gives_back_the_number_it_was_made_for() -> None:
    assert verify(SECRET, UNSUBSCRIBE, sign(SECRET, UNSUBSCRIBE, 73_512)) == 73_512


def test_a_token_is_the_same_in_every_mail_and_always_of_one_length() -> None:
    assert sign(SECRET, UNSUBSCRIBE, 7) == sign(SECRET, UNSUBSCRIBE, 7)
    assert {len(sign(SECRET, UNSUBSCRIBE, number)) for number in (0, 7, 2**40, 2**64 - 1)} == {44}


def test_a_token_needs_no_escaping_in_a_url_or_a_mail() -> None:
    made = "".join(sign(SECRET, UNSUBSCRIBE, number) for number in range(500))
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in made)


def test_a_token_of_one_purpose_is_refused_for_another() -> None:
    with pytest.raises(BadToken):
        verify(SECRET, PREFERENCES, sign(SECRET, UNSUBSCRIBE, 7))


def test_a_token_of_another_installation_is_refused() -> None:
    with pytest.raises(BadToken):
        verify(SECRET, UNSUBSCRIBE, sign(b"another secret of the tests", UNSUBSCRIBE, 7))


def test_a_token_with_another_number_under_the_same_signature_is_refused() -> None:
    raw = base64.urlsafe_b64decode(sign(SECRET, UNSUBSCRIBE, 7))
    forged = base64.urlsafe_b64encode((8).to_bytes(8, "big") + raw[8:]).decode()
    with pytest.raises(BadToken):
        verify(SECRET, UNSUBSCRIBE, forged)


@pytest.mark.parametrize("nonsense", ["", "x", "ä" * 44, "AAAA", "!" * 44, "A" * 44, "A" * 4000, "AAAA AAAA"])
def test_anything_else_is_refused_with_a_word_to_the_reader(nonsense: str) -> None:
    with pytest.raises(BadToken, match="not one of ours"):
        verify(SECRET, UNSUBSCRIBE, nonsense)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        sign(b"", UNSUBSCRIBE, 7)


@pytest.mark.parametrize(("interest", "number"), [(1, 0), (1, 1), (2**31 - 1, 2**24 - 1)])
def test_a_feeds_token_holds_its_interest_and_its_number(interest: int, number: int) -> None:
    assert verify_feed(SECRET, sign_feed(SECRET, interest, number)) == (interest, number)
