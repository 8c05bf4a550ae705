"""Books to measure: a real folder, a real repository, one commit a record."""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import workload
from timing import Machine

from logbook.store.fastyaml import write
from logbook.store.git import Repository
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from logbook.store.transaction import publish_bulk

PEOPLE = {id: name for id, name, _ in workload.STAFF}
DESK = ("A 前台", "desk-a@desk.logbook")
STREAM = 50_000  # records of one fast-import
STEPWISE = 500  # the newest records come step by step, one commit an event, through our own door


class Book:
    """One generated book and what the measures ask of it."""

    def __init__(self, root: Path, size: int, machine: Machine) -> None:
        self.root = root
        self.size = size
        self.machine = machine
        self.start = workload.start_for(size)
        self.now = workload.NOW
        self.commits = 0
        self.stepwise: list[workload.Entry] = []
        kept = root.parent / "made.pickle"
        if kept.exists():
            self.commits, self.stepwise = pickle.loads(kept.read_bytes())
        else:
            self._make()
            kept.write_bytes(pickle.dumps((self.commits, self.stepwise)))

    def run(self, *args: str, check: bool = True) -> str:
        """One logbook command in this book; its output."""
        done = subprocess.run(
            self.logbook(*args), cwd=self.root, env=self.machine.environment, capture_output=True, text=True
        )
        if check and done.returncode not in (0, 1):
            raise SystemExit(f"{args}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def logbook(self, *args: str) -> list[str]:
        return [*self.machine.logbook, *args, "--now", f"{self.now:%Y-%m-%d %H:%M}"]

    def git(self, *args: str, stdin: bytes | None = None) -> str:
        return self.machine.git(self.root, *args, stdin=stdin)

    def repository(self) -> Repository:
        return Repository(self.root)

    def _make(self) -> None:
        self.root.parent.mkdir(parents=True, exist_ok=True)
        began = self.start - timedelta(days=1)
        made = subprocess.run(
            [*self.machine.logbook, "init", str(self.root), "--name", "测试小区", "--pack", "core", "--desk", "A"]
            + ["--staff", "lina=李娜", "--lang", "zh", "--practice", "--now", f"{began:%Y-%m-%d %H:%M}"],
            env=self.machine.environment, capture_output=True, text=True,
        )  # fmt: skip
        if made.returncode:
            raise SystemExit(made.stdout + made.stderr)
        publish_bulk(
            self.repository(), ((e.path, write(e.plain())) for e in workload.registers(self.size)),
            "book: registers\n\nRecord: many\nForm: many\nAction: import\nBy: lina\n",
            author=_person("lina"), committer=DESK, when=began,
        )  # fmt: skip
        entries = iter(workload.Workload(self.size))
        self._import(islice(entries, max(self.size // 2, self.size - STEPWISE)))
        self.stepwise = list(entries)
        commits = [
            Commit((Change(e.path, write(e.plain(n))),), _message(e, n), _person(event.by), DESK, event.at)
            for e in self.stepwise
            for n, event in enumerate(e.events, 1)
        ]
        self.commits += len(publish(self.repository(), commits))

    def _import(self, entries: Iterator[workload.Entry]) -> None:
        """One commit a record, in one stream; then the work tree and Git's index as anybody would get them."""
        while some := list(islice(entries, STREAM)):
            self._stream(some)
        self.git("reset", "--hard", "--quiet")

    def _stream(self, entries: list[workload.Entry]) -> None:
        """One fast-import: it remembers every object it made, so a large book takes several, and no more memory."""
        importer = subprocess.Popen(
            ["git", "fast-import", "--quiet", "--done"],
            cwd=self.root,
            env=self.machine.environment,
            stdin=subprocess.PIPE,
        )
        assert importer.stdin is not None
        branch, base = self.git("symbolic-ref", "HEAD").strip(), self.git("rev-parse", "HEAD").strip()
        for number, entry in enumerate(entries):
            event, data, text = entry.events[-1], write(entry.plain()), _message(entry, len(entry.events)).encode()
            when = f"{int(event.at.timestamp())} +0800"
            name, email = _person(event.by)
            importer.stdin.write(
                f"commit {branch}\nauthor {name} <{email}> {when}\ncommitter {DESK[0]} <{DESK[1]}> {when}\n".encode()
                + b"data %d\n%s%s" % (len(text), text, f"from {base}\n".encode() if not number else b"")
                + b"M 100644 inline %s\ndata %d\n%s\n" % (entry.path.encode(), len(data), data)
            )
            self.commits += 1
        importer.stdin.write(b"done\n")
        importer.stdin.close()
        if importer.wait():
            raise SystemExit("git fast-import failed")

    def change(self, count: int, salt: int) -> None:
        """Let ``count`` records change, in one commit, as a correction by somebody else would."""
        paths = self.git("ls-tree", "-r", "--name-only", "HEAD", "records/").splitlines()
        wanted = [path for path in paths if path.startswith("records/return_visit/")]
        spread = wanted[salt :: max(1, len(wanted) // count)][:count]
        changes = []
        for path in spread:
            lines = (self.root / path).read_text(encoding="utf-8").splitlines(keepends=True)
            place = next(n for n, line in enumerate(lines) if line.startswith("phone:"))
            lines[place] = f"phone: 138{salt:03d}{place:05d}\n"
            changes.append((path, "".join(lines).encode()))
        publish_bulk(
            self.repository(), changes, "book: corrections\n\nRecord: many\nForm: many\nAction: amend\nBy: lina\n",
            author=_person("lina"), committer=DESK, when=self.now,
        )  # fmt: skip

    def spare(self, number: int, desk: str) -> tuple[str, bytes]:
        """Path and text of one more record, as another desk might write it."""
        day = f"{self.now:%Y%m%d}"
        entry = next(e for e in self.stepwise if e.form == "key_checkout")
        one = workload.Entry(f"KC-{day}-{desk}{number:03d}", entry.form, entry.fields, entry.events)
        return one.path, write(one.plain())


def _person(staff: str) -> tuple[str, str]:
    return PEOPLE[staff], f"{staff}@staff.logbook"


def _message(entry: workload.Entry, count: int) -> str:
    event = entry.events[count - 1]
    action = "add" if count == 1 else event.step
    trailers = f"Record: {entry.id}\nForm: {entry.form}@1\nAction: {action}\nBy: {event.by}\n"
    return f"{entry.id} {action}: {entry.form}\n\n{trailers}"
