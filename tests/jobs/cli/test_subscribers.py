"""The operator's commands for subscribers, as they are typed: what they do, and what they refuse in which words."""

import email
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from db import subscribers
from db.consents import ConsentAct
from db.subscribers import Cadence, SubscriberState, Wants
from jobs.base.app import App
from jobs.cli import app
from jobs.cli.hints import error_lines
from jobs.cli.options import hoisted
from jobs.readers.optin import sign_up
from tests.jobs.subscribing import acts, history, interests, joined, kinds, reader, sign_up_form, state
from tests.jobs.world import Clock, add_news
from tests.support.refused import refused
from tracker.errors import InputFaults, NotFound, Refusal
from tracker.subscriptions.consent import VERSION

ANNA = "anna@reader.example"


class Terminal:
    """Runs commands on an app's database, at its time."""

    def __init__(self, app: App, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text(f'[database]\nurl = "{app.settings.database.url}"\n[data]\ndir = "{folder / "data"}"\n')

    def run(self, *words: str, code: int = 0) -> str:
        """What a command wrote; its faults are raised, as `main` prints them."""
        given = ["--config", str(self.config), "--now", "2026-06-15T04:00Z", "subscribers", *words]
        done = CliRunner().invoke(app, hoisted(given))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]

    def file(self, text: str, encoding: str = "utf-8") -> str:
        """A roster on disk; its path."""
        (self.folder / "readers.csv").write_text(text, encoding=encoding)
        return str(self.folder / "readers.csv")


@pytest.fixture
def terminal(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("LOGNAME", "olli")
    return Terminal(app, tmp_path)


# --- add --------------------------------------------------------------------------------------------------------------


def test_an_added_mailbox_subscribes_at_once_by_the_operators_word(app: App, terminal: Terminal) -> None:
    assert terminal.run("add", "Anna@Reader.Example", "--spearhead", "food") == f"id\tmailbox\n1\t{ANNA}\n"
    assert state(app) is SubscriberState.ACTIVE
    assert acts(app, 1) == [(ConsentAct.CONFIRMED, "added by the operator")]
    assert history(app, 1) == [("added", "olli", "added by the operator")]
    assert kinds(app) == []


def test_an_added_interest_holds_everything_that_one_can(app: App, terminal: Terminal) -> None:
    words = "--programme HORIZON --kind topic --kind cascade --audience sme --money-min 100000 --money-max 900000"
    more = "--source portal --open-only --urgent --lead-days 14 --reason signed-a-paper --cadence daily --language sv"
    terminal.run("add", ANNA, "--query", "hydrogen* OR vety*", *words.split(), *more.split())
    [interest] = interests(app)
    assert interest.wants == Wants(
        programmes=("HORIZON",),
        sources=("portal",),
        kinds=("topic", "cascade"),
        audience=("sme",),
        query="hydrogen* OR vety*",
        money_min=100_000,
        money_max=900_000,
        forthcoming=False,
    )
    anna = reader(app)
    assert (anna.urgent, anna.lead_days, anna.cadence, anna.language) == (True, (14,), Cadence.DAILY, "sv")
    assert acts(app, 1)[0][1] == "signed-a-paper"


def test_the_own_region_is_on_unless_it_is_switched_off(app: App, terminal: Terminal) -> None:
    terminal.run("add", ANNA, "--spearhead", "food")
    terminal.run("add", "bertta@reader.example", "--spearhead", "food", "--no-own-region")
    assert (reader(app).own_region, reader(app, "bertta").own_region) == (True, False)
    terminal.run("own-region", ANNA, "--off", "--reason", "only food")
    terminal.run("own-region", "bertta@reader.example", "--on")
    assert (reader(app).own_region, reader(app, "bertta").own_region) == (False, True)
    assert history(app, reader(app).id or 0)[-1][::2] == ("preferences", "only food")
    assert len(interests(app)) == 1


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "an interest needs a spearhead"),
        (("--spearhead", "skiing"), "spearheads: there is no spearhead skiing; there are circular, food"),
        (("--query", "hydrogen AND ("), "query: "),
        (("--programme", "HORIZN"), "programmes: there is no programme HORIZN; there are "),
        (("--spearhead", "food", "--lead-days", "0"), "lead_days: name at most 5 lead times, each of 1 to 365 days"),
    ],
)
def test_a_faulty_wish_is_refused_with_what_to_write(terminal: Terminal, words: tuple[str, ...], fault: str) -> None:
    with refused(InputFaults, f"^{fault}"):
        terminal.run("add", ANNA, *words)


