"""Tokens: what a link may do, for ever and for nothing else."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.refused import refused
from tracker.emails.tokens import (
    CONFIRM,
    MANAGE,
    PREFERENCES,
    UNSUBSCRIBE,
    BadToken,
    ExpiredToken,
    sign,
    sign_at,
    sign_feed,
    verify_at,
    verify_feed,
    verify_token,
)

SECRET = b"thirty-two bytes of the tests..."
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_a_token_gives_back_the_number_it_was_made_for() -> None:
    assert verify_token(SECRET, UNSUBSCRIBE, sign(SECRET, UNSUBSCRIBE, 73_512)) == 73_512


def test_a_token_is_the_same_in_every_mail_and_always_of_one_length() -> None:
    assert sign(SECRET, UNSUBSCRIBE, 7) == sign(SECRET, UNSUBSCRIBE, 7)
    assert {len(sign(SECRET, UNSUBSCRIBE, number)) for number in (0, 7, 2**40, 2**64 - 1)} == {44}


def test_a_token_needs_no_escaping_in_a_url_or_a_mail() -> None:
    made = "".join(sign(SECRET, UNSUBSCRIBE, number) for number in range(500))
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in made)


def test_a_token_of_one_purpose_is_refused_for_another() -> None:
    with pytest.raises(BadToken):
        verify_token(SECRET, PREFERENCES, sign(SECRET, UNSUBSCRIBE, 7))


def test_a_token_of_another_installation_is_refused() -> None:
    with pytest.raises(BadToken):
        verify_token(SECRET, UNSUBSCRIBE, sign(b"another secret of the tests", UNSUBSCRIBE, 7))


def test_a_token_with_another_number_under_the_same_signature_is_refused() -> None:
    raw = base64.urlsafe_b64decode(sign(SECRET, UNSUBSCRIBE, 7))
    forged = base64.urlsafe_b64encode((8).to_bytes(8, "big") + raw[8:]).decode()
    with pytest.raises(BadToken):
        verify_token(SECRET, UNSUBSCRIBE, forged)


@pytest.mark.parametrize("nonsense", ["", "x", "ä" * 44, "AAAA", "!" * 44, "A" * 44, "A" * 4000, "AAAA AAAA"])
def test_anything_else_is_refused_with_a_word_to_the_reader(nonsense: str) -> None:
    with refused(BadToken, "not one of ours"):
        verify_token(SECRET, UNSUBSCRIBE, nonsense)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        sign(b"", UNSUBSCRIBE, 7)


@pytest.mark.parametrize(("interest", "number"), [(1, 0), (1, 1), (2**31 - 1, 2**24 - 1)])
def test_a_feeds_token_holds_its_interest_and_its_number(interest: int, number: int) -> None:
    assert verify_feed(SECRET, sign_feed(SECRET, interest, number)) == (interest, number)


def test_a_token_with_an_instant_gives_back_both_until_its_time_is_over() -> None:
    token = sign_at(SECRET, CONFIRM, 73_512, AT)
    assert verify_at(SECRET, CONFIRM, token, AT + WEEK - timedelta(seconds=1), WEEK) == (73_512, AT)
    with refused(ExpiredToken, "ask for a new one"):
        verify_at(SECRET, CONFIRM, token, AT + WEEK, WEEK)


def test_a_token_with_an_instant_is_always_of_one_length_that_a_mails_line_holds() -> None:
    assert {len(sign_at(SECRET, CONFIRM, number, AT)) for number in (0, 7, 2**64 - 1)} == {52}


def test_the_instant_of_a_token_cannot_be_moved() -> None:
    raw = base64.urlsafe_b64decode(sign_at(SECRET, CONFIRM, 7, AT))
    later = int((AT + WEEK).timestamp()).to_bytes(6, "big")
    with refused(BadToken, "not one of ours"):
        verify_at(SECRET, CONFIRM, base64.urlsafe_b64encode(raw[:8] + later + raw[14:]).decode(), AT, WEEK)


def test_a_token_that_never_expires_is_none_with_an_instant_and_the_other_way_round() -> None:
    with pytest.raises(BadToken):
        verify_at(SECRET, MANAGE, sign(SECRET, MANAGE, 7), AT, WEEK)
    with pytest.raises(BadToken):
        verify_token(SECRET, MANAGE, sign_at(SECRET, MANAGE, 7, AT))
