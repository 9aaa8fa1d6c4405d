"""A terminal on an app's database, in which commands are typed."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from jobs.base.app import App
from jobs.cli import app


class Terminal:
    """Runs commands on an app's database."""

    def __init__(self, app: App, folder: Path) -> None:
        self.config = folder / "config.toml"
        lines = f'[database]\nurl = "{app.settings.database.url}"\n[data]\ndir = "{folder / "data"}"\n'
        self.config.write_text(lines + '[log]\nlevel = "error"\n')  # `run` gives back all that is printed

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(app, ["--config", str(self.config), "--now", "2026-06-15T04:00Z", *words])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.stderr
        return done.output

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("--json", *words).splitlines()]
