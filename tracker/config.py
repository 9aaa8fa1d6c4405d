"""Configuration: the region's sources, overridden by `config.toml`, overridden by the environment; checked at start.

`TRACKER_SECTION__KEY` in the environment overrides the file (`TRACKER_MAIL__HOST`, `TRACKER_SOURCES__PORTAL__API_URL`);
a list is written there as JSON. Both override the tables [sources.<key>] of the region's file, key by key. One reading
finds every fault and names it by its dotted key; unknown keys are faults. Settings are read once at the top and passed
down: there is no global settings object.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from tracker.crontab import Crontab
from tracker.eligibility.programmes import load_table, table_path
from tracker.emails.mailboxes import BounceSettings
from tracker.emails.mailer import MailSettings
from tracker.errors import ConfigError
from tracker.faults import SourceFaults, faults_of, source_faults, tables_in
from tracker.fetching.asking import FetchSettings
from tracker.readings.limits import ReadingSettings
from tracker.regions import load_region, region_path
from tracker.sources import NO_TABLES, SourceSettings, Tables, module_of
from tracker.strict import Strict

PREFIX = "TRACKER_"
FILE = Path("config.toml")
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")
DATABASES = ("sqlite:///", "postgresql+psycopg://")


class DatabaseSettings(Strict):
    url: str = Field(
        "", repr=False, description="empty: SQLite in the data directory; or postgresql+psycopg://user@host/name"
    )

    @field_validator("url")
    @classmethod
    def _is_ours(cls, url: str) -> str:
        if url and not url.startswith(DATABASES):
            raise ValueError(f"must begin with {' or '.join(DATABASES)}, or be empty")
        return url


class DataSettings(Strict):
    dir: Path = Field(Path("data"), description="where all files are kept")
    keep_in: Literal["folder", "database"] = Field(
        "folder", description="where the secret, kept pages and cached answers are"
    )
    keep_pages_days: int = Field(90, ge=1, description="how long the pages of a run are kept for re-parsing")


class RegionSettings(Strict):
    file: str = Field("paijat_hame", description="a region of tracker/regions, or the path of a region file")

    @field_validator("file")
    @classmethod
    def _is_there(cls, name: str) -> str:
        if not region_path(name).is_file():
            raise ValueError(f"{name!r} is neither a region of this program nor a file; see docs/regions.md")
        return name


class EligibilitySettings(Strict):
    table: str = Field("", description="a table of programmes of your own; empty: the one that comes with the program")

    @field_validator("table")
    @classmethod
    def _is_readable(cls, name: str) -> str:
        try:
            load_table(table_path(name))
        except OSError as error:
            raise ValueError(f"{name!r} cannot be read: {error.strerror}") from error
        except ConfigError as error:
            raise ValueError("; ".join(error.faults)) from error
        return name


class ScheduleSettings(Strict):
    """Crontab lines in the region's zone: minute hour day month weekday."""

    collect: Crontab = "15 6,12,18 * * *"
    daily: Crontab = "0 7 * * mon-fri"
    weekly: Crontab = "0 7 * * mon"
    monthly: Crontab = "0 7 1 * *"
    urgent: Crontab = "*/10 7-20 * * *"
    welcome: Crontab = "*/5 * * * *"
    deliver: Crontab = "*/5 * * * *"
    bounces: Crontab = "*/15 * * * *"
    completeness: Crontab = "45 4 * * sun"
    housekeeping: Crontab = "30 3 * * *"
    strategies: Crontab = "10 0 * * *"
    reports: Crontab = "45 7 * * *"


class EditionSettings(Strict):
    """When an edition without news is sent all the same, and when one with too much news is held."""

    quiet_after: int = Field(4, ge=1, description="after so many periods without news, a sign of life is sent")
    flood_least: int = Field(60, ge=1, description="up to so many events of a source or rule are never a flood")
    flood_times: float = Field(5.0, gt=1, description="more than so many times the usual number of events are a flood")


class SubscribersSettings(Strict):
    """Limits on sign-ups, and how long the links in letters are good."""

    confirm_days: int = Field(7, ge=1, le=14, description="how long a link that confirms a sign-up is good")
    manage_hours: int = Field(24, ge=1, le=168, description="how long a link to somebody's preferences is good")
    letters_per_address_per_day: int = Field(5, ge=1, description="above it, nothing more is written to an address")
    letters_per_hour: int = Field(
        200, ge=1, description="above it, no letter is written because somebody typed in an address"
    )


class RetentionSettings(Strict):
    """How many days personal data is kept; docs/subscribers.md says what and why."""

    pending_days: int = Field(14, ge=7, description="sign-ups that nobody confirmed")
    letters_days: int = Field(30, ge=1, description="the bytes of letters")
    left_days: int = Field(30, ge=1, description="those who left; until then they may undo it")
    contents_days: int = Field(400, ge=1, description="the frozen mails of editions")
    bounces_days: int = Field(180, ge=1, description="what returned mails said")
    reports_days: int = Field(
        180, ge=1, description="the words and the address of reports that were answered or closed"
    )
    invitations_days: int = Field(180, ge=30, description="that an address was invited, or left; so it is not asked")


class CliSettings(Strict):
    """How the command line speaks; `tracker.spoken_language` reads it, before anything is checked."""

    language: Literal["", "fi", "sv", "en"] = Field(
        "", description="the language of the command line; empty: that of the locale, else English"
    )


