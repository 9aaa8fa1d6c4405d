"""Reports: somebody tells us of an error or of what is not accessible, and an admin answers within two weeks.

Anybody may write, with or without an address; admins are told by letter of what waits. Does not send letters
(`jobs.delivery.letters`).
"""

import structlog

from db import audit, calls, letters
from db.acts import Act
from db.admins import Role, all_admins
from db.audit import Signed
from db.letters import LetterKind
from db.regions import find_ours
from db.reports import Report, ReportKind, ReportState, list_reports
from jobs.base.app import App
from jobs.readers.letters import answer_report_by_letter, tell_of_reports
from tracker.addresses import stored_address
from tracker.emails.service_mails import ReportThatWaits
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, WrongState

LONGEST_REPORT, LONGEST_ANSWER = 4000, 8000  # characters
NEARLY_LATE = 3  # days before the last one for an answer, from which on admins are told every day


def hand_in(app: App, kind: ReportKind, text: str, address: str, language: str, call_id: int | None = None) -> int:
    """Take in a report; return its number. InputFaults for a text that is empty or too long, or for no address."""
    text, faults, stored = text.replace("\0", "").strip(), [], None
    if not text:
        faults.append(Fault(Code.MISSING, "text"))
    elif len(text) > LONGEST_REPORT:
        faults.append(Fault(Code.TOO_LONG, "text", {"most": LONGEST_REPORT}))
    if address.strip():
        try:
            stored = stored_address(address)
        except ValueError:
            faults.append(Fault(Code.BAD_ADDRESS, "address", {"given": address.strip()}))
    if faults:
        raise InputFaults(*faults)
    report = Report(kind=kind, call_id=call_id, language=language, text=text, address=stored, made_at=app.clock())
    with app.db.write() as session:
        session.add(report)
        session.flush()
        structlog.get_logger().info("report handed in", report=report.id, kind=kind.value, due=report.due_on)
        return report.id or 0


def tell_admins_of_reports(app: App) -> int:
    """Write the admins, once a day, where reports came in since they were last told or are nearly late.

    All reports that wait are named. Returns how many letters were written.
    """
    with app.db.write() as session:
        waiting = list_reports(session, [ReportState.OPEN], None)
        told_at = letters.last_of_kind(session, LetterKind.REPORTS)
        if not any(told_at is None or one.made_at > told_at or _days_left(app, one) <= NEARLY_LATE for one in waiting):
            return 0
        if told_at and told_at.astimezone(app.region.zone).date() == app.today():
            return 0
        known = calls.calls_by_id(session, {one.call_id for one in waiting if one.call_id})
        told = [
            ReportThatWaits(
                kind=one.kind,
                title=known[one.call_id].title if one.call_id in known else "",
                due_on=one.due_on,
                days_left=_days_left(app, one),
            )
            for one in waiting
        ]
        who = [admin for admin in all_admins(session) if admin.role is Role.ADMIN]
        for admin in who:
            tell_of_reports(session, app, admin, told)
    structlog.get_logger().info("admins told of reports", reports=len(waiting), admins=len(who))
    return len(who)


def _days_left(app: App, report: Report) -> int:
    return (report.due_on - app.today()).days


def answer_report(app: App, report_id: int, words: str, signed: Signed) -> Report:
    """Answer a report: by a letter to its address, if it has one. NotFound; WrongState if it is settled already."""
    if not words.strip():
        raise InputFaults(Fault(Code.MISSING, "text"))
    if len(words) > LONGEST_ANSWER:
        raise InputFaults(Fault(Code.TOO_LONG, "text", {"most": LONGEST_ANSWER}))
    return _settle(app, report_id, ReportState.ANSWERED, words.strip(), signed)


def close_report(app: App, report_id: int, signed: Signed) -> Report:
    """Close a report that needs no answer; the reason is kept. NotFound; WrongState if it is settled already."""
    return _settle(app, report_id, ReportState.CLOSED, signed.reason, signed)


def _settle(app: App, report_id: int, state: ReportState, words: str, signed: Signed) -> Report:
    with app.db.write() as session:
        report = find_ours(session, Report, report_id, held=True)
        if report is None:
            raise NotFound(Noun.REPORT, report_id)
        if report.state is not ReportState.OPEN:
            raise WrongState(Noun.REPORT, report_id, report.state, (ReportState.OPEN,))
        if state is ReportState.ANSWERED and report.address:
            report.letter_id = answer_report_by_letter(session, app, report, words, report.address).id
        report.state, report.answer = state, words
        report.settled_at, report.settled_by = signed.at, signed.author
        act = Act.REPORT_ANSWERED if state is ReportState.ANSWERED else Act.REPORT_CLOSED
        changed = {"before": {"state": ReportState.OPEN}, "after": {"state": state}}
        audit.append_audit(session, signed, act, f"report {report_id}", **changed)
    return report
