"""Read a region's file strictly: its strategies, spearheads, rules with examples, masks, NUTS codes and sources.

What admins change afterwards is in the database; how the region's sources combine with the configuration's is decided
in `tracker.config`.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from db.strategies import Hides, Level, Mask, Rule, Spearhead, Strategy, Weight
from db.subscribers import Language
from tracker.errors import ConfigError, RuleError
from tracker.faults import source_faults, tables_in
from tracker.regions.brand import Brand, read_logo
from tracker.regions.nuts import LIST, is_known_nuts, is_like_nuts
from tracker.regions.public import Public
from tracker.sources import SourceSettings, Tables
from tracker.sources import modules as source_modules
from tracker.strict import Strict
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.index import compile_rules
from tracker.tagging.language import check_line
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import Rulebook

BY_NUTS = ("interreg",)  # the sources that need the region's NUTS codes: their settings have `nuts`
WEIGHTS = {weight.name.lower(): weight for weight in Weight}


@dataclass(frozen=True, slots=True)
class Region:
    """A region as its file describes it. `names` are (language, name), `nuts` are codes of all NUTS versions.

    `sources` are tables [sources.<key>] like those of the configuration, which overrides them.
    """

    key: str
    names: tuple[tuple[str, str], ...]
    zone: ZoneInfo
    languages: tuple[str, ...]
    nuts: tuple[str, ...]
    links: tuple[str, ...]
    rulebook: Rulebook
    examples: tuple[Example, ...]
    sources: Tables
    public: Public = field(default_factory=Public)
    brand: Brand = field(default_factory=Brand)
    logo: bytes = b""  # the SVG that `brand.logo` names

    def name_in(self, language: str) -> str:
        """Its name in a language; in the first of its own where it has none in this."""
        names = dict(self.names)
        return names.get(language) or names[self.languages[0]]


def region_file(key: str) -> Path:
    """Return the path of the file of a region that comes with the program."""
    return Path(__file__).with_name(f"{key}.toml")


def region_path(name: str) -> Path:
    """Return the path of a region file: `name` itself if it ends in .toml, else the program's region of that key."""
    return Path(name) if name.endswith(".toml") else region_file(name)


def load_region(path: Path) -> Region:
    """Load a region from its file.

    Raises ConfigError, which lists every fault with its dotted key (list places counted from 1), and OSError if the
    file cannot be read. Examples are not tried here: `broken_examples` does that, with the dictionaries.
    """
    region = _loaded(path.name, path.read_bytes())
    return replace(region, logo=read_logo(path.parent / region.brand.logo)) if region.brand.logo else region


def read_region(name: str, content: bytes) -> Region:
    """A region from what a file of this name holds, without its logo; ConfigError lists every fault."""
    return _loaded(name, content)


def other_tables(path: Path) -> dict[str, Any]:
    """What a region file holds beside its rulebook, as it stands there; OSError if it cannot be read."""
    given = tomllib.loads(path.read_text("utf-8"))
    return {
        name: table for name, table in given.items() if name not in ("strategies", "spearheads", "masks", "scoring")
    }


@lru_cache(maxsize=8)
def _loaded(name: str, content: bytes) -> Region:
    """Parse a region file. Cached by content: configuration and app load the same one in turn."""
    try:
        given = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # RecursionError: thousands of brackets in one another
        raise ConfigError([f"{name}: not readable as TOML: {error}"]) from error
    try:
        parsed, faults = _File.model_validate(given), []
    except ValidationError as error:
        parsed, faults = None, [_worded(dict(fault)) for fault in error.errors()]
    faults += _unnamed(given) + _crossed(given) + source_faults(tables_in(given.get("sources")))
    if parsed is None or faults:
        raise ConfigError([f"{name}: {fault}" for fault in faults])
    return _region(parsed)


def doubts(region: Region, tables: Tables | None = None) -> list[str]:
    """What in a region can be read and is hardly meant, one line each; a code that we do not know may be a new one.

    `tables` are the sources' tables that are in force; by default the region's own.
    """
    tables = region.sources if tables is None else tables
    found = [f"region.nuts: {_nuts_doubt(code)}" for code in region.nuts if not is_known_nuts(code)]
    for key, module in source_modules(tables).items():
        settings: SourceSettings = module.Settings.model_validate(tables.get(key, {}))
        if settings.enabled:
            found += [f"sources.{key}: {doubt}" for doubt in settings.doubts()]
            own = [code for code in getattr(settings, "nuts", ()) if code not in region.nuts]
            found += [f"sources.{key}.nuts: {_nuts_doubt(code)}" for code in own if not is_known_nuts(code)]
    return found


