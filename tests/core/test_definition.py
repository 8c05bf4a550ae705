"""From the text of a form file to a Form, with every problem told at once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from logbook.core.definition import form_from
from logbook.core.definition import label_from
from logbook.core.form import Cell
from logbook.core.form import Default
from logbook.core.form import DefaultRows
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.formlibrary import Source
from logbook.core.formlibrary import library_from
from logbook.core.formwords import find_choice
from logbook.core.formwords import find_field
from logbook.core.formwords import find_form
from logbook.core.formwords import find_prefix
from logbook.core.formwords import find_signature
from logbook.core.formwords import find_state
from logbook.core.formwords import find_step
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from logbook.store import codec

PATH = "templates/core/complaint.yaml"

COMPLAINT = """\
form: complaint
version: 2
effective: 2026-01-01
prefix: CP
title: {zh: 客户投诉登记表, en: Complaint register}
alias: [投诉]
source: [002 投诉处理及回访制度 1-7, 002 四.4]
subject: [summary]
fields:
  received_at: {zh: 投诉时间, en: Received at, type: datetime, is: at}
  name: {zh: 客户姓名, en: Customer, type: text, required: true, private: true}
  phone: {zh: 电话, en: Phone, type: phone, private: true, default: room.phone}
  room: {zh: 房号, en: Room, type: ref room}
  place: {zh: 地点, en: Place, type: text, default: room}
  way: {zh: 形式, en: Way, type: choice, choices: {letter: 信函 / Letter, phone: 电话 / Phone}, default: phone}
  summary: {zh: 内容摘要, en: Summary, type: text, required: true}
  level:
    zh: 等级
    en: Level
    type: choice
    choices: {minor: 轻微 / Minor, major: 重大 / Major}
    default: minor
  forwarded_at: {zh: 转呈时间, en: Forwarded at, type: datetime, is: forward.at}
  demanded_by: {zh: 要求期限, en: Wanted by, type: datetime, default: {within: 2 days}}
  round: {zh: 第几次, en: Round, type: int, default: 1}
  calls:
    zh: 通话
    en: Calls
    type: list
    of:
      at: {zh: 时间, en: At, type: datetime, default: now}
      to_room: {zh: 房号, en: Room, type: ref room, default: room}
      minutes: {zh: 分钟, en: Minutes, type: int}
  talked: {zh: 通话分钟, en: Talked, type: int, derived: sum of minutes over rows of calls}
  result: {zh: 处理结果, en: Result, type: longtext}
states: {registered: 已登记 / Registered, forwarded: 已转呈 / Forwarded, closed: 已归档 / Closed}
final: [closed]
steps:
  register: {zh: 登记, en: Register, to: registered, by: [cs_officer]}
  forward: {zh: 转呈, en: Forward, from: registered, to: forwarded, requires: [forwarded_at], by: [cs_officer]}
  close: {zh: 归档, en: Close, from: [registered, forwarded], to: closed, requires: result, by: [director], approver: true}
  again: {zh: 重开, en: Again, from: closed, to: registered, reason: true, adds: {round: 1}, opens: complaint}
signatures:
  heard: {zh: 登记人, en: Heard, roles: [cs_officer], at: register}
clocks:
  forward: {zh: 转呈, en: Forward, when: level is major, starts: at, stops: forward, within: same day, to: director}
  resolve: {zh: 处理, en: Resolve, starts: at, stops: [close], within: {level: {major: 10 days, minor: 2 days or demanded_by}}}
checks:
  - {id: result_full, rule: result required if level is major before close, say: {zh: 写明结果, en: Say the result}}
  - {id: quick, rule: forwarded_at <= received_at + 1 day, severity: warning}
list: [id, room, level, status, due]
sheet:
  - [name, room]
  - summary 2
  - calls
  - signatures
"""

ROOM = """\
form: room
version: 1
prefix: RM
title: 房屋单元台账 / Unit register
register: true
fields:
  room_no: {zh: 房号, en: Room, type: text, is: id}
  phone: {zh: 电话, en: Phone, type: phone}
states: {active: 有效 / Active}
steps:
  enter: {zh: 建档, en: Enter, to: active, by: [staff]}
"""

ROLES = "roles: {cs_officer: 客服管理员 / Officer, director: 主任 / Director}\n"

FILES = {PATH: COMPLAINT, "templates/core/room.yaml": ROOM, "templates/core/roles.yaml": ROLES}


def library(files: dict[str, str] = FILES, **changed: str) -> tuple[Library, list[Issue]]:
    """The library of these files; ``complaint=…`` replaces templates/core/complaint.yaml."""
    files = {**files, **{f"templates/core/{name}.yaml": text for name, text in changed.items()}}
    return library_from([source(path, text) for path, text in files.items()])


def source(path: str, text: str) -> Source:
    document, issues = codec.read_definition(text.encode(), path)
    assert document is not None, issues
    return Source(path, document.plain, document.line, document.place)


def form(text: str = COMPLAINT) -> Form:
    made, issues = alone(text)
    assert issues == []
    assert made is not None
    return made


def alone(text: str) -> tuple[Form | None, list[Issue]]:
    document, issues = codec.read_definition(text.encode(), PATH)
    assert document is not None, issues
    return form_from(document.plain, path=PATH, pack="core", line=document.line, spot=document.place)


def changed(old: str, new: str, text: str = COMPLAINT) -> str:
    assert old in text, f"the test changes {old!r}, which the form does not say"
    return text.replace(old, new, 1)


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


def test_a_label_as_written_comes_before_an_id_in_other_letters() -> None:
    text = changed("  result:", "  customer: {zh: 客户档案, en: File, type: text}\n  result:")
    for word, name in (("Customer", "name"), ("customer", "customer"), ("CUSTOMER", "customer")):
        found = find_field(form(text), word)
        assert not isinstance(found, Issue)
        assert found.id == name


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


# --------------------------------------------------------------------------- between files


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


# --------------------------------------------------------------------------- words people type


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
