"""The words people type, and the form, field, step, state, choice or signature they mean."""

from __future__ import annotations

import pytest

from logbook.core.form import Form
from logbook.core.formwords import find_choice
from logbook.core.formwords import find_field
from logbook.core.formwords import find_form
from logbook.core.formwords import find_prefix
from logbook.core.formwords import find_signature
from logbook.core.formwords import find_state
from logbook.core.formwords import find_step
from logbook.core.issues import Issue
from logbook.core.text import Text
from tests.core.formkit import changed
from tests.core.formkit import form
from tests.core.formkit import library


def test_a_label_as_written_comes_before_an_id_in_other_letters() -> None:
    text = changed("  result:", "  customer: {zh: 客户档案, en: File, type: text}\n  result:")
    for word, name in (("Customer", "name"), ("customer", "customer"), ("CUSTOMER", "customer")):
        found = find_field(form(text), word)
        assert not isinstance(found, Issue)
        assert found.id == name


@pytest.mark.parametrize(
    "word", ["complaint", "Complaint", "投诉", "客户投诉登记表", " complaint REGISTER ", "CP", "cp"]
)
def test_a_form_is_found_by_any_of_its_words(word: str) -> None:
    found = find_form(library()[0], word)
    assert isinstance(found, Form)
    assert found.name == "complaint"


def test_parts_are_found_by_id_and_label() -> None:
    book = library()[0]
    complaint = book.forms["complaint"]
    assert find_prefix(book, "RM") is book.forms["room"]
    assert find_prefix(book, "XX") is None
    assert find_field(complaint, "内容摘要") is complaint.fields["summary"]
    assert find_field(complaint.fields["calls"], "minutes") is complaint.fields["calls"].columns["minutes"]
    assert find_field(complaint.fields["calls"], "分钟") is complaint.fields["calls"].columns["minutes"]
    assert find_step(complaint, "归档") is complaint.steps["close"]
    assert find_state(complaint, "closed") == "closed"
    assert find_state(complaint, "已归档") == "closed"
    assert find_choice(complaint.fields["level"], "重大") == "major"
    assert find_choice(complaint.fields["level"], "MAJOR") == "major"
    assert find_signature(complaint, "登记人") is complaint.signatures["heard"]


def test_a_word_that_means_two_things_is_asked_back() -> None:
    book, issues = library(complaint=changed("zh: 通话\n", "zh: 电话\n"))
    assert [(issue.rule, issue.severity, issue.field) for issue in issues] == [
        ("form.label-clash", "warning", "fields.calls")
    ]
    complaint = book.forms["complaint"]
    found = find_field(complaint, "电话")
    assert isinstance(found, Issue)
    assert (found.rule, found.args["allowed"]) == ("form.ambiguous", ["phone", "calls"])


def test_a_word_that_means_nothing_is_told_with_the_nearest() -> None:
    found = find_step(form(), "归当")
    assert isinstance(found, Issue)
    assert (found.rule, found.args["hint"]) == (
        "form.unknown-step",
        Text("是不是“归档”？", ' Did you mean "归档"?'),
    )
    assert find_form(library()[0], "") == Issue(
        "form.unknown-form", {"word": "", "allowed": ["complaint", "room"], "hint": Text("", "")}
    )
