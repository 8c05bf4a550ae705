"""Sheets as plain text with a drawn grid, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from logbook.core.value import frozen
from logbook.render.paper import Block
from logbook.render.paper import Grid
from logbook.render.paper import Option
from logbook.render.paper import Pairs
from logbook.render.paper import Sheet
from logbook.render.paper import Signed
from logbook.render.paper import Signing
from logbook.render.paper import Value
from logbook.render.tables import md_text
from logbook.render.width import pad
from logbook.render.width import width
from logbook.render.width import wrap

WIDTH = 80
_LABEL = 14
_MOST = 100  # characters across: a list that needs more is written row by row
_STACK = WIDTH - 3 - 5


@frozen
class _Cell:
    columns: int  # inside its borders, the space beside them included
    lines: tuple[str, ...]
    align: str = "left"


def text(sheet: Sheet) -> str:
    """The sheet in lines of 80 columns, drawn with ``+``, ``-`` and ``|``: they align in every font."""
    head = [_centred(sheet.book)] if sheet.book else []
    head += [_centred(" ".join(sheet.title) if sheet.lang == "zh" else sheet.title)]
    if sheet.stamp:
        head.append(_centred(f"[ {sheet.stamp} ]"))
    left = "   ".join(part for part in (sheet.number, sheet.status) if part)
    head += ["", *_ends(left, sheet.moment)]
    notes = [line for note in sheet.notes for line in wrap(note, WIDTH)]
    return "\n".join([*head, *_drawn(sheet), *notes, *_ends(sheet.foot, sheet.printed)]) + "\n"


def _centred(line: str) -> str:
    return pad(line, WIDTH, "center").rstrip()


def _ends(left: str, right: str) -> list[str]:
    gap = WIDTH - width(left) - width(right)
    return [left + " " * gap + right] if gap > 1 else [*wrap(left, WIDTH), *wrap(right, WIDTH)]


def _drawn(sheet: Sheet) -> Iterator[str]:
    before: set[int] = set()
    for band in _bands(sheet):
        after = set(_edges(band))
        yield _rule(before | after)
        yield from _filled(band)
        before = after
    if before:
        yield _rule(before)


def _rule(edges: set[int]) -> str:
    return "".join("+" if place in edges else "-" for place in range(WIDTH))


def _edges(band: Sequence[_Cell]) -> Iterator[int]:
    place = 0
    yield place
    for cell in band:
        place += cell.columns + 1
        yield place


def _filled(band: Sequence[_Cell]) -> Iterator[str]:
    for number in range(max(len(cell.lines) for cell in band)):
        parts = (
            " "
            + pad(cell.lines[number] if number < len(cell.lines) else "", cell.columns - 2, cell.align)
            + " "
            for cell in band
        )
        yield "|" + "|".join(parts) + "|"


def _bands(sheet: Sheet) -> Iterator[list[_Cell]]:
    for block in sheet.blocks:
        if isinstance(block, Pairs):
            yield _pair_band(block)
        elif isinstance(block, Grid):
            yield from _grid_bands(block)
        else:
            yield from _signing_bands(block, sheet.blank_date)


def _pair_band(block: Pairs) -> list[_Cell]:
    band: list[_Cell] = []
    for box, room in zip(block.boxes, _shares(block.weights), strict=True):
        label = min(_LABEL, max(8, room // 2))
        band.append(_cell(box.label, label, align="center"))
        lines = _value(box.value, room - label - 1)
        missing = ("",) * (box.height - len(lines.lines))
        band.append(_Cell(lines.columns, lines.lines + missing))
    return band


def _grid_bands(block: Grid) -> Iterator[list[_Cell]]:
    yield [_cell(block.title, WIDTH - 2, align="center")]
    if (block.across or sum(head.weight for head in block.heads)) > _MOST:
        yield from _stacked_bands(block)
        return
    rooms = _fitted(block)
    yield [_cell(head.label, room, align="center") for head, room in zip(block.heads, rooms, strict=True)]
    for row in (*block.rows, *block.totals):
        yield [_value(value, room) for value, room in zip(row, rooms, strict=True)]


def _fitted(block: Grid) -> list[int]:
    """Columns for each of a list's: what its cells need; the broadest gives way, or takes what is left."""
    rooms = [
        2 + max(width(line) for text in texts for line in text.splitlines() or [""])
        for texts in zip(
            [head.label for head in block.heads],
            *([told(value) for value in row] for row in block.rows + block.totals),
            strict=True,
        )
    ]
    spare = WIDTH - 1 - len(rooms) - sum(rooms)
    if spare >= 0:
        broadest = max(range(len(rooms)), key=lambda place: (block.heads[place].weight, place))
        rooms[broadest] += spare
    for _ in range(-spare):
        rooms[rooms.index(max(rooms))] -= 1
    return rooms


