"""Letters: the words and bytes of mails to one person, about their own confirmation, link, receipt or leaving.

They have their own sender address and are no list mail: nobody unsubscribes from the answer to what they did
themselves. Does not store them (`jobs.readers.letters`) or send them (`jobs.delivery.letters`).
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from db.reports import ReportKind
from db.subscribers import Cadence
from tracker import l10n
from tracker.digests.periods import how_often
from tracker.emails import mime, render
from tracker.emails.call_view import TITLE_LENGTH, Fact
from tracker.emails.mailer import MailSettings
from tracker.emails.sanitise import clean
from tracker.emails.subject import NAME
from tracker.l10n import N_

REASON_LENGTH = 500
FOLLOWED_LENGTH = 400  # of an interest on its line
MOST_TOLD = 20  # reports that are named
ABOUT = {
    ReportKind.ERROR: N_("an error in what we say of a call"),
    ReportKind.ACCESSIBILITY: N_("an obstacle on our pages"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """The language and region of a letter, and who signs it."""

    language: str
    region: str
    zone: ZoneInfo
    contact: str


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for; each interest in words (`tracker.subscriptions.requests`), `lead_days` longest first."""

    cadence: Cadence
    follows: tuple[str, ...]
    urgent: bool
    own_region: bool
    own_kind: bool
    lead_days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A link for the reader to follow."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A letter in words, before any markup; `agreed` is a text that is quoted, `agreed_label` the line above it."""

    language: str
    heading: str
    opening: tuple[str, ...]
    contact: str
    facts: tuple[Fact, ...] = ()
    agreed_label: str = ""
    agreed: str = ""
    action: Action | None = None
    closing: tuple[str, ...] = ()
    links: tuple[Action, ...] = ()
    colours: tuple[str, str] = ("", "")  # the region's own, by light and in the dark; empty: those of the program

    @property
    def subject(self) -> str:
        return f"{NAME}: {self.heading[0].lower()}{self.heading[1:]}"


def confirm_lines(
    setting: Setting, order: Order, agreed: str, link: str, until: datetime, *, is_invited: bool = False
) -> Lines:
    """Word the letter that asks a mailbox to confirm what was asked for it, or what it is invited to."""
    t = l10n.catalogue(setting.language)
    invitation = t.gettext(
        "You are invited to get the Kärkivahti digest of funding calls (%(region)s) at this address. "
        "Nothing is sent before you confirm the subscription, and you will not be asked again."
    )
    did_not_ask = t.gettext(
        "If you did not ask for it, you do not need to do anything: what is not confirmed is deleted."
    )
    no_need = t.gettext("If you do not want it, you do not need to do anything: what is not confirmed is deleted.")
    opening = t.gettext(
        "Somebody asked for the Kärkivahti digest of funding calls (%(region)s) to be sent to this address. "
        "Nothing is sent before you confirm the subscription."
    )
    return Lines(
        language=setting.language,
        heading=t.gettext("Confirm your subscription"),
        opening=((invitation if is_invited else opening) % {"region": setting.region},),
        facts=tuple(order_facts(order, setting.language)),
        agreed_label=t.gettext("By confirming you agree to this:"),
        agreed=agreed,
        action=Action(t.gettext("Confirm the subscription"), link),
        closing=(
            _good_until(until, setting),
            no_need if is_invited else did_not_ask,
        ),
        contact=setting.contact,
    )


def known_lines(setting: Setting, link: str, until: datetime) -> Lines:
    """Word the letter to an address that was entered in the form and subscribes already."""
    t = l10n.catalogue(setting.language)
    opening = t.gettext(
        "This address was entered in our sign-up form. It already subscribes to Kärkivahti, and nothing was changed."
    )
    return Lines(
        language=setting.language,
        heading=t.gettext("You are already a subscriber"),
        opening=(opening,),
        action=Action(t.gettext("Change your preferences"), link),
        closing=(
            _good_until(until, setting),
            t.gettext("If you did not fill in the form yourself, you do not need to do anything."),
        ),
        contact=setting.contact,
    )


