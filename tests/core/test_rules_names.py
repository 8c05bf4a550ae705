"""Every word of a sentence is known to the form or its library, or is an issue with its column."""

from __future__ import annotations

import pytest

from logbook.core.rules import Where
from logbook.core.rules import check_names
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.rules import parse_sum
from logbook.locale.catalogue import Catalogue
from tests.core.rules_kit import form
from tests.core.rules_kit import library

STAFF = form("staff", "active left", "enter leave", register=True, name="text")
ROOM = form("room", "active retired", "enter", register=True, kind="choice: house shop", owner="ref customer")
VISIT = form(
    "return_visit",
    "due tried done reviewed",
    "visit",
    final="reviewed",
    record="ref complaint|repair",
    problem="bool",
    visited_at="datetime",
)
COMPLAINT = form(
    "complaint",
    "registered told closed",
    "register tell close",
    final="closed",
    room="ref room",
    visit="ref return_visit",
    about="ref repair",
    level="choice: major minor",
    harm="bool",
    handler="staff",
    ways="multichoice: call letter",
    count="int",
    total="money",
    summary="text",
    told_at="datetime",
    told_on="date",
    lists={"plans": {"plan": "text", "cost": "money"}, "marks": {"start": "datetime", "end": "datetime"}},
    spans={"marks": ("start", "end")},
)
BOOK = library(
    STAFF, ROOM, VISIT, COMPLAINT, roles="guard director", settings={"levels": {"major": {"who": ["a"]}}}
)


def found(sentence: str) -> list[tuple[str, int, object]]:
    issues = check_names(parse_rule(sentence), COMPLAINT, BOOK)
    return [(issue.rule, issue.args["column"], issue.args.get("word", "")) for issue in issues]


def test_the_example_of_the_language() -> None:
    place = Where("complaint.yaml", 41, 26)
    (issue,) = check_names(parse_rule("visit is finshed before close"), COMPLAINT, BOOK, where=place)
    assert (issue.path, issue.line, issue.args["column"]) == ("complaint.yaml", 41, 35)
    assert " ".join(Catalogue("en").issue(issue)) == (
        'visit is "finshed": a return_visit is due, tried, done, reviewed, open, finished'
        ' Use one of these. Did you mean "finished"?'
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "level is major if harm is true before close",
        "visit is one of done, reviewed and visit.record = this and visit.visited_at >= told_at before close",
        "visit is open or visit is finished or visit is voided or visit is empty",
        "every row of plans: plan required if cost > 2 and this.level is major",
        "every row of marks: span inside this.told_at to this.told_at + 2 days",
        "no overlap of rows of marks",
        "close.by <> handler and close.recorded >= told_at and tell.at < now before close",
        "handler has role guard",
        "by = handler and at <= told_at and told_on <= told_at",
        "handler is active",
        "state is closed exactly if told_at is filled",
        "some record of return_visit where record = this and state is done",
        "every record of room where state is active: kind is house",
        "total = sum of cost over rows of plans + count",
        "count = count of different plan over rows of plans",
        "every row of plans: unique plan",
        "unique room where state is open",
        "room.kind is house and room as of told_at is active and room.kind as of told_on is shop",
        "level is one of setting levels[level].who",
        "no value of ways where value is letter",
        "plans frozen after tell",
        "level changes only by tell, close",
        "told_at falls on friday and told_at in same day as told_on",
        'summary = "2026-11"',
        "told_at + 3 days - told_at <= 4 days",
        "count * 2 + 1 >= total / 3",
        "every record of return_visit where record = this: problem is false",
    ],
)
def test_sentences_whose_names_are_all_known(sentence: str) -> None:
    assert found(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("levl is major", ("rule.unknown-field", 1, "levl")),
        ("level is majr", ("rule.unknown-value", 10, "majr")),
        ("harm is yes", ("rule.unknown-value", 9, "yes")),
        ("state is opn", ("rule.unknown-state-of", 10, "opn")),
        ("visit.problm is true", ("rule.unknown-field", 1, "problm")),
        ("visit.visited_at.day = 3", ("rule.not-reference", 1, "visit.visited_at")),
        ("level is major before closed", ("rule.unknown-step", 23, "closed")),
        ("level is major while close", ("rule.unknown-state", 22, "close")),
        ("every row of plan: plan required", ("rule.unknown-field", 14, "plan")),
        ("every row of plans: level is major", ("rule.unknown-field", 21, "level")),
        ("every row of summary: plan required", ("rule.not-list", 14, "summary")),
        ("no record of complant where room = this.room", ("rule.unknown-form", 14, "complant")),
        ("no record of complaint", ("rule.no-key", 4, "")),
        ("(sum of total over records of complaint) = 3", ("rule.no-key", 20, "")),
        ("about.kind is leak", ("rule.unknown-form", 1, "repair")),
        ("it.plan is filled", ("rule.no-every", 1, "it.plan")),
        ("parent.level is major", ("rule.no-parent", 1, "parent.level")),
        ("handler has role boss", ("rule.unknown-role", 18, "boss")),
        ("level has role guard", ("rule.not-person", 1, "level")),
        ("ways is letter", ("rule.use-includes", 9, "ways")),
        ("ways includes fax", ("rule.unknown-value", 15, "fax")),
        ("level includes major", ("rule.not-many", 1, "level")),
        ("plans includes major", ("rule.use-rows", 1, "plans")),
        ("level = major", ("rule.use-is", 9, "major")),
        ("harm = true", ("rule.use-is", 8, "true")),
        ("summary is abc", ("rule.quote", 12, "abc")),
        ("told_at <= 3", ("rule.not-comparable", 12, "")),
        ("total = told_at", ("rule.not-comparable", 9, "")),
        ("told_at - told_on < 3", ("rule.not-comparable", 21, "")),
        ("level < summary", ("rule.no-order", 1, "level")),
        ("total + told_at = 3", ("rule.arithmetic", 1, "")),
        ("(sum of plan over rows of plans) = 3", ("rule.not-number", 9, "plan")),
        ("summary falls on friday", ("rule.not-moment", 1, "summary")),
        ("told_at inside span", ("rule.no-span", 16, "")),
        ("no overlap of rows of plans", ("rule.no-span", 1, "")),
        ('summary as of told_at = "x"', ("rule.no-history", 1, "summary")),
        ("level is one of setting levls[level].who", ("rule.unknown-setting", 17, "levls")),
        ("visit.record.room.owner is filled", ("rule.too-far", 1, "visit.record.room.owner")),
        ("room.owner.name is filled", ("rule.unknown-form", 1, "customer")),
        ("leve frozen after tell", ("rule.unknown-field", 1, "leve")),
        ("level frozen after told", ("rule.unknown-step", 20, "told")),
    ],
)
def test_a_name_nobody_knows(sentence: str, expected: tuple[str, int, str]) -> None:
    assert expected in found(sentence)


