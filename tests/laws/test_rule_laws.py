"""Laws of the sentence language, tried on sentences and values nobody wrote by hand."""

from __future__ import annotations

import itertools
from datetime import date
from datetime import datetime
from datetime import timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.rules import SentenceError
from logbook.core.rules import check_names
from logbook.core.rules import cost
from logbook.core.rules import evaluate
from logbook.core.rules import explain
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.rules import say
from logbook.core.rules import watchers
from logbook.core.rules.nodes import Both
from logbook.core.rules.nodes import Compare
from logbook.core.rules.nodes import Either
from logbook.core.rules.nodes import Is
from logbook.core.rules.nodes import Number
from logbook.core.rules.nodes import Path
from logbook.core.rules.nodes import Value
from logbook.core.rules.quantities import Interval
from logbook.core.rules.quantities import add_months
from logbook.core.rules.quantities import overlaps
from logbook.core.rules.quantities import rounded
from logbook.core.rules.quantities import uncovered
from tests.core.rules_kit import CHINA
from tests.core.rules_kit import Rec
from tests.core.rules_kit import World
from tests.core.rules_kit import form
from tests.core.rules_kit import library

THING = form(
    "thing",
    "made done",
    "make close",
    final="done",
    a="int",
    b="int",
    c="int",
    room="text",
    kind="choice: x y",
    lists={"lines": {"a": "int", "b": "int"}},
)
FEW = settings(max_examples=150, deadline=None)

WORDS = st.sampled_from(
    "every row rows record of lines thing where a b c kind x y is"
    " not one some no at least most exactly required"
    " forbidden unique if before after while close done ( ) , : . + -"
    " * / = <> < <= > >= 1 2 60 days hours it this"
    " parent sum count over per overlap gap in from to and or"
    " includes has role as setting max 2026-11-22 09:00"
    ' "t" filled empty true now falls on monday inside all'
    " different first last frozen changes only by".split()
)
NUMBERS = st.one_of(st.none(), st.integers(-3, 3))


@FEW
@given(st.lists(WORDS, min_size=1, max_size=25))
def test_any_words_are_a_sentence_or_a_sentence_error_inside_the_text(words: list[str]) -> None:
    text = " ".join(words)
    try:
        rule = parse_rule(text)
    except SentenceError as error:
        assert 1 <= error.column <= len(text) + 1
        return
    check_names(rule, THING, library(THING))
    assert cost(rule) in ("l", "i", "g")
    assert watchers(rule) <= set(words)
    assert say(rule, THING, "zh") and say(rule, THING, "en")


@FEW
@given(st.text(max_size=60))
def test_any_text_is_a_sentence_or_a_sentence_error(text: str) -> None:
    try:
        parse_rule(text)
    except SentenceError as error:
        assert 1 <= error.column <= len(text) + 1


# --------------------------------------------------------------------------- grammar

PATHS = st.sampled_from(["a", "b", "c"]).map(lambda name: Path((name,)))
TERMS = st.one_of(PATHS, st.integers(0, 9).map(Number))
FACTS = st.one_of(
    st.builds(
        lambda terms, ops: Compare(tuple(terms), tuple(ops[: len(terms) - 1])),
        st.lists(TERMS, min_size=2, max_size=4),
        st.lists(st.sampled_from(["=", "<", "<=", ">", ">=", "<>"]), min_size=3, max_size=3),
    ),
    st.builds(
        lambda words, negated: Is(Path(("kind",)), tuple(map(Value, words)), None, negated),
        st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=3),
        st.booleans(),
    ),
)
CONDITIONS = st.recursive(
    FACTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Both(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Either(tuple(parts))),
    ),
    max_leaves=8,
)


def written(node: object) -> str:
    """A condition in the words of the grammar, with every bracket it needs."""
    if isinstance(node, Compare):
        terms = [str(term.value) if isinstance(term, Number) else term.text for term in node.terms]  # type: ignore[union-attr]
        return " ".join([terms[0], *(f"{op} {term}" for op, term in zip(node.ops, terms[1:], strict=True))])
    if isinstance(node, Is):
        words = ", ".join(value.text for value in node.values)
        return f"kind is {'not ' if node.negated else ''}{'one of ' if len(node.values) > 1 else ''}{words}"
    assert isinstance(node, (Both, Either))
    join = " and " if isinstance(node, Both) else " or "
    return join.join(
        f"({written(part)})" if isinstance(part, (Both, Either)) else written(part) for part in node.parts
    )


