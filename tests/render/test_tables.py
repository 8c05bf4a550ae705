"""Tables for people keep Chinese aligned and fit the terminal; files hold exactly the values."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal

import pytest

from logbook.core.text import Text
from logbook.render.tables import Column
from logbook.render.tables import guarded
from logbook.render.tables import rows_as
from logbook.render.tables import table
from logbook.render.tables import unguarded
from logbook.render.width import width

COLUMNS = [
    Column("id", Text("编号", "id"), "id"),
    Column("room", Text("房号", "Room")),
    Column("summary", Text("内容摘要", "Summary")),
    Column("cost", Text("费用", "Cost"), "money"),
]
ROWS = [
    ("CP-20261122-A003", "3-502", "厨房漏水，滴到楼下", Decimal("1.50")),
    ("CP-20261122-A004", "007", "lift stuck", None),
]


def test_a_table_aligns_wide_characters_and_leaves_numbers_as_they_are() -> None:
    assert table(COLUMNS, ROWS, "zh").splitlines() == [
        "编号              房号   内容摘要            费用",
        "----------------  -----  ------------------  ----",
        "CP-20261122-A003  3-502  厨房漏水，滴到楼下  1.50",
        "CP-20261122-A004  007    lift stuck",
    ]


def test_a_table_fits_the_terminal_and_cuts_the_longest_text_not_the_id() -> None:
    lines = table(COLUMNS, ROWS, "zh", 48).splitlines()
    assert max(map(width, lines)) <= 48
    assert lines[2].startswith("CP-20261122-A003  3-502")
    assert "厨房漏水，滴到楼…" in lines[2]


@pytest.mark.parametrize("columns", [30, 40, 50, 60, 80, 120])
def test_a_table_of_any_width_stays_within_it(columns: int) -> None:
    rows = [("A1", "客" * 30, "漏" * 50, "x" * 70)]
    lines = table(["id", "who", "what", "note"], rows, "zh", columns).splitlines()
    assert max(map(width, lines)) <= columns


def test_a_table_has_no_line_breaks_or_colours_of_its_cells() -> None:
    text = table(["id", "note"], [("1", "one\ntwo\x1b[31m")], "en")
    assert text.splitlines()[-1] == "1   one two\ufffd[31m"


def test_rows_may_be_mappings_and_short() -> None:
    assert table(["id", "b"], [{"b": "2", "id": "1"}, ("3",)], "en").splitlines()[2:] == ["1   2", "3"]


def test_an_empty_table_shows_its_heads() -> None:
    assert table(COLUMNS, [], "en").splitlines()[0].split() == ["id", "Room", "Summary", "Cost"]
    assert table([], [], "en") == ""


def test_csv_holds_ids_as_heads_and_text_untouched() -> None:
    moment = datetime.fromisoformat("2026-11-22T09:35:00+08:00")
    rows = [
        ("CP-1", "007", 'said "no",\nthen left', "1.10"),
        ("CP-2", " x ", None, True),
        ("CP-3", moment, [1, 2], ""),
    ]
    text = "".join(rows_as("csv", COLUMNS, rows))
    assert list(csv.reader(io.StringIO(text))) == [
        ["id", "room", "summary", "cost"],
        ["CP-1", "007", 'said "no",\nthen left', "1.10"],
        ["CP-2", " x ", "", "true"],
        ["CP-3", "2026-11-22T09:35:00+08:00", "1; 2", ""],
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("＝1+1", "'＝1+1"),
        ("- 漏水", "'- 漏水"),
        ("-3.5", "-3.5"),
        ("-", "-"),
        ("+86 138-0013 8000", "+86 138-0013 8000"),
        ("3-502", "3-502"),
        ("'quoted", "'quoted"),
        ("", ""),
    ],
)
def test_a_formula_is_made_text_and_comes_back(text: str, written: str) -> None:
    assert guarded(text) == written
    assert unguarded(written) == text


def test_csv_guards_text_columns_only() -> None:
    assert list(rows_as("csv", COLUMNS, [("-1", "=1", "=2", "-5")]))[1] == "-1,'=1,'=2,-5\n"


def test_tsv_is_one_line_a_row_whatever_is_in_it() -> None:
    rows = [("a\tb", "c\nd", "e\\f", "")]
    assert list(rows_as("tsv", COLUMNS, rows))[1] == "a\\tb\tc\\nd\te\\\\f\t\n"


def test_markdown_escapes_what_would_be_markup() -> None:
    rows = [("CP-1", "a|b", "<b>*x*</b>\n[y](z) snake_case _u_", "1")]
    assert list(rows_as("md", COLUMNS, rows, lang="en")) == [
        "| id | Room | Summary | Cost |\n",
        "| --- | --- | --- | ---: |\n",
        "| CP-1 | a\\|b | &lt;b&gt;\\*x\\*&lt;/b&gt;<br>\\[y\\](z) snake_case \\_u\\_ | 1 |\n",
    ]


def test_html_is_a_whole_page_of_harmless_text() -> None:
    page = "".join(rows_as("html", COLUMNS, [("1", "<script>alert(1)</script>", 'a"b', "2")], title="投诉<>"))
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert "<script>" not in page
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page
    assert "<td class=n>2</td>" in page


def test_ids_are_the_ids_that_there_are() -> None:
    rows = [{"id": "CP-1"}, {"id": None}, {"id": "CP-2"}]
    assert list(rows_as("ids", ["form", "id"], rows)) == ["CP-1\n", "CP-2\n"]


def test_an_unknown_format_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="no table format: xls"):
        rows_as("xls", COLUMNS, [])
