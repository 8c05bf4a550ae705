"""Sheets as an XLSX file: typed cells, no formula, no link; the same sheets are the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
from typing import Any

from logbook.core.workbook import Sheet
from logbook.render.width import width

LONGEST = 32_767  # characters a cell can hold
MOST_ROWS = 1_048_575  # below the head
_DIGITS = 15  # a spreadsheet's numbers hold no more
_FIRST_DAY = date(1900, 3, 1)  # before it spreadsheets disagree about the days
_LAST_DAY = date(9999, 12, 31)
_ACTIVE = tuple("=+-@\t\r＝＋－＠'")  # begins what a spreadsheet might run when it is typed again
_FORMATS = {
    "text": "@", "int": "0", "money": "#,##0.00", "date": "yyyy-mm-dd", "time": "hh:mm", "datetime": "yyyy-mm-dd hh:mm",
}  # fmt: skip
_NARROW, _WIDE = 8, 60


class TooLong(ValueError):
    """A cell or a sheet that the format cannot hold; ``place`` is the sheet and the cell."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def workbook(sheets: Iterable[Sheet], *, created: datetime) -> bytes:
    """The file. TooLong where a text or a sheet is longer than the format allows: nothing is cut in silence."""
    import xlsxwriter

    file = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "default_date_format": _FORMATS["date"],
    }  # fmt: skip
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"created": created.replace(tzinfo=None, microsecond=0)})
    writer = _Writer(book)
    names: set[str] = set()
    for sheet in sheets:
        writer.sheet(sheet, _free_name(sheet.name, names))
    book.close()
    return file.getvalue()


def _free_name(wanted: str, taken: set[str]) -> str:
    """A name a sheet may have: 31 characters, none of a few signs, no other sheet's."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted).strip().strip("'")[:31] or "1"
    name, count = plain, 1
    while name.casefold() in taken or name.casefold() == "history":
        count += 1
        tail = f" {count}"
        name = plain[: 31 - len(tail)] + tail
    taken.add(name.casefold())
    return name


class _Writer:
    def __init__(self, book: Any) -> None:
        self.book = book
        shape = {"bold": True, "bottom": 1, "bg_color": "#EEF2F6", "num_format": "@", "valign": "top"}
        self.head = book.add_format(shape)
        self.formats: dict[tuple[str, bool], Any] = {}

    def format(self, shape: str, *, quoted: bool = False) -> Any:
        if (shape, quoted) not in self.formats:
            wanted: dict[str, object] = {"num_format": shape, "valign": "top"}
            if quoted:
                wanted["quote_prefix"] = True  # typed again, it stays text
            self.formats[shape, quoted] = self.book.add_format(wanted)
        return self.formats[shape, quoted]

    def sheet(self, sheet: Sheet, name: str) -> None:
        page = self.book.add_worksheet(name)
        if len(sheet.rows) > MOST_ROWS:
            raise TooLong(name)
        widths = [width(head.label) + 3 for head in sheet.heads]  # room for the filter's arrow
        for column, head in enumerate(sheet.heads):
            page.write_string(0, column, head.label, self.head)
        for number, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(row):
                shown = self._cell(page, number, column, value, sheet.heads[column].kind, name)
                widths[column] = max(widths[column], shown)
        for column, wide in enumerate(widths):
            page.set_column(column, column, min(_WIDE, max(_NARROW, wide + 1)), self.format("@"))
        page.freeze_panes(1, 1)
        if sheet.heads:
            page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.heads) - 1)

    def _cell(self, page: Any, row: int, column: int, value: object, kind: str, name: str) -> int:
        """Write one cell; returns how wide it is."""
        if value is None or value == "":
            return 0
        if isinstance(value, bool):
            page.write_boolean(row, column, value, self.format("General"))
            return 5
        if isinstance(value, int | Decimal) and (places := _exactly(value)) is not None:
            shape = "0." + "0" * places if places else "0"
            shape = _FORMATS["money"] if kind == "money" and places <= 2 else shape
            page.write_number(row, column, value if isinstance(value, int) else float(value), self.format(shape))
            return len(str(value)) + 3
        if isinstance(value, datetime):
            if _FIRST_DAY <= value.date() <= _LAST_DAY:
                shape = _FORMATS["datetime"] + (":ss" if value.second else "")
                page.write_datetime(row, column, value.replace(tzinfo=None, microsecond=0), self.format(shape))
                return 19
            value = value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        elif isinstance(value, date):
            if _FIRST_DAY <= value <= _LAST_DAY:
                page.write_datetime(row, column, value, self.format(_FORMATS["date"]))
                return 11
            value = value.isoformat()
        elif isinstance(value, time):
            page.write_datetime(row, column, value, self.format(_FORMATS["time"]))
            return 6
        text = str(value)
        if len(text) > LONGEST:
            from xlsxwriter.utility import xl_rowcol_to_cell

            raise TooLong(f"{name}!{xl_rowcol_to_cell(row, column)}")
        page.write_string(row, column, text, self.format("@", quoted=text.startswith(_ACTIVE)))
        return max(map(width, text.splitlines()), default=0)


def _exactly(value: int | Decimal) -> int | None:
    """Decimals of a number that a spreadsheet keeps as it is; None for one it would round."""
    exact = Decimal(value)
    if not exact.is_finite():
        return None
    shape = exact.as_tuple()
    exponent = int(shape.exponent)
    if len(shape.digits) > _DIGITS or exponent > 0 or exponent < -_DIGITS:
        return None
    return -exponent if Decimal(repr(float(exact))) == exact else None
