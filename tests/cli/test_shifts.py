"""roster, shift, handover as they are typed at the desk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.line import Answer
from tests.cli.line import Line
from tests.operations.desk import Desk
from tests.operations.desk import furnish
from tests.operations.desk import make_book

TOOLS = "tools+=[{item: 对讲机, expected: 4, actual: 4}]"


class At:
    """The book's command line at a time and by a person."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def __call__(self, now: str, by: str, *words: str, code: int = 0) -> Answer:
        answer = self.line("--now", f"2026-11-{now}", "--by", by, *words)
        assert answer.code == code, answer
        return answer


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return furnish(make_book(tmp_path_factory.mktemp("book") / "book"))


@pytest.fixture
def at(
    template: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> At:
    desk = template.copy(tmp_path / "book")
    monkeypatch.chdir(desk.root)
    monkeypatch.setenv("LOGBOOK_DESK", "A")
    return At(Line(desk.root, capsys))


def roster(at: At) -> None:
    at(
        "20 10:00", "zhao", "roster", "make", "--from", "2026-11-21", "--to", "2026-11-22",
        "day=lina", "noon=lina", "night=sun", "--publish",
    )  # fmt: skip


def test_a_roster_in_one_line(at: At) -> None:
    made = at(
        "20 10:00", "zhao", "roster", "make", "--from", "2026-11-21", "--to", "2026-11-22",
        "白班=李娜", "中午值班=李娜", "夜间值班=孙师傅", "--publish",
    )  # fmt: skip
    assert made.lines == ["RS-20261120-A001"]
    told = at("20 11:00", "zhao", "roster", "2026-11-21").lines
    assert [line.split() for line in told if "11-21" in line and "空岗" not in line] == [
        ["11-21", "周六", "白班", "08:30", "12:00", "李娜"],
        ["11-21", "周六", "中午值班", "12:00", "13:30", "李娜"],
        ["11-21", "周六", "白班", "13:30", "17:30", "李娜"],
        ["11-21", "周六", "夜间值班", "17:30", "08:30", "孙师傅"],
    ]
    assert told[-1] == "空岗  11-21 00:00 — 11-21 08:30"


def test_the_roster_in_json_tells_gaps(at: At) -> None:
    roster(at)
    rows = at("20 11:00", "zhao", "roster", "2026-11-22", "--format", "json").json
    assert {row["kind"] for row in rows} == {"line"}
    rows = at("20 11:00", "zhao", "roster", "2026-11-23", "--format", "json").json
    assert [(row["start"], row["end"]) for row in rows if row["kind"] == "gap"] == [
        ("2026-11-23T08:30:00+08:00", "2026-11-24T00:00:00+08:00")
    ]


def test_check_says_what_is_missing_and_ends_with_one(at: At) -> None:
    roster(at)
    good = at("20 11:00", "zhao", "roster", "check", "--from", "2026-11-22", "--to", "2026-11-22")
    assert (good.out, good.err) == ("", "值班表没有问题\n")
    bad = at("20 11:00", "zhao", "roster", "check", "--from", "2026-11-22", "--to", "2026-11-23", code=1)
    assert "空岗：11-23 08:30 至 11-24 00:00" in bad.out
    rows = at(
        "20 11:00", "zhao", "roster", "check", "2026-11-23", "--to", "2026-11-23", "--format", "json", code=1
    ).json
    assert [(row["rule"], row["severity"]) for row in rows] == [("shift.uncovered", "error")]


def test_signing_on_says_the_shift_and_the_lateness(at: At) -> None:
    roster(at)
    told = at("21 08:20", "lina", "shift", "on")
    assert told.lines == ["DL-20261121-A001"]
    assert "日间值班 11-21 08:30 — 11-21 12:00  交接迟到 5 分" in told.err
    row = at("21 09:00", "lina", "roster", "2026-11-21").lines[2]
    assert "08:20—" in row
    assert "交接迟到 5 分" in row
    refused = at("21 17:30", "lina", "shift", "off", code=1)
    assert "还没有人接班" in refused.err
    assert "logbook handover accept" in refused.err


def test_from_shift_to_shift(at: At) -> None:
    roster(at)
    at("21 08:14", "lina", "shift", "on")
    at("21 09:00", "lina", "add", "repair", "room=3-502", "content=厨房漏水")
    told = at("21 17:10", "lina", "handover").out
    assert "1.  厨房漏水  RP-20261121-A001  （正在办理：已登记）" in told
    assert "日志  DL-20261121-A001" in told
    written = at("21 17:16", "lina", "handover", "--to", "sun", TOOLS)
    assert written.lines == ["HO-20261121-A001"]
    assert "接班确认：11-21 17:30 前" in written.err
    # Not taken over at 17:50: the supervisor sees it, and so does whoever looks at the shift.
    late = at("21 17:50", "zhao", "overdue", "handover", "--format", "json").json
    assert ("HO-20261121-A001", "acknowledge", 1200, "cs_supervisor") in [
        (row["id"], row["clock"], row["overdue_seconds"], row["to"]) for row in late if row["kind"] == "clock"
    ]
    assert "未接班，仍由 李娜 负责" in at("21 17:50", "zhao", "shift").out
    assert at("21 17:50", "zhao", "handover").lines == [
        "HO-20261121-A001  待接班: 李娜 → 孙师傅  仍由 李娜 负责"
    ]
    taken = at("21 17:52", "sun", "handover", "accept", "arrived_at=17:40", "checklist=pass")
    assert "迟到 10 分  已封存 2 条记录" in taken.err
    at("21 17:53", "lina", "shift", "off", "nothing=true")
    page = at("21 18:00", "zhao", "show", "HO-20261121-A001").out
    assert "封存 2 条记录：有效" in page
    assert "repair/RP-20261121-A001" not in page  # the long list of hashes is for the program
    late_one = at("21 18:10", "lina", "add", "repair", "room=3-502", "content=忘了的", "--at", "2026-11-21 16:00")
    assert "补记：属于已封存的 HO-20261121-A001" in at("21 18:11", "lina", "show", late_one.lines[0]).out
    page = at("21 18:12", "zhao", "show", "HO-20261121-A001").out
    assert "补记  repair/RP-20261121-A002  2026-11-21 16:00（记于 2026-11-21 18:10）" in page
    seal = at("21 18:12", "zhao", "show", "HO-20261121-A001", "--format", "json").json["seal"]
    assert (seal["state"], seal["records"], [one["record"] for one in seal["addenda"]]) == (
        "valid", 2, ["repair/RP-20261121-A002"],
    )  # fmt: skip
    at("21 18:13", "zhao", "amend", "RP-20261121-A001", "content=卫生间漏水", "--reason", "听错了")
    assert "已失效，改动过：repair/RP-20261121-A001" in at("21 18:14", "zhao", "show", "HO-20261121-A001").out


def test_the_book_of_a_shift_in_json(at: At) -> None:
    roster(at)
    at("21 08:14", "lina", "shift", "on")
    at("21 09:00", "lina", "add", "repair", "room=3-502", "content=厨房漏水")
    (book,) = at("21 09:30", "lina", "shift", "--format", "json").json
    assert (book["post"], book["day"], book["start"]) == ("day_duty", "2026-11-21", "2026-11-21T08:30:00+08:00")
    assert [entry["id"] for entry in book["entries"]] == ["RP-20261121-A001"]
    assert [(one["log"], one["arrival"]) for one in book["attended"]] == [("DL-20261121-A001", "on_time")]
    ids = at("21 09:30", "lina", "shift", "2026-11-21", "--post", "day", "--format", "ids").lines
    assert ids == ["RP-20261121-A001"]


def test_giving_back_needs_a_reason(at: At) -> None:
    at("21 08:14", "lina", "shift", "on")
    at("21 17:16", "lina", "handover", "--to", "sun", TOOLS)
    assert "--reason" in at("21 17:20", "sun", "handover", "refuse", code=1).err
    back = at("21 17:20", "sun", "handover", "refuse", "--reason", "台面没有清洁")
    assert "退回待补" in back.err
    at("21 17:25", "lina", "handover", "fix")
    assert json.loads(at("21 17:26", "zhao", "handover", "--format", "json").out)["waiting"] == ["HO-20261121-A001"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("roster", "someday"), "不是日期：someday"),
        (("roster", "make", "evening=lina"), "看不懂“evening=lina”"),
        (("shift", "--post", "kitchen"), "没有“kitchen”这个岗位"),
        (("handover", "accept"), "没有待接的交接班记录"),
        (("handover", "--to", "nobody"), "nobody"),
    ],
)
def test_slips_are_answered_in_words(at: At, words: tuple[str, ...], said: str) -> None:
    assert said in at("21 09:00", "zhao", *words, code=1).err


def test_a_word_too_many_is_wrong_usage(at: At) -> None:
    assert at("21 09:00", "zhao", "handover", "attention=x", code=2).out == ""
