"""Offers: what a reader can choose from, named in their language, for whoever shows a form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from db import call_lists, strategies
from db.eligibility import Applicant
from db.strategies import Level
from jobs.base.app import App
from jobs.publishing.coverage import sources_read
from tracker import l10n, sources
from tracker.subscriptions.requests import KINDS

Named = tuple[tuple[str, str], ...]  # what is kept, and what it is called; by name


@dataclass(frozen=True, slots=True)
class Offers:
    """What an interest can be made of; each field but `partnerships` is a list of `db.subscribers.Wants`.

    `partnerships` are the other tags, which go among the spearheads of an interest as well.
    """

    spearheads: Named
    partnerships: Named
    programmes: Named
    sources: Named
    kinds: Named
    audience: Named
    names: Mapping[str, Mapping[str, str]]  # what is no longer offered but may have been chosen is called, by list


def offers(session: Session, app: App, language: str) -> Offers:
    """Gather what can be chosen; programmes are those that a call has had, or all that we know while none has."""
    t = l10n.catalogue(language)
    known = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    codes = call_lists.programmes_seen(session) or l10n.PROGRAMMES
    return Offers(
        spearheads=_tags(session, Level.SPEARHEAD, language),
        partnerships=_tags(session, Level.EU, language),
        programmes=_by_name((code, l10n.programme(code, language)) for code in codes),
        sources=_by_name((key, source.name) for key, source in sources_read(app).items()),
        kinds=_by_name((kind.value, t.gettext(words)) for kind, words in KINDS.items()),
        audience=_by_name((kind.value, t.gettext(l10n.AUDIENCES[kind])) for kind in Applicant),
        names={"sources": known, "audience": {word: t.gettext(words) for word, words in l10n.AUDIENCES.items()}},
    )


def _tags(session: Session, level: Level, language: str) -> Named:
    tags = [tag for tag in strategies.all_spearheads(session) if tag.level is level]
    return _by_name((tag.key, tag.name_in(language)) for tag in tags)


def _by_name(named: Iterable[tuple[str, str]]) -> Named:
    return tuple(sorted(named, key=lambda each: each[1].casefold()))
