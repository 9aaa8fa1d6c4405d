"""Dry run: write the mails of an edition as files, without sending or changing anything."""

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from db import editions, send_queue
from db.editions import EditionKind
from db.send_queue import Claimed
from jobs.base.app import App
from jobs.delivery.deliver import own_values
from jobs.editions.build import build_batch
from jobs.editions.composer import Composer
from jobs.editions.planning import next_regular, plan_beside, plan_guarded
from jobs.editions.previewing import ReadMail
from tracker.emails import mime
from tracker.errors import Code, Refusal
from tracker.files import write_whole


@dataclass(frozen=True, slots=True)
class DryMail:
    """A mail that a dry run wrote."""

    recipient: str
    subject: str
    path: Path


def dry_run(app: App, kind: EditionKind, period: str | None, out: Path, *, allow_late: bool = False) -> list[DryMail]:
    """Write the exact mails of an edition as files (.eml, and their HTML beside them), and change nothing."""
    out.mkdir(parents=True, exist_ok=True)
    with app.db.rehearse() as session:
        if cadence := kind.cadence:
            edition = plan_guarded(session, app, cadence, period, allow_late=allow_late)
        else:
            edition = plan_beside(session, app, kind)
        composer, last_id = Composer(session, app, edition, next_regular(app)), 0
        while (done := build_batch(session, composer, last_id)) is not None:
            last_id = done
        return [write_mail(app, session, claimed, out) for claimed in send_queue.rendered_in(session, edition.id or 0)]


def replay(app: App, delivery_id: int, out: Path) -> DryMail:
    """Write an old mail again, byte for byte, from its stored content. Refusal if that is no longer stored."""
    with app.db.read() as session:
        claimed = send_queue.mail_of(session, delivery_id)
        if claimed is None:
            raise Refusal(Code.NO_MAIL_KEPT, delivery=delivery_id)
        out.mkdir(parents=True, exist_ok=True)
        return write_mail(app, session, claimed, out)


def write_mail(app: App, session: Session, claimed: Claimed, out: Path) -> DryMail:
    """Write one frozen mail as it would be sent: the whole as NAME.eml, and NAME.html for a browser."""
    message = mime.fill(editions.template_of(session, claimed.content_id), own_values(app, claimed))
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    html = parsed.get_body(("html",))
    path = out / f"{claimed.recipient.replace('@', '_at_')}.eml"
    write_whole(path, message)
    write_whole(path.with_suffix(".html"), (html.get_content() if html else "").encode())
    return DryMail(claimed.recipient, parsed["Subject"], path)


def write_previews(mails: Sequence[ReadMail], out: Path) -> list[Path]:
    """Write mails as their readers would see them, numbered, each as HTML."""
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"preview-{number}.html" for number, _ in enumerate(mails, start=1)]
    for file, mail in zip(files, mails, strict=True):
        write_whole(file, mail.html.encode())
    return files
