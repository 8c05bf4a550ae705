"""The command `next`: what follows, what would be filled, the question at a terminal."""

from __future__ import annotations

from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import at_terminal

NOW = ("--now", "2026-11-22 09:35")
SHEET = "CS-20261122-A001"


def test_what_may_follow_is_listed(shared: Line) -> None:
    answer = shared.ok("next", MINOR, *NOW)
    assert answer.lines[0].split() == ["表单", "名称", "办什么", "谁", "依据"]
    assert answer.lines[2].split()[:2] == ["contact_sheet", "工作联系单"]
    assert "投诉闭环" in answer.lines[2]
    assert answer.err == ""
    (one,) = (one for one in shared.ok("next", MINOR, "--format", "json", *NOW).json if one["form"] == "contact_sheet")
    assert one["title"] == {"zh": "工作联系单", "en": "Work contact sheet"}
    assert "wf_complaint" in one["by"]
    assert (one["who"], one["record"], one["step"]) == ("接待人", None, None)
    assert "contact_sheet" in shared.ok("next", MINOR, "--format", "ids", *NOW).lines


def test_nothing_follows_a_room(shared: Line) -> None:
    answer = shared.ok("next", "room/3-502", *NOW)
    assert answer.out == ""
    assert "后面通常不用再填表" in answer.err
    assert shared.ok("next", "room/3-502", "--format", "json", *NOW).json == []


def test_a_dry_run_shows_what_would_be_filled_and_hides_what_is_private(shared: Line) -> None:
    answer = shared.ok("next", MINOR, "联系单", "to_dept=工程部", "--dry-run", *NOW)
    lines = [line.split() for line in answer.lines[2:]]
    assert ["事由单据", MINOR, "来自", f"{MINOR}（关联）"] in lines
    assert ["受文部门", "工程部", "本次填写"] in lines
    assert answer.err.splitlines() == [
        f"{MINOR} 之后会填一张工作联系单（没有写入）：",
        "还要填：处理要求 (demand)",
        f"{MINOR} 不能同时办“责成部门(联系单)”：还缺涉及部门、住户要求",
    ]
    told = shared.ok("next", MINOR, "repair", "--dry-run", "--format", "json", *NOW).json
    assert (told["after"], told["form"], told["missing"], told["back"]) == (MINOR, "repair", ["content"], None)
    fields = told["fields"]
    assert (fields["room"], fields["origin"], fields["phone"], fields["name"]) == ("3-502", "complaint", "***", "***")
    assert (told["from"]["room"], told["from"]["kind"]) == (MINOR, "default")
    assert "13800001111" not in shared.ok("next", MINOR, "repair", "--dry-run", *NOW).out
    assert shared.ok("list", "contact_sheet", "--format", "ids", *NOW).out == ""


def test_the_next_record_is_made_and_the_open_way_back_said(cli: Line) -> None:
    answer = cli.ok("next", MINOR, "contact_sheet", "to_dept=工程部", "demand=查", *NOW)
    assert answer.out == f"{SHEET}\n"
    assert answer.err.splitlines() == [
        f"已记录 {SHEET} 工程部 {MINOR}",
        f"{MINOR} 的“工作联系单”还没有填新单号。",
        f"    → logbook step {MINOR} assign sheets.sheet={SHEET} departments=… demand=…",
    ]
    # the sheet goes on with its complaint
    (one,) = cli.ok("next", SHEET, "--format", "json", *NOW).json
    assert (one["form"], one["record"]) == ("complaint", MINOR)


def test_both_at_once_in_english(cli: Line) -> None:
    cli.ok("amend", MINOR, "departments+={dept: 工程部}", "demand=修好", "--reason", "补记", *NOW)
    answer = cli.ok("next", MINOR, "contact_sheet", "to_dept=工程部", "--lang", "en", *NOW)
    assert answer.err.splitlines()[-1] == f"{MINOR}: Assign names the new record"
    assert cli.ok("show", MINOR, "--format", "json", *NOW).json["status"] == "assigned"
    told = cli.ok("next", SHEET, "repair", "content=灯", "--format", "json", *NOW).json
    assert (told["form"], told["fields"]["room"]) == ("repair", "3-502")


def test_a_form_no_workflow_has_is_made_with_a_remark(cli: Line) -> None:
    answer = cli.ok("next", MAJOR, "repair", "content=清垃圾", *NOW)
    assert f"流程里 {MAJOR} 之后没有“" in answer.err


def test_everything_that_is_missing_is_said_at_once(shared: Line) -> None:
    answer = shared("next", MINOR, "contact_sheet", *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert [line.split(":")[0] for line in answer.err.splitlines() if not line.startswith(" ")] == [
        "没有写入，有 2 处要改：", "to_dept", "demand",
    ]  # fmt: skip
    assert shared("next", "CP-20261122-A099", *NOW).code == 1
    assert shared("next", MINOR, "nix", *NOW).code == 1


def test_at_a_terminal_it_asks(cli: Line) -> None:
    answer = at_terminal(
        cli.root,
        ["next", MINOR, *NOW, "--lang", "zh"],
        [("之后填哪一张", "1\n"), ("受文部门", "工程部\n"), ("处理要求", "查\n")],
    )
    # a default that found nothing is asked for too; what was found is not
    assert (answer.code, answer.out) == (0, f"{SHEET}\n"), answer
    answer = at_terminal(
        cli.root,
        ["next", MINOR, "demand=查", *NOW, "--lang", "zh"],
        [("之后填哪一张", "联系单\n"), ("受文部门", "保洁部\n")],
    )
    assert (answer.code, answer.out) == (0, f"{SHEET[:-1]}2\n"), answer
