"""Saved views: give a list of calls a name at the desk, and take the name away again."""

from sqlmodel import Session

from db import audit
from db.acts import Act
from db.audit import Signed
from db.regions import find_ours
from db.saved_views import SavedView, all_views
from jobs.base.app import App
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun

MOST_VIEWS, LONGEST_NAME = 50, 80


def save_view(app: App, name: str, query: str, signed: Signed) -> SavedView:
    """Save a list under a name; one that has the name already is replaced.

    `query` is the list's address after the question mark. InputFaults for no name, a long one, or too many views.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputFaults(Fault(Code.BAD_VIEW_NAME, "name", {"most": LONGEST_NAME}))
    with app.db.write() as session:
        views = all_views(session)
        view = next((one for one in views if one.name == name), None)
        if view is None and len(views) >= MOST_VIEWS:
            raise InputFaults(Fault(Code.TOO_MANY_VIEWS, "name", {"most": MOST_VIEWS}))
        before = _told(view) if view else {}
        view = view or SavedView(name=name, query=query, author=signed.author, at=signed.at)
        view.query, view.author, view.at = query, signed.author, signed.at
        session.add(view)
        session.flush()
        audit.append_audit(session, signed, Act.VIEW_SAVED, f"view {view.id}", before=before, after=_told(view))
    return view


def remove_view(app: App, number: int, signed: Signed) -> None:
    """Take a view's name away. NotFound if there is none."""
    with app.db.write() as session:
        view = _view(session, number)
        session.delete(view)
        audit.append_audit(session, signed, Act.VIEW_REMOVED, f"view {number}", before=_told(view), after={})


def _view(session: Session, number: int) -> SavedView:
    view = find_ours(session, SavedView, number)
    if view is None:
        raise NotFound(Noun.VIEW, number)
    return view


def _told(view: SavedView) -> dict[str, str]:
    return {"name": view.name, "query": view.query}
