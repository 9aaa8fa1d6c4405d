"""The flight log: what a dead process leaves behind, and when its log is not believed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from db import claims
from db.claims import Claimed, Outcome
from db.deliveries import Delivery, DeliveryState
from db.runs import Run, Verdict
from db.subscribers import Cadence
from jobs.deliver import deliver
from jobs.desk import Desk
from jobs.editions import make_edition
from jobs.flights import FlightLog, Pen, open_flights
from tests.jobs.world import MONDAY, Clock, PostOffice, add_news, enrol, mailing, newest_deliveries

RENDERED, SENT, UNKNOWN = DeliveryState.RENDERED, DeliveryState.SENT, DeliveryState.UNKNOWN
DEFERRED, REFUSED = DeliveryState.DEFERRED, DeliveryState.REFUSED
RUN = Run(id=7, job="deliver", started_at=MONDAY, verdict=Verdict.RUNNING)
LATER = Outcome(2, DEFERRED, "RCPT: 451 later", MONDAY + timedelta(minutes=5))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FlightLog]:
    with open_flights(tmp_path / "flights") as opened:
        assert opened is not None
        opened.start(RUN)
        yield opened


def note(log: FlightLog, *steps: int | Outcome) -> None:
    """What a thread writes: numbers are begun, outcomes are ends."""
    pen = Pen(log)
    for step in steps:
        pen.begin(step) if isinstance(step, int) else pen.end(step)
    pen.rest()


def fates(log: FlightLog, *ids: int, run: Run | None = RUN) -> list[DeliveryState]:
    return [outcome.state for outcome in log.fates(ids, run)]


def test_what_was_never_begun_waits_again_and_what_has_ended_has_its_outcome(log: FlightLog) -> None:
    note(log, 1, Outcome(1, SENT), 2, LATER, 3)
    assert fates(log, 1, 2, 3, 4) == [SENT, DEFERRED, UNKNOWN, RENDERED]
    assert log.fates([2], RUN) == [LATER]


def test_a_mail_that_was_begun_again_is_in_doubt_again(log: FlightLog) -> None:
    note(log, 2, LATER, 2)
    assert fates(log, 2) == [UNKNOWN]


def test_half_a_line_at_the_end_says_nothing(log: FlightLog, tmp_path: Path) -> None:
    note(log, 1)
    with (tmp_path / "flights").open("ab") as torn:
        torn.write(b'[1,"sent",nul')
    assert fates(log, 1) == [UNKNOWN]


def test_a_death_between_an_end_and_the_next_beginning_leaves_one_in_doubt(log: FlightLog) -> None:
    pen = Pen(log)
    pen.begin(1)
    pen.end(Outcome(1, SENT))
    assert fates(log, 1, 2) == [UNKNOWN, RENDERED]
    pen.begin(2)
    assert fates(log, 1, 2) == [SENT, UNKNOWN]


def test_a_log_of_another_run_is_not_believed(log: FlightLog) -> None:
    other = Run(id=8, job="deliver", started_at=MONDAY, verdict=Verdict.RUNNING)
    again = Run(id=7, job="deliver", started_at=MONDAY + timedelta(seconds=1), verdict=Verdict.RUNNING)
    assert [fates(log, 4, run=run) for run in (other, again, None)] == [[UNKNOWN]] * 3


def test_a_log_of_another_boot_of_the_machine_is_not_believed(log: FlightLog, tmp_path: Path) -> None:
    file = tmp_path / "flights"
    first, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(first.replace(b'["', b'["another-') + b"\n" + rest)
    assert fates(log, 4) == [UNKNOWN]


@pytest.mark.parametrize("content", [b"", b"no log at all\n", b"\x00\xff\n"])
def test_what_is_no_log_is_not_believed(log: FlightLog, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "flights").write_bytes(content)
    assert fates(log, 4) == [UNKNOWN]


def test_a_log_that_is_cleared_says_nothing(log: FlightLog) -> None:
    log.clear()
    assert fates(log, 4) == [UNKNOWN]


def test_the_log_of_a_living_process_is_its_own(log: FlightLog, tmp_path: Path) -> None:
    with open_flights(tmp_path / "flights") as second:
        assert second is None


# --- in the life of a delivery ----------------------------------------------------------------------------------------


def die_while_sending(desk: Desk, clock: Clock, *begun: str, ended: tuple[str, ...] = ()) -> dict[str, Claimed]:
    """A process promises three mails, begins some, ends some, and dies before it marks any."""
    for name in ("anna", "bertta", "cecilia"):
        enrol(desk.db, clock.now, name)
    add_news(desk.db, clock.now, "one", "food")
    make_edition(desk, Cadence.WEEKLY)
    with desk.db.write() as session:
        run = Run(job="deliver", started_at=clock.now, verdict=Verdict.RUNNING)
        session.add(run)
    with open_flights(desk.settings.data.dir / "flights") as log:
        assert log is not None
        log.start(run)
        with desk.db.write() as session:
            claimed = {one.recipient.partition("@")[0]: one for one in claims.claim(session, 10, clock.now)}
        note(log, *(claimed[name].id for name in begun))
        for name in ended:
            note(log, Outcome(claimed[name].id, SENT))
    return claimed


def found(desk: Desk, name: str) -> Delivery:
    return newest_deliveries(desk.db)[name]


@pytest.mark.both_kinds
def test_a_death_leaves_in_doubt_only_what_was_on_the_line(desk: Desk, clock: Clock, office: PostOffice) -> None:
    die_while_sending(desk, clock, "anna", "bertta", ended=("anna",))
    told = deliver(mailing(desk, office.port))
    assert [found(desk, name).state for name in ("anna", "bertta", "cecilia")] == [SENT, UNKNOWN, SENT]
    assert (office.copies, told) == ({"cecilia": 1}, {SENT: 2, UNKNOWN: 1})


@pytest.mark.both_kinds
def test_an_attempt_that_never_was_does_not_count(desk: Desk, clock: Clock, office: PostOffice) -> None:
    die_while_sending(desk, clock, "anna")
    deliver(mailing(desk, office.port))
    assert (found(desk, "bertta").attempts, found(desk, "anna").attempts) == (1, 1)


def test_on_another_machine_all_that_was_promised_is_in_doubt(desk: Desk, clock: Clock, office: PostOffice) -> None:
    die_while_sending(desk, clock, "anna", ended=("anna",))
    (desk.settings.data.dir / "flights").unlink()
    deliver(mailing(desk, office.port))
    assert ({found(desk, name).state for name in ("anna", "bertta", "cecilia")}, office.copies) == ({UNKNOWN}, {})


def test_while_the_log_is_held_by_a_living_process_nothing_is_settled_or_sent(
    desk: Desk, clock: Clock, office: PostOffice
) -> None:
    die_while_sending(desk, clock, "anna")
    with open_flights(desk.settings.data.dir / "flights"):
        assert deliver(mailing(desk, office.port)).total() == 0
    assert (found(desk, "bertta").state, office.copies.total()) == (DeliveryState.SENDING, 0)


def test_a_delivering_that_ends_well_leaves_an_empty_log(desk: Desk, clock: Clock, office: PostOffice) -> None:
    enrol(desk.db, clock.now, "anna")
    add_news(desk.db, clock.now, "one", "food")
    make_edition(desk, Cadence.WEEKLY)
    deliver(mailing(desk, office.port))
    assert (desk.settings.data.dir / "flights").read_bytes() == b""
