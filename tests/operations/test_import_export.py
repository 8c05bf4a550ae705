"""Records in from other people's files, records out, and in again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.core.values import jsonable
from logbook.operations import listing
from logbook.operations.importing import Outcome
from logbook.operations.importing import Plan
from logbook.operations.importing import read_source
from logbook.operations.importing import run
from tests.operations.desk import NOW
from tests.operations.desk import Desk
from tests.operations.desk import make_book
from tests.operations.desk import refused

HOUSING = Path(__file__).parent / "housing.csv"
PLAN = Plan(
    fields={"at": "opendate", "summary": "descriptor"},
    constants={"name": "纽约市民", "summary": "住房问题"},
    steps=[("close", "closedate")],
    key="unique_key",
)


def bring(
    desk: Desk, text: str | bytes, form: str = "complaint", plan: Plan | None = None, name: str = "x.csv", **more: Any
) -> Outcome:
    data = text.encode() if isinstance(text, str) else text
    return run(desk.session(by=more.pop("by", "lina")), form, read_source(name, data), plan or Plan(), **more)


def rejected(outcome: Outcome) -> list[tuple[int, list[tuple[str, str | None]]]]:
    return [(line, [(issue.rule, issue.field) for issue in issues]) for line, issues in outcome.rejected]


def test_a_years_cases_in_one_commit(desk: Desk) -> None:
    before = int(desk.git("rev-list", "--count", "HEAD"))
    outcome = bring(desk, HOUSING.read_bytes(), plan=PLAN, name="housing.csv")
    assert (outcome.added, outcome.known, outcome.rejected) == (59, 0, [])
    assert int(desk.git("rev-list", "--count", "HEAD")) == before + 1
    assert desk.head == outcome.commit
    assert desk.clean
    assert desk.git("log", "-1", "--format=%an|%cn|%B").strip() == (
        "李娜|前台 A|complaint import: 59 条 housing.csv\n\n"
        "Form: complaint@1\nAction: import\nBy: lina\nCount: 59"
    )
    first = desk.load("CP-20230101-A001")
    assert (first.record.at, first.record.fields["summary"], first.record.fields["name"], first.state.status) == (
        "2023-01-01T00:00:00+08:00", "住房问题", "纽约市民", "registered",
    )  # fmt: skip
    closed = desk.load("CP-20230103-A001")
    assert (closed.record.fields["summary"], closed.state.status, closed.state.fields["filed_at"]) == (
        "Lease Issue", "closed", "2023-02-03",
    )  # fmt: skip
    assert [(e.step, e.at, e.recorded, e.source) for e in closed.record.events] == [
        ("register", "2023-01-03T00:00:00+08:00", "2026-11-22T09:35:00+08:00", "NYCC02531620"),
        ("close", "2023-02-03T00:00:00+08:00", "2026-11-22T09:35:00+08:00", "NYCC02531620"),
    ]
    # importing again changes nothing
    again = bring(desk, HOUSING.read_bytes(), plan=PLAN, name="other-name.csv")
    assert (again.added, again.known, again.rejected, again.commit) == (0, 59, [], None)
    assert desk.head == outcome.commit
    # as it was
    assert len(desk.list("complaint", "status:closed")) == 52
    assert "CP-20230103-A001" in desk.list("complaint", "status:registered", now="2023-02-02")
    assert "CP-20230103-A001" in desk.list("complaint", "status:closed", now="2023-02-04")
    assert desk.list("complaint", now="2023-01-02") == ["CP-20230101-A001"]
    late = {record for record, _, _ in desk.overdue(now="2026-11-22")}
    assert late.isdisjoint(desk.list("complaint", "is:closed"))
    from logbook.operations.validating import validate

    assert [issue for issue in validate(desk.session()).issues if issue.is_error] == []


def test_an_interrupted_years_cases_go_on(desk: Desk) -> None:
    lines = HOUSING.read_bytes().splitlines(keepends=True)
    bring(desk, b"".join(lines[:11]), plan=PLAN)
    outcome = bring(desk, HOUSING.read_bytes(), plan=PLAN)
    assert (outcome.added, outcome.known) == (49, 10)
    numbers = desk.list("complaint", "at:2023-01-03")
    assert numbers == [f"CP-20230103-A{n:03d}" for n in range(1, len(numbers) + 1)]


def test_a_trial_writes_nothing(desk: Desk) -> None:
    before = desk.head
    outcome = bring(desk, HOUSING.read_bytes(), plan=PLAN, dry_run=True)
    assert (outcome.added, outcome.commit, desk.head) == (59, None, before)
    assert desk.list("complaint") == []


def test_rows_that_are_no_records_are_named_by_line(desk: Desk) -> None:
    outcome = bring(
        desk,
        "号,时间,姓名,事由,级别,结案\n"
        "1,2026-11-01,张三,漏水,重大,\n"
        "2,2026-11-31,李四,漏水,,\n"
        '3,2026-11-02,王五,"跨\n两行",特大,\n'
        "4,2026-11-02,,停电,,\n"
        ",2026-11-02,赵六,停电,,\n"
        "1,2026-11-02,钱七,停电,,\n"
        "6,2026-12-01,孙八,停电,,\n"
        "7,2026-11-03,周九,停电,,2026-11-02\n"
        "8,2026-11-03,吴十,停电,,改天\n"
        "9,2026-11-03,郑十,***,,\n"
        "10,2026-11-01,冯十,电梯,,\n",
        plan=Plan(
            {"at": "时间", "name": "姓名", "summary": "事由", "level": "级别"}, {}, [("整理归档", "结案")], "号"
        ),
    )
    assert rejected(outcome) == [
        (3, [("field.datetime", "received_at")]),
        (4, [("field.choice", "level")]),
        (6, [("field.required", "name")]),
        (7, [("import.no-key", None)]),
        (8, [("import.key-twice", None)]),
        (9, [("record.future", "at")]),
        (10, [("record.before-start", "close")]),
        (11, [("field.datetime", "close")]),
        (12, [("field.masked", "summary")]),
    ]
    assert outcome.ids == ["CP-20261101-A001", "CP-20261101-A002"]
    assert desk.load("CP-20261101-A001").record.fields["level"] == "major"


def test_columns_named_like_fields_map_themselves(desk: Desk) -> None:
    outcome = bring(desk, "房号,类别,建筑面积\n7-101,商铺,88.5\n7-102,住宅,\n3-502,住宅,90\n", "room")
    assert (outcome.added, rejected(outcome)) == (2, [(4, [("field.taken", "id")])])
    assert desk.load("room/7-101").record.fields == {"kind": "shop", "area_m2": "88.5", "occupancy": "lived_in"}


def test_a_refused_row_leaves_no_trace_among_the_others(desk: Desk) -> None:
    outcome = bring(desk, "id,name\ngate,大堂\ngate,大门\ngate2,大门\n", "area", by="zhao")
    assert rejected(outcome) == [(2, [("area.unique_area", "name")]), (4, [("area.unique_area", "name")])]
    assert outcome.ids == ["gate"]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (Plan({"summery": "descriptor"}), ("field.unknown-did-you-mean", "summery")),
        (Plan({"summary": "descripter"}), ("import.column", None)),
        (Plan({}, {"nam": "x"}), ("field.unknown-did-you-mean", "nam")),
        (Plan({}, {}, [("closed", "closedate")]), ("step.unknown", "step")),
        (Plan({}, {}, [("close", "closed")]), ("import.column", None)),
        (Plan({}, {}, [], "key"), ("import.column", None)),
    ],
)
def test_a_plan_that_fits_nothing(desk: Desk, plan: Plan, expected: tuple[str, str | None]) -> None:
    with pytest.raises(Refused) as caught:
        bring(desk, HOUSING.read_bytes(), plan=plan)
    assert refused(caught) == [expected]


@pytest.mark.parametrize(
    ("name", "data", "rule", "line"),
    [
        ("a.csv", b"", "import.empty", None),
        ("a.csv", b"a,b,a\n1,2,3\n", "import.column-twice", 1),
        ("a.csv", b'a,b\n1,2\n"3,4\n', "import.csv", 3),
        ("a.csv", b"a,b\n\xff\xfe\x00", "import.encoding", None),
        ("a.json", b'[{"a": 1},]', "import.json", 1),
        ("a.jsonl", b'{"a": 1}\n\n{"a": \n', "import.json", 3),
        ("a.jsonl", b'{"a": 1}\n[1]\n', "import.not-an-object", 2),
    ],
)
def test_files_that_cannot_be_read(name: str, data: bytes, rule: str, line: int | None) -> None:
    with pytest.raises(Refused) as caught:
        read_source(name, data)
    assert [(issue.rule, issue.line) for issue in caught.value.issues] == [(rule, line)]


def test_a_spreadsheet_saved_in_china(desk: Desk) -> None:
    outcome = bring(desk, "姓名,内容摘要,客户姓名\nx,漏水,张三\n".encode("gb18030"))
    assert (outcome.added, desk.load(outcome.ids[0]).record.fields["name"]) == (1, "张三")
    marked = bring(desk, "\ufeff客户姓名,内容摘要\n李四,停电\n")
    assert desk.load(marked.ids[0]).record.fields["name"] == "李四"


def exported(desk: Desk, *words: str) -> str:
    """JSON Lines as ``export --private`` writes them."""
    from logbook.render.porcelain import record_json

    session = desk.session()
    form, query = listing.form_and_query(session, words)
    rows = listing.select(session, form, query)
    return "".join(
        json.dumps(record_json(one.state, [], now=session.now, private=True), ensure_ascii=False) + "\n"
        for one in listing.load_rows(session, rows)
    )


def test_out_and_in_again(desk: Desk, tmp_path: Path) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important", "room=3-502", "plans+={plan: 换管, cost: 12.50}",
             "harm=是", "departments=工程部", now="2026-11-22 08:00")  # fmt: skip
    desk.step("CP-20261122-A001", "forward", "forwarded_to=director", now="2026-11-22 08:10")
    desk.step("CP-20261122-A001", "reply", "reply=明天来", now="2026-11-22 08:20", by="zhao")
    desk.add("complaint", "name=李四", "summary=噪音", now="2026-11-22 09:00")
    desk.add("duty_log", "entries+={content: 问路, who: 王五}", now="2026-11-22 08:00")
    other = make_book(tmp_path / "other")
    for form in ("room", "complaint", "duty_log"):
        text = exported(desk, form)
        outcome = bring(other, text, form, name="x.jsonl", by="boss")
        assert (len(text.splitlines()), rejected(outcome)) == (outcome.added, [])
        assert bring(other, text, form, name="x.jsonl", by="boss").known == outcome.added
    for record in ("CP-20261122-A001", "CP-20261122-A002", "DL-20261122-A001", "3-502"):
        mine, theirs = desk.load(record), other.load(record)
        assert theirs.state.fields == mine.state.fields
        assert (theirs.state.status, theirs.state.at, theirs.state.by) == (mine.state.status, mine.state.at, mine.state.by)
    again = other.load("CP-20261122-A001").record.events
    assert [(event.step, event.at, event.by) for event in again[1:]] == [
        ("forward", "2026-11-22T08:10:00+08:00", "lina"), ("reply", "2026-11-22T08:20:00+08:00", "zhao"),
    ]  # fmt: skip


def test_what_was_masked_does_not_come_back(desk: Desk) -> None:
    from logbook.render.porcelain import record_json

    loaded = desk.load(desk.add("complaint", "name=张三", "summary=漏水").record.id)
    text = json.dumps(record_json(loaded.state, [], now=desk.session(NOW).now, private=False), ensure_ascii=False)
    assert "张三" not in text
    outcome = bring(desk, text, name="x.jsonl")
    assert rejected(outcome) == [(1, [("field.masked", "name")])]


def test_json_is_typed(desk: Desk) -> None:
    form = desk.session().form("complaint")
    fields = {"harm": "true", "round": "2", "departments": [{"dept": "工程部"}], "demanded_by": "2026-11-22T09:35:00+08:00"}
    assert {name: jsonable(form.fields[name], value) for name, value in fields.items()} == {
        "harm": True, "round": 2, "departments": [{"dept": "工程部"}], "demanded_by": "2026-11-22T09:35:00+08:00",
    }  # fmt: skip
    assert jsonable(form.fields["plans"], [{"plan": "换管", "cost": "12.50"}]) == [{"plan": "换管", "cost": "12.50"}]


def test_what_is_no_table_of_this_form_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        read_source("log.yaml", b"id: DL-1\n")
    assert [issue.rule for issue in caught.value.issues] == ["import.kind"]


def test_a_file_without_a_column_of_the_form_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        bring(desk, b"foo,bar\n1,2\n")
    assert [issue.rule for issue in caught.value.issues] == ["import.no-fields"]


def test_guarded_and_tabbed_cells_come_back_as_they_were() -> None:
    assert read_source("a.csv", "summary\n'-5度\n".encode()).rows[0][1] == {"summary": "-5度"}
    assert read_source("a.tsv", b"summary\troom\na\\tb\\nc\t3-502\n").rows[0][1] == {
        "summary": "a\tb\nc",
        "room": "3-502",
    }
