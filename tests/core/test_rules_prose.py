"""A rule said back to people, in both languages, with the labels of the form."""

from __future__ import annotations

import pytest

from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.rules import parse_sum
from logbook.core.rules import say
from tests.core.rules_kit import form
from tests.core.rules_kit import library

VISIT = form("return_visit", "due done", "visit", final="done", visited_at="datetime")
COMPLAINT = form(
    "complaint",
    "registered told closed",
    "register tell close",
    final="closed",
    room="text",
    visit="ref return_visit",
    level="choice: major minor",
    harm="bool",
    count="int",
    told_at="datetime",
    replied_at="datetime",
    handler="staff",
    lists={"plans": {"plan": "text", "cost": "money"}},
)
BOOK = library(VISIT, COMPLAINT)


@pytest.mark.parametrize(
    ("sentence", "zh", "en"),
    [
        (
            "level, room required if harm is true before close",
            "“‹close›”之前，如果[harm]为“是”，须填[level]、[room]。",
            "Before “Close”, if Harm is yes: Level, Room must be filled in.",
        ),
        (
            "level is one of major, minor or harm is not true",
            "须满足：[level]是“<major>”或“<minor>”，或[harm]不为“是”。",
            "Level is “major” or “minor” or Harm is not yes.",
        ),
        (
            "visit is done and visit.visited_at >= told_at before close",
            "“‹close›”之前，须满足：[visit]是“<done>”，且[visit]的[visited_at]不早于[told_at]。",
            "Before “Close”: Visit is “done” and Visited at of Visit is not before Told at.",
        ),
        (
            "every row of plans where cost > 100: plan required",
            "每一行[plans]（[cost]大于100），须填[plan]。",
            "Every row of Plans where Cost is more than 100: Plan must be filled in.",
        ),
        (
            "no record of complaint where room = this.room and state is open",
            "须满足：没有《complaint》（[room]与本单的[room]相同，且状态是未了结）。",
            "There is no record of Complaint where Room is the same as"
            " Room of this record and state is still open.",
        ),
        (
            "close.by <> handler before close",
            "“‹close›”之前，须满足：“‹close›”的经办人与[handler]不同。",
            "Before “Close”: person of “Close” is not the same as Handler.",
        ),
        (
            "at <= told_at <= replied_at",
            "须满足：先后为时间、[told_at]、[replied_at]。",
            "In this order: time, Told at, Replied at.",
        ),
        (
            "unique room where state is not closed",
            "[room]不得重复（状态不是“<closed>”）。",
            "No two may have the same Room where state is not “closed”.",
        ),
        ("plans frozen after tell", "“‹tell›”之后不得再改[plans]。", "Plans must not change after “Tell”."),
        (
            "greatest gap of cost over rows of plans <= 2 hours while told",
            "处于“<told>”时，须满足：[plans]相邻[cost]的最大间隔不超过2 小时。",
            "While “told”: the greatest gap between Cost of rows of Plans is at most 2 hours.",
        ),
        (
            "at least 2 rows of plans where plan is filled",
            "须满足：至少有 2 个[plans]（已填[plan]）。",
            "There are at least 2 rows of Plans where Plan is filled in.",
        ),
        (
            "told_at falls on monday",
            "须满足：[told_at]在星期一。",
            "Told at falls on Monday.",
        ),
    ],
)
def test_rules_as_prose(sentence: str, zh: str, en: str) -> None:
    rule = parse_rule(sentence)
    assert say(rule, COMPLAINT, "zh", library=BOOK) == zh
    assert say(rule, COMPLAINT, "en", library=BOOK) == en


def test_without_a_library_other_forms_keep_their_ids() -> None:
    rule = parse_rule("visit.visited_at >= told_at")
    assert say(rule, COMPLAINT, "en") == "Visited_at of visit is not before Told at.".replace(
        "Visited_at of visit", "Visited_at of Visit"
    )


def test_conditions_and_sums_as_prose() -> None:
    assert say(parse_condition("level is major"), COMPLAINT, "zh") == "[level]是“<major>”"
    total = parse_sum("(sum of cost over rows of plans) * 2 - (count + 1)")
    assert say(total, COMPLAINT, "en") == "The sum of Cost over rows of Plans × 2 − (Count + 1)"
    assert say(total, COMPLAINT, "zh") == "[plans]的[cost]合计 × 2 − ([count] + 1)"
