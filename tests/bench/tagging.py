"""Benchmark tagging real texts, against lemma analysis alone, one regular expression per rule, and SQLite's FTS5.

    python tests/bench/tagging.py [--calls 20000] [--rules 1000 10000] [--days ../shared/recorded/portal/days]

The recorded descriptions are cut off at about 1,000 characters; full ones have about 6,000, so each call here joins
several, and the calls are repeated until there are enough. The rules are made from the calls' own words: words,
phrases, prefixes, AND, NOT and NEAR over twenty spearheads; `common` ones from words that many calls have.
"""

import argparse
import gzip
import html
import json
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice, pairwise
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from figures import figure, processor_seconds, seconds
from simplemma.strategies.dictionaries import StreamDictionaryFactory

from db.strategies import Rule, Spearhead, Strategy, Weight
from tracker.regions import load_region, region_file
from tracker.tagging.documents import Document
from tracker.tagging.index import Index, compile_rules, spearhead_scores, tag
from tracker.tagging.language import parse_rule
from tracker.tagging.lemmas import Lemmas, joined_words, split_text
from tracker.tagging.query import And, How, Near, Not, Or, Phrase, Query, Word
from tracker.tagging.rulebook import Rulebook

DAYS = Path(__file__).parents[3] / "shared" / "recorded" / "portal" / "days"
BATCH = 20
PAIRS = 2_000
SPEARHEADS = 20
JOINED = 6  # descriptions in a call
PART = 500  # calls timed in one go
SAMPLE = 1_500  # distinct calls that the rules are made from
SEEN = 0.1  # share of the rules; the words of the others occur in no call
SELECTIVE, COMMON = 0.01, 0.05


def recorded(days: Path) -> list[Document]:
    """Return the distinct calls of some recorded days that have a description."""
    by_id: dict[str, Document] = {}
    for file in sorted(days.glob("*.jsonl.gz"))[::10]:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                document = read(json.loads(line))
                if len(document.text) > 200:
                    by_id.setdefault(document.id, document)
    return list(by_id.values())


def read(row: dict[str, object]) -> Document:
    fields: dict[str, list[str]] = row["metadata"]  # type: ignore[assignment]

    def first(key: str) -> str:
        return (fields.get(key) or [""])[0]

    markup = first("description") or first("descriptionByte")
    return Document(
        id=str(row["reference"]),
        title=first("title"),
        text=html.unescape(re.sub(r"<[^>]+>", " ", markup)),
        identifier=first("identifier"),
        call_title=first("callTitle"),
    )


def repeated(documents: Sequence[Document], count: int) -> list[Document]:
    """Make `count` calls of full length, each with a new id."""
    whole = []
    for start in range(0, len(documents) - JOINED + 1):
        joined = documents[start : start + JOINED]
        whole.append(replace(joined[0], text="\n".join(document.text for document in joined)))
    return [replace(whole[n % len(whole)], id=f"{n}") for n in range(count)]


def made_rules(documents: Sequence[Document], lemmas: Lemmas, count: int, most: float) -> list[Rule]:
    """Make rules from words that at most the share `most` of the calls has in any form, and words that no call has.

    The more rules, the more special they are: of ten thousand, most wait for a call that has not come yet.
    """
    chance = random.Random(1)
    frequency: Counter[str] = Counter()
    pairs: dict[tuple[str, str], None] = {}
    for document in documents:
        words = [word.lower() for word in split_text(document.text)[0]]
        frequency.update({lemmas.lemma(word, "en") for word in words})
        pairs |= dict.fromkeys(pair for pair in pairwise(words) if is_plain(pair[0]) and is_plain(pair[1]))
    few = sorted({w for pair in pairs for w in pair if frequency[lemmas.lemma(w, "en")] <= most * len(documents)})
    of_few = [pair for pair in pairs if frequency[lemmas.lemma(pair[0], "en")] <= most * len(documents)]
    unseen = [word for word in english_words() if lemmas.lemma(word, "en") not in frequency]
    share = 1.0 if most > SELECTIVE else SEEN
    lines = [made_rule(chance, few, of_few, unseen, share) for _ in range(count)]
    weights = (Weight.STRONG, Weight.MEDIUM, Weight.MEDIUM, Weight.WEAK)
    return [
        Rule(key=f"r{n}", spearhead=f"s{n % SPEARHEADS}", text=line, weight=weights[n % 4], language="en")
        for n, line in enumerate(lines)
    ]


