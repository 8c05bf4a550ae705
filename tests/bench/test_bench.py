"""The benchmark runs, and prints a line for everything it measures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parents[2] / "bench" / "run"
PRINTED = (
    "disk, a record-commit", "python -c pass", "F = ", "`logbook --version`", "`logbook --help`", "first index build",
    "full text on the first search", "completion of a command", "completion of an id", "`list`, filter, limit 50, json",
    "`list`, filter, limit 50, table", "`show`, json", "`show`, text", "full text 漏水, limit 50, json", "`overdue`, json",
    "`overdue`, table", "`history ID`", "`git log -- path`", "one commit by hand", "`git add` + `commit`, stock clone",
    "`add`, durable", "`step`, durable", "`git status` lines afterwards", "records lost by 2 and by", "a commit with",
    "refresh after", "memory of `list`", "memory of `add`", "`validate`, a record", "storing 50 records in one commit",
    "`import` of 50 generated rows", "`import` of 2 real cases (2 taken)",
)  # fmt: skip
CASES = """\
unique_key,account,opendate,closedate,complaint_type,descriptor,zip,borough
N1,NYCC30,2023-01-01,,Housing and Buildings,Lease Issue,11385,Queens
N2,NYCC02,2023-01-03,2023-02-03,Housing and Buildings,Scaffolding,10002,Manhattan
"""


def test_every_measure_prints_its_lines(tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text(CASES, encoding="utf-8")
    out = tmp_path / "figures.md"
    done = subprocess.run(
        [sys.executable, str(RUN), "--size", "50", "--rounds", "1", "--csv", str(cases), "-o", str(out)]
        + ["--python", sys.executable, "--work", str(tmp_path / "work")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    page = out.read_text(encoding="utf-8")
    assert page.strip() in done.stdout
    assert [words for words in PRINTED if words not in page] == []
    assert "| `git status` lines afterwards |  |  | 0 |  | 0 | met |" in page
    assert not (tmp_path / "work" / "50").exists(), "books are cleared away"
