"""Digests with a memory: what is new, still there and gone, for whom, and what a failing sender loses (nothing)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.escalation import Digest
from logbook.core.escalation import Entry
from logbook.locale.catalogue import Catalogue
from logbook.operations import notifying
from logbook.operations.notifying import Found
from logbook.operations.notifying import Memory
from logbook.render.digests import text
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.operations.desk import moment

MAJOR = "CP-20261121-A001"
MINOR = "CP-20261120-A001"


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A minor complaint due 11-22 24:00, a major one to forward by 11-21 24:00 and to answer by 11-23 24:00.
    No duties."""
    (desk.root / "templates" / "core" / "duties.yaml").unlink(missing_ok=True)
    desk.add("complaint", "name=王芳", "phone=13800001111", "room=3-502", "summary=电梯异响", now="2026-11-20 09:00")
    desk.add("complaint", "name=李四", "summary=楼道垃圾", "level=major", now="2026-11-21 09:00")
    return desk


def settings(desk: Desk, lines: str) -> None:
    with (desk.root / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write(f"settings:\n{lines}")


class Cron:
    """Runs at given hours with one memory; ``refuse``: to whom nothing gets through."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.path = desk.root / ".git" / "logbook" / "notify.json"
        self.refuse: set[str] = set()
        self.failed: list[str] = []

    def run(self, now: str, *, always: bool = False) -> list[str]:
        """What is sent, as it is read."""
        return [text(one, "翠湖花园", Catalogue("zh"), ZONE) for one in self.digests(now, always=always)]

    def digests(self, now: str, *, always: bool = False) -> list[Digest]:
        session = self.desk.session(now)
        sent: list[Digest] = []

        def send(digest: Digest) -> None:
            if digest.person in self.refuse:
                raise BookError("notify.unreachable", server="mail", why="timeout")
            sent.append(digest)

        memory = notifying.read_memory(self.path)
        self.found = notifying.since_told(session, memory, always=always)
        keep: Callable[[Memory], None] = lambda fresh: notifying.write_memory(self.path, fresh)  # noqa: E731
        count, failed = notifying.send_all(self.found, memory, send, keep, session.now)
        session.close()
        assert count == len(sent)
        self.failed = [digest.person for digest, _ in failed]
        return sent


def keys(digests: list[Digest]) -> dict[str, tuple[list[str], list[str], list[str]]]:
    """By person: what is new, still there, gone."""

    def brief(entries: tuple[Entry, ...]) -> list[str]:
        return [entry.key for entry in entries]

    return {one.person: (brief(one.new), brief(one.still), brief(one.cleared)) for one in digests}


def test_three_runs_one_after_the_other(told: Desk) -> None:
    cron = Cron(told)
    assert cron.run("2026-11-22 07:00") == [
        "翠湖花园 逾期提醒 2026-11-22 07:00 致 王强\n"
        "\n"
        "新增 1 项\n"
        "- 逾期 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾\n"
        "\n"
        "下一个到期：11-22 24:00 CP-20261120-A001 客户投诉登记表·处理完毕：电梯异响"
    ]
    assert cron.run("2026-11-23 07:00") == [
        "翠湖花园 逾期提醒 2026-11-23 07:00 致 王强\n"
        "\n"
        "新增 1 项\n"
        "- 逾期 7 小时（应办 11-22 24:00）CP-20261120-A001 客户投诉登记表·处理完毕：电梯异响\n"
        "\n"
        "仍未办 1 项\n"
        "- 逾期 1 天 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾\n"
        "\n"
        "下一个到期：11-23 24:00 CP-20261121-A001 客户投诉登记表·明确答复：楼道垃圾"
    ]
    told.step(MAJOR, "forward", "forwarded_to=director", now="2026-11-23 10:00", by="lina")
    assert cron.run("2026-11-24 07:00") == [
        "翠湖花园 逾期提醒 2026-11-24 07:00 致 王强\n"
        "\n"
        "新增 1 项\n"
        "- 逾期 7 小时（应办 11-23 24:00）CP-20261121-A001 客户投诉登记表·明确答复：楼道垃圾\n"
        "\n"
        "仍未办 1 项\n"
        "- 逾期 1 天 7 小时（应办 11-22 24:00）CP-20261120-A001 客户投诉登记表·处理完毕：电梯异响\n"
        "\n"
        "已了结 1 项\n"
        "- CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾，11-23 10:00 办结，逾期 1 天 10 小时\n"
        "\n"
        "下一个到期：12-01 24:00 CP-20261121-A001 客户投诉登记表·处理完毕：楼道垃圾"
    ]
    assert (cron.found.late, cron.found.count("new"), cron.found.count("still")) == (2, 1, 1)
    assert cron.found.next == int(moment("2026-12-02 00:00").timestamp())


def test_what_is_gone_is_told_once(told: Desk) -> None:
    cron = Cron(told)
    cron.digests("2026-11-22 07:00")
    told.void(MAJOR, now="2026-11-22 08:00", by="zhao")
    assert keys(cron.digests("2026-11-22 09:00")) == {"wang": ([], [], [f"{MAJOR} forward 1"])}
    assert cron.digests("2026-11-22 10:00") == []


def test_nothing_late_is_nothing_sent(told: Desk) -> None:
    cron = Cron(told)
    assert cron.run("2026-11-21 12:00") == []
    assert json.loads(cron.path.read_text()) == {
        "version": 1, "at": int(moment("2026-11-21 12:00").timestamp()), "told": {},
    }  # fmt: skip
    assert cron.run("2026-11-21 12:05", always=True) == ["翠湖花园 逾期提醒 2026-11-21 12:05 致 高总\n没有逾期"]


def test_late_means_strictly_after_due(told: Desk) -> None:
    cron = Cron(told)
    assert keys(cron.digests("2026-11-22 00:00")) == {"wang": ([f"{MAJOR} forward 1"], [], [])}
    assert cron.found.late == 0
    assert "刚到期" in text(cron.found.digests[0], "B", Catalogue("zh"), ZONE)


def test_a_missed_run_loses_nothing(told: Desk) -> None:
    """Late and done between two runs: told as cleared, with how late it was."""
    cron = Cron(told)
    assert cron.digests("2026-11-21 20:00") == []
    told.step(MAJOR, "forward", "forwarded_to=director", now="2026-11-22 09:00", by="lina")
    (line,) = cron.run("2026-11-22 12:00")
    assert "- CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾，11-22 09:00 办结，逾期 9 小时" in line
    assert cron.digests("2026-11-22 13:00") == []


def test_a_sender_that_fails_loses_nothing_and_holds_nobody_up(told: Desk) -> None:
    settings(told, "  escalation:\n  - to: cs_supervisor\n")
    cron = Cron(told)
    cron.refuse = {"wang"}
    new = ([f"{MAJOR} forward 1"], [], [])
    assert keys(cron.digests("2026-11-22 07:00")) == {"zhao": new}
    assert cron.failed == ["wang"]
    cron.refuse = set()
    assert keys(cron.digests("2026-11-22 08:00")) == {"wang": new, "zhao": ([], [f"{MAJOR} forward 1"], [])}


def test_what_came_and_went_while_the_sender_failed_is_told_later(told: Desk) -> None:
    cron = Cron(told)
    cron.digests("2026-11-21 20:00")
    cron.refuse = {"wang"}
    cron.digests("2026-11-22 07:00")
    told.step(MAJOR, "forward", "forwarded_to=director", now="2026-11-22 09:00", by="lina")
    assert cron.digests("2026-11-22 10:00") == []
    assert cron.failed == ["wang"]
    cron.refuse = set()
    assert keys(cron.digests("2026-11-22 11:00")) == {"wang": ([], [], [f"{MAJOR} forward 1"])}


def test_each_person_has_one_digest_most_overdue_first(told: Desk) -> None:
    settings(told, "  escalation:\n  - {after: 1 day, to: general_manager}\n")
    digests = Cron(told).digests("2026-11-25 07:00")
    assert {one.person: [entry.key for entry in one.new] for one in digests} == {
        "boss": [f"{MAJOR} forward 1", f"{MINOR} resolve 1", f"{MAJOR} answer 1"],
        "wang": [f"{MAJOR} forward 1", f"{MINOR} resolve 1", f"{MAJOR} answer 1"],
    }
    boss = digests[0]
    assert [entry.step for entry in boss.new] == ["+1 day"] * 3
    assert "［逾期后1天］" in text(boss, "B", Catalogue("zh"), ZONE)


def test_a_further_step_to_the_same_person_is_new(told: Desk) -> None:
    settings(told, "  escalation:\n  - {at: 50%, to: director}\n  - {after: 12 hours, to: director}\n")
    cron = Cron(told)
    (first,) = cron.digests("2026-11-21 17:00")
    # Forward has 15 hours from 09:00; half of them are over at 16:30.
    assert [(entry.key, entry.step, entry.late) for entry in first.new if entry.id == MAJOR] == [
        (f"{MAJOR} forward 1", "50%", -7 * 3600)
    ]
    assert "- 还剩 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾［时限已用 50%］" in text(
        first, "B", Catalogue("zh"), ZONE
    )
    for hour, new in (("2026-11-22 07:00", True), ("2026-11-22 08:00", False), ("2026-11-22 12:00", True)):
        (digest,) = cron.digests(hour)
        assert (f"{MAJOR} forward 1" in [entry.key for entry in digest.new]) is new, hour


def test_a_role_nobody_has_goes_to_the_administrator(told: Desk) -> None:
    settings(told, "  escalation:\n  - {after: 1 hour, to: factory_director}\n")
    digests = Cron(told).digests("2026-11-22 07:00")
    assert [one.person for one in digests] == ["boss", "wang"]
    assert "［没有人任厂长，报管理员］" in text(digests[0], "B", Catalogue("zh"), ZONE)


def test_who_has_left_hears_nothing(told: Desk) -> None:
    told.step("wang", "leave", "left_on=2026-11-21", by="hu", now="2026-11-21 10:00")
    assert list(keys(Cron(told).digests("2026-11-22 07:00"))) == ["boss"]


def since(desk: Desk, then: str, now: str) -> list[tuple[str, str, str]]:
    session = desk.session(now)
    found = notifying.since_then(session, moment(then))
    session.close()
    return [(one.person, entry.key, entry.step) for one in found.digests for entry in one.new]


def test_since_sends_exactly_the_steps_in_between(told: Desk) -> None:
    settings(told, "  escalation:\n  - {after: 1 day, to: general_manager}\n")
    forward, answer, resolve = f"{MAJOR} forward 1", f"{MAJOR} answer 1", f"{MINOR} resolve 1"
    first = since(told, "2026-11-21 12:00", "2026-11-22 12:00")
    assert first == [("wang", forward, "due")]
    assert since(told, "2026-11-21 12:00", "2026-11-22 12:00") == first, "however often it runs"
    second = since(told, "2026-11-22 12:00", "2026-11-24 12:00")
    assert second == [
        ("boss", forward, "+1 day"), ("boss", resolve, "+1 day"), ("wang", resolve, "due"), ("wang", answer, "due"),
    ]  # fmt: skip
    missed = since(told, "2026-11-21 12:00", "2026-11-24 12:00")
    assert sorted(missed) == sorted(first + second), "a missed run loses none"
    assert not (told.root / ".git" / "logbook" / "notify.json").exists()


def test_since_sends_what_was_escalated_and_is_done_by_now(told: Desk) -> None:
    told.step(MAJOR, "forward", "forwarded_to=director", now="2026-11-22 09:00", by="lina")
    assert since(told, "2026-11-21 12:00", "2026-11-22 12:00") == [("wang", f"{MAJOR} forward 1", "due")]
    found = notifying.since_then(told.session("2026-11-22 12:00"), moment("2026-11-21 12:00"))
    assert (
        "- 逾期 9 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾，已于 11-22 09:00 办结"
        in text(found.digests[0], "B", Catalogue("zh"), ZONE)
    )


def test_since_in_the_past_sees_the_world_of_then(told: Desk) -> None:
    told.step(MAJOR, "forward", "forwarded_to=director", now="2026-11-22 09:00", by="lina")
    told.void(MINOR, now="2026-11-23 09:00", by="zhao")
    assert since(told, "2026-11-22 12:00", "2026-11-23 08:00") == [("wang", f"{MINOR} resolve 1", "due")]
    assert since(told, "2026-11-22 12:00", "2026-11-23 10:00") == []


def test_done_in_time_is_nobodys_business(told: Desk) -> None:
    told.step(MAJOR, "forward", "forwarded_to=director", now="2026-11-21 10:00", by="lina")
    assert since(told, "2026-11-21 00:00", "2026-11-22 12:00") == []
    assert Cron(told).digests("2026-11-22 12:00") == []


def test_no_private_value_is_in_a_message(told: Desk) -> None:
    (said,) = Cron(told).run("2026-11-25 07:00")
    for private in ("王芳", "李四", "13800001111"):
        assert private not in said


def test_a_chat_is_told_the_first_and_how_many_more(told: Desk) -> None:
    (digest,) = Cron(told).digests("2026-11-25 07:00")
    assert text(digest, "B", Catalogue("zh"), ZONE, most=1).splitlines()[2:5] == [
        "新增 3 项",
        "- 逾期 3 天 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾",
        "……另有 2 项，运行 logbook overdue 可见",
    ]


def test_wrong_steps_in_the_settings_are_told_all_at_once(told: Desk) -> None:
    settings(told, "  escalation:\n  - {after: soon, to: director}\n  - {after: 1 day, to: directer}\n")
    with pytest.raises(Refused) as caught:
        Cron(told).digests("2026-11-22 07:00")
    assert [(issue.rule, issue.args["found"]) for issue in caught.value.issues] == [
        ("notify.bad-step", "{'after': 'soon', 'to': 'director'}"),
        ("notify.unknown-role", "directer"),
    ]


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2}', '{"version": 1, "at": 1, "told": [1]}'])
def test_a_memory_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BookError) as caught:
        notifying.read_memory(file)
    assert (caught.value.code, caught.value.args_["path"]) == ("notify.bad-state", str(file))


def test_two_runs_at_once_do_not_both_send(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with notifying.alone(state), pytest.raises(BookError) as caught, notifying.alone(state):
        pass
    assert caught.value.code == "notify.running"
    with notifying.alone(state):
        pass


def test_the_line_for_the_monitor(told: Desk) -> None:
    session = told.session("2026-11-22 07:00")
    found = notifying.since_told(session, Memory())
    assert notifying.heartbeat(session, found, sent=1) == (
        "2026-11-22T07:00:00+08:00 ok late=1 new=1 still=0 cleared=0 sent=1"
        f" head={told.head[:12]} next=2026-11-23T00:00:00+08:00"
    )
    assert notifying.heartbeat(session, Found([]), sent=0, failed=1, why='mail "x"') == (
        "2026-11-22T07:00:00+08:00 failed late=0 new=0 still=0 cleared=0 sent=0 unsent=1"
        f' head={told.head[:12]} next=- why="mail \\"x\\""'
    )


def test_a_share_waits_while_the_clock_is_paused(told: Desk) -> None:
    """Resolve of the minor complaint runs from 11-20 09:00 to 11-22 24:00; a day of pause moves both."""
    settings(told, "  escalation:\n  - {at: 50%, to: cs_supervisor}\n")
    half = int(moment("2026-11-21 16:30").timestamp())

    def at_half() -> list[int]:
        found = notifying.since_then(told.session("2026-11-23 12:00"), moment("2026-11-20 08:00"))
        return [entry.at for one in found.digests for entry in one.new if entry.id == MINOR and entry.step == "50%"]

    assert at_half() == [half]
    told.step(MINOR, "pause", "until=2026-11-22 12:00", reason="等配件", now="2026-11-21 12:00")
    (moved,) = at_half()
    assert moved > int(moment("2026-11-22 12:00").timestamp())


def test_the_roster_says_who_hears_of_it(told: Desk) -> None:
    """Two have the role; the one on duty when the step was taken hears of it, or who stands in for him."""
    settings(told, "  escalation:\n  - to: front_desk\n")
    told.add("staff", "id=mei", "name=梅", "roles=front_desk", by="boss", now="2026-11-20 08:30")
    told.add("staff", "id=xu", "name=徐", "roles=front_desk", by="boss", now="2026-11-20 08:31")
    everybody = [one.person for one in Cron(told).digests("2026-11-22 07:00")]
    assert everybody == ["lina", "mei", "wang", "xu"]
    (told.root / ".git" / "logbook" / "notify.json").unlink()
    roster = told.add(
        "roster", "post=大堂", "from_date=2026-11-21", "to_date=2026-11-22", "kind=shift",
        "lines+={date: 2026-11-21, start: 2026-11-21 17:30, end: 2026-11-22 08:30, person: mei, shift: night}",
        by="zhao", now="2026-11-21 10:00",
    )  # fmt: skip
    told.step(roster.record.id, "publish", by="zhao", now="2026-11-21 10:05")
    assert [one.person for one in Cron(told).digests("2026-11-22 07:00")] == ["mei", "wang"]
    assert since(told, "2026-11-21 12:00", "2026-11-23 07:00") == [
        ("lina", f"{MINOR} resolve 1", "due"), ("mei", f"{MAJOR} forward 1", "due"),
        ("mei", f"{MINOR} resolve 1", "due"), ("wang", f"{MAJOR} forward 1", "due"),
        ("wang", f"{MINOR} resolve 1", "due"), ("xu", f"{MINOR} resolve 1", "due"),
    ]  # fmt: skip


ROUNDS = """\
duties:
  rounds:
    zh: 每日巡视
    en: Daily rounds
    daily: {}
    done_by: patrol
    role: guard
  order:
    zh: 谁都可以做的事
    en: Anybody's business
    daily: {}
    done_by: incident
    role: staff
    effective: 2026-11-23
"""


@pytest.fixture
def dutiful(desk: Desk) -> Desk:
    """A book with a daily round of the guard 刘洋, and from the 23rd something that is anybody's."""
    (desk.root / "templates" / "core" / "duties.yaml").write_text(ROUNDS, encoding="utf-8")
    return desk


def test_a_missed_duty_comes_to_its_role(dutiful: Desk) -> None:
    cron = Cron(dutiful)
    assert cron.run("2026-11-21 07:00") == [
        "翠湖花园 逾期提醒 2026-11-21 07:00 致 刘洋\n\n新增 1 项\n- 漏做 1 次（应办 11-20 24:00）每日巡视"
    ]
    assert cron.run("2026-11-23 07:00") == [
        "翠湖花园 逾期提醒 2026-11-23 07:00 致 刘洋\n\n新增 1 项\n- 漏做 3 次（应办 11-22 24:00）每日巡视"
    ]
    dutiful.add("patrol", "area=route-1", by="liu", now="2026-11-23 09:00")
    assert cron.run("2026-11-24 07:00")[1] == (
        "翠湖花园 逾期提醒 2026-11-24 07:00 致 刘洋\n\n已了结 1 项\n- 每日巡视，已不逾期或改由他人负责"
    )


def test_what_is_anybodys_comes_to_the_administrator(dutiful: Desk) -> None:
    (boss, _) = Cron(dutiful).run("2026-11-24 07:00")
    assert boss.endswith(
        "致 高总\n\n新增 1 项\n- 漏做 1 次（应办 11-23 24:00）谁都可以做的事［没有定报给谁，报管理员］"
    )


def test_a_duty_goes_up_a_day_after_the_first_one_missed(dutiful: Desk) -> None:
    settings(dutiful, "  escalation:\n  - {after: 1 day, to: director}\n")
    cron = Cron(dutiful)
    assert keys(cron.digests("2026-11-21 07:00")) == {"liu": (["duty rounds"], [], [])}
    assert keys(cron.digests("2026-11-22 07:00")) == {
        "liu": (["duty rounds"], [], []), "wang": (["duty rounds"], [], []),
    }  # fmt: skip
    assert keys(cron.digests("2026-11-22 08:00"))["wang"] == ([], ["duty rounds"], [])


def test_since_sends_each_occurrence_that_was_missed_in_between(dutiful: Desk) -> None:
    assert since(dutiful, "2026-11-20 12:00", "2026-11-22 12:00") == [
        ("liu", "duty rounds 2026-11-20", "due"), ("liu", "duty rounds 2026-11-21", "due"),
    ]  # fmt: skip
    assert since(dutiful, "2026-11-21 12:00", "2026-11-22 12:00") == [("liu", "duty rounds 2026-11-21", "due")]
    assert since(dutiful, "2026-11-22 12:00", "2026-11-22 13:00") == []


EVENING = """\
duties:
  lock_up:
    zh: 锁门
    en: Lock up
    daily: {at: "18:00"}
    done_by: patrol
    role: guard
"""


@pytest.fixture
def locking(desk: Desk) -> Desk:
    """A book whose guard has to go round by 18:00 every day."""
    (desk.root / "templates" / "core" / "duties.yaml").write_text(EVENING, encoding="utf-8")
    return desk


def test_runs_every_quarter_of_an_hour_send_a_missed_duty_once(locking: Desk) -> None:
    runs = [f"2026-11-21 {hour:02}:{minute:02}" for hour in (17, 18, 19) for minute in (0, 15, 30, 45)]
    sent = [(now, *row) for then, now in itertools.pairwise(runs) for row in since(locking, then, now)]
    assert sent == [("2026-11-21 18:15", "liu", "duty lock_up 2026-11-21", "due")]


def test_done_late_between_two_runs_is_told_as_done(locking: Desk) -> None:
    locking.add("patrol", "area=route-1", by="liu", now="2026-11-21 18:10")
    session = locking.session("2026-11-21 18:15")
    (digest,) = notifying.since_then(session, moment("2026-11-21 17:45")).digests
    assert text(digest, "翠湖花园", Catalogue("zh"), ZONE).splitlines()[-1] == (
        "- 逾期 10 分（应办 11-21 18:00）锁门，已于 11-21 18:10 办结"
    )


def test_done_in_time_or_excused_is_nobodys_business(locking: Desk) -> None:
    locking.add("patrol", "area=route-1", by="liu", now="2026-11-21 18:00")
    assert since(locking, "2026-11-21 17:45", "2026-11-21 18:15") == []


def test_an_older_miss_goes_no_further_up_once_the_duty_is_done_again(locking: Desk) -> None:
    """Missed on the 21st; the round of the 22nd is made: 24 hours after the 21st nothing is late any more."""
    settings(locking, "  escalation:\n  - {after: 2 hours, to: director}\n  - {after: 24 hours, to: general_manager}\n")
    locking.add("patrol", "area=route-1", by="liu", now="2026-11-20 17:00")
    first = [("liu", "duty lock_up 2026-11-21", "due"), ("wang", "duty lock_up 2026-11-21", "+2 hours")]
    up = ("boss", "duty lock_up 2026-11-21", "+24 hours")
    assert since(locking, "2026-11-21 12:00", "2026-11-22 18:00") == first
    assert up in since(locking, "2026-11-21 12:00", "2026-11-22 18:15")
    assert up in since(locking, "2026-11-22 18:00", "2026-11-22 18:15")
    locking.add("patrol", "area=route-1", by="liu", now="2026-11-22 17:00")
    assert since(locking, "2026-11-21 12:00", "2026-11-22 21:00") == first
    assert since(locking, "2026-11-22 12:00", "2026-11-22 21:00") == []


def test_the_figure_of_the_monitor_is_what_is_late_now(locking: Desk) -> None:
    session = locking.session("2026-11-22 07:00")
    assert notifying.since_then(session, moment("2026-11-22 06:00")).late == 1
    locking.add("patrol", "area=route-1", by="liu", now="2026-11-22 08:00")
    assert notifying.since_then(locking.session("2026-11-22 19:00"), moment("2026-11-22 06:00")).late == 0


def test_one_more_time_missed_is_news(locking: Desk) -> None:
    cron = Cron(locking)
    seen = [keys(cron.digests(now)) for now in ("2026-11-21 18:15", "2026-11-21 18:30", "2026-11-22 18:15")]
    assert seen == [
        {"liu": (["duty lock_up"], [], [])}, {"liu": ([], ["duty lock_up"], [])}, {"liu": (["duty lock_up"], [], [])},
    ]  # fmt: skip
    assert "漏做 4 次" in cron.run("2026-11-23 18:15")[0]
    locking.add("patrol", "area=route-1", by="liu", now="2026-11-23 19:00")
    assert keys(cron.digests("2026-11-23 19:15")) == {"liu": ([], [], ["duty lock_up"])}
    assert cron.digests("2026-11-23 19:30") == []


def test_a_look_back_leaves_the_memory_of_later(locking: Desk) -> None:
    cron = Cron(locking)
    cron.digests("2026-11-22 18:15")
    kept = cron.path.read_bytes()
    assert keys(cron.digests("2026-11-21 18:15")) == {"liu": ([], ["duty lock_up"], [])}
    assert cron.digests("2026-11-20 17:00") == [], "what is to come is not cleared"
    assert cron.path.read_bytes() == kept
    assert keys(cron.digests("2026-11-22 18:30")) == {"liu": ([], ["duty lock_up"], [])}
