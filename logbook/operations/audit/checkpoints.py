"""Checkpoints: a signed tag says what an audit found good, and the next one begins there."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set
from typing import TYPE_CHECKING

from logbook.core.errors import Refused
from logbook.core.findings import Finding
from logbook.core.issues import Issue
from logbook.core.moments import to_text
from logbook.core.value import frozen
from logbook.operations.session import Session
from logbook.store.history import list_tree
from logbook.store.history import trailers_of
from logbook.store.records import FOLDER
from logbook.store.tags import Tag
from logbook.store.tags import is_behind
from logbook.store.tags import tags
from logbook.store.tags import write_tag

if TYPE_CHECKING:
    from logbook.operations.audit.run import Audit

FOLDER_OF_TAGS = "checkpoint"


@frozen
class Checkpoint:
    """A checkpoint as it stands: the commit it speaks of and the tally it gives. ``state`` is that of its
    signature: only a ``good`` one is a place to begin."""

    tag: str
    commit: str
    records: int
    forms: tuple[tuple[str, int], ...]
    state: str

    @property
    def good(self) -> bool:
        return self.state == "good"


def checkpoints(session: Session) -> Iterator[Checkpoint]:
    """The checkpoints of the book, newest first; each is verified when it is asked for."""
    return (read(session, tag) for tag in reversed(tags(session.repository, FOLDER_OF_TAGS)))


def read(session: Session, tag: Tag) -> Checkpoint:
    """What a tag says, and whether its signature is good."""
    said = trailers_of(tag.message)
    forms = tuple(
        (name.removeprefix("Form-"), int(value))
        for name, value in said.items()
        if name.startswith("Form-") and value.isdigit()
    )
    records = int(said["Records"]) if said.get("Records", "").isdigit() else -1
    commit = said.get("Head", "")
    state = _verdict(session, tag) if commit == tag.target else "bad"
    return Checkpoint(tag.name, commit, records, forms, state)


def _verdict(session: Session, tag: Tag) -> str:
    """The state of a checkpoint's signature by the staff register as it stood at its commit."""
    if tag.signature is None:
        return "unsigned"
    from logbook.operations.signing import signers_at
    from logbook.store.signatures import verify

    if tag.tagger is None:
        return "bad"
    state: str = verify(tag.payload, tag.signature, signers_at(session, tag.target), at=tag.tagger.when).state
    return state


def last_good(session: Session, end: str) -> Checkpoint | None:
    """The newest checkpoint to begin at: signed by somebody who might, on the way to ``end``, its tally true."""
    for one in checkpoints(session):
        behind = one.good and is_behind(session.repository, one.commit, end)
        if behind and tally(session, one.commit) == dict(one.forms):
            return one
    return None


def tally(session: Session, commit: str) -> dict[str, int]:
    """How many records of each form a commit holds."""
    counts: dict[str, int] = {}
    for path in paths_at(session, commit):
        form = path.split("/")[1]
        counts[form] = counts.get(form, 0) + 1
    return counts


def paths_at(session: Session, commit: str) -> list[str]:
    """The record files of a commit."""
    return [path for path, _ in list_tree(session.repository, commit, FOLDER) if path.endswith(".yaml")]


def write(session: Session, done: Audit, *, by: str | None = None) -> Checkpoint:
    """Sign what this audit has seen; Refused where it found an error, or nobody here can sign."""
    from logbook.operations.signing import signing_for
    from logbook.operations.writing import person

    if done.errors:
        raise Refused([Issue("audit.checkpoint-errors", {"count": done.errors})])
    operator = session.operator(by)
    sign = signing_for(session, operator)
    if sign is None:
        raise Refused([Issue("audit.checkpoint-unsigned", {"by": operator}, field="by")])
    when = session.writing_time().astimezone(session.zone)
    forms = tally(session, done.head)
    name = f"{FOLDER_OF_TAGS}/{when:%Y%m%dT%H%M%S}"
    lines = [f"Head: {done.head}", f"Records: {sum(forms.values())}", f"By: {operator}"]
    lines += [f"Form-{form}: {count}" for form, count in sorted(forms.items())]
    message = f"checkpoint {to_text(when)}\n\n" + "\n".join(lines) + "\n"
    write_tag(
        session.repository, name, done.head, message, tagger=person(session, operator), when=when, sign=sign
    )
    return Checkpoint(name, done.head, sum(forms.values()), tuple(sorted(forms.items())), "good")


def kept(session: Session, walked: Set[str], end: str) -> Iterator[Finding]:
    """A8: what a checkpoint saw is still in the history, and the newest one's count is true."""
    known = list(checkpoints(session))
    for one in reversed(known):
        if one.commit not in walked and not is_behind(session.repository, one.commit, end):
            yield Finding("A8", Issue("audit.rewritten", {"what": one.tag, "commit": one.commit[:12]}))
        elif one.state not in ("good", "unsigned"):
            told = {"tag": one.tag, "state": one.state}
            yield Finding("A3", Issue("audit.checkpoint-bad", told))
    newest = known[0] if known else None
    if newest is not None and newest.good and is_behind(session.repository, newest.commit, end):
        counted = tally(session, newest.commit)
        if counted != dict(newest.forms):
            numbers = {"tag": newest.tag, "said": newest.records, "found": sum(counted.values())}
            yield Finding("A8", Issue("audit.checkpoint-count", numbers))
