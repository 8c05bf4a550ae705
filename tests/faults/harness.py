"""One real command in a child that meets a fault, and what its book must be like afterwards."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from logbook.cli.main import run
from logbook.store.git import clean_environment
from tests.faults.points import KILLED
from tests.faults.points import Fault
from tests.faults.points import Points

LATER = "2026-11-23 10:00"
ENVIRONMENT = {"LOGBOOK_DESK": "A", "LOGBOOK_STAFF": "lina", "LANG": "zh_CN.UTF-8"}
AFTERWARDS = ("--now", LATER, "add", "complaint", "name=后来人", "summary=下一条")
_PATIENCE = 20.0  # seconds a command may take


class Result(NamedTuple):
    """How a child ended: its exit code (minus a signal's number), what it printed, the points it came to."""

    code: int
    out: str
    err: str
    points: list[str]


class Outcome(NamedTuple):
    """What came of one fault at one point."""

    command: str
    fault: str
    number: int
    point: str
    code: int
    recorded: bool
    wrong: tuple[str, ...]


def fast_folder() -> Path | None:
    """A folder in memory, where copies and flushes cost nothing; ``None`` where there is none."""
    folder = Path("/dev/shm")
    return folder if os.access(folder, os.W_OK) else None


def adopt_orphans() -> None:
    """Let children of a killed command become ours, so that we can wait for the last of them (Linux)."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def in_child(
    root: Path,
    work: Callable[[Points], int],
    fault: Fault | None = None,
    at: int = -1,
    *,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Result:
    """Run ``work`` in a fork of this process that stands in ``root``, and wait until all it started has ended."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as told:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                os.setsid()
                devnull = os.open(os.devnull, os.O_RDONLY)
                for old, new in ((devnull, 0), (out.fileno(), 1), (err.fileno(), 2)):
                    os.dup2(old, new)
                sys.stdin = open(0, encoding="utf-8", closefd=False)
                sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
                sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
                os.chdir(root)
                os.environ.update(environment)
                points = Points(fault, at)
                code = work(points)
                points.quiet = True
                seen = points.seen if fault is None else points.seen[at : at + 1]
                with os.fdopen(os.dup(told.fileno()), "w") as file:
                    file.write("\0".join(seen))
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        code = _wait(pid)
        texts = []
        for file in (out, err, told):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    return Result(code, texts[0], texts[1], [text for text in texts[2].split("\0") if text])


def _wait(pid: int) -> int:
    """The exit code of a child, after the last process of its group has ended."""
    code: int | None = None
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            found, status = os.waitpid(-pid if code is not None else pid, os.WNOHANG)
        except ChildProcessError:
            if code is not None and not _alive(pid):
                return code
            found = 0
        if found == pid:
            code = os.waitstatus_to_exitcode(status)
        if found == 0:
            if time.monotonic() > end:
                os.killpg(pid, signal.SIGKILL)
            time.sleep(0.0005)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def command(root: Path, words: Sequence[str], fault: Fault | None = None, at: int = -1) -> Result:
    """One command of the program, with its points."""

    def work(points: Points) -> int:
        points.install()
        return run(list(words))

    return in_child(root, work, fault, at)


def plain(root: Path, *words: str) -> Result:
    """One command of the program, nothing in its way."""
    return in_child(root, lambda _: run(list(words)))


def git(root: Path, *words: str, check: bool = True) -> str:
    """What plain Git says."""
    done = subprocess.run(["git", *words], cwd=root, env=clean_environment(), capture_output=True, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"git {words}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8", "replace")


def copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


# -- what must hold -------------------------------------------------------------------------------


class Case:
    """A book, a command in it, and what the command leads to when nothing goes wrong."""

    def __init__(self, name: str, book: Path, words: Sequence[str], work: Path, *, book_is_made: bool = True) -> None:
        self.name = name
        self.book = book
        self.words = list(words)
        self.work = work
        copy(book, work)
        self.before = _head(work)
        done = command(work, self.words)
        if done.code != 0:
            raise AssertionError(f"{name} fails by itself: {done}")
        self.points = done.points
        # What tells a person that it is done; a list of what is about to be done does not.
        self.told = done.out if name != "packs" else done.err.splitlines()[-1]
        # Every head it led to: an operation of several steps may end between them.
        self.heads = git(work, "log", "-g", "--format=%H", "HEAD").split()
        self.heads = self.heads[: self.heads.index(self.before)] if self.before in self.heads else self.heads
        self.after = _head(work)

    def at(self, fault: Fault, number: int, *, whole: bool = True) -> Outcome | None:
        """Let ``fault`` happen at point ``number``; ``None`` where the command has fewer.

        Without ``whole`` the next person only records something, and does not look at everything.
        """
        copy(self.book, self.work)
        result = command(self.work, self.words, fault, number)
        if fault.deadly and result.code not in (KILLED, -9):
            if result.code == 0:
                return None
            return self._outcome(fault, number, result, [f"it ended with {result.code}: {result.err[-300:]}"])
        if not fault.deadly and not result.points and result.code != -9:
            return None  # it came to its end before it came to the point
        outcome = self._outcome(fault, number, result, self._told(fault, result))
        return outcome._replace(wrong=(*outcome.wrong, *self._afterwards(whole)))

    def _outcome(self, fault: Fault, number: int, result: Result, wrong: list[str]) -> Outcome:
        point = self.points[number] if number < len(self.points) and fault.kind in ("kill", "group") else ""
        recorded = _head(self.work) != self.before
        return Outcome(self.name, str(fault), number, point or "".join(result.points), result.code, recorded, tuple(wrong))

    def _told(self, fault: Fault, result: Result) -> list[str]:
        """Whether what it said is what there is."""
        head = _head(self.work)
        wrong = []
        if head != self.before and head not in self.heads:
            wrong.append(f"half there: HEAD is {head}, meant were {self.heads}")
        if self.after != self.before and self.told and self.told in result.out + result.err and head != self.after:
            wrong.append("told as recorded and is not there")
        if fault.deadly:
            return wrong
        if result.code == 0 and head != self.after:
            wrong.append("ended well and recorded nothing")
        if result.code not in (0, 3):
            wrong.append(f"exit {result.code}: {result.err[-300:]}")
        # What is merged and could not be delivered is told as just that.
        if result.code == 3 and head == self.after != self.before and self.name != "sync":
            wrong.append(f"refused, and recorded all the same: {result.err[-300:]}")
        if "Traceback" in result.err or "error-20" in result.err:
            wrong.append(f"taken for a fault of the program: {result.err[-300:]} {_log_of(result.err)}")
        if result.code == 3 and not result.err.strip():
            wrong.append("refused without a word")
        return wrong

    def _afterwards(self, whole: bool) -> list[str]:
        """What the next person finds, who knows of nothing."""
        root = self.work
        before = _head(root)
        if not (root / "logbook.yaml").exists():
            return []
        try:
            _age(root)
            found = in_child(root, _next_person if whole else _next_record)
            wrong = [line for line in found.out.splitlines() if line.startswith("!")]
            if found.code != 0:
                wrong.append(f"the next command: exit {found.code}: {found.err[-400:]}")
            heads = git(root, "log", "--format=%H").split()
            if before is not None and before not in heads[1:3]:
                wrong.append("the next command built on something else")
            state = git(root, "status", "--porcelain", "--untracked-files=all")
            if state:
                wrong.append(f"git status: {state!r}")
            if not whole:
                return wrong
            sound = subprocess.run(
                ["git", "fsck", "--strict", "--no-dangling"], cwd=root, env=clean_environment(), capture_output=True,
                check=False,
            )  # fmt: skip
            if sound.returncode != 0 or sound.stderr.strip():
                wrong.append(f"git fsck: {(sound.stdout + sound.stderr).decode()[-300:]}")
            refs = git(root, "for-each-ref", "--format=%(refname)").split()
            if [ref for ref in refs if not ref.startswith(("refs/remotes/", "refs/logbook/seen/"))] != ["refs/heads/main"]:
                wrong.append(f"refs: {refs}")
            litter = sorted(_litter(root))
            if litter:
                wrong.append(f"litter: {litter}")
        except AssertionError as error:
            return [str(error)]
        return wrong


def _next_person(_: Points) -> int:
    """Record something, read everything, compare the index with a new one, ask the doctor."""
    root = Path.cwd()
    code = run(list(AFTERWARDS))
    sys.stdout.flush()
    if code != 0:
        return code
    if run(["list", "--limit", "1", "--format", "ids"]) != 0:
        print("\n! list is not content")
    had = index_rows(root)
    if run(["validate", "--format", "json"]) != 0:
        print("\n! validate is not content")
    if run(["--now", LATER, "doctor"]) != 0:
        print("\n! doctor is not content")
    if had is not None and had != (new := index_rows(root)):
        differ = [name for name in {*had, *(new or {})} if had.get(name) != (new or {}).get(name)]
        print(f"\n! the index differs from one built anew in {differ}")
    sys.stdout.flush()
    return 0


def _next_record(_: Points) -> int:
    return run(list(AFTERWARDS))


def index_rows(root: Path) -> dict[str, list[tuple[object, ...]]] | None:
    """All that the index says of records, free of its own numbers."""
    place = root / ".git/logbook/index.db"
    if not place.exists():
        return None
    connection = sqlite3.connect(place)
    try:
        paths = dict(connection.execute("select _record, path from records"))
        names = [
            name
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
            if not name.startswith(("sqlite_", "search", "duty", "duties", "marks", "commits", "touches", "meta"))
        ]
        tables = {}
        for name in names:
            cursor = connection.execute(f'select * from "{name}"')
            columns = [about[0] for about in cursor.description]
            rows = [
                tuple(paths.get(cell) if column == "_record" else cell for column, cell in zip(columns, row, strict=True))
                for row in cursor
            ]
            tables[name] = sorted(rows, key=repr)
        return tables
    finally:
        connection.close()


def _head(root: Path) -> str | None:
    return git(root, "rev-parse", "-q", "--verify", "HEAD", check=False).strip() or None


def _age(root: Path) -> None:
    """Half a minute has passed since the crash: only what looks like a lock of somebody at work needs that."""
    locks = [*root.glob(".git/*.lock"), *root.glob(".git/refs/**/*.lock"), *root.glob(".git/info/*.lock")]
    if locks:
        then = time.time() - 30
        notes = [place for name in ("intent", "owed-*", "sparse") for place in root.glob(f".git/logbook/{name}")]
        for place in (*locks, *notes):
            os.utime(place, (then, then))


def _litter(root: Path) -> list[str]:
    room = root / ".git/logbook"
    known = ("lock", "index.db", "index.db-wal", "index.db-shm", "index.lock", "library.json", "shared.json", "upkeep")
    found = [place.name for place in room.iterdir() if place.name not in known] if room.exists() else []
    return found + [place.name for glob in (".git/*.lock", ".git/info/*.*") for place in root.glob(glob)]


def _log_of(text: str) -> str:
    """The end of the error log the program names."""
    for word in text.split():
        if "error-20" in word:
            try:
                return "\n" + Path(word.strip("：:，。.")).read_text()[-1500:]
            except OSError:
                try:
                    return "\n" + Path(word.split("：")[-1].rstrip("。")).read_text()[-1500:]
                except OSError:
                    continue
    return ""
