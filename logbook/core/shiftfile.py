"""The posts and shifts of a book: what ``shifts.yaml`` says, read and checked."""

from __future__ import annotations

from collections.abc import Sequence

from logbook.core.definition import Source
from logbook.core.form import Library
from logbook.core.issues import Issue


def check_shifts(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in these files; names are looked up in ``library``."""
    return []
