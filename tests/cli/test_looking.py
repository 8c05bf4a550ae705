"""Reading from the command line: the contracts of JSON, every format, and masks that do not slip."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

import pytest

from logbook.cli.context import TABLES
from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Line

NOW = ("--now", "2026-11-23 09:35")
PRIVATE = ("王芳", "李四", "13800001111")


def moments(value: Any) -> list[str]:
    """Every text in a JSON value that looks like a moment."""
    if isinstance(value, dict):
        return [one for item in value.values() for one in moments(item)]
    if isinstance(value, list):
        return [one for item in value for one in moments(item)]
    return [value] if isinstance(value, str) and value[:4] == "2026" and "T" in value else []


def test_list_and_show_keep_the_contract(shared: Line) -> None:
    listed = shared.ok("list", "complaint", "--format", "json", *NOW).json
    shown = shared.ok("show", MINOR, "--format", "json", *NOW).json
    assert listed[0] == shown
    assert {"id", "form", "status", "at", "by", "recorded_at", "fields", "events", "clocks"} <= shown.keys()
    assert (shown["id"], shown["form"], shown["status"]) == (MINOR, "complaint", "registered")
    assert (shown["at"], shown["by"]) == ("2026-11-20T09:00:00+08:00", "lina")
    fields = shown["fields"]
    assert (fields["summary"], fields["harm"], fields["round"], fields["level"]) == ("电梯异响", False, 1, "minor")
    assert [(one["step"], one["by"]) for one in shown["events"]] == [("register", "lina")]
    assert [(one["clock"], one["due"], one["state"], one["overdue_seconds"]) for one in shown["clocks"]] == [
        ("resolve", "2026-11-23T00:00:00+08:00", "overdue", 34500)
    ]
    found = moments(listed)
    assert found
    for moment in found:
        assert datetime.fromisoformat(moment).utcoffset() is not None


def test_overdue_keeps_the_contract(shared: Line) -> None:
    late = shared.ok("overdue", "complaint", "--format", "json", *NOW).json
    assert [(one["id"], one["clock"], one["overdue_seconds"], one["state"]) for one in late] == [
        (MAJOR, "forward", 120900, "overdue"),
        (MINOR, "resolve", 34500, "overdue"),
    ]
    assert list(late[0]) == [
        "id", "form", "kind", "clock", "subject", "due", "overdue_seconds", "state", "to", "title",
    ]  # fmt: skip
    assert (late[0]["kind"], late[0]["due"], late[0]["to"]) == ("clock", "2026-11-22T00:00:00+08:00", "director")
    soon = shared.ok("overdue", "complaint", "--soon", "15h", "--format", "json", *NOW).json
    assert [(one["clock"], one["state"]) for one in soon[2:]] == [("answer", "soon")]


def test_overdue_exits_with_1_only_when_asked(shared: Line) -> None:
    assert shared("overdue", *NOW).code == 0
    assert shared("overdue", "--exit-code", *NOW).code == 1
    early = shared("overdue", "complaint", "--exit-code", "--soon", "10d", "--now", "2026-11-20 10:00")
    assert (early.code, early.out != "") == (0, True)


def test_forms_keep_the_contract(shared: Line) -> None:
    told = shared.ok("forms", "投诉", "--format", "json").json
    assert (told["form"], told["version"], told["pack"], told["prefix"], told["register"]) == (
        "complaint", 1, "core", "CP", False,
    )  # fmt: skip
    assert told["title"] == {"zh": "客户投诉登记表", "en": "Complaint"} or told["title"]["en"]
    for field in told["fields"]:
        assert {"id", "type", "label", "required", "default", "private", "choices"} <= field.keys()
        assert field["label"]["zh"]
        assert field["label"]["en"]
    level = next(field for field in told["fields"] if field["id"] == "level")
    assert level["choices"]["major"]["zh"] == "重大"
    for step in told["steps"]:
        assert {"id", "label", "from", "to", "by", "requires"} <= step.keys()
    assert {"states", "clocks", "sources"} <= told.keys()
    listed = shared.ok("forms", "--format", "json").json
    assert "complaint" in [one["form"] for one in listed]
    assert all("fields" not in one for one in listed)


def test_validate_keeps_the_contract(cli: Line) -> None:
    path = cli.root / "records/room/3-502.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: house", "kind: castle"), encoding="utf-8")
    answer = cli("validate", "--format", "json")
    assert answer.code == 1
    assert [
        {name: one[name] for name in ("path", "id", "severity", "field", "commit")} for one in answer.json
    ] == [{"path": "records/room/3-502.yaml", "id": "3-502", "severity": "error", "field": "kind", "commit": None}]
    found = answer.json[0]
    assert found["line"] == path.read_text(encoding="utf-8").splitlines().index("kind: castle") + 1
    assert found["rule"].startswith("field.")
    assert "castle" in found["message"]


@pytest.mark.parametrize("format_", TABLES)
@pytest.mark.parametrize("command", [["list"], ["list", "complaint"], ["overdue"], ["history", MINOR], ["validate"]])
def test_every_format_of_every_list(shared: Line, command: list[str], format_: str) -> None:
    answer = shared.ok(*command, "--format", format_, *([] if command == ["validate"] else NOW))
    if command != ["validate"]:
        assert answer.err == ""
    for value in PRIVATE:
        assert value not in answer.out
    if format_ == "json":
        assert isinstance(answer.json, list)
    elif format_ == "jsonl":
        assert all(isinstance(json.loads(line), dict) for line in answer.lines)
    elif format_ in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(answer.out), delimiter="," if format_ == "csv" else "\t"))
        assert len({len(row) for row in rows}) == 1
        assert rows[0] == [name for name in rows[0] if name.isascii()]
    elif format_ == "ids" and command[0] == "list":
        assert answer.lines == [MINOR, MAJOR]


def test_files_hold_stored_values_tables_hold_words(shared: Line) -> None:
    rows = list(csv.DictReader(io.StringIO(shared.ok("list", "complaint", "--format", "csv", *NOW).out)))
    assert [(row["id"], row["level"], row["status"]) for row in rows] == [
        (MINOR, "minor", "registered"),
        (MAJOR, "major", "registered"),
    ]
    assert rows[0]["due"] == "2026-11-23T00:00:00+08:00"
    table = shared.ok("list", "complaint", *NOW).out
    assert "轻微" in table
    assert "11-22 24:00" in table
    changes = list(csv.DictReader(io.StringIO(shared.ok("history", MINOR, "--format", "csv").out)))
    assert ("level", "", "minor") in [(row["field"], row["from"], row["to"]) for row in changes]
    assert {row["by"] for row in changes} == {"lina"}


@pytest.mark.parametrize(
    "command",
    [
        ["show", MINOR],
        ["show", MINOR, "--format", "json"],
        ["show", MINOR, "--format", "yaml"],
        ["list", "complaint", "--columns", "id,name,phone"],
        ["list", "complaint", "--columns", "id,name,phone", "--format", "csv"],
        ["history", MINOR],
        ["history", MINOR, "--format", "json"],
        ["export", "complaint"],
        ["export", "complaint", "--format", "csv"],
        ["render", MINOR],
        ["render", MINOR, "--format", "html"],
        ["sql", "select * from complaint"],
        ["sql", "select upper(phone) || name as both from complaint"],
    ],
)
def test_private_values_are_masked_unless_a_role_asks(shared: Line, command: list[str]) -> None:
    masked = shared.ok(*command)
    open_ = shared.ok(*command, "--private")
    assert not [value for value in PRIVATE if value in masked.out]
    assert "王芳" in open_.out
    refused = shared(*command, "--private", "--by", "chen")
    assert (refused.code, refused.out) == (1, "")
    assert "--private" in refused.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select count(*) as n from complaint where name = '王芳'", "0"),
        ("select count(name) as n from (select * from complaint)", "0"),
        ("with c as (select phone as p from complaint) select count(p) as n from c", "0"),
        ("select count(*) as n from complaint where phone like '138%'", "0"),
    ],
)
def test_sql_cannot_guess_private_values(shared: Line, text: str, told: str) -> None:
    assert shared.ok("sql", text, "--format", "csv").lines == ["n", told]


@pytest.mark.parametrize(
    "text",
    ["select block from search_data", "select rowid from search where search match '王芳'", "select * from search"],
)
def test_sql_cannot_read_the_full_text(cli: Line, text: str) -> None:
    assert cli.ok("list", "电梯", "--format", "ids", *NOW).lines == [MINOR]  # there is a full text now
    assert cli("sql", text).code == 1
    if "block" in text:
        assert cli("sql", text, "--private").code == 0


@pytest.mark.parametrize(
    "text", ["delete from complaint", "attach 'x' as y", "pragma writable_schema=1", "select nothing from complaint", "", "select 1; select 2"]
)
def test_sql_only_reads(shared: Line, text: str) -> None:
    answer = shared("sql", text)
    assert answer.code in (0, 1)
    if text:
        assert (answer.code, answer.out) == (1, "")
        assert "select" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "complaint", "nothing:3"], "没有“nothing”这一项可查"),
        (["list", "at:someday"], "看不懂“someday”"),
        (["list", "complaint", "--columns", "id,nothing"], "没有“nothing”这一列"),
        (["list", "--sort", "nothing"], "不能按“nothing”排序"),
        (["list", "--since", "someday"], "看不懂时间范围“someday”"),
        (["sql", "selec"], "SQL"),
        (["validate", "nothing"], "没有找到“nothing”"),
        (["history", "nothing"], "没有找到“nothing”"),
        (["forms", "nothing"], "没有“nothing”这种表单"),
        (["render", "nothing"], "没有找到“nothing”"),
    ],
)
def test_a_bad_question_is_refused_in_words(shared: Line, words: list[str], said: str) -> None:
    answer = shared(*words)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert "没有写入" not in answer.err  # a question writes nothing anyway


def test_empty_results_are_0(shared: Line) -> None:
    answer = shared.ok("list", "complaint", "没有这回事", *NOW)
    assert (answer.out, answer.err) == ("", "没有符合的记录\n")
    assert shared.ok("list", "没有这回事", "--quiet", *NOW).err == ""
    assert shared.ok("export", "complaint", "is:void").out == ""
    assert shared.ok("list", "is:void", "--format", "json").json == []


def test_an_export_can_be_written_and_read_back(cli: Line) -> None:
    answer = cli.ok("export", "complaint", "-o", "../out.csv", *NOW)
    assert answer.out == ""
    assert "../out.csv" in answer.err
    text = (cli.root.parent / "out.csv").read_text(encoding="utf-8")
    assert text == cli.ok("export", "complaint", "--format", "csv", *NOW).out
    assert cli("export", "complaint", "-o", "../no/such/folder.csv").code == 2


@pytest.mark.parametrize("words", [["-level:major"], ["complaint", "-level:major"], ["complaint", "--sort", "-at", "-等级:重大"]])
def test_a_word_with_a_minus_is_a_query_not_an_option(shared: Line, words: list[str]) -> None:
    told = shared.ok("list", *words, "--format", "ids", *NOW).out.split()
    assert MINOR in told and MAJOR not in told


def test_a_slip_in_an_option_is_still_told(shared: Line) -> None:
    assert shared("list", "--frmat", "ids").code == 2


def test_a_warning_that_repeats_is_told_ten_times_and_counted(cli: Line) -> None:
    for minute in range(14):
        words = ("name=王芳", "room=3-502", "summary=反复漏水", "--at", f"09:{minute:02d}", "--format", "ids")
        cli.ok("add", "complaint", *words, *NOW)
    table, whole = cli("validate"), cli("validate", "--format", "json").json
    alike = [one for one in whole if one["rule"] == "complaint.repeated_subject"]
    assert len(alike) > 10 and table.code == 0
    assert f"另有 {len(alike) - 10} 处同样的提醒（complaint.repeated_subject）" in table.err
