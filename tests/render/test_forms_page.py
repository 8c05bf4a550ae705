"""The description of a form says everything the form says, in words."""

from __future__ import annotations

import pytest

from logbook.core.budgets import parse_within
from logbook.core.form import Check
from logbook.core.form import Clock
from logbook.core.form import Default
from logbook.core.form import DefaultRows
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_rule
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.render.forms_page import form_page
from logbook.render.forms_page import forms_list
from logbook.render.porcelain import form_json
from logbook.render.width import width
from tests.render.forms import COMPLAINT
from tests.render.forms import LIBRARY

RULE = "result is filled before close"
FORM = replace(
    COMPLAINT,
    clocks={
        "handle": Clock(
            "handle",
            Text("处理", "Handle"),
            ("at",),
            ("handle",),
            parse_within("2 days"),
            when=parse_condition("way is phone"),
            to="cs_supervisor",
            source="002 四.4(5)",
        )
    },
    checks=(
        Check(
            "told",
            RULE,
            parse_rule(RULE),
            "warning",
            Text("没有结果不得归档", "No filing without a result"),
            "002 六",
        ),
        Check("bare", RULE, parse_rule(RULE), inferred=True),
    ),
)


def test_the_list_of_forms() -> None:
    assert forms_list(LIBRARY, "zh").splitlines() == [
        "表单       名称            又称  编号前缀  版本",
        "---------  --------------  ----  --------  ----",
        "core",
        "complaint  客户投诉登记表  投诉  CP           1",
        "patrol     楼宇巡查记录          PT           2",
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_page_leaves_nothing_out_and_keeps_its_width(lang: str, columns: int) -> None:
    page = form_page(FORM, LIBRARY, lang, width=columns)
    assert max(map(width, page.splitlines())) <= columns
    squeezed = "".join(page.split())
    for field in FORM.fields.values():
        assert field.id in squeezed
        assert "".join(field.label.say(lang).split()) in squeezed
        for choice in field.choices.values():
            assert choice.say(lang) in squeezed
    for step in FORM.steps.values():
        assert step.id in squeezed
    for source in FORM.source:
        assert "".join(source.split()) in squeezed
    assert "…" not in page


def test_a_page_says_who_may_and_what_a_step_needs() -> None:
    lines = form_page(FORM, LIBRARY, "zh").splitlines()
    assert "register  登记      （新建） → 已登记          任何员工" in lines
    assert "handle    处理      已登记 → 已处理            客服员                      处理结果" in lines


def test_a_clock_is_a_sentence_with_its_source() -> None:
    page = "".join(form_page(FORM, LIBRARY, "zh").split())
    assert "处理（handle）：从登记的时间起，到“处理”的时间止；2天内" in page
    assert "超时报：客服主管" in page
    assert "依据：002四.4(5)" in page


def test_a_check_is_said_with_its_rule_and_source() -> None:
    page = "".join(form_page(FORM, LIBRARY, "zh").split())
    assert "没有结果不得归档（told,提醒）" in page
    assert "依据：002六" in page
    assert "制度未写明，系推定" in page


def test_a_page_in_english() -> None:
    page = form_page(FORM, LIBRARY, "en")
    assert "Complaint register  complaint@1" in page
    assert "Numbers: CP-yyyymmdd-A001" in page
    assert "No filing without a result (told, warning)" in page


def test_a_default_of_rows_and_a_second_choice_are_said() -> None:
    rows = DefaultRows({"at": Default("it")}, each="records of complaint")
    fields = {
        "calls": replace(COMPLAINT.fields["calls"], default=Default("rows", rows=rows)),
        "room": replace(COMPLAINT.fields["room"], default=Default("field", "name", Default("last"))),
    }
    form = replace(COMPLAINT, fields={**COMPLAINT.fields, **fields})
    library = replace(LIBRARY, forms={**LIBRARY.forms, "complaint": form})
    assert "自动列出" in form_page(form, library, "zh")
    assert "或上次所填" in form_page(form, library, "zh")
    told = {field["id"]: field["default"] for field in form_json(form)["fields"]}  # type: ignore[attr-defined]
    assert told["calls"] == {"each": "records of complaint", "row": {"at": "it"}}
    assert told["room"] == "name or last"
