"""Making books from the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.line import Line
from tests.cli.line import process


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    monkeypatch.chdir(tmp_path)
    return Line(tmp_path, capsys)


def test_init_makes_a_book_one_can_work_in(empty: Line) -> None:
    answer = empty.ok("init", "翠湖", "--name", "翠湖花园", "--staff", "lina=李娜", "--staff", "wang=王强", "--lang", "zh")
    assert answer.err.strip() == f"已建好记录簿：{empty.root / '翠湖'}"
    told = empty.ok("--book", "翠湖", "list", "staff", "--format", "json").json
    assert [(one["id"], one["fields"]["name"]) for one in told] == [("lina", "李娜"), ("wang", "王强")]
    added = empty.ok("--book", "翠湖", "add", "complaint", "name=王芳", "summary=漏水", "--format", "ids")
    assert added.out.startswith("CP-")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=empty.root / "翠湖", capture_output=True, check=True)
    assert status.stdout == b""
    assert empty.ok("--book", "翠湖", "validate").err.startswith("检查了 3 条记录")


def test_without_staff_git_says_who_it_is(tmp_path: Path) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = 李娜\n\temail = Li.Na@example.com\n", encoding="utf-8")
    assert process(tmp_path, "init", "a", "--name", "甲", env={"GIT_CONFIG_GLOBAL": str(config)}).code == 0
    assert process(tmp_path / "a", "list", "staff", "--format", "ids").lines == ["lina"]
    assert process(tmp_path, "init", "b", "--name", "乙").code == 0  # nobody: cron has no name either
    assert process(tmp_path / "b", "list", "staff", "--format", "ids").lines == ["admin"]


def test_every_bad_word_at_once(empty: Line) -> None:
    answer = empty("init", "new", "--name", " ", "--pack", "nothing", "--desk", "9", "--staff", "../x=甲", "--lang", "zh")
    assert answer.code == 1
    for said in ("缺少记录簿的名称", "没有“nothing”这个表单包", "前台代号“9”不能用", "编号“../x”不能用"):
        assert said in answer.err
    assert not (empty.root / "new").exists()


def test_a_folder_with_something_in_it_is_left_alone(empty: Line) -> None:
    (empty.root / "full").mkdir()
    (empty.root / "full/letter.txt").write_text("mine", encoding="utf-8")
    answer = empty("init", "full", "--name", "甲", "--staff", "lina=李娜")
    assert answer.code == 3
    assert [one.name for one in (empty.root / "full").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    "words", [["--now", "2026-01-01"], ["--timezone", "Mars"], ["--staff", "=x"], ["--lang", "fr"]]
)
def test_wrong_usage_makes_nothing(empty: Line, words: list[str]) -> None:
    assert empty("init", "new", "--name", "甲", *words).code == 2
    assert not (empty.root / "new").exists()


def test_a_practice_book_keeps_the_given_hour(empty: Line) -> None:
    empty.ok("init", "p", "--name", "练习", "--staff", "lina=李娜", "--practice", "--now", "2026-11-01 08:00")
    assert empty.ok("--book", "p", "show", "lina", "--format", "json").json["at"] == "2026-11-01T08:00:00+08:00"
