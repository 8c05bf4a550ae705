"""A record: one filled form, as its text stands in the file.

Values here are *stored* values: text, lists and mappings of text, never guessed at. What a text
means is the form's business (``values.py``); what the record amounts to now is ``lifecycle.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

from logbook.core.value import attribute
from logbook.core.value import frozen

Stored = Union[str, None, list["Stored"], dict[str, "Stored"]]

# The fixed order of a file (spec: a book on disk). Form fields stand between the two.
HEADER = ("id", "form", "status", "at", "by")
TAIL = ("events", "signatures", "amendments", "conflicts", "was")
RESERVED = frozenset(HEADER + TAIL)

# What an event says of itself, in its order in the file; what it set on the form is under `set`.
EVENT_KEYS = ("at", "by", "step", "recorded", "reason", "approved_by", "source", "set")


@frozen
class Event:
    """One lifecycle event. ``recorded`` is given only where it is more than a minute off ``at``."""

    at: str
    by: str
    step: str
    recorded: str | None = None
    reason: str | None = None
    approved_by: str | None = None
    source: str | None = None
    set: Mapping[str, Stored] = attribute(default_factory=dict)
    extra: Mapping[str, Stored] = attribute(default_factory=dict)


@frozen
class Amendment:
    """A corrected value: what stood there, what stands there now, who, when and why."""

    at: str
    by: str
    field: str
    old: Stored
    new: Stored
    reason: str
    approved_by: str | None = None
    recorded: str | None = None
    extra: Mapping[str, Stored] = attribute(default_factory=dict)


@frozen
class Signature:
    """A signature: its meaning, and the hash of what it covers (the first ``events`` events)."""

    at: str
    by: str
    meaning: str
    events: int
    sha256: str
    name: str | None = None
    recorded: str | None = None
    extra: Mapping[str, Stored] = attribute(default_factory=dict)


@frozen
class Conflict:
    """What two desks did to the same place at once, one line of the tail key ``conflicts``.

    ``what``: ``value`` (two values; ``kept`` stands in its place), ``steps`` (both took a step; ``field`` is
    ``status``), ``rows`` (both added rows, so that a row counted from the top may be another now), ``number``
    (``field`` names a number that two records had drawn) or ``file`` (the other text could not be read; ``kept``
    and ``other`` are Git's ids of the two). It is never taken away: an amendment made later settles it.
    """

    what: str
    field: str
    kept: Stored = None
    other: Stored = None
    kept_at: str | None = None
    kept_by: str | None = None
    other_at: str | None = None
    other_by: str | None = None
    extra: Mapping[str, Stored] = attribute(default_factory=dict)


@frozen
class Record:
    """One record as its file says it. ``fields`` are the values entered when it was made (with
    corrections applied, unknown keys among them); what later steps set stands in their events. ``was`` is the
    number it had before it turned out that two records had drawn the same."""

    id: str
    form: str
    version: int
    status: str
    at: str
    by: str
    fields: Mapping[str, Stored] = attribute(default_factory=dict)
    events: tuple[Event, ...] = ()
    signatures: tuple[Signature, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    was: str | None = None

    @property
    def form_version(self) -> str:
        return f"{self.form}@{self.version}"
