"""Learned: a small model of what judged calls are about, which finds calls on which it and the rules differ.

It never tags. It is made anew each time, of what is given, offline, and is the same each time. scikit-learn, the extra
`learn`, is imported when a model is made.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tracker.errors import Code, Refusal
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import BORDERLINE, SQUARELY, Judged
from tracker.tagging.index import Index, tag
from tracker.tagging.lemmas import split_text
from tracker.tagging.typical_words import lemma_forms, own_text, trivial_lemmas

TITLE_COUNTS = 3  # times as much as the rest of a call's words
SHORTEST = 3  # letters of a word that is learned
POINT = 0.02  # of certainty, by which each point of the rules puts their tag farther down the list
LEAST_CALLS = 2  # that must have a word
MOST_CALLS = 0.5  # the share of calls that may have it
LEAST_JUDGED = 3  # calls squarely about a spearhead, from which it can be learned
PARTS = 5  # into which judged calls are divided, where each is told by a model that has not seen it
MOST_WORDS = 5
EXTRA = "learn"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A call that the rules tag and the model would not, or the other way round; `words` weighed most in the model.

    `points` are those by which the rules tag it, 0 if they do not. `certainty` is the model's, from a half to 1.
    """

    spearhead: str
    document: Document
    points: int
    certainty: float
    words: tuple[str, ...]

    @property
    def is_tagged(self) -> bool:
        """Whether the rules tag the call."""
        return self.points > 0


def learnable(judged: Sequence[Judged], spearheads: Collection[str]) -> list[str]:
    """The spearheads of which enough calls were judged to be, and some not to be."""
    grades = {key: Counter(call.grade(key) for call in judged) for key in spearheads}
    return [key for key, count in grades.items() if count[SQUARELY] >= LEAST_JUDGED and count[0]]


def disagreements(
    index: Index, judged: Sequence[Judged], documents: Sequence[Document], spearheads: Collection[str]
) -> list[Dispute]:
    """Learn from judged calls, and list where the rules tag others differently, the most certain first.

    Refusal if scikit-learn is not installed.
    """
    model = _Model(index, judged, learnable(judged, spearheads))
    return _most_certain_first(model.differing(documents)) if documents else []


def crossed(index: Index, judged: Sequence[Judged], spearheads: Collection[str]) -> list[Dispute]:
    """List where the rules differ on the judged calls themselves, each from a model that has not seen the call."""
    parts = [_part(call.document.id) for call in judged]
    found: list[Dispute] = []
    for part in sorted(set(parts)):
        others = [call for call, other in zip(judged, parts, strict=True) if other != part]
        left_out = [call.document for call, other in zip(judged, parts, strict=True) if other == part]
        found += disagreements(index, others, left_out, spearheads)
    return _most_certain_first(found)


def _part(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % PARTS


def _most_certain_first(found: list[Dispute]) -> list[Dispute]:
    """Sort by the model's certainty, less what the rules are certain of."""
    return sorted(found, key=lambda one: (one.points * POINT - one.certainty, one.document.id, one.spearhead))


class _Model:
    """A logistic regression for each spearhead, over the lemmas of calls weighted by TF-IDF."""

    def __init__(self, index: Index, judged: Sequence[Judged], spearheads: Sequence[str]) -> None:
        vectorizer, regression = _learners()
        self._index = index
        self._trivial = trivial_lemmas(index.lemmas)
        lemmas = [self._lemmas(call.document) for call in judged]
        self._words = _told_apart_by(lemmas)
        self._vectorizer = vectorizer(analyzer=list, vocabulary=self._words, sublinear_tf=True)
        self._by_spearhead = {}
        if self._words:
            texts = self._vectorizer.fit_transform(lemmas)
            for key in spearheads:
                learner = regression(class_weight="balanced", max_iter=1000)
                self._by_spearhead[key] = _fitted(learner, texts, [call.grade(key) for call in judged])

    def _lemmas(self, document: Document) -> list[str]:
        """The base forms of a call's words and of the parts of compounds, and the words of its code."""
        analyses = self._index.lemmas.of(document.language)
        texts = [document.title] * (TITLE_COUNTS - 1) + [own_text(document)]
        words = [lemma for text in texts for word in split_text(text)[0] for lemma in analyses[word]]
        codes = [word.lower() for word in split_text(document.identifier)[0] if not word.isdigit()]
        of_subject = [word for word in words if word.isalpha() and word not in self._trivial]
        return [word for word in of_subject + codes if len(word) >= SHORTEST]

    def differing(self, documents: Sequence[Document]) -> list[Dispute]:
        """Find the documents on which the model and the rules differ; one without a word for it is not found."""
        if not self._by_spearhead:
            return []
        texts = self._vectorizer.transform([self._lemmas(document) for document in documents])
        points = [{found.spearhead: found.score for found in tag(self._index, document)} for document in documents]
        return [
            Dispute(key, documents[number], points[number].get(key, 0), _certainty(share), words)
            for key, learned in self._by_spearhead.items()
            for number, share in enumerate(learned.predict_proba(texts)[:, 1])
            if (share > 0.5) != (key in points[number])
            if (words := self._weighed_most(learned, texts[number], documents[number], towards=share > 0.5))
        ]

    def _weighed_most(self, learned: Any, text: Any, document: Document, towards: bool) -> tuple[str, ...]:
        """The words that spoke most for the spearhead, or most against it, as they are written in the call."""
        weights = text.multiply(learned.coef_[0] if towards else -learned.coef_[0]).tocoo()
        spoken = sorted(
            (-round(float(weight), 9), str(self._words[column]))
            for column, weight in zip(weights.col, weights.data, strict=True)
            if weight > 0
        )
        forms = lemma_forms(document, self._index.lemmas)
        return tuple(forms.get(word, word) for _, word in spoken[:MOST_WORDS])


def _certainty(share: float) -> float:
    return round(float(max(share, 1 - share)), 4)


def _told_apart_by(several: Sequence[Sequence[str]]) -> list[str]:
    """The words that some calls have and most have not."""
    counts = Counter(chain.from_iterable(map(set, several)))
    return sorted(word for word, count in counts.items() if LEAST_CALLS <= count <= MOST_CALLS * len(several))


def _fitted(learner: Any, texts: Any, grades: Sequence[int]) -> Any:
    """Learn from the calls that are clearly a spearhead's or not; the few count as much as the many."""
    clear = [number for number, grade in enumerate(grades) if grade != BORDERLINE]
    return learner.fit(texts[clear], [grades[number] == SQUARELY for number in clear])


def _learners() -> tuple[Any, Any]:
    """The two classes of scikit-learn; Refusal if it is not installed."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise Refusal(Code.EXTRA_MISSING, extra=EXTRA) from None
    return TfidfVectorizer, LogisticRegression
