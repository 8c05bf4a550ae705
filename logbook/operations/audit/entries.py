"""What a commit added to a record: events, amendments and signatures that were not there before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Signature
from logbook.operations.audit.walk import Change


class Entered(NamedTuple):
    """One entry somebody added. ``place`` is where it stands, ``events.2``."""

    place: str
    at: str
    by: str
    recorded: str | None
    reason: str | None
    approved_by: str | None
    entered_by: str | None
    source: str | None
    what: Event | Amendment | Signature

    @property
    def happened(self) -> datetime:
        return datetime.fromisoformat(self.at)

    @property
    def written(self) -> datetime:
        """When it was written down, as the entry says."""
        return datetime.fromisoformat(self.recorded or self.at)


def entered(change: Change) -> Iterator[Entered]:
    """The new entries of one record file, in the order of the file."""
    new = change.new.record if change.new is not None else None
    if new is None:
        return
    old = change.old.record if change.old is not None else None
    start = len(old.events) if old is not None else 0
    for number, event in enumerate(new.events[start:], start + 1):
        by_hand = event.extra.get("entered_by")
        yield Entered(
            f"events.{number}", event.at, event.by, event.recorded, event.reason, event.approved_by,
            by_hand if isinstance(by_hand, str) else None, event.source, event,
        )  # fmt: skip
    start = len(old.amendments) if old is not None else 0
    for number, one in enumerate(new.amendments[start:], start + 1):
        yield Entered(
            f"amendments.{number}", one.at, one.by, one.recorded, one.reason, one.approved_by, None, None, one
        )
    start = len(old.signatures) if old is not None else 0
    for number, signature in enumerate(new.signatures[start:], start + 1):
        yield Entered(
            f"signatures.{number}", signature.at, signature.by, signature.recorded, None, None, None, None, signature
        )
