"""The files of a book together: names between them, versions, checklists."""

from __future__ import annotations

from datetime import date

import pytest

from logbook.core.text import Text
from tests.core.formkit import COMPLAINT
from tests.core.formkit import FILES
from tests.core.formkit import PATH
from tests.core.formkit import ROOM
from tests.core.formkit import changed
from tests.core.formkit import library


def test_the_files_of_a_book_make_a_library() -> None:
    book, issues = library()
    assert issues == []
    assert list(book.forms) == ["complaint", "room"]
    assert book.roles["director"] == Text("主任", "Director")
    assert book.form_at("complaint", 2) is book.forms["complaint"]
    assert book.form_at("complaint", 1) is None


BETWEEN = [
    ("type: ref room}", "type: ref rom}", "form.unknown-form", "fields.room.type", 13),
    ("default: room.phone", "default: room.fone", "form.unknown-field", "fields.phone.default", 12),
    ("by: [director]", "by: [directr]", "form.unknown-role", "steps.close.by", 41),
    ("to: director}", "to: boss}", "form.unknown-role", "clocks.forward.to", 46),
    ("roles: [cs_officer]", "roles: [officer]", "form.unknown-role", "signatures.heard.roles", 44),
    ("opens: complaint", "opens: complain", "form.unknown-form", "steps.again.opens", 42),
    ("starts: at, stops: forward", "starts: att, stops: forward", "form.unknown-moment", "clocks.forward.starts", 46),
    ("starts: at, stops: forward", "starts: [at, again, agin], stops: forward", "form.unknown-moment", "clocks.forward.starts", 46),
    ("starts: at, stops: forward", "starts: at, stops: level", "form.not-moment", "clocks.forward.stops", 46),
    ("starts: at, stops: forward", "starts: calls.on, stops: forward", "form.unknown-field", "clocks.forward.starts", 46),
    ("starts: at, stops: forward", "starts: room.done, stops: forward", "form.unknown-moment", "clocks.forward.starts", 46),
    ("2 days or demanded_by", "2 days or demandd_by", "form.unknown-moment", "clocks.resolve.within", 47),
    ("to: director}", "to: director, escalate: [{at: 80%, to: boss}]}", "form.unknown-role", "clocks.forward.escalate.0.to", 46),
    ("prefix: CP", "prefix: RM", "form.prefix-clash", "prefix", 4),
    ("form: complaint", "form: complaints", "form.file-name", "form", 1),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "field", "line"), BETWEEN)
def test_a_name_that_nothing_answers_to_is_told(old: str, new: str, rule: str, field: str, line: int) -> None:
    _, issues = library(complaint=changed(old, new))
    places = [(issue.rule, issue.field, issue.line) for issue in issues if issue.path == PATH]
    if rule == "form.prefix-clash":
        places = [(issue.rule, issue.field, 4) for issue in issues]
    assert (rule, field, line) in places


def test_a_clock_may_start_at_a_linked_moment_or_a_column() -> None:
    for name in ("room.enter", "room.at", "calls.at", "received_at", "forward"):
        _, issues = library(complaint=changed("starts: at, stops: forward", f"starts: {name}, stops: close"))
        assert issues == [], name


def test_a_broken_form_leaves_the_others_alone() -> None:
    book, issues = library(room=changed("type: text, is: id", "type: texxt, is: id", ROOM))
    assert [(issue.path, issue.rule) for issue in issues] == [
        ("templates/core/room.yaml", "form.unknown-type")
    ]
    assert list(book.forms) == ["complaint"]


def test_two_forms_called_alike_are_told() -> None:
    _, issues = library(room=changed("房屋单元台账 / Unit register", "投诉 / Units", ROOM))
    assert [(issue.rule, issue.severity, issue.args["other"]) for issue in issues] == [
        ("form.word-clash", "warning", "complaint")
    ]


def test_older_versions_stand_beside_the_newest() -> None:
    older = changed("version: 2", "version: 1")
    book, issues = library({**FILES, "templates/core/complaint@1.yaml": older})
    assert issues == []
    assert book.forms["complaint"].version == 2
    old = book.form_at("complaint", 1)
    assert old is not None
    assert old.effective == date(2026, 1, 1).isoformat()


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("complaint@1", COMPLAINT, "form.file-name"),
        ("complaint@2", COMPLAINT, "form.older-newer"),
        ("complain@1", changed("form: complaint", "form: complain", changed("version: 2", "version: 1")), "form.older-alone"),
    ],
)  # fmt: skip
def test_an_older_version_says_so_in_its_name(name: str, text: str, rule: str) -> None:
    _, issues = library({**FILES, f"templates/core/{name}.yaml": text})
    assert rule in [issue.rule for issue in issues if issue.path == f"templates/core/{name}.yaml"]


def test_a_file_outside_a_pack_is_told() -> None:
    _, issues = library({**FILES, "templates/stray.yaml": ROOM})
    assert [(issue.rule, issue.path) for issue in issues] == [("form.no-pack", "templates/stray.yaml")]


