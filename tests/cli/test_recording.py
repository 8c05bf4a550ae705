"""Writing from the command line: what is recorded is told, what is refused is told whole."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import Line

NOW = ("--now", "2026-11-24 09:00")


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), isatty=lambda: False))


def test_the_number_goes_to_standard_output_the_words_do_not(cli: Line) -> None:
    answer = cli.ok("add", "complaint", "name=王芳", "summary=漏水", *NOW)
    assert answer.out == "CP-20261124-A001\n"
    assert answer.err.splitlines() == ["已记录 CP-20261124-A001 漏水", "  处理完毕：11-26 24:00 前"]
    assert cli.ok("add", "complaint", "name=王芳", "summary=停电", "--quiet", *NOW).err == ""


def test_forms_fields_choices_and_steps_by_their_chinese_names(cli: Line) -> None:
    added = cli.ok("add", "客户投诉登记表", "客户姓名=王芳", "内容摘要=漏水", "等级=重大", *NOW).out.strip()
    assert cli.ok("list", "投诉", "等级:重大", "--format", "ids", *NOW).lines == ["CP-20261121-A001", added]
    step = cli.ok("step", added, "转呈", "转呈=director", "--format", "json", *NOW)
    assert step.json["events"][-1]["step"] == "forward"
    assert "转呈" in cli.ok("show", added, *NOW).out


def test_every_problem_at_once_and_nothing_written(cli: Line) -> None:
    head = (cli.root / ".git/refs/heads/main").read_text()
    answer = cli("add", "complaint", "lvel=major", "foo", *NOW)
    assert answer.code == 1
    assert answer.out == ""
    said = [line for line in answer.err.splitlines() if not line.startswith("    → ")]
    assert said[0] == "没有写入，有 4 处要改："
    assert {line.partition(":")[0] for line in said[1:]} == {"lvel", "foo", "name", "summary"}
    assert "CP-2026" not in answer.err  # a number that was not given out
    assert (cli.root / ".git/refs/heads/main").read_text() == head


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (["add", "nothing"], "nothing"),
        (["step", MINOR, "nostep"], "nostep"),
        (["step", MINOR, "forward", "forwarded_to=nobody"], "forwarded_to"),
        (["amend", MINOR, "summary=x"], "--reason"),
        (["void", MINOR], "--reason"),
        (["sign", MINOR, "--as", "nothing"], "nothing"),
        (["show", "CP-20990101-A001"], "CP-20990101-A001"),
        (["add", "room", "id=9", "--by", "nobody"], "nobody"),
        (["add", "complaint", "--from", "/no/such/file"], "/no/such/file"),
        (["import", "complaint", "/no/such/file"], "/no/such/file"),
        (["on", "nobody"], "nobody"),
    ],
)
def test_refused_input_is_1_and_names_the_place(cli: Line, line: list[str], field: str) -> None:
    answer = cli(*line, *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert field in answer.err
    assert "Traceback" not in answer.err


def test_fields_from_a_file_or_standard_input(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    (cli.root.parent / "one.yaml").write_text("name: 钱七\nsummary: 从文件来\n", encoding="utf-8")
    first = cli.ok("add", "complaint", "--from", "../one.yaml", *NOW).out.strip()
    stdin(monkeypatch, '{"客户姓名": "孙八", "内容摘要": "从 JSON 来"}')
    second = cli.ok("add", "complaint", "level=major", "--from", "-", *NOW).out.strip()
    told = cli.ok("list", "complaint", "at:2026-11-24", "--format", "json", *NOW).json
    assert [(one["id"], one["fields"]["summary"], one["fields"]["level"]) for one in told] == [
        (first, "从文件来", "minor"),
        (second, "从 JSON 来", "major"),
    ]


@pytest.mark.parametrize("text", ["", "- a\n", '{"name": ', "\t", "a: b: c\n"])
def test_a_bad_file_is_refused_with_its_line(cli: Line, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    stdin(monkeypatch, text)
    answer = cli("add", "complaint", "--from", "-", *NOW)
    assert answer.code == 1
    assert "-:1" in answer.err


def test_amend_void_and_sign_tell_what_they_did(cli: Line) -> None:
    told = cli.ok("amend", MINOR, "level=important", "--reason", "漏到楼下", *NOW).err
    assert "已经逾期，放宽等级不改变逾期" in told
    assert told.endswith(f"已更正 {MINOR}\n")
    assert cli.ok("history", MINOR, "--format", "json", *NOW).json[-1]["reason"] == "漏到楼下"
    assert f"已签名 {MINOR}：登记人" in cli.ok("sign", MINOR, "--as", "heard", *NOW).err
    assert f"已作废 {MINOR}" in cli.ok("void", MINOR, "--reason", "重复", *NOW).err
    assert cli.ok("list", "is:void", "--format", "ids", *NOW).lines == [MINOR]


def test_now_writes_in_a_practice_book_only(cli: Line) -> None:
    settings = cli.root / "logbook.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("practice: true\n", ""), encoding="utf-8")
    answer = cli("add", "room", "id=1-1", *NOW)
    assert answer.code == 3
    assert "--at" in answer.err
    assert cli("list", *NOW).code == 0


def test_a_row_and_a_mark_on_standard_error_only_where_due(cli: Line) -> None:
    answer = cli.ok("add", "room", "id=5-501", "--format", "json", *NOW)
    assert answer.err == ""
    assert answer.json["id"] == "5-501"
    assert cli.ok("add", "room", "id=5-502", "--format", "ids", *NOW).err == ""


def test_sign_on_and_off(cli: Line) -> None:
    assert cli.ok("on").out == "lina\n"
    assert "sun" in cli.ok("on", "孙师傅").err
    assert cli.ok("on").out == "sun\n"
    cli.ok("off")
    answer = cli("on")
    assert answer.code == 1
    assert "logbook on" in answer.err


def test_what_a_file_got_wrong_is_told_with_its_line(cli: Line) -> None:
    (cli.root.parent / "x.yaml").write_text("name: 王芳\nsumary: 漏水\nlevel: sky\n", encoding="utf-8")
    answer = cli("add", "complaint", "--from", "../x.yaml")
    assert answer.code == 1
    assert "../x.yaml:2: sumary: " in answer.err
    assert "../x.yaml:3: level: " in answer.err
