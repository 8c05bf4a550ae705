"""What is measured: one function a measure, each giving rows of the table."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import handmade
import trails
import workload
from books import DESK
from books import Book

from logbook.store.fastyaml import write
from logbook.store.transaction import publish_bulk

LARGE = 100_000  # where the spec's goals against `git add` and `git commit` are set
WRITERS = 32
AUDITED = 10_000  # records of the book that is audited
PATIENCE = 60  # seconds one `validate` may take before it is given up
IMPORTED = 2000  # generated rows of one import, at most
WORD = "漏水"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``limit`` is the goal of the spec in the unit of ``ours``; None: for comparison."""

    work: str
    floor: str
    at_floor: float | None
    ours: float | None
    unit: str = "ms"
    goal: str = ""
    limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.ours / self.at_floor if self.at_floor and self.ours is not None else None

    @property
    def met(self) -> bool | None:
        return None if self.limit is None or self.ours is None else self.ours <= self.limit


Measure = Callable[[Book], Iterator[Row]]


def _against_f(book: Book, work: str, factor: float, *args: str, extra: dict[str, str] | None = None) -> Row:
    """A whole command against F in turn."""
    machine = book.machine
    command = [*machine.logbook, *args] if extra else book.logbook(*args)
    floor, ours = machine.medians([floor_command(book), command], cwd=book.root, extra=extra)
    return Row(work, "F", floor, ours, goal=f"≤ {factor} F", limit=factor * floor)


def floor_command(book: Book) -> list[str]:
    """F: what any Python command line with SQLite pays."""
    return [book.machine.python, "-c", "import click, sqlite3"]


def against_peer(work: str, name: str, peer: float, ours: float | None, start: float | None) -> Row:
    """Ahead of another program; what takes it less than a start of Python (``start``) can only be come near."""
    goal, limit = ("ahead", peer) if start is None or peer > start else ("below F: near it", None)
    return Row(work, name, peer, ours, goal=goal, limit=limit)


def few(book: Book) -> int:
    """Rounds of what takes long."""
    return min(3, book.machine.rounds)


def start(book: Book) -> Iterator[Row]:
    python = book.machine.python
    bare, floor, plain = book.machine.medians(
        [[python, "-c", "pass"], floor_command(book), [*book.machine.logbook, "--version"]], cwd=book.root
    )
    yield Row("`python -c pass`", "", None, bare)
    yield Row("F = `python -c 'import click, sqlite3'`", "`-c pass`", bare, floor)
    yield Row("`logbook --version`", "F", floor, plain)
    yield _against_f(book, "`logbook --help`", 1.3, "--help")


