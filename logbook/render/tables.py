"""Rows of values as a table for people, or as CSV, TSV, Markdown, HTML or bare ids for files."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime

from logbook.core.patterns import lazily
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.locale.catalogue import spoken
from logbook.render.width import cut
from logbook.render.width import pad
from logbook.render.width import plain
from logbook.render.width import width as columns_of

_NUMERIC = frozenset({"int", "decimal", "money"})
_NO_TEXT = _NUMERIC | {"date", "time", "datetime", "bool", "choice", "id"}
_NARROWEST = 6


@frozen
class Column:
    """A column: its id (the head in files), its label (the head for people) and its type.

    ``type`` is a field type or ``id``; numbers align right. ``whole`` columns are never cut.
    """

    id: str
    label: Text | str = ""
    type: str = "text"
    whole: bool = False

    def head(self, lang: str) -> str:
        """The label in ``lang``, the id where there is none."""
        return (self.label.say(lang) if isinstance(self.label, Text) else self.label) or self.id


Row = Sequence[object] | Mapping[str, object]


def columns_from(columns: Iterable[Column | str]) -> list[Column]:
    """Columns; a bare word is a column of that id."""
    return [
        column if isinstance(column, Column) else Column(column, type="id" if column == "id" else "text")
        for column in columns
    ]


def table(columns: Sequence[Column | str], rows: Iterable[Row], lang: str, width: int | None = None) -> str:
    """A table for a terminal of ``width`` columns (None: as wide as it comes).

    Cells are in the order of ``columns``, or mappings by column id. Long cells are cut with ``…``,
    the widest columns first; ids never. Control characters of people's text never reach the terminal.
    """
    heads = columns_from(columns)
    cells = [[plain(spoken(value, lang)) for value in _cells(heads, row)] for row in rows]
    titles = [plain(column.head(lang)) for column in heads]
    if not heads:
        return ""
    if width is not None:
        room = limits(heads, titles, cells, width)
        titles = [cut(title, limit) for title, limit in zip(titles, room, strict=True)]
        cells = [[cut(cell, limit) for cell, limit in zip(row, room, strict=True)] for row in cells]

    wide = [max(map(columns_of, column)) for column in zip(titles, *cells, strict=True)]
    aligned = ["right" if column.type in _NUMERIC else "left" for column in heads]
    lines = ["  ".join(map(pad, line, wide, aligned)) for line in (titles, *cells)]
    lines.insert(1, "  ".join("-" * columns for columns in wide))
    return "\n".join(line.rstrip() for line in lines)


def limits(
    heads: Sequence[Column], titles: Sequence[str], cells: Sequence[Sequence[str]], width: int
) -> list[int]:
    """Columns each may take so that the whole fits: the widest ones give way first, evenly."""
    natural = [
        max([columns_of(titles[place]), *(columns_of(row[place]) for row in cells)])
        for place in range(len(heads))
    ]
    room = width - 2 * (len(heads) - 1)
    cuttable = [
        place
        for place, column in enumerate(heads)
        if not column.whole
        and column.type not in ("id", "datetime", "date", "time")
        and natural[place] > _NARROWEST
    ]
    given = list(natural)
    excess = sum(natural) - room
    while excess > 0 and cuttable:
        widest = max(given[place] for place in cuttable)
        wide = [place for place in cuttable if given[place] == widest]
        below = max([given[place] for place in cuttable if given[place] < widest], default=_NARROWEST)
        target = max(below, _NARROWEST, widest - -(-excess // len(wide)))
        if target >= widest:
            break
        for place in wide:
            taken = min(widest - target, excess)
            given[place] -= taken
            excess -= taken
    return given


def _cells(columns: Sequence[Column], row: Row) -> list[object]:
    if isinstance(row, Mapping):
        return [row.get(column.id) for column in columns]
    return [*row, *[None] * (len(columns) - len(row))][: len(columns)]


def rows_as(
    format: str, columns: Sequence[Column | str], rows: Iterable[Row], *, lang: str = "zh", title: str = ""
) -> Iterator[str]:
    """Rows as ``csv``, ``tsv``, ``md``, ``html`` or ``ids``, line by line with its line end.

    The files' first line holds the column ids, the pages' the labels. In CSV and TSV text that a
    spreadsheet would run as a formula gets a leading apostrophe (:func:`guarded`). CSV: RFC 4180 quoting, LF.
    TSV: no quotes, tab, line break and backslash inside a cell stand as ``\\t``, ``\\n`` and ``\\\\``. Values:
    moments as RFC 3339, booleans ``true`` and ``false``, nothing as an empty cell.
    """
    heads = columns_from(columns)
    makers = {"csv": _csv, "tsv": _tsv, "md": _markdown, "html": _html, "ids": _ids}
    if format not in makers:
        raise ValueError(f"no table format: {format}")
    return makers[format](heads, rows, lang, title)


def _csv(columns: Sequence[Column], rows: Iterable[Row], lang: str, title: str) -> Iterator[str]:
    yield _csv_line([column.id for column in columns])
    for row in rows:
        yield _csv_line(
            [_guarded_text(column, value) for column, value in zip(columns, _cells(columns, row), strict=True)]
        )


def _guarded_text(column: Column, value: object) -> str:
    text = _file_text(value)
    return text if column.type in _NO_TEXT else guarded(text)


def _csv_line(cells: Iterable[str]) -> str:
    return ",".join(_csv_cell(cell) for cell in cells) + "\n"


def _csv_cell(cell: str) -> str:
    if any(char in cell for char in ',"\r\n') or cell != cell.strip(" "):
        return '"' + cell.replace('"', '""') + '"'
    return cell


# What a spreadsheet takes for the beginning of a formula; the wide forms count in Chinese ones.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
# A signed number, a telephone number with its country, a lone dash: harmless though they begin so.
_HARMLESS = lazily(r"[+-]?\d+(\.\d+)?%?|\+\d[\d ()-]*\d|-{1,2}|－{1,2}")


def guarded(text: str) -> str:
    """``text`` with a leading apostrophe where a spreadsheet would run it as a formula.

    ``-3.5``, ``+86 138 0013 8000`` and ``-`` are left alone; :func:`unguarded` takes it back.
    """
    if text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def unguarded(text: str) -> str:
    """What :func:`guarded` was given."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def _tsv(columns: Sequence[Column], rows: Iterable[Row], lang: str, title: str) -> Iterator[str]:
    yield "\t".join(column.id for column in columns) + "\n"
    for row in rows:
        cells = zip(columns, _cells(columns, row), strict=True)
        yield "\t".join(_tsv_cell(_guarded_text(column, value)) for column, value in cells) + "\n"


