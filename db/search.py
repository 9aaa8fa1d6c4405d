"""Full-text search over lemma text: FTS5 on SQLite, a tsvector with a GIN index on PostgreSQL.

Does not lemmatise (`tracker.tagging.lemmas`): text and queries come as lemmas, so both databases find the same calls.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from db.calls import Call

CREATE = {
    "sqlite": ('CREATE VIRTUAL TABLE call_search USING fts5(title, body, tokenize = "unicode61 remove_diacritics 0")',),
    "postgresql": (
        "CREATE TABLE call_search (call_id INTEGER PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,"
        " words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_call_search_words ON call_search USING GIN (words)",
    ),
}

MOST_LEXEMES = 16_000  # a tsvector keeps no positions above 16,383


def is_compared(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Whether alembic should compare this table; the search tables are created by hand."""
    return not (kind == "table" and str(name).startswith("call_search"))


def put(session: Session, rows: Iterable[tuple[int, str, str]]) -> None:
    """Index rows of (call id, title lemmas, body lemmas), replacing what was there."""
    texts: list[dict[str, Any]] = [{"id": call_id, "title": title, "body": body} for call_id, title, body in rows]
    if not texts:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("DELETE FROM call_search WHERE rowid = :id"), texts)
        connection.execute(sa.text("INSERT INTO call_search (rowid, title, body) VALUES (:id, :title, :body)"), texts)
        return
    upsert = sa.text(
        "INSERT INTO call_search (call_id, words) VALUES (:id, setweight(to_tsvector('simple', :title), 'A')"
        " || to_tsvector('simple', :body)) ON CONFLICT (call_id) DO UPDATE SET words = excluded.words"
    )
    connection.execute(upsert, [text | {"body": " ".join(text["body"].split(" ")[:MOST_LEXEMES])} for text in texts])


def find(session: Session, lemmas: Sequence[str], most: int) -> list[int]:
    """Ids of the `most` best calls that contain every lemma, best first."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        query = " AND ".join('"' + lemma.replace('"', '""') + '"' for lemma in lemmas)
        statement = sa.text(
            "SELECT rowid FROM call_search WHERE call_search MATCH :q ORDER BY bm25(call_search, 4.0, 1.0) LIMIT :n"
        )
    else:
        query = " ".join(lemmas)
        statement = sa.text(
            "SELECT call_id FROM call_search, plainto_tsquery('simple', :q) q WHERE words @@ q"
            " ORDER BY ts_rank(words, q) DESC, call_id LIMIT :n"
        )
    return [row[0] for row in connection.execute(statement, {"q": query, "n": most})] if lemmas else []


def reached(session: Session, groups: Iterable[Iterable[str]]) -> list[int]:
    """Ids of the calls that contain every word of at least one group (as lemmas); `mal*` matches any word so begun."""
    word_groups = [sorted(group) for group in groups]
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        query = " OR ".join("(" + " AND ".join(map(_fts5, group)) + ")" for group in word_groups)
        statement = sa.text("SELECT rowid FROM call_search WHERE call_search MATCH :q")
    else:
        query = " | ".join("(" + " & ".join(map(_lexeme, group)) + ")" for group in word_groups)
        statement = sa.text("SELECT call_id FROM call_search WHERE words @@ to_tsquery('simple', :q)")
    return [row[0] for row in connection.execute(statement, {"q": query})] if word_groups else []


def has_words(session: Session, forms: Collection[Sequence[str]], in_title: bool = False) -> sa.ColumnElement[bool]:
    """The condition that a call has the words of one of these forms (as lemmas) beside each other.

    The last word of a form may be a beginning, `mal*`.
    """
    if session.connection().dialect.name == "sqlite":
        query = " OR ".join(map(_phrase, forms))
        table = sa.table("call_search", sa.column("rowid", sa.Integer))
        matches = sa.literal_column("call_search").op("MATCH")(f"title : ({query})" if in_title else query)
        return unindexed(col(Call.id)).in_(sa.select(table.c.rowid).where(matches))
    query = " | ".join("(" + " <-> ".join(_weighted(word, in_title) for word in form) + ")" for form in forms)
    table = sa.table("call_search", sa.column("call_id", sa.Integer), sa.column("words"))
    matches = table.c.words.op("@@")(sa.func.to_tsquery("simple", query))
    apart = (
        sa.select(table.c.call_id).where(matches).offset(0)
    )  # or PostgreSQL looks into the words of each call by itself
    return col(Call.id).in_(apart)


def unindexed(number: Any) -> sa.ColumnElement[int]:
    """An id by which SQLite looks no row up: to find each call beside its long text is slower than to scan an index."""
    unfound: sa.ColumnElement[int] = number + 0
    return unfound


def _phrase(words: Sequence[str]) -> str:
    """Words beside each other in FTS5's language."""
    quoted = '"' + " ".join(words).removesuffix("*").replace('"', '""') + '"'
    return f"{quoted} *" if words[-1].endswith("*") else quoted


def _weighted(word: str, in_title: bool) -> str:
    """A word in tsquery's language; titles are stored with the weight A."""
    lexeme = _lexeme(word)
    return lexeme if not in_title else f"{lexeme}A" if word.endswith("*") else f"{lexeme}:A"


def ranked(session: Session, lemmas: Sequence[str]) -> sa.Select[Any]:
    """A query for the calls that contain every lemma: `id`, and `rank`, which is least for the best."""
    if session.connection().dialect.name == "sqlite":
        query = " AND ".join(map(_fts5, lemmas))
        best_first: sa.Label[float] = sa.literal_column("bm25(call_search, 4.0, 1.0)").label("rank")
        table = sa.table("call_search", sa.column("rowid", sa.Integer))
        found = sa.select(table.c.rowid.label("id"), best_first)
        return found.where(sa.literal_column("call_search").op("MATCH")(query))
    asked = sa.func.to_tsquery("simple", " & ".join(map(_lexeme, lemmas)))
    table = sa.table("call_search", sa.column("call_id", sa.Integer), sa.column("words"))
    rank: sa.Label[float] = (-sa.func.ts_rank(table.c.words, asked)).label("rank")
    return sa.select(table.c.call_id.label("id"), rank).where(table.c.words.op("@@")(asked))


def indexed(session: Session) -> list[int]:
    """Ids of all indexed calls, for rules that cannot be narrowed down by words."""
    connection = session.connection()
    key = "rowid" if connection.dialect.name == "sqlite" else "call_id"
    query = sa.select(sa.column(key, sa.Integer)).select_from(sa.table("call_search"))
    return list(connection.scalars(query))


def _fts5(word: str) -> str:
    quoted = '"' + word.removesuffix("*").replace('"', '""') + '"'
    return f"{quoted} *" if word.endswith("*") else quoted


def _lexeme(word: str) -> str:
    quoted = "'" + word.removesuffix("*").replace("\\", "\\\\").replace("'", "''") + "'"
    return f"{quoted}:*" if word.endswith("*") else quoted