def english_words() -> list[str]:
    return sorted(word for word in StreamDictionaryFactory().get_dictionary("en") if is_plain(word) and word.islower())


def is_plain(word: str) -> bool:
    return len(word) > 3 and word.isalpha() and word.isascii()


def made_rule(
    chance: random.Random, few: list[str], pairs: list[tuple[str, str]], unseen: list[str], share: float
) -> str:
    seen = chance.random() < share
    words = few if seen else unseen
    first_word, second_word, third_word = (chance.choice(words) for _ in range(3))
    pair_left, pair_right = chance.choice(pairs) if seen else (chance.choice(unseen), chance.choice(few))
    return chance.choice(
        [
            first_word,
            f"{first_word} OR {second_word} OR {third_word}",
            f'"{pair_left} {pair_right}"',
            f'"{pair_left} {pair_right}" OR {first_word}',
            f"{pair_left} AND {first_word}",
            f"{first_word} AND NOT {second_word}",
            f"{pair_left} NEAR/5 {pair_right}",
            f"{first_word[:7]}* OR {second_word}",
            f"({first_word} OR {pair_left}) AND ({second_word} OR {pair_right})",
        ]
    )


def rulebook(rules: Sequence[Rule]) -> Rulebook:
    keys = tuple(f"s{n}" for n in range(SPEARHEADS))
    return Rulebook(
        strategies=(Strategy(key="bench", starts_on=date(2026, 1, 1), ends_on=None, spearheads=keys),),
        spearheads=tuple(Spearhead(key=key) for key in keys),
        rules=tuple(rules),
    )


def analysed(documents: Sequence[Document], lemma_of: dict[str, str]) -> int:
    """Look up every word, and every hyphenated word as a whole, in a dictionary: the floor. Return the count."""
    count = 0
    for document in documents:
        for text in (document.title, document.text):
            words, pieces = split_text(text)
            count += len([lemma_of[word] for word in words])
            count += len([lemma_of[word] for *_, word in joined_words(words, pieces)])
    return count


def tagged(index: Index, documents: Sequence[Document]) -> int:
    return sum(len(tag(index, document)) for document in documents)


# ---------------------------------------------------------------------------- one regular expression a rule


def as_pattern(query: Query) -> re.Pattern[str]:
    """Compile all words of a rule into one alternation, in the usual forms of English words."""
    words = sorted({word.text for word in words_of(query)})
    return re.compile(r"\b(?:" + "|".join(f"{re.escape(word)}(?:s|es|ed|ing)?" for word in words) + r")\b", re.I)


def words_of(query: Query) -> Iterator[Word]:
    match query:
        case Word():
            yield query
        case Phrase(words, _):
            yield from words
        case And(parts) | Or(parts):
            for part in parts:
                yield from words_of(part)
        case Near(left, right, _):
            yield from words_of(left)
            yield from words_of(right)


def searched(patterns: Sequence[re.Pattern[str]], documents: Sequence[Document]) -> int:
    texts = [f"{document.title}\n{document.text}" for document in documents]
    return sum(pattern.search(text) is not None for text in texts for pattern in patterns)


# ------------------------------------------------------------------------------------------------- SQLite's FTS5


def as_fts(query: Query, lemmas: Lemmas) -> str:
    """Write a rule as an FTS5 query: words by their lemmas, prefixes by the words as written."""
    match query:
        case Word(text, How.PREFIX):
            return f'{{forms}} : "{text}"*'
        case Word(text, _):
            return f'{{title body}} : "{lemmas.lemma(text, "en")}"'
        case Phrase(words, _):
            return '{title body} : "' + " ".join(lemmas.lemma(word.text, "en") for word in words) + '"'
        case Near(Word(left), Word(right), distance):
            return f'{{title body}} : NEAR("{lemmas.lemma(left, "en")}" "{lemmas.lemma(right, "en")}", {distance})'
        case Or(parts):
            return "(" + " OR ".join(as_fts(part, lemmas) for part in parts) + ")"
        case And(parts):
            required = " AND ".join(as_fts(part, lemmas) for part in parts if not isinstance(part, Not))
            excluded = [as_fts(part.part, lemmas) for part in parts if isinstance(part, Not)]
            return "(" + " NOT ".join([required, *excluded]) + ")"
        case _:
            raise ValueError(query)


