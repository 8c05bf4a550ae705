"""A ledger: many records of one form as the lines of one wide sheet, summed up month by month."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from decimal import InvalidOperation
from typing import Literal

from logbook.core.form import Form
from logbook.core.value import frozen
from logbook.locale.catalogue import Catalogue
from logbook.render.paper import Block
from logbook.render.paper import Grid
from logbook.render.paper import Head
from logbook.render.paper import Sheet
from logbook.render.paper import Signed
from logbook.render.paper import Signing
from logbook.render.paper import Value
from logbook.render.sheets import SHORT
from logbook.render.sheets import least
from logbook.render.tables import Column
from logbook.render.width import plain
from logbook.render.width import width

_ROOM = 150  # characters across A4 on its side
_BROAD = ("longtext", "list", "checklist", "attachment", "signature")
_MIDDLE = frozenset({"id", "date", "time", "datetime", "bool", "phone", "staff", "choice", "ref", "int"})


_LEDGERS = ("台账", "台帐", "ledger")
_HEADER = frozenset({"id", "at", "by", "status", "due", "form"})


@frozen
class Line:
    """One record on the ledger: its cells, the month it belongs to, the amounts in it, whether it counts."""

    cells: tuple[str, ...]
    month: str
    amounts: Mapping[int, str]
    voided: bool = False


def columns_of(form: Form) -> list[str]:
    """What a ledger of the form shows where nothing is said: number and time, the form's columns, then as many
    short fields in the order of its sheet as the page has room for, last by whom and how it stands."""
    first, last = ["id"], ["by", "status"]
    if not form.register:
        first.append("at")
    own = [name for name in form.columns if name in form.fields and name not in (*first, *last)]
    wanted = [name for name in own if form.fields[name].holds not in ("at", "by")]
    room = _ROOM - 7 - 17 - 12 - 10 - 10
    room -= sum(least(form.fields[name], form.fields[name].label.zh) for name in wanted)
    sheet = [cell.field for row in form.sheet for cell in row] or list(form.fields)
    for name in sheet:
        field = form.fields.get(name)
        if field is None or name in wanted or field.type in _BROAD or field.holds in ("at", "by"):
            continue
        need = least(field, field.label.zh)
        if need <= room:
            wanted.append(name)
            room -= need
    return [*first, *wanted, *last]


def ledger(
    form: Form,
    columns: Sequence[Column],
    lines: Sequence[Line],
    *,
    lang: str,
    book_name: str,
    period: str,
    now: datetime,
    commit: str | None,
    recorded: datetime | None,
) -> Sheet:
    """The ledger as a sheet. Amounts of money are summed up, for every month where there are several; a void record
    keeps its line and counts for nothing."""
    say = Catalogue("zh" if lang == "zh" else "en").say
    heads = [(say("sheet.row"), 5), *((column.head(lang), _weight(column, lang, [one.cells[n] for one in lines]))
             for n, column in enumerate(columns))]  # fmt: skip
    weights = _filled([weight for _, weight in heads], columns)
    rows: list[tuple[Value, ...]] = []
    months = list(dict.fromkeys(line.month for line in lines if line.month))
    for number, line in enumerate(lines, 1):
        cells = [_value(column, cell) for column, cell in zip(columns, line.cells, strict=True)]
        rows.append((Value(str(number), align="center"), *cells))
        last_of_month = number == len(lines) or lines[number].month != line.month
        if len(months) > 1 and line.month and last_of_month:
            month = [one for one in lines if one.month == line.month]
            rows.append(_total(columns, month, say("sheet.subtotal", month=line.month, count=_count(month))))
    total = _total(columns, lines, say("sheet.total", count=_count(lines)))
    title = form.title.say(lang)
    if not any(word in title.lower() for word in _LEDGERS):
        title = say("sheet.ledger", title=title)
    labels = tuple(Head(label, weight) for (label, _), weight in zip(heads, weights, strict=True))
    grid = Grid(say("sheet.lines"), labels, tuple(rows), (total,), sum(weight for _, weight in heads))
    blocks: list[Block] = [grid, Signing((Signed(say("sheet.made_by")), Signed(say("sheet.checked_by"))))]
    before, between, after = say("sheet.page", page="\0", pages="\0").split("\0")
    origin = ""
    if recorded is not None:
        origin = say("sheet.origin", moment=recorded.strftime("%Y-%m-%d %H:%M"), commit=(commit or "-")[:SHORT])
    return Sheet(
        lang="zh" if lang == "zh" else "en",
        book=plain(book_name),
        title=title,
        number=say("sheet.period", period=period) if period else "",
        status="",
        moment=say("sheet.total", count=_count(lines)),
        stamp="",
        blocks=tuple(blocks),
        notes=(say("sheet.source", source=form.source),) if form.source else (),
        foot=f"{form.full_name}  {period}".rstrip(),
        printed=say("sheet.printed", moment=now.strftime("%Y-%m-%d %H:%M")),
        page=(before, between, after),
        blank_date=say("sheet.blank_date"),
        landscape=True,
        record="",
        origin=origin,
        moment_of_record=int(recorded.timestamp()) if recorded is not None else 0,
    )


def _count(lines: Sequence[Line]) -> int:
    return sum(not line.voided for line in lines)


def _total(columns: Sequence[Column], lines: Sequence[Line], label: str) -> tuple[Value, ...]:
    """A row that sums up: its label stands in the first column that has room and no amount."""
    cells = [Value("")]
    placed = False
    for place, column in enumerate(columns):
        amounts = [one.amounts[place] for one in lines if place in one.amounts and not one.voided]
        if column.type == "money":
            cells.append(Value(_sum(amounts), align="right", whole=True))
        elif not placed:
            cells.append(Value(label, align="center"))
            placed = True
        else:
            cells.append(Value(""))
    return tuple(cells)


def _sum(amounts: Sequence[str]) -> str:
    total = Decimal(0)
    for amount in amounts:
        try:
            total += Decimal(amount)
        except InvalidOperation:
            continue
    return f"{total:.2f}"


def _value(column: Column, cell: str) -> Value:
    align: Literal["left", "center", "right"] = "left"
    if column.type in ("money", "decimal"):
        align = "right"
    elif column.type in _MIDDLE or column.id in ("at", "by", "status", "due"):
        align = "center"
    whole = column.type in ("date", "datetime", "time", "money", "decimal") or column.id == "at"
    return Value(cell, align=align, whole=whole)


def _weight(column: Column, lang: str, cells: Sequence[str]) -> int:
    longest = max((width(line) for cell in cells for line in cell.splitlines()), default=0)
    head = min(width(column.head(lang)) + 2, 10)
    if column.type == "id":
        return max(17, head)
    if column.type == "datetime" or column.id == "at":
        return 16
    most = 44 if column.type in ("text", "longtext") else 22
    return max(head, 5, min(longest + 2, most))


def _filled(weights: list[int], columns: Sequence[Column]) -> list[int]:
    """What is left of the page goes to the columns with sentences in them, most to the longest; where there is too
    little, moments are written in two lines."""
    moments = [n for n, one in enumerate(columns, 1) if one.type == "datetime" or one.id == "at"]
    if sum(weights) > _ROOM:
        weights = [min(weight, 11) if n in moments else weight for n, weight in enumerate(weights)]
    texts = [n for n, one in enumerate(columns, 1) if one.type in ("text", "longtext") and one.id not in _HEADER]
    longest = sum(weights[n] ** 2 for n in texts)
    spare = max(0, _ROOM - sum(weights))
    return [weight + (spare * weight**2 // longest if n in texts else 0) for n, weight in enumerate(weights)]
