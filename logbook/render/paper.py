"""A sheet before it is text, Markdown or HTML: boxes, grids and places to sign, in words."""

from __future__ import annotations

from typing import Literal

from logbook.core.value import frozen
from logbook.render.width import width

_THREE_LINES = 50


@frozen
class Option:
    """A box to tick with its word."""

    label: str
    ticked: bool = False


@frozen
class Value:
    """What stands in a cell: text, or boxes to tick. ``masked``: a private value left out;
    ``whole``: its words (a date, a time) are not broken."""

    text: str = ""
    options: tuple[Option, ...] = ()
    masked: bool = False
    align: Literal["left", "center", "right"] = "left"
    whole: bool = False

    @property
    def empty(self) -> bool:
        return not self.text and not any(option.ticked for option in self.options)

    @property
    def broad(self) -> bool:
        """Whether the boxes to tick would fill more than three lines of a third of the page."""
        return sum(4 + width(option.label) for option in self.options) > _THREE_LINES


@frozen
class Box:
    """A label beside its value, ``height`` text lines high."""

    label: str
    value: Value
    height: int = 1


UNITS = 120  # a row is divided so finely: 2, 3, 4, 5 or 6 boxes all come out whole


@frozen
class Pairs:
    """One row of the form: boxes side by side."""

    boxes: tuple[Box, ...]
    kind: str = "pairs"

    @property
    def height(self) -> int:
        """Text lines of the tallest box."""
        return max(box.height for box in self.boxes)

    @property
    def weights(self) -> tuple[int, ...]:
        """Shares of the row: a tall box beside low ones gets twice theirs, many boxes to tick half more."""
        return tuple(4 if box.height > 1 else 3 if box.value.broad else 2 for box in self.boxes)

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Units of 120 for the label and the value of each box."""
        total = sum(self.weights)
        rooms = [UNITS * weight // total for weight in self.weights]
        rooms[-1] += UNITS - sum(rooms)
        labels = [min(17, room // 2 if room > 30 else room * 43 // 100) for room in rooms]
        return tuple((label, room - label) for label, room in zip(labels, rooms, strict=True))


@frozen
class Head:
    """A column's head; ``weight`` is the share of the width it should get, in characters."""

    label: str
    weight: int


@frozen
class Grid:
    """A list or checklist as a table under its own title; its head repeats on every page."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: tuple[tuple[Value, ...], ...] = ()  # rows that sum up those above
    kind: str = "grid"

    @property
    def dense(self) -> bool:
        """So many columns that the letters must be smaller."""
        return len(self.heads) > 9

    @property
    def shares(self) -> tuple[float, ...]:
        """Per cent of the width each column gets."""
        total = sum(head.weight for head in self.heads)
        return tuple(round(100 * head.weight / total, 2) for head in self.heads)


@frozen
class Signed:
    """A place to sign: who signed it and when, or room to do so by hand.

    ``state``: ``signed``, and it holds; ``stale``: what was signed has changed; ``missing``: the step it belongs
    to was taken without it; ``wanted``: its time has not come; ``blank``: on an empty form. ``note`` says it in words.
    """

    label: str
    name: str = ""
    date: str = ""
    note: str = ""
    state: Literal["signed", "stale", "missing", "wanted", "blank"] = "blank"

    @property
    def is_signed(self) -> bool:
        return self.state in ("signed", "stale")


@frozen
class Signing:
    """A row of places to sign."""

    places: tuple[Signed, ...]
    kind: str = "signing"


Block = Pairs | Grid | Signing


@frozen
class Sheet:
    """One printed form, every word in the reader's language, nothing left to look up."""

    lang: str
    book: str
    title: str
    number: str  # "编号：CP-20261122-A003"
    status: str
    moment: str  # "投诉时间：2026-11-22 09:35"
    stamp: str  # "作废" across a voided record, else ""
    blocks: tuple[Block, ...]
    notes: tuple[str, ...]  # corrections, sources: small lines below the form
    foot: str  # form@version and number, at the bottom of every page
    printed: str
    page: tuple[str, str, str]  # the words around page x of y
    blank_date: str
    landscape: bool
    record: str  # the number alone, the document's name
    code: str = ""  # what the QR code says: the way back to the record and its commit
    origin: str = ""  # "记录至 2026-11-22 10:40  提交 1f2e3d…": what the sheet shows, whenever it is printed
    moment_of_record: int = 0  # when that was, in seconds since 1970


def side_by_side(places: tuple[Signed, ...], most: int = 5) -> list[tuple[Signed, ...]]:
    """Places to sign in rows of nearly equal length, ``most`` a row."""
    if not places:
        return []
    rows = -(-len(places) // most)
    each = -(-len(places) // rows)
    return [places[start : start + each] for start in range(0, len(places), each)]
