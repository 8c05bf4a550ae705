"""A sheet before it is text, Markdown or HTML: boxes, grids and places to sign, in words."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Literal

from logbook.core.value import frozen
from logbook.render.width import width

_THREE_LINES = 50
_ACROSS = 92  # characters across A4 upright
_LABEL = 13  # of these for a label


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
        return self.across > _THREE_LINES

    def is_crowd(self, many: int) -> bool:
        """Whether the boxes to tick want a row of their own, where ``many`` values would share one."""
        return many > 2 and self.across > (60 if many == 3 else _ACROSS // 2)

    @property
    def need(self) -> int:
        """Characters across that the value had best have."""
        return max(self.least, min(self.across, 3 * _THREE_LINES // 2)) if self.options else max(self.least, 13)

    @property
    def least(self) -> int:
        """Characters across that it cannot do without."""
        if self.options:
            return max(5 + width(option.label) for option in self.options)
        longest = max((width(word) for word in self.text.split()), default=0)
        return min(max(longest + 1, 9), 17)

    @property
    def across(self) -> int:
        """Characters across that its boxes to tick take in one line."""
        return sum(4 + width(option.label) for option in self.options)


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
        """Shares of the row: a tall box beside low ones gets twice theirs; boxes to tick that would not stand in one
        line of an equal share take from those that need less."""
        if self.height > 1:
            return tuple(4 if box.height > 1 else 3 if box.value.broad else 2 for box in self.boxes)
        values = [box.value for box in self.boxes]
        label = _LABEL if len(values) < 4 else 9
        equal = _ACROSS // len(values) - label
        if all(value.need <= equal for value in values if value.options):
            return (2,) * len(values)
        least = [label + value.least for value in values]
        spare = max(0, _ACROSS - sum(least))
        wishes = [value.need - value.least for value in values]
        return tuple(one + spare * wish // (sum(wishes) or 1) for one, wish in zip(least, wishes, strict=True))

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
    across: int = 0  # characters it needs across, where its weights are shares of a page filled up
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


def in_rows(boxes: Sequence[Box]) -> Iterator[Pairs]:
    """Boxes side by side; one with so many boxes to tick that the others would be squeezed has a row of its own."""
    row: list[Box] = []
    for box in boxes:
        if box.value.is_crowd(len(boxes)):
            if row:
                yield Pairs(tuple(row))
                row = []
            yield Pairs((box,))
        else:
            row.append(box)
    if row:
        yield Pairs(tuple(row))


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
