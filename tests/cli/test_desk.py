"""The prompt of a shift, through a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from logbook.render.width import width
from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import Terminal
from tests.cli.line import environment
from tests.cli.line import process

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
NOW = ("--now", "2026-11-24 09:35")


def test_it_needs_a_terminal(book: Path) -> None:
    answer = process(book, "desk", *NOW)
    assert (answer.code, answer.out) == (2, "")
    assert "值班窗口要在命令窗口里用" in answer.err


def test_a_shift_at_the_prompt(book: Path, cli: Line) -> None:
    desk = Terminal(book, "desk", *NOW)
    screen = desk.hear("李娜> ")
    lines = screen.strip("\n").splitlines()
    assert max(map(width, lines)) < 80
    assert len(lines) <= 20
    assert lines[0].endswith("前台 A  李娜  日间值班  11-24 09:35")
    assert lines[2].startswith(f"  1 11-21 24:00  逾期 2 天 9 小时  转呈  {MAJOR}")
    assert lines[-3] == "  1 投诉  2 报修  3 咨询  4 来客  5 信件  6 失物"

    # A complaint: 28 keys from here, full pinyin and all.
    assert len("1\n" + "wangfang \n" + "ludengbuliang \n" + "\n") == 28
    desk.type("1\n", "客户姓名: ")
    desk.type("王芳\n", "内容摘要: ")
    desk.type("路灯不亮\n", "回车登记: ")
    assert "已记录 CP-20261124-A001 路灯不亮" in desk.type("\n", "李娜> ")
    assert "已记录 CP-20261124-A002 停水" in desk.type("ts 王芳 停水\n", "回车登记: ") + desk.type("\n", "李娜> ")

    # Given up half way: a draft, and the prompt again.
    desk.type("投诉\n", "客户姓名: ")
    desk.type("张三\n", "内容摘要: ")
    assert "已留作草稿" in desk.type("\x03", "李娜> ")
    assert "客户投诉登记表" in desk.type("d\n", "李娜> ")

    # Found by two characters, the other script and initials; opened; taken a step on by number.
    for typed in ("/路灯\n", "/路燈\n", "/ldbl\n"):
        assert "  1 CP-20261124-A001  已登记  路灯不亮\n" in desk.type(typed, "李娜> ")
    assert "4 明确答复" in desk.type("g1\n", "请选: ")
    desk.type("4\n", "答复内容: ")
    desk.type("今晚修\n", "回车登记: ")
    assert "CP-20261124-A001 现在是“已登记”" in desk.type("\n", "李娜> ")
    assert "号码是 1 到 " in desk.type("g99\n", "李娜> ")
    # Ctrl-D at a question ends the question, not the shift; keys at full width or in capitals are the same keys.
    desk.type("Ｇ　1\n", "请选: ")
    assert "没有写入" in desk.type("\x04", "李娜> ")

    # A key goes out and comes back.
    desk.type("k pump\n", ": ")
    desk.type("\x03", "李娜> ")

    # Nothing that is typed ends it.
    assert "没有“九九”" in desk.type("九九\n", "李娜> ")
    assert "q 离开" in desk.type("\x03", "李娜> ")
    assert "没有找到" in desk.type("g CP-20990101-A001\n", "李娜> ") or "没有符合的记录" in desk.seen
    assert "赵敏 已签到" in desk.type("s zm\n", "赵敏> ")
    assert "李娜 已签到" in desk.type("s 李娜\n", "李娜> ")
    desk.resize(60, 24)
    narrow = desk.type("\n", "q 离开").partition("翠湖花园")[2]
    assert max(map(width, narrow.splitlines())) < 60
    desk.hear("李娜> ")
    assert "白班" in desk.type("o\n", "李娜> ")
    assert "交接班  客服中心" in desk.type("h\n", "回车返回）: ")
    desk.type("孙师傅\n", "可不填）: ")
    assert "HO-20261124-A001" in desk.type("三号电梯还在修\n", "李娜> ")
    desk.type("q\n", "请选: ")
    assert desk.end("q\n")[0] == 0
    told = cli.ok("list", "complaint", "at:2026-11-24", "--format", "ids", *NOW).lines
    assert told == ["CP-20261124-A001", "CP-20261124-A002"]
    assert subprocess.run(["git", "status", "--porcelain"], cwd=book, capture_output=True, check=True).stdout == b""


def test_it_sees_what_others_write_and_stays_small(book: Path, cli: Line) -> None:
    desk = Terminal(book, "desk", *NOW)
    desk.hear("李娜> ")
    for _ in range(4):
        desk.type("\n", "李娜> ")
    before = resident(desk.pid)
    for _ in range(25):
        desk.type("\n", "李娜> ")
    assert resident(desk.pid) - before < 2048  # kB
    cli.ok("step", MAJOR, "forward", "forwarded_to=director", "--now", "2026-11-24 09:30")
    assert f"转呈  {MAJOR}" not in desk.hear("李娜> ")
    assert desk.end("q\n")[0] == 0


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("the system does not tell")
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))


def test_after_a_while_it_asks_who_is_there(book: Path) -> None:
    settings = book / "logbook.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "settings: {desk: {idle_minutes: '0'}}\n", encoding="utf-8")
    desk = Terminal(book, "desk", *NOW)
    desk.hear("李娜> ")
    assert "还是李娜吗？" in desk.type("1\n", ": ")
    assert "赵敏 已签到" in desk.type("赵敏\n", "赵敏> ")  # and what the other hand had typed is not done
    assert "还是赵敏吗？" in desk.type("1\n", ": ")
    desk.type("\n", "客户姓名: ")
    desk.type("\x03", "赵敏> ")
    desk.type("q\n", ": ")
    assert desk.end("\n")[0] == 0


def test_nobody_signed_on_is_asked_first(book: Path) -> None:
    subprocess.run(["git", "config", "--unset", "logbook.staff"], cwd=book, check=True)
    done = subprocess.run([sys.executable, "-m", "logbook", "list", *NOW], cwd=book, env=environment(), check=False)
    assert done.returncode == 0
    desk = Terminal(book, "desk", *NOW)
    desk.hear("首字母）: ")
    desk.type("没有\n", "首字母）: ")
    desk.type("李娜\n", "李娜> ")
    assert MINOR in desk.seen
    assert desk.end("\x04")[0] == 0
