"""The jobs that read sources: on the lines of the configuration, on those of the desk, and when somebody asks."""

import asyncio
from collections.abc import Mapping, Sequence

from db import asked_jobs
from db.asked_jobs import READING
from db.runs import Run
from jobs.base.app import App
from jobs.base.source_settings import chosen_schedules
from jobs.base.ticks import next_tick
from jobs.collecting.collect import collect_all, due_sources, enabled_sources
from jobs.running.scheduler import EVERY_MINUTE, Job, unless_stopped
from tracker.fetching.hosts import Hosts


def reading_jobs(app: App, stop: asyncio.Event) -> dict[str, tuple[str, Job]]:
    """Each by name with its crontab line; `stop` ends readings."""
    hosts = Hosts()

    def collect(keys: Sequence[str]) -> Job:
        async def read() -> object:
            return await unless_stopped(stop, collect_all(app, due_sources(app, _by_configuration(app, keys)), hosts))

        return read

    enabled = enabled_sources(app)
    on_its_own = [key for key in enabled if app.settings.source(key).schedule]
    return {
        "asked": (EVERY_MINUTE, DeskReadings(app, hosts, stop)),
        "collect": (app.settings.schedule.collect, collect([key for key in enabled if key not in on_its_own])),
        **{f"collect {key}": (app.settings.schedule_of(key), collect([key])) for key in on_its_own},
    }


def _by_configuration(app: App, keys: Sequence[str]) -> list[str]:
    """Those of these sources that are read when the configuration says."""
    with app.db.read() as session:
        chosen = chosen_schedules(session, keys)
    return [key for key in keys if key not in chosen]


class DeskReadings:
    """The job that reads what was asked for, and the sources for which the desk has chosen a crontab line."""

    def __init__(self, app: App, hosts: Hosts, stop: asyncio.Event) -> None:
        """`hosts` are shared with other readings of this process; `stop` ends these."""
        self._app, self._hosts, self._stop = app, hosts, stop
        self._looked_at = app.clock()

    async def __call__(self) -> object:
        """Read what is wanted now; what is given up half-way is read after the next start."""
        asked = _take_asked(self._app)
        keys = list(dict.fromkeys([*due_sources(self._app, self._ticked()), *asked]))

        async def read() -> None:
            _note_read(self._app, asked, await collect_all(self._app, keys, self._hosts))

        return await unless_stopped(self._stop, read()) if keys else None

    def _ticked(self) -> list[str]:
        """The sources whose line of the desk has ticked since this was asked last."""
        since, self._looked_at = self._looked_at, self._app.clock()
        with self._app.db.read() as session:
            lines = chosen_schedules(session, enabled_sources(self._app))
        ticks = {key: next_tick(line, self._app.region.zone, since) for key, line in lines.items()}
        return [key for key, tick in ticks.items() if tick and since < tick <= self._looked_at]


def _take_asked(app: App) -> Mapping[str, list[int]]:
    """Take the readings that are asked for, of sources that are switched on: by source, the numbers of the wishes."""
    asked: dict[str, list[int]] = {}
    with app.db.write() as session:
        for one in asked_jobs.take_all(session, READING, enabled_sources(app), app.clock()):
            asked.setdefault(str(one.subject), []).append(one.id or 0)
    return asked


def _note_read(app: App, asked: Mapping[str, Sequence[int]], runs: Sequence[Run]) -> None:
    with app.db.write() as session:
        for run in runs:
            asked_jobs.note_ended(session, asked.get(str(run.subject), ()), app.clock(), run.id)


def give_back_asked(app: App) -> None:
    """Let wait again what a process had taken that died before it was read."""
    with app.db.write() as session:
        asked_jobs.give_back(session)
