"""What the regions' files say of local sources, held against the publishers' recorded codes where they are at hand."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobs.cli import app
from jobs.collecting.collect import due_sources
from jobs.opening import open_app
from tracker import config, sources
from tracker.config import Settings

REGIONS = ("paijat_hame", "kainuu", "osterbotten")


def of_region(key: str) -> Settings:
    return config.given({"region": {"file": key}})


@pytest.mark.parametrize(("region", "name"), [("paijat_hame", "Päijät-Häme"), ("kainuu", "Kainuu")])
def test_a_regions_codes_are_those_of_eura(shared: Path, region: str, name: str) -> None:
    codes = json.loads((shared / "recorded/sources/eura2021/eura.excerpt.json").read_bytes())["codes"]
    eura: Any = of_region(region).source("eura")
    assert codes["maakunta"][eura.maakunta]["fi"] == name
    recorded = [codes["viranomainen"][one] for one in eura.authorities if one in codes["viranomainen"]]
    assert recorded
    assert all(eura.maakunta in one["maakunta"] for one in recorded)


def test_a_region_reads_its_own_councils_news_and_not_anothers() -> None:
    assert of_region("paijat_hame").source("paijat_hame").enabled
    assert not of_region("kainuu").source("paijat_hame").enabled
    assert "kainuu_priorities" not in sources.modules(of_region("paijat_hame").sources)
    assert sources.modules(of_region("kainuu").sources)["kainuu_priorities"].SOURCE.for_admins


@pytest.mark.parametrize("region", REGIONS)
def test_interreg_is_asked_for_the_regions_codes(region: str) -> None:
    found: Any = of_region(region).source("interreg")
    assert found.nuts[-2:] == ("FI1", "FI")
    assert len(found.nuts) == 5


def test_the_list_of_sources_is_the_regions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACKER_DATA__DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_REGION__FILE", "kainuu")
    monkeypatch.setenv("TRACKER_SOURCES__KAINUUN_LIITTO__ENABLED", "true")
    listed = CliRunner().invoke(app, ["--json", "sources", "list"])
    enabled = {row["key"]: row["enabled"] for row in map(json.loads, listed.stdout.splitlines())}
    assert (enabled["paijat_hame"], enabled["kainuu_priorities"], enabled["kainuun_liitto"]) == (False, True, True)


def test_what_a_region_switched_off_is_not_read(tmp_path: Path) -> None:
    settings = config.given({"region": {"file": "kainuu"}, "data": {"dir": tmp_path}})
    app = open_app(settings, lambda: datetime(2026, 4, 21, 6, tzinfo=UTC))
    due = due_sources(app)
    app.db.dispose()
    assert {"eura", "interreg", "kainuu_priorities"} <= set(due)
    assert {"paijat_hame", "kainuun_liitto"}.isdisjoint(due)
