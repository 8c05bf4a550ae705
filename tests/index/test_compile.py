"""Names and values of a query against the forms: what is understood, what is told when it is not."""

from __future__ import annotations

import pytest

from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.index.compile import compile_query
from logbook.index.query import parse_query
from logbook.index.schema import FormTables
from logbook.locale.catalogue import Catalogue
from tests.index.books import NOW
from tests.index.books import ZONE
from tests.index.books import library


def issues(text: str, form: str | None = None) -> list[Issue]:
    forms = library()
    query, faults = parse_query(text)
    assert faults == []
    _, found = compile_query(
        query,
        library=forms,
        tables=FormTables(forms),
        present=set(forms.forms),
        form=form,
        now=NOW,
        zone=ZONE,
    )
    return found


def test_an_unknown_field_is_told_with_the_nearest() -> None:
    (issue,) = issues("levle:major", "complaint")
    assert issue.rule == "query.unknown-field"
    assert issue.args["near"] == Text("是不是“level”？", 'Did you mean "level"?')
    assert "level" in issue.args["allowed"]  # type: ignore[operator]
    assert issue.args["column"] == 1


def test_an_unknown_choice_is_told_with_all_there_are() -> None:
    (issue,) = issues("level:majro", "complaint")
    assert Catalogue("en").issue(issue) == (
        '“majro” is no value of level. Did you mean "major"?',
        "Use one of: minor, important, major.",
    )
    assert Catalogue("zh").issue(issue) == (
        "“level”没有“majro”这个取值。是不是“major”？",
        "请用其中之一：minor（轻微）、important（重要）、major（重大）。",
    )


def test_every_mistake_at_once() -> None:
    found = issues("level:x is:y cost>z at:w form:v status:u nothing:t", "complaint")
    assert [(issue.rule, issue.args.get("name", issue.args.get("found"))) for issue in found] == [
        ("query.unknown-value", "level"),
        ("query.unknown-value", "is"),
        ("query.bad-number", "cost"),
        ("query.bad-time", "at"),
        ("query.unknown-value", "form"),
        ("query.unknown-value", "status"),
        ("query.unknown-field", "nothing"),
    ]


def test_a_state_of_another_form_is_unknown_to_this_one() -> None:
    assert issues("status:done") == []
    assert [issue.rule for issue in issues("status:done", "complaint")] == ["query.unknown-value"]


def test_a_field_some_form_has_is_known_while_all_are_asked() -> None:
    assert issues("level:major") == []
    assert issues("worker:lina 报修内容:漏水") == []


@pytest.mark.parametrize(
    "text", ["level:重大", "等级:Major", "Level:MAJOR", "departments.部门:维修", "valid:否"]
)
def test_labels_of_both_languages_and_any_case(text: str) -> None:
    assert issues(text, "complaint") == []


def test_every_code_has_words_in_both_languages() -> None:
    from logbook.locale.en import query as en
    from logbook.locale.zh import query as zh

    assert en.MESSAGES.keys() == zh.MESSAGES.keys()
    assert en.FIXES.keys() == zh.FIXES.keys()
