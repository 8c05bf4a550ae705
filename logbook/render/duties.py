"""Duties in words: how far behind one is, and the day sheet of a desk."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logbook.core.text import Text
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
        parts.append(catalogue.say("agenda.missed", count=times(missed)))
    if last_done is None:
        parts.append(catalogue.say("agenda.never-done"))
    else:
        parts.append(catalogue.say("agenda.last-done", day=day_text(last_done, now)))
    return catalogue.say("agenda.comma").join(parts)


def times(missed: int) -> str:
    """How often, as far as it was counted."""
    from logbook.core.duties import MANY

    return f"{missed}+" if missed >= MANY else str(missed)


def slot_text(catalogue: Catalogue, slot: str | None, posts: Callable[[], Mapping[str, Text]]) -> str:
    """The time of an occurrence in words: the third one of a day, before a holiday, a post's hours.
    ``posts`` is asked only for a slot that is called after a post."""
    if not slot:
        return ""
    if slot.isdigit():
        return catalogue.say("agenda.slot-number", number=slot)
    name, _, rest = slot.partition(" ")
    if name in ("before", "after"):
        return f"{catalogue.say(f'agenda.slot-{name}')} {rest}".rstrip()
    label = posts().get(name) if name.isidentifier() else None
    return f"{label.say(catalogue.lang)} {rest}".rstrip() if label else slot
