"""Signed tags: notes about a commit that travel with the book and that plain Git verifies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from logbook.core.errors import BookError
from logbook.core.value import frozen
from logbook.store.git import Repository
from logbook.store.objects import ZERO
from logbook.store.objects import Stamp
from logbook.store.objects import object_id
from logbook.store.objects import parse_stamp
from logbook.store.objects import stamp_line
from logbook.store.objects import write_loose

_ARMOUR = b"-----BEGIN SSH SIGNATURE-----"
PREFIX = "refs/tags/"


@frozen
class Tag:
    """An annotated tag as read: ``payload`` is what ``signature`` (armoured; None: unsigned) is over."""

    name: str
    id: str
    target: str
    tagger: Stamp | None
    message: str
    payload: bytes
    signature: str | None


def tags(repository: Repository, folder: str) -> list[Tag]:
    """The annotated tags below ``folder`` (``checkpoint``), by name; others of that name are left out."""
    out = repository.run("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)", f"{PREFIX}{folder}/").stdout
    found = []
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        oid, kind, ref = line.split(" ", 2)
        if kind == "tag":
            tag = parse_tag(ref.removeprefix(PREFIX), oid, repository.objects.read(oid)[1])
            if tag is not None:
                found.append(tag)
    return sorted(found, key=lambda one: one.name)


def write_tag(
    repository: Repository,
    name: str,
    target: str,
    message: str,
    *,
    tagger: tuple[str, str],
    when: datetime,
    sign: Callable[[bytes], bytes] | None,
) -> str:
    """Make an annotated tag on a commit, durable when this returns; its id. BookError ``git.failed`` where
    there is one of that name."""
    head = f"object {target}\ntype commit\ntag {name}\ntagger ".encode() + stamp_line(tagger, when)
    payload = head + b"\n\n" + message.rstrip("\n").encode() + b"\n"
    data = payload + (sign(payload).strip() + b"\n" if sign is not None else b"")
    oid = object_id("tag", data)
    write_loose(f"{repository.common_dir}/objects", {oid: ("tag", data)})
    repository.run("-c", "core.fsync=reference", "update-ref", PREFIX + name, oid, ZERO)
    return oid


def parse_tag(name: str, oid: str, data: bytes) -> Tag | None:
    """A tag object as read; None where it is not one of that name on a commit."""
    at = data.find(_ARMOUR)
    payload, signature = (data, None) if at < 0 else (data[:at], data[at:].decode("ascii", "replace"))
    head, _, body = payload.partition(b"\n\n")
    lines = dict(line.split(" ", 1) for line in head.decode("utf-8", "replace").split("\n") if " " in line)
    if lines.get("type") != "commit" or lines.get("tag") != name:
        return None
    try:
        tagger = parse_stamp(lines["tagger"]) if "tagger" in lines else None
    except (ValueError, IndexError):
        tagger = None
    return Tag(name, oid, lines.get("object", ""), tagger, body.decode("utf-8", "replace"), payload, signature)


def is_behind(repository: Repository, commit: str, head: str) -> bool:
    """Whether ``commit`` is there and ``head`` descends from it."""
    try:
        if repository.objects.find(commit) is None:
            return False
    except BookError:
        return False
    return repository.run("merge-base", "--is-ancestor", commit, head, check=False).returncode == 0
