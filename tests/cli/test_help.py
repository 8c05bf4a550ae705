"""Help and usage: every command explains itself in both languages, and a slip is answered in words."""

from __future__ import annotations

import pytest

from logbook.cli.words import COMMANDS
from tests.cli.line import Line


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("lang", "examples", "options"), [("zh", "示例：", "选项："), ("en", "Examples:", "Options:")])
def test_every_command_has_help_and_an_example(
    shared: Line, command: str, lang: str, examples: str, options: str
) -> None:
    told = shared.ok(command, "--help", "--lang", lang).out
    assert COMMANDS[command][1].say(lang) in told
    assert f"logbook {command}" in told.partition(examples)[2].partition(options)[0] or command == "completion"
    assert "--lang" in told.partition(options)[2]


def test_help_is_in_one_language(shared: Line) -> None:
    zh = shared.ok("list", "--help", "--lang", "zh").out
    assert "用法：logbook list [选项] [表单] [查询]..." in zh
    assert "看说明" in zh
    assert "默认 table" in zh
    for english in ("Usage", "Options", "default", "Show this"):
        assert english not in zh
    en = shared.ok("list", "--help", "--lang", "en").out
    assert not [char for char in en.partition("Options:")[2] if "一" <= char <= "鿿"]


def test_the_commands_are_listed(shared: Line) -> None:
    told = shared.ok("--help").out
    for name, (_, text) in COMMANDS.items():
        assert name in told
        assert text.zh in told


def test_no_command_is_wrong_usage(shared: Line) -> None:
    answer = shared()
    assert (answer.code, answer.out) == (2, "")
    assert "登记一条新记录" in answer.err


@pytest.mark.parametrize(
    ("line", "said", "fix"),
    [
        (["lst"], "没有“lst”这个命令", "是不是 list？"),
        (["list", "--fmt", "x"], "没有“--fmt”这个选项", "是不是 --format？"),
        (["list", "--format", "xml"], "--format 的取值不对", "可填：table、json、"),
        (["list", "--limit", "-1"], "--limit 要一个数字", "写一个整数：0 到 1000000000"),
        (["list", "--format"], "--format 后面要写一个值", "--help"),
        (["list", "--quiet=1"], "--quiet 后面不写值", "--help"),
        (["add"], "还缺 表单", "logbook add --help"),
        (["sign", "CP-20261120-A001"], "还缺 --as", "logbook sign --help"),
        (["show", "a", "b"], "多了“b”", "引号"),
        (["overdue", "--soon", "long"], "看不懂时间范围“long”", "7d"),
        (["list", "--now", "someday"], "看不懂时间“someday”", "2026-11-22"),
        (["render", "complaint", "--blank", "--register"], "--register 不能这样用", "render --help"),
        (["render"], "还缺 编号|表单", "render --help"),
    ],
)
def test_a_slip_is_answered_in_words(shared: Line, line: list[str], said: str, fix: str) -> None:
    answer = shared(*line)
    assert answer.code == 2
    assert answer.out == ""
    first, second = answer.err.splitlines()
    assert said in first
    assert second.startswith("    → ")
    assert fix in second


def test_global_options_stand_anywhere(shared: Line) -> None:
    long_ago = ["--now", "2026-11-20T12:00"]
    before, after = shared.ok(*long_ago, "list"), shared.ok("list", *long_ago)
    assert before.out == after.out
    assert "CP-20261120-A001" in before.out
    assert "CP-20261121-A001" not in before.out
    assert shared.ok("--lang", "en", "list").out == shared.ok("list", "--lang", "en").out


def test_a_book_named_on_the_line_speaks_its_own_language(
    shared: Line, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert "是不是 list" in shared("--book", str(shared.root), "lst").err
    assert "did you mean list" in shared("lst").err.lower()
