"""Sheets as one PDF: the neutral sheet as the data of the layout ``sheet``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logbook.render import pdf as press
from logbook.render.paper import UNITS
from logbook.render.paper import Block
from logbook.render.paper import Grid
from logbook.render.paper import Pairs
from logbook.render.paper import Sheet
from logbook.render.paper import Value
from logbook.render.qr import svg

_PAGE = {False: 178.0, True: 265.0}  # millimetres between the margins
_MARKS = frozenset("、，。；：（）《》“”／　")
_SHORT = 250  # a cell with fewer letters is not broken over two pages


def pdf(sheets: Sequence[Sheet], *, title: str = "", fonts: str | None = None) -> bytes:
    """The sheets one after the other, each with its own page x of y. The file is dated by the newest of them."""
    first = sheets[0]
    return press.compile(
        "sheet",
        {"sheets": [_sheet(one) for one in sheets]},
        title=title or " ".join(filter(None, (first.record, first.title))),
        lang=first.lang,
        moment=max(one.moment_of_record for one in sheets),
        author=first.book,
        keywords=[one.code or one.foot for one in sheets][:100],
        fonts=fonts,
    )


def balanced(label: str, room: float, size: float = 10) -> str:
    """A Chinese label that does not fit in ``room`` millimetres, in lines of nearly equal length; others as is."""
    head, bracket, unit = label.partition("（")
    if bracket and head and len(label) * size * 0.3528 > room:
        return f"{balanced(head, room, size)}\n（{press.plain(unit)}"
    if not label or any(ord(char) < 0x3000 or char in _MARKS for char in label):
        return press.plain(label)
    most = max(1, int(room / (size * 0.3528)))
    lines = -(-len(label) // most)
    each = -(-len(label) // lines)
    return "\n".join(label[at : at + each] for at in range(0, len(label), each))


def _sheet(sheet: Sheet) -> dict[str, Any]:
    text = press.plain
    return {
        "book": text(sheet.book),
        "title": text(sheet.title),
        "number": text(sheet.number),
        "status": text(sheet.status),
        "moment": text(sheet.moment),
        "stamp": text(sheet.stamp),
        "code": sheet.code,
        "qr": svg(sheet.code) if sheet.code else "",
        "blocks": [_block(block, _PAGE[sheet.landscape]) for block in sheet.blocks],
        "notes": [text(note) for note in sheet.notes],
        "foot": text(sheet.foot),
        "origin": text(sheet.origin),
        "page": list(sheet.page),
        "blank_date": sheet.blank_date,
        "landscape": sheet.landscape,
    }


def _block(block: Block, across: float) -> dict[str, Any]:
    if isinstance(block, Pairs):
        spans = block.spans
        boxes = [
            {
                "label": balanced(box.label, span[0] * across / UNITS - 2.6),
                "height": box.height,
                "value": _value(box.value),
            }
            for box, span in zip(block.boxes, spans, strict=True)
        ]
        return {"kind": "pairs", "spans": [list(span) for span in spans], "boxes": boxes}
    if isinstance(block, Grid):
        size = 7.5 if len(block.heads) > 14 else 8.5 if block.dense else 10
        return {
            "kind": "grid",
            "title": press.plain(block.title),
            "size": size,
            "heads": [
                [balanced(head.label, share * across / 100 - (1.6 if len(block.heads) > 9 else 2.8), size), head.weight]
                for head, share in zip(block.heads, block.shares, strict=True)
            ],
            "rows": [[_value(value) for value in row] for row in block.rows],
            "totals": [[_value(value) for value in row] for row in block.totals],
        }
    places = [
        {"label": press.plain(one.label), "name": one.name, "date": one.date, "note": one.note, "state": one.state}
        for one in block.places
    ]
    return {"kind": "signing", "places": places}


def _value(value: Value) -> dict[str, Any]:
    return {
        "text": press.plain(value.text),
        "options": [[press.plain(option.label), option.ticked] for option in value.options],
        "masked": value.masked,
        "align": value.align,
        "whole": value.whole,
        "long": len(value.text) > _SHORT,
    }
