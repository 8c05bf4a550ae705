"""Runs what a page of the documentation shows: its ``console`` blocks, in order, in a folder of their own.

In a block, ``# 2026-11-22 09:35`` or ``# 07:00`` is the hour at which the lines below it are typed (given to
``logbook`` as ``--now``); lines with ``$ `` are run without a shell; the rest is what they print, on either
stream. ``<!-- setup … -->`` holds lines that are run and not shown, ``<!-- file NAME … -->`` a file that is there; for
a workbook (``.xlsx``) its rows as CSV, days and moments as Excel has them.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

from logbook.cli.main import run
from logbook.core.value import frozen
from logbook.store.git import clean_environment

HOME = "/home/lina"
_PART = re.compile(
    r"^```console\n(?P<shown>.*?)^```$|^<!-- setup\n(?P<setup>.*?)^-->$|^<!-- file (?P<name>\S+)\n(?P<text>.*?)^-->$",
    re.DOTALL | re.MULTILINE,
)
_HOUR = re.compile(r"# (?:(?P<day>\d{4}-\d\d-\d\d) )?(?P<time>\d\d:\d\d)$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")
_CLOCKED = {10: "yyyy-mm-dd", 16: "yyyy-mm-dd hh:mm"}
_COMMIT = re.compile(r"\b(?:[0-9a-f]{7}|[0-9a-f]{10}|[0-9a-f]{12}|[0-9a-f]{40}|[0-9a-f]{64})\b")


@frozen
class Block:
    """What a page shows in one place, and what was really printed there."""

    shown: str
    printed: str
    codes: tuple[int, ...]
    hidden: bool
    span: tuple[int, int]


def masked(text: str) -> str:
    """Without what differs from one run to the next: commit ids, checksums, new keys, the version of Git."""
    text = re.sub(r"git version .+", "git version", text)
    text = re.sub(r"(SHA256:|ssh-ed25519 AAAA)[A-Za-z0-9+/]+", r"\1", text)
    return _COMMIT.sub(lambda found: "0" * len(found.group()), text)


def play(page: str, folder: Path) -> Iterator[Block]:
    """Run a page in ``folder``; the working folder is the folder again when it is over."""
    before = Path.cwd()
    os.chdir(folder)
    teller = _Teller(folder)
    try:
        for part in _PART.finditer(page):
            if part["name"]:
                place = Path(part["name"])
                if place.suffix == ".xlsx":
                    _workbook(place, part["text"])
                else:
                    place.write_text(part["text"], encoding="utf-8")
                continue
            hidden = part["setup"] is not None
            text = part["setup"] if hidden else part["shown"]
            printed, codes = teller.tell(text)
            yield Block(text, printed, codes, hidden, part.span("setup" if hidden else "shown"))
    finally:
        os.chdir(before)


def _workbook(path: Path, text: str) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Sheet1")
        formats = {size: book.add_format({"num_format": form}) for size, form in _CLOCKED.items()}
        for row, cells in enumerate(csv.reader(io.StringIO(text))):
            for column, cell in enumerate(cells):
                if _DAY.fullmatch(cell):
                    sheet.write_datetime(row, column, datetime.fromisoformat(cell), formats[len(cell)])
                elif cell.startswith("="):
                    sheet.write_formula(row, column, cell, value="")
                elif cell.isdigit():
                    sheet.write_number(row, column, int(cell))
                else:
                    sheet.write_string(row, column, cell)


class _Teller:
    """A person at a terminal: knows the hour and the outcome of the last command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = self.time = ""
        self.code = 0

    def tell(self, text: str) -> tuple[str, tuple[int, ...]]:
        printed = ""
        codes = []
        for line in _commands(text):
            printed += line + "\n"
            hour = _HOUR.match(line)
            if hour:
                self.day, self.time = hour["day"] or self.day, hour["time"]
            elif line.startswith("$ "):
                printed += self.one(line[2:].replace("\\\n", " "))
                codes.append(self.code)
        return printed, tuple(codes)

    def one(self, line: str) -> str:
        words = shlex.split(line)
        if words[0] == "cd":
            os.chdir(words[1])
            return ""
        if line == "echo $?":
            return f"{self.code}\n"
        if words[0] == "logbook":
            told = self.logbook(words[1:])
        else:
            done = subprocess.run(self.outside(words), capture_output=True, env=self.environment(), check=False)
            self.code = done.returncode
            told = (done.stdout + done.stderr).decode()
        told = "\n".join(row.rstrip() for row in told.splitlines())
        return told.replace(str(self.folder), HOME) + "\n" if told else ""

    def environment(self) -> dict[str, str]:
        """A plain ``git commit`` is made at the hour of the page too."""
        moment = f"{self.day} {self.time} +0800"
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment} if self.time else {}
        return {**clean_environment({}), **dates}

    def outside(self, words: list[str]) -> list[str]:
        """``env -i … logbook`` is a process of its own, with the same hour."""
        if words[0] != "env" or "logbook" not in words:
            return words
        place = words.index("logbook")
        hour = ["--now", f"{self.day} {self.time}"] if self.time and "--now" not in words else []
        return [*words[:place], sys.executable, "-m", "logbook", *hour, *words[place + 1 :]]

    def logbook(self, words: list[str]) -> str:
        hour = ["--now", f"{self.day} {self.time}"] if self.time and "--now" not in words else []
        heard = io.StringIO()
        with redirect_stdout(heard), redirect_stderr(heard):
            self.code = run([*hour, *words])
        return heard.getvalue()


def _commands(text: str) -> Iterator[str]:
    """The lines that are not output: commands (with their continuation), hours, blank lines between."""
    held = ""
    for line in text.splitlines():
        if held or line.startswith("$ "):
            held = f"{held}\n{line}" if held else line
            if not line.endswith("\\"):
                yield held
                held = ""
        elif line.startswith("# "):
            yield line


def filled(page: str, folder: Path) -> str:
    """The page with what its commands really print."""
    for block in reversed(list(play(page, folder))):
        if block.hidden and any(block.codes):
            raise SystemExit(block.printed)
        if not block.hidden:
            page = page[: block.span[0]] + block.printed + page[block.span[1] :]
    return page


def main() -> None:
    """Write what the commands print into the pages named; read the difference before keeping it."""
    import tempfile

    for name in sys.argv[1:]:
        path = Path(name).absolute()
        with tempfile.TemporaryDirectory() as folder:
            text = filled(path.read_text(encoding="utf-8"), Path(folder).resolve())
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
