"""A workbook read as the rows of an import: what a cell shows, and what spreadsheets do to values on the way."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Any

from logbook.core.errors import LogbookError
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.suggest import hint
from logbook.core.value import frozen
from logbook.operations import spreadsheets
from logbook.operations.importing import Source
from logbook.store.installed import install_command

_LARGEST = 300_000_000  # bytes unpacked; a million rows are less
_WIDEST = 10_000
_DIGITS = 15
_FIRST_DAY = datetime(1900, 3, 1)
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx under a password
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*ref="([A-Z]{1,3}[0-9]+:[A-Z]{1,3}[0-9]+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")


@frozen
class Cell:
    """A cell that is no plain text. ``kind``: number, percent, date, moment, time, duration, bool, error, empty
    (a formula nobody has computed), early (a day spreadsheets count wrongly), digits (rounded by the spreadsheet)."""

    ref: str
    kind: str
    text: str
    places: int = 0
    formula: bool = False


def need_library(package: str = "openpyxl") -> None:
    """UsageError ``book.missing-extra`` with the command that installs what is missing."""
    if find_spec(package) is None:
        raise UsageError("book.missing-extra", command=install_command("xlsx"))


def read_workbook(name: str, data: bytes, form: Form, *, sheet: str | None = None) -> Source:
    """The rows of one sheet (``sheet``: its name or number; needed where several could be meant), and of the list
    sheets of an export beside it. Refused with what is wrong and the cell it is in."""
    need_library()
    try:
        return _all_read(name, data, form, sheet)
    except LogbookError:
        raise
    except Exception as error:  # whatever a damaged sheet makes the library raise, rows and all
        raise Refused([Issue("import.workbook", {"path": name, "why": type(error).__name__})]) from error


def _all_read(name: str, data: bytes, form: Form, sheet: str | None) -> Source:
    book, file = _opened(name, data)
    pages = {page.title: page for page in book.worksheets}
    lists = {title: found for title in pages if (found := _list_of(form, title, pages[title])) is not None}
    page = _chosen(name, pages, lists, sheet)
    source = _read(file, page)
    rows: dict[str, list[dict[str, Stored]]] = {}
    issues: list[Issue] = []
    if page.title not in lists:
        for title, field in lists.items():
            rows[field.id] = list(_list_rows(file, field, pages[title], issues))
    if issues:
        raise Refused(issues)
    below = spreadsheets.joined(form, rows)
    return _with_lists(form, source, below) if below else source


@frozen
class _File:
    """A workbook as it came, and as the archive it is."""

    name: str
    data: bytes
    plain: zipfile.ZipFile


def _opened(name: str, data: bytes) -> tuple[Any, _File]:
    import openpyxl

    if data[:8] == _OLD:
        raise Refused([Issue("import.workbook-old", {"path": name})])
    try:
        plain = zipfile.ZipFile(io.BytesIO(data))
        if sum(one.file_size for one in plain.infolist()) > _LARGEST:
            raise Refused([Issue("import.workbook-large", {"path": name})])
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        _with_strings(book, plain)
        return book, _File(name, data, plain)
    except Refused:
        raise
    except Exception as error:  # whatever a damaged file makes the library raise
        raise Refused([Issue("import.workbook", {"path": name, "why": type(error).__name__})]) from error


def _with_strings(book: Any, plain: zipfile.ZipFile) -> None:
    """Give the sheets their shared texts as the file has them: the library takes the mark away by which a text that
    looks like an escape (``_x000D_``) is told from one."""
    from xml.etree.ElementTree import iterparse

    from openpyxl.cell.text import Text

    name = next((one for one in plain.namelist() if one.lower().endswith("sharedstrings.xml")), None)
    if name is None or b"x005F_" not in plain.read(name):
        return
    texts = []
    with plain.open(name) as file:
        for _, node in iterparse(file):
            if node.tag.endswith("}si"):
                texts.append(Text.from_tree(node).content)
                node.clear()
    for page in book.worksheets:
        page._shared_strings = texts


def _list_of(form: Form, title: str, page: Any) -> Field | None:
    """The list field whose rows a sheet of an export holds, by its name and its first head."""
    first = next(page.iter_rows(min_row=1, max_row=1, max_col=1, values_only=True), (None,))
    if not first or first[0] not in (spreadsheets.HEADER["id"].zh, spreadsheets.HEADER["id"].en):
        return None
    for lang in ("zh", "en"):
        for name, label in spreadsheets.labels_of(form, lang).items():
            if form.fields[name].type in ("list", "checklist") and title == label[:31]:
                return form.fields[name]
    return None


def _chosen(name: str, pages: dict[str, Any], lists: dict[str, Field], sheet: str | None) -> Any:
    if sheet is not None:
        if sheet in pages:
            return pages[sheet]
        if sheet.isdigit() and 1 <= int(sheet) <= len(pages):
            return list(pages.values())[int(sheet) - 1]
        args = {"found": sheet, "known": list(pages), "hint": hint(sheet, list(pages))}
        raise Refused([Issue("import.sheet-unknown", args, field="sheet")])
    meant = [
        page
        for title, page in pages.items()
        if title not in lists and page.sheet_state == "visible" and _has_rows(page)
    ]
    if not meant:
        raise Refused([Issue("import.empty", {"path": name})])
    if len(meant) > 1:
        titles = [page.title for page in meant]
        raise Refused([Issue("import.sheet-which", {"known": titles, "first": titles[0]}, field="sheet")])
    return meant[0]


def _has_rows(page: Any) -> bool:
    page.reset_dimensions()
    rows = page.iter_rows(values_only=True)
    return any(value not in (None, "") for row in rows for value in row)


def _read(file: _File, page: Any) -> Source:
    from openpyxl.utils import get_column_letter

    merged, has_formulas = _looked_through(page, file.plain)
    computed = _formula_cells(file.data, page.title) if has_formulas else frozenset()
    page.reset_dimensions()
    lines = enumerate(page.iter_rows(), 1)
    start, head = next(((line, cells) for line, cells in lines if _filled(cells)), (0, ()))
    columns = _columns(head, start, merged, file.name)
    rows: list[tuple[int, dict[str, Stored]]] = []
    found: dict[tuple[int, str], Cell] = {}
    stray: dict[int, int] = {}
    for line, cells in lines:
        row: dict[str, Stored] = {}
        for place, cell in enumerate(cells):
            ref = f"{get_column_letter(place + 1)}{line}"
            text, noted = _value(cell, ref, formula=ref in computed)
            if noted is None and text in (None, ""):
                continue
            if place not in columns:
                stray.setdefault(place, line)
                continue
            row[columns[place]] = text
            if noted is not None:
                found[line, columns[place]] = noted
        if row:
            rows.append((line, row))
    issues = [
        Issue("import.head-empty", {"cell": f"{get_column_letter(place + 1)}{start}", "below": line}, line=start)
        for place, line in stray.items()
    ]
    issues += [
        Issue("import.merged", {"cells": one}, line=_first_line(one))
        for one in merged
        if _last_line(one) > start and columns
    ]
    if issues:
        raise Refused(issues)
    letters = {column: get_column_letter(place + 1) for place, column in columns.items()}
    return Source(file.name, tuple(columns.values()), rows, letters, found)


def _filled(cells: Any) -> bool:
    return any(cell.value not in (None, "") for cell in cells)


def _columns(head: Any, line: int, merged: list[str], name: str) -> dict[int, str]:
    """The heads by place. A head that spans columns or lines names none of them."""
    if not head:
        raise Refused([Issue("import.empty", {"path": name})])
    if len(head) > _WIDEST:
        raise Refused([Issue("import.wide", {"count": len(head)}, line=line)])
    across = [one for one in merged if _first_line(one) <= line <= _last_line(one)]
    if across:
        raise Refused([Issue("import.head-merged", {"cells": one}, line=line) for one in across])
    columns = {}
    for place, cell in enumerate(head):
        text = _unescaped(str(cell.value)).strip() if cell.value is not None else ""
        if text:
            columns[place] = " ".join(text.split())
    twice = sorted(column for column, count in Counter(columns.values()).items() if count > 1)
    if twice:
        raise Refused([Issue("import.column-twice", {"columns": twice}, line=line)])
    return columns


def _looked_through(page: Any, plain: zipfile.ZipFile) -> tuple[list[str], bool]:
    """The merged cells of a sheet and whether it has formulas: the quick reader of the library tells neither."""
    data = plain.read(page._worksheet_path)
    return [one.decode() for one in _MERGED.findall(data)], _FORMULA.search(data) is not None


def _formula_cells(data: bytes, title: str) -> frozenset[str]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    return frozenset(cell.coordinate for row in book[title].iter_rows() for cell in row if cell.data_type == "f")


def _first_line(cells: str) -> int:
    return int(re.sub("[A-Z]", "", cells.partition(":")[0]))


def _last_line(cells: str) -> int:
    return int(re.sub("[A-Z]", "", cells.partition(":")[2]))


def _value(cell: Any, ref: str, *, formula: bool) -> tuple[Stored, Cell | None]:
    """What a cell says as text, with what must be known about it unless it is plain text."""
    value = cell.value
    if value is None:
        return (None, Cell(ref, "empty", "", formula=True)) if formula else (None, None)
    if cell.data_type == "e":
        return str(value), Cell(ref, "error", str(value), formula=formula)
    if isinstance(value, str):
        text = _unescaped(value)
        return text, Cell(ref, "text", text, formula=True) if formula else None
    kind, text, places = _typed(value, cell.number_format or "General")
    return text, Cell(ref, kind, text, places, formula)


def _typed(value: object, shape: str) -> tuple[str, str, int]:
    """The kind of a typed cell, its text, and how many decimals it shows."""
    if isinstance(value, bool):
        return "bool", "true" if value else "false", 0
    if isinstance(value, timedelta):
        return "duration", str(value), 0
    if isinstance(value, time):
        rounded = (datetime.combine(_FIRST_DAY, value) + timedelta(milliseconds=500)).time().replace(microsecond=0)
        return "time", rounded.isoformat("seconds" if rounded.second else "minutes"), 0
    if isinstance(value, datetime):
        moment = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        if moment < _FIRST_DAY:
            return "early", moment.date().isoformat(), 0
        if moment.time() == time() and not re.search("[hHsS]", re.sub(r'"[^"]*"|\[[^\]]*\]', "", shape)):
            return "date", moment.date().isoformat(), 0
        return "moment", moment.isoformat(" "), 0
    exact = Decimal(str(value))
    text = f"{exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize():f}"
    if "%" in shape:
        return "percent", text, 0
    if abs(exact) >= Decimal(10) ** _DIGITS:
        return "digits", text, 0
    if re.fullmatch("0{2,}", shape) and "." not in text:
        text = text.zfill(len(shape))  # 007 by its format
    shown = re.search(r"0\.(0+)", shape)
    return "number", text, len(shown[1]) if shown else 0


def _unescaped(text: str) -> str:
    from openpyxl.utils.escape import unescape

    return str(unescape(text)) if "_x" in text else text


def cell_text(field: Field, cell: Cell) -> tuple[Stored, list[Issue]]:
    """The text a field takes from a cell, or why it cannot; warnings are what it takes with a doubt."""
    args = {"cell": cell.ref, "found": cell.text, "label": field.label}
    refused = _refusal(field, cell)
    if refused is not None:
        return None, [Issue(refused, args, field=field.id)]
    doubts = []
    if cell.formula:
        doubts.append(Issue("import.cell-formulas", args, severity="warning", field=field.id))
    text = cell.text
    if cell.kind == "number":
        if field.type in ("decimal", "money") and cell.places:
            whole, _, part = text.partition(".")
            most = 2 if field.type == "money" else 6
            text = f"{whole}.{part.ljust(min(cell.places, most), '0')}"
        elif field.type in ("text", "phone", "ref", "staff") and not text.startswith("0"):
            doubts.append(Issue("import.cell-zeros", args, severity="warning", field=field.id))
    return text, doubts


def _refusal(field: Field, cell: Cell) -> str | None:
    """Why a field cannot take a cell; None when it can try."""
    kind = cell.kind
    if kind in ("empty", "error", "early", "digits", "duration"):
        return f"import.cell-{kind}"
    if kind == "percent" and field.type not in ("bool",):
        return "import.cell-percent"
    if kind == "time" and field.type != "time" and field.type not in ("text", "longtext"):
        return "import.cell-time"
    if kind == "number" and field.type in ("date", "datetime", "time"):
        return "import.cell-serial"
    if kind in ("date", "moment") and field.type in ("int", "decimal", "money", "bool", "phone", "time"):
        return "import.cell-date"
    return None


def _list_rows(file: _File, field: Field, page: Any, issues: list[Issue]) -> Iterator[dict[str, Stored]]:
    """The rows of a list sheet as text."""
    source = _read(file, page)
    for line, row in source.rows:
        made = dict(row)
        for column in row:
            cell = source.cells.get((line, column))
            own = field.columns.get(spreadsheets.list_column(field, column))
            if cell is not None and own is not None:
                made[column], found = cell_text(own, cell)
                issues += [one.at(line=line) for one in found if one.is_error]
        yield made


def _with_lists(form: Form, source: Source, found: dict[str, dict[str, Stored]]) -> Source:
    """The records' rows with the rows of their lists."""
    own = next((column for column in source.columns if spreadsheets.header_of(form, column) == "id"), None)
    if own is None:
        return source
    fields = dict.fromkeys(name for values in found.values() for name in values)
    rows = []
    for line, row in source.rows:
        more = found.get(str(row.get(own) or ""), {})
        rows.append((line, {**row, **more}))
    return Source(source.name, (*source.columns, *fields), rows, source.letters, source.cells)
