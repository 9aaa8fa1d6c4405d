"""Put edits that mend a mistake of the rules into words, in the language that is spoken."""

from db.strategies import Weight
from jobs.cli.labels import word
from jobs.cli.wording import T_, say
from tracker.tagging.mending import TriedMend
from tracker.tagging.mends import Mend, MendKind

SENTENCES = {
    MendKind.WEIGHT: T_("make the rule %(subject)s %(new)s instead of %(old)s"),
    MendKind.WORD: T_("add %(words)s to the rule %(subject)s"),
    MendKind.MASK: T_("a mask for the words %(words)s"),
    MendKind.ALTERNATIVE: T_("take %(words)s out of the rule %(subject)s"),
    MendKind.UNMASK: T_("remove the mask %(subject)s"),
    MendKind.THRESHOLD: T_("ask for %(new)s points for %(subject)s instead of %(old)s"),
}
NEW_RULE = T_("a new rule, %(new)s: %(words)s")
COUNTED = T_("%(edit)s (in %(inside)d judged calls of the spearhead, %(outside)d of others)")
FITS_ONE = T_("%(edit)s (no other judged call has these words)")
EFFECT = T_("%(edit)s: mends %(mended)d, breaks %(broken)d")
NOTHING = T_("no single edit mends it; tracker pins add decides the call by hand")


def mend_in_words(tried: TriedMend) -> str:
    """An edit in a sentence, with what it does on the judged set."""
    return say(EFFECT, edit=edit_in_words(tried.mend), mended=tried.mended, broken=tried.broken)


def edit_in_words(mend: Mend) -> str:
    """What an edit does; words come with the number of judged calls that have them."""
    sentence = SENTENCES[mend.kind] if mend.subject else NEW_RULE
    points = {"old": _points(mend, mend.old), "new": _points(mend, mend.new)}
    said = say(sentence, subject=mend.subject, words=mend.words, **points)
    if mend.inside + mend.outside == 0:
        return said
    if mend.fits_one:
        return say(FITS_ONE, edit=said)
    return say(COUNTED, edit=said, inside=mend.inside, outside=mend.outside)


def _points(mend: Mend, points: int) -> str:
    """A rule's weight by its word; a threshold as a number."""
    is_weight = mend.kind in (MendKind.WEIGHT, MendKind.WORD) and points
    return word(Weight(points).name.lower()) if is_weight else str(points)
