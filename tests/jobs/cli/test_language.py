"""The command line speaks the language that is set or the locale's, in everything that it says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo

from db import (
    bounces,
    calls,
    deliveries,
    duplicates,
    editions,
    event_log,
    judgements,
    letters,
    runs,
    sources,
    strategies,
    subscribers,
)
from jobs.cli.headings import HEADINGS
from jobs.cli.labels import WORDS, cell, heading
from jobs.cli.usage import USAGE_ERROR
from jobs.cli.wording import DOMAIN, LOCALES, SPOKEN
from tests.support.command_line import whole_command_line
from tests.support.command_texts import catalogue_of, po_file, used_texts
from tests.support.places import ROOT
from tracker.spoken_language import let_libraries_speak, spoken_language

TRANSLATED = pytest.mark.parametrize("language", ["fi", "sv"])
PLACE = re.compile(r"%\([a-z_]+\)[ds]|\{[a-z_!]*\}")
STATES = (
    *(calls.CallStatus, calls.CallKind, event_log.EventKind, duplicates.Ground, duplicates.DuplicateState),
    *(runs.Verdict, sources.NoticeKind, strategies.Level, subscribers.SubscriberState, subscribers.SubscriptionEvent),
    *(subscribers.Cadence, subscribers.CallMark, subscribers.ActorType, letters.LetterKind, bounces.BounceKind),
    *(deliveries.DeliveryState, editions.EditionKind, editions.EditionState, editions.HoldState, judgements.Origin),
)


@TRANSLATED
def test_every_text_of_the_command_line_has_a_translation(language: str) -> None:
    done = {message.id for message in catalogue_of(language) if message.id and message.string}
    assert used_texts() == done


@TRANSLATED
def test_a_translation_fills_in_the_same_values(language: str) -> None:
    for message in catalogue_of(language):
        assert set(PLACE.findall(str(message.id))) == set(PLACE.findall(str(message.string))) or not message.id


@TRANSLATED
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {message.id: message.string for message in catalogue_of(language) if message.id}


@pytest.mark.parametrize("state", [state for states in STATES for state in states], ids=repr)
def test_every_state_that_a_list_shows_has_a_word(state: Any) -> None:
    assert state.value in WORDS


@pytest.mark.parametrize("field", [field for field in subscribers.Subscriber.model_fields if field != "region"])
def test_every_field_of_a_mailbox_that_is_shown_in_full_has_a_word(field: str) -> None:
    assert field in HEADINGS or field in WORDS


LIST = re.compile(r'\(((?:"[a-z_0-9]+", )+"[a-z_0-9]+"|"[a-z_]+",)\)')  # a tuple of plain words


def columns() -> set[str]:
    """The columns of every list: tuples of words that stand as they are, or are handed to `show`."""
    shown = re.compile(r"(?:COLUMNS = |columns = |\.show\(.*?)(\([^()]*\))", re.DOTALL)
    texts = [file.read_text("utf-8") for file in (ROOT / "jobs/cli").glob("*.py")]
    lists = [tuple_ for text in texts for found in shown.findall(text) for tuple_ in LIST.findall(found)]
    return {name for tuple_ in lists for name in re.findall(r"\w+", tuple_)}


def test_every_column_has_a_heading() -> None:
    assert len(columns()) > 60
    assert columns() - HEADINGS.keys() == set()


def test_headings_and_words_are_in_the_language_that_is_spoken() -> None:
    token = SPOKEN.set("fi")
    try:
        assert (heading("closes_on"), cell(runs.Verdict.QUARANTINED), cell(True)) == (
            "päättyy",
            "karanteenissa",
            "kyllä",
        )
        assert cell({"opens_on": "2026-05-12", "project_min": None}) == "avautuu 2026-05-12"
    finally:
        SPOKEN.reset(token)


@pytest.mark.parametrize(
    ("environment", "file", "language"),
    [
        ({}, "", "en"),
        ({"LANG": "fi_FI.UTF-8"}, "", "fi"),
        ({"LANG": "fi_FI.UTF-8", "LC_MESSAGES": "sv_FI"}, "", "sv"),
        ({"LANG": "fi_FI.UTF-8", "LC_ALL": "C.UTF-8"}, "", "en"),
        ({"LANG": "sv_SE.UTF-8"}, '[cli]\nlanguage = "fi"\n', "fi"),
        ({"TRACKER_CLI__LANGUAGE": "sv"}, '[cli]\nlanguage = "fi"\n', "sv"),
        ({"LANG": "fi_FI"}, '[cli]\nlanguage = ""\n', "fi"),
        ({"LANG": "fi_FI"}, "[cli\n", "fi"),
        ({"LANG": "de_DE"}, "cli = 1\n", "en"),
    ],
)
def test_the_language_is_the_one_set_else_the_locales(
    environment: dict[str, str], file: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRACKER_CLI__LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "config.toml").write_text(file, "utf-8")
    assert spoken_language(str(tmp_path / "config.toml")) == language


def said(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a process of the command line says."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
    given = kept | {"PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=given, check=False)


@pytest.mark.slow
def test_a_finnish_official_reads_finnish(tmp_path: Path, ruled: Path) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(ruled, tmp_path / "data")  # else the first command would set the database up
    finnish = {"LC_ALL": "fi_FI.UTF-8", "TRACKER_LOG__LEVEL": "error"}
    helped = said(tmp_path, "rules", "--help", **finnish).stdout
    assert [text for text in ("Luettele säännöt", "─ Valitsimet ─", "─ Komennot ─") if text not in helped] == []
    refused = said(tmp_path, "calls", "list", "--spearhead", "foood", **finnish)
    assert (refused.returncode, "kärkeä foood ei ole" in refused.stderr, "tarkoititko food?" in refused.stderr) == (
        2,
        True,
        True,
    )
    empty = said(tmp_path, "calls", "list", **finnish)
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "hakuja ei ole vielä tallessa" in empty.stderr
    rows = said(tmp_path, "sources", "list", **finnish).stdout.splitlines()
    assert rows[0].split("\t")[:2] == ["avain", "julkaisija"]
    assert "ei luettu koskaan" in rows[1].split("\t")
    [first, *_] = said(tmp_path, "sources", "list", "--json", **finnish).stdout.splitlines()
    assert json.loads(first)["last_verdict"] == "never read"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("calls show", "'CALL' puuttuu."),
        ("bounces drop", "'--reason' puuttuu."),
        ("cals list", "Komentoa 'cals' ei ole. Tarkoititko 'calls'?"),
        ("calls list --lim 3", "Valitsinta --lim ei ole. Tarkoititko --limit?"),
        ("calls list --qqq", "Valitsinta --qqq ei ole."),
        ("calls list --limit", "'--limit' tarvitsee arvon."),
        ("db check a b", "Liikaa sanoja: a b"),
        ("calls list --status shut", "'--status': 'shut' ei ole mikään näistä: 'forthcoming', 'open', 'closed'."),
    ],
)
def test_what_the_parser_says_is_said_in_the_language_that_is_spoken(
    typed: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", "fi")
    let_libraries_speak("fi", DOMAIN, LOCALES)
    spoken = SPOKEN.set("fi")
    try:
        with pytest.raises(USAGE_ERROR) as refused:
            whole_command_line()(typed.split(), standalone_mode=False)
    finally:
        SPOKEN.reset(spoken)
        let_libraries_speak("en", DOMAIN, LOCALES)
    assert refused.value.format_message() == told


def test_every_option_has_its_help_in_the_language_that_is_spoken(tmp_path: Path) -> None:
    help_ = said(tmp_path, "--help", LC_ALL="fi_FI.UTF-8", COLUMNS="200").stdout
    below = said(tmp_path, "calls", "list", "--help", LC_ALL="fi_FI.UTF-8", COLUMNS="200").stdout
    assert help_.count("Näytä tämä ohje ja lopeta.") == below.count("Näytä tämä ohje ja lopeta.") == 1
    assert "Asenna täydennys" in help_
