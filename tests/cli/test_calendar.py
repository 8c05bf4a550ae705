"""The calendar command: what people see of a month, what programs get, how a year comes in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.line import Line
from tests.cli.line import environment

NOW = ("--now", "2026-11-24 09:00")
NEXT = "date,kind,name,notice\n2027-01-01,off,元旦,通知\n2027-01-09,work,元旦,通知\n"


def test_a_month_in_chinese(shared: Line) -> None:
    assert shared.ok("calendar", "2026-10").out == (
        "2026年10月  办公时间（office）\n"
        "\n"
        "一      二      三      四      五      六      日\n"
        "                         1 休    2 休    3 休    4 休\n"
        "                        国庆节  国庆节  国庆节  国庆节\n"
        " 5 休    6 休    7 休    8       9      10 班   11 ·\n"
        "国庆节  国庆节  国庆节                  国庆节\n"
        "12      13      14      15      16      17 ·    18 ·\n"
        "19      20      21      22      23      24 ·    25 ·\n"
        "26      27      28      29      30      31 ·\n"
        "\n"
        "工作日 18 天，休息 13 天\n"
        "工作时间：09:00-12:00, 13:30-18:00\n"
        "休 节假日  班 调休上班  · 休息  ? 暂定\n"
    )


def test_a_month_in_english_and_of_another_calendar(shared: Line) -> None:
    lines = shared.ok("calendar", "2026-10", "--lang", "en").lines
    assert lines[0] == "October 2026  Office hours (office)"
    assert lines[3].split() == ["1", "H", "2", "H", "3", "H", "4", "H"]
    assert lines[4].split() == ["National"] * 4
    assert "18 working day(s), 13 day(s) off" in lines
    lines = shared.ok("calendar", "2026-10", "--calendar", "夜间值班", "--lang", "en").lines
    assert lines[0] == "October 2026  Night duty (night)"
    assert "Hours: 17:30-08:30" in lines
    assert "31 working day(s), 0 day(s) off" in lines


def test_columns_stand_below_one_another(shared: Line) -> None:
    assert "\n".join(shared.ok("calendar", "2026-02", "--lang", "en").lines[2:14]) == (
        "Mon       Tue       Wed       Thu       Fri       Sat       Sun\n"
        "                                                             1 ·\n"
        " 2         3         4         5         6         7 ·       8 ·\n"
        " 9        10        11        12        13        14 W      15 H\n"
        "                                                  Spring    Spring\n"
        "                                                  Festival  Festival\n"
        "16 H      17 H      18 H      19 H      20 H      21 H      22 H\n"
        "Spring    Spring    Spring    Spring    Spring    Spring    Spring\n"
        "Festival  Festival  Festival  Festival  Festival  Festival  Festival\n"
        "23 H      24        25        26        27        28 W\n"
        "Spring                                            Spring\n"
        "Festival                                          Festival"
    )


def test_this_month_by_default_and_a_range(shared: Line) -> None:
    assert shared.ok("calendar", *NOW).out == shared.ok("calendar", "2026-11").out
    two = shared.ok("calendar", "2026-Q4").lines
    assert [line for line in two if "office" in line] == [
        "2026年10月  办公时间（office）", "2026年11月  办公时间（office）", "2026年12月  办公时间（office）",
    ]  # fmt: skip


def test_one_day(shared: Line) -> None:
    assert shared.ok("calendar", "2026-10-10").out == (
        "2026-10-10 星期六  办公时间\n调休上班  国庆节  国办发明电〔2025〕7号\n09:00-12:00, 13:30-18:00\n"
    )
    assert shared.ok("calendar", "2026-10-01", "--lang", "en").out == (
        "2026-10-01 Thu  Office hours\nholiday  National Day  国办发明电〔2025〕7号\n"
    )


def test_a_year_nobody_knows_is_marked(shared: Line) -> None:
    answer = shared.ok("calendar", "2027-01")
    assert " 1 ?" in answer.out
    assert answer.err == "2027 年的节假日还不知道，以上为暂定（clocks 3）\n"
    assert "?" not in shared.ok("calendar", "2027-01", "--calendar", "desk").lines[3]


def test_json_is_a_contract(shared: Line) -> None:
    found = shared.ok("calendar", "2026-10", "--format", "json").json
    assert len(found) == 31
    assert found[0] == {
        "date": "2026-10-01", "kind": "holiday", "working": False, "windows": [], "name": "国庆节",
        "notice": "国办发明电〔2025〕7号", "provisional": False,
    }  # fmt: skip
    assert (found[9]["kind"], found[9]["windows"]) == ("makeup", ["09:00-12:00", "13:30-18:00"])
    assert [day["kind"] for day in found[10:18]] == ["off", *["working"] * 5, "off", "off"]
    (day,) = shared.ok("calendar", "2027-01-01", "--format", "json").json
    assert (day["name"], day["notice"], day["provisional"]) == (None, None, True)


@pytest.mark.parametrize("format_", ["table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml"])
def test_every_format(shared: Line, format_: str) -> None:
    assert "2026-10-10" in shared.ok("calendar", "2026-10-10", "--format", format_).out
    assert "office" in shared.ok("calendar", "--list", "--format", format_).out


def test_the_calendars_are_listed(shared: Line) -> None:
    assert [line.split()[0] for line in shared.ok("calendar", "--list").lines[2:]] == [
        "always", "desk", "office", "night", "noon",
    ]  # fmt: skip
    office = shared.ok("calendar", "--list", "--format", "json").json[2]
    assert (office["name"], office["days"], office["years"]) == ("office", "cn", [2024, 2026])
    assert office["weekly"]["mon"] == ["09:00-12:00", "13:30-18:00"]
    assert office["weekly"]["sun"] == []


@pytest.mark.parametrize(
    ("words", "code", "said", "fix"),
    [
        (["2026-13"], 2, "看不懂“2026-13”", "2026-10"),
        (["--calendar", "nigth"], 1, "没有“nigth”这个日历。是不是“night”？", "always、desk、office"),
        (["--import", "gone.csv"], 1, "gone.csv", "检查文件名"),
    ],
)
def test_a_slip_is_answered_in_words(shared: Line, words: list[str], code: int, said: str, fix: str) -> None:
    answer = shared("calendar", *words)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert fix in answer.err


def test_a_year_comes_in_from_a_file(cli: Line) -> None:
    file = cli.root.parent / "next.csv"
    file.write_text(NEXT, encoding="utf-8")
    dry = cli.ok(*NOW, "calendar", "--import", str(file), "--dry-run")
    assert dry.out == "2027-01-01 五  元旦 休\n2027-01-09 六  元旦 班\n"
    assert dry.err == "将改动 2 天，写入 templates/site/calendars.yaml（试运行，没有写入）\n"
    assert cli.ok(*NOW, "calendar", "--import", str(file), "--dry-run", "--format", "json").json == [
        {"date": "2027-01-01", "before": None, "after": {"kind": "off", "name": "元旦"}},
        {"date": "2027-01-09", "before": None, "after": {"kind": "work", "name": "元旦"}},
    ]
    assert not (cli.root / "templates/site").exists()
    done = cli.ok(*NOW, "calendar", "--import", str(file))
    assert done.out == dry.out
    assert "2027 年已登记：" in done.err
    assert subprocess.run(["git", "status", "--porcelain"], cwd=cli.root, capture_output=True).stdout == b""
    again = cli.ok(*NOW, "calendar", "--import", str(file))
    assert (again.out, again.err) == ("", "2027 年已经登记，没有不同\n")
    file.write_text(NEXT.replace("01-09", "01-10"), encoding="utf-8")
    refused = cli(*NOW, "calendar", "--import", str(file))
    assert refused.code == 1
    assert "2027-01-09 已登记为“元旦 班”，来源写的是“平常的一天”" in refused.err
    assert "--replace" in refused.err
    assert cli.ok(*NOW, "calendar", "--import", str(file), "--replace").code == 0
    assert "10 班" in cli.ok("calendar", "2027-01").out


def test_without_the_package_exit_is_2(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chinese_calendar", None)
    answer = cli(*NOW, "calendar", "--import", "2027")
    assert (answer.code, answer.out) == (2, "")
    assert "没有安装 chinesecalendar" in answer.err
    assert "python -m pip install 'chinesecalendar>=1.11'" in answer.err


def test_a_command_that_only_lists_reads_no_calendar(book: Path) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "logbook", *NOW, "list"],
            cwd=book, env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert "logbook.core.definition" in done.stderr
    assert "logbook.core.calendars" not in done.stderr
