"""The configuration: config.toml tells every key, the environment overrides it, and every fault is named at once."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from jobs.base.ticks import trigger
from tests.support.places import ROOT
from tracker import config, sources
from tracker.config import Settings
from tracker.emails.mailer import MailSettings
from tracker.errors import ConfigError
from tracker.regions import load_region, region_file

COMMENTED = ROOT / "config.toml"


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours is set, and no config.toml lies in the working directory."""
    for name in [name for name in os.environ if name.startswith(config.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def faults(file: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.load(file)
    return caught.value.faults


def written(folder: Path, text: str) -> Path:
    file = folder / "some.toml"
    file.write_text(text, encoding="utf-8")
    return file


def sections() -> Iterator[tuple[str, type[BaseModel], dict[str, Any], dict[str, Any]]]:
    """Each section: its model, what config.toml gives, and what it would give with the commented keys."""
    text = COMMENTED.read_text("utf-8")
    told, all_told = tomllib.loads(text), tomllib.loads(re.sub(r"(?m)^# (\w+ = )", r"\1", text))
    for name, field in Settings.model_fields.items():
        if name != "sources":
            assert isinstance(field.annotation, type)
            yield name, field.annotation, told.pop(name), all_told.pop(name)
    for key, module in sources.modules().items():
        if key in told["sources"]:
            yield f"sources.{key}", module.Settings, told["sources"].pop(key), all_told["sources"].pop(key)
    assert told == {"sources": {}}, "config.toml tells of something that cannot be configured"


def test_config_toml_holds_every_key_and_no_other() -> None:
    for name, model, _, all_told in sections():
        assert sorted(all_told) == sorted(model.model_fields), name


def test_config_toml_tells_of_the_main_source() -> None:
    assert "sources.portal" in {name for name, *_ in sections()}


def test_every_value_in_config_toml_is_the_default() -> None:
    for name, model, told, _ in sections():
        assert model.model_validate(told) == model(), name


def test_what_config_toml_leaves_behind_a_hash_has_no_value_by_default() -> None:
    for name, model, told, all_told in sections():
        for key in all_told.keys() - told.keys():
            assert model.model_fields[key].default in (None, ()), f"{name}.{key}"


def test_config_toml_loads() -> None:
    assert config.load(COMMENTED).model_dump(exclude={"sources"}) == Settings().model_dump(exclude={"sources"})


def test_without_any_file_the_defaults_hold() -> None:
    assert config.load().database_url == f"sqlite:///{Path('data') / 'tracker.sqlite3'}"


def test_a_config_toml_in_the_working_directory_is_read_unasked(tmp_path: Path) -> None:
    written(tmp_path, "[data]\nkeep_pages_days = 7\n").rename(tmp_path / "config.toml")
    assert config.load().data.keep_pages_days == 7


def test_the_environment_stands_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, '[mail]\nport = 1025\nsender_name = "From the file"\n')
    monkeypatch.setenv("TRACKER_MAIL__PORT", "2525")
    mail = config.load(file).mail
    assert (mail.port, mail.sender_name) == (2525, "From the file")


@pytest.mark.parametrize(
    ("variable", "value", "read"),
    [
        ("TRACKER_DATABASE__URL", "postgresql+psycopg://ville@localhost/calls", lambda s: s.database_url),
        ("TRACKER_DATA__DIR", "elsewhere", lambda s: str(s.data.dir)),
        ("TRACKER_MAIL__TRANSPORT", "files", lambda s: s.mail.transport),
        ("TRACKER_FETCH__GAP_SECONDS", "0", lambda s: str(int(s.fetch.gap_seconds))),
        ("TRACKER_MAIL__PER_MINUTE", "120", lambda s: str(s.mail.per_minute)),
        ("TRACKER_FETCH__OBEY_ROBOTS", "False", lambda s: str(s.fetch.obey_robots)),
        ("TRACKER_SCHEDULE__WEEKLY", "30 8 * * tue", lambda s: s.schedule.weekly),
        ("TRACKER_SOURCES__PORTAL__API_URL", "http://127.0.0.1:8801", lambda s: s.source("portal").api_url),
        ("TRACKER_SOURCES__PORTAL__LEAST", "5", lambda s: str(s.source("portal").least)),
        ("TRACKER_SOURCES__PORTAL__ENABLED", "false", lambda s: str(s.source("portal").enabled).lower()),
    ],
)
def test_a_variable_sets_its_key(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, read: Any) -> None:
    monkeypatch.setenv(variable, value)
    assert read(config.load()) == value


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_MAIL__ALLOW", '["ville@example.org", "lahti.example"]')
    assert config.load().mail.allow == ("ville@example.org", "lahti.example")


def test_a_list_or_table_of_a_source_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_SOURCES__PORTAL__CANARIES", '["EX-2027-1", "EX-2027-2"]')
    monkeypatch.setenv("TRACKER_SOURCES__PORTAL__API_KEY", "[SEDIA")
    settings = config.load()
    assert settings.source("portal").canaries == ("EX-2027-1", "EX-2027-2")
    assert settings.sources["portal"]["api_key"] == "[SEDIA"


def test_a_list_that_is_not_json_is_named_with_how_to_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_MAIL__ALLOW", "ville@example.org")
    assert faults() == ['mail.allow: must be a list; in the environment as JSON: ["one", "two"]']


def test_every_fault_of_file_and_environment_is_listed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(
        tmp_path,
        '[data]\nkeep_pages_days = 0\n[mail]\nport = "many"\n[sources.portal]\nleast = -1\n[sources.portla]\n',
    )
    monkeypatch.setenv("TRACKER_FETCH__ATTEMPTS", "none")
    monkeypatch.setenv("TRACKER_MIAL__HOST", "mail.example.org")
    assert sorted(fault.partition(":")[0] for fault in faults(file)) == [
        "TRACKER_MIAL__HOST",
        "data.keep_pages_days",
        "fetch.attempts",
        "mail.port",
        "sources.portal.least",
        "sources.portla",
    ]


def test_an_unknown_section_of_the_file_is_refused(tmp_path: Path) -> None:
    assert faults(written(tmp_path, "[maill]\nport = 25\n")) == ["maill: unknown key"]


def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path) -> None:
    assert faults(written(tmp_path, '[mail]\nhots = "x"\n[sources.portal]\nurl = "x"\n')) == [
        "mail.hots: unknown key",
        "sources.portal.url: unknown key",
    ]


def test_an_unknown_key_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_DATA__DRI", "x")
    assert faults() == ["data.dri: unknown key"]


def test_an_unknown_section_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_DATABSE__URL", "sqlite:///x")
    [fault] = faults()
    assert fault.startswith(
        "TRACKER_DATABSE__URL: no such section in the configuration; there are bounces, cli, data, database"
    )


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    assert faults(file) == [f"{file}: no such file; name an existing one with --config"]


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    [fault] = faults(tmp_path)
    assert fault.startswith(f"{tmp_path}: cannot be read")


def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path: Path) -> None:
    file = written(tmp_path, "[mail]\nport: 25\n")
    [fault] = faults(file)
    assert fault.startswith(f"{file}: not TOML")
    assert "line 2" in fault


