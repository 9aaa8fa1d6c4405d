"""Reports: somebody tells us of an error or of what is not accessible, and an admin answers within two weeks.

Anybody may write, with or without an address. Does not send answers (`jobs.delivery.letters`).
"""

import structlog

from db import audit
from db.acts import Act
from db.audit import Signed
from db.regions import find_ours
from db.reports import Report, ReportKind, ReportState
from jobs.base.app import App
from jobs.readers.letters import answer_report_by_letter
from tracker.addresses import stored_address
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, WrongState

LONGEST_REPORT, LONGEST_ANSWER = 4000, 8000  # characters


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
