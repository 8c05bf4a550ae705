"""What of a form's file is its rules, and what may change under the same version."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from logbook.core.formrules import rules_of
from logbook.core.formrules import same_rules

FORM: dict[str, Any] = {
    "form": "parcel",
    "version": "1",
    "prefix": "PA",
    "title": {"zh": "包裹", "en": "Parcel"},
    "fields": {
        "size": {"zh": "大小", "en": "Size", "type": "choice", "choices": {"small": "小件", "large": "大件"}},
        "note": {"zh": "备注", "type": "text", "required": "true"},
        "calls": {"zh": "通知", "type": "list", "of": {"at": {"zh": "时间", "type": "datetime"}}},
    },
    "states": {"kept": "待领取", "gone": "已领取"},
    "final": ["gone"],
    "steps": {"receive": {"to": "kept", "by": ["desk"]}, "collect": {"from": "kept", "to": "gone", "requires": ["note"]}},
    "clocks": {"collect": {"zh": "领取", "starts": "at", "stops": "collect", "within": "7 days"}},
    "checks": [{"id": "called", "rule": "calls is filled before collect", "say": {"zh": "先通知"}}],
    "list": ["id", "size"],
    "sheet": [["size", "note"]],
}


def changed(value: Any, *place: Any) -> dict[str, Any]:
    """The form with one place changed (None: taken out)."""
    form = copy.deepcopy(FORM)
    at: Any = form
    for part in place[:-1]:
        at = at[part]
    if value is None:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return form


@pytest.mark.parametrize(
    "form",
    [
        changed("2", "version"),
        changed({"zh": "快件"}, "title"),
        changed("尺寸", "fields", "size", "zh"),
        changed("小", "fields", "size", "choices", "small"),
        changed("now", "fields", "calls", "of", "at", "default"),
        changed("在架", "states", "kept"),
        changed({"zh": "请先通知"}, "checks", 0, "say"),
        changed(["kept"], "steps", "collect", "from"),
        changed("gone", "final"),
        changed("complaint", "steps", "collect", "opens"),
        changed("手册 4", "clocks", "collect", "source"),
        changed(None, "list"),
        changed([["note"]], "sheet"),
        changed("手册 3", "source"),
    ],
)
def test_words_and_layout_are_no_rules(form: dict[str, Any]) -> None:
    assert same_rules(FORM, form)


@pytest.mark.parametrize(
    "form",
    [
        changed("longtext", "fields", "note", "type"),
        changed(None, "fields", "note"),
        changed("false", "fields", "note", "required"),
        changed("中件", "fields", "size", "choices", "middle"),
        changed("date", "fields", "calls", "of", "at", "type"),
        changed("退回", "states", "returned"),
        changed(["kept", "gone"], "final"),
        changed(["desk", "guard"], "steps", "receive", "by"),
        changed(["note", "size"], "steps", "collect", "requires"),
        changed("8 days", "clocks", "collect", "within"),
        changed("calls is filled", "checks", 0, "rule"),
        changed("warning", "checks", 0, "severity"),
        changed("PB", "prefix"),
        changed(["size"], "span"),
    ],
)
def test_what_decides_is_a_rule(form: dict[str, Any]) -> None:
    assert not same_rules(FORM, form)


def test_a_field_may_be_called_like_a_key() -> None:
    assert rules_of(FORM)["fields"]["note"] == {"type": ["text"], "required": ["true"]}
