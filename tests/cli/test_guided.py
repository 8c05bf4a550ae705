"""Guided entry through a real terminal: exact screens, counted keys, drafts that outlive a kill."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
NOW = ("--now", "2026-11-24 09:35")
# Full pinyin, and the blank that takes the first candidate.
SPELLED = {"王芳": "wangfang ", "路灯不亮": "ludengbuliang "}

SHEET = """
核对 客户投诉登记表
  1  投诉时间  2026-11-24 09:35（默认）
  2  客户姓名  王芳
  3  房号      —
  4  内容摘要  路灯不亮
  5  等级      轻微（默认）
  其余默认：
  6 形式 电话                            7 性质 投诉
  8 事件发生时间 2026-11-24 09:35        9 发生经过 路灯不亮
  10 正在造成损害 否                     11 第几次责成 1
  号码修改，+ 更多字段，< 返回，q 留作草稿
回车登记: """


def keys(*typed: str) -> int:
    """How many keys a hand presses, Chinese words spelled in full."""
    line = "".join(typed)
    for word, spelled in SPELLED.items():
        line = line.replace(word, spelled)
    return len(line)


def drafts(root: Path) -> list[Path]:
    return sorted((root / ".git/logbook/drafts").glob("*.json"))


def test_a_complaint_in_sixty_keys_and_prompts_at_once(book: Path) -> None:
    command = ("add", "ts")
    terminal = Terminal(book, *command, *NOW)
    assert terminal.hear("客户姓名: ") == "客户姓名: "
    assert terminal.type("王芳\n", "内容摘要: ") == "王芳\n内容摘要: "
    assert terminal.type("路灯不亮\n", "回车登记: ") == "路灯不亮\n" + SHEET
    code, said = terminal.end("\n")
    assert (code, said) == (0, "\nCP-20261124-A001\n已记录 CP-20261124-A001 路灯不亮\n  处理完毕：11-26 24:00 前\n")
    assert keys("logbook add ts\n", "王芳\n", "路灯不亮\n", "\n") == 41
    assert min(terminal.gaps) < 0.05, terminal.gaps
    assert drafts(book) == []


def test_a_kill_at_a_prompt_leaves_a_draft_that_is_offered(book: Path, cli: Line) -> None:
    first = Terminal(book, "add", "complaint", *NOW)
    first.hear("客户姓名: ")
    first.type("王芳\n", "内容摘要: ")
    assert cli.ok("drafts").err == "没有草稿\n"  # somebody is typing at it
    first.end(kill=signal.SIGKILL)
    (draft,) = drafts(book)
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert stat.S_IMODE(draft.parent.stat().st_mode) == 0o700
    (told,) = cli.ok("drafts", "--format", "json").json
    assert (told["form"], told["by"], told["fields"]) == ("complaint", "lina", ["name"])
    assert "王芳" not in cli.ok("drafts").out

    later = Terminal(book, "add", "complaint", "room=3-502", "--now", "2026-11-24 10:40")
    assert "有一份没登完的草稿：11-24 09:35，已填 客户姓名\n" in later.hear("请选: ")
    assert "内容摘要: " in later.type("\n", "内容摘要: ")
    sheet = later.type("漏水\n", "回车登记: ")
    for line in ("投诉时间  2026-11-24 09:35（默认）", "客户姓名  王芳", "房号      3-502"):  # when the call came
        assert line in sheet
    assert later.end("\n")[0] == 0
    assert drafts(book) == []


def test_a_draft_can_be_left_or_dropped(book: Path, cli: Line) -> None:
    for answer in ("王芳\n", ""):
        terminal = Terminal(book, "add", "complaint", *NOW)
        if not answer:
            terminal.hear("请选: ")
            terminal.type("n\n", "客户姓名: ")  # another one; the draft stays
            code, said = terminal.end("\x04")
            assert code == 130
            assert "草稿" not in said  # nothing was typed
        else:
            terminal.hear("客户姓名: ")
            terminal.type(answer, "内容摘要: ")
            code, said = terminal.end("\x03")
            assert code == 130
            assert "填了一半的已留作草稿，接着填：logbook add 投诉" in said
            assert "已中断，没有写入" in said
    assert len(drafts(book)) == 1
    assert cli("drafts", "drop", "2").code == 1
    assert cli.ok("drafts", "drop", "1").err == "已丢掉 1 份草稿\n"
    assert drafts(book) == []


def test_back_explain_wrong_and_many_meanings(book: Path) -> None:
    terminal = Terminal(book, "add", "complaint", *NOW)
    terminal.hear("客户姓名: ")
    assert "已经是第一项" in terminal.type("<\n", "客户姓名: ")
    assert "“客户姓名”要填" in terminal.type("\n", "客户姓名: ")
    assert "隐私内容" in terminal.type("?\n", "客户姓名: ")
    terminal.type("王方\n", "内容摘要: ")
    assert terminal.type("<\n", ": ") == "<\n客户姓名 [王方]: "
    terminal.type("王芳\n", "内容摘要: ")
    terminal.type("漏水\n", "回车登记: ")
    assert "等级 (1 重大  2 重要  3 轻微) [轻微]: " in terminal.type("dj\n", "]: ")
    assert "“特别大”" in terminal.type("特别大\n", "]: ")
    assert "“z”有几个，选一个号码：\n等级 (1 重大  2 重要) [轻微]: " in terminal.type("z\n", "]: ")
    assert "  = 重大\n" in terminal.type("1\n", "回车登记: ")
    assert "“房号”所指的“9-9”不存在" in terminal.type("fh=9-9\n", "回车登记: ")
    assert "房号      3-502" in terminal.type("fh=3-502\n", "回车登记: ")
    terminal.type("事件发生时间\n", "]: ")
    assert "= 2026-11-23 09:20" in terminal.type("昨天 9:20\n", "回车登记: ")
    assert "19 同类投诉" in terminal.type("+\n", "请选: ")
    terminal.type("补救方案 接待检查\n", "补救方案 第 1 行")
    terminal.hear("方案（可不填）: ")
    terminal.type("更换轴承\n", "结算费用")
    assert "= " not in terminal.type("很多\n", "结算费用 [0]: ")
    terminal.type("300\n", "第 2 行")
    terminal.type("\n", "一项一键")
    terminal.hear(": ")
    terminal.type("f", "不合格")
    sheet = terminal.type("a", "回车登记: ")
    assert "其余都合格" in sheet
    assert "补救方案      更换轴承 300" in sheet
    code, said = terminal.end("\n")
    assert code == 0, said
    text = (book / "records/complaint/2026/11/CP-20261124-A001.yaml").read_text(encoding="utf-8")
    for line in ("level: major", "room: 3-502", "happened_at: 2026-11-23T09:20:00+08:00", ": fail"):
        assert line in text


def test_a_refusal_goes_back_to_the_sheet_with_everything_there(book: Path) -> None:
    terminal = Terminal(book, "add", "complaint", "--now", "2026-11-24 09:35")
    terminal.hear("客户姓名: ")
    terminal.type("王芳\n", "内容摘要: ")
    terminal.type("漏水\n", "回车登记: ")
    assert "没有写入" not in terminal.type("投诉时间=23:00\n", "回车登记: ")
    refused = terminal.type("\n", "回车登记: ")
    assert "没有写入，下面几处要改（已填的都在）" in refused
    assert "客户姓名      王芳" in refused or "客户姓名  王芳" in refused
    terminal.type("投诉时间=9:00\n", "回车登记: ")
    assert terminal.end("\n")[0] == 0


def test_a_step_is_picked_asked_for_and_reviewed(book: Path) -> None:
    terminal = Terminal(book, "step", MINOR, "--now", "2026-11-20 10:00")
    assert "1 转呈" in terminal.hear("请选: ")
    terminal.type("gd\n", "]: ")
    terminal.type("重要\n", "原因: ")
    sheet = terminal.type("电梯困人\n", "回车登记: ")
    assert f"核对 改定等级 {MINOR}" in sheet
    assert "原因  电梯困人" in sheet
    assert terminal.end("\n")[0] == 0
    assert "reason: 电梯困人" in next(book.glob(f"records/complaint/*/*/{MINOR}.yaml")).read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [True, False])
def test_people_by_initials_and_without_the_table_by_label(book: Path, tmp_path: Path, *, table: bool) -> None:
    env = {}
    if not table:  # no pypinyin, and no table it made before
        (tmp_path / "pypinyin.py").write_text("raise ImportError\n", encoding="utf-8")
        env = {"XDG_CACHE_HOME": str(tmp_path / "none"), "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}
    terminal = Terminal(book, "add", "handover", *NOW, **env)
    assert "  8 zhao  赵敏\n接班人: " in terminal.hear("接班人: ")
    if not table:
        assert "员工“zm”没有登记" in terminal.type("zm\n", "接班人: ")
    assert "= zhao  赵敏" in terminal.type("zm\n" if table else "赵\n", "回车登记: ")
    assert terminal.end("\x03")[0] == 130


def test_words_without_a_sign_go_where_they_belong(cli: Line) -> None:
    number = cli.ok("add", "投诉", "3-502", "王芳", "漏水", "重大", "13800001111", *NOW).out.strip()
    text = next(cli.root.glob(f"records/complaint/*/*/{number}.yaml")).read_text(encoding="utf-8")
    for line in ("name: 王芳", "phone: '13800001111'", "room: 3-502", "summary: 漏水", "level: major"):
        assert line in text or line.replace("'", "") in text
    unclear = cli("add", "投诉", "3-502", "漏水", *NOW)
    assert unclear.code == 1
    assert "漏水: " in unclear.err
    assert "room" not in unclear.err
    several = cli("add", "投", *NOW, "王芳", "停电")
    assert several.code == 0
    assert cli("add", "客", *NOW).code == 1
