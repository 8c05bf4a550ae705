"""Many sites: how long a fleet takes to be fetched, asked and exported, at SITES books of RECORDS each.

    python bench/fleet.py FOLDER SITES RECORDS
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from pathlib import Path

import trails
from timing import Machine

from logbook.operations.fleet.analytics import connect

VIEWS = ("by_month", "overdue_by_site", "complaints_on_time")


def main(folder: Path, sites: int, records: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    machine = Machine(folder / "home", [str(Path(sys.executable).with_name("logbook"))])
    first = folder / "book"
    if not first.exists():
        print(f"commits a site: {trails.make(first, records, machine)}")
    names = [f"s{number:03d}" for number in range(sites)]
    for name in names:
        bare = folder / "srv" / f"{name}.git"
        if not bare.exists():
            subprocess.run(["git", "clone", "-q", "--bare", "--no-hardlinks", str(first), str(bare)], check=True)
    fleet = folder / "fleet.yaml"
    fleet.write_text("sites:\n" + "".join(f"  {name}: {{remote: srv/{name}.git}}\n" for name in names))
    common = ["--fleet", str(fleet), "--cache", str(folder / "cache")]

    def timed(told: str, job: Callable[[], object]) -> None:
        began = time.perf_counter()
        job()
        print(f"{told:<34}{time.perf_counter() - began:8.2f} s", flush=True)

    def logbook(*words: str) -> Callable[[], object]:
        return lambda: machine.once([*machine.logbook, "fleet", *words, *common], cwd=folder)

    shutil.rmtree(folder / "cache", ignore_errors=True)
    shutil.rmtree(folder / "out", ignore_errors=True)
    timed("refresh, mirrors and indexes new", logbook("refresh"))
    timed("refresh, nothing new", logbook("refresh"))
    timed("sites", logbook("sites"))
    timed("overdue", logbook("overdue", "--format", "jsonl"))
    timed("list complaint is:open", logbook("list", "complaint", "is:open", "--format", "csv"))
    timed("export, all", logbook("export", "out"))
    timed("export, nothing new", logbook("export", "out"))
    for name in names[: max(1, sites // 10)]:
        _one_more(folder, name, machine)
    timed(f"refresh, {max(1, sites // 10)} sites changed", logbook("refresh"))
    timed("export of these", logbook("export", "out"))

    def report() -> None:
        connection = connect(folder / "out", now=datetime(2026, 6, 2, tzinfo=UTC))
        for view in VIEWS:
            connection.execute(f"select * from {view} order by all").fetchall()

    timed("group report, DuckDB", report)
    for place in ("srv", "cache", "out"):
        size = sum(one.stat().st_size for one in (folder / place).rglob("*") if one.is_file())
        print(f"{place:<34}{size / sites / 1e6:8.2f} MB a site")


def _one_more(folder: Path, name: str, machine: Machine) -> None:
    """A record more in the shared copy of one site."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", str(folder / "srv" / f"{name}.git"), str(work)], check=True)
    words = ["add", "repair", "content=漏水", "--by", "lina", "--now", "2026-06-01 19:00"]
    machine.once([*machine.logbook, *words], cwd=work, extra={"LOGBOOK_DESK": "B"})
    subprocess.run(["git", "push", "-q", "origin", "HEAD"], cwd=work, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]), int(sys.argv[3]))
