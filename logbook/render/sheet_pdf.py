"""Sheets as one PDF: the neutral sheet as the data of the layout ``sheet``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logbook.render import pdf as press
from logbook.render.paper import Block
from logbook.render.paper import Grid
from logbook.render.paper import Pairs
from logbook.render.paper import Sheet
from logbook.render.paper import Value
from logbook.render.qr import svg

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
        "blocks": [_block(block) for block in sheet.blocks],
        "notes": [text(note) for note in sheet.notes],
        "foot": text(sheet.foot),
        "origin": text(sheet.origin),
        "page": list(sheet.page),
        "blank_date": sheet.blank_date,
        "landscape": sheet.landscape,
    }


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Pairs):
        boxes = [
            {"label": press.plain(box.label), "height": box.height, "value": _value(box.value)} for box in block.boxes
        ]
        return {"kind": "pairs", "spans": [list(span) for span in block.spans], "boxes": boxes}
    if isinstance(block, Grid):
        return {
            "kind": "grid",
            "title": press.plain(block.title),
            "heads": [[press.plain(head.label), head.weight] for head in block.heads],
            "rows": [[_value(value) for value in row] for row in block.rows],
            "totals": [[_value(value) for value in row] for row in block.totals],
        }
    places = [
        {"label": one.label, "name": one.name, "date": one.date, "note": one.note, "state": one.state}
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