@FEW
@given(CONDITIONS)
def test_what_is_written_is_read_back_the_same(node: object) -> None:
    assert parse_condition(written(node)).node == node


@FEW
@given(CONDITIONS, NUMBERS, NUMBERS, NUMBERS, st.sampled_from([None, "x", "y"]))
def test_truth_has_three_values_and_follows_kleene(
    node: object, a: int | None, b: int | None, c: int | None, kind: str | None
) -> None:
    view = Rec(THING, "T-1", "made", {"a": a, "b": b, "c": c, "kind": kind})

    def truth(part: object) -> bool | None:
        return evaluate(parse_condition(written(part)), view, World())

    found = truth(node)
    assert found in (True, False, None)
    if isinstance(node, (Both, Either)):
        parts = [truth(part) for part in node.parts]
        decisive = isinstance(node, Either)
        if decisive in parts:
            assert found is decisive
        else:
            assert found is (None if None in parts else not decisive)
    if isinstance(node, Is):
        assert found is not None
        assert truth(Is(node.left, node.values, None, not node.negated)) is not found


@FEW
@given(
    st.lists(NUMBERS, min_size=3, max_size=3), st.lists(st.sampled_from(["<", "<="]), min_size=2, max_size=2)
)
def test_a_chain_is_its_neighbouring_filled_pairs(numbers: list[int | None], ops: list[str]) -> None:
    view = Rec(THING, "T-1", "made", dict(zip("abc", numbers, strict=True)))
    found = evaluate(parse_rule(f"a {ops[0]} b {ops[1]} c"), view, World())
    filled = [(place, number) for place, number in enumerate(numbers) if number is not None]
    if len(filled) < 2:
        assert found is None
        return
    kept = True
    for (first, low), (second, high) in itertools.pairwise(filled):
        strict = "<" in ops[first:second]
        kept = kept and (low < high if strict else low <= high)
    assert found is kept


ROWS = st.lists(st.fixed_dictionaries({"a": NUMBERS, "b": NUMBERS}), max_size=4)


@FEW
@given(ROWS)
def test_folds_and_counts_agree_with_python(rows: list[dict[str, int | None]]) -> None:
    view = Rec(THING, "T-1", "made", {"lines": tuple(rows), "a": 0})
    world = World()
    numbers = [row["a"] for row in rows if row["a"] is not None]

    def ask(sentence: str) -> bool | None:
        return evaluate(parse_rule(sentence), view, world)

    assert ask(f"(sum of a over rows of lines) = {sum(numbers)}".replace("= -", "+ 0 = 0 - ")) is True
    assert ask(f"(count over rows of lines where a > 0) = {sum(n > 0 for n in numbers)}") is True
    assert ask("some row of lines where a > 0") is any(n > 0 for n in numbers)
    assert ask("no row of lines where a > 0") is not ask("some row of lines where a > 0")
    every = ask("every row of lines: a > b")
    compared = [None if None in (r["a"], r["b"]) else r["a"] > r["b"] for r in rows]  # type: ignore[operator]
    assert every is (False if False in compared else None if None in compared else True)
    if every is False:
        assert explain(parse_rule("every row of lines: a > b"), view, world).row == compared.index(False) + 1
    if numbers:
        assert ask("(greatest of a over rows of lines) >= (least of a over rows of lines)") is True
    else:
        assert ask("(greatest of a over rows of lines) >= 0") is None


# --------------------------------------------------------------------------- quantities


@FEW
@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=999))
def test_money_rounds_half_up(number: Fraction) -> None:
    cents = Decimal(number.numerator) / Decimal(number.denominator)
    assert rounded(number) == cents.quantize(Decimal("0.01"), ROUND_HALF_UP)


@FEW
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-500, 500))
def test_months_clip_and_never_skip_one(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


START = datetime(2026, 11, 22, tzinfo=CHINA)
SPANS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6)).map(
        lambda span: Interval(START + timedelta(hours=span[0]), START + timedelta(hours=span[0] + span[1]))
    ),
    max_size=6,
)


@FEW
@given(SPANS)
def test_overlap_and_gap_agree_with_counting_hours(spans: list[Interval]) -> None:
    held = [sum(span.holds(START + timedelta(hours=hour)) for span in spans) for hour in range(30)]
    assert overlaps(spans) is any(count > 1 for count in held)
    whole = Interval(START + timedelta(hours=2), START + timedelta(hours=14))
    assert uncovered(spans, whole) is any(count == 0 for count in held[2:14])