def completion(book: Book) -> Iterator[Row]:
    for what, words in (("a command", "logbook ov"), ("an id", f"logbook show {book.stepwise[0].id[:-2]}")):
        extra = {"_LOGBOOK_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        yield _against_f(book, f"completion of {what}", 1.3, extra=extra)


def reading(book: Book) -> Iterator[Row]:
    query = ("complaint", "level:important", f"at>={book.start:%Y-%m-%d}")
    many = next(e for e in reversed(book.stepwise) if len(e.events) > 3).id
    book.run("list", WORD, "--limit", "1")
    found = len(book.run("overdue", "--format", "ids").split())
    yield _against_f(book, "`list`, filter, limit 50, json", 2, "list", *query, "--limit", "50", "--format", "json")
    yield _against_f(book, "`list`, filter, limit 50, table", 2.5, "list", *query, "--limit", "50")
    yield _against_f(book, "`list repair is:open`, ids", 2, "list", "repair", "is:open", "--format", "ids")
    yield _against_f(book, "`show`, json", 2, "show", many, "--format", "json")
    yield _against_f(book, "`show`, text", 2.5, "show", many)
    yield _against_f(book, f"full text {WORD}, limit 50, json", 2, "list", WORD, "--limit", "50", "--format", "json")
    yield _against_f(book, f"full text {WORD}, limit 50, table", 2.5, "list", WORD, "--limit", "50")
    yield _against_f(book, f"`overdue`, json ({found} rows)", 2, "overdue", "--format", "json")
    yield _against_f(book, f"`overdue`, table ({found} rows)", 2.5, "overdue")


def history(book: Book) -> Iterator[Row]:
    many = next(e for e in reversed(book.stepwise) if len(e.events) > 3).id
    first = book.machine.once(book.logbook("history", many), cwd=book.root)
    path = book.git("ls-files", f"records/**/{many}.yaml").strip()
    git = book.machine.medians([["git", "log", "--oneline", "--", path]], cwd=book.root, rounds=few(book))[0]
    row = _against_f(book, f"`history ID`, {book.commits:,} commits, table", 2.5, "history", many)
    yield row
    yield Row("the first `history` of a book", "`git log -- path`", git, first)
    yield against_peer("`history ID`, warm", "`git log -- path`", git, row.ours, row.at_floor)


def writing(book: Book) -> Iterator[Row]:
    """A durable record: by hand with plumbing, by us, by ``git add`` and ``git commit`` here and in a stock clone."""
    machine, rounds = book.machine, book.machine.rounds
    clone = book.root.with_name("clone")
    shutil.rmtree(clone, ignore_errors=True)
    machine.git(book.root.parent, "clone", "--quiet", "--local", str(book.root), str(clone))
    times: dict[str, list[float]] = {}

    def timed(name: str, job: list[str] | Callable[[], object]) -> None:
        times.setdefault(name, []).append(machine.once(job, cwd=book.root))

    for n in range(rounds + 1 if rounds > 1 else 1):
        timed("F", floor_command(book))
        path, data = book.spare(n + 1, "H")
        timed("hand", lambda path=path, data=data: handmade.commit(machine, book.root, path, data))  # type: ignore[misc]
        timed("add", book.logbook("add", "key_checkout", "key=K-001", "borrower=赵明", "purpose=检修水泵"))
        taken = book.run("list", "key_checkout", "is:open", "--sort", "-id", "--limit", "1", "--format", "ids").strip()
        timed("step", book.logbook("step", taken, "return", "returned_copies=1"))
        for name, root, letter in (("git", book.root, "G"), ("stock", clone, "S")):
            path, data = book.spare(n + 1, letter)
            timed(name, lambda path=path, data=data, root=root: _add_and_commit(book, root, path, data))  # type: ignore[misc]
        book.run("list", "--limit", "1")  # what Git did by itself is not the next write's to index
    typical = {name: median(values[1:] or values) for name, values in times.items()}
    floor, hand, git, stock = typical["F"], typical["hand"], typical["git"], typical["stock"]
    yield Row("one commit by hand, five processes", "", None, hand)
    yield Row("`git add` + `commit`, this work tree", "", None, git)
    yield Row("`git add` + `commit`, stock clone", "", None, stock)
    for name in ("add", "step"):
        goal = 2 * floor + hand
        yield Row(f"`{name}`, durable", "2 F + by hand", goal, typical[name], goal="≤ 1", limit=goal)
        large = book.size >= LARGE  # a small book has nothing to be faster at than the start of Python
        for other, took in (("here", git), ("stock clone", stock)):
            goal_text, limit = ("≤ 0.5", took / 2) if large else ("", None)
            yield Row(
                f"`{name}`, durable", f"`git add` + `commit`, {other}", took, typical[name], goal=goal_text, limit=limit
            )
    clean = book.git("status", "--porcelain") == ""
    yield Row("`git status` lines afterwards", "", None, 0 if clean else 1, "", "0", 0)
    shutil.rmtree(clone)


def _add_and_commit(book: Book, root: Path, path: str, data: bytes) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    book.machine.git(root, "-c", "core.fsync=all", "add", path)
    book.machine.git(root, "-c", "core.fsync=all", "commit", "--quiet", "-m", f"{Path(path).stem} add")


def sparse(book: Book) -> Iterator[Row]:
    """Old months closed: ours against ``git add`` and ``git commit`` in the same book while all of it was there."""
    machine = book.machine

    def by_git(letter: str) -> float:
        times = []
        for n in range(few(book) + 1):
            path, data = book.spare(n + 500, letter)
            began = time.perf_counter()
            _add_and_commit(book, book.root, path, data)
            times.append((time.perf_counter() - began) * 1000)
            book.run("list", "--limit", "1")
        return median(times[1:])

    full = by_git("F")
    closing = machine.once(book.logbook("upkeep", "sparse", "--keep", "3"), cwd=book.root)
    yield Row("closing all months but three", "", None, closing)
    old = book.run("list", "key_checkout", "--sort", "id", "--limit", "1", "--format", "ids").strip()
    times: dict[str, list[float]] = {"F": [], "add": [], "step": [], "closed": []}
    for n in range(few(book) + 1):
        times["F"].append(machine.once(floor_command(book)))
        times["add"].append(
            machine.once(book.logbook("add", "key_checkout", "key=K-002", "borrower=赵明", "purpose=试"), cwd=book.root)
        )
        taken = book.run("list", "key_checkout", "is:open", "--sort", "-id", "--limit", "1", "--format", "ids").strip()
        times["step"].append(machine.once(book.logbook("step", taken, "return", "returned_copies=1"), cwd=book.root))
        times["closed"].append(
            machine.once(book.logbook("amend", old, f"purpose=检修 {n}", "--reason", "写错了"), cwd=book.root)
        )
    typical = {name: median(values[1:]) for name, values in times.items()}
    status = machine.medians([["git", "status", "--porcelain"]], cwd=book.root, rounds=few(book))[0]
    for name, work in (("add", "`add`"), ("step", "`step`"), ("closed", "`amend` in a closed month")):
        limit = full / 5 if book.size >= LARGE else None
        goal = "≤ 0.2" if limit else ""
        there = "`git add` + `commit`, all months there"
        yield Row(f"{work}, months closed", there, full, typical[name], "ms", goal, limit)
        yield Row(f"{work}, months closed", "F", typical["F"], typical[name])
    yield Row("`git add` + `commit`, months closed", "the same, all there", full, by_git("C"))
    yield Row("`git status`, months closed", "", None, status)
    clean = book.git("status", "--porcelain") == ""
    yield Row("`git status` lines afterwards", "", None, 0 if clean else 1, "", "0", 0)
    yield Row("opening them again", "", None, machine.once(book.logbook("upkeep", "full"), cwd=book.root))


def writers(book: Book) -> Iterator[Row]:
    """Many at once: none lost, and the throughput of two kept."""
    done: dict[int, float] = {}
    before = int(book.git("rev-list", "--count", "HEAD"))
    total = many = min(WRITERS, book.size // 25)
    for count in (2, many):
        began = time.perf_counter()
        script = ["sh", "-c", f'for i in $(seq {total // count}); do "$@" || exit 1; done', "-"]
        running = [
            subprocess.Popen(
                script + book.logbook("add", "repair", f"content={n} 号表井漏水"),
                cwd=book.root, env=book.machine.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for n in range(count)
        ]  # fmt: skip
        failed = sum(process.wait() != 0 for process in running)
        done[count] = total / (time.perf_counter() - began)
        if failed:
            yield Row(f"writers that gave up, of {count}", "", None, failed, "", "0", 0)
    lost = before + 2 * total - int(book.git("rev-list", "--count", "HEAD"))
    yield Row(f"records lost by 2 and by {many} writers, of {2 * total}", "", None, lost, "", "0", 0)
    two, all_of_them = 1000 / done[2], 1000 / done[many]
    yield Row(f"a commit with {many} writers", "with 2 writers", two, all_of_them, goal="≤ 1.11", limit=two / 0.9)


def refresh(book: Book) -> Iterator[Row]:
    for salt, count in enumerate((10, 1000), 1):
        command = book.logbook("list", "--limit", "1", "--format", "ids")
        warm = book.machine.medians([command], cwd=book.root, rounds=few(book))[0]
        count = min(count, book.size // 5)
        times = []
        for turn in range(few(book)):
            book.change(count, 5 * salt + turn)
            times.append(book.machine.once(command, cwd=book.root))
        limit = 30 + 0.2 * count
        yield Row(
            f"refresh after {count:,} changed records",
            "",
            None,
            median(times) - warm,
            goal="≤ 30 ms + 0.2 k",
            limit=limit,
        )


def building(book: Book) -> Iterator[Row]:
    """The index from nothing: with the clocks, then the words on the first search."""
    files = _files(book)
    shutil.rmtree(book.root / ".git" / "logbook", ignore_errors=True)
    first = book.machine.once(book.logbook("list", "--limit", "1"), cwd=book.root)
    search = book.machine.once(book.logbook("list", WORD, "--limit", "1"), cwd=book.root)
    yield Row("first index build, a record", "", None, first * 1000 / files, "µs")
    yield Row("full text on the first search, a record", "", None, search * 1000 / files, "µs")
    yield Row("both", "", None, (first + search) * 1000 / files, "µs", "≤ 150 µs", 150)


def _files(book: Book) -> int:
    return book.git("ls-tree", "-r", "--name-only", "HEAD", "records/").count("\n")


def validate(book: Book) -> Iterator[Row]:
    files = _files(book)
    began = time.perf_counter()
    work = f"`validate`, a record ({files:,})"
    try:
        done = subprocess.run(
            book.logbook("validate", "--format", "ids"),
            cwd=book.root, env=book.machine.environment, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield Row(
            work,
            "",
            None,
            PATIENCE * 1e6 / files,
            "µs",
            "≤ 300 µs",
            300,
            note=f"more than that: stopped after {PATIENCE} s",
        )
        return
    took = (time.perf_counter() - began) * 1e6 / files
    found = len(done.stdout.splitlines())
    yield Row(work, "", None, took, "µs", "≤ 300 µs", 300, note=f"{found} findings" if done.returncode else "")


def audit(book: Book) -> Iterator[Row]:
    """A whole history, one commit an event, held to the rules of the trail, unsigned."""
    root = book.root.with_name("trail")
    shutil.rmtree(root, ignore_errors=True)
    commits = trails.make(root, min(book.size, AUDITED), book.machine)
    words = [*book.machine.logbook, "audit", "--format", "jsonl", "--now", f"{book.now:%Y-%m-%d %H:%M}"]
    # What other commands need as well is not the audit's: the index of the head, what duties expect.
    book.machine.once([*book.machine.logbook, "overdue", "--now", f"{book.now:%Y-%m-%d %H:%M}"], cwd=root)
    began = time.perf_counter()
    done = subprocess.run(words, cwd=root, env=book.machine.environment, capture_output=True, text=True)
    took = (time.perf_counter() - began) * 1e6 / commits
    found = done.stdout.count('"severity": "error"')
    yield Row(f"`audit`, a commit ({commits:,})", "", None, took, "µs", "≤ 500 µs", 500, note=f"{found} errors")
    shutil.rmtree(root)


def importing(book: Book) -> Iterator[Row]:
    """Rows of a CSV file become records in one commit."""
    count = min(book.size, IMPORTED)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("no", "at", "room", "content", "phone"))
    repairs = [e for e in book.stepwise if e.form == "repair"]
    for n in range(count):
        at = book.start + (book.now - book.start) * n / count
        fields = repairs[n % len(repairs)].fields
        row = (f"X{n}", at.isoformat(timespec="seconds"), workload.ROOMS[n % 100], fields["content"], fields["phone"])
        table.writerow(row)
    file = book.machine.home / "rows.csv"
    file.write_text(text.getvalue(), encoding="utf-8")
    took, added = _import(book, "repair", str(file), "--key", "no")
    if added != count:
        raise SystemExit(f"import: only {added:,} of {count:,} rows taken")
    yield Row(f"`import` of {count:,} generated rows, a record", "", None, took / count, goal="≤ 1 ms", limit=1)
    again, _ = _import(book, "repair", str(file), "--key", "no")
    yield Row("the same again, nothing new, a record", "", None, again / count)


def importing_cases(book: Book) -> Iterator[Row]:
    """The real cases given with ``--csv``."""
    source = book.machine.cases
    if source is None:
        return
    count = len(list(csv.reader(source.open(encoding="utf-8")))) - 1
    took, added = _import(
        book, "complaint", str(source), "--map", "at=opendate", "--map", "summary=descriptor", "--set", "name=来函人",
        "--set", "summary=未写明", "--step", "close=closedate", "--key", "unique_key",
    )  # fmt: skip
    yield Row(
        f"`import` of {count:,} real cases ({added:,} taken), a case", "", None, took / count, goal="≤ 1 ms", limit=1
    )


def _import(book: Book, form: str, file: str, *args: str) -> tuple[float, int]:
    """Milliseconds, and how many records were added."""
    began = time.perf_counter()
    told = book.run("import", form, file, *args, "--format", "json")
    return (time.perf_counter() - began) * 1000, json.loads(told)["added"]


def storing(book: Book) -> Iterator[Row]:
    """The part of an import that is Git's and the disk's."""
    count = min(book.size, IMPORTED)
    files = [book.spare(n, "Z") for n in range(1, count + 1)]
    took = book.machine.once(
        lambda: publish_bulk(
            book.repository(), files, "book: bench\n\nRecord: many\nForm: many\nAction: import\nBy: lina\n",
            author=DESK, committer=DESK, when=book.now,
        )
    )  # fmt: skip
    yield Row(f"storing {count:,} records in one commit, a record", "", None, took / count, goal="≤ 0.2 ms", limit=0.2)


def memory(book: Book) -> Iterator[Row]:
    for name, args in (
        ("`list`, limit 50, json", ("list", "complaint", "--limit", "50", "--format", "json")),
        ("`overdue`, json", ("overdue", "--format", "json")),
        ("`add`", ("add", "key_checkout", "key=K-003", "borrower=赵明", "purpose=检修水泵")),
    ):
        peak = book.machine.peak(book.logbook(*args), cwd=book.root)
        yield Row(f"memory of {name}", "", None, peak, "MB", "≤ 60 MB", 60)
    floor = book.machine.peak(floor_command(book), cwd=book.root)
    yield Row("memory of F", "", None, floor, "MB")


def disk(book: Book) -> Iterator[Row]:
    """Packed size of the one-record commits, after the upkeep; the records' own text for comparison."""
    book.git("repack", "-d", "--geometric=2", "--quiet")
    book.git("prune-packed", "--quiet")
    packed = sum(file.stat().st_size for file in (book.root / ".git" / "objects").rglob("*") if file.is_file())
    text = [len(write(entry.plain())) for entry in islice(workload.Workload(book.size), 500)]
    yield Row("a record's text", "", None, sum(text) / len(text) / 1000, "KB")
    yield Row(
        f"disk, a record-commit ({book.commits:,})", "", None, packed / book.commits / 1000, "KB", "≤ 1.3 KB", 1.3
    )


# Disk first, on the book as it was made; what changes the book much comes last.
def obligations(book: Book) -> Iterator[Row]:
    """Duties: thirty subjects, forty rules, a year of rounds. Stands last: it changes the book's rules."""
    from obligations import settle

    added = settle(book)
    book.run("index", "--rebuild")
    first = book.machine.once(book.logbook("overdue", "--format", "json"), cwd=book.root)
    yield Row(f"the first `overdue` with duties ({added:,} rounds), a round", "", None, first * 1000 / added, "µs")
    found = len(json.loads(book.run("overdue", "--format", "json")))
    yield _against_f(book, f"`overdue` with duties, json ({found} rows)", 2, "overdue", "--format", "json")
    yield _against_f(book, f"`overdue` with duties, table ({found} rows)", 2.5, "overdue")
    warm = book.machine.medians([book.logbook("overdue", "--format", "json")], cwd=book.root, rounds=few(book))[0]
    times = []
    for _ in range(few(book)):
        book.run("add", "round", "area=flat-09")
        times.append(book.machine.once(book.logbook("overdue", "--format", "json"), cwd=book.root))
    yield Row("`overdue` after a change, over the warm one", "", None, median(times) - warm, goal="≤ 180 ms", limit=180)


MEASURES: list[Measure] = [
    disk, start, building, completion, reading, validate, audit, history, writing, sparse, writers, refresh, memory,
    storing, importing, importing_cases, obligations,
]  # fmt: skip
