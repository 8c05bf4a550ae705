"""A report as a file of another program: PDF pages, or a spreadsheet with a sheet for each of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from logbook.core.reporting import NUMERIC
from logbook.core.reporting import Cell
from logbook.core.reporting import Named
from logbook.core.reporting import Part
from logbook.core.reporting import Report
from logbook.core.reporting import Small
from logbook.core.text import Text
from logbook.core.workbook import KINDS
from logbook.core.workbook import Head
from logbook.core.workbook import Sheet
from logbook.render import reports as rendering

_CHART = 70  # per cent of a page's width
_WIDE = 8  # columns from which a page lies on its side
_DEFINITIONS = Text("数字的含义", "What the figures mean")


def pdf(reports: Sequence[Report], lang: str, *, title: str | None = None, fonts: str | None = None) -> bytes:
    """Reports one after the other, with their charts and what each figure means. UsageError where a font or
    the library is missing; ``fonts``: a folder to take fonts from. The date of the file is the moment the last
    report tells of."""
    from logbook.render import pdf as printing

    first = reports[0]
    several = len(reports) > 1
    parts: list[dict[str, Any]] = []
    for report in reports:
        for part in report.parts:
            name = part.title.say(lang)
            parts += _printed(part, lang, f"{report.title.say(lang)}  {name}" if several else name)
    lines = rendering.head_lines(first, lang)
    data = {
        "title": title or first.title.say(lang),
        "subtitle": "\n".join(lines[several:]),
        "footer": first.book,
        "landscape": any(len(part.columns) >= _WIDE for report in reports for part in report.parts),
        "parts": parts,
    }
    moment = int(max(one.as_of for one in reports).timestamp())
    return printing.report(data, lang=lang, moment=moment, author=first.book, fonts=fonts)


def _printed(part: Part, lang: str, title: str) -> list[dict[str, Any]]:
    """A table with its first chart; each other chart stands below it by itself."""
    rows = rendering.rows_for(part, lang)
    totals = rows.pop() if part.totals is not None and part.rows else None
    columns = [
        {"label": rendering.column_head(one).say(lang), "align": "right" if one.type in NUMERIC else "left"}
        for one in part.columns
    ]
    shown: dict[str, Any] = {"title": title, "text": " ".join(rendering.remarks(part, lang))}
    if rows:
        shown |= {"columns": columns, "rows": rows}
        if totals is not None:
            shown["totals"] = [totals]
    shown["definitions"] = [rendering.definition_line(one, lang) for one in part.definitions]
    drawn = [rendering.svg(chart, lang) for chart in part.charts]
    if drawn:
        shown |= {"svg": drawn[0], "svg_width": _CHART}
    return [shown, *({"svg": one, "svg_width": _CHART} for one in drawn[1:])]


def sheets(report: Report, lang: str) -> list[Sheet]:
    """The tables of a report, and last what each figure means."""
    found = []
    meanings: list[tuple[str, str]] = []
    for part in report.parts:
        heads = [
            Head(
                rendering.column_head(one).say(lang),
                one.type if one.type in KINDS else "decimal" if one.type in NUMERIC else "text",
            )
            for one in part.columns
        ]
        lines = [*part.rows, *([part.totals] if part.totals is not None and part.rows else [])]
        found.append(Sheet(part.title.say(lang), heads, [[_typed(cell, lang) for cell in line] for line in lines]))
        meanings += [(part.title.say(lang), rendering.definition_line(one, lang)) for one in part.definitions]
    told = [("", line) for line in rendering.head_lines(report, lang)]
    found.append(Sheet(_DEFINITIONS.say(lang), [Head(report.title.say(lang)), Head("")], [*told, *meanings]))
    return found


def _typed(cell: Cell, lang: str) -> object:
    if isinstance(cell, Text | Named):
        return cell.say(lang)
    if isinstance(cell, Small):
        return cell.text
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    return cell
