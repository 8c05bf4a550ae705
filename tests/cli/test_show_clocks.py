"""`show --clocks`: every clock in words; and what the built-in steps look like from the command line."""

from __future__ import annotations

from tests.cli.conftest import MAJOR
from tests.cli.line import Line

PAUSE = ("step", MAJOR, "pause", "until=2026-11-24 12:00", "--reason", "等配件", "--now", "2026-11-22 10:00")


def test_each_clock_is_told_in_words(cli: Line) -> None:
    cli.ok(*PAUSE)
    told = cli.ok("show", MAJOR, "--clocks", "--now", "2026-11-24 11:00", "--lang", "zh").out
    assert (
        "明确答复（第 1 次）：暂停中\n"
        "  从 2026-11-21 09:00 起（登记分类）\n"
        "  时限：2天内，按 complaint@1 的“answer”，依据 002 四.4(5)\n"
        "  起算当天不算，计 2 天：2026-11-22、2026-11-25\n"
        "  2026-11-22 10:00 到 2026-11-24 12:00 暂停，这段不计\n"
        "  期限 2026-11-25 24:00（最初为 2026-11-23 24:00）\n"
        "  结论：按最初期限超时，按批准后的期限还没有定\n"
    ) in told
    english = cli.ok("show", MAJOR, "--clocks", "--now", "2026-11-24 11:00", "--lang", "en").out
    assert "paused from 2026-11-22 10:00 to 2026-11-24 12:00; that does not count" in english
    assert "verdict: late by the first due, not decided yet by the one approved" in english


def test_json_has_both_verdicts_and_the_version(cli: Line) -> None:
    cli.ok(*PAUSE)
    clocks = cli.ok("show", MAJOR, "--format", "json", "--now", "2026-11-24 11:00").json["clocks"]
    answer = next(one for one in clocks if one["clock"] == "answer")
    assert answer == {
        "clock": "answer",
        "due": "2026-11-26T00:00:00+08:00",
        "state": "paused",
        "overdue_seconds": 0,
        "cycle": 1,
        "started": "2026-11-21T09:00:00+08:00",
        "stopped": None,
        "to": "director",
        "first_due": "2026-11-24T00:00:00+08:00",
        "strict": "breached",
        "adjusted": "running",
        "paused_until": "2026-11-24T12:00:00+08:00",
        "version": 1,
        "provisional": False,
    }


def test_a_pause_that_ran_out_is_on_the_list(cli: Line) -> None:
    cli.ok(*PAUSE)
    late = cli.ok("overdue", "--format", "json", "--now", "2026-11-24 13:00").json
    told = {one["clock"]: one["state"] for one in late if one["id"] == MAJOR}
    assert told == {"forward": "overdue", "answer": "pause_expired", "resolve": "pause_expired"}


def test_the_page_of_a_form_has_the_built_in_steps(shared: Line) -> None:
    page = shared.ok("forms", "complaint", "--lang", "zh").out
    assert "暂停原因: 等配件、等客户、等第三方、天气、其他" in page
    assert "可暂停，合计不超过30天、3次" in page
    steps = {one["id"]: one for one in shared.ok("forms", "complaint", "--format", "json").json["steps"]}
    assert [one["id"] for one in steps["extend"]["brings"]] == ["due", "clock"]
    assert "pause" not in {one["id"] for one in shared.ok("forms", "room", "--format", "json").json["steps"]}
