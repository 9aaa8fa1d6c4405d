"""A banner: an admin tells everybody who looks at the pages of something, such as an outage that is planned."""

from collections.abc import Mapping
from datetime import date

from db import audit
from db.acts import Act
from db.audit import Signed
from db.banners import Banner
from db.regions import find_ours
from jobs.base.app import App
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, WrongState

LONGEST = 300  # characters


def set_banner(app: App, words: Mapping[str, str], from_on: date, until_on: date, signed: Signed) -> int:
    """Show these words (by language) from a day to a day; return the banner's number.

    InputFaults where a language of the region has no words, or too many, or the last day is before the first or over.
    """
    said = {language: " ".join(words.get(language, "").split()) for language in app.region.languages}
    faults = [Fault(Code.MISSING, language) for language, text in said.items() if not text]
    faults += [Fault(Code.TOO_LONG, name, {"most": LONGEST}) for name, text in said.items() if len(text) > LONGEST]
    if until_on < max(from_on, app.today()):
        faults.append(Fault(Code.ENDS_BEFORE, "until", {"least": max(from_on, app.today())}))
    if faults:
        raise InputFaults(*faults)
    banner = Banner(words=said, from_on=from_on, until_on=until_on, set_at=signed.at, set_by=signed.author)
    with app.db.write() as session:
        session.add(banner)
        session.flush()
        audit.append_audit(session, signed, Act.BANNER_SET, f"banner {banner.id}", after=_told(banner))
        return banner.id or 0


def end_banner(app: App, number: int, signed: Signed) -> None:
    """Take a banner down. NotFound if there is none; WrongState if it is down or over already."""
    with app.db.write() as session:
        banner = find_ours(session, Banner, number, held=True)
        if banner is None:
            raise NotFound(Noun.BANNER, number)
        if banner.ended_at or banner.until_on < app.today():
            raise WrongState(Noun.BANNER, number, "over")
        banner.ended_at = signed.at
        session.add(banner)
        audit.append_audit(session, signed, Act.BANNER_ENDED, f"banner {number}", before=_told(banner))


def _told(banner: Banner) -> dict[str, object]:
    return {"words": banner.words, "from_on": banner.from_on.isoformat(), "until_on": banner.until_on.isoformat()}
