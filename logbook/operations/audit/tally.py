"""What a month's review must have looked at: late entries, amendments, voids, waivers, extensions, regradings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from logbook.core import checking
from logbook.core.form import Form
from logbook.core.lifecycle import VOIDED
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.operations.audit.entries import Entered
from logbook.operations.audit.entries import entered
from logbook.operations.audit.walk import Step


class Item(NamedTuple):
    """One thing to review. ``kind``: late, amended, voided, waived, extended or regraded. ``month`` is that of its
    commit, ``2026-11``; ``at`` when it was done."""

    kind: str
    form: str
    record: str
    by: str
    at: str
    month: str

    @property
    def key(self) -> tuple[str, str]:
        """What a review names it by."""
        return self.kind, f"{self.form}/{self.record}"


def items(step: Step) -> Iterator[Item]:
    """What of a commit belongs into the review of its month."""
    if step.is_merge:
        return
    written = step.entry.authored.astimezone(step.rules.session.zone)
    month = written.isoformat()[:7]
    for change in step.changes:
        state = change.new.state if change.new is not None else None
        if state is None:
            continue
        for entry in entered(change):
            if entry.source:
                continue
            late = step.entry.authored - entry.happened > checking.LATE
            for kind in _kinds(state.form, entry, late=late):
                yield Item(kind, state.form.name, state.record.id, entry.by, written.isoformat(), month)


def _kinds(form: Form, entry: Entered, *, late: bool) -> Iterator[str]:
    what = entry.what
    if late:
        yield "late"
    if isinstance(what, Amendment):
        yield "amended"
        if what.field in _grades(form):
            yield "regraded"
    elif isinstance(what, Event):
        if what.step in ("void", VOIDED):
            yield "voided"
        elif what.step == "extend":
            yield "extended"
        elif what.step == "waive" or (form.name == "waiver" and what.step == "approve"):
            yield "waived"
        if entry.place != "events.1" and _grades(form) & what.set.keys():
            yield "regraded"


def _grades(form: Form) -> frozenset[str]:
    """The fields by which clocks choose their budget: a complaint's level."""
    known = _GRADES.get(form.full_name)
    if known is None:
        names: set[str] = set()
        for clock in form.clocks.values():
            decides = clock.within.fields() if clock.within is not None else set()
            names |= {name for name in decides if name in form.fields and form.fields[name].choices}
        known = _GRADES[form.full_name] = frozenset(names)
    return known


_GRADES: dict[str, frozenset[str]] = {}

