"""Records out: typed JSON, JSON Lines, YAML and CSV of whole records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from logbook.core.form import Form
from logbook.core.record import Stored
from logbook.operations.listing import load_rows
from logbook.operations.reading import Loaded
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.index.book_index import Row

HEADER = ("id", "form", "status", "at", "by", "recorded_at")


def header_values(loaded: Loaded) -> dict[str, str]:
    """The header as flat text."""
    state = loaded.state
    first = state.events[0] if state.events else None
    return {
        "id": state.record.id,
        "form": state.record.form,
        "status": state.status,
        "at": state.at,
        "by": state.by,
        "recorded_at": (first.recorded or first.at) if first else state.at,
    }


def columns(form: Form | None, loaded: Sequence[Loaded]) -> list[str]:
    """The columns of a flat file: header, then the form's fields; with several forms every field
    that occurs, in the order of first sight."""
    names: dict[str, None] = dict.fromkeys(HEADER)
    if form is not None:
        names.update(dict.fromkeys(form.fields))
    for one in loaded:
        names.update(dict.fromkeys(one.state.fields))
    return list(names)


def flat(
    session: Session, form: Form | None, rows: Sequence[Row], masked: Mapping[str, bool] | None = None
) -> Iterator[dict[str, Stored]]:
    """Records as flat text: lists and checklists as JSON in their cell."""
    for one in load_rows(session, rows):
        cells: dict[str, Stored] = dict(header_values(one))
        for name, value in one.state.fields.items():
            if isinstance(value, list | dict):
                cells[name] = json.dumps(value, ensure_ascii=False)
            else:
                cells[name] = value
        yield cells
