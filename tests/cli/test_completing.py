"""Completion: the scripts are good shell, and they offer what the book holds, by id or Chinese label."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import environment
from tests.operations.desk import Desk

# What bash would set, then what our function found.
_ASK = """
compopt() { :; }
COMP_LINE="$1"; COMP_POINT=${#1}; COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
_logbook_completion logbook
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_good_shell(shared: Line, tmp_path: Path, shell: str) -> None:
    script = shared.ok("completion", shell).out
    assert "_LOGBOOK_COMPLETE" in script
    (tmp_path / "script").write_text(script, encoding="utf-8")
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run([shell, "-n", str(tmp_path / "script")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def bash(told_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script that sources the completion, with a ``logbook`` on the path beside it."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "logbook"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m logbook "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = subprocess.run(
        [str(command), "completion", "bash"], env=environment(), capture_output=True, text=True, check=True
    ).stdout
    (folder / "ask.sh").write_text(script + _ASK, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("logbook ov", ["overdue"]),
        ("logbook add 客户投诉登", ["客户投诉登记表"]),
        ("logbook add complaint lev", ["level="]),
        ("logbook add complaint 等", ["level="]),
        ("logbook add complaint level=", ["major", "important", "minor"]),
        ("logbook add complaint 等级=重大", ["major"]),
        ("logbook add complaint summary='x y' room=3-5", ["3-502"]),
        ("logbook add key_checkout key=K-p", ["K-pump"]),
        ("logbook show 电梯", [MINOR]),
        ("logbook show CP-", [MAJOR, MINOR]),
        (f"logbook step {MINOR} 转", ["forward"]),
        (f"logbook step {MINOR} forward forwarded_to=", ["director", "dept_supervisor"]),
        (f"logbook sign {MINOR} --as fil", ["filed"]),
        ("logbook list is:o", ["open", "overdue"]),
        ("logbook list complaint level:m", ["major", "minor"]),
        ("logbook list --format j", ["json", "jsonl"]),
        ("logbook add complaint --by 李", ["lina"]),
        ("logbook on lin", ["lina"]),
        ("logbook --book /no/such/book add comp", [""]),
        ("logbook show '", None),
    ],
)
def test_bash_offers_what_the_book_holds(told_book: Desk, bash: Path, line: str, offered: list[str] | None) -> None:
    done = subprocess.run(
        ["bash", str(bash / "ask.sh"), line],
        cwd=told_book.root,
        env=environment(PATH=f"{bash}:/usr/bin:/bin", LANG="C.UTF-8"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    if offered is not None:
        assert done.stdout.splitlines() == offered


def test_private_values_are_never_offered(told_book: Desk, bash: Path) -> None:
    for line in ("logbook show 王", "logbook add complaint name=", "logbook list 王"):
        done = subprocess.run(
            ["bash", str(bash / "ask.sh"), line],
            cwd=told_book.root,
            env=environment(PATH=f"{bash}:/usr/bin:/bin", LANG="C.UTF-8"),
            capture_output=True,
            text=True,
            check=True,
        )
        assert "王芳" not in done.stdout
