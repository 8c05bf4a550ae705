"""Records out: typed JSON, JSON Lines, YAML and CSV of whole records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence

from logbook.core.form import Form
from logbook.core.record import Stored
from logbook.operations.reading import Loaded

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


def flat_cells(loaded: Loaded, fields: Mapping[str, Stored]) -> dict[str, Stored]:
    """One record as flat text: lists and checklists as JSON in their cell."""
    cells: dict[str, Stored] = dict(header_values(loaded))
    for name, value in fields.items():
        cells[name] = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return cells
