"""The command line on mails that left and came back: `tracker bounces` and `tracker deliveries`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from tests.jobs.processes import Completed, run_tracker, write_config
from tests.jobs.world import Clock, PostOffice, add_news, enrol, mailing, newest_deliveries
from tests.tracker.emails.returned import report
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE

HERE = {"PYTHONPATH": str(Path(__file__).parents[3])}  # these sources, wherever others are installed
TRACKER = Path(sys.executable).with_name("tracker")


@pytest.fixture
def sent(app: App, clock: Clock, office: PostOffice) -> App:
    """An app whose mail to anna was in when the line dropped."""
    office.moods["anna"] = "drop"
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    at = mailing(app, office.port, bounces="bounces@vahti.example")
    deliver(at)
    return at


@pytest.fixture
def config(sent: App, office: PostOffice, tmp_path: Path) -> Path:
    return write_config(sent, office.port, tmp_path / "mail.toml")


def ask(config: Path, *arguments: str) -> Completed:
    return run_tracker([*arguments, "--config", str(config)], config.parent, {})


def pipe(config: Path, raw: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [TRACKER, "bounces", "read", "--stdin", "--config", config]
    return subprocess.run(command, input=raw, capture_output=True, check=False, env=HERE | environment)


def came_back(sent: App) -> bytes:
    anna = newest_deliveries(sent.db)["anna"]
    path = envelope_sender(sent.settings.mail, sent.secret, BOUNCE, anna.id or 0)
    return report("5.1.1", "smtp; 550 5.1.1 no such user", to=("To", path))


@pytest.mark.slow
def test_a_mail_server_hands_a_bounce_over_and_the_mailbox_is_let_back_by_hand(sent: App, config: Path) -> None:
    assert pipe(config, came_back(sent)).returncode == 0
    [row] = map(json.loads, ask(config, "bounces", "list", "--json").stdout.splitlines())
    assert (row["kind"], row["address"]) == ("hard", "anna@reader.example")
    assert ask(config, "bounces", "unban", "anna@reader.example", "--reason", "it is there").returncode == 0
    again = ask(config, "bounces", "unban", "anna@reader.example", "--reason", "it is there")
    assert (again.returncode, "is active; it must be banned" in again.stderr) == (1, True)


@pytest.mark.slow
def test_a_mail_server_is_told_to_come_again_where_a_bounce_cannot_be_noted(sent: App, config: Path) -> None:
    done = pipe(config, came_back(sent), TRACKER_DATABASE__URL="sqlite:////proc/none/here.sqlite3")
    assert done.returncode == 75


def test_a_maildir_is_read_by_name(sent: App, config: Path, tmp_path: Path) -> None:
    for part in ("new", "cur"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1.a").write_bytes(came_back(sent))
    assert (
        ask(config, "bounces", "read", "--maildir", str(tmp_path / "Maildir")).stdout
        == "kind\tmails\nmailbox gone\t1\n"
    )


def test_a_reading_is_undone_and_a_list_is_let_back_by_one_command_each(
    sent: App, config: Path, tmp_path: Path
) -> None:
    for part in ("new", "cur"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    (tmp_path / "Maildir" / "new" / "1.a").write_bytes(came_back(sent))
    with config.open("a") as file:
        file.write("\n[bounces]\nmost_bans = 0\nmost_bans_percent = 50\n")
    held = ask(config, "bounces", "read", "--maildir", str(tmp_path / "Maildir"))
    assert "1 of 1 mailboxes would get no more mail" in held.stderr
    assert "bans held" in ask(config, "notices").stdout
    [row] = map(json.loads, ask(config, "bounces", "list", "--effect", "held", "--json").stdout.splitlines())
    reason = ("--reason", "the reverse record was wrong")
    assert ask(config, "bounces", "apply", *reason).stdout.splitlines()[1] == "1\tanna@reader.example\tbanned\t0"
    (tmp_path / "list.txt").write_text("# let back\nAnna@reader.example\n")
    back = "subscriber\tmailbox\tstate\ttold again\n1\tanna@reader.example\tactive\t1\n"
    assert ask(config, "bounces", "unban", "--file", str(tmp_path / "list.txt"), *reason).stdout == back
    nothing = ask(config, "bounces", "unban", "--reading", str(row["reading"]), *reason)
    assert (nothing.stdout, nothing.stderr) == ("", "there was nothing to decide\n")
    both = ask(config, "bounces", "unban", "anna@reader.example", "--reading", "1", *reason)
    assert (both.returncode, "--reading" in both.stderr) == (2, True)


def test_where_nothing_is_named_to_read_it_says_what_could_be(config: Path) -> None:
    done = ask(config, "bounces", "read")
    assert (done.returncode, "bounces.source" in done.stderr) == (2, True)


def test_a_delivery_is_shown_whole_resolved_and_sent_again(sent: App, config: Path, office: PostOffice) -> None:
    number = str(newest_deliveries(sent.db)["anna"].id)
    shown = json.loads(ask(config, "deliveries", "show", number, "--json").stdout)
    assert (shown["edition"], shown["state"], shown["attempts"]) == ("weekly 2026-W25", "unknown", 1)
    assert [(item["event"], item["call"]) for item in shown["told"]] == [("new", "one")]
    assert "told\tnew" in ask(config, "deliveries", "show", number).stdout
    assert ask(config, "deliveries", "resolve", number, "--as", "lost", "--reason", "no trace").returncode == 0
    assert ask(config, "deliveries", "resend", number, "--reason", "no trace").returncode == 0
    office.moods.clear()
    assert ask(config, "deliver").returncode == 0
    refused = ask(config, "deliveries", "resend", number, "--reason", "once more")
    assert (refused.returncode, "is sent; it must be" in refused.stderr) == (1, True)
    assert office.copies["anna"] == 2


def test_an_old_mail_is_replayed_the_same_to_the_last_byte(
    sent: App, config: Path, office: PostOffice, tmp_path: Path
) -> None:
    number, out = str(newest_deliveries(sent.db)["anna"].id), tmp_path / "again"
    assert ask(config, "deliveries", "replay", number, "--out", str(out)).returncode == 0
    assert [file.read_bytes() for file in out.glob("*.eml")] == office.mails
    missing = ask(config, "deliveries", "replay", "99", "--out", str(out))
    assert (missing.returncode, "delivery 99: no copy of its mail is kept" in missing.stderr) == (1, True)
