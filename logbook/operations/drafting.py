"""Drafts of guided entries: kept after every answer, offered to the same person at the same desk, gone when done.

They lie outside the history, so private values may stand in them; in a book that encrypts these they are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.record import Stored
from logbook.core.value import attribute
from logbook.core.value import changing
from logbook.operations.session import Session
from logbook.store import drafts as files
from logbook.store import machine


@changing
class Kept:
    """What somebody has typed so far. ``record`` and ``step``: of a step that is being taken; ``at``: the moment
    it is entered for (when it was begun, unless another was given)."""

    path: Path
    form: str
    version: int
    by: str
    at: str
    record: str | None = None
    step: str | None = None
    set: dict[str, Stored] = attribute(default_factory=dict)
    held: dict[str, str] = attribute(default_factory=dict)
    reason: str | None = None
    approved_by: str | None = None
    left_out: bool = False

    def is_empty(self) -> bool:
        return not (self.set or self.held or self.reason)


def room(session: Session) -> Path:
    """The folder drafts lie in."""
    return session.repository.room / "drafts"


def begin(session: Session, form: Form, by: str, *, record: str | None = None, step: str | None = None) -> Kept:
    """A draft nothing is kept of yet."""
    at = machine.now().strftime("%Y%m%dT%H%M%S")
    mark = machine.process_mark().partition(" ")[0]
    name = f"{at}-{mark}-{form.name}.{by}.json"
    return Kept(room(session) / name, form.name, form.version, by, session.now.isoformat(), record, step)


def keep(session: Session, form: Form, kept: Kept) -> None:
    """Put the draft on the disk, where a power cut leaves it."""
    values = kept.set
    left_out = kept.left_out
    if session.encrypts:
        values = {path: value for path, value in values.items() if not _is_private(form, path)}
        left_out = left_out or len(values) < len(kept.set)
    files.write_json(
        kept.path,
        {
            "form": kept.form, "version": kept.version, "by": kept.by, "at": kept.at, "record": kept.record,
            "step": kept.step, "set": values, "held": kept.held, "reason": kept.reason,
            "approved_by": kept.approved_by, "left_out": left_out, "process": machine.process_mark(),
        },
    )  # fmt: skip


def drop(kept: Kept) -> None:
    """It is recorded, or not wanted any more."""
    kept.path.unlink(missing_ok=True)


def waiting(
    session: Session, form: Form, by: str, *, record: str | None = None, step: str | None = None
) -> list[Kept]:
    """The drafts this person left of this form (of this step of this record), the newest first; those somebody
    is typing right now in another window are not among them."""
    found = []
    for kept, running in everything(session):
        mine = (kept.form, kept.by, kept.record, kept.step) == (form.name, by, record, step)
        if mine and not running:
            kept.set = {path: value for path, value in kept.set.items() if _field(form, path) is not None}
            found.append(kept)
    return found


def everything(session: Session) -> list[tuple[Kept, bool]]:
    """Every draft at this desk, the newest first, and whether it is being typed at in another window."""
    found = []
    for path, value in files.read_all(room(session)):
        kept = _from(path, value)
        if kept is not None:
            found.append((kept, machine.is_running(str(value.get("process") or ""))))
    return found


def labels(form: Form | None, kept: Kept, lang: str) -> list[str]:
    """The names of the fields that have been filled."""
    names = []
    for path in (*kept.set, *kept.held):
        field = _field(form, path) if form is not None else None
        name = field.label.say(lang) if field is not None else path
        if name not in names:
            names.append(name)
    return names


def _field(form: Form, path: str) -> Field | None:
    name = path.partition(".")[0].rstrip("+")
    return form.fields.get(name) or next((one for one in form.fields.values() if one.holds == path), None)


def _is_private(form: Form, path: str) -> bool:
    field = _field(form, path)
    return field is None or field.private or any(column.private for column in field.columns.values())


def _from(path: Path, value: Mapping[str, Any]) -> Kept | None:
    """A draft out of its file; None for what is none."""
    try:
        datetime.fromisoformat(value["at"])
        return Kept(
            path,
            str(value["form"]),
            int(value["version"]),
            str(value["by"]),
            str(value["at"]),
            value.get("record"),
            value.get("step"),
            cast("dict[str, Stored]", dict(value.get("set") or {})),
            {str(name): str(word) for name, word in (value.get("held") or {}).items()},
            value.get("reason"),
            value.get("approved_by"),
            bool(value.get("left_out")),
        )
    except (KeyError, TypeError, ValueError):
        return None
