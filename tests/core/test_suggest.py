"""The nearest known word."""

from __future__ import annotations

import pytest

from logbook.core.suggest import closest
from logbook.core.suggest import hint
from logbook.core.text import Text


@pytest.mark.parametrize(
    ("word", "options", "nearest"),
    [
        ("finshed", ["finished", "tried", "done"], ["finished"]),
        ("MAJOR", ["minor", "major"], ["major"]),
        ("clsoe", ["close", "chose"], ["close"]),
        ("at_closed", ["opened_at", "closed_at"], ["closed_at"]),
        ("投诉", ["保修", "客户投诉"], ["客户投诉"]),
        ("转成", ["转呈", "归档"], ["转呈"]),
        ("wheelbarrow", ["done", "tried"], []),
        ("", ["done"], []),
        ("x", ["y", "z"], []),
    ],
)
def test_the_nearest_word_is_offered_and_nothing_far_off(
    word: str, options: list[str], nearest: list[str]
) -> None:
    assert closest(word, options) == nearest


def test_several_are_offered_nearest_first() -> None:
    assert closest("visited", ["visit", "visited_at", "vista"], n=2) == ["visit", "visited_at"]


def test_the_question_is_empty_when_nothing_is_near() -> None:
    assert hint("visti", ["visit"]) == Text("是不是“visit”？", ' Did you mean "visit"?')
    assert not hint("zzz", ["visit"])
