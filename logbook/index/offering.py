"""Record numbers for completion, from the index file alone: between two keys there is no time for more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from logbook import __version__

_NEWEST = 400


def offered(start: Path, typed: str, *, unfinished: bool = False, most: int = 60) -> list[tuple[str, str]] | None:
    """Numbers and titles, newest first, of the records whose number begins with ``typed`` or whose title holds it;
    registers are left out. ``start`` is a folder of the book or one below it.

    None where the file cannot answer by itself: there is none, it is of another commit or program, the book is no
    plain clone. Nothing is written, and nobody is waited for.
    """
    book = next((one for one in (start, *start.parents) if (one / "logbook.yaml").is_file()), None)
    if book is None:
        return None
    try:
        head = _head(book / ".git")
        if not head:
            return None
        url = (book / ".git" / "logbook" / "index.db").as_uri()
        connection = sqlite3.connect(f"{url}?mode=ro", uri=True, timeout=0.05)
        try:
            return _ask(connection, head, typed, unfinished=unfinished, most=most)
        finally:
            connection.close()
    except (OSError, UnicodeError, sqlite3.Error):
        return None


def _head(git_dir: Path) -> str | None:
    """The commit the work tree stands at; None where that takes more than reading two files."""
    text = (git_dir / "HEAD").read_text("ascii").strip()
    name = text.removeprefix("ref: ")
    if name == text or ".." in name:
        return None
    try:
        return (git_dir / name).read_text("ascii").strip()
    except FileNotFoundError:
        packed = (git_dir / "packed-refs").read_text("utf-8", "surrogateescape").splitlines()
        return next((line[:40] for line in packed if line[40:] == f" {name}"), None)


def _ask(
    connection: sqlite3.Connection, head: str, typed: str, *, unfinished: bool, most: int
) -> list[tuple[str, str]] | None:
    meta = dict(connection.execute("select name, value from meta"))
    if meta.get("head") != head or meta.get("program") != __version__ or "registers" not in meta:
        return None
    left_out = meta["registers"].split()
    where = f"form not in ({', '.join('?' * len(left_out))})"
    if unfinished:
        where += " and final = 0 and voided = 0"
    newest = f"select id, title from records where {where} order by at_epoch desc, id desc limit {_NEWEST}"
    found = dict(_fitting(connection.execute(newest, left_out), typed))
    if typed and len(found) < most:  # older ones, by their number
        older = f"select id, title from records where id >= ? collate nocase and id < ? collate nocase and {where}"
        rows = connection.execute(f"{older} limit ?", (typed, typed + "\U0010ffff", *left_out, most))
        for number, title in rows:
            found.setdefault(number, title)
    return list(found.items())[:most]


def _fitting(rows: sqlite3.Cursor, typed: str) -> Iterator[tuple[str, str]]:
    lowered = typed.lower()
    for number, title in rows:
        if number.lower().startswith(lowered) or (typed and typed in title):
            yield number, title
