"""The flight log: what a dead run leaves behind, and when its log is not believed."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import runs, send_queue
from db.deliveries import Delivery, DeliveryReason, DeliveryState
from db.runs import Run, Verdict
from db.send_queue import Claimed, InFlight, Outcome
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.delivery.journal import JournalWriter, SendJournal, left_behind, open_journal
from jobs.editions.planning import make_edition
from tests.jobs.world import MONDAY, Clock, PostOffice, add_news, enrol, mailing, newest_deliveries

RENDERED, SENT, UNKNOWN = DeliveryState.RENDERED, DeliveryState.SENT, DeliveryState.UNKNOWN
DEFERRED, REFUSED = DeliveryState.DEFERRED, DeliveryState.REFUSED
RUN = Run(id=7, job="deliver", started_at=MONDAY, verdict=Verdict.RUNNING)
LATER = Outcome(2, DEFERRED, DeliveryReason.MAIL_SERVER, "RCPT: 451 later", MONDAY + timedelta(minutes=5))


class Killed(Exception):
    """Ends a run before it can clear up, as a kill does."""


@contextmanager
def dying(data: Path, run: Run = RUN) -> Iterator[SendJournal]:
    """The log of a run that dies at the end of the block."""
    with suppress(Killed), open_journal(data, run) as opened:
        yield opened
        raise Killed


def note(log: SendJournal, *steps: int | Outcome) -> None:
    """What a thread writes: numbers are begun, outcomes are ends."""
    writer = JournalWriter(log)
    for step in steps:
        writer.begin(step) if isinstance(step, int) else writer.end(step)
    writer.rest()


def fates(data: Path, *ids: int, claimed_by: int | None = 7, run: Run | None = RUN) -> list[Outcome]:
    with left_behind(data) as left:
        return left.fates([InFlight(number, claimed_by) for number in ids], lambda _: run)


def states(data: Path, *ids: int, claimed_by: int | None = 7, run: Run | None = RUN) -> list[DeliveryState]:
    return [outcome.state for outcome in fates(data, *ids, claimed_by=claimed_by, run=run)]


def test_what_was_never_begun_waits_again_and_what_has_ended_has_its_outcome(tmp_path: Path) -> None:
    with dying(tmp_path) as log:
        note(log, 1, Outcome(1, SENT), 2, LATER, 3)
    assert states(tmp_path, 1, 2, 3, 4) == [SENT, DEFERRED, UNKNOWN, RENDERED]
    assert fates(tmp_path, 2) == [LATER]


def test_a_mail_that_was_begun_again_is_in_doubt_again(tmp_path: Path) -> None:
    with dying(tmp_path) as log:
        note(log, 2, LATER, 2)
    assert states(tmp_path, 2) == [UNKNOWN]


def test_half_a_line_at_the_end_says_nothing(tmp_path: Path) -> None:
    with dying(tmp_path) as log:
        note(log, 1)
    with (tmp_path / "journal" / "7").open("ab") as torn:
        torn.write(b'[1,"sent",nul')
    assert states(tmp_path, 1) == [UNKNOWN]


def test_a_death_between_an_end_and_the_next_beginning_leaves_one_in_doubt(tmp_path: Path) -> None:
    with dying(tmp_path) as log:
        writer = JournalWriter(log)
        writer.begin(1)
        writer.end(Outcome(1, SENT))
    assert states(tmp_path, 1, 2) == [UNKNOWN, RENDERED]
    with dying(tmp_path) as log:
        writer = JournalWriter(log)
        writer.begin(1)
        writer.end(Outcome(1, SENT))
        writer.begin(2)
    assert states(tmp_path, 1, 2) == [SENT, UNKNOWN]


def test_each_run_is_told_by_its_own_log(tmp_path: Path) -> None:
    other = Run(id=8, job="deliver", started_at=MONDAY, verdict=Verdict.RUNNING)
    with dying(tmp_path) as log, dying(tmp_path, other) as others:
        note(log, 1, Outcome(1, SENT), 2)
        note(others, 3, Outcome(3, SENT))
    with left_behind(tmp_path) as left:
        rows = [InFlight(1, 7), InFlight(2, 7), InFlight(3, 8), InFlight(4, 8), InFlight(5, 9)]
        found = left.fates(rows, {7: RUN, 8: other}.get)
    assert [one.state for one in found] == [SENT, UNKNOWN, SENT, RENDERED, UNKNOWN]


def test_a_log_of_another_run_is_not_believed(tmp_path: Path) -> None:
    with dying(tmp_path):
        pass
    other = Run(id=8, job="deliver", started_at=MONDAY, verdict=Verdict.RUNNING)
    again = Run(id=7, job="deliver", started_at=MONDAY + timedelta(seconds=1), verdict=Verdict.RUNNING)
    assert [states(tmp_path, 4, run=run) for run in (other, again, None)] == [[UNKNOWN]] * 3
    assert states(tmp_path, 4, claimed_by=8, run=other) == [UNKNOWN]


def test_a_log_of_another_boot_of_the_machine_is_not_believed(tmp_path: Path) -> None:
    with dying(tmp_path):
        pass
    file = tmp_path / "journal" / "7"
    first, _, rest = file.read_bytes().partition(b"\n")
    file.write_bytes(first.replace(b'["', b'["another-') + b"\n" + rest)
    assert states(tmp_path, 4) == [UNKNOWN]


@pytest.mark.parametrize("content", [b"", b"no log at all\n", b"\x00\xff\n"])
def test_what_is_no_log_is_not_believed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "7").write_bytes(content)
    assert states(tmp_path, 4) == [UNKNOWN]


def test_a_log_that_is_removed_says_nothing(tmp_path: Path) -> None:
    with dying(tmp_path):
        pass
    with left_behind(tmp_path) as left:
        left.remove()
    assert (states(tmp_path, 4), list((tmp_path / "journal").iterdir())) == ([UNKNOWN], [])


def test_a_run_that_ends_well_leaves_no_log(tmp_path: Path) -> None:
    with open_journal(tmp_path, RUN) as log:
        note(log, 1, Outcome(1, SENT))
    assert list((tmp_path / "journal").iterdir()) == []


def test_the_log_of_a_living_process_is_its_own(tmp_path: Path) -> None:
    with open_journal(tmp_path, RUN), left_behind(tmp_path) as left:
        left.remove()
        assert (left.living, [file.name for file in (tmp_path / "journal").iterdir()]) == ({7}, ["7"])


# --- the one log of versions before -----------------------------------------------------------------------------------


def as_before(data: Path, *lines: bytes) -> Path:
    """The log as a version before left it, of this boot and run."""
    with dying(data):
        pass
    head = (data / "journal" / "7").read_bytes()
    (data / "journal" / "7").unlink()
    (data / "flights").write_bytes(head + b"".join(lines))
    return data


def test_the_log_of_a_version_before_is_read_for_the_mails_that_name_no_run(tmp_path: Path) -> None:
    as_before(tmp_path, b'1\n[1,"sent",null,null,false]\n2\n', b'3\n[3,"refused","RCPT: 550 no",null,false]\n')
    assert states(tmp_path, 1, 2, 3, 4, claimed_by=None) == [SENT, UNKNOWN, REFUSED, RENDERED]
    assert fates(tmp_path, 3, claimed_by=None)[0][2:4] == (DeliveryReason.MAIL_SERVER, "RCPT: 550 no")


def test_what_a_version_before_did_not_send_to_a_stranger_is_known_by_todays_word(tmp_path: Path) -> None:
    as_before(tmp_path, b'1\n[1,"skipped","not on mail.allow",null,false]\n')
    assert fates(tmp_path, 1, claimed_by=None) == [Outcome(1, DeliveryState.SKIPPED, DeliveryReason.NOT_ALLOWED)]


# --- in the life of a delivery ----------------------------------------------------------------------------------------


def die_while_sending(app: App, clock: Clock, *begun: str, ended: tuple[str, ...] = ()) -> dict[str, Claimed]:
    """A process promises three mails, begins some, ends some, and dies before it marks any."""
    for name in ("anna", "bertta", "cecilia"):
        enrol(app.db, clock.now, name)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    with app.db.write() as session:
        run = Run(job="deliver", started_at=clock.now, verdict=Verdict.RUNNING)
        session.add(run)
    with dying(app.settings.data.dir, run) as log:
        with app.db.write() as session:
            mails = send_queue.claim(session, 10, clock.now, run.id or 0)
        claimed = {one.recipient.partition("@")[0]: one for one in mails}
        note(log, *(claimed[name].id for name in begun))
        for name in ended:
            note(log, Outcome(claimed[name].id, SENT))
    return claimed


def found(app: App, name: str) -> Delivery:
    return newest_deliveries(app.db)[name]


@pytest.mark.both_kinds
def test_a_death_leaves_in_doubt_only_what_was_on_the_line(app: App, clock: Clock, office: PostOffice) -> None:
    die_while_sending(app, clock, "anna", "bertta", ended=("anna",))
    told = deliver(mailing(app, office.port))
    assert [found(app, name).state for name in ("anna", "bertta", "cecilia")] == [SENT, UNKNOWN, SENT]
    assert (office.copies, told) == ({"cecilia": 1}, {SENT: 1})  # what was mended is not counted


@pytest.mark.both_kinds
def test_an_attempt_that_never_was_does_not_count(app: App, clock: Clock, office: PostOffice) -> None:
    die_while_sending(app, clock, "anna")
    deliver(mailing(app, office.port))
    assert (found(app, "bertta").attempts, found(app, "anna").attempts) == (1, 1)


def test_on_another_machine_all_that_was_promised_is_in_doubt(app: App, clock: Clock, office: PostOffice) -> None:
    die_while_sending(app, clock, "anna", ended=("anna",))
    [log] = (app.settings.data.dir / "journal").iterdir()
    log.unlink()
    deliver(mailing(app, office.port))
    assert ({found(app, name).state for name in ("anna", "bertta", "cecilia")}, office.copies) == ({UNKNOWN}, {})


def test_while_the_log_is_held_by_a_living_process_nothing_is_settled_or_sent(
    app: App, clock: Clock, office: PostOffice
) -> None:
    die_while_sending(app, clock, "anna")
    [log] = (app.settings.data.dir / "journal").iterdir()
    with log.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert deliver(mailing(app, office.port)).total() == 0
    assert (found(app, "bertta").state, office.copies.total()) == (DeliveryState.SENDING, 0)


def test_a_delivering_that_ends_well_leaves_no_log_and_its_mails_name_it(
    app: App, clock: Clock, office: PostOffice
) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(mailing(app, office.port))
    assert list((app.settings.data.dir / "journal").iterdir()) == []
    with app.db.read() as session:
        newest = runs.newest_run(session, "deliver")
    assert newest is not None
    assert found(app, "anna").run_id == newest.id


def test_a_kill_before_the_upgrade_loses_nothing(app: App, clock: Clock, office: PostOffice) -> None:
    claimed = die_while_sending(app, clock, "anna", "bertta", ended=("anna",))
    data = app.settings.data.dir
    [log] = (data / "journal").iterdir()
    head = log.read_bytes().splitlines(keepends=True)[0]
    anna, bertta = claimed["anna"].id, claimed["bertta"].id
    (data / "flights").write_bytes(head + b'%d\n[%d,"sent",null,null,false]\n%d\n' % (anna, anna, bertta))
    log.unlink()
    with app.db.write() as session:
        session.connection().execute(sa.update(Delivery).values(run_id=None))
    deliver(mailing(app, office.port))
    assert [found(app, name).state for name in ("anna", "bertta", "cecilia")] == [SENT, UNKNOWN, SENT]
    assert (office.copies, (data / "flights").exists()) == ({"cecilia": 1}, False)


def test_a_dead_runs_mails_are_settled_while_another_run_lives(app: App, clock: Clock, office: PostOffice) -> None:
    claimed = die_while_sending(app, clock, "anna", ended=("anna",))
    with app.db.write() as session:
        living = Run(job="deliver", started_at=clock.now, verdict=Verdict.RUNNING)
        session.add(living)
        session.flush()
        session.get_one(Delivery, claimed["bertta"].id).run_id = living.id
    with open_journal(app.settings.data.dir, living):
        deliver(mailing(app, office.port))
        now = [found(app, name).state for name in ("anna", "bertta", "cecilia")]
    assert (now, office.copies.total()) == ([SENT, DeliveryState.SENDING, RENDERED], 0)
