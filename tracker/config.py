"""Configuration: `config.toml` under the environment, checked whole before anything starts.

`TRACKER_SECTION__KEY` in the environment overrides the file (`TRACKER_MAIL__HOST`, `TRACKER_SOURCES__PORTAL__API_URL`).
Every fault is found in one reading and named by its dotted key; unknown keys are faults. Does not hold a settings
object: it is read once at the top and handed down.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from tracker import sources
from tracker.emails.mailer import MailSettings
from tracker.errors import ConfigError
from tracker.fetch import FetchSettings

PREFIX = "TRACKER_"
FILE = Path("config.toml")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Strict):
    url: str = Field("", description="empty: SQLite in the data directory; or postgresql+psycopg://user@host/name")


class DataSettings(Strict):
    dir: Path = Field(Path("data"), description="where the database, kept pages and the outbox live")
    keep_pages_days: int = Field(90, ge=1, description="how long the pages of a run are kept for re-reading")


class RegionSettings(Strict):
    file: str = Field("paijat_hame", description="a region of tracker/regions, or the path of a region file")


class ScheduleSettings(Strict):
    """Crontab lines in the region's zone: minute hour day month weekday."""

    collect: str = "15 6,12,18 * * *"
    daily: str = "0 7 * * mon-fri"
    weekly: str = "0 7 * * mon"
    monthly: str = "0 7 1 * *"
    deliver: str = "*/5 * * * *"
    housekeeping: str = "30 3 * * *"


class LogSettings(Strict):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """Everything that can be configured; config.toml says what each key means."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    database: DatabaseSettings = DatabaseSettings()
    data: DataSettings = DataSettings()
    region: RegionSettings = RegionSettings()
    fetch: FetchSettings = FetchSettings()
    mail: MailSettings = MailSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict)  # read by each source's own Settings

    @property
    def database_url(self) -> str:
        """Where the database is: as configured, or SQLite in the data directory."""
        return self.database.url or f"sqlite:///{self.data.dir / 'tracker.sqlite3'}"

    def source(self, key: str) -> sources.SourceSettings:
        """The settings of one source, of the type that its module declares."""
        settings: sources.SourceSettings = sources.modules()[key].Settings.model_validate(self.sources.get(key, {}))
        return settings


def load(file: Path | None = None) -> Settings:
    """Read and check the configuration; ConfigError lists every fault. A file that is named must exist."""
    if file is not None and not file.exists():
        raise ConfigError([f"{file}: no such file; name an existing one with --config"])
    path = file or FILE

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, TomlConfigSettingsSource(settings_cls, toml_file=path)

    faults = _unknown_variables()
    try:
        settings = FromFile()
    except ValidationError as error:
        raise ConfigError(faults + _faults(error)) from None
    except ValueError as error:  # not TOML, or a variable that is not the JSON its key needs
        raise ConfigError([*faults, f"{path}: {error}"]) from None
    faults += _source_faults(settings)
    if faults:
        raise ConfigError(faults)
    return settings


def given(values: dict[str, Any]) -> Settings:
    """A configuration of these values and defaults alone: no file, no environment; for the demo and for tests."""

    class Given(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *others: Any, **named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings,)

    return Given(**values)


def _unknown_variables() -> list[str]:
    """pydantic-settings passes over variables of no section without a word; a typing slip must not be lost."""
    sections = {name.upper() for name in Settings.model_fields}
    return [
        f"{name}: no such section in the configuration; there are {', '.join(sorted(s.lower() for s in sections))}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).split("__")[0] not in sections
    ]


def _faults(error: ValidationError, *above: str) -> list[str]:
    found = []
    for fault in error.errors(include_url=False, include_input=False):
        key = ".".join([*above, *map(str, fault["loc"])])
        message = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"]
        found.append(f"{key}: {message}")
    return found


def _source_faults(settings: Settings) -> list[str]:
    found = []
    for key, given in settings.sources.items():
        module = sources.modules().get(key)
        if module is None:
            found.append(f"sources.{key}: no such source; there are {', '.join(sources.modules())}")
            continue
        try:
            module.Settings.model_validate(given)
        except ValidationError as error:
            found += _faults(error, "sources", key)
    return found
