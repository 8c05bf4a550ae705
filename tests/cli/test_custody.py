"""Keys and radios at the desk: one short line each way, in both languages."""

from __future__ import annotations

from pathlib import Path

from tests.cli.line import Line
from tests.cli.line import at_terminal

MORNING = ("--now", "2026-11-22T09:35")
NOON = ("--now", "2026-11-22T12:05")
KC = "KC-20261122-A001"


def test_out_and_in_are_one_line_each(cli: Line) -> None:
    lent = cli.ok("key", "out", "K-3-502", "李师傅", "检修", "--due", "12:00", "--signed", *MORNING)
    assert (lent.out, lent.err) == (f"{KC}\n", "K-3-502 已借出，应还 11-22 12:00\n")
    shown = cli.ok("key", *NOON)
    assert shown.lines[2].split() == ["5", "分", "11-22", "12:00", "K-3-502", "1", "***", "检修", "11-22", "09:35", KC]
    assert "李师傅" in cli.ok("key", "--private", *NOON).out
    back = cli.ok("key", "in", "K-3-502", *NOON)
    assert (back.out, back.err) == (f"{KC}\n", "K-3-502 已归还，迟了 5 分\n")
    nothing = cli.ok("key", *NOON)
    assert (nothing.out, nothing.err) == ("", "没有借出的\n")


def test_chinese_words_and_part_of_a_number_do(cli: Line) -> None:
    assert cli.ok("key", "借出", "3-502", "李师傅", "检修", *MORNING).out == f"{KC}\n"
    assert cli.ok("key", "续借", "3-502", "明天12:00", "--reason", "没修好", *MORNING).err == "K-3-502 续借到 11-23 12:00\n"
    assert cli.ok("key", "归还", "3-502", *NOON).err == "K-3-502 已归还\n"
    assert "K-3-502" in cli.ok("key", "台账").out


def test_a_second_borrower_is_refused_in_words(cli: Line) -> None:
    cli.ok("key", "out", "K-3-502", "李师傅", "检修", "--due", "18:00", *MORNING)
    refused = cli("key", "out", "K-3-502", "王师傅", "检修", *MORNING)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        "没有写入，有 1 处要改：\n"
        f"key: K-3-502 柜里没有这么多把，已借出：{KC} (1, 11-22 18:00)\n"
        "    → 括号里是把数和应还时间；先归还（logbook key in K-3-502）再借\n"
    )
    assert "李师傅" not in refused.err


def test_a_master_key_without_an_approver_is_refused(cli: Line) -> None:
    refused = cli("key", "out", "K-pump", "孙师傅", "月检", *MORNING)
    assert refused.code == 1
    assert "总匙和设备房钥匙要有批准人" in refused.err
    assert cli.ok("key", "out", "K-pump", "孙师傅", "月检", "--approved-by", "赵敏", *MORNING).out


def test_a_missing_purpose_is_named(cli: Line) -> None:
    refused = cli("key", "out", "K-3-502", "李师傅", *MORNING)
    assert refused.code == 1
    assert "purpose: 缺少必填项“用途”" in refused.err
    assert cli("key", "out", "a", "b", "c", "d").code == 2


def test_the_ledger_has_the_overdue_first(cli: Line) -> None:
    cli.ok("key", "out", "K-pump", "孙师傅", "月检", "--approved-by", "zhao", "--due", "12:00", *MORNING)
    first, second = cli.ok("key", "ledger", "--format", "json", *NOON).json
    assert first["checkouts"][0] == {
        "id": KC, "thing": "K-pump", "copies": 1, "borrower": "***", "purpose": "月检",
        "since": "2026-11-22T09:35:00+08:00", "due": "2026-11-22T12:00:00+08:00", "overdue_seconds": 300,
        "signed": False,
    }  # fmt: skip
    counts = [(one["key"], one["total"], one["in_cabinet"], one["out"], one["lost"]) for one in (first, second)]
    assert counts == [("K-pump", 2, 1, 1, 0), ("K-3-502", 1, 1, 0, 0)]
    assert cli.ok("key", "find", "泵房", "--format", "ids", *NOON).out == "K-pump\n"


def test_a_lost_key_says_what_comes_next(cli: Line) -> None:
    cli.ok("key", "out", "K-3-502", "李师傅", "检修", *MORNING)
    refused = cli("key", "lost", "K-3-502", *NOON)
    assert refused.code == 1
    assert refused.err.splitlines()[1::2] == ["how: 要写明经过", "action: 要写明先行处置", "area: 要写明地点"]
    told = ("--how", "在地库遗失", "--action", "已沿路寻找", "--area", "garage")
    lost = cli.ok("key", "lost", "K-3-502", *told, *NOON)
    assert lost.out == "KL-20261122-A001\n"
    assert lost.err == (
        "K-3-502 已报遗失：突发事件 IN-20261122-A001，遗失报告 KL-20261122-A001\n"
        "  由主管定处理意见：logbook step KL-20261122-A001 decide relock=是或否\n"
    )
    assert cli.ok("show", KC, "--format", "json").json["status"] == "lost"


def test_a_count_shows_the_differences(cli: Line) -> None:
    refused = cli("key", "count", "K-pump=2", *NOON)
    assert refused.err.splitlines()[1] == "lines: 还有 1 把没有数：K-3-502"
    counted = cli.ok("key", "count", "--agree", "K-pump=1:借给电工未登记", "--watched-by", "zhao", *NOON)
    assert counted.out == "KN-20261122-A001\n"
    assert counted.err == "KN-20261122-A001 已盘点 2 种，1 种不符\n  K-pump：应有 2，实有 1\n"


def test_a_radio_is_lent_by_the_same_words(cli: Line) -> None:
    lent = cli.ok(
        "loan", "out", "对讲机", "刘洋", "夜巡", "number=R-03", "kind=radio", "--approved-by", "zhao", "--due", "12:00", *MORNING
    )
    assert lent.err == "对讲机 R-03 已借出，应还 11-22 12:00\n"
    assert "R-03" in cli.ok("loan", *NOON).out
    assert cli.ok("loan", "in", "R-03", *NOON).err == "对讲机 R-03 已归还，迟了 5 分\n"
    missing = cli("loan", "in", "R-03", *NOON)
    assert (missing.code, missing.err.splitlines()[1]) == (1, "number: “R-03”没有借出")


def test_help_names_the_commands_in_one_language(shared: Line) -> None:
    zh = shared.ok("key", "--help", "--lang", "zh").out
    assert "out, 借出" in zh
    en = shared.ok("key", "lost", "--help", "--lang", "en").out
    assert "report a loss" in en
    assert "logbook key lost K-3-502" in en


def test_at_a_terminal_a_loss_is_asked_for(book: Path) -> None:
    Lines = [("经过", "在地库遗失\n"), ("先行处置", "已沿路寻找\n"), ("遗失人", "陈工\n"), ("地点", "garage\n")]
    answer = at_terminal(book, ("key", "lost", "K-pump", *NOON), Lines)
    assert (answer.code, answer.out) == (0, "KL-20261122-A001\n")


def test_at_a_terminal_every_key_is_counted_with_a_keystroke(book: Path) -> None:
    talk = [("K-3-502", "\n"), ("K-pump", "1\n"), ("原因", "少一把\n")]
    answer = at_terminal(book, ("key", "count", *NOON), talk)
    assert (answer.code, answer.out) == (0, "KN-20261122-A001\n")
    assert "K-pump：应有 2，实有 1" in answer.err