def _stacked_bands(block: Grid) -> Iterator[list[_Cell]]:
    """A list too broad for columns: each row as its labels and values one after the other."""
    labels = [head.label for head in block.heads[1:]]
    filled = any(not value.empty for row in block.rows for value in row[1:])
    for number, *values in (*block.rows, *block.totals):
        parts = [
            f"{label}: {told(value) or '______'}"
            for label, value in zip(labels, values, strict=True)
            if not (filled and value.empty)
        ]
        lines = [""]
        for part in parts:
            if lines[-1] and width(lines[-1]) + 3 + width(part) > _STACK - 2:
                lines.append("")
            lines[-1] += ("   " if lines[-1] else "") + part
        yield [_cell(number.text, WIDTH - 3 - _STACK, align="center"), _cell("\n".join(lines), _STACK)]


def _signing_bands(block: Signing, blank_date: str) -> Iterator[list[_Cell]]:
    rooms = _shares([1] * len(block.places))
    yield [_cell(place.label, room, align="center") for place, room in zip(block.places, rooms, strict=True)]
    yield [
        _cell("\n".join(_signed(place, blank_date)), room, align="center")
        for place, room in zip(block.places, rooms, strict=True)
    ]


def _signed(place: Signed, blank_date: str) -> list[str]:
    if not place.is_signed:
        return [place.note, "", blank_date]
    return [place.name, *([place.note] if place.note else []), place.date]


def _value(value: Value, columns: int) -> _Cell:
    if not value.options:
        return _cell(value.text, columns, value.align)
    lines = [""]
    for option in map(_ticked, value.options):
        if lines[-1] and width(lines[-1]) + 2 + width(option) > columns - 2:
            lines.append("")
        lines[-1] += ("  " if lines[-1] else "") + option
    return _cell("\n".join(lines), columns)


def _cell(text: str, columns: int, align: str = "left") -> _Cell:
    return _Cell(columns, tuple(wrap(text, columns - 2)), align)


def _shares(weights: Sequence[int]) -> list[int]:
    """Columns inside the borders for each cell of a row, in proportion, at least 4."""
    room = WIDTH - 1 - len(weights)
    total = sum(weights)
    rooms = [max(4, room * weight // total) for weight in weights]
    rooms[rooms.index(max(rooms))] += room - sum(rooms)
    return rooms


def told(value: Value) -> str:
    """A value in plain text; boxes to tick as ``[√]`` and ``[ ]``."""
    return "  ".join(map(_ticked, value.options)) if value.options else value.text


def _ticked(option: Option) -> str:
    return f"[{'√' if option.ticked else ' '}]{option.label}"


def markdown(sheet: Sheet) -> str:
    """The sheet as Markdown: short tables of label and value, lists and signatures as their own."""
    parts = [f"# {md_text(sheet.title)}"]
    if sheet.book:
        parts.append(md_text(sheet.book))
    if sheet.stamp:
        parts.append(f"**{md_text(sheet.stamp)}**")
    parts.append(" · ".join(md_text(part) for part in (sheet.number, sheet.status, sheet.moment) if part))
    pairs: list[Pairs] = []
    for block in sheet.blocks:
        if isinstance(block, Pairs):
            pairs.append(block)
            continue
        parts += _md_pairs(pairs)
        pairs = []
        parts.append(_md_block(block, sheet))
    parts += _md_pairs(pairs)
    parts += [md_text(note) for note in sheet.notes]
    parts.append(md_text(f"{sheet.foot} · {sheet.printed}"))
    return "\n\n".join(parts) + "\n"


def _md_pairs(pairs: list[Pairs]) -> list[str]:
    boxes = [box for block in pairs for box in block.boxes]
    return [_md_table(None, ([box.label, told(box.value)] for box in boxes), 2)] if boxes else []


def _md_block(block: Block, sheet: Sheet) -> str:
    if isinstance(block, Grid):
        rows = ([told(value) for value in row] for row in block.rows + block.totals)
        return f"## {md_text(block.title)}\n\n" + _md_table(
            [head.label for head in block.heads], rows, len(block.heads)
        )
    if isinstance(block, Signing):
        cells = ["\n".join(filter(None, _signed(place, sheet.blank_date))) for place in block.places]
        return _md_table([place.label for place in block.places], [cells], len(block.places))
    return ""


def _md_table(heads: Sequence[str] | None, rows: Iterable[Sequence[str]], columns: int) -> str:
    lines = [heads or [""] * columns, *rows]
    drawn = ["| " + " | ".join(md_text(cell) for cell in line) + " |" for line in lines]
    drawn.insert(1, "|" + " --- |" * columns)
    return "\n".join(drawn)
