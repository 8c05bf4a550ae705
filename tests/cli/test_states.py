"""Books in a bad state: the right exit code, the exact line to run, and reading goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Answer
from tests.cli.line import Line
from tests.cli.line import environment
from tests.cli.line import process
from tests.operations.desk import Desk

NOW = ("--now", "2026-11-23 09:35")
NEW_FORM = """\
form: umbrella
version: 1
prefix: UM
title: {zh: 雨伞借用, en: Umbrella loan}
purpose: {zh: 借伞, en: lend an umbrella}
source: []
fields:
  borrower: {zh: 借用人姓名, en: Borrower, type: text, required: true}
states: {out: {zh: 借出, en: out}, back: {zh: 已还, en: back}}
steps:
  lend: {zh: 借出, en: Lend, to: out}
  bring: {zh: 归还, en: Bring back, from: out, to: back}
"""


def test_cron_with_next_to_no_environment(told_book: Desk) -> None:
    answer = process(told_book.root, "overdue", "complaint", "--format", "csv", *NOW)
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines[1].split(",")[1:4] == ["2026-11-22T00:00:00+08:00", MAJOR, "forward"]
    assert "电梯异响" in process(told_book.root, "list", *NOW).out  # UTF-8 under LANG=C


def test_no_book(cli: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bare").mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    for words in (["list"], ["add", "room", "id=1"], ["doctor"], ["forms"]):
        answer = cli(*words, "--lang", "en")
        assert answer.code == 3
        assert answer.out == "" or words == ["doctor"]  # it tells of the machine first
        assert "logbook init DIR --name NAME" in answer.err
    answer = cli("--book", str(tmp_path / "bare"), "list")
    assert answer.code == 3
    assert f"logbook init {tmp_path / 'bare'} --name" in answer.err
    monkeypatch.setenv("LOGBOOK_BOOK", str(cli.root))
    assert cli.ok("list", "--format", "ids", *NOW).lines == [MINOR, MAJOR]


def test_without_git_one_can_read_but_not_write(told_book: Desk, tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path)}
    answer = process(told_book.root, "list", "--format", "ids", *NOW, env=bare)
    assert (answer.code, answer.lines) == (0, [MINOR, MAJOR])
    for words in (["add", "room", "id=1"], ["doctor"], ["init", str(tmp_path / "new"), "--name", "甲"]):
        answer = process(told_book.root, *words, env=bare)
        assert answer.code == 3
        assert answer.out == "" or words == ["doctor"]
        assert "apt install git" in answer.err


def test_a_clone_needs_a_desk_letter_before_it_writes(
    told_book: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Line
) -> None:
    copy = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(told_book.root), str(copy)], check=True)
    monkeypatch.chdir(copy)
    assert cli.ok("list", "--format", "ids", *NOW).lines == [MINOR, MAJOR]
    new = ("add", "complaint", "name=王芳", "summary=漏水", "--by", "lina", "--format", "ids", *NOW)
    answer = cli(*new)
    assert (answer.code, answer.out) == (3, "")
    assert f"git -C {copy} config logbook.desk B" in answer.err
    monkeypatch.setenv("LOGBOOK_DESK", "C")
    assert cli.ok(*new).out == "CP-20261123-C001\n"
    monkeypatch.setenv("LOGBOOK_DESK", "c1")
    assert cli(*new).code == 3
    monkeypatch.delenv("LOGBOOK_DESK")
    subprocess.run(["git", "-C", str(copy), "config", "logbook.desk", "B"], check=True)
    assert cli.ok(*new).out == "CP-20261123-B001\n"
    assert cli("add", "room", "id=1-1").code == 1  # nobody sits here yet


def test_somebody_elses_folder(cli: Line) -> None:
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root to give a folder away")
    subprocess.run(["chown", "-R", "nobody", str(cli.root)], check=True)
    assert cli.ok("list", "--format", "ids", *NOW).err == ""
    answer = cli("add", "room", "id=1-1")
    assert (answer.code, answer.out) == (3, "")
    assert f"git config --global --add safe.directory {cli.root}" in answer.err


def test_a_book_nobody_may_write(cli: Line) -> None:
    """As root everything may be written: a child without that power looks at it."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("needs root to drop its power")
    import ctypes

    library = ctypes.CDLL(None)
    drop_bounding, overriding = 24, (1, 2, 3)  # prctl; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER

    def powerless(*words: str) -> Answer:
        return process(
            cli.root,
            *words,
            env={"HOME": "/nonexistent"},
            preexec_fn=lambda: [library.prctl(drop_bounding, power, 0, 0, 0) for power in overriding],
        )

    shutil.rmtree(cli.root / ".git/logbook")
    subprocess.run(["chmod", "-R", "a-w", str(cli.root)], check=True)
    try:
        answer = powerless("list", "--format", "ids", *NOW)
        assert (answer.code, answer.lines, answer.err) == (0, [MINOR, MAJOR], "")
        assert powerless("show", MINOR, *NOW).code == 0
        answer = powerless("add", "room", "id=1-1", *NOW)
        assert (answer.code, answer.out) == (3, "")
        assert not (cli.root / ".git/logbook").exists()
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(cli.root)], check=True)


