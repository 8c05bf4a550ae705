"""Editing in one's own editor, and being asked at a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import at_terminal

NOW = ("--now", "2026-11-20 10:00")


def editor(cli: Line, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """An editor that does what ``script`` says to the file."""
    path = cli.root.parent / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))
    monkeypatch.delenv("VISUAL", raising=False)


def drafts(cli: Line) -> list[str]:
    return sorted(one.name for one in (cli.root / ".git/logbook").glob("drafts/*"))


def head(cli: Line) -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=cli.root, capture_output=True, text=True, check=True).stdout


def test_a_good_edit_is_recorded(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(cli, monkeypatch, 'sed -i "s/^summary: .*/summary: 电梯停运/" "$1"')
    answer = cli.ok("open", MINOR, *NOW)
    assert answer.out == f"{MINOR}\n"
    shown = cli.ok("show", MINOR, "--format", "json", *NOW).json
    assert (shown["fields"]["summary"], shown["amendments"]) == ("电梯停运", [])
    assert drafts(cli) == []
    assert cli.ok("history", MINOR, "--format", "json", *NOW).json[-1]["action"] == "open"


def test_nothing_changed_nothing_recorded(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    before = head(cli)
    for script in ("true", ': > "$1"'):  # an emptied file gives the edit up
        editor(cli, monkeypatch, script)
        answer = cli.ok("open", MINOR, *NOW)
        assert (answer.out, answer.err) == ("", "没有改动\n")
    assert head(cli) == before
    assert drafts(cli) == []


def test_a_bad_edit_is_shown_kept_and_gone_on_with(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    before = head(cli)
    editor(cli, monkeypatch, 'sed -i "s/^level: .*/level: terrible/; s/^id: .*/id: X/; s/^summary: .*/summary: 新的/" "$1"')
    answer = cli("open", MINOR, *NOW)
    assert answer.code == 1
    assert head(cli) == before
    (draft,) = drafts(cli)
    assert draft in answer.err
    for said in ("id: ", "level: ", "terrible"):
        assert said in answer.err
    assert "summary: 新的" in (cli.root / ".git/logbook/drafts" / draft).read_text(encoding="utf-8")
    editor(cli, monkeypatch, f'grep -q 新的 "$1" && sed -i "s/^level: .*/level: minor/; s/^id: .*/id: {MINOR}/" "$1"')
    cli.ok("open", MINOR, *NOW)
    assert cli.ok("show", MINOR, "--format", "json", *NOW).json["fields"]["summary"] == "新的"
    assert drafts(cli) == []


def test_text_that_is_no_yaml_is_kept_too(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(cli, monkeypatch, 'printf "a: b: c\\n" > "$1"')
    answer = cli("open", MINOR, *NOW)
    assert answer.code == 1
    assert len(drafts(cli)) == 1


def test_a_draft_does_not_undo_what_happened_since(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(cli, monkeypatch, 'sed -i "s/^level: .*/level: terrible/" "$1"')
    assert cli("open", MINOR, *NOW).code == 1
    cli.ok("amend", MINOR, "summary=电梯困人", "--reason", "更正", "--now", "2026-11-20 10:05")
    editor(cli, monkeypatch, "true")
    assert cli.ok("open", MINOR, "--now", "2026-11-20 10:10").err == "没有改动\n"
    assert cli.ok("show", MINOR, "--format", "json", "--now", "2026-11-20 10:10").json["fields"]["summary"] == "电梯困人"


def test_after_a_day_an_edit_is_a_correction(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    late = ("--now", "2026-11-23 10:00")
    editor(cli, monkeypatch, 'sed -i "s/^summary: .*/summary: 电梯停运/" "$1"')
    answer = cli("open", MINOR, *late)
    assert answer.code == 1
    assert "--reason" in answer.err
    cli.ok("open", MINOR, "--reason", "听错了", *late)
    (amendment,) = cli.ok("show", MINOR, "--format", "json", *late).json["amendments"]
    assert (amendment["from"], amendment["to"], amendment["reason"]) == ("电梯异响", "电梯停运", "听错了")


@pytest.mark.parametrize("editor_", ["/no/such/editor", "'"])
def test_an_editor_that_fails(cli: Line, monkeypatch: pytest.MonkeyPatch, editor_: str) -> None:
    monkeypatch.setenv("EDITOR", editor_)
    monkeypatch.delenv("VISUAL", raising=False)
    answer = cli("open", MINOR, *NOW)
    assert (answer.code, answer.out) == (3, "")
    assert "EDITOR" in answer.err


def test_a_new_record_in_the_editor(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(
        cli,
        monkeypatch,
        'cp "$1" ../seen; sed -i "s/^name:.*/name: 王芳/; s/^level:.*/level: 特别大/; s/^place:.*/place: 大堂/" "$1"',
    )
    answer = cli("add", "complaint", "summary=漏水", "--edit", *NOW)
    assert answer.code == 1
    assert "特别大" in answer.err
    seen = (cli.root.parent / "seen").read_text(encoding="utf-8")
    assert "summary: 漏水" in seen
    assert "# 客户姓名 *" in seen
    assert "major 重大" in seen
    (draft,) = drafts(cli)
    assert draft in answer.err
    editor(cli, monkeypatch, 'sed -i "s/^level:.*/level: 重大/" "$1"')
    added = cli.ok("add", "complaint", "--edit", "--format", "json", *NOW).json
    assert [added["fields"][name] for name in ("summary", "level", "place")] == ["漏水", "major", "大堂"]
    assert drafts(cli) == []


def test_a_register_item_in_the_editor(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(cli, monkeypatch, 'grep -q "^room_no: 5-501" "$1"')
    assert cli.ok("add", "room", "id=5-501", "--edit", *NOW).out == "5-501\n"


posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


@posix
def test_at_a_terminal_what_is_missing_is_asked_for(book: Path) -> None:
    answer = at_terminal(book, ["add", "complaint", "level=major", *NOW], [("客户姓名", "王芳\n"), ("内容摘要", "漏水\n"), ("回车登记", "\n")])
    assert (answer.code, answer.out) == (0, "CP-20261120-A002\n")
    assert "已记录 CP-20261120-A002 漏水" in answer.err


@posix
def test_choices_by_number_and_a_wrong_answer_is_asked_again(book: Path) -> None:
    talk = [("工号", "x/y\n"), ("工号", "zhang\n"), ("姓名", "张三\n"), ("1 主任/经理", "99\n"), ("角色", "3\n"), ("回车登记", "\n")]
    answer = at_terminal(book, ["add", "staff", "--by", "hu", *NOW], talk)
    assert (answer.code, answer.out) == (0, "zhang\n")
    assert "编号“x/y”不能用" in answer.err
    text = (book / "records/staff/zhang.yaml").read_text(encoding="utf-8")
    assert "cs_officer" in text


@posix
@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_giving_up_at_a_question_is_130(book: Path, key: str) -> None:
    answer = at_terminal(book, ["add", "complaint", *NOW], [("客户姓名", key)])
    assert (answer.code, answer.out) == (130, "")
    assert "已中断，没有写入" in answer.err


@posix
def test_a_slip_on_the_line_is_told_before_anything_is_asked(book: Path) -> None:
    answer = at_terminal(book, ["add", "complaint", "lvel=major", *NOW], [])
    assert answer.code == 1
    assert "lvel" in answer.err


def test_an_editor_left_with_an_error_gives_the_edit_up(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.delenv("VISUAL", raising=False)
    answer = cli("open", MINOR, *NOW)
    assert (answer.code, answer.out, drafts(cli)) == (130, "", [])


def test_the_skeleton_says_what_a_field_takes_and_nothing_of_it_is_recorded(
    cli: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(cli, monkeypatch, 'cp "$1" ../seen; ls -l "$1" > ../mode; sed -i "s/^name:.*/name: 王芳/; s/^summary:.*/summary: 漏水/" "$1"')
    number = cli.ok("add", "complaint", "--edit", *NOW).out.strip()
    seen = (cli.root.parent / "seen").read_text(encoding="utf-8").splitlines()
    assert "# 客户姓名 *: 文字" in seen
    level = "# 等级: major 重大 | important 重要 | minor 轻微 · 轻微（默认） · 重大："
    assert [line for line in seen if line.startswith(level)]
    assert "# 事件发生时间: 日期时间，如 今天 9:30、昨天 20:10、11-22 9:30 · 现在（默认）" in seen
    assert (cli.root.parent / "mode").read_text().startswith("-rw-------")
    assert "#" not in next(cli.root.glob(f"records/complaint/*/*/{number}.yaml")).read_text(encoding="utf-8").replace("yaml-language", "")[40:]


def test_what_is_wrong_stands_above_its_line(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(cli, monkeypatch, 'sed -i "s/^name:.*/name: 王芳/; s/^level:.*/level: 特别大/" "$1"')
    assert cli("add", "complaint", "--edit", *NOW).code == 1
    (draft,) = drafts(cli)
    path = cli.root / ".git/logbook/drafts" / draft
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[lines.index("level: 特别大") - 1].startswith("#! “等级”不能填“特别大”")
    assert lines[0].startswith("#! 缺少必填项“内容摘要”") or any(
        line.startswith("#! 缺少必填项“内容摘要”") and lines[at + 1] == "summary:" for at, line in enumerate(lines)
    )
    editor(cli, monkeypatch, 'sed -i "s/^summary:.*/summary: 漏水/; s/^level:.*/level: zd/" "$1"')
    again = cli("add", "complaint", "--edit", *NOW)
    assert "接着上次没登完的" in again.err
    text = path.read_text(encoding="utf-8")
    assert (text.count("#! "), "特别大" in text) == (1, False)
    editor(cli, monkeypatch, 'sed -i "s/^level:.*/level: 重大/" "$1"')
    cli.ok("add", "complaint", "--edit", *NOW)
    assert drafts(cli) == []


def test_other_editors_line_ends_marks_and_tabs(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    new = r'printf "\357\273\277name: 王芳\r\nsummary: 漏水\r\ncourse: |\r\n\t一\r\n\t二\r\n" > "$1"'
    editor(cli, monkeypatch, new)
    added = cli.ok("add", "complaint", "--edit", "--format", "json", *NOW).json
    assert (added["fields"]["summary"], added["fields"]["course"]) == ("漏水", "一\n二\n")
    editor(cli, monkeypatch, 'cp "$1" ../seen; sed -i "s/$/\\r/" "$1"')
    assert cli.ok("open", MINOR, *NOW).err == "没有改动\n"
    assert "#: 内容摘要 *: 文字\nsummary: 电梯异响\n" in (cli.root.parent / "seen").read_text(encoding="utf-8")


def test_an_editor_that_is_killed_after_a_change_loses_nothing(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(cli, monkeypatch, 'sed -i "s/^name:.*/name: 王芳/" "$1"; exit 1')
    answer = cli("add", "complaint", "--edit", *NOW)
    assert answer.code == 130
    (draft,) = drafts(cli)
    assert draft in answer.err
    editor(cli, monkeypatch, 'grep -q "^name: 王芳" "$1" && sed -i "s/^summary:.*/summary: 漏水/" "$1"')
    cli.ok("add", "complaint", "--edit", *NOW)