def test_only_two_references_are_followed() -> None:
    other = form("repair", "open", content="text", room="ref room", back="ref complaint")
    known = library(STAFF, ROOM, VISIT, COMPLAINT, other)
    issues = check_names(parse_rule("visit.record.back.level is major"), COMPLAINT, known)
    assert [(issue.rule, issue.args["limit"]) for issue in issues] == [("rule.too-far", 2)]
    assert check_names(parse_rule("visit.record.content is filled"), COMPLAINT, known) == []


def test_a_form_is_reported_once_a_sentence() -> None:
    sentence = "no record of fee where room = this.room and no record of fee where room = this.visit"
    with_two = parse_rule(
        "(no record of fee where room = this.room) or (no record of fee where room = this.room)"
    )
    assert [issue.rule for issue in check_names(with_two, COMPLAINT, BOOK)] == ["rule.unknown-form"]
    assert sentence.count("fee") == 2


def test_bare_names_never_fall_outwards_but_the_hint_does() -> None:
    (issue,) = check_names(parse_rule("every row of plans: level is major"), COMPLAINT, BOOK)
    assert issue.args["hint"].en == ' Did you mean "this.level"?'


def test_conditions_and_derived_columns() -> None:
    assert check_names(parse_condition("level is major"), COMPLAINT, BOOK) == []
    assert [i.rule for i in check_names(parse_condition("levl is major"), COMPLAINT, BOOK)] == [
        "rule.unknown-field"
    ]
    column = parse_sum("cost * this.count")
    assert check_names(column, COMPLAINT, BOOK, within="plans") == []
    assert [i.args["word"] for i in check_names(column, COMPLAINT, BOOK)] == ["cost"]


def test_every_code_has_its_words_in_both_languages() -> None:
    from logbook.locale.en import rule as en
    from logbook.locale.zh import rule as zh

    assert en.MESSAGES.keys() == zh.MESSAGES.keys() == en.FIXES.keys() == zh.FIXES.keys()
    (issue,) = check_names(parse_rule("level is majr"), COMPLAINT, BOOK)
    assert Catalogue("zh").issue(issue) == (
        "level 写成了“majr”，可以是：major、minor",
        "请用其中一个。是不是“major”？",
    )