def preferences_lines(setting: Setting, link: str, until: datetime) -> Lines:
    """Word the letter with the link to somebody's preferences, which was asked for."""
    t = l10n.catalogue(setting.language)
    opening = t.gettext(
        "You asked for a link to your preferences. With it you can change what you follow, "
        "pause the subscription or end it."
    )
    return Lines(
        language=setting.language,
        heading=t.gettext("Your link to your preferences"),
        opening=(opening,),
        action=Action(t.gettext("Change your preferences"), link),
        closing=(
            _good_until(until, setting),
            t.gettext("Anybody who has the link can change your preferences. Do not pass it on."),
        ),
        contact=setting.contact,
    )


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent: its text and version, when it was given, and when the link was sent (None: given in another way)."""

    text: str
    version: str
    at: datetime
    asked_at: datetime | None


def receipt_lines(setting: Setting, order: Order, agreed: Agreed, links: tuple[str, str], is_new: bool) -> Lines:
    """Word the receipt of a consent; `links` are the one to ask for preferences and the one to unsubscribe."""
    t = l10n.catalogue(setting.language)
    opening = [
        t.gettext("Your subscription to Kärkivahti is confirmed. Keep this message: it says what you agreed to.")
    ]
    if is_new:
        opening.append(
            t.gettext(
                "The first issue shows what is open now and what is coming. "
                "After that you will hear about new calls and changes."
            )
        )
    ask, leave = links
    return Lines(
        language=setting.language,
        heading=t.gettext("Your subscription is confirmed"),
        opening=tuple(opening),
        facts=(*order_facts(order, setting.language), *_proof(agreed, setting)),
        agreed_label=t.gettext("You agreed to this:"),
        agreed=agreed.text,
        links=(
            Action(t.gettext("Change your preferences"), ask),
            Action(t.gettext("Unsubscribe"), leave),
        ),
        contact=setting.contact,
    )


def goodbye_lines(setting: Setting, left_at: datetime, link: str, until: datetime) -> Lines:
    """Word the letter that says that a subscription has ended, and how to undo it."""
    t = l10n.catalogue(setting.language)
    opening = t.gettext("Your Kärkivahti subscription ended on %(at)s (%(zone)s). You will get no more digests.")
    undo = t.gettext(
        "If that was a mistake, or somebody else ended it, you can resume the subscription until %(until)s (%(zone)s). "
        "You will then be told what happened in the meantime. Once that time is over, your address is deleted."
    )
    return Lines(
        language=setting.language,
        heading=t.gettext("Your subscription has ended"),
        opening=(
            opening % {"at": _moment(left_at, setting), "zone": _zone(setting)},
            undo % {"until": _moment(until, setting), "zone": _zone(setting)},
        ),
        action=Action(t.gettext("Resume the subscription"), link),
        contact=setting.contact,
    )


def paused_lines(setting: Setting, until: date, reason: str, link: str, good_until: datetime) -> Lines:
    """Word the letter that says that somebody else paused a reader's mails, until when and why."""
    t = l10n.catalogue(setting.language)
    paused = t.gettext("Your Kärkivahti mails were paused. The first day with mail again is %(day)s.")
    later = t.gettext("What happens until then is told then. You can end the pause at any time by the link below.")
    why = t.gettext("The reason: %(reason)s") % {"reason": clean(reason, REASON_LENGTH)}
    return Lines(
        language=setting.language,
        heading=t.gettext("Your mails are paused"),
        opening=(paused % {"day": l10n.day(until, setting.language)}, *([why] if reason else []), later),
        action=Action(t.gettext("Change your preferences"), link),
        closing=(_good_until(good_until, setting),),
        contact=setting.contact,
    )


def answer_lines(setting: Setting, words: str, asked: str, asked_at: datetime) -> Lines:
    """Word the answer to a report that somebody wrote on our pages; `words` are the admin's, `asked` the report's."""
    t = l10n.catalogue(setting.language)
    wrote = t.gettext("You wrote on %(at)s (%(zone)s):")
    paragraphs = (" ".join(paragraph.split()) for paragraph in words.split("\n\n"))
    return Lines(
        language=setting.language,
        heading=t.gettext("An answer to your report"),
        opening=tuple(paragraph for paragraph in paragraphs if paragraph),
        agreed_label=wrote % {"at": _moment(asked_at, setting), "zone": _zone(setting)},
        agreed=asked,
        contact=setting.contact,
    )


@dataclass(frozen=True, slots=True)
class ReportThatWaits:
    """A report as an admin is told of it: its call's title, if it is of one, and the last day for an answer."""

    kind: ReportKind
    title: str
    due_on: date
    days_left: int


def waiting_lines(setting: Setting, waiting: Sequence[ReportThatWaits], desk: str) -> Lines:
    """Word the letter to an admin that names the reports that wait; what they say stands at the desk alone."""
    t, n = l10n.catalogue(setting.language), len(waiting)
    heading = t.ngettext("%(n)d report waits for an answer", "%(n)d reports wait for an answer", n)
    opening = t.gettext("They were written by the forms of our pages. Each is to be answered within two weeks.")
    return Lines(
        language=setting.language,
        heading=heading % {"n": n},
        opening=(opening,),
        facts=tuple(_waiting(one, setting.language) for one in waiting[:MOST_TOLD]),
        action=Action(t.gettext("Answer at the desk"), desk),
        contact=setting.contact,
    )


