"""Mending: what is wrong on a judged set, each mistake with the edits that mend it, tried on the whole set.

Which edits are tried is in `tracker.tagging.mends`. Does not save them (`jobs.rulebook.saving`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.tagging.documents import Document
from tracker.tagging.evaluate import NOT, SQUARELY, Judged
from tracker.tagging.evidence import Evidence
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, SpearheadScore, compile_rules, spearhead_scores
from tracker.tagging.mends import Idea, Ideas, JudgedWords, Mend, MendKind
from tracker.tagging.rulebook_edits import differing

MOST_MENDS = 3  # that are named for one mistake


@dataclass(frozen=True, slots=True)
class TriedMend:
    """An edit with what it does on the judged set: how many mistakes it mends, and how many it makes.

    `moved` counts the calls that come nearer to the threshold or farther from it.
    """

    mend: Mend
    mended: int
    broken: int
    moved: int

    @property
    def net(self) -> int:
        """How many mistakes fewer there would be."""
        return self.mended - self.broken

    @property
    def dearness(self) -> tuple[object, ...]:
        """Sorts edits, the cheapest first: by mistakes, then by calls moved. What fits one call alone comes later."""
        mend = self.mend
        size = abs(mend.new - mend.old)
        order = list(MendKind).index(mend.kind)
        return (
            -self.net,
            self.broken,
            mend.fits_one,
            self.moved,
            order,
            not mend.subject,
            size,
            mend.words.count(" "),
        )


@dataclass(frozen=True, slots=True)
class Mistake:
    """A judged call that the rules miss or wrongly tag: its points, what matched, and what would mend it."""

    spearhead: str
    document: Document
    is_missed: bool
    score: int
    threshold: int
    evidence: tuple[Evidence, ...]
    mends: tuple[TriedMend, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words that matched."""
        return quoted_words(self.evidence)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that matched."""
        return tuple(dict.fromkeys(matched.rule for matched in self.evidence))


def mistakes(index: Index, judged: Sequence[Judged], spearheads: Iterable[str]) -> list[Mistake]:
    """Find every missed and every wrongly tagged call, by spearhead and in the set's order."""
    said = JudgedWords(index, judged)
    return [mistake for key in spearheads for mistake in _Trials(said, key).mistakes()]


class _Trials:
    """One spearhead's rules on the judged set, and what the edits tried so far do to it."""

    def __init__(self, said: JudgedWords, spearhead: str) -> None:
        self._said = said
        self._spearhead = spearhead
        self._ideas = Ideas.of(said, spearhead)
        index = compile_rules(self._ideas.book, said.index.lemmas)
        self._threshold = index.spearheads[spearhead].threshold
        self._scores = [_score(index, call.document) for call in said.judged]
        self._tried: dict[Mend, TriedMend] = {}

    def mistakes(self) -> list[Mistake]:
        return [self._mistake(number) for number, score in enumerate(self._scores) if self._is_wrong(number, score)]

    def _is_wrong(self, number: int, score: SpearheadScore | None) -> bool:
        return self._said.judged[number].grade(self._spearhead) == (NOT if _is_tagged(score) else SQUARELY)

    def _mistake(self, number: int) -> Mistake:
        score = self._scores[number]
        if score and score.is_tagged:
            ideas = self._ideas.for_false(number, score)
        else:
            ideas = self._ideas.for_missed(number, score)
        tried = [done for idea in ideas if (done := self._try(idea, number))]
        return Mistake(
            spearhead=self._spearhead,
            document=self._said.judged[number].document,
            is_missed=not _is_tagged(score),
            score=score.score if score else 0,
            threshold=self._threshold,
            evidence=score.evidence if score else (),
            mends=tuple(sorted(dict.fromkeys(tried), key=lambda done: done.dearness)[:MOST_MENDS]),
        )

    def _try(self, idea: Idea, number: int) -> TriedMend | None:
        """Try an edit on every judged call that it can touch; None if it does not mend this one."""
        mend, book = idea
        index = compile_rules(book, self._said.index.lemmas)
        if self._is_wrong(number, _score(index, self._said.judged[number].document)):
            return None
        if mend not in self._tried:
            self._tried[mend] = self._effect(mend, index, self._said.reached(differing(self._ideas.book, book).lines))
        return self._tried[mend]

    def _effect(self, mend: Mend, index: Index, touched: Sequence[int]) -> TriedMend:
        """Compare the calls that an edit can touch with how they are now."""
        scores = [_score(index, self._said.judged[number].document) for number in touched]
        wrong = [
            (self._is_wrong(number, self._scores[number]), self._is_wrong(number, score))
            for number, score in zip(touched, scores, strict=True)
        ]
        moved = [_margin(self._scores[n]) != _margin(score) for n, score in zip(touched, scores, strict=True)]
        return TriedMend(mend, wrong.count((True, False)), wrong.count((False, True)), moved.count(True))


def _score(index: Index, document: Document) -> SpearheadScore | None:
    """Score a document by the rules of one spearhead; None if none matches."""
    return next(iter(spearhead_scores(index, document)), None)


def _margin(score: SpearheadScore | None) -> int | None:
    return score.score - score.spearhead.threshold if score else None


def _is_tagged(score: SpearheadScore | None) -> bool:
    return score is not None and score.is_tagged