@pytest.mark.parametrize("damage", ["gone", "text", "noise", "cut"])
def test_a_damaged_index_is_built_anew_in_silence(cli: Line, damage: str) -> None:
    cli.ok("list", *NOW)
    index = cli.root / ".git/logbook/index.db"
    whole = index.read_bytes()
    for one in index.parent.glob("index.db*"):
        one.unlink()
    if damage != "gone":
        index.write_bytes({"text": b"garbage", "noise": bytes(range(256)) * 80, "cut": whole[: len(whole) // 2]}[damage])
    answer = cli.ok("list", "complaint", "--format", "ids", *NOW)
    assert (answer.lines, answer.err) == ([MINOR, MAJOR], "")


def test_changed_record_files_are_told_of_once(cli: Line) -> None:
    path = cli.root / "records/room/3-502.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: house", "kind: shop"), encoding="utf-8")
    (cli.root / "notes.txt").write_text("no record", encoding="utf-8")
    for words in (["list", "room"], ["show", "3-502"], ["overdue"]):
        answer = cli.ok(*words, *NOW)
        assert answer.err.count("有 1 份记录文件改了还没提交") == 1
        assert "validate" in answer.err
    assert cli.ok("show", "3-502", "--format", "json", *NOW).json["fields"]["kind"] == "house"
    assert cli.ok("list", "room", "--quiet", *NOW).err == ""
    subprocess.run(["git", "checkout", "-q", "records"], cwd=cli.root, check=True)
    assert cli.ok("list", "room", *NOW).err == ""


def test_a_record_that_cannot_be_read_is_told_of(cli: Line) -> None:
    (cli.root / "records/room/bad.yaml").write_text("id: x\n  bad: [\n", encoding="utf-8")
    answer = cli("validate")
    assert answer.code == 1
    assert "records/room/bad.yaml:2" in answer.out
    subprocess.run(["git", "add", "records"], cwd=cli.root, check=True)
    who = ["-c", "user.name=x", "-c", "user.email=x@x"]
    subprocess.run(["git", *who, "commit", "-qm", "by hand"], cwd=cli.root, check=True)
    answer = cli.ok("list", "room", "--format", "ids", *NOW)
    assert "3-502" in answer.lines
    assert "有 1 份记录读不出来，没有列入，如 records/room/bad.yaml" in answer.err
    assert cli("show", "bad").code == 1


def test_a_broken_form_stops_nothing_else(cli: Line) -> None:
    form = cli.root / "templates/core/umbrella.yaml"
    form.write_text(NEW_FORM.replace("zh: 借用人姓名, ", "").replace("type: text", "type: txt"), encoding="utf-8")
    answer = cli("validate", "--format", "json")
    assert answer.code == 1
    assert {(one["path"], one["line"]) for one in answer.json} == {("templates/core/umbrella.yaml", 8)}
    assert cli.ok("add", "room", "id=8-801", *NOW).out == "8-801\n"
    for words in (["add", "umbrella", "borrower=张三"], ["list", "umbrella"], ["forms", "umbrella"], ["overdue", "umbrella"]):
        answer = cli(*words, *NOW)
        assert (answer.code, answer.out) == (1, "")
        assert "templates/core/umbrella.yaml:8" in answer.err
    answer = cli.ok("list", "room", "--format", "ids", *NOW)
    assert "8-801" in answer.lines
    assert "templates/core/umbrella.yaml" in answer.err


def test_a_form_dropped_into_the_book_works_at_once(cli: Line) -> None:
    (cli.root / "templates/core/umbrella.yaml").write_text(NEW_FORM, encoding="utf-8")
    assert "借用人姓名" in cli.ok("forms", "雨伞借用").out
    added = cli.ok("add", "umbrella", "借用人姓名=张三", "--format", "ids", *NOW).out.strip()
    assert added == "UM-20261123-A001"
    cli.ok("step", added, "归还", *NOW)
    assert cli.ok("list", "雨伞借用", "--format", "json", *NOW).json[0]["status"] == "back"


@pytest.mark.parametrize("words", [["list"], ["export", "staff"], ["forms", "complaint"], ["show", MINOR], ["--help"]])
def test_a_closed_pipe_is_no_error(told_book: Desk, words: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "logbook", *words],
        cwd=told_book.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(30) == 0


def test_a_full_disk_needs_a_person(told_book: Desk) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "logbook", "list", *NOW],
            cwd=told_book.root, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_our_own_fault_leaves_a_log_and_no_traceback(
    cli: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from logbook.operations import listing

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the fault")

    monkeypatch.setattr(listing, "select", fail)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    answer = cli("list")
    assert (answer.code, answer.out) == (3, "")
    assert "Traceback" not in answer.err
    (log,) = (tmp_path / "cache/logbook").glob("error-*.log")
    assert str(log) in answer.err
    assert "RuntimeError: the fault" in log.read_text(encoding="utf-8")


def test_no_colour_and_no_control_codes_off_a_terminal(told_book: Desk) -> None:
    for env in ({}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"}):
        answer = process(told_book.root, "list", *NOW, env=env)
        assert "\x1b" not in answer.out + answer.err


def test_doctor_and_index(cli: Line) -> None:
    answer = cli.ok("doctor")
    assert answer.err.startswith("logbook.yaml: 注意 core 表单包有 15 项职责没写多久一次，等本项目来定\n")
    assert answer.err.count("\n") == 2
    assert "git version" in answer.out
    told = cli.ok("doctor", "--format", "json").json
    assert (told["facts"]["desk"], told["mended"]) == ("A", [])
    assert [issue["rule"] for issue in told["issues"]] == ["agenda.vague"]
    assert cli.ok("index", "--rebuild", "--format", "json").json["records"]["complaint"] == 2
    (cli.root / "records/room/3-502.yaml").write_text("x", encoding="utf-8")
    assert "records/room/3-502.yaml" in cli("doctor").err


def test_the_package_runs_from_anywhere(told_book: Desk, tmp_path: Path) -> None:
    answer = process(tmp_path, "--book", str(told_book.root), "list", "--format", "ids", *NOW)
    assert answer.lines == [MINOR, MAJOR]
