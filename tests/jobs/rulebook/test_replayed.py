"""An edit on the replayed archive: nobody hears of it, unless it is announced; then of just its open calls."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from db import subscribers
from db.deliveries import Delivery, DeliveryItem
from db.event_log import EventKind
from db.strategies import Rule, Weight
from db.subscribers import Cadence, Interest, Language, Subscriber
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.rulebook.region_import import import_region
from jobs.rulebook.tagging import retag_all
from tests.jobs.conftest import replay  # noqa: F401
from tests.jobs.rulebook.archive import ME, save, spearheads
from tests.jobs.world import clock_of, collect, events, reading
from tracker.tagging.preview import is_open

pytestmark = pytest.mark.slow
FOREST = Rule(key="forest", spearhead="circular", text="forest OR wood OR battery", weight=Weight.STRONG)


@pytest.fixture
def archive(bare_app: App, replay: str) -> App:  # noqa: F811
    """The calls of 2026-04-21 as the replay tells them, tagged by the region's rules; one reader of the spearhead."""
    app = reading(bare_app, replay)
    with app.db.write() as session:
        import_region(session, app.region, ME)
        reader = Subscriber(
            address="ville@reader.example",
            language=Language.EN,
            cadence=Cadence.WEEKLY,
            lead_days=(),  # closing reminders are the calls' doing
            created_at=app.clock(),
        )
        subscribers.enrol(session, reader, [Interest(spearheads=("circular",))])
    collect(app, datetime(2026, 4, 21, 6, 0, tzinfo=UTC))
    return app


def told(app: App) -> set[int]:
    """The ids of the calls that this week's edition tells anybody; a week later it is the next one's turn."""
    edition, _ = make_edition(app, Cadence.WEEKLY)
    clock_of(app).forward(weeks=1)
    with app.db.read() as session:
        query = select(DeliveryItem.call_id).join(Delivery).where(Delivery.edition_id == edition.id)
        return set(session.exec(query))


def test_an_edit_is_no_news_and_an_announced_one_tells_exactly_the_newly_tagged_open_calls(archive: App) -> None:
    assert told(archive) == set()
    before = len(events(archive.db))
    withheld = save(archive, FOREST)
    gained = {shift.call.id or 0: shift.call for shift in withheld.preview.gained}
    assert len(gained) > 5
    assert all("circular" in spearheads(archive, call_id) for call_id in gained)
    assert retag_all(archive).counts["calls"] == 0
    assert told(archive) == set()
    assert len(events(archive.db)) == before
    save(archive, FOREST.model_copy(update={"enabled": False}))
    announced = save(archive, FOREST, announce=True)
    open_now = {call_id for call_id, call in gained.items() if is_open(call, archive.today())}
    assert 0 < len(open_now) < len(gained)
    assert set(announced.told) == open_now
    assert [kind for kind, _ in events(archive.db)[before:]] == [EventKind.LATE.value] * len(open_now)
    assert told(archive) == open_now
    assert told(archive) == set()