def _nuts_doubt(code: str) -> str:
    return f"{code} is none of the NUTS codes that we know; if it is new it is right. All codes: {LIST}"


def broken_examples(region: Region, lemmas: Lemmas) -> list[str]:
    """List the examples that the region's own rules fail, one line each; empty if all pass."""
    index = compile_rules(region.rulebook, lemmas)
    return [
        f"{example.spearhead}: {f'rule {example.rule} ' if example.rule else ''}"
        f"{'must' if example.must else 'must not'} match: {example.document.title or example.document.text}"
        for example in broken(index, region.examples)
    ]


class _Strict(Strict, BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)


def _word(language: Language) -> str:
    return language.value


_Language = Annotated[Language, AfterValidator(_word)]  # checked as the enum, kept as its word
_Texts = dict[_Language, Annotated[str, Field(min_length=1)]]  # `_unnamed` finds those that the region lacks


_Key = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)


def _is_rule(text: str) -> str:
    try:
        check_line(text)
    except RuleError as error:
        raise ValueError(str(error)) from error
    return " ".join(text.split())  # a long line may be broken in the file


class _Line(_Strict):
    text: str
    language: _Language | None = None

    _parsed = field_validator("text")(_is_rule)


class _Rule(_Line):
    key: str = _Key
    weight: Literal["strong", "repeated", "medium", "weak"]
    enabled: bool = True
    matches: list[str] = []
    spares: list[str] = []


class _Mask(_Line):
    key: str = _Key
    hides: Hides = Hides.WORDS


class _Example(_Strict):
    must: bool
    title: str
    text: str = ""
    identifier: str = ""
    source: str = ""
    language: _Language = Field(default=Language.EN, validate_default=True)


class _Spearhead(_Strict):
    key: str = _Key
    level: Level = Level.SPEARHEAD
    threshold: int = Field(default=4, ge=1, le=100)
    full_until: int | None = Field(default=None, ge=1)
    names: _Texts
    descriptions: _Texts
    links: list[str] = []
    rules: list[_Rule] = Field(min_length=1)
    masks: list[_Mask] = []
    examples: list[_Example] = []


class _Scoring(_Strict):
    full_until: int | None = Field(default=None, ge=1)


class _Strategy(_Strict):
    key: str = _Key
    level: Level = Level.SPEARHEAD
    names: _Texts
    starts_on: date
    ends_on: date | None = None
    spearheads: list[str] = Field(min_length=1)
    links: list[str] = []
    provisional: bool = False
    switched_on: bool = True


class _About(_Strict):
    key: str = _Key
    names: _Texts
    zone: str
    languages: list[_Language] = Field(min_length=1)
    nuts: list[str] = Field(min_length=1)
    links: list[str] = []

    @field_validator("nuts")
    @classmethod
    def _are_nuts(cls, codes: list[str]) -> list[str]:
        if odd := [code for code in codes if not is_like_nuts(code)]:
            raise ValueError(f"{', '.join(odd)} is no NUTS code; they are like FI1C3 ({LIST})")
        return codes

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {zone!r}") from error
        return zone


class _File(_Strict):
    region: _About
    scoring: _Scoring = _Scoring()
    strategies: list[_Strategy] = Field(min_length=1)
    spearheads: list[_Spearhead] = Field(min_length=1)
    masks: list[_Mask] = []
    public: Public = Public()
    brand: Brand = Brand()
    sources: dict[str, dict[str, Any]] = {}  # checked by `source_faults` against the settings of each source


def _worded(fault: dict[str, Any]) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in fault["loc"])
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"


def _unnamed(given: dict[str, Any]) -> list[str]:
    """The names and descriptions that are missing in a language of the region's own."""
    about = given.get("region")
    named = {"region.names": about.get("names")} if isinstance(about, dict) else {}
    for kind, texts in (("strategies", ("names",)), ("spearheads", ("names", "descriptions"))):
        for number, entry in enumerate(_tables(given, kind), start=1):
            named |= {f"{kind}.{number}.{text}": entry.get(text) for text in texts}
    own = about.get("languages") if isinstance(about, dict) else None
    return [
        f"{place}.{language}: Field required"
        for place, texts in named.items()
        for language in (own if isinstance(own, list) else ())
        if isinstance(texts, dict) and language not in texts
    ]


