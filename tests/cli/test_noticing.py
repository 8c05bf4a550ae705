"""What the answers of the day cannot show is said beside them: faults in the rules, rules nobody committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.line import Line

NOW = ("--now", "2026-11-22 07:00", "--lang", "en")
ASKED = (
    ["overdue"], ["agenda"], ["duties"], ["shift"], ["roster"], ["list"], ["list", "complaint", "--columns", "id,due"],
    ["show", "CP-20261121-A001"], ["overdue", "--format", "json"],
)  # fmt: skip


def commit(book: Path) -> None:
    words = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-C", str(book)]
    subprocess.run([*words, "add", "-A"], check=True)
    subprocess.run([*words, "commit", "-qm", "book: rules"], check=True)


def break_rules(book: Path) -> None:
    with (book / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write("settings:\n  duties: {nobody_knows: off}\n")
    (book / "templates" / "site").mkdir(exist_ok=True)
    (book / "templates" / "site" / "duties.yaml").write_text("duties: {x: {zh: 事, en: X, daily: {}}}\n")
    commit(book)


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_faulty_rules_are_told_once_before_the_answer(cli: Line, book: Path, words: list[str]) -> None:
    before = cli(*words, *NOW)
    assert "may be incomplete" not in before.err
    break_rules(book)
    told = cli(*words, *NOW)
    (line,) = [line for line in told.err.splitlines() if "may be incomplete" in line]
    assert line.startswith("what follows may be incomplete: the rules have faults (")
    assert line.endswith(", in logbook.yaml, templates/site/duties.yaml")
    assert told.code == before.code
    assert cli(*words, "--quiet", *NOW).err == cli(*words, "-q", *NOW).err == ""


def test_what_does_not_hang_on_the_rules_is_silent(cli: Line, book: Path) -> None:
    break_rules(book)
    assert cli.ok("list", "complaint", "--columns", "id,title", *NOW).err == ""


@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_rules_nobody_committed_are_told_once(cli: Line, book: Path, words: list[str]) -> None:
    (book / "templates" / "core" / "duties.yaml").write_text("duties: {}\n")
    with (book / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write("settings: {season: {summer: 6-9}}\n")
    told = cli(*words, *NOW).err
    assert told.count("changed and not committed: logbook.yaml, templates/core/duties.yaml; here they count") == 1
    assert "record files" not in told
    commit(book)
    assert "not committed" not in cli(*words, *NOW).err