def test_a_file_of_thousands_of_brackets_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, f"x = {'[' * 20_000}{']' * 20_000}")
    [fault] = faults(file)
    assert fault.startswith(f"{file}: not TOML")
    with pytest.raises(ConfigError, match="not readable as TOML"):
        load_region(file)


def test_a_database_that_is_neither_of_the_two_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_DATABASE__URL", "postgres://ville:s3cret@localhost/calls")
    assert faults() == ["database.url: must begin with sqlite:/// or postgresql+psycopg://, or be empty"]


def test_a_password_shows_in_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(
        tmp_path, '[mail]\npassword = ["s3cret"]\nsecret = "s3cret"\nusername = "ville"\nhost = "mail.org"\n'
    )
    monkeypatch.setenv("TRACKER_DATABASE__URL", "mysql://ville:s3cret@localhost/calls")
    monkeypatch.setenv("TRACKER_MAIL__PORT", "s3cret")
    found = faults(file)
    assert {"database.url", "mail.password", "mail.port"} <= {fault.partition(":")[0] for fault in found}
    assert "s3cret" not in "\n".join(found)


def test_a_password_shows_in_no_settings_that_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_DATABASE__URL", "postgresql+psycopg://ville:s3cret@localhost/calls")
    monkeypatch.setenv("TRACKER_MAIL__PASSWORD", "s3cret")
    settings = config.load()
    assert settings.mail.password == SecretStr("s3cret")
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "line",
    [
        "0 7 * *",
        "0 7 * * mon 2026",
        "60 7 * * *",
        "0 24 * * *",
        "0 7 0 * *",
        "0 7 * 13 *",
        "0 7 * * 1",
        "0 7 * * fri-mon",
        "0 7 * * mon-friday",
        "0 7 * * mon/2",
        "*/0 * * * *",
        "*/60 * * * *",
        "5-1 * * * *",
        "0 7,, * * *",
        "0 7 1st * *",
        "x 7 * * *",
        "٣ 7 * * *",
        "@daily",
        "",
    ],
)
def test_a_bad_crontab_line_is_refused_with_its_key(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("TRACKER_SCHEDULE__DAILY", line)
    [fault] = faults()
    assert fault.startswith("schedule.daily: ")


def test_a_weekday_by_number_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_SCHEDULE__WEEKLY", "0 7 * * 1")
    [fault] = faults()
    assert "use names (mon-fri)" in fault


def parts(least: int, most: int) -> st.SearchStrategy[str]:
    """The parts of a crontab field, right and wrong ones."""
    number = st.integers(least - 1, most + 1).map(str)
    step = st.integers(0, most + 1).map(lambda n: f"/{n}")
    span = st.builds("-".join, st.tuples(number, number))
    return st.one_of(
        st.just("*"), number, span, st.builds("".join, st.tuples(st.one_of(st.just("*"), number, span), step))
    )


LINES = st.builds(
    " ".join,
    st.tuples(
        st.lists(parts(0, 59), min_size=1, max_size=2).map(",".join),
        parts(0, 23),
        parts(1, 31),
        st.one_of(parts(1, 12), st.sampled_from(["jan", "feb-nov", "dec-jan", "mai"])),
        st.sampled_from(["*", "mon", "mon-fri", "sat,sun", "sun-mon", "tisdag", "*/2", "*/7"]),
    ),
)


@given(LINES)
def test_what_is_taken_as_a_crontab_line_is_one_to_the_scheduler(line: str) -> None:
    try:
        settings = config.ScheduleSettings(collect=line)
    except ValueError:
        return
    assert trigger(settings.collect, ZoneInfo("Europe/Helsinki"))


def test_every_default_schedule_is_one_to_the_scheduler() -> None:
    lines = config.ScheduleSettings().model_dump().values()
    assert [trigger(line, ZoneInfo("Europe/Helsinki")) for line in lines]


# --- the region's sources ---------------------------------------------------------------------------------------------


TOWN = """
[sources.town]
kind = "feed"
name = "Town"
publisher = "Town"
home = "https://town.example/"
url = "https://town.example/feed/"
include = ["call", "grant"]

[sources.eura]
maakunta = "18"
authorities = ["1", "2"]

[sources.portal]
canaries = ["EX-2027-1"]
"""


@pytest.fixture
def own_region(tmp_path: Path) -> Path:
    """The file of a second region, with its sources' tables replaced."""
    text = region_file("kainuu").read_text("utf-8")
    text = re.sub(r"(?m)^\[sources\.\w+\]\n(?:.+\n)+", "", text)
    file = tmp_path / "own.toml"
    file.write_text(text + TOWN, "utf-8")
    return file


def test_the_regions_sources_lie_under_the_configuration(own_region: Path) -> None:
    settings = config.given({"region": {"file": str(own_region)}})
    assert settings.source("portal").canaries == ("EX-2027-1",)
    assert sources.modules(settings.sources)["town"].SOURCE.name == "Town"
    assert settings.sources["interreg"] == {"nuts": ["FI1D4", "FI1D8", "FI1D", "FI1", "FI"]}


def test_the_configurations_keys_win_one_by_one(
    own_region: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(
        tmp_path,
        f'[region]\nfile = "{own_region}"\n[sources.eura]\nauthorities = ["3"]\nleast_listed = 5\n'
        "[sources.town]\nenabled = false\n[sources.portal]\nleast = 7\n",
    )
    monkeypatch.setenv("TRACKER_SOURCES__TOWN__INCLUDE", '["fund"]')
    settings = config.load(file)
    assert settings.sources["eura"] == {"maakunta": "18", "authorities": ["3"], "least_listed": 5}
    assert settings.source("town").enabled is False
    assert settings.sources["town"]["include"] == ["fund"]
    assert settings.source("portal").canaries == ("EX-2027-1",)
    assert settings.source("portal").least == 7


def test_the_environment_may_name_the_region_whose_sources_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_REGION__FILE", "kainuu")
    assert config.load().sources["eura"]["maakunta"] == "18"


def test_a_key_that_the_regions_source_does_not_have_is_refused(own_region: Path, tmp_path: Path) -> None:
    file = written(tmp_path, f'[region]\nfile = "{own_region}"\n[sources.town]\ncolour = "green"\n[sources.village]\n')
    assert [fault.partition(":")[0] for fault in faults(file)] == ["sources.town.colour", "sources.village"]


def test_the_faults_of_the_regions_file_are_listed_with_the_configurations(own_region: Path, tmp_path: Path) -> None:
    own_region.write_text(own_region.read_text("utf-8").replace('maakunta = "18"', 'makunta = "18"'), "utf-8")
    file = written(tmp_path, f'[region]\nfile = "{own_region}"\n[data]\nkeep_pages_days = 0\n')
    assert [fault.partition(" ")[0] for fault in faults(file)] == ["data.keep_pages_days:", "own.toml:"]


def test_a_region_that_is_none_is_named_with_all_other_faults(tmp_path: Path) -> None:
    file = written(tmp_path, '[region]\nfile = "atlantis"\n[data]\nkeep_pages_days = 0\n')
    assert sorted(fault.partition(":")[0] for fault in faults(file)) == ["data.keep_pages_days", "region.file"]


def test_the_first_regions_sources_are_those_of_its_file() -> None:
    settings = config.given({})
    assert settings == Settings()
    assert settings.sources["eura"]["maakunta"] == "07"
    assert settings.source("paijat_hame").enabled


def test_given_values_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_MAIL__PORT", "2525")
    assert config.given({"mail": {"sender_name": "Ours"}}).mail == MailSettings(sender_name="Ours")


def test_faults_of_given_values_are_named_alike() -> None:
    with pytest.raises(ConfigError, match=r"^mail\.hots: unknown key$"):
        config.given({"mail": {"hots": "x"}})
