"""Apps in a state that takes long to reach: one worker makes it for all, and each test has a copy."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from db.engine import Database
from jobs.base.app import App
from tests.jobs.world import Clock, ToldPortal, clock_of, reading, told_portal, with_settings
from tests.support.databases import REGION, made_once, settle

FILE = "tracker.sqlite3"


Preparation = Callable[[App, ToldPortal], None]


def prepared(app: App, portal: ToldPortal, kept: Path, prepare: Preparation) -> App:
    """An app that reads this portal, after what `prepare` does to an app like it and to a portal of its own.

    `app` is as its fixture left it: nobody has connected to its database. Only a SQLite file can be copied; on
    PostgreSQL all is done anew. The clock is then set to when `prepare` ended.
    """
    found = reading(app, portal.url)
    if not app.db.is_sqlite:
        with told_portal() as own:
            prepare(reading(app, own.url), own)
        return found
    made = made_once(kept.with_name(f"{kept.name}-{app.settings.data.keep_in}"), lambda to: _make(app, to, prepare))
    shutil.copy(made / FILE, str(app.db.url.database))
    shutil.copytree(made / "data", app.settings.data.dir, dirs_exist_ok=True)
    clock_of(app).now = datetime.fromisoformat((made / "now").read_text("utf-8"))
    return found


def _make(app: App, folder: Path, prepare: Preparation) -> None:
    shutil.copy(str(app.db.url.database), folder / FILE)
    (folder / "data").mkdir()
    url = f"sqlite:///{folder / FILE}"
    own = with_settings(app, data={"dir": folder / "data"}, database={"url": url})
    own = replace(own, db=Database(url, REGION), clock=Clock(app.clock()))
    with told_portal() as portal:
        prepare(reading(own, portal.url), portal)
    settle(own.db)
    (folder / "now").write_text(own.clock().isoformat(), "utf-8")
