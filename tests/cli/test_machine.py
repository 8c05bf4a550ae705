"""A machine before there is a book on it: what it has, what it lacks, and the line that brings it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from logbook.store import installed
from tests.cli.line import environment


def doctor(folder: Path, *words: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    more = {} if path is None else {"PATH": path}
    return subprocess.run(
        [sys.executable, "-m", "logbook", "doctor", *words],
        cwd=folder, env=environment(**more), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_without_a_book_the_machine_is_told_and_then_that_there_is_no_book(tmp_path: Path) -> None:
    done = doctor(tmp_path)
    assert done.returncode == 3
    lines = dict(line.split(None, 1) for line in done.stdout.splitlines() if not line.startswith("time zones"))
    assert lines["python"] == ".".join(map(str, sys.version_info[:3]))
    assert lines["git"][0].isdigit()
    assert "book" in done.stderr


def test_a_machine_without_git_is_told_the_command_that_brings_it(tmp_path: Path) -> None:
    done = doctor(tmp_path, "--machine", path=os.devnull)
    assert done.returncode == 1
    assert "this machine has no git" in done.stderr
    assert "→ run: install git" in done.stderr


def test_an_extra_that_is_not_installed_names_the_line_for_this_python(tmp_path: Path) -> None:
    done = doctor(tmp_path, "--machine", "--format", "json")
    assert done.returncode == 0, done.stderr
    parts = {part["name"]: part for part in json.loads(done.stdout)["machine"]}
    assert {"[pdf]", "[xlsx]", "[ics]", "[docx]", "[pinyin]", "[analytics]"} <= set(parts)
    assert parts["[xlsx]"]["command"] == f"{sys.executable} -m pip install 'xlsxwriter>=3.2' 'openpyxl>=3.1'"
    assert parts["[xlsx]"]["found"].startswith("xlsxwriter ")
    assert parts["git"]["needed"] and not parts["[pdf]"]["needed"]


def test_the_libraries_of_an_extra_are_those_that_setup_names() -> None:
    assert [re.split("[<>]", one)[0] for one in installed.extras()["pdf"]] == ["typst", "segno", "noto-cjk-sans-otc"]
    assert "pytest" not in str(installed.extras())
