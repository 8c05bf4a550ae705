"""Workbooks: typed on the way out, named by cell on the way in, and the same records after both."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as some

from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.values import parse_value
from logbook.core.workbook import Head
from logbook.core.workbook import Sheet
from logbook.operations import importing
from logbook.operations import listing
from logbook.operations.importing import Outcome
from logbook.operations.importing import Plan
from logbook.operations.spreadsheets import cell
from logbook.operations.spreadsheets import sheets_of
from logbook.operations.workbooks import _opened
from logbook.operations.workbooks import _read
from logbook.operations.workbooks import cell_text
from logbook.operations.workbooks import read_workbook
from logbook.render.workbook import TooLong
from logbook.render.workbook import workbook
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.operations.desk import make_book
from tests.operations.desk import refused

NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE)
CHOICES = {"a": Text("漏水", "Leak"), "b": Text("电、梯", "Lift, stuck"), "c": Text("漏水", "Other")}


def field(kind: str) -> Field:
    return Field("value", Text("值", "Value"), kind, choices=CHOICES if "choice" in kind else {})


TEXTS = some.one_of(
    some.sampled_from(["007", "1-1-101", "1.10", "no", "12:30", "=1+1", "@SUM(A1)", "-5度", "'x", "http://a.cn", "_x000D_",
                       "1e5", "TRUE", "2026-11-22", "＝漏水", "+86 13800001111", "a\nb", "𠮷", "#N/A"]),
    some.text(some.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Cn")), min_size=1, max_size=30),
)  # fmt: skip
DECIMALS = some.decimals(-10**12, 10**12, allow_nan=False, allow_infinity=False, places=6)
VALUES = some.one_of(
    some.tuples(some.just("text"), TEXTS),
    some.tuples(some.just("longtext"), TEXTS),
    some.tuples(some.just("int"), some.integers(-10**15 + 1, 10**15 - 1).map(str)),
    some.tuples(some.just("money"), some.integers(-10**14 + 1, 10**14 - 1).map(lambda one: f"{Decimal(one).scaleb(-2):f}")),
    some.tuples(some.just("decimal"), DECIMALS.map(lambda one: f"{one:f}")),
    some.tuples(some.just("decimal"), some.integers(-999, 999).map(lambda one: f"{one}.50")),
    some.tuples(some.just("date"), some.dates(date(1850, 1, 1), date(2150, 1, 1)).map(date.isoformat)),
    some.tuples(some.just("time"), some.times().map(lambda one: f"{one:%H:%M}")),
    some.tuples(
        some.just("datetime"),
        some.datetimes(datetime(1999, 1, 1), datetime(2150, 1, 1)).map(
            lambda one: one.replace(microsecond=0, tzinfo=ZONE).isoformat()
        ),
    ),
    some.tuples(some.just("bool"), some.sampled_from(["true", "false"])),
    some.tuples(some.just("choice"), some.sampled_from(["a", "b", "c"])),
    some.tuples(some.just("multichoice"), some.lists(some.sampled_from(["a", "b", "c"]), unique=True, min_size=1)),
)


@settings(max_examples=40, deadline=None)
@given(some.lists(VALUES, min_size=1, max_size=12), some.sampled_from(["zh", "en"]))
@example([("text", "_x000D_"), ("text", "x005F_")], "zh")
def test_every_value_comes_back_from_a_workbook_as_it_went_in(values: list[tuple[str, Any]], lang: str) -> None:
    fields = [field(kind) for kind, _ in values]
    canonical = [parse_value(own, value, now=NOON, zone=ZONE)[0] for own, (_, value) in zip(fields, values, strict=True)]
    row = [cell(own, value, lang, ZONE) for own, value in zip(fields, canonical, strict=True)]
    heads = [Head(f"c{place}", own.type) for place, own in enumerate(fields)]
    book, file = _opened("x.xlsx", workbook([Sheet("值", [Head("key"), *heads], [["k", *row]])], created=NOON))
    source = _read(file, book.worksheets[0])
    (line, found) = source.rows[0]
    for place, (own, value) in enumerate(zip(fields, canonical, strict=True)):
        text: Stored = found.get(f"c{place}")
        if (line, f"c{place}") in source.cells:
            text, issues = cell_text(own, source.cells[line, f"c{place}"])
            assert [one for one in issues if one.is_error] == []
        assert parse_value(own, text, now=NOON, zone=ZONE) == (value, []), values[place]


def exported(desk: Desk, form: str, lang: str = "zh") -> bytes:
    session = desk.session()
    own, query = listing.form_and_query(session, [form])
    assert own is not None
    rows = [(one, dict(one.state.fields)) for one in listing.load_rows(session, listing.select(session, own, query))]
    return workbook(sheets_of(own, rows, {}, lang=lang, zone=session.zone), created=session.now)


def bring(desk: Desk, data: bytes, form: str, plan: Plan | None = None, sheet: str | None = None, **more: Any) -> Outcome:
    session = desk.session(by=more.pop("by", "boss"))
    source = read_workbook("x.xlsx", data, session.form(form), sheet=sheet)
    return importing.run(session, form, source, plan or Plan(), **more)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_records_out_and_in_again_are_the_same(desk: Desk, tmp_path: Path, lang: str) -> None:
    desk.add("room", "id=007", "area_m2=88.50", now="2026-11-22 08:00")
    desk.add("complaint", "name=张三", "phone=059112345678", "summary==HYPERLINK(1)", "level=important", "room=3-502",
             "plans+={plan: 换管, cost: 12.50}", "plans+={plan: '1-1', cost: 0.10}", "harm=是", "departments=工程部",
             now="2026-11-22 08:00")  # fmt: skip
    desk.add("complaint", "name=李四", "summary=007", now="2026-11-22 09:00")
    other = make_book(tmp_path / "other")
    for form in ("room", "complaint"):
        data = exported(desk, form, lang)
        assert data == exported(desk, form, lang)
        outcome = bring(other, data, form)
        assert (outcome.rejected, outcome.added > 1) == ([], True)
        assert bring(other, data, form).known == outcome.added
    for record in ("CP-20261122-A001", "CP-20261122-A002", "007", "3-502"):
        mine, theirs = desk.load(record), other.load(record)
        assert theirs.state.fields == mine.state.fields
        assert (theirs.state.at, theirs.state.by) == (mine.state.at, mine.state.by)


def test_the_workbook_is_for_people(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary==1+1", "level=major", "plans+={plan: 换管, cost: 12.50}", now="2026-11-22 08:00")
    book = openpyxl.load_workbook(io.BytesIO(exported(desk, "complaint")))
    page, plans = book.worksheets
    row = {head.value: page.cell(2, head.column) for head in page[1]}
    assert (page.title, plans.title, page.freeze_panes) == ("客户投诉登记表", "补救方案", "B2")
    assert page.auto_filter.ref == page.dimensions
    assert (row["投诉时间"].value, row["投诉时间"].number_format) == (datetime(2026, 11, 22, 8), "yyyy-mm-dd hh:mm")
    assert (row["等级"].value, row["编号"].number_format) == ("重大", "@")
    assert (row["内容摘要"].value, row["内容摘要"].data_type, row["内容摘要"].quotePrefix) == ("=1+1", "s", True)
    assert [[one.value for one in line] for line in plans.iter_rows()] == [
        ["编号", "行", "方案", "结算费用"], ["CP-20261122-A001", 1, "换管", 12.5],
    ]  # fmt: skip
    assert plans["D2"].number_format == "#,##0.00"


def test_what_a_workbook_cannot_hold_is_said_not_cut() -> None:
    with pytest.raises(TooLong, match="值!B2"):
        workbook([Sheet("值", [Head("a"), Head("b")], [["x", "长" * 32_768]])], created=NOON)


def made(fill: Callable[[Any], None], title: str = "投诉") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for column, head in enumerate(("投诉时间", "客户姓名", "内容摘要", "联系电话", "房号", "损害制止时间"), 1):
        book.active.cell(1, column, head)
    for column, value in enumerate((datetime(2026, 11, 21, 9), "张三", "漏水"), 1):
        book.active.cell(2, column, value)
    fill(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def put(ref: str, value: object, shape: str | None = None) -> Callable[[Any], None]:
    def fill(book: Any) -> None:
        book.active[ref] = value
        if shape:
            book.active[ref].number_format = shape

    return fill


@pytest.mark.parametrize(
    ("fill", "rule", "cell"),
    [
        (put("C2", 0.95, "0%"), "import.cell-percent", "C2"),
        (put("A2", time(9, 30)), "import.cell-time", "A2"),
        (put("A2", 46000, "General"), "import.cell-serial", "A2"),
        (put("A2", datetime(1900, 1, 5)), "import.cell-early", "A2"),
        (put("C2", timedelta(hours=30)), "import.cell-duration", "C2"),
        (put("D2", datetime(2026, 1, 1)), "import.cell-date", "D2"),
        (put("D2", 350102199001011234), "import.cell-digits", "D2"),
        (put("C2", "#N/A"), "import.cell-error", "C2"),
        (put("C2", "=B2&1"), "import.cell-empty", "C2"),
    ],
)
def test_a_cell_that_says_something_else_is_refused_by_its_name(desk: Desk, fill: Any, rule: str, cell: str) -> None:
    outcome = bring(desk, made(fill), "complaint")
    ((line, issues),) = outcome.rejected
    assert [(line, one.rule, one.args["cell"]) for one in issues] == [(2, rule, cell)]


def test_numbers_that_are_text_and_days_of_either_system(desk: Desk) -> None:
    def fill(book: Any) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        page = book.active
        page["A2"], page["C2"], page["D2"] = datetime(2026, 11, 21, 9, 35, 0, 400_000), 101, 13800001111
        page["B2"] = 7
        page["B2"].number_format = "000"

    outcome = bring(desk, made(fill), "complaint")
    record = desk.load(outcome.ids[0]).record
    fields = record.fields
    assert (record.at, fields["name"], fields["summary"], fields["phone"]) == (
        "2026-11-21T09:35:00+08:00", "007", "101", "13800001111",
    )  # fmt: skip
    assert {(one.rule, one.args["cell"], one.args["count"]) for one in outcome.warnings} == {
        ("import.cell-zeros", "C2", 1), ("import.cell-zeros", "D2", 1),
    }  # fmt: skip


def _merged(cells: str) -> Callable[[Any], None]:
    return lambda book: book.active.merge_cells(cells)


def _second(book: Any) -> None:
    book.create_sheet("报修")["A1"] = "内容"


@pytest.mark.parametrize(
    ("fill", "issues"),
    [
        (_merged("A1:B1"), [("import.head-merged", None)]),
        (_merged("B2:B3"), [("import.merged", None)]),
        (put("H2", "多出来的"), [("import.head-empty", None)]),
        (put("B1", "内容摘要"), [("import.column-twice", None)]),
        (_second, [("import.sheet-which", "sheet")]),
    ],
)
def test_a_sheet_that_is_no_table_is_refused(desk: Desk, fill: Any, issues: list[tuple[str, str | None]]) -> None:
    with pytest.raises(Refused) as caught:
        bring(desk, made(fill), "complaint")
    assert refused(caught) == issues


def test_a_sheet_is_chosen_by_name_or_number(desk: Desk) -> None:
    assert [bring(desk, made(_second), "complaint", sheet=one, dry_run=True).added for one in ("投诉", "1")] == [1, 1]
    with pytest.raises(Refused) as caught:
        bring(desk, made(_second), "complaint", sheet="投拆")
    assert refused(caught) == [("import.sheet-unknown", "sheet")]


@pytest.mark.parametrize(
    ("data", "rule"),
    [(b"PK\x03\x04 no archive", "import.workbook"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "import.workbook-old")],
)
def test_what_is_no_workbook(desk: Desk, data: bytes, rule: str) -> None:
    with pytest.raises(Refused) as caught:
        bring(desk, data, "complaint")
    assert refused(caught) == [(rule, None)]


def test_a_sheet_that_swells_or_breaks_off_is_refused(desk: Desk) -> None:
    """What the library raises while rows are read: entities that multiply, a sheet cut off."""
    whole = zipfile.ZipFile(io.BytesIO(made(lambda book: None)))
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    swell = f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{entities}]>'.encode()
    row = b'<row r="3"><c r="A3" t="inlineStr"><is><t>&j;</t></is></c></row></sheetData>'
    for change in (lambda data: swell + data.replace(b"</sheetData>", row), lambda data: data[: len(data) // 2]):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in whole.namelist():
                data = whole.read(name)
                archive.writestr(name, change(data) if name == "xl/worksheets/sheet1.xml" else data)
        with pytest.raises(Refused) as caught:
            bring(desk, file.getvalue(), "complaint")
        assert refused(caught) == [("import.workbook", None)]


def test_days_as_the_file_writes_them(desk: Desk) -> None:
    plan = Plan({"at": "投诉时间"}, dates="DD/MM/YYYY")
    outcome = bring(desk, made(put("A2", "03/11/2026 09:30")), "complaint", plan)
    assert desk.load(outcome.ids[0]).record.at == "2026-11-03T09:30:00+08:00"
    with pytest.raises(Refused) as caught:
        bring(desk, made(put("A2", "x")), "complaint", Plan(dates="DD/MM"))
    assert refused(caught) == [("import.dates", "dates")]
