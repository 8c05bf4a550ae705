"""A spreadsheet before it is a file: sheets of typed columns."""

from __future__ import annotations

from collections.abc import Sequence

from logbook.core.value import frozen

# What a column holds; a value that is not of its kind stands there as text.
KINDS = ("text", "int", "decimal", "money", "date", "time", "datetime", "bool")


@frozen
class Head:
    """A column: its head in the reader's language and what it holds."""

    label: str
    kind: str = "text"


@frozen
class Sheet:
    """One sheet: heads, and rows of texts, numbers, truth values, days, times of day, moments without zone, None."""

    name: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[object]]
