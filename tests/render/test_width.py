"""Chinese text takes two columns a character; cutting and wrapping count by columns."""

from __future__ import annotations

import pytest

from logbook.render.width import cut
from logbook.render.width import pad
from logbook.render.width import plain
from logbook.render.width import width
from logbook.render.width import wrap


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("room", 4),
        ("漏水", 4),
        ("3-502 漏水", 10),
        ("ａ", 2),
        ("e\u0301", 1),
        ("\u200b", 0),
        ("𠮷", 2),
    ],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


def test_pad() -> None:
    assert pad("漏水", 6) == "漏水  "
    assert pad("漏水", 6, "right") == "  漏水"
    assert pad("漏水", 7, "center") == " 漏水  "
    assert pad("漏水", 2) == "漏水"


@pytest.mark.parametrize(
    ("text", "columns", "left"),
    [
        ("厨房漏水", 8, "厨房漏水"),
        ("厨房漏水", 7, "厨房漏…"),
        ("厨房漏水", 6, "厨房…"),
        ("厨房漏水", 1, "…"),
        ("厨房漏水", 0, ""),
        ("kitchen", 4, "kit…"),
    ],
)
def test_cut(text: str, columns: int, left: str) -> None:
    assert cut(text, columns) == left
    assert width(cut(text, columns)) <= columns


def test_wrap_breaks_chinese_anywhere_but_never_before_a_closing_mark() -> None:
    assert wrap("厨房漏水，已关总阀。", 8) == ["厨房漏", "水，已关", "总阀。"]


def test_wrap_never_ends_a_line_with_an_opening_mark() -> None:
    assert wrap("客服主管（副主任）", 10) == ["客服主管", "（副主任）"]


def test_wrap_keeps_latin_words_whole_unless_they_are_too_long() -> None:
    assert wrap("call the plumber now", 9) == ["call the", "plumber", "now"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("one\n\ntwo", 9) == ["one", "", "two"]


def test_nothing_that_steers_a_terminal_comes_through() -> None:
    assert plain("a\x1b[31mb\u202ec\r\nd\te") == "a\ufffd[31mbc d e"
    assert plain("一\n二", newline="<br>") == "一<br>二"
    assert plain("3-502 漏水") == "3-502 漏水"
