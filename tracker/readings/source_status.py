"""The status of a source over its runs: good and bad spells, when it is tried again, and whose fault an outage is.

Pure. Does not judge one reading (`tracker.readings.health`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from db.runs import OUR_OUTAGE, Run, Verdict
from tracker.l10n import N_

Translated = Callable[[str], str]
BREAKS_AFTER = 2  # failed runs in a row; one that fails alone is the network's weather
FEWEST_FOR_OUTAGE = 3  # sources in a tick; with fewer, nobody can tell whose outage it is
WAITS = (  # troubled runs in a row, and the wait from then on; an hour short of the schedule's own rhythm
    (6, timedelta(hours=23)),
    (3, timedelta(hours=11)),
)
WEATHER = frozenset({"timeout", "unreachable", "reset", "html", "throwable", OUR_OUTAGE})  # and http_*
IN_WORDS = {
    "incomplete": N_("pages load, but some calls never came"),
    "filter_ignored": N_("pages load, but hold what was not asked for"),
    "count_out_of_bounds": N_("pages load, but with too few or too many calls"),
    "drop": N_("pages load, but many calls vanished"),
    "jump": N_("pages load, but far too many calls came"),
    "scan_lost": N_("pages load, but a part of the calls vanished"),
    "status_lost": N_("pages load, but all calls of one status vanished"),
    "dates_lost": N_("pages load, but dates vanished"),
    "texts_lost": N_("pages load, but texts vanished"),
    "past_deadlines": N_("pages load, but from an old index"),
    "unreadable_rows": N_("pages load, but their rows cannot be read"),
    "calls_lost": N_("pages load, but calls that are not over vanished from them"),
    "funnel_opened": N_("lists load, but calls' own pages were not opened"),
    "funnel_loaded": N_("lists load, but calls' own pages say nothing"),
    "funnel_dated": N_("calls' own pages load, but dates vanished"),
    "funnel_published": N_("calls' own pages load, but what they say is over"),
    "turned_back": N_("pages load, but open calls are said to be forthcoming"),
    "changed_at_once": N_("pages load, but too many calls changed at once"),
    "season_missing": N_("pages load, but nothing new that should have come by now"),
    "canary_missing": N_("pages load, but a call that must be there is not"),
    "beyond_window": N_("pages load, but more calls than can be paged through"),
    "no_rows": N_("pages load, but no call is found on them"),
    "selector": N_("pages load, but a part of every call is not found any more"),
    "not_an_answer": N_("pages load, but hold something else than before"),
    "not_html": N_("something else came in place of a web page"),
    "not_a_feed": N_("something else came in place of a feed"),
    "not_json": N_("something else came in place of data"),
    "truncated": N_("pages come cut off"),
    "shell": N_("pages load, but only a script would fill them"),
    "no_total": N_("pages load, but do not say how many calls there are"),
    "charset": N_("pages load, but in letters that cannot be read"),
    "too_many_pages": N_("the list has more pages than are read"),
    "paging_loop": N_("the list leads back to a page that was read"),
    "off_site": N_("the list leads to another site"),
    "empty_page": N_("the page loads, but says nothing"),
    "private_address": N_("the address leads to a machine that is not public"),
    "bad_url": N_("the address cannot be asked for"),
    "redirect": N_("the site leads to an address that cannot be asked for"),
    "redirect_scheme": N_("the site leads to an address that cannot be asked for"),
    "redirect_loop": N_("the site leads on from address to address"),
    "too_large": N_("the page is too large"),
    "robots": N_("robots.txt asks us to stay away"),
    "html": N_("a web page came in place of data"),
    "timeout": N_("no answer came in time"),
    "unreachable": N_("the site cannot be reached"),
    "http_429": N_("the site asks for patience"),
    "error": N_("our own program broke"),
    "unforeseen": N_("pages load, but our own program broke on them"),
    "died": N_("our own program broke on its pages"),
    "too_long": N_("its pages take too long to read"),
    "too_big": N_("its pages take too much memory to read"),
    "too_deep": N_("its pages are nested too deep to be read"),
    "too_many_tags": N_("its pages are too long to be read"),
    "too_many_items": N_("its feed is too long to be read"),
    "coding": N_("pages load, but compressed in a way that is not read"),
    OUR_OUTAGE: N_("our own network was down"),
}


@dataclass(frozen=True, slots=True)
class Spell:
    """Consecutive runs with the same outcome: its wording, and the times of the first and the last run."""

    words: str
    from_at: datetime
    to_at: datetime
    runs: int

    def sentence(self, zone: ZoneInfo) -> str:
        """Word the spell with its days in this zone: `pages load, but dates vanished on Tuesday 9.6.2026`."""
        first, last = self.from_at.astimezone(zone), self.to_at.astimezone(zone)
        if first.date() == last.date():
            return f"{self.words} on {_day(first)}"
        return f"{self.words} from {_day(first)} to {_day(last)} ({self.runs} runs)"


def _day(at: datetime) -> str:
    return f"{at:%A} {at.day}.{at.month}.{at.year}"


def outcome_in_words(run: Run, t: Translated = str) -> str:
    """Word the outcome of a reading as a person would say it; `t` puts it into a language."""
    names = [reason.name for reason in run.reasons]
    if run.verdict is Verdict.ACCEPTED:
        return t(N_("read and believed")) if not names else t(N_("read and believed by hand"))
    if OUR_OUTAGE in names:
        return t(IN_WORDS[OUR_OUTAGE])
    if run.verdict is Verdict.RUNNING:
        return t(N_("is being read now"))
    if run.verdict is Verdict.INTERRUPTED:
        return t(N_("the reading was stopped half-way"))
    if not names:
        return t(N_("the reading failed"))
    return fault_in_words(names[0], t)


def fault_in_words(name: str, t: Translated = str) -> str:
    """Word why a reading failed or was not believed, by the name of the reason."""
    if name in IN_WORDS:
        return t(IN_WORDS[name])
    if name.startswith("http_"):
        return t(N_("the site answers with error %(code)s")) % {"code": name.removeprefix("http_")}
    return t(N_("the reading broke off (%(name)s)")) % {"name": name}


def history(newest_first: Iterable[Run]) -> list[Spell]:
    """Group the runs of a source into spells, newest first; runs under way are left out."""
    ended = [run for run in newest_first if run.verdict is not Verdict.RUNNING]
    spells = []
    for words, group in groupby(ended, key=outcome_in_words):
        alike = list(group)
        spells.append(Spell(words, alike[-1].started_at, alike[0].started_at, len(alike)))
    return spells


def is_our_outage(tick: Sequence[Run]) -> bool:
    """Tell whether an outage is ours: more than half of the sources of one tick, of at least three, failed."""
    failed = sum(run.verdict is Verdict.FAILED for run in tick)
    return len(tick) >= FEWEST_FOR_OUTAGE and 2 * failed > len(tick)


def wait(troubled_runs: int) -> timedelta:
    """Return how long a source rests after this many troubled runs in a row: at most a day, so it is never given up."""
    return next((span for least, span in WAITS if troubled_runs >= least), timedelta(0))


def is_due(troubled_runs: int, tried_at: datetime | None, now: datetime) -> bool:
    """Tell whether the schedule tries a source again now."""
    return tried_at is None or now - tried_at >= wait(troubled_runs)


def left_alone_until(troubled_runs: int, tried_at: datetime | None, now: datetime) -> datetime | None:
    """Return when the schedule tries a troubled source again; None where it does so now."""
    return None if tried_at is None or is_due(troubled_runs, tried_at, now) else tried_at + wait(troubled_runs)


def is_broken(troubled: Sequence[Run]) -> bool:
    """Tell whether a source's consecutive troubled runs (in any order) are worth an admin's time.

    One reading that is not believed is, and one that failed over what came; a single one that failed for want of an
    answer may be the network's weather, two in a row are not.
    """
    return len(troubled) >= BREAKS_AFTER or any(map(_is_lasting, troubled))


def _is_lasting(run: Run) -> bool:
    """Tell whether a reading was not believed, or failed by something that does not pass by itself."""
    names = [reason.name for reason in run.reasons if run.verdict is Verdict.FAILED]
    is_weather = all(name in WEATHER or name.startswith("http_") for name in names)
    return run.verdict is Verdict.QUARANTINED or not is_weather
