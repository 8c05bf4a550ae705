"""The receipts of a shared copy: when it got which commits from whom, because the dates in a commit can be forged.

``logbook/receipts.log`` in the bare repository, one line for each ref a push moved:
``<time> <old> <new> <ref> <pusher> <sha256>``, the last word being the SHA-256 of the line before (of nothing for
the first), so that no line can be changed, taken out or put in without changing all that follow. Two pushers are the
program's own words: ``(start)`` for what was there before receipts were kept, ``(missed)`` for a move of the ref
nobody wrote down. The same lines stand in Git as ``refs/logbook/receipts``: a commit for each push whose message
holds its lines, and whose tree holds all of them in files of 200.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.moments import to_text
from logbook.core.value import frozen
from logbook.store.git import Repository
from logbook.store.lock import FileLock
from logbook.store.lock import write_error
from logbook.store.objects import FILE
from logbook.store.objects import ZERO
from logbook.store.objects import Entry
from logbook.store.objects import build_commit
from logbook.store.objects import build_tree
from logbook.store.objects import flush
from logbook.store.objects import object_id
from logbook.store.objects import stamp_line
from logbook.store.objects import write_loose

REF = "refs/logbook/receipts"
START = "(start)"
MISSED = "(missed)"
_FILE = "receipts.log"
_NOTHING = hashlib.sha256(b"").hexdigest()
_LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)) (?P<old>[0-9a-f]{40}) (?P<new>[0-9a-f]{40}) "
    r"(?P<ref>\S+) (?P<pusher>\S+) (?P<before>[0-9a-f]{64})\Z"
)
_UNSAFE = re.compile(r"[^\w.@+-]")
_KEEPER = ("receipts", "receipts@shared.logbook")
_PATIENCE = 60.0
# Lines in one file of the mirror: a push then writes a few kilobytes however long the log is.
_PART = 200


@frozen
class Receipt:
    """One move of one ref. ``pusher``: who sent it, ``(start)`` or ``(missed)``."""

    at: datetime
    old: str
    new: str
    ref: str
    pusher: str

    @property
    def is_note(self) -> bool:
        """Whether the program noticed it afterwards, so that nobody knows when it came."""
        return self.pusher in (START, MISSED)


@frozen
class Receipts:
    """A log as read. ``broken``: numbers of lines that cannot be read or do not follow the line before them;
    ``differs``: what the file holds is not what was written push by push."""

    entries: tuple[Receipt, ...]
    broken: tuple[int, ...] = ()
    differs: bool = False

    def of(self, ref: str) -> tuple[Receipt, ...]:
        """Those of one ref; of every branch where none speaks of that one (the clone calls it otherwise)."""
        own = tuple(one for one in self.entries if one.ref == ref)
        return own or tuple(one for one in self.entries if one.ref.startswith("refs/heads/"))


# --------------------------------------------------------------------------- reading


def parse(data: bytes) -> Receipts:
    """The log in ``data``, its chain checked. A line that was not written to its end is left out."""
    entries: list[Receipt] = []
    broken: list[int] = []
    before = _NOTHING
    for number, line in enumerate(_lines(data), 1):
        match = _LINE.match(line.decode("utf-8", "replace"))
        if match is None or match["before"] != before:
            broken.append(number)
        if match is not None:
            at = datetime.fromisoformat(match["at"])
            entries.append(Receipt(at, match["old"], match["new"], match["ref"], match["pusher"]))
        before = hashlib.sha256(line).hexdigest()
    return Receipts(tuple(entries), tuple(broken))


def _lines(data: bytes) -> list[bytes]:
    return data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]


def path_of_log(repository: Repository) -> Path:
    """Where a bare repository keeps its log."""
    return repository.room / _FILE


def read_file(path: Path) -> Receipts:
    """The log in a file. BookError ``git.cannot-read``."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise BookError("git.cannot-read", path=str(path), why=error.strerror or str(error)) from error


def read_ref(repository: Repository, ref: str = REF) -> Receipts | None:
    """The log as it stands in Git; None where there is none."""
    tip = repository.ref(ref)
    if tip is None:
        return None
    data = _mirrored(repository, tip)
    out = repository.run("log", "--reverse", "--topo-order", "--no-show-signature", "--format=%B", tip, "--").stdout
    written = [line for line in out.split(b"\n") if _LINE.match(line.decode("utf-8", "replace"))]
    found = parse(data)
    return Receipts(found.entries, found.broken, written != _lines(data))


def read(repository: Repository) -> Receipts | None:
    """What this repository knows of the shared copy's receipts: its own log, else the one in Git."""
    mirrored = read_ref(repository)
    path = path_of_log(repository)
    if not (repository.bare and path.exists()):
        return mirrored
    own, tip = read_file(path), repository.ref(REF)
    if mirrored is None or tip is None:
        return own
    same = _content(path).startswith(_mirrored(repository, tip))
    return Receipts(own.entries, own.broken, differs=mirrored.differs or not same)


def _mirrored(repository: Repository, tip: str) -> bytes:
    return b"".join(repository.objects.read(entry.oid)[1] for entry in _parts(repository, tip))


def received(repository: Repository, receipts: Iterable[Receipt], tip: str, since: str | None) -> dict[str, datetime]:
    """When the shared copy got each commit up to ``tip`` (after ``since``), as far as the receipts tell."""
    words = [tip, *([f"^{since}"] if since is not None else []), "--"]
    out = repository.run("rev-list", "--parents", *words).stdout.decode("ascii")
    parents = {row[:40]: row[41:].split() for row in out.splitlines()}
    times: dict[str, datetime] = {}
    seen: set[str] = set()
    for one in receipts:
        waiting = [one.new]
        while waiting:
            commit = waiting.pop()
            if commit in seen or commit not in parents:
                continue
            seen.add(commit)
            if not one.is_note:
                times[commit] = one.at
            waiting += parents[commit]
    return times


