"""tracker sources health: what its rows say of a source."""

from datetime import UTC, datetime, timedelta

from db.runs import Coverage, Run
from jobs.collecting.status import funnel, last_429_at, next_try_at, receipt_in_words
from tracker.fetching.receipt import Receipt

TUESDAY = datetime(2026, 6, 9, 4, tzinfo=UTC)


def test_a_receipt_tells_requests_bytes_what_was_saved_and_what_the_publisher_asked() -> None:
    said = Receipt(requests=8, bytes=5000, not_modified=2, last_429_at=TUESDAY, robots={"a.example": "allowed"})
    assert receipt_in_words(said.as_dict()) == (
        "8 requests; 5000 bytes; 25% not modified; 429 at 2026-06-09T04:00:00+00:00; robots.txt: a.example: allowed"
    )


def test_a_receipt_of_nothing_says_so() -> None:
    assert receipt_in_words(Receipt().as_dict()) == "0 requests; 0 bytes; no 429; robots.txt: not asked"


def test_a_source_in_long_trouble_has_a_time_before_which_it_is_left_alone() -> None:
    assert next_try_at(Coverage("x", None, TUESDAY, 6, TUESDAY)) == TUESDAY + timedelta(hours=23)


def test_a_source_that_is_read_at_every_tick_has_none() -> None:
    assert next_try_at(Coverage("x", TUESDAY, None, 0, None)) is None


def test_the_last_429_is_that_of_any_reading() -> None:
    runs = [Run(job="collect", subject="x", started_at=TUESDAY, receipt={"last_429_at": at}) for at in (None, "then")]
    assert last_429_at(runs) == "then"


def test_a_funnel_tells_each_step_with_its_own_share() -> None:
    told = {"funnel": {"listed": 10, "opened": 10, "loaded": 8, "dated": 4, "published": 4}}
    assert funnel(told) == "10 listed → 10 opened (100%) → 8 loaded (80%) → 4 dated (50%) → 4 published (100%)"
    assert (funnel({}), funnel({"funnel": {}})) == ("", "")
