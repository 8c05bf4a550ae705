"""The same work by other programs, where they are installed; a line says which are missing.

None of them keeps a history or signs who did what; what they write is flushed to the disk as ours is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import timedelta

import workload
from books import Book
from measures import WORD
from measures import Row
from measures import against_peer
from measures import floor_command

# The largest books these were tried with.
TASKWARRIOR_MOST = 10_000
DOORSTOP_MOST = 1_000
FINAL = frozenset(("closed", "returned", "reviewed", "verified"))
LIST = ("list", "complaint", "level:important", "--limit", "50", "--format", "json")
OVERDUE = ("overdue", "--format", "json")
SEARCH = ("list", WORD, "--limit", "50", "--format", "json")
ADD = ("add", "repair", "content=水表井漏水")


def _flat(book: Book) -> Iterator[dict[str, str]]:
    """The records as rows: what the queries of this page ask for."""
    for entry in workload.Workload(book.size):
        texts = [
            str(entry.fields[name])
            for name in ("content", "summary", "course", "purpose", "demand")
            if name in entry.fields
        ]
        status, at = entry.events[-1].status, entry.events[0].at
        yield {
            "Id": entry.id, "Form": entry.form, "Status": status, "At": at.isoformat(), "By": entry.events[0].by,
            "Room": str(entry.fields.get("room", "")), "Level": str(entry.fields.get("level", "")),
            "Text": " ".join(texts) or entry.form, "Due": str(int((at + timedelta(days=2)).timestamp())),
            "Open": "0" if status in FINAL else "1",
        }  # fmt: skip


def _turns(book: Book, name: str, work: str, theirs: list[str], ours: tuple[str, ...], *, rounds: int = 3) -> Row:
    """Their command and ours in turn."""
    jobs = [theirs, book.logbook(*ours), floor_command(book)]
    peer, logbook, start = book.machine.medians(jobs, cwd=book.root, rounds=rounds)
    return against_peer(work, name, peer, logbook, start)


def _missing(name: str) -> Row:
    return Row(f"{name} is not installed: see bench/README.md", name, None, None)


def recutils(book: Book) -> Iterator[Row]:
    if shutil.which("recsel") is None:
        yield _missing("recutils")
        return
    file = book.root.with_name("records.rec")
    with file.open("w", encoding="utf-8") as out:
        out.write("%rec: Record\n%type: Due,Open int\n\n")
        for row in _flat(book):
            out.writelines(f"{name}: {value}\n" for name, value in row.items() if value)
            out.write("\n")
    now, path = int(book.now.timestamp()), str(file)
    yield _turns(
        book, "recsel", "`list`, filter, json",
        ["recsel", "-t", "Record", "-e", "Form = 'complaint' && Level = 'important'", path], LIST,
    )  # fmt: skip
    yield _turns(book, "recsel", f"full text {WORD}", ["recsel", "-t", "Record", "-q", WORD, path], SEARCH)
    yield _turns(
        book, "recsel", "`overdue`, json",
        ["recsel", "-t", "Record", "-S", "Due", "-e", f"Open = 1 && Due < {now}", path], OVERDUE,
    )  # fmt: skip
    insert = f"recins -t Record -f Id -v RP-X -f Form -v repair -f Text -v 水表井漏水 '{path}' && sync '{path}'"
    yield _turns(book, "recins", "`add`", ["sh", "-c", insert], ADD)


def taskwarrior(book: Book) -> Iterator[Row]:
    if shutil.which("task") is None:
        yield _missing("taskwarrior")
        return
    if book.size > TASKWARRIOR_MOST:
        yield Row(f"taskwarrior: not above {TASKWARRIOR_MOST:,} records", "", None, None)
        return
    folder = book.root.with_name("tasks")
    folder.mkdir()
    rc = folder / "taskrc"
    rc.write_text(f"data.location={folder}\nconfirmation=off\nverbose=nothing\nhooks=off\n", encoding="utf-8")
    tasks = []
    for row in _flat(book):
        at = workload.datetime.fromisoformat(row["At"]).astimezone(UTC)
        task = {
            "description": f"{row['Id']} {row['Text']}", "project": row["Form"],
            "tags": [row["Level"]] if row["Level"] else [],
            "entry": f"{at:%Y%m%dT%H%M%SZ}", "due": f"{at + timedelta(days=2):%Y%m%dT%H%M%SZ}",
            "status": "pending" if row["Open"] == "1" else "completed",
        }  # fmt: skip
        tasks.append(task if row["Open"] == "1" else {**task, "end": task["due"]})
    file = folder / "tasks.json"
    file.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    task_command = ["task", f"rc:{rc}"]
    subprocess.run([*task_command, "import", str(file)], env=book.machine.environment, capture_output=True, check=True)
    yield _turns(
        book,
        "task",
        "`list`, filter, json",
        [*task_command, "project:complaint", "+important", "limit:50", "export"],
        LIST,
    )
    yield _turns(
        book, "task", f"full text {WORD}", [*task_command, f"description.contains:{WORD}", "limit:50", "export"], SEARCH
    )
    late = f"due.before:{book.now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield _turns(
        book,
        "task",
        "`overdue`, json",
        [*task_command, "status:pending", late, "export"],
        OVERDUE,
    )
    insert = f"task 'rc:{rc}' add project:repair 水表井漏水 && sync {folder}/*.data"
    yield _turns(book, "task", "`add`", ["sh", "-c", insert], ADD)


def doorstop(book: Book) -> Iterator[Row]:
    found = shutil.which("doorstop")
    if found is None:
        yield _missing("doorstop")
        return
    if book.size > DOORSTOP_MOST:
        yield Row(f"doorstop: not above {DOORSTOP_MOST:,} records", "", None, None)
        return
    root = book.root.with_name("doorstop")
    book.machine.git(root.parent, "init", "--quiet", str(root))
    subprocess.run(
        [found, "create", "REQ", "reqs"], cwd=root, env=book.machine.environment, capture_output=True, check=True
    )
    for number, row in enumerate(_flat(book), 1):
        head = f"active: true\nlevel: 1.{number}\nlinks: []\nref: ''\nreviewed: null\n"
        file = root / "reqs" / f"REQ{number:03d}.yml"
        file.write_text(f"{head}text: |\n  {row['Id']} {row['Text']}\n", encoding="utf-8")
    for name, theirs, ours in (
        ("`validate`, everything", [found, "--no-reformat"], ("validate", "--format", "ids")),
        ("`add`", ["sh", "-c", f"'{found}' add REQ && sync reqs"], ADD),
    ):
        peer = book.machine.medians([theirs], cwd=root, rounds=1)[0]
        logbook = book.machine.medians([book.logbook(*ours)], cwd=book.root, rounds=3)[0]
        yield Row(name, "doorstop", peer, logbook, goal="ahead", limit=peer)


PEERS: list[Callable[[Book], Iterator[Row]]] = [recutils, taskwarrior, doorstop]