def lost(repository: Repository, receipts: Sequence[Receipt], tips: Sequence[str]) -> list[Receipt]:
    """Receipts whose commit is in the history of none of ``tips``, or not there at all."""
    wanted = list(dict.fromkeys(one.new for one in receipts if one.new != ZERO))
    if not wanted:
        return []
    asked = "".join(f"{oid}\n" for oid in wanted).encode()
    known = repository.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).stdout.decode()
    there = {line[:40] for line in known.splitlines() if line.endswith(" commit")}
    asked = "".join(f"{oid}\n" for oid in (*there, *(f"^{tip}" for tip in tips))).encode()
    outside = set(repository.run("rev-list", "--stdin", stdin=asked).stdout.decode().split()) if there else set()
    return [one for one in receipts if one.new != ZERO and (one.new not in there or one.new in outside)]


def last_of(repository: Repository, ref: str) -> str | None:
    """The commit the last line about ``ref`` speaks of; None where none does."""
    return _last_of(_content(path_of_log(repository)), ref)


# --------------------------------------------------------------------------- writing


def append(
    repository: Repository, moves: Sequence[tuple[str, str, str]], *, pusher: str, at: datetime
) -> tuple[Receipt, ...]:
    """Write down moves of refs (old, new, ref), durable when this returns, and mirror them in Git.

    A move that begins where no line ended is preceded by a note of what is missing. One push at a time.
    BookError ``git.read-only``, ``git.locked``, ``git.disk-full``.
    """
    path = path_of_log(repository)
    lock = FileLock(path.with_name("receipts.lock"))
    lock.acquire(_PATIENCE)
    try:
        data = _content(path)
        rows: list[Receipt] = []
        for old, new, ref in moves:
            known = data + "".join(f" {one.new} {one.ref} \n" for one in rows).encode()
            if old != ZERO and f" {old} {ref} ".encode() not in known:
                last = _last_of(known, ref)
                rows.append(Receipt(at, last or ZERO, old, ref, MISSED if last else START))
            if new != old:
                rows.append(Receipt(at, old, new, ref, _UNSAFE.sub("_", pusher)[:64] or "_"))
        text = _chained(data, rows)
        if text:
            _write(path, len(data), text)
        mirror(repository, data + text, at=at)
        return tuple(rows)
    finally:
        lock.release()


def begin(repository: Repository, ref: str, *, at: datetime) -> tuple[Receipt, ...]:
    """Note where ``ref`` stands now, if no line tells: the receipts begin here."""
    head = repository.ref(ref)
    return append(repository, [(head, head, ref)] if head else [], pusher="", at=at)


def _content(path: Path) -> bytes:
    """The whole lines of the log; what a killed writer left of one is not one."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BookError("git.cannot-read", path=str(path), why=error.strerror or str(error)) from error
    return data[: data.rfind(b"\n") + 1]


def _last_of(data: bytes, ref: str) -> str | None:
    at = data.rfind(f" {ref} ".encode())
    return data[at - 40 : at].decode("ascii") if at >= 40 else None


def _chained(data: bytes, rows: Iterable[Receipt]) -> bytes:
    lines = _lines(data)
    before = hashlib.sha256(lines[-1] if lines else b"").hexdigest()
    text = b""
    for one in rows:
        line = f"{to_text(one.at)} {one.old} {one.new} {one.ref} {one.pusher} {before}".encode()
        before = hashlib.sha256(line).hexdigest()
        text += line + b"\n"
    return text


def _write(path: Path, size: int, text: bytes) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            os.ftruncate(fd, size)
            os.lseek(fd, size, os.SEEK_SET)
            while text:
                text = text[os.write(fd, text) :]
            flush(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise write_error(error, path) from error


def mirror(repository: Repository, data: bytes, *, at: datetime) -> None:
    """Bring ``refs/logbook/receipts`` to what the log says."""
    lines = _lines(data)
    tip = repository.ref(REF)
    parts = _parts(repository, tip) if tip is not None else []
    first = _PART * (len(parts) - 1)
    mirrored = _lines(repository.objects.read(parts[-1].oid)[1]) if parts else []
    known = first + len(mirrored) if parts else 0
    if parts and lines[first:known] != mirrored:
        known, parts = 0, []  # somebody has been at the log: what was mirrored stays behind, all of this comes anew
    if len(lines) == known:
        return
    objects: dict[str, tuple[str, bytes]] = {}

    def store(kind: str, content: bytes) -> str:
        oid = object_id(kind, content)
        objects[oid] = (kind, content)
        return oid

    entries = parts[: known // _PART]
    for start in range(len(entries) * _PART, len(lines), _PART):
        content = b"".join(line + b"\n" for line in lines[start : start + _PART])
        entries.append(Entry(FILE, f"{start // _PART:06d}.log", store("blob", content)))
    fresh = [line.decode("utf-8", "replace") for line in lines[known:]]
    message = f"receipts: {len(lines)}\n\n" + "\n".join(fresh)
    stamp = stamp_line(_KEEPER, at)
    tree = store("tree", build_tree(entries))
    commit = store("commit", build_commit(tree, [tip] if tip else [], stamp, stamp, message))
    write_loose(f"{repository.common_dir}/objects", objects)
    repository.run("-c", "core.fsync=reference", "update-ref", REF, commit, tip or ZERO)


def _parts(repository: Repository, tip: str) -> list[Entry]:
    return [entry for entry in repository.tree_entries(tip) if entry.name.endswith(".log")]
