"""The banner of today on top of every page."""

from datetime import date

from db.banners import banner_on
from jobs.base.app import App


class BannerOfToday:
    """Its words in any language; read anew when the archive has changed or a day begins."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: tuple[tuple[object, date], dict[str, str]] | None = None

    def words(self, language: str) -> str:
        """What the banner says; empty where there is none."""
        app, known = self._app, self._known
        made_from = app.db.version(), app.today()
        if known is None or known[0] != made_from:
            with app.db.read() as session:
                banner = banner_on(session, app.today())
            known = self._known = (made_from, banner.words if banner else {})
        return known[1].get(language, "")
