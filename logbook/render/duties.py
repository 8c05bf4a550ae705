"""Duties in words: how far behind one is, and the day sheet of a desk."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logbook.locale.catalogue import Catalogue


def day_text(moment: datetime, now: datetime) -> str:
    """A day as people say it: without the year when it is this one."""
    return moment.strftime("%m-%d" if moment.year == now.year else "%Y-%m-%d")


def behind(
    catalogue: Catalogue, missed: int, last_done: datetime | None, *, slot: str | None = None, now: datetime
) -> str:
    """How often a duty was missed in a row, and when it was last done."""
    parts = [slot] if slot and missed <= 1 else []
    if missed:
        parts.append(catalogue.say("agenda.missed", count=missed))
    if last_done is None:
        parts.append(catalogue.say("agenda.never-done"))
    else:
        parts.append(catalogue.say("agenda.last-done", day=day_text(last_done, now)))
    return catalogue.say("agenda.comma").join(parts)
