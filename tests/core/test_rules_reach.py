"""When a rule is asked, what it costs, whose writes can break it; and the corpus of sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from logbook.core.rules import Watch
from logbook.core.rules import applies
from logbook.core.rules import cost
from logbook.core.rules import gates
from logbook.core.rules import parse_rule
from logbook.core.rules import parse_sum
from logbook.core.rules import watchers
from logbook.core.rules import watches
from tests.core.rules_kit import form

# What a kind of check may cost: local, index look-ups, a range.
COSTS = {
    "need": "li",
    "value": "l",
    "compare": "li",
    "arithmetic": "li",
    "rows": "li",
    "linked value": "li",
    "exists": "ig",
    "unique": "i",
    "cover": "ig",
    "person": "li",
    "total": "g",
    "intervals": "li",
    "table": "li",
    "balance": "li",
    "previous": "i",
    "calendar": "l",
    "frozen": "l",
}
CORPUS = Path(__file__).with_name("rule_corpus.txt")


def corpus() -> list[tuple[str, str, str]]:
    """(kind of check, form.check, sentence) of every line."""
    found, kind = [], ""
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line[3:]
        elif line and not line.startswith("#"):
            name, _, sentence = line.partition(": ")
            found.append((kind, name, sentence))
    return found


def test_the_corpus_covers_every_kind_of_check() -> None:
    kinds = [kind for kind, _, _ in corpus()]
    assert len(kinds) >= 280
    assert set(kinds) == set(COSTS)


@pytest.mark.parametrize(("kind", "name", "sentence"), corpus(), ids=lambda part: part if "." in part else "")
def test_a_check_of_the_handbooks(kind: str, name: str, sentence: str) -> None:
    assert cost(parse_rule(sentence)) in COSTS[kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "opening + sum of taken_in over rows of lines - sum of paid_out over rows of lines",
        "last of next_on over rows of checks",
        "visit.visited_at",
        "sum of owed over records of fee_bill where room = this.room",
        "last of reading over records of meter_reading where room ="
        " this.room and meter = this.meter and at < this.at",
        "reviewed_at is filled",
        "unresolved / received * 100",
    ],
)
def test_the_derived_fields_of_the_grammar(sentence: str) -> None:
    assert parse_sum(sentence).text == sentence


def test_gates_say_when_a_rule_is_asked() -> None:
    always = parse_rule("a = 1")
    before, after = parse_rule("a = 1 before close, file"), parse_rule("a = 1 after tell")
    meanwhile = parse_rule("a = 1 while open, told")
    assert (gates(always), gates(before)) == (None, ("before", ("close", "file")))
    assert applies(always, "register", "registered", ())
    assert applies(before, "file", "filed", ("register",))
    assert not applies(before, "tell", "told", ("register", "close"))
    assert not applies(after, "register", "registered", ())
    assert applies(after, "tell", "told", ("register",))
    assert applies(after, "close", "closed", ("register", "tell"))
    assert applies(meanwhile, "tell", "told", ())
    assert not applies(meanwhile, "close", "closed", ())
    assert not applies(always, "void", "voided", ())


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("a, b required", "l"),
        ("approve.by <> claimant", "l"),
        ("every row of lines: x = y", "l"),
        ("room.kind is unit", "i"),
        ("by has role guard", "i"),
        ("unique a", "i"),
        ("x = item.on_hand as of at", "i"),
        ("no record of loan where borrower = this", "i"),
        ("some row of entries of all duty_log where record = this", "i"),
        ("no overlap of records of booking per venue", "i"),
        ("last of x over records of log where item = this.item = 3", "i"),
        ("no record of loan where due_at < this.at", "g"),
        ("(sum of x over records of log where item = this.item) = 3", "g"),
        ("every record of key where state is active: copies > 0", "g"),
    ],
)
def test_costs(sentence: str, expected: str) -> None:
    if " = this.item = 3" in sentence:
        sentence = sentence.replace("last", "3 = last").removesuffix(" = 3")
    assert cost(parse_rule(sentence)) == expected


def test_the_form_tells_a_reference_from_a_choice() -> None:
    letter = form("letter", "sent", reply="ref letter", way="choice: post hand")
    rule = parse_rule("reply is sent")
    assert (cost(rule), cost(rule, letter), cost(parse_rule("way is post"), letter)) == ("l", "i", "l")


def test_watches_tie_the_other_record_to_this_one() -> None:
    rule = parse_rule(
        "occupancy is custody exactly if some record of custody where room = this and state is active"
    )
    assert watches(rule) == (Watch("custody", (("room", ""),)),)
    rule = parse_rule(
        "every row of departments: some record of contact_sheet where about = this and dept = it.dept"
    )
    assert watches(rule) == (Watch("contact_sheet", (("about", ""),)),)
    rule = parse_rule("no record of loan, task where owner = this.person and state is open")
    assert watchers(rule) == {"loan", "task"}
    rule = parse_rule(
        "every row of lines: (sum of amount over rows of lines of all payment where bill = it.bill) <= 3"
    )
    assert watchers(rule) == {"payment"}
    assert watchers(parse_rule("visit is done")) == frozenset()
