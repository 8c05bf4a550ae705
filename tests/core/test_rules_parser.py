"""Sentences become nodes; what is no sentence gets its exact column and a suggestion."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from logbook.core.rules import SentenceError
from logbook.core.rules import Where
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.rules import parse_sum
from logbook.core.rules.nodes import Both
from logbook.core.rules.nodes import Compare
from logbook.core.rules.nodes import Either
from logbook.core.rules.nodes import Fold
from logbook.core.rules.nodes import Gate
from logbook.core.rules.nodes import Holds
from logbook.core.rules.nodes import Is
from logbook.core.rules.nodes import Items
from logbook.core.rules.nodes import Name
from logbook.core.rules.nodes import Number
from logbook.core.rules.nodes import Path
from logbook.core.rules.nodes import Quoted
from logbook.core.rules.nodes import Required
from logbook.core.rules.nodes import Value


def test_the_parts_of_a_rule() -> None:
    rule = parse_rule(
        "every row of lines where kind is x: a, it.b required if this.c is true before close, file"
    )
    assert rule.every == Items("row", (Path(("lines",)),), None, Is(Path(("kind",)), (Value("x"),)))
    assert rule.claim == Required((Path(("a",)), Path(("b",), "it")))
    assert rule.condition == Is(Path(("c",), "this"), (Value("true"),))
    assert rule.gate == Gate("before", (Name("close"), Name("file")))


def test_and_binds_before_or() -> None:
    claim = parse_rule("a = 1 or b = 2 and c = 3").claim
    one, two, three = (Compare((Path((name,)), Number(i)), ("=",)) for i, name in enumerate("abc", 1))
    assert claim == Holds(Either((one, Both((two, three)))))
    assert parse_rule("(a = 1 or b = 2) and c = 3").claim == Holds(Both((Either((one, two)), three)))


def test_a_value_list_goes_as_far_as_values_go() -> None:
    fact = parse_condition('level is one of major, "重大", 3').node
    assert fact == Is(Path(("level",)), (Value("major"), Value("重大", True), Value(3)))


def test_where_reaches_as_far_as_it_can() -> None:
    inside = parse_condition("some row of lines where a = 1 and b = 2").node
    assert isinstance(inside.items.where, Both)
    outside = parse_condition("(some row of lines where a = 1) and b = 2").node
    assert isinstance(outside, Both)


def test_words_of_the_language_may_be_fields_and_choices() -> None:
    assert parse_condition("record = round + day").node == Compare(
        (Path(("record",)), parse_sum("round + day").node), ("=",)
    )
    assert parse_condition("count = sum").node == Compare((Path(("count",)), Path(("sum",))), ("=",))
    assert parse_condition("direction is in").node == Is(Path(("direction",)), (Value("in"),))
    assert parse_rule("by, at required").claim == Required((Path(("by",)), Path(("at",))))


def test_numbers_dates_units_and_texts() -> None:
    assert parse_sum("12.50").node == Number(Decimal("12.50"))
    assert parse_sum("1 month").node == Number(1, "months")
    assert parse_sum("3 working_days").node == Number(3, "working_days")
    assert parse_sum("-2 hours").node == Number(-2, "hours")
    assert parse_sum("2026-11-22").node.value == date(2026, 11, 22)
    assert parse_sum('"a, b"').node == Quoted("a, b")
    assert parse_condition("at least 2 days of span").node.number == Number(2)


def test_a_derived_field_may_be_a_condition() -> None:
    assert parse_sum("reviewed_at is filled").node == Is(Path(("reviewed_at",)), (Value("filled"),))
    assert isinstance(parse_sum("last of next_on over rows of checks").node, Fold)


@pytest.mark.parametrize(
    ("text", "code", "column", "suggestion"),
    [
        ("", "rule.empty", 1, None),
        ("   ", "rule.empty", 1, None),
        ("a ! b", "rule.character", 3, None),
        ("a != b", "rule.sign", 3, "<>"),
        ("a == b", "rule.sign", 3, "="),
        ("a ≤ b", "rule.sign", 3, "<="),
        ("a，b required", "rule.sign", 2, ","),
        ("post = 客服中心", "rule.quote", 8, '"客服中心"'),
        ('post = "客服', "rule.unclosed", 8, None),
        ("a = 2026-02-30", "rule.impossible", 5, None),
        ("a >= 25:00", "rule.impossible", 6, None),
        ("a", "rule.bare-name", 1, "a is true"),
        ("harm and a = 1", "rule.bare-name", 1, "harm is true"),
        ("a is", "rule.unfinished", 5, None),
        ("a is before close", "rule.expected", 6, None),
        ("a = 1 befor close", "rule.extra", 7, "before"),
        ("a, b requird", "rule.expected", 6, "required"),
        ("a iss b", "rule.expected", 3, "is"),
        ("a is b, c", "rule.one-of", 6, "one of"),
        ("a = 3 dayz", "rule.expected", 7, "day"),
        ("before = 3", "rule.keyword", 1, None),
        ("every rows of lines a required", "rule.expected", 21, None),
        ("every row lines: a required", "rule.expected", 11, None),
        ("some row of a where some row of b where c = 1", "rule.nested-where", 35, None),
        ("sum of a over rows of b where c > 2 = 3", "rule.fold-brackets", 1, "( … )"),
        ("sum of a of rows of b = 3", "rule.expected", 10, None),
        ("a falls on fryday", "rule.expected", 12, "friday"),
        ("(a = 1 or b = 2", "rule.unfinished", 16, None),
        ("(a + 1) b", "rule.expected", 9, None),
        ("a = 1)", "rule.extra", 6, None),
        ("abs(a, b) = 1", "rule.arguments", 1, None),
        ("unique a where", "rule.unfinished", 15, None),
        ("a frozen before close", "rule.expected", 10, None),
        ("a = " + "(" * 40 + "1" + ")" * 40, "rule.too-deep", 34, None),
        ("a = 1 or " * 300 + "a = 1", "rule.too-long", 2001, None),
    ],
)
def test_what_is_no_sentence(text: str, code: str, column: int, suggestion: str | None) -> None:
    with pytest.raises(SentenceError) as caught:
        parse_rule(text)
    assert (caught.value.code, caught.value.column, caught.value.suggestion) == (code, column, suggestion)


def test_a_sentence_error_as_a_finding_in_the_file() -> None:
    with pytest.raises(SentenceError) as caught:
        parse_rule("level is major befor close")
    issue = caught.value.issue(Where("templates/core/complaint.yaml", 41, 26, "checks.0.rule"))
    assert (issue.rule, issue.path, issue.line, issue.field) == (
        "rule.extra",
        "templates/core/complaint.yaml",
        41,
        "checks.0.rule",
    )
    assert issue.args["column"] == 26 + 15
    assert issue.args["hint"].en == ' Did you mean "before"?'


def test_equal_sentences_are_equal_whatever_their_spaces() -> None:
    one, two = parse_rule("a  =  1 before   close"), parse_rule("a = 1 before close")
    assert (one.claim, one.gate) == (two.claim, two.gate)
