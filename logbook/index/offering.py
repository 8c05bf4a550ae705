"""What completion offers, from the index file alone: between two keys there is no time for more."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import TypeVar

from logbook import __version__

_NEWEST = 400
_WORDS = "words.json"
Found = TypeVar("Found")


def offered(start: Path, typed: str, *, unfinished: bool = False, most: int = 60) -> list[tuple[str, str]] | None:
    """Numbers and titles, newest first, of the records whose number begins with ``typed`` or whose title holds it;
    registers are left out. ``start`` is a folder of the book or one below it.

    None where the file cannot answer by itself: there is none, it is of another commit or program, the book is no
    plain clone. Nothing is written, and nobody is waited for.
    """
    return _asked(start, lambda one, meta, _: _numbers(one, meta, typed, unfinished=unfinished, most=most))


def words_kept(start: Path) -> dict[str, Any] | None:
    """What completion has learnt of this book's forms (:func:`keep_words`); None where that is of other forms."""

    def read(_: sqlite3.Connection, meta: Mapping[str, str], room: Path) -> dict[str, Any] | None:
        value = json.loads((room / _WORDS).read_bytes())
        return value if isinstance(value, dict) and value.get("key") == _key(meta) else None

    return _asked(start, read)


def keep_words(start: Path, more: Mapping[str, Any]) -> None:
    """Keep what was worked out of the forms, for the next key: words are read from the definitions, and the index
    knows which those are."""

    def write(_: sqlite3.Connection, meta: Mapping[str, str], room: Path) -> None:
        value = words_kept(start) or {"key": _key(meta)}
        value |= {**more, "fields": {**value.get("fields", {}), **more.get("fields", {})}}
        beside = room / f"{_WORDS}.{os.getpid()}"
        beside.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
        beside.replace(room / _WORDS)

    _asked(start, write)


def records_like(start: Path, form: str, owner: str | None, typed: str, most: int) -> list[tuple[str, str, str]] | None:
    """Id, title and what stands in the field ``owner`` of the living records of a form whose id begins with
    ``typed``, or whose title holds it or has it for initials; the newest first."""

    def ask(connection: sqlite3.Connection, _: Mapping[str, str], __: Path) -> list[tuple[str, str, str]]:
        from logbook.index.initials import known

        name = form.replace('"', "")
        column = f'f."{owner}"' if owner else "''"
        join = f'join "{name}" f on f._record = r._record' if owner else ""
        rows = connection.execute(
            f"select r.id, r.title, {column} from records r {join} where r.form = ? and r.final = 0 and r.voided = 0"
            f" order by r.at_epoch desc, r.id limit {_NEWEST}",
            (form,),
        ).fetchall()
        low = typed.casefold()
        found = [row for row in rows if row[0].casefold().startswith(low) or (typed and typed in row[1])]
        if not found and len(low) > 1 and low.isascii() and low.isalpha():
            found = [row for row in rows if known().fits(row[1], low)]
        return found[:most]

    return _asked(start, ask)


def title_of(start: Path, form: str, record: str) -> str:
    """The title of one record; empty where there is none to be had."""
    sql = "select title from records where form = ? and id = ?"
    rows = _asked(start, lambda one, _, __: one.execute(sql, (form, record)).fetchall())
    return rows[0][0] if rows else ""


def _key(meta: Mapping[str, str]) -> str:
    return f"{meta.get('program')} {meta.get('library')}"


def _asked(start: Path, ask: Callable[[sqlite3.Connection, Mapping[str, str], Path], Found]) -> Found | None:
    """What the index file says by itself; None where it cannot."""
    book = next((one for one in (start, *start.parents) if (one / "logbook.yaml").is_file()), None)
    if book is None:
        return None
    try:
        head = _head(book / ".git")
        if not head:
            return None
        room = book / ".git" / "logbook"
        connection = sqlite3.connect(f"{(room / 'index.db').as_uri()}?mode=ro", uri=True, timeout=0.05)
        try:
            meta = dict(connection.execute("select name, value from meta"))
            if meta.get("head") != head or meta.get("program") != __version__ or "registers" not in meta:
                return None
            return ask(connection, meta, room)
        finally:
            connection.close()
    except (OSError, ValueError, sqlite3.Error):
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


def _numbers(
    connection: sqlite3.Connection, meta: Mapping[str, str], typed: str, *, unfinished: bool, most: int
) -> list[tuple[str, str]]:
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
