"""Benchmark previews of one edited rule over many stored calls, against tagging all of them anew.

    python tests/bench/preview.py [--calls 20000]

Calls are recorded ones (../shared) under new keys, each with the texts of several, as recorded ones are cut. Measured
after a first preview, which loads the dictionaries, in seconds of processor time: each rule of the region edited in
turn (one word added that no call has); and as one types at the desk, where of very many calls only some are tried: a
word added that calls have, drawn evenly over how common words are, and another weight. The floor is a pass over the
whole archive, extrapolated from a tenth of it.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from figures import figure, processor_seconds

from db import calls, strategies
from db.audit import Signed
from db.calls import CallFacts, CallTracking
from db.engine import Database, upgrade
from db.strategies import Rule, Weight
from jobs.base.compiled_rules import CompiledRules, stored_rulebook
from jobs.rulebook import preview, saving
from jobs.rulebook.region_import import import_region
from jobs.rulebook.tagging import tag_calls
from jobs.web.admin.edits import MOST_TRIED
from tracker.calls import changes
from tracker.regions import load_region, region_file
from tracker.sources import Page
from tracker.sources.portal import search as portal
from tracker.tagging.documents import from_facts
from tracker.tagging.index import compile_rules, spearhead_scores
from tracker.tagging.preview import weekly

DAYS = ROOT.parent / "shared" / "recorded" / "portal" / "days"
NOW = datetime(2026, 5, 5, 6, 0, tzinfo=UTC)
BATCH = 500
JOINED = 5  # texts in one call: about 5,000 characters


def recorded() -> list[CallFacts]:
    """Return the calls of one recorded day, their texts as long as whole ones."""
    with gzip.open(DAYS / "2026-05-05.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = list({row["reference"]: row for row in map(json.loads, lines)}.values())
    body = json.dumps({"totalResults": len(rows), "results": rows}).encode()
    page = Page(url="bench", body=body, scan="all", announced=len(rows))
    found = [portal.facts(row) for row in portal.rows(page)]
    texts = [facts.text for facts in found if facts.text]
    return [
        facts.model_copy(update={"text": "\n".join(texts[n % len(texts) :][:JOINED])}) if facts.text else facts
        for n, facts in enumerate(found)
    ]


def fill(db: Database, compiled: CompiledRules, count: int) -> None:
    """Store and tag `count` calls."""
    day_calls = recorded()
    for first in range(0, count, BATCH):
        batch = [
            day_calls[n % len(day_calls)].model_copy(update={"key": f"bench-{n}"}) for n in range(first, first + BATCH)
        ]
        with db.write() as session:
            ids = calls.upsert_calls(session, [(facts, ours(facts)) for facts in batch])
            tag_calls(session, compiled, {ids[facts.key]: facts for facts in batch}, NOW)


def ours(facts: CallFacts) -> CallTracking:
    return CallTracking(
        fingerprint="f",
        parser_version=1,
        status=changes.status_of(facts, changes.brussels_day(NOW)),
        closes_on=changes.closes_on(facts),
        first_seen_at=NOW,
        changed_at=NOW,
    )


def one_preview(db: Database, compiled: CompiledRules, rule: Rule, most: int | None = None) -> None:
    """Run one preview."""
    with db.read() as session:
        tried = preview.preview_edit(session, compiled, saving.rule_edit(session, rule), most=most)
        preview.readers(session, tried, changes.brussels_day(NOW))
        weekly(tried, changes.brussels_day(NOW))


def full_pass(db: Database, compiled: CompiledRules, part: int) -> float:
    """Estimate the seconds of tagging every call anew from a sample."""
    with db.read() as session:
        index = compile_rules(replace(stored_rulebook(session)), compiled.lemmas)
        last = calls.count_calls(session)
        ids = range(1, last + 1, part)

        def work() -> None:
            for call in calls.calls_to_try(session, ids):
                spearhead_scores(index, from_facts(call))

        work()
        return processor_seconds(work) * part


def words_by_chance(db: Database, count: int) -> list[str]:
    """Draw words of the archive, evenly over how common they are."""
    found: Counter[str] = Counter()
    with db.read() as session:
        for call in calls.calls_to_try(session, range(1, 1_000)):
            found.update({word.lower() for word in re.findall(r"[A-Za-z]{4,}", call.text or "")})
    by_size: dict[int, list[str]] = defaultdict(list)
    for word in sorted(found):
        by_size[found[word].bit_length()].append(word)
    chance = random.Random(1)
    return [chance.choice(by_size[chance.choice(sorted(by_size))]) for _ in range(count)]


def taken(db: Database, compiled: CompiledRules, edits: Sequence[Rule], most: int | None = None) -> list[float]:
    return sorted(processor_seconds(lambda rule=rule: one_preview(db, compiled, rule, most)) for rule in edits)  # type: ignore[misc]


def told(name: str, times: Sequence[float], against: str) -> None:
    figure(f"preview.{name}_median_ms", statistics.median(times) * 1000, against)
    figure(f"preview.{name}_p90_ms", times[int(len(times) * 0.9)] * 1000, against)
    figure(f"preview.{name}_p95_ms", times[int(len(times) * 0.95)] * 1000, against)
    figure(f"preview.{name}_worst_ms", times[-1] * 1000, against)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    options = parser.parse_args()
    if not DAYS.exists():
        sys.exit("../shared (recorded answers) is not here")
    with tempfile.TemporaryDirectory() as folder:
        db, compiled = Database(f"sqlite:///{folder}/tracker.sqlite3", "paijat_hame"), CompiledRules()
        upgrade(db)
        with db.write() as session:
            import_region(session, load_region(region_file("paijat_hame")), Signed("bench", "bench", NOW))
        fill(db, compiled, options.calls)
        measure(db, compiled, options.calls)
        db.dispose()


def measure(db: Database, compiled: CompiledRules, count: int) -> None:
    floor = full_pass(db, compiled, 10)
    against = f"a pass over all {count} calls, {floor:.1f} s"
    with db.read() as session:
        known = [rule for rule in strategies.all_rules(session) if rule.enabled]
    one_preview(db, compiled, known[0])
    rare = taken(db, compiled, [rule.model_copy(update={"text": f"{rule.text} OR verticalfarm"}) for rule in known])
    told("edited_rule", rare, f"{against}; wanted p90: 150")
    figure("preview.median_over_full_pass", statistics.median(rare) / floor, against)
    words = words_by_chance(db, len(known))
    more = [rule.model_copy(update={"text": f"{rule.text} OR {word}"}) for rule, word in zip(known, words, strict=True)]
    told("typed_word", taken(db, compiled, more, MOST_TRIED), f"{against}; wanted p95: 300")
    other = {weight: Weight.MEDIUM if weight is not Weight.MEDIUM else Weight.STRONG for weight in Weight}
    weights = [rule.model_copy(update={"weight": other[rule.weight]}) for rule in known]
    told("other_weight", taken(db, compiled, weights, MOST_TRIED), against)


if __name__ == "__main__":
    main()
