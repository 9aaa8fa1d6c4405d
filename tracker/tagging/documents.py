"""Documents: the words of a call that rules read, taken from its facts or from a line of judged calls."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from db.calls import Call, CallFacts, CallKind
from tracker.eligibility.audiences import rule_words
from tracker.tagging.lemmas import Lemmas, split_text

LITTLE_TEXT = 400  # characters; a project's own call with less is read with the text of its topic


@dataclass(frozen=True, slots=True)
class Document:
    """A call's words. In a cascade call (`of_parent`), `identifier` and `call_title` are those of its parent topic.

    A match in the parent's words only counts half: a project's own call need not be about all that its topic was about.
    `context` is the parent's text, where the call has little text of its own.
    """

    id: str
    title: str
    text: str = ""
    identifier: str = ""
    call_title: str = ""
    destination: str = ""
    programme: str = ""
    type_of_action: str = ""
    source: str = ""
    audience: tuple[str, ...] = ()
    language: str = "en"
    of_parent: bool = False
    context: str = ""


def from_facts(facts: CallFacts, may_apply: Collection[str] = (), context: str | None = None) -> Document:
    """Make the document of a call from its facts; its id is `source:key`.

    `may_apply` are the kinds of applicant that were derived, and `context` the text of the call's topic; those of a
    stored call stand beside it.
    """
    if isinstance(facts, Call):
        may_apply, context = facts.may_apply, facts.context
    return Document(
        id=f"{facts.source}:{facts.key}",
        title=own_title(facts.title, facts.call_title, facts.identifier),
        text=facts.text or "",
        identifier=facts.identifier or "",
        call_title=facts.call_title or "",
        destination=facts.destination or "",
        programme=facts.programme or "",
        type_of_action=facts.type_of_action or "",
        source=facts.source,
        audience=tuple(dict.fromkeys((*facts.audience, *rule_words(may_apply)))),
        language=facts.language,
        of_parent=facts.kind is CallKind.CASCADE,
        context=context or "",
    )


def from_judged(line: Mapping[str, Any], lemmas: Lemmas) -> Document:
    """Make the document of a call in a file: id, title, abstract, language, identifier, callTitle and more.

    docs/rules.md describes the format. Where a line does not say its language, it is found by its words. In the format
    of judged calls, a cascade call (its kind says so, or its id with COMPETITIVE_CALL) has its parent's title in
    `title` and its own in `callTitle`.
    """
    of_parent = "COMPETITIVE_CALL" in str(line["id"]) or line.get("kind") == CallKind.CASCADE
    title, call_title = line.get("title") or "", line.get("callTitle") or ""
    if of_parent:
        title, call_title = call_title or title, title
    identifier, abstract = line.get("identifier") or "", line.get("abstract") or ""
    return Document(
        id=str(line["id"]),
        title=own_title(title, call_title, identifier),
        text=abstract,
        identifier=identifier,
        call_title=call_title,
        destination=line.get("destination") or "",
        programme=line.get("programmeCode") or identifier.partition("-")[0],
        type_of_action=line.get("actionType") or "",
        source=line.get("source") or "portal",
        audience=tuple(line.get("audience") or ()),
        language=line.get("language") or lemmas.language_of(split_text(f"{title} {abstract}")[0]),
        of_parent=of_parent,
        context=line.get("context") or "",
    )


def own_title(title: str, call_title: str | None, identifier: str | None) -> str:
    """Return the title, or the call's title where a programme (AGRIP) publishes only a code as the title."""
    return call_title if call_title and title == identifier else title
