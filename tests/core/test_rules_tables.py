"""Bracket tables, ranks, means and choices between two values: read, named, asked, priced and said."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from logbook.core.rules import SentenceError
from logbook.core.rules import check_names
from logbook.core.rules import cost
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.rules import parse_sum
from logbook.core.rules import say
from logbook.core.rules import value
from logbook.core.rules import watchers
from logbook.core.rules import watches
from logbook.core.rules.nodes import Expression
from logbook.core.rules.nodes import Rule
from logbook.core.rules.world import rows_of
from logbook.locale.catalogue import Catalogue
from tests.core.rules_kit import Rec
from tests.core.rules_kit import World
from tests.core.rules_kit import form
from tests.core.rules_kit import library

RATES = {
    "edges": ["0.4", "1"],
    "brackets": [
        {"label": "0%", "max": "0", "deduct": "0"}, {"max": "0.4", "deduct": "2"}, {"max": "1", "deduct": "4"},
        {"deduct": "10"},
    ],
}  # fmt: skip
MARKS = {"edges": ["80"], "brackets": [{"min": "100", "take": "0"}, {"min": "80", "take": "1"}, {"min": "75", "take": "3"}]}
SETTINGS: dict[str, Any] = {
    "kpi": {"rates": RATES, "marks": MARKS, "way": "competition", "of": {"m1": RATES, "m2": MARKS}, "bottom": "3"}
}
SHEET = form(
    "sheet",
    "open closed",
    "begin close",
    final="closed",
    team="text",
    month="text",
    kind="choice: m1 m2",
    bad="int",
    all="int",
    score="decimal",
    other="decimal",
    told_at="datetime",
    done="bool",
    lists={"rows": {"who": "text", "score": "decimal", "rank": "int = rank of score over rows of this.rows"}},
)
BOOK = library(SHEET, settings=SETTINGS)


def asked(sentence: str, *, settings: dict[str, Any] | None = None, records: list[Rec] | None = None, **values: Any) -> Any:
    record = Rec(SHEET, "S-1", "open", values)
    world = World(records=records or [], settings=SETTINGS if settings is None else settings)
    return value(parse_sum(sentence), record, world)


def wrong(sentence: str, settings: dict[str, Any] | None = None) -> list[tuple[str, int, str]]:
    book = BOOK if settings is None else library(SHEET, settings=settings)
    issues = check_names(parse_sum(sentence), SHEET, book)
    return [(issue.rule, issue.args["column"], Catalogue("en").issue(issue)[0]) for issue in issues]  # type: ignore[misc]


# --------------------------------------------------------------------------- bracket

RATE = "bracket of bad / all * 100 in setting kpi.rates"


@pytest.mark.parametrize(
    ("bad", "of", "lighter", "heavier"),
    [
        (0, 500, 0, 0),             # 0 is no edge: it stays where it is printed
        (2, 500, 2, 4),             # 0.4 % exactly
        (3, 500, 4, 4),
        (2001, 500_000, 4, 4),      # 0.4002 %: over the edge, though it would print as 0.4
        (1999, 500_000, 2, 2),
        (5, 500, 4, 10),
        (1, 3, 10, 10),
    ],
)
def test_the_first_bracket_whose_max_is_enough(bad: int, of: int, lighter: int, heavier: int) -> None:
    assert asked(RATE, bad=bad, all=of) == lighter
    for settings in (
        {"kpi": {"rates": {**RATES, "edge": "heavier"}}},
        {"kpi": {"rates": RATES, "edge": "heavier"}},       # beside the table: for all of the group
    ):
        assert asked(RATE, settings=settings, bad=bad, all=of) == heavier
    own = {"kpi": {"rates": {**RATES, "edge": "lighter"}, "edge": "heavier"}}
    assert asked(RATE, settings=own, bad=bad, all=of) == lighter


@pytest.mark.parametrize(("mark", "take", "heavier"), [("100", 0, 0), ("99.99", 1, 1), ("80", 1, 3), ("79.99", 3, 3), ("75", 3, 3), ("74.9", None, None)])
def test_the_first_bracket_whose_min_is_reached(mark: str, take: int | None, heavier: int | None) -> None:
    assert asked("bracket of score in setting kpi.marks", score=Decimal(mark)) == take
    settings = {"kpi": {"marks": MARKS, "edge": "heavier"}}
    assert asked("bracket of score in setting kpi.marks", settings=settings, score=Decimal(mark)) == heavier


def test_a_table_is_chosen_by_a_field_and_its_result_is_counted_with() -> None:
    assert asked("20 - bracket of score in setting kpi.of[kind]", kind="m1", score=Decimal("0.4")) == 18
    assert asked("20 - bracket of score in setting kpi.of[kind]", kind="m2", score=Decimal(80)) == 19
    assert asked("20 - bracket of score in setting kpi.of[kind]", score=Decimal(80)) is None


def test_nothing_is_in_no_bracket() -> None:
    assert asked(RATE, bad=1, all=0) is None
    assert asked(RATE, all=5) is None
    assert asked(RATE, settings={}, bad=1, all=5) is None
    assert asked(RATE, settings={"kpi": {"rates": {**RATES, "edge": "darker"}}}, bad=1, all=5) is None


@pytest.mark.parametrize(
    ("lines", "edges", "why"),
    [
        (None, (), "there is no list of brackets"),
        ([], (), "there is no list of brackets"),
        ([{"max": "1", "min": "0", "a": "1"}], (), "each bracket has a max, or each has a min"),
        ([{"max": "1", "a": "1"}, {"min": "0", "a": "1"}], (), "each bracket has a max, or each has a min"),
        ([{"max": "1", "a": "1", "b": "2"}], (), "each bracket has one result, under the same key"),
        ([{"max": "1", "a": "1"}, {"b": "2"}], (), "each bracket has one result, under the same key"),
        ([{"max": "1", "a": "1"}, {"a": "3"}, {"max": "2", "a": "2"}], (), "only the last bracket may leave its limit out"),
        ([{"max": "2", "a": "1"}, {"max": "1", "a": "2"}], (), "a max must rise from line to line, a min must fall"),
        ([{"max": "1", "a": "1"}, {"max": "1", "a": "2"}], (), "a max must rise from line to line, a min must fall"),
        ([{"min": "1", "a": "1"}, {"min": "2", "a": "2"}], (), "a max must rise from line to line, a min must fall"),
        ([{"max": "few", "a": "1"}], (), "max, min and edges are numbers"),
        ([{"max": "1", "a": "1"}], ["2"], "a number among the edges is no limit of a bracket"),
    ],
)
def test_a_table_that_does_not_cover_its_range_once_is_an_error_of_the_form(lines: Any, edges: Any, why: str) -> None:
    settings = {"kpi": {"rates": {"brackets": lines, "edges": list(edges)}}}
    assert wrong(RATE, settings) == [
        ("rule.bad-brackets", 31, f"the setting kpi.rates is no whole table of brackets: {why}")
    ]
    assert asked(RATE, settings=settings, bad=1, all=100) is None


def test_the_words_of_a_bracket_are_looked_up() -> None:
    assert wrong(RATE) == []
    assert wrong("bracket of score in setting kpi.of[kind]") == []
    assert wrong("bracket of score in setting kpi.rate") == [
        ("rule.unknown-setting", 21, 'the settings do not have "rate"')
    ]
    assert wrong("bracket of told_at in setting kpi.rates")[0][0] == "rule.not-number"
    assert wrong("bracket of scor in setting kpi.rates")[0][:2] == ("rule.unknown-field", 12)
    darker = {"kpi": {"rates": RATES, "edge": "darker"}}
    assert wrong(RATE, darker) == [("rule.unknown-value", 31, 'edge is "darker": it can be lighter, heavier')]
    issue = check_names(parse_sum("bracket of score in setting kpi.rate"), SHEET, BOOK)[0]
    assert 'Did you mean "rates"?' in Catalogue("en").issue(issue)[1]


@pytest.mark.parametrize(
    ("sentence", "code", "column"),
    [
        ("bracket of score", "rule.unfinished", 17),
        ("bracket of score in kpi.rates", "rule.expected", 21),
        ("(score if kind is m1)", "rule.expected", 21),
        ("(score if kind is m1 else)", "rule.expected", 26),
        ("rank by setting kpi.way over rows of rows", "rule.expected", 25),
        ("mean of score", "rule.unfinished", 14),
    ],
)  # fmt: skip
def test_what_is_not_whole(sentence: str, code: str, column: int) -> None:
    with pytest.raises(SentenceError) as caught:
        parse_sum(sentence)
    assert (caught.value.code, caught.value.column) == (code, column)


# --------------------------------------------------------------------------- rank and mean


def ranks(scores: list[int | None], sentence: str = "rank of score over rows of this.rows", way: str = "competition") -> list[Any]:
    rows = [{"who": f"N{place}", "score": None if score is None else Decimal(score)} for place, score in enumerate(scores)]
    record = Rec(SHEET, "S-1", "open", {"rows": rows})
    world = World(settings={"kpi": {"way": way, "bottom": "3"}})
    return [value(parse_sum(sentence), record, world, row=row) for row in rows_of(record, "rows", world)]


def test_equals_share_a_rank() -> None:
    by = "rank by setting kpi.way of score over rows of this.rows"
    assert ranks([98, 98, 95, 93]) == [1, 1, 3, 4]
    assert ranks([98, 98, 95, 93], by) == [1, 1, 3, 4]
    assert ranks([98, 98, 95, 93], by, "dense") == [1, 1, 2, 3]
    assert ranks([94, 97, 90, 96, 94]) == [3, 1, 5, 2, 3]
    assert ranks([90, None, 95]) == [2, None, 1]
    assert ranks([7]) == [1]
    assert ranks([7, 8], by, "sparse") == [None, None]
    assert ranks([92, 85, 80], "rank of 0 - score over rows of this.rows") == [3, 2, 1]


def test_the_last_three_with_all_that_tie() -> None:
    last = "at most setting kpi.bottom - 1 rows of this.rows where score < it.score"
    assert ranks([92, 90, 88, 85, 85, 80], last) == [False, False, False, True, True, True]
    assert ranks([92, 85, 85, 84, 80], last) == [False, True, True, True, True]
    assert ranks([92, 85], last) == [True, True]


def test_a_rank_stands_in_its_row_and_among_records() -> None:
    rows = [{"score": Decimal(3)}, {"score": Decimal(5)}]
    record = Rec(SHEET, "S-1", "open", {"rows": rows, "month": "2026-11", "score": Decimal(80)})
    assert [row.get("rank") for row in rows_of(record, "rows", World())] == [2, 1]
    others = [Rec(SHEET, f"S-{place}", "open", {"month": "2026-11", "score": Decimal(80 + place)}) for place in (2, 3)]
    others.append(Rec(SHEET, "S-9", "open", {"month": "2026-10", "score": Decimal(99)}))
    world = World(records=[record, *others])
    of_month = "over records of sheet where month = this.month"
    assert value(parse_sum(f"rank of score {of_month}"), record, world) == 3
    assert value(parse_sum(f"mean of score {of_month}"), record, world) == Decimal(245) / 3
    assert value(parse_sum(f"mean of score {of_month} and score > 90"), record, world) is None


def test_a_mean_is_exact_and_leaves_out_what_is_empty() -> None:
    rows = [{"score": Decimal(1)}, {"score": None}, {"score": Decimal(2)}, {"score": Decimal("0.5")}]
    record = Rec(SHEET, "S-1", "open", {"rows": rows})
    assert value(parse_sum("(mean of score over rows of rows) * 6"), record, World()) == 7
    assert value(parse_sum("mean of score over rows of rows"), record, World()) == Decimal(Fraction(7, 6).numerator) / 6
    assert asked("mean of score over rows of rows") is None


def test_what_cannot_be_ranked_is_said() -> None:
    assert wrong("rank of kind over records of sheet where month = this.month")[0][0] == "rule.no-order"
    assert wrong("rank of score over records of sheet")[0][0] == "rule.no-key"
    assert wrong("rank of who over rows of rows")[0][0] == "rule.unknown-field"      # of this record as well as of a row
    assert wrong("mean of kind over records of sheet where month = this.month")[0][0] == "rule.not-number"
    ranked = "rank by setting kpi.way of score over records of sheet where month = this.month"
    assert wrong(ranked) == []
    assert wrong(ranked, {"kpi": {"way": "sparse"}}) == [
        ("rule.unknown-value", 9, 'kpi.way is "sparse": it can be competition, dense')
    ]
    assert check_names(parse_sum("rank of score over rows of this.rows"), SHEET, BOOK, within="rows") == []


# --------------------------------------------------------------------------- one value or the other


def test_a_choice_between_two_values() -> None:
    cheap = "(score if kind is m1 else other)"
    assert asked(cheap, kind="m1", score=1, other=2) == 1
    assert asked(cheap, kind="m2", score=1, other=2) == 2
    assert asked(cheap, score=1, other=2) == 2                # an empty value is nothing
    assert asked("(score if bad > 3 else other)", score=1, other=2) == 2      # unknown is not true
    assert asked("(1 if bad > 3 else (2 if bad > 1 else 3)) * 10", bad=2) == 20
    assert asked("(sum of score over rows of rows if some row of rows else other)", rows=[{"score": Decimal(4)}], other=2) == 4
    assert asked("(sum of score over rows of rows if some row of rows else other)", rows=[], other=2) == 2
    assert asked("(score / other if other > 0 else 0)", score=1, other=0) == 0


def test_the_two_sides_are_of_one_kind() -> None:
    assert wrong("(score if kind is m1 else bad)") == []
    assert wrong("(score if kind is m3 else bad)")[0][0] == "rule.unknown-value"
    assert wrong("(score if kind is m1 else told_at)") == [
        ("rule.two-kinds", 27, "score and told_at are of different kinds: decimal, datetime")
    ]
    assert wrong("(score if done is true else bad) + told_at")[0][0] == "rule.arithmetic"


# --------------------------------------------------------------------------- said, priced, watched


@pytest.mark.parametrize(
    ("sentence", "zh", "en"),
    [
        (RATE, "([bad] ÷ [all]) × 100在规定的“kpi.rates”中所在的一档", "The bracket of (Bad ÷ All) × 100 in the setting “kpi.rates”"),
        ("rank of score over records of sheet where month = this.month", "[score]在《sheet》（[month]与本单的[month]相同）中的名次",
         "The rank of Score among records of Sheet where Month is the same as Month of this record"),
        ("mean of score over rows of rows", "[rows]的[score]平均值", "The mean of Score over rows of Rows"),
        ("(score if kind is m1 else 0)", "（[kind]是“<m1>”时取[score]，否则取0）", "(Score if Kind is “m1”, else 0)"),
    ],
)  # fmt: skip
def test_the_new_words_are_said_in_both_languages(sentence: str, zh: str, en: str) -> None:
    parsed: Expression = parse_sum(sentence)
    assert (say(parsed, SHEET, "zh", library=BOOK), say(parsed, SHEET, "en", library=BOOK)) == (zh, en)


def test_what_a_rank_or_a_mean_reads_is_watched_and_paid_for() -> None:
    def rule(text: str) -> Rule:
        return parse_rule(text)

    ranked = rule("(rank of score over records of sheet where month = this.month) <= 3")
    assert (cost(ranked, SHEET), watchers(ranked)) == ("g", {"sheet"})
    assert watches(ranked)[0].keys == (("month", "month"),)
    assert cost(rule("(mean of score over records of sheet where month = this.month) > 3"), SHEET) == "g"
    assert cost(rule("(mean of score over rows of rows) > 3"), SHEET) == "l"
    chosen = rule("(count over records of sheet where month = this.month if done is true else 0) < 5")
    assert watchers(chosen) == {"sheet"}


def test_the_words_stay_free_for_fields() -> None:
    ids = form("ids", "a", rank="int", bracket="int", mean="int")
    record = Rec(ids, "I-1", "a", {"rank": 1, "bracket": 2, "mean": 3})
    assert value(parse_sum("rank + bracket * mean"), record, World()) == 7
    assert check_names(parse_condition("rank <= 3 and mean is filled"), ids, library(ids)) == []


def test_a_setting_below_zero_is_a_number_and_a_choice_may_be_called_false() -> None:
    points = {"points": {"m1": "-2", "m2": "-0.5", "open": "-", "due": "-3 days"}}
    assert [asked(f"setting points.{name}", settings=points) for name in ("m1", "m2", "open")] == [-2, Decimal("-0.5"), "-"]
    answers = form("answers", "a", result="choice: pass false", done="bool")
    record = Rec(answers, "A-1", "a", {"result": "false", "done": False})
    world = World(records=[record, Rec(answers, "A-2", "a", {"result": "pass", "done": True})])
    for sentence, count in (("result is false", 1), ("result is not false", 1), ("done is false", 1), ("done is true", 1)):
        counted = parse_sum(f"count over records of answers where {sentence}")
        assert value(counted, record, world) == count


def test_a_column_is_said_with_the_labels_of_its_row() -> None:
    last = parse_sum("at most 2 rows of this.rows where score < it.score")
    assert say(last, SHEET, "en", within="rows") == "There are at most 2 rows of Rows of this record where Score is less than Score of the item"
    ranked = parse_sum("rank of score over rows of this.rows")
    assert say(ranked, SHEET, "zh", within="rows") == "[score]在本单的[rows]中的名次"