def empty_table() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE calls USING fts5(title, body, forms, tokenize = 'unicode61 remove_diacritics 0')"
    )
    return connection


def queried(queries: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> set[tuple[int, int]]:
    """Return (row, query) of every match, taking the rows in batches."""
    connection, matches = empty_table(), set()
    for start in range(0, len(rows), BATCH):
        connection.execute("DELETE FROM calls")
        batch = [(n, *rows[n]) for n in range(start, min(start + BATCH, len(rows)))]
        connection.executemany("INSERT INTO calls (rowid, title, body, forms) VALUES (?, ?, ?, ?)", batch)
        for number, query in enumerate(queries):
            for (row,) in connection.execute("SELECT rowid FROM calls WHERE calls MATCH ?", (query,)):
                matches.add((row, number))
    return matches


def lemma_rows(documents: Sequence[Document], lemmas: Lemmas) -> list[tuple[str, str, str]]:
    """Return title and text as lemmas in order, and separately the words as written."""

    def as_lemmas(text: str) -> str:
        return " ".join(lemmas.lemma(word, "en") for word in split_text(text)[0])

    return [
        (as_lemmas(document.title), as_lemmas(document.text), f"{document.title} {document.text}")
        for document in documents
    ]


# ------------------------------------------------------------------------------------------------------- figures


def against_analysis(documents: Sequence[Document], lemmas: Lemmas, sizes: Sequence[int]) -> None:
    lemma_of = {}
    for document in documents[:SAMPLE]:
        for text in (document.title, document.text):
            words, pieces = split_text(text)
            joined = [word for *_, word in joined_words(words, pieces)]
            lemma_of |= {word: lemmas.lemma(word, "en") for word in (*words, *joined)}
    figure("calls", len(documents), "-")
    for size in sizes:
        held_against(lemma_of, documents, lemmas, size, SELECTIVE, f"{size}_rules", "wanted: 1.3 at 1000, 2 at 10000")
    held_against(lemma_of, documents, lemmas, sizes[0], COMMON, f"{sizes[0]}_common_rules", "for comparison")


def held_against(
    lemma_of: dict[str, str],
    documents: Sequence[Document],
    lemmas: Lemmas,
    size: int,
    most: float,
    name: str,
    target: str,
) -> None:
    index = compile_rules(rulebook(made_rules(documents[:SAMPLE], lemmas, size, most)), lemmas)
    first = processor_seconds(lambda: tagged(index, documents[:SAMPLE]))
    floor, taken = in_turns(lambda part: analysed(part, lemma_of), lambda part: tagged(index, part), documents)
    hits = sum(len(s.hits) for d in documents[:SAMPLE] for s in spearhead_scores(index, d)) / len(documents[:SAMPLE])
    tags = tagged(index, documents[:SAMPLE]) / len(documents[:SAMPLE])
    figure(f"tagging_{name}_to_analysis", taken / floor, f"lemma analysis alone; {target}")
    figure(f"tagging_{name}_calls_per_second", len(documents) / taken, f"{len(documents) / floor:.0f} analysed")
    figure(f"tagging_{name}_first_seconds", first, f"compiling them, and the first {SAMPLE} calls")
    figure(f"tagging_{name}_hits_per_call", hits, "-")
    figure(f"tagging_{name}_tags_per_call", tags, "-")


def in_turns(
    ours: Callable[[Sequence[Document]], object],
    theirs: Callable[[Sequence[Document]], object],
    documents: Sequence[Document],
) -> tuple[float, float]:
    """Time both over all documents, alternating between parts, so that a busy machine slows both alike."""
    parts = [documents[start : start + PART] for start in range(0, len(documents), PART)]
    times = [
        (processor_seconds(lambda part=part: ours(part)), processor_seconds(lambda part=part: theirs(part)))
        for part in parts
    ]
    return sum(first for first, _ in times), sum(second for _, second in times)


def against_patterns(documents: Sequence[Document], lemmas: Lemmas) -> None:
    rules = made_rules(documents[:SAMPLE], lemmas, 1_000, SELECTIVE)
    index = compile_rules(rulebook(rules), lemmas)
    tagged(index, documents[:SAMPLE])
    patterns = [as_pattern(parse_rule(rule.text)) for rule in rules]
    few = documents[:20]
    slow = processor_seconds(lambda: searched(patterns, few)) / len(few)
    fast = processor_seconds(lambda: tagged(index, documents[:2000])) / len(documents[:2000])
    figure("patterns_to_tagging", slow / fast, "one compiled alternation a rule, 1000 rules; wanted: 50")


def against_fts(documents: Sequence[Document], lemmas: Lemmas) -> None:
    rules = made_rules(documents[:SAMPLE], lemmas, 1_000, SELECTIVE)
    index = compile_rules(rulebook(rules), lemmas)
    sample = documents[:400]
    tagged(index, sample)
    queries = [as_fts(parse_rule(rule.text), lemmas) for rule in rules]
    rows = lemma_rows(sample, lemmas)
    slow = processor_seconds(lambda: queried(queries, rows))
    fast = processor_seconds(lambda: tagged(index, sample))
    figure("fts5_to_tagging", slow / fast, "FTS5 over ready lemma text, batches of 20, 1000 rules; wanted: 4")
    compare_answers(index, rules, sample, queried(queries, rows))


def compare_answers(
    index: Index, rules: Sequence[Rule], documents: Sequence[Document], theirs: set[tuple[int, int]]
) -> None:
    """Compare pairs of call and rule: half that either side matches, half drawn at random."""
    numbers = {rule.key: number for number, rule in enumerate(rules)}
    ours = {
        (row, numbers[hit.rule.key])
        for row, document in enumerate(documents)
        for standing in spearhead_scores(index, document)
        for hit in standing.hits
    }
    chance = random.Random(2)
    pairs = chance.sample(sorted(ours | theirs), min(PAIRS // 2, len(ours | theirs)))
    pairs += [(chance.randrange(len(documents)), chance.randrange(len(rules))) for _ in range(PAIRS - len(pairs))]
    differing = [pair for pair in pairs if (pair in ours) != (pair in theirs)]
    figure("same_answers_as_fts5", 1 - len(differing) / len(pairs), f"{len(pairs)} pairs; wanted: 0.995")
    for row, number in differing[:10]:
        side = "only ours" if (row, number) in ours else "only FTS5"
        print(f"  differs: {side}: {rules[number].text}: {documents[row].title[:60]}")


def peak_memory(days: Path, calls: int) -> None:
    """Report the peak memory of a process that loads the region and tags the calls one after another."""
    command = [sys.executable, __file__, "--memory", "--calls", str(calls), "--days", str(days)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figure("peak_memory_megabytes", float(done.stdout), "region's rules, calls read one by one; wanted: 120")
    with tempfile.TemporaryDirectory() as empty:
        taken = seconds(lambda: tried_first(command, empty))
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    dictionaries = f"making the dictionaries, in a process of its own, took {largest:.0f} MB"
    figure("first_use_seconds", taken, f"the same on a machine without dictionaries; {dictionaries}")


def tried_first(command: Sequence[str], cache: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"XDG_CACHE_HOME": cache}
    )
    figure("first_use_peak_memory_megabytes", float(done.stdout), "of the process that tags; wanted: 120")


def measure_memory(days: Path, calls: int) -> None:
    index = compile_rules(load_region(region_file("paijat_hame")).rulebook, Lemmas())
    tagged_calls = 0
    while tagged_calls < calls:
        for document in islice(streamed(days), calls - tagged_calls):
            tag(index, document)
            tagged_calls += 1
    # Not ru_maxrss: a child begins with its parent's.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) / 1024)


def streamed(days: Path) -> Iterator[Document]:
    for file in sorted(days.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield read(json.loads(line))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--calls", type=int, default=20_000)
    arguments.add_argument("--rules", type=int, nargs="+", default=[1_000, 10_000])
    arguments.add_argument("--days", type=Path, default=DAYS)
    arguments.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if not options.days.exists():
        sys.exit(f"{options.days}: the recorded days are not here")
    if options.memory:
        measure_memory(options.days, options.calls)
        return
    lemmas = Lemmas()
    documents = repeated(recorded(options.days), options.calls)
    against_analysis(documents, lemmas, options.rules)
    against_patterns(documents, lemmas)
    against_fts(documents, lemmas)
    peak_memory(options.days, options.calls)


if __name__ == "__main__":
    main()