def test_checklists_are_read_and_known() -> None:
    lists = "checklists:\n  tour: {zh: 巡查, en: Tour, source: '002', items: {lamp: {zh: 灯, en: Lamp, limit: {op: '>=', n: 5, unit: lx}}, door: 门 / Door}}\n"
    text = changed("  result: {", "  tour: {zh: 巡查, en: Tour, type: checklist tour}\n  result: {")
    book, issues = library(complaint=text, checklists=lists)
    assert issues == []
    tour = book.checklists["tour"]
    assert tour.items["lamp"].limit == (">=", "5", Text("", "lx"))
    assert tour.items["door"].label == Text("门", "Door")
    _, issues = library(complaint=changed("checklist tour", "checklist tor", text), checklists=lists)
    assert [(issue.rule, issue.field) for issue in issues] == [("form.unknown-checklist", "fields.tour.type")]


LISTS = "checklists:\n  tour: {zh: 巡查, en: Tour, items: {lamp: 灯 / Lamp, door: 门 / Door}}\n"


def test_a_field_holds_a_line_of_a_checklist() -> None:
    text = changed("  result: {", "  spot: {zh: 位置, en: Spot, type: item of tour}\n  result: {")
    book, issues = library(complaint=text, checklists=LISTS)
    assert issues == []
    spot = book.forms["complaint"].fields["spot"]
    assert (spot.type, spot.target, dict(spot.choices)) == (
        "choice",
        ("tour",),
        {"lamp": Text("灯", "Lamp"), "door": Text("门", "Door")},
    )
    _, issues = library(complaint=changed("item of tour", "item of tor", text), checklists=LISTS)
    assert [(issue.rule, issue.field) for issue in issues] == [("form.unknown-checklist", "fields.spot.type")]
    _, issues = library(complaint=changed("type: item of tour", "type: item", text), checklists=LISTS)
    assert [(issue.rule, issue.field) for issue in issues] == [("form.type-argument", "fields.spot.type")]


def test_units_are_labels() -> None:
    units = ("次 / times", "{zh: 次, en: times}", "元")
    fields = "".join(f"  n{i}: {{zh: 数{i}, en: N{i}, type: int, unit: {unit}}}\n" for i, unit in enumerate(units))
    book, issues = library(complaint=changed("  result: {", f"{fields}  result: {{"))
    assert issues == []
    read = [book.forms["complaint"].fields[f"n{i}"].unit for i in range(3)]
    assert read == [Text("次", "times"), Text("次", "times"), Text("元", "")]


@pytest.mark.parametrize(
    ("written", "opens"),
    [
        ("room", (("room", None),)),
        ("[room, complaint]", (("room", None), ("complaint", None))),
        ("{room: level is major, complaint: }", (("room", "level is major"), ("complaint", None))),
    ],
)
def test_what_a_step_opens(written: str, opens: tuple[tuple[str, str | None], ...]) -> None:
    book, issues = library(complaint=changed("to: closed,", f"to: closed, opens: {written},"))
    assert issues == []
    assert book.forms["complaint"].steps["close"].opens == opens


@pytest.mark.parametrize(
    ("written", "rule", "place"),
    [
        ("rom", "form.unknown-form", "steps.close.opens"),
        ("[[room]]", "form.shape", "steps.close.opens"),
        ("{room: [major]}", "form.shape", "steps.close.opens.room"),
        ("{room: level is majr}", "rule.unknown-value", "steps.close.opens.room"),
    ],
)
def test_what_a_step_cannot_open(written: str, rule: str, place: str) -> None:
    _, issues = library(complaint=changed("to: closed,", f"to: closed, opens: {written},"))
    assert [(issue.rule, issue.field) for issue in issues] == [(rule, place)]


def test_the_condition_of_a_place_to_sign() -> None:
    text = changed("at: register}\nclocks", "at: register, when: level is major}\nclocks")
    book, issues = library(complaint=text)
    assert issues == []
    place = book.forms["complaint"].signatures["heard"]
    assert place.when_text == "level is major"
    assert place.when is not None
    _, issues = library(complaint=changed("when: level is major", "when: levl is major", text))
    assert [(issue.rule, issue.field) for issue in issues] == [("rule.unknown-field", "signatures.heard.when")]


@pytest.mark.parametrize("key", ["starts", "stops", "within", "not_before"])
def test_no_clock_counts_by_what_is_computed(key: str) -> None:
    clock = {"starts": "at", "stops": "close", "within": "2 days"}
    clock[key] = "by second" if key == "within" else "second"
    told = ", ".join(f"{name}: {value}" for name, value in clock.items())
    text = changed("  result: {", "  second: {zh: 二, en: Two, type: date, derived: at + 1 days}\n  result: {")
    text = changed("clocks:\n", f"clocks:\n  odd: {{zh: 怪, en: Odd, {told}}}\n", text)
    _, issues = library(complaint=text)
    assert [(issue.rule, issue.field, issue.args) for issue in issues] == [
        ("form.clock-derived", f"clocks.odd.{key}", {"name": "second"})
    ]
