"""From the text of a form file to a Form, with every problem told at once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from logbook.core.definition import form_from
from logbook.core.definition import label_from
from logbook.core.form import Cell
from logbook.core.form import Default
from logbook.core.form import DefaultRows
from logbook.core.formlibrary import library_from
from logbook.core.issues import Issue
from logbook.core.sources import Source
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from tests.core.formkit import COMPLAINT
from tests.core.formkit import FILES
from tests.core.formkit import PATH
from tests.core.formkit import alone
from tests.core.formkit import changed
from tests.core.formkit import form
from tests.core.formkit import library
from tests.core.formkit import source

# --------------------------------------------------------------------------- what is read


def test_a_form_is_read_as_it_says() -> None:
    complaint = form()
    assert complaint.full_name == "complaint@2"
    assert complaint.title == Text("客户投诉登记表", "Complaint register")
    assert (complaint.prefix, complaint.pack, complaint.path, complaint.register) == (
        "CP",
        "core",
        PATH,
        False,
    )
    assert complaint.source == ("002 投诉处理及回访制度 1-7", "002 四.4")
    assert list(complaint.states) == ["registered", "forwarded", "closed"]
    assert complaint.final == {"closed"}
    assert complaint.first_step.id == "register"
    close = complaint.steps["close"]
    assert (close.from_, close.to, close.requires, close.approver) == (
        ("registered", "forwarded"), "closed", ("result",), True,
    )  # fmt: skip
    assert complaint.steps["again"].adds == {"round": 1}
    assert complaint.columns == ("id", "room", "level", "status", "due")
    assert complaint.sheet[:2] == ((Cell("name"), Cell("room")), (Cell("summary", 2),))
    assert complaint.steps["forward"].line == 40


def test_fields_know_their_type_target_choices_and_columns() -> None:
    fields = form().fields
    assert (fields["room"].type, fields["room"].target) == ("ref", ("room",))
    assert fields["way"].choices["letter"] == Text("信函", "Letter")
    assert fields["received_at"].holds == "at"
    assert list(fields["calls"].columns) == ["at", "to_room", "minutes"]
    assert (fields["name"].required, fields["name"].private, fields["place"].required) == (True, True, False)
    assert fields["calls"].columns["minutes"].line == 33


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("way", Default("value", "phone")),  # a choice's own id wins over the field of that name
        ("place", Default("field", "room")),
        ("phone", Default("field", "room.phone")),
        ("demanded_by", Default("within", "2 days")),
        ("round", Default("value", "1")),
        ("name", None),
    ],
)
def test_a_default_means_one_thing(field: str, default: Default | None) -> None:
    assert form().fields[field].default == default


def test_the_default_of_a_column_may_be_a_field_around_it() -> None:
    columns = form().fields["calls"].columns
    assert columns["at"].default == Default("now")
    assert columns["to_room"].default == Default("field", "room")


def with_rows(default: str) -> str:
    return changed("    type: list\n", f"    type: list\n    default: {default}\n")


def test_the_rows_a_list_begins_with() -> None:
    text = with_rows(
        "{each: records of room where state is active, order: phone, row: {to_room: it, minutes: 5}, otherwise: {to_room: room}}"
    )
    rows = DefaultRows(
        {"to_room": Default("it"), "minutes": Default("value", "5")},
        "records of room where state is active",
        "phone",
        {"to_room": Default("field", "room")},
    )
    assert form(text).fields["calls"].default == Default("rows", rows=rows)
    assert [issue for issue in library(complaint=text)[1] if issue.is_error] == []
    assert form(with_rows("{row: {to_room: room}}")).fields["calls"].default == Default(
        "rows", rows=DefaultRows({"to_room": Default("field", "room")})
    )


def test_a_default_may_name_what_comes_in_for_an_empty_path() -> None:
    text = changed("default: room.phone", "default: room.phone or last")
    assert form(text).fields["phone"].default == Default("field", "room.phone", Default("last"))


@pytest.mark.parametrize(
    ("default", "rule", "place"),
    [
        ("{row: {to_room: room}, rows: {}}", "form.unknown-key", "fields.calls.default.rows"),
        ("{each: records of room}", "form.missing-key", "fields.calls.default"),
        ("{row: {to_room: room}, order: phone}", "form.missing-key", "fields.calls.default"),
        ("{row: {room: room}}", "form.unknown-field", "fields.calls.default.row"),
        ("{row: {minutes: many}}", "form.bad-default", "fields.calls.default.row.minutes"),
        ("{row: {to_room: it}, each: records of rom}", "rule.unknown-form", "fields.calls.default.each"),
        ("{row: {to_room: it}, each: records of room where stat is active}", "rule.unknown-field", "fields.calls.default.each"),
        ("{row: {to_room: it}, each: rows of calls}", "form.bad-default", "fields.calls.default.each"),
        ("{row: {to_room: it}, each: records off room}", "rule.expected", "fields.calls.default.each"),
        ("{row: {to_room: it.fone}, each: records of room}", "form.unknown-field", "fields.calls.default.row.to_room"),
        ("{row: {to_room: it}, each: records of room, order: floor}", "form.unknown-field", "fields.calls.default.order"),
        ("now", "form.bad-default", "fields.calls.default"),
    ],
)  # fmt: skip
def test_a_wrong_word_in_the_rows_of_a_default(default: str, rule: str, place: str) -> None:
    _, issues = library(complaint=with_rows(default))
    assert [(issue.rule, issue.field, issue.line) for issue in issues if issue.is_error][:1] == [(rule, place, 30)]


def test_the_column_of_a_wrong_word_in_each_is_that_of_the_file() -> None:
    text = with_rows("{row: {to_room: it}, each: records of room where stat is active}")
    (issue,) = [issue for issue in library(complaint=text)[1] if issue.is_error]
    assert text.splitlines()[29][issue.args["column"] - 1 :].startswith("stat is")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("about.phone", True),  # a room has it, a complaint has it too
        ("about.summary", True),  # only one of the two
        ("about.id", True),
        ("about.form", True),
        ("about.room.phone", True),
        ("about.summary.phone", False),
        ("about.fone", False),
        ("about.room.fone", False),
    ],
)
def test_a_default_may_copy_what_any_of_several_forms_has(path: str, known: bool) -> None:
    text = changed(
        "  result:", f"  about: {{zh: 关于, en: About, type: ref room|complaint}}\n  told: {{zh: 话, en: Told, type: text, default: {path}}}\n  result:"
    )
    errors = [issue.rule for issue in library(complaint=text)[1] if issue.is_error]
    assert errors == ([] if known else ["form.unknown-field"])


def test_a_checklist_may_begin_with_a_verdict() -> None:
    tour = "tour: {zh: 巡查, en: Tour, type: checklist tour, default: pass}\n  result:"
    assert form(changed("result:", tour)).fields["tour"].default == Default("value", "pass")
    _, issues = alone(changed("result:", tour.replace("pass", "fine")))
    assert [issue.rule for issue in issues] == ["form.bad-default"]


def test_sentences_and_budgets_are_read_when_looked_at() -> None:
    document, _ = codec.read_definition(changed("rule: result required", "rule: result requird").encode())
    assert document is not None
    trusted, _ = form_from(document.plain, path=PATH, pack="core", strict=False)
    assert trusted is not None
    assert trusted.checks[0].text.startswith("result requird")
    with pytest.raises(Exception, match="rule"):
        _ = trusted.checks[0].rule
    assert form().checks[0].rule is not None
    assert form().clocks["resolve"].within.fields() == {"level", "demanded_by"}
    assert form().fields["talked"].derived is not None


def test_a_trusting_reader_makes_the_same_form() -> None:
    document, _ = codec.read_definition(COMPLAINT.encode(), PATH)
    assert document is not None
    trusted, _ = form_from(document.plain, path=PATH, pack="core", line=document.line, strict=False)
    assert trusted == form()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("信函 / Letter", Text("信函", "Letter")),
        ("投诉/建议 / Complaint/advice", Text("投诉/建议", "Complaint/advice")),
        ("甲 / 乙 / A or B", Text("甲 / 乙", "A or B")),
        ("信函", Text("信函", "")),
        ("Letter", Text("", "Letter")),
        ({"zh": "信函", "en": "Letter"}, Text("信函", "Letter")),
    ],
)
def test_labels_have_a_short_writing(written: object, read: Text) -> None:
    assert label_from(written) == read


# --------------------------------------------------------------------------- what is wrong

WRONG = [
    ("prefix: CP", "prefixx: CP", "form.unknown-key", "prefixx", 4),
    ("prefix: CP", "prefix: cp", "form.bad-prefix", "prefix", 4),
    ("version: 2", "version: two", "form.shape", "version", 2),
    ("effective: 2026-01-01", "effective: 2026-13-01", "form.shape", "effective", 3),
    ("subject: [summary]", "subject: [summry]", "form.unknown-field", "subject", 8),
    ("subject: [summary]", "subject: [name]", "form.private-subject", "subject", 8),
    ("received_at: {", "Received: {", "form.bad-id", "fields.Received", 10),
    ("place: {", "status: {", "form.reserved", "fields.status", 14),
    ("place: {", "at: {", "form.reserved", "fields.at", 14),
    ("place: {", "from: {", "form.keyword", "fields.from", 14),
    ("required: true", "required: yes", "form.shape", "fields.name.required", 11),
    ("type: phone, private", "type: telephone, private", "form.unknown-type", "fields.phone.type", 12),
    ("type: ref room}", "type: ref}", "form.type-argument", "fields.room.type", 13),
    ("choices: {letter: 信函 / Letter, phone: 电话 / Phone}, ", "", "form.missing-key", "fields.way", 15),
    ("{letter: 信函 / Letter,", "{letter: ,", "form.no-label", "fields.way.choices.letter", 15),
    ("default: minor", "default: miner", "form.unknown-choice", "fields.level.default", 22),
    ("default: 1}", "default: one}", "form.bad-default", "fields.round.default", 25),
    ("is: forward.at", "is: forwrd.at", "form.is-nothing", "fields.forwarded_at.is", 23),
    ("type: datetime, is: forward.at", "type: staff, is: forward.at", "form.is-type", "fields.forwarded_at.is", 23),
    ("{within: 2 days}", "{within: 2 dys}", "clock", "fields.demanded_by.default", 24),
    ("final: [closed]", "final: [close]", "form.unknown-state", "final", 37),
    ("from: registered, to: forwarded", "from: registerd, to: forwarded", "form.unknown-state", "steps.forward.from", 40),
    ("to: forwarded, requires", "to: forwarde, requires", "form.unknown-state", "steps.forward.to", 40),
    ("requires: [forwarded_at]", "requires: [forwardd_at]", "form.unknown-field", "steps.forward.requires", 40),
    ("to: registered, by: [cs_officer]", "from: closed, to: registered", "form.no-first-step", "steps", 38),
    ("Forward, from: registered, ", "Forward, ", "form.two-first-steps", "steps.register", 39),
    ("adds: {round: 1}", "adds: {level: 1}", "form.not-counter", "steps.again.adds", 42),
    ("  again: {", "  amend: {", "form.reserved", "steps.amend", 42),
    ("at: register}", "at: registr}", "form.unknown-step", "signatures.heard.at", 44),
    ("within: same day, ", "", "form.missing-key", "clocks.forward", 46),
    ("within: same day", "within: some day", "clock", "clocks.forward.within", 46),
    ("{major: 10 days,", "{mayor: 10 days,", "form.unknown-choice", "clocks.resolve.within.level", 47),
    ("level is major, starts", "level is is major, starts", "rule", "clocks.forward.when", 46),
    ("result required if", "result requird if", "rule", "checks.0.rule", 49),
    ("sum of minutes over", "sum minutes over", "rule", "fields.talked.derived", 34),
    ("severity: warning", "severity: hint", "form.unknown-severity", "checks.1.severity", 50),
    ("id: quick", "id: result_full", "form.duplicate-id", "checks.1.id", 50),
    ("list: [id, room,", "list: [id, rom,", "form.unknown-field", "list", 51),
    ("- calls\n", "- cals\n", "form.unknown-field", "sheet.2", 55),
    ("- summary 2", "- summary tall", "form.sheet-row", "sheet.1", 54),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "field", "line"), WRONG)
def test_a_fault_is_told_with_its_place(old: str, new: str, rule: str, field: str, line: int) -> None:
    broken, issues = alone(changed(old, new))
    assert broken is None
    found = [
        (issue.rule if "." in rule else issue.rule.partition(".")[0], issue.field, issue.line)
        for issue in issues
    ]
    assert (rule, field, line) in found
    assert {issue.path for issue in issues} == {PATH}


def test_every_fault_is_told_at_once() -> None:
    text = changed("type: phone, private", "type: telephone, private")
    text = changed("required: true", "requred: true", text)
    text = changed("final: [closed]", "final: {closed: 1}", text)
    _, issues = alone(text)
    assert [(issue.rule, issue.line) for issue in issues] == [
        ("form.shape", 37),
        ("form.unknown-key", 11),
        ("form.unknown-type", 12),
    ]


def test_an_unknown_word_comes_with_the_nearest_one() -> None:
    _, issues = alone(changed("to: forwarded, requires", "to: forwarde, requires"))
    assert issues[0].args["hint"] == Text("是不是“forwarded”？", ' Did you mean "forwarded"?')
    assert issues[0].args["allowed"] == ["registered", "forwarded", "closed"]


def test_a_sentence_is_told_with_its_column() -> None:
    _, (issue,) = alone(changed("result required if", "result requird if"))
    line = COMPLAINT.splitlines()[48]
    assert issue.line == 49
    assert issue.args["column"] == line.index("required if") + 1


def test_an_unreachable_state_is_a_warning() -> None:
    complaint, issues = alone(
        changed("closed: 已归档 / Closed}", "closed: 已归档 / Closed, lost: 遗失 / Lost}")
    )
    assert complaint is not None
    assert [(issue.rule, issue.severity, issue.field) for issue in issues] == [
        ("form.unreachable-state", "warning", "states.lost")
    ]


def test_an_empty_file_is_an_issue() -> None:
    assert form_from(None, path=PATH, pack="core")[1] == [Issue("form.empty", {}, path=PATH)]


def test_columns_may_be_called_at_and_by() -> None:
    assert form(changed("      minutes: {zh: 分钟, en: Minutes, type: int}", "      by: {zh: 人, en: By, type: staff}\n      minutes: {zh: 分钟, en: Minutes, type: int}")).fields["calls"].columns["by"].type == "staff"  # fmt: skip


ODD: list[object] = [
    None,
    "",
    [],
    {},
    "x y",
    "now.x",
    ["a", ["b"]],
    ["a", None],
    {"zh": ["a"]},
    {"x": "y"},
    "gone",
]


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*at, key))


def test_nothing_odd_anywhere_is_more_than_an_issue_with_a_sentence() -> None:
    plain, others = (
        source(PATH, COMPLAINT).plain,
        [source(path, FILES[path]) for path in FILES if path != PATH],
    )
    told: set[str] = set()
    for at in places(plain):
        for odd in ODD:
            wrong = copy.deepcopy(plain)
            around: Any = wrong
            for key in at[:-1]:
                around = around[key]
            if odd == "gone":
                del around[at[-1]]
            else:
                around[at[-1]] = odd
            book, issues = library_from([Source(PATH, wrong), *others])
            assert "complaint" in book.forms or any(issue.is_error for issue in issues), (at, odd)
            for issue in issues:
                if issue.rule.startswith("form.") and issue.rule not in told:
                    told.add(issue.rule)
                    for lang in ("zh", "en"):
                        sentence, fix = Catalogue(lang).issue(issue)
                        assert sentence and not set("{}=") & set(sentence), sentence
                        assert fix and "{hint}" not in fix, fix
    assert len(told) >= 20


# --------------------------------------------------------------------------- what clocks may say more


def test_a_clock_says_how_it_is_paused_and_escalated() -> None:
    more = "to: director, pauses: {longest: 2 weeks, most: 1}, not_before: demanded_by, escalate: [{at: 80%, to: cs_officer}, {after: 1 day, to: director}]}"
    book, issues = library(complaint=changed("to: director}", more))
    assert issues == []
    clock = book.forms["complaint"].clocks["forward"]
    assert clock.not_before == "demanded_by"
    assert clock.pauses is not None
    assert (clock.pauses.allowed, clock.pauses.most, str(clock.pauses.longest.say("en"))) == (True, 1, "within 2 weeks")
    steps = [(one.share, one.after.say("en") if one.after else None, one.to) for one in clock.escalate]
    assert steps == [(80, None, "cs_officer"), (None, "within 1 day", "director")]
    book, issues = library(complaint=changed("to: director}", "to: director, pauses: no}"))
    assert issues == []
    assert not book.forms["complaint"].clocks["forward"].pauses.allowed


def test_a_form_that_says_from_where_it_is_reopened_has_the_step_and_new_cycles() -> None:
    book, issues = library(complaint=changed("clocks:\n", "reopen: {from: closed, to: registered}\nclocks:\n"))
    assert issues == []
    form = book.forms["complaint"]
    assert (form.steps["reopen"].from_, form.steps["reopen"].to, form.steps["reopen"].reason) == (("closed",), "registered", True)
    assert form.clocks["resolve"].starts == ("at", "reopen")


@pytest.mark.parametrize(
    ("more", "rule", "field"),
    [
        ("pauses: maybe", "form.shape", "clocks.forward.pauses"),
        ("pauses: {longest: same day}", "form.not-length", "clocks.forward.pauses.longest"),
        ("pauses: {longst: 2 days}", "form.unknown-key", "clocks.forward.pauses.longst"),
        ("escalate: [{to: director}]", "form.escalation", "clocks.forward.escalate.0"),
        ("escalate: [{at: 80%, after: 1 day, to: director}]", "form.escalation", "clocks.forward.escalate.0"),
        ("escalate: [{at: 120%, to: director}]", "form.shape", "clocks.forward.escalate.0.at"),
        ("escalate: [{after: 1 dy, to: director}]", "clock.budget-unit", "clocks.forward.escalate.0.after"),
        ("not_before: level", "form.not-moment", "clocks.forward.not_before"),
        ("not_before: agred_at", "form.unknown-field", "clocks.forward.not_before"),
    ],
)
def test_what_is_wrong_with_that_is_told(more: str, rule: str, field: str) -> None:
    _, issues = library(complaint=changed("to: director}", f"to: director, {more}}}"))
    assert [(issue.rule, issue.field, issue.line) for issue in issues] == [(rule, field, 46)]
    for lang in ("zh", "en"):
        assert all(Catalogue(lang).issue(issues[0]))
