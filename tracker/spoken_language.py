"""The language of the command line: as it is configured, else the locale's, else English.

It is found without checking the configuration, whose faults are told in it, too. Does not hold the texts.
"""

import gettext
import os
import tomllib
from pathlib import Path

LANGUAGES = ("fi", "sv", "en")
SETTING = "TRACKER_CLI__LANGUAGE"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as POSIX has it


def spoken_language(config_file: str) -> str:
    """The language by TRACKER_CLI__LANGUAGE, `cli.language` of the file, or the locale (fi_FI.UTF-8)."""
    configured = os.environ.get(SETTING) or _configured(Path(config_file or "config.toml"))
    locale = next((value for name in LOCALE if (value := os.environ.get(name))), "")
    for given in (configured, locale[:2]):
        if given in LANGUAGES:
            return given
    return "en"


def _configured(file: Path) -> str:
    try:
        section = tomllib.loads(file.read_text("utf-8")).get("cli")
    except (OSError, ValueError):  # the configuration's own reading names this
        return ""
    return str(section.get("language", "")) if isinstance(section, dict) else ""


def let_libraries_speak(language: str, domain: str, locales: Path) -> None:
    """Have the standard gettext, by which typer words its own texts, use this language and this catalogue."""
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain(domain, str(locales))
    gettext.textdomain(domain)