def _tsv_cell(cell: str) -> str:
    for char, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        cell = cell.replace(char, written)
    return cell


def _markdown(columns: Sequence[Column], rows: Iterable[Row], lang: str, title: str) -> Iterator[str]:
    if title:
        yield f"# {md_text(title)}\n\n"
    yield _markdown_line(column.head(lang) for column in columns)
    yield "|" + "|".join(" ---: " if column.type in _NUMERIC else " --- " for column in columns) + "|\n"
    for row in rows:
        yield _markdown_line(spoken(value, lang) for value in _cells(columns, row))


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(md_text(cell) for cell in cells) + " |\n"


_MARKUP = lazily(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")


def md_text(text: str) -> str:
    """People's text as plain words in one Markdown table cell: markup escaped, breaks as ``<br>``."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _MARKUP.sub(lambda mark: "\\" + mark.group(), text)
    return plain(text, newline="<br>")


def html_text(text: str) -> str:
    """People's text as plain words in HTML, breaks as ``<br>``."""
    from html import escape

    return plain(escape(text), newline="<br>")


_PAGE = (
    "body{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',SimSun,"
    "sans-serif;margin:2em;color:#000;background:#fff}table{border-collapse:collapse;font-size:14px}"
    "th,td{border:1px solid #888;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#f2f2f2}td.n{text-align:right}thead{display:table-header-group}tr{break-inside:avoid}"
)


def _html(columns: Sequence[Column], rows: Iterable[Row], lang: str, title: str) -> Iterator[str]:
    yield f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head><meta charset="utf-8">'
    yield f"<title>{html_text(title) or 'logbook'}</title><style>{_PAGE}</style></head>\n<body>\n"
    if title:
        yield f"<h1>{html_text(title)}</h1>\n"
    yield "<table>\n<thead><tr>"
    yield "".join(f"<th>{html_text(column.head(lang))}</th>" for column in columns)
    yield "</tr></thead>\n<tbody>\n"
    for row in rows:
        cells = zip(columns, _cells(columns, row), strict=True)
        yield (
            "<tr>"
            + "".join(
                f"<td{' class=n' if column.type in _NUMERIC else ''}>{html_text(spoken(value, lang))}</td>"
                for column, value in cells
            )
            + "</tr>\n"
        )
    yield "</tbody>\n</table>\n</body>\n</html>\n"


def _ids(columns: Sequence[Column], rows: Iterable[Row], lang: str, title: str) -> Iterator[str]:
    place = next((place for place, column in enumerate(columns) if column.id == "id"), 0)
    for row in rows:
        if columns and (value := _cells(columns, row)[place]):
            yield f"{value}\n"


def _file_text(value: object) -> str:
    """A value in a file: the same in every language."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, Mapping):
        import json

        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "; ".join(_file_text(item) for item in value)
    return spoken(value, "en")
