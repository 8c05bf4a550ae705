"""A book as a desk keeps it: one commit an event, in the order things happened; for what reads whole histories."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import workload
from timing import Machine

from logbook.store.fastyaml import write

PEOPLE = {id: name for id, name, _ in workload.STAFF}
DESK = "A 前台 <desk-a@desk.logbook>"


def make(root: Path, size: int, machine: Machine) -> int:
    """Make the book at ``root`` with ``size`` records; returns how many commits it has."""
    began = workload.start_for(size) - timedelta(days=1)
    machine.once(
        [*machine.logbook, "init", str(root), "--name", "测试小区", "--pack", "core", "--desk", "A"]
        + ["--staff", "lina=李娜", "--lang", "zh", "--practice", "--now", f"{began:%Y-%m-%d %H:%M}"],
        cwd=root.parent,
    )
    branch = machine.git(root, "symbolic-ref", "HEAD").strip()
    base = machine.git(root, "rev-parse", "HEAD").strip()
    importer = subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=root, env=machine.environment, stdin=subprocess.PIPE
    )
    assert importer.stdin is not None
    count = 0
    parent = f"from {base}\n".encode()
    known = {"lina"}

    def commit(by: str, when: int, message: str, files: list[tuple[str, bytes]]) -> None:
        nonlocal count, parent
        text = message.encode()
        author = f"{PEOPLE[by]} <{by}@staff.logbook> {when} +0800"
        importer.stdin.write(  # type: ignore[union-attr]
            f"commit {branch}\nauthor {author}\ncommitter {DESK} {when} +0800\n".encode()
            + b"data %d\n%s%s" % (len(text), text, parent)
            + b"".join(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data) for path, data in files)
        )
        parent = b""
        count += 1

    at = int(began.timestamp())
    for form, entries in groupby(workload.registers(size), key=lambda entry: entry.form):
        files = [(entry.path, write(entry.plain())) for entry in entries if entry.id not in known]
        trailers = f"Form: {form}@1\nAction: import\nBy: lina\nCount: {len(files)}\n"
        commit("lina", at, f"{form} import: {len(files)}\n\n{trailers}", files)
    happened = [
        (event.at, entry, number)
        for entry in workload.Workload(size)
        for number, event in enumerate(entry.events, 1)
    ]
    happened.sort(key=lambda one: one[0])
    for moment, entry, number in happened:
        event = entry.events[number - 1]
        action = "add" if number == 1 else event.step
        trailers = f"Record: {entry.id}\nForm: {entry.form}@1\nAction: {action}\nBy: {event.by}\n"
        message = f"{entry.id} {action}: {entry.form}\n\n{trailers}"
        commit(event.by, int(moment.timestamp()), message, [(entry.path, write(entry.plain(number)))])
    importer.stdin.close()
    if importer.wait():
        raise SystemExit("git fast-import failed")
    machine.git(root, "reset", "--hard", "--quiet")
    return count
