"""What people type after `list`, as nodes."""

from __future__ import annotations

import pytest

from logbook.index.query import Match
from logbook.index.query import Not
from logbook.index.query import Query
from logbook.index.query import Value
from logbook.index.query import Words
from logbook.index.query import parse_query
from logbook.index.query import unparse


def terms(text: str | list[str]) -> tuple[object, ...]:
    query, issues = parse_query(text)
    assert issues == []
    return query.terms


def faults(text: str) -> list[tuple[str, object]]:
    return [(issue.rule, issue.args["column"]) for issue in parse_query(text)[1]]


def test_a_term_names_a_field_and_its_values() -> None:
    assert terms("level:major,important") == (Match("level", ":", (Value("major"), Value("important")), 1),)


def test_terms_stand_side_by_side_and_a_minus_negates() -> None:
    assert terms("level:major -status:closed 漏水") == (
        Match("level", ":", (Value("major"),), 1),
        Not(Match("status", ":", (Value("closed"),), 14)),
        Words((Value("漏水"),), 28),
    )


@pytest.mark.parametrize("sign", ["=", "<", "<=", ">", ">="])
def test_comparisons(sign: str) -> None:
    assert terms(f"at{sign}2026-11-01") == (Match("at", sign, (Value("2026-11-01"),), 1),)


def test_unequal_is_a_negated_match() -> None:
    assert terms("level!=minor") == terms("level<>minor") == (Not(Match("level", ":", (Value("minor"),), 1)),)


def test_signs_of_the_chinese_input_method_mean_the_same() -> None:
    assert terms("等级：重大，重要　金额≥100") == (
        Match("等级", ":", (Value("重大"), Value("重要")), 1),
        Match("金额", ">=", (Value("100"),), 10),
    )


def test_quotes_keep_blanks_commas_and_stars() -> None:
    assert terms('summary:"厨房, 漏水*" “客厅 渗水”') == (
        Match("summary", ":", (Value("厨房, 漏水*", quoted=True),), 1),
        Words((Value("客厅 渗水", quoted=True),), 19),
    )


def test_a_backslash_keeps_a_quote() -> None:
    assert terms(r'"he said \"no\""') == (Words((Value('he said "no"', quoted=True),), 1),)


def test_a_time_stays_with_its_day() -> None:
    assert terms("at>=2026-11-22 09:30 漏水") == (
        Match("at", ">=", (Value("2026-11-22 09:30"),), 1),
        Words((Value("漏水"),), 22),
    )


def test_nothing_behind_the_colon_asks_for_empty() -> None:
    assert terms("result: 漏水") == (Match("result", ":", (), 1), Words((Value("漏水"),), 9))


def test_numbers_and_times_are_words_not_fields() -> None:
    assert terms("3-502 09:30 CP-20261122-A003") == (
        Words((Value("3-502"),), 1),
        Words((Value("09:30"),), 7),
        Words((Value("CP-20261122-A003"),), 13),
    )


def test_words_of_a_command_line_are_read_one_by_one() -> None:
    assert terms(["level:major", "漏水 is:open"]) == (
        Match("level", ":", (Value("major"),), 1),
        Words((Value("漏水"),), 1),
        Match("is", ":", (Value("open"),), 4),
    )


def test_nothing_asks_for_everything() -> None:
    assert parse_query("  \u3000") == (Query(), [])
    assert not Query()


def test_every_fault_is_told_with_its_place() -> None:
    assert faults('at>= - level>minor,major 漏水 "open') == [
        ("query.one-value", 1),
        ("query.dangling", 6),
        ("query.one-value", 8),
        ("query.open-quote", 29),
    ]


def test_unparse_says_the_same() -> None:
    text = 'level:major,important -status:closed at>=2026-11-01 "a b" summary:"\\"x"'
    assert unparse(parse_query(text)[0]) == text