# --- import -----------------------------------------------------------------------------------------------------------

ROSTER = "address,spearheads,language\nanna@reader.example,food,fi\nbertta@reader.example,food circular,sv\n"


def everybody(app: App) -> dict[str, SubscriberState]:
    with app.db.read() as session:
        return {one.address.partition("@")[0]: one.state for one in subscribers.all_subscribers(session)}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_roster_is_read_as_a_spreadsheet_writes_it(app: App, terminal: Terminal, encoding: str) -> None:
    file = terminal.file("sähköposti\tkärjet\r\nanna@reader.example\tfood\r\n", encoding)
    assert [one["done"] for one in terminal.rows("import", file, "--reason", "the fair")] == ["would be added"]


@pytest.mark.parametrize("yes", [[], ["--yes"]])
def test_a_roster_of_headings_alone_says_so(terminal: Terminal, yes: list[str]) -> None:
    given = ["--config", str(terminal.config), "subscribers", "import", terminal.file("sähköposti;kärjet\n")]
    done = CliRunner().invoke(app, [*given, "--reason", "the fair", *yes])
    assert (done.exit_code, done.stderr) == (0, "readers.csv has headings and no mailbox\n")


def test_without_yes_a_roster_is_checked_and_nothing_changes(app: App, terminal: Terminal) -> None:
    rows = terminal.rows("import", terminal.file(ROSTER), "--reason", "the fair")
    assert [(one["line"], one["done"]) for one in rows] == [(2, "would be added"), (3, "would be added")]
    assert everybody(app) == {}


def test_with_yes_a_roster_subscribes_everybody_with_the_file_and_the_reason_in_the_consent(
    app: App, terminal: Terminal
) -> None:
    terminal.run("import", terminal.file(ROSTER), "--reason", "the fair", "--yes")
    assert everybody(app) == {"anna": SubscriberState.ACTIVE, "bertta": SubscriberState.ACTIVE}
    assert acts(app, 2) == [(ConsentAct.CONFIRMED, "import of readers.csv: the fair")]
    assert kinds(app) == []


def test_those_of_a_roster_may_be_asked_first(app: App, terminal: Terminal) -> None:
    terminal.run("import", terminal.file(ROSTER), "--reason", "the fair", "--ask", "--yes")
    assert everybody(app) == {"anna": SubscriberState.PENDING, "bertta": SubscriberState.PENDING}
    assert kinds(app) == ["confirm", "confirm"]
    assert acts(app, 1) == [(ConsentAct.ASKED, "import of readers.csv: the fair")]


def test_a_roster_is_taken_whole_or_not_at_all(app: App, terminal: Terminal) -> None:
    joined(app, "bertta")
    with pytest.raises(InputFaults) as caught:
        terminal.run("import", terminal.file(ROSTER), "--reason", "the fair", "--yes")
    assert error_lines(caught.value, "en") == [
        "line 3: bertta@reader.example is already subscribed; tracker subscribers list shows it"
    ]
    assert set(everybody(app)) == {"bertta"}


def test_a_roster_needs_a_reason(terminal: Terminal) -> None:
    assert "--reason" in terminal.run("import", terminal.file(ROSTER), "--yes", code=2)