def _waiting(one: ReportThatWaits, language: str) -> Fact:
    t = l10n.catalogue(language)
    until = t.gettext("To be answered by %(day)s") if one.days_left >= 0 else t.gettext("Late since %(day)s")
    about = t.gettext(ABOUT[one.kind])
    day = {"day": l10n.bare_day(one.due_on, language)}
    return Fact(until % day, f"{about}: {clean(one.title, TITLE_LENGTH)}" if one.title else about)


def order_facts(order: Order, language: str) -> Iterator[Fact]:
    """Word an order, one line for each thing that was chosen."""
    t = l10n.catalogue(language)
    yield Fact(t.gettext("How often"), how_often(order.cadence, language))
    for follows in order.follows:
        yield Fact(t.gettext("You follow"), clean(follows, FOLLOWED_LENGTH))
    own = t.gettext("the region's own calls, too, whatever they are about")
    yield Fact(t.gettext("Own region"), own if order.own_region else t.gettext("only calls that fit what you follow"))
    shut = t.gettext("calls that your kind of organisation may not apply for, as far as that is known")
    yield Fact(t.gettext("Left out"), shut if order.own_kind else t.gettext("nothing for who may apply"))
    days = l10n.listed([l10n.number(lead, language) for lead in order.lead_days], language)
    n = max(order.lead_days, default=0)
    text = t.ngettext("at least %(days)s day before a call closes", "at least %(days)s days before a call closes", n)
    yield Fact(t.gettext("Reminders"), text % {"days": days} if n else t.gettext("no reminders"))
    urgent = t.gettext("at once, without waiting for the next issue")
    yield Fact(t.gettext("Urgent mail"), urgent if order.urgent else t.gettext("no urgent mail"))


def _proof(agreed: Agreed, setting: Setting) -> Iterator[Fact]:
    t = l10n.catalogue(setting.language)
    at = {"at": _moment(agreed.at, setting), "zone": _zone(setting)}
    if agreed.asked_at is None:
        how = t.gettext("%(at)s (%(zone)s), recorded by the administrator as you had agreed") % at
    else:
        by = t.gettext("%(at)s (%(zone)s), with the link that we sent on %(sent)s")
        how = by % {**at, "sent": _moment(agreed.asked_at, setting)}
    yield Fact(t.gettext("Confirmed"), how)
    yield Fact(t.gettext("Version of the text"), agreed.version)


def _good_until(until: datetime, setting: Setting) -> str:
    text = l10n.catalogue(setting.language).gettext("The link is valid until %(until)s (%(zone)s).")
    return text % {"until": _moment(until, setting), "zone": _zone(setting)}


def _moment(at: datetime, setting: Setting) -> str:
    return l10n.moment(at, setting.language, setting.zone)


def _zone(setting: Setting) -> str:
    return l10n.zone_name(setting.zone, setting.language)


@dataclass(frozen=True, slots=True)
class ServiceMailBody:
    """A letter's text and HTML."""

    text: str
    html: str


def lay_out(lines: Lines) -> ServiceMailBody:
    """Render a letter as text and as HTML."""
    environment = render.environment(lines.language)
    text = environment.get_template("letter.txt").render(letter=lines).strip() + "\n"
    html = environment.get_template("letter.html").render(letter=lines)
    return ServiceMailBody(text, render.inliner().inline(html))


def service_mail_id(secret: bytes, which: str, domain: str) -> str:
    """The Message-ID of a letter, always the same: <letter.which.hash@domain>; `which` is another for every letter."""
    name = f"letter.{which}"
    digest = hmac.digest(secret, b"message-id\0" + name.encode(), hashlib.sha256)
    return f"<{name}.{b32encode(digest[:10]).decode().lower()}@{domain}>"


def sender(settings: MailSettings) -> str:
    """The address that letters come from."""
    return settings.service_sender or settings.sender


def letter_bytes(lines: Lines, settings: MailSettings, to: str, name: str, at: datetime) -> bytes:
    """The bytes of a letter, with CRLF lines, always the same; `name` is its Message-ID.

    Marked as sent by a machine (RFC 3834), so that no automatic reply comes. ValueError for a line break in a header.
    """
    rendered = lay_out(lines)
    headers = [
        ("To", to),
        *([("Reply-To", settings.reply_to)] if settings.reply_to else []),
        ("Subject", lines.subject),
        ("Date", format_datetime(at)),
        ("Message-ID", name),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", lines.language),
    ]
    head = [mime.sender_line(settings.sender_name, sender(settings)), *(mime.header_line(*line) for line in headers)]
    mail = EmailMessage(policy=SMTP)
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    mail.set_boundary("=_" + hashlib.sha256(name.encode()).hexdigest()[:32])  # stands nowhere in quoted-printable
    return b"".join(head) + mail.as_bytes()