def _crossed(given: dict[str, Any]) -> list[str]:
    """Find faults that show only by comparing entries; entries of a wrong shape are skipped."""
    strategies, spearheads = _tables(given, "strategies"), _tables(given, "spearheads")
    rules = [rule for spearhead in spearheads for rule in _tables(spearhead, "rules")]
    masks = _tables(given, "masks") + [mask for spearhead in spearheads for mask in _tables(spearhead, "masks")]
    faults = []
    for what, entries in (("strategies", strategies), ("spearheads", spearheads), ("rules", rules), ("masks", masks)):
        counted = Counter(str(entry.get("key")) for entry in entries if "key" in entry)
        faults += [f"{what}: the key {key!r} is used {times} times" for key, times in counted.items() if times > 1]
    known = {spearhead.get("key") for spearhead in spearheads}
    for number, strategy in enumerate(strategies, start=1):
        named = strategy.get("spearheads")
        for key in named if isinstance(named, list) else []:
            if key not in known:
                faults.append(f"strategies.{number}.spearheads: there is no spearhead {key!r}")
        starts_on, ends_on = strategy.get("starts_on"), strategy.get("ends_on")
        if isinstance(starts_on, date) and isinstance(ends_on, date) and ends_on < starts_on:
            faults.append(f"strategies.{number}.ends_on: {ends_on} is before starts_on")
    return faults


def _tables(given: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = given.get(key)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _region(read: _File) -> Region:
    about = read.region
    return Region(
        key=about.key,
        names=_pairs(about.names),
        zone=ZoneInfo(about.zone),
        languages=tuple(about.languages),
        nuts=tuple(about.nuts),
        links=tuple(about.links),
        rulebook=_rulebook(read),
        examples=tuple(example for spearhead in read.spearheads for example in _examples(spearhead)),
        sources=_sources(read),
        public=read.public,
        brand=read.brand,
    )


def _sources(read: _File) -> Tables:
    """Return the sources' tables; a source that needs NUTS codes gets the region's, unless its table has its own."""
    return read.sources | {key: {"nuts": read.region.nuts} | read.sources.get(key, {}) for key in BY_NUTS}


def _rulebook(read: _File) -> Rulebook:
    return Rulebook(
        strategies=tuple(_strategy(strategy) for strategy in read.strategies),
        spearheads=tuple(_spearhead(spearhead, read.scoring.full_until) for spearhead in read.spearheads),
        rules=tuple(
            Rule(
                key=rule.key,
                spearhead=spearhead.key,
                text=rule.text,
                weight=WEIGHTS[rule.weight],
                language=rule.language,
                enabled=rule.enabled,
            )
            for spearhead in read.spearheads
            for rule in spearhead.rules
        ),
        masks=(
            *(_mask(mask, None) for mask in read.masks),
            *(_mask(mask, spearhead.key) for spearhead in read.spearheads for mask in spearhead.masks),
        ),
    )


def _strategy(strategy: _Strategy) -> Strategy:
    return Strategy(
        key=strategy.key,
        starts_on=strategy.starts_on,
        ends_on=strategy.ends_on,
        spearheads=tuple(strategy.spearheads),
        names=_pairs(strategy.names),
        links=tuple(strategy.links),
        provisional=strategy.provisional,
        switched_on=strategy.switched_on,
        level=strategy.level,
    )


def _spearhead(spearhead: _Spearhead, full_until: int | None) -> Spearhead:
    return Spearhead(
        key=spearhead.key,
        threshold=spearhead.threshold,
        full_until=spearhead.full_until or full_until,
        level=spearhead.level,
        names=_pairs(spearhead.names),
        descriptions=_pairs(spearhead.descriptions),
        links=tuple(spearhead.links),
    )


def _mask(mask: _Mask, spearhead: str | None) -> Mask:
    return Mask(key=mask.key, text=mask.text, spearhead=spearhead, language=mask.language, hides=mask.hides)


def _examples(spearhead: _Spearhead) -> Iterable[Example]:
    for number, example in enumerate(spearhead.examples, start=1):
        document = Document(
            id=f"{spearhead.key} example {number}",
            title=example.title,
            text=example.text,
            identifier=example.identifier,
            source=example.source,
            language=example.language,
        )
        yield Example(spearhead.key, document, example.must)
    for rule in spearhead.rules:
        for must, texts in ((True, rule.matches), (False, rule.spares)):
            for text in texts:
                document = Document(id=f"{rule.key} example", title="", text=text, language=rule.language or "en")
                yield Example(spearhead.key, document, must, rule.key)


def _pairs(texts: _Texts) -> tuple[tuple[str, str], ...]:
    return tuple((language.value, texts[language]) for language in Language if language in texts)
