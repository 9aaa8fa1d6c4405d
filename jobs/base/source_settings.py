"""A source's settings as they are now: what the configuration says, and above it what the desk has chosen."""

from collections.abc import Collection

from sqlmodel import Session

from db.source_choices import ChoiceField, chosen_settings
from jobs.base.app import App
from tracker.sources import SourceSettings


def settings_now(session: Session, app: App, key: str) -> SourceSettings:
    """The settings of a source, with what the desk has chosen."""
    chosen = chosen_settings(session, [key]).get(key, {})
    values = {field.value: choice.value for field, choice in chosen.items()}
    if ChoiceField.CANARIES in values:
        values[ChoiceField.CANARIES] = tuple(values[ChoiceField.CANARIES])
    return app.settings.source(key).model_copy(update=values)


def schedules_now(session: Session, app: App, keys: Collection[str]) -> dict[str, str]:
    """The crontab lines on which these sources are read."""
    return {key: app.settings.schedule_of(key) for key in keys} | chosen_schedules(session, keys)


def chosen_schedules(session: Session, keys: Collection[str]) -> dict[str, str]:
    """The crontab lines of those of these sources for which the desk has chosen one."""
    chosen = chosen_settings(session, keys).items()
    return {key: str(those[ChoiceField.SCHEDULE].value) for key, those in chosen if ChoiceField.SCHEDULE in those}