def test_a_roster_that_is_no_text_or_not_there_is_named(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes("address\näiti@x.example".encode("latin-1"))
    for name, fault in (("odd.csv", "odd.csv is not text in UTF-8; save it as UTF-8"), ("none.csv", "No such file")):
        with refused(Refusal, fault):
            terminal.run("import", str(tmp_path / name), "--reason", "the fair")


# --- list, show, history ----------------------------------------------------------------------------------------------


def test_a_list_holds_whom_it_is_asked_for(app: App, terminal: Terminal) -> None:
    joined(app, "anna")
    sign_up(app, sign_up_form("bertta"))
    assert [one["address"] for one in terminal.rows("list")] == [ANNA, "bertta@reader.example"]
    [waiting] = terminal.rows("list", "--state", "pending")
    assert (waiting["address"], waiting["follows"]) == ("bertta@reader.example", ["food"])


def test_a_list_says_what_is_followed_whatever_it_is(app: App, terminal: Terminal) -> None:
    wanted = Wants(programmes=("LIFE",), kinds=("topic",), audience=("sme",), query="malt*")
    joined(app, "anna", wanted, Wants(sources=("eura",)))
    [listed] = terminal.rows("list")
    assert listed["follows"] == ["LIFE", "topic", "sme", "eura", "malt*"]


def test_a_list_in_json_names_the_id_of_each_interest_that_feeds_ask_for(app: App, terminal: Terminal) -> None:
    joined(app)
    [listed] = terminal.rows("list")
    assert [(interest["id"], interest["spearheads"]) for interest in listed["interests"]] == [(1, ["food"])]


def test_one_mailbox_is_shown_with_what_it_wants_in_words_and_what_it_agreed_to(
    app: App, terminal: Terminal, clock: Clock
) -> None:
    joined(app)
    terminal.run("mute", ANNA, str(add_news(app.db, clock.now, "one", "food")))
    [shown] = terminal.rows("show", ANNA)
    assert (shown["interests"], shown["choices"]) == (["Ruoka"], ["mute 1: Food call one"])
    assert shown["letters"] == ["confirm rendered", "receipt rendered"]
    assert (shown["agreed_by"], shown["version"]) == ("link in the letter of 2026-06-15T04:00:00+00:00", VERSION)
    told = terminal.run("show", "1")
    assert "interests\tRuoka" in told
    assert "letters\tconfirmation waiting, receipt waiting" in told


def test_a_history_says_what_happened_by_whom_and_why(app: App, terminal: Terminal) -> None:
    joined(app)
    terminal.run("pause", ANNA, "--until", "2026-08-01", "--reason", "holidays")
    rows = terminal.rows("history", ANNA)
    assert [(one["what"], one["by"], one["reason"]) for one in rows] == [
        ("asked", "reader", None),
        ("confirmed", "reader", None),
        ("paused", "olli", "holidays"),
    ]
    assert rows[-1]["detail"] == {"until": "2026-08-01"}


@pytest.mark.parametrize(
    "typed", ["info@päijäthäme.example", " Info@PÄIJÄTHÄME.example", "info@xn--pijthme-5wacc.example"]
)
def test_an_address_is_found_as_it_was_typed(terminal: Terminal, app: App, typed: str) -> None:
    terminal.run("add", "info@päijäthäme.example", "--spearhead", "food")
    terminal.run("pause", typed, "--until", "2026-08-01")
    assert terminal.rows("show", typed)[0]["paused_until"] == "2026-08-01"
    assert terminal.rows("remove", typed)[0]["state"] == "left"


@pytest.mark.parametrize("command", ["show", "history", "resume", "remove", "link"])
@pytest.mark.parametrize("who", ["nobody@reader.example", "7", "99999999999"])
def test_whoever_is_not_there_is_named(terminal: Terminal, command: str, who: str) -> None:
    with pytest.raises(NotFound) as caught:
        terminal.run(command, who)
    assert error_lines(caught.value, "en") == [f"there is no subscriber {who}; tracker subscribers list shows them"]


# --- changes ----------------------------------------------------------------------------------------------------------


def test_pausing_and_resuming(app: App, terminal: Terminal) -> None:
    joined(app)
    [paused] = terminal.rows("pause", ANNA, "--until", "2026-08-01")
    assert paused["paused_until"] == "2026-08-01"
    [resumed] = terminal.rows("resume", ANNA)
    assert resumed["paused_until"] is None


def test_a_pause_until_no_day_or_a_past_one_is_refused(app: App, terminal: Terminal) -> None:
    joined(app)
    assert "write it like 2027-01-11" in terminal.run("pause", ANNA, "--until", "soon", code=2)
    with refused(InputFaults, "2026-06-15: a pause ends after today"):
        terminal.run("pause", ANNA, "--until", "2026-06-15")


def test_another_cadence(app: App, terminal: Terminal) -> None:
    joined(app)
    assert terminal.rows("cadence", ANNA, "monthly")[0]["cadence"] == "monthly"


def test_a_call_is_followed_muted_and_neither(app: App, terminal: Terminal, clock: Clock) -> None:
    joined(app)
    call = str(add_news(app.db, clock.now, "one", "food"))
    for command in ("follow", "mute", "unmute"):
        terminal.run(command, ANNA, call)
    assert [what for what, _, _ in history(app, 1)][-3:] == ["followed", "muted", "unmuted"]
    with refused(NotFound, "there is no call 99"):
        terminal.run("follow", ANNA, "99")


def test_a_sign_up_is_confirmed_for_a_reason(app: App, terminal: Terminal) -> None:
    sign_up(app, sign_up_form())
    assert "--reason" in terminal.run("confirm", ANNA, code=2)
    assert terminal.rows("confirm", ANNA, "--reason", "signed a paper")[0]["state"] == "active"


def test_removing_says_goodbye(app: App, terminal: Terminal) -> None:
    joined(app)
    assert terminal.rows("remove", ANNA)[0]["state"] == "left"
    assert history(app, 1)[-1] == ("left", "olli", "removed by the operator")
    assert kinds(app)[-1] == "goodbye"


def test_a_link_is_written_and_delivered_later(app: App, terminal: Terminal) -> None:
    joined(app)
    [written] = terminal.rows("link", ANNA)
    assert (written["kind"], written["state"], written["recipient"]) == ("preferences", "rendered", ANNA)
    for _ in range(2):
        terminal.run("link", ANNA)
    assert "has had today's letters" in terminal.run("link", ANNA, code=1)


# --- persons ----------------------------------------------------------------------------------------------------------


def test_an_export_is_a_folder_with_a_document_and_the_mails(app: App, terminal: Terminal, tmp_path: Path) -> None:
    joined(app)
    [done] = terminal.rows("export", ANNA, "--out", str(tmp_path / "anna"))
    assert json.loads(Path(done["document"]).read_text("utf-8"))["subscriber"]["address"] == ANNA
    mails = [email.message_from_bytes(file.read_bytes()) for file in (tmp_path / "anna").glob("*.eml")]
    assert {mail["To"] for mail in mails} == {ANNA}
    assert done["mails"] == len(mails) == 2


def test_without_yes_an_erasure_counts_what_is_held_and_changes_nothing(app: App, terminal: Terminal) -> None:
    joined(app)
    [row] = terminal.rows("erase", ANNA, "--reason", "asked")
    assert (row["done"], row["interests"], row["consents"], row["letters"]) == ("would be erased", 1, 2, 2)
    assert state(app) is SubscriberState.ACTIVE


def test_with_yes_a_person_is_erased(app: App, terminal: Terminal) -> None:
    joined(app)
    assert "--reason" in terminal.run("erase", ANNA, "--yes", code=2)
    assert terminal.rows("erase", ANNA, "--reason", "asked", "--yes")[0]["done"] == "erased"
    assert terminal.run("list").splitlines()[1] == "1\terased:1\ten\tweekly\terased\t\t"