class LogSettings(Strict):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Environment(EnvSettingsSource):
    """Environment variables; a value that is not JSON is left as it is, so that its fault is named with the others."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value

    def explode_env_vars(self, field_name: str, field: FieldInfo, env_vars: Mapping[str, str | None]) -> dict[str, Any]:
        """Read values of sources as JSON if they look like a list or a table, as their types are not known yet."""
        values = super().explode_env_vars(field_name, field, env_vars)
        for table in tables_in(values).values() if field_name == "sources" else ():
            for key, value in table.items():
                if isinstance(value, str) and value.startswith(("[", "{")):
                    table[key] = self.decode_complex_value(key, field, value)
        return values


class WebSettings(Strict):
    """The pages for readers; `mail.base_url` is where the public reaches them."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    proxies: tuple[str, ...] = ()
    acts_per_hour: int = Field(20, ge=1, description="above it, a client signs up, asks for links or reports no more")
    answers_per_hour: int = Field(3600, ge=1, description="above it, a client asks the API no more")
    embedded_by: tuple[str, ...] = ()

    @field_validator("embedded_by")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f'{origin!r} is not a site as in "https://www.example.org", without a path')
        return origins


class Settings(Strict):
    """Everything that can be configured; config.toml says what each key means."""

    database: DatabaseSettings = DatabaseSettings()
    data: DataSettings = DataSettings()
    region: RegionSettings = RegionSettings()
    eligibility: EligibilitySettings = EligibilitySettings()
    fetch: FetchSettings = FetchSettings()
    reading: ReadingSettings = ReadingSettings()
    mail: MailSettings = MailSettings()
    subscribers: SubscribersSettings = SubscribersSettings()
    retention: RetentionSettings = RetentionSettings()
    bounces: BounceSettings = BounceSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    editions: EditionSettings = EditionSettings()
    web: WebSettings = WebSettings()
    cli: CliSettings = CliSettings()
    log: LogSettings = LogSettings()
    # Parsed by each source's own Settings. These override the region's tables, so `region` must be declared before.
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict, validate_default=True)

    @field_validator("sources")
    @classmethod
    def _are_sources(cls, given: dict[str, dict[str, Any]], checked: ValidationInfo) -> dict[str, dict[str, Any]]:
        regions, faults = _sources_of(checked.data.get("region"))
        tables = _laid_on(regions, given)
        if faults := faults + source_faults(tables):
            raise SourceFaults(faults)
        return tables

    @property
    def database_url(self) -> str:
        """The URL of the database: as configured, or SQLite in the data directory."""
        return self.database.url or f"sqlite:///{self.data.dir / 'tracker.sqlite3'}"

    def source(self, key: str) -> SourceSettings:
        """Return the settings of one source, of the type that its module declares."""
        settings: SourceSettings = module_of(key, self.sources).Settings.model_validate(self.sources.get(key, {}))
        return settings

    def schedule_of(self, source: str) -> str:
        """Return the crontab line on which a source is read: its own, or the one for all."""
        return self.source(source).schedule or self.schedule.collect


class Layered(Settings, BaseSettings):
    """The settings of a process: the environment overrides the values from the file."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return Environment(settings_cls), init_settings


def load(file: Path | None = None) -> Settings:
    """Read and check the configuration; ConfigError lists every fault. A named file must exist.

    If none is named, config.toml in the working directory is read if it is there.
    """
    values, faults = _read(file)
    faults += _unknown_variables()
    try:
        settings = Layered(**values)
    except ValidationError as error:
        raise ConfigError(faults + faults_of(error)) from None
    if faults:
        raise ConfigError(faults)
    return settings


def given(values: Mapping[str, Any]) -> Settings:
    """Make a configuration of these values and defaults only, without file or environment; for the demo and tests."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError(faults_of(error)) from None


def _read(file: Path | None) -> tuple[dict[str, Any], list[str]]:
    """Read a file's values, and the faults that keep it from being read."""
    path = file or FILE
    try:
        return tomllib.loads(path.read_text("utf-8")), []
    except FileNotFoundError:
        return {}, [f"{file}: no such file; name an existing one with --config"] if file else []
    except OSError as error:
        return {}, [f"{path}: cannot be read: {error.strerror}"]
    except (ValueError, RecursionError) as error:  # RecursionError: thousands of brackets in one another
        return {}, [f"{path}: not TOML in UTF-8: {error}"]


def _unknown_variables() -> list[str]:
    """Find variables of no known section: pydantic-settings ignores them silently, and a typo must not go unseen."""
    sections = {name.upper() for name in Settings.model_fields}
    return [
        f"{name}: no such section in the configuration; there are {', '.join(sorted(s.lower() for s in sections))}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).split("__")[0] not in sections
    ]


def _sources_of(region: RegionSettings | None) -> tuple[Tables, list[str]]:
    """Read the tables [sources.<key>] of a region's file, and the faults of the file."""
    if region is None:  # its own fault is named already
        return NO_TABLES, []
    try:
        return load_region(region_path(region.file)).sources, []
    except ConfigError as error:
        return NO_TABLES, error.faults
    except OSError as error:
        return NO_TABLES, [f"region.file: cannot be read: {error.strerror}"]


def _laid_on(below: Tables, above: Tables) -> dict[str, dict[str, Any]]:
    """Merge tables key by key; where both have a key of a source, the upper value replaces the lower one as a whole."""
    return {key: {**below.get(key, {}), **above.get(key, {})} for key in {**below, **above}}
