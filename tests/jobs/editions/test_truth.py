"""What a mail says of itself: the whole interest, every source, what had no effect, and reminders as promised."""

from datetime import date, timedelta

import pytest

from db import subscribers
from db.calls import Deadline
from db.subscribers import Cadence, Interest
from jobs.base.app import App
from jobs.editions.planning import make_edition
from tests.jobs.editions.test_beside import text_to
from tests.jobs.editions.test_editions import told
from tests.jobs.world import Clock, add_call, add_news, enrol, facts, with_settings
from tracker import sources

TUESDAY = date(2026, 7, 21)  # the day after a Monday's edition


def test_a_mail_says_the_whole_interest_of_its_reader(app: App, clock: Clock) -> None:
    narrow = Interest(
        programmes=("HORIZON", "LIFE"), kinds=("topic",), audience=("sme",), money_max=500_000, forthcoming=False
    )
    enrol(app.db, clock.now, "anna", interests=[Interest(spearheads=("food",), query="malt*"), narrow])
    add_news(app.db, clock.now, "one", "food", audience=("sme",), project_max=400_000)
    make_edition(app, Cadence.WEEKLY)
    text = text_to(app, "anna").replace("\N{NO-BREAK SPACE}", " ")
    assert "You subscribe to the Kärkivahti digest, which is sent weekly." in text
    assert "Ruoka, search words “malt*”" in text
    said = "Horizon Europe or LIFE programme, calls of EU programmes, for SMEs, at most €500,000 per project"
    assert f"{said}, open calls only" in text


def test_sources_that_are_enabled_and_were_never_read_are_named(app: App, clock: Clock) -> None:
    address = "https://w.example/"
    watched = {"kind": "watch", "name": "Watched page", "publisher": "W", "home": address, "url": address}
    app = with_settings(app, sources={"eura": {"enabled": False}, "w": watched})
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    line = text_to(app, "anna").partition("Not read yet: ")[2].partition("Why you are receiving this")[0]
    read = {key: module.SOURCE for key, module in sources.modules(app.settings.sources).items()}
    unread = {
        source.name
        for key, source in read.items()
        if key != "portal" and app.settings.source(key).enabled and not source.for_admins
    }
    assert len(unread) > 10
    assert {name for name in unread if name not in line} == set()
    assert read["eura"].name not in line
    assert "Watched page" not in text_to(app, "anna")  # it is for admins


@pytest.mark.parametrize(
    ("interest", "said"),
    [
        (Interest(spearheads=("food",), audience=("municipality",)), "does not say who can apply, so your choice"),
        (Interest(spearheads=("food",), money_max=50_000), "does not state its funding per project, so your limit"),
    ],
)
def test_a_choice_that_a_call_does_not_answer_is_said_to_have_had_no_effect(
    app: App, clock: Clock, interest: Interest, said: str
) -> None:
    enrol(app.db, clock.now, "anna", interests=[interest])
    enrol(app.db, clock.now, "bertta")
    add_news(app.db, clock.now, "silent", "food")
    add_news(app.db, clock.now, "telling", "food", audience=("municipality",), project_max=40_000)
    make_edition(app, Cadence.WEEKLY)
    assert f"1 of these calls {said}" in text_to(app, "anna")
    assert said not in text_to(app, "bertta")


@pytest.mark.parametrize("after", range(7))
def test_weekly_readers_are_reminded_once_by_the_last_edition_that_leaves_the_promised_days(
    app: App, clock: Clock, after: int
) -> None:
    closes = TUESDAY + timedelta(days=after)
    anna = enrol(app.db, clock.now, "anna")
    with app.db.write() as session:
        session.get_one(subscribers.Subscriber, anna).lead_days = (7,)
    add_call(app.db, clock.now, facts("one", deadlines=(Deadline(on=closes),)), "food")
    reminded = []
    while clock.now.date() < closes:
        before = told(app.db)
        make_edition(app, Cadence.WEEKLY)
        reminded += [clock.now.date()] * (len(told(app.db)) - len(before))
        clock.forward(days=7)
    [on] = reminded
    assert 7 <= (closes - on).days < 14
