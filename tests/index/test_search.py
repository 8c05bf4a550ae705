"""Full text: what is found and what is not."""

from __future__ import annotations

import sqlite3

import pytest

from logbook.index.schema import SEARCH
from logbook.index.search import match_expression
from logbook.index.search import tokens


def found(text: str, word: str, *, whole_words: bool = False) -> bool:
    connection = sqlite3.connect(":memory:")
    connection.execute(SEARCH)
    connection.execute("insert into search (rowid, body) values (1, ?)", (tokens(text),))
    expression = match_expression(word, whole_words=whole_words)
    return bool(connection.execute("select 1 from search where search match ?", (expression,)).fetchall())


@pytest.mark.parametrize(
    "word", ["水", "漏", "厨", "漏水", "厨房", "厨房漏水", "房漏", "3号楼", "3号", "楼", "楼厨"]
)
def test_chinese_words_of_any_length_are_found(word: str) -> None:
    assert found("3号楼厨房漏水", word)


@pytest.mark.parametrize("word", ["水漏", "厨水", "4号楼", "漏水了", "房水"])
def test_characters_apart_are_not_found(word: str) -> None:
    assert not found("3号楼厨房漏水", word)


def test_lines_and_signs_keep_words_in_a_row() -> None:
    assert found("厨房，漏水", "厨房漏水") is False
    assert found("CP-20261122-A003", "cp-20261122-a003")
    assert found("CP-20261122-A003", "20261122")


def test_letters_in_any_case_and_width() -> None:
    assert found("ＬＥＤ灯 Leak in 3-502", "led")
    assert found("ＬＥＤ灯 Leak in 3-502", "LEAK IN")
    assert found("led", "ＬＥＤ")


def test_the_last_word_may_go_on_unless_quoted() -> None:
    assert found("the tap is leaking", "leak")
    assert not found("the tap is leaking", "leak", whole_words=True)
    assert not found("the tap is leaking", "eaking")


def test_signs_alone_are_nothing_to_look_for() -> None:
    assert match_expression("*?!，") is None


@pytest.mark.parametrize("word", ['"', "漏水 OR 灯", "NEAR(漏 水)", "body:漏", "漏*", "^漏"])
def test_what_people_type_never_becomes_search_syntax(word: str) -> None:
    expression = match_expression(word)
    if expression is not None:
        assert found("漏", word) in (True, False)
        assert expression.count('"') == 2
