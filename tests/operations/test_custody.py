"""A day of keys and radios: out, overdue by the minute, lost, found again, counted."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.operations import custody
from logbook.operations import packing
from logbook.operations.custody import KEYS
from logbook.operations.custody import LOANS
from logbook.operations.reading import World
from logbook.operations.validating import validate
from logbook.operations.writing import Written
from tests.operations.desk import Desk
from tests.operations.desk import refused

AT = "2026-11-22 10:00"


def out(desk: Desk, key: str, borrower: str, *words: str, now: str = AT, **more: Any) -> Written:
    signed = more.pop("signed", False)
    session = desk.session(now, by="lina")
    words = (f"borrower={borrower}", "purpose=检修", *words)
    return custody.lend(session, custody.lending(session, KEYS, key, words, **more), signed=signed)


def back(desk: Desk, word: str, *words: str, now: str, kind: custody.Kind = KEYS, **more: Any) -> Written:
    return custody.take_back(desk.session(now, by="lina"), kind, word, words, **more)


def lost(desk: Desk, word: str, *, now: str = "2026-11-22 17:00", **more: Any) -> custody.Loss:
    told = {"how": "在地库遗失", "action": "已沿路寻找", "area": "garage"} | more
    return custody.lose(desk.session(now, by="lina"), word, **told)


def balance(desk: Desk, key: str, now: str) -> tuple[int, int, int, int]:
    """There are, in the cabinet, out, lost."""
    one = next(one for one in custody.ledger(desk.session(now)) if one.key == key)
    return one.total, one.in_cabinet, one.lent, one.lost


def test_both_signatures_come_with_the_key(desk: Desk) -> None:
    made = out(desk, "3-502", "李师傅", "due_at=18:00", signed=True)
    assert [(one.meaning, one.by, one.name) for one in made.record.signatures] == [("taken", "lina", "李师傅")]
    before = int(desk.git("rev-list", "--count", "HEAD"))
    came = back(desk, "K-3-502", now="2026-11-22 11:00")
    assert [one.meaning for one in came.record.signatures] == ["taken", "counted_in"]
    assert came.state.fields["returned_copies"] == "1"
    assert int(desk.git("rev-list", "--count", "HEAD")) == before + 2
    assert desk.clean
    assert [issue for issue in validate(desk.session()).issues if issue.is_error] == []


def test_the_borrower_is_in_no_commit(desk: Desk) -> None:
    out(desk, "K-3-502", "李师傅", signed=True)
    back(desk, "K-3-502", now="2026-11-22 11:00")
    assert "李师傅" not in desk.git("log", "--format=%B%an%cn")


def test_a_key_is_overdue_from_the_minute_after(desk: Desk) -> None:
    made = out(desk, "K-3-502", "李师傅", "due_at=18:00")
    for now, late in (("2026-11-22 18:00", 0), ("2026-11-22 18:00:01", 1), ("2026-11-22 18:05", 300)):
        assert [one.overdue_seconds for one in custody.outs(desk.session(now))] == [late]
    assert ("back", 60) in [
        (one[1], one[2]) for one in desk.overdue(now="2026-11-22 18:01") if one[0] == made.record.id
    ]


def test_a_second_borrower_is_told_who_has_it_by_number(desk: Desk) -> None:
    first = out(desk, "K-3-502", "李师傅", "due_at=18:00")
    with pytest.raises(Refused) as caught:
        out(desk, "K-3-502", "王师傅")
    assert refused(caught) == [("custody.all-out", "key")]
    assert caught.value.issues[0].args["known"] == [f"{first.record.id} (1, 11-22 18:00)"]


def test_several_holders_are_told_apart_by_name(desk: Desk) -> None:
    approved = {"approved_by": "zhao"}
    one, two = (out(desk, "K-pump", who, **approved).record.id for who in ("孙师傅", "陈工"))
    with pytest.raises(Refused) as caught:
        back(desk, "K-pump", now="2026-11-22 11:00")
    assert refused(caught) == [("custody.several-out", "key")]
    assert back(desk, "K-pump", who="陈工", now="2026-11-22 11:00").record.id == two
    assert back(desk, one, now="2026-11-22 11:00").record.id == one
    with pytest.raises(Refused) as caught:
        back(desk, "K-pump", now="2026-11-22 11:00")
    assert refused(caught) == [("custody.not-out", "key")]


def test_a_key_is_known_by_number_room_or_word(desk: Desk) -> None:
    desk.add("key", "id=K-roof", "opens=屋面水箱间", "room=3-602")
    session = desk.session()
    assert [custody.key_of(session, word) for word in ("k-roof", "3-602", "水箱")] == ["K-roof"] * 3
    for word, rule in (("水", "several-keys"), ("金库", "no-key")):
        with pytest.raises(Refused) as caught:
            custody.key_of(session, word)
        assert refused(caught) == [(f"custody.{rule}", "key")]


def test_a_lost_key_is_an_incident_an_account_and_a_step_in_one_operation(desk: Desk) -> None:
    made = out(desk, "K-3-502", "李师傅", "due_at=18:00")
    before = desk.head
    loss = lost(desk, "K-3-502")
    assert loss.checkout is not None
    assert loss.checkout.record.id == made.record.id
    assert loss.checkout.state.status == "lost"
    assert loss.checkout.state.fields["loss"] == loss.loss.record.id
    assert loss.loss.record.fields["incident"] == loss.incident.record.id
    assert (loss.loss.record.fields["lost_by"], loss.loss.record.fields["how"]) == ("李师傅", "在地库遗失")
    operations = desk.git("log", "--format=%(trailers:key=Operation,valueonly,separator=%x2C)", f"{before}..HEAD")
    assert len(operations.split("\n")[:-1]) == 3
    assert len(set(operations.split("\n")[:-1])) == 1
    assert desk.git("reflog", "-1", "--format=%gs").startswith("logbook: ")
    assert desk.git("rev-parse", "HEAD@{1}").strip() == before  # one move of the ref
    assert balance(desk, "K-3-502", "2026-11-22 17:00") == (0, 0, 0, 1)
    assert [issue for issue in validate(desk.session("2026-11-22 17:00")).issues if issue.is_error] == []


def test_nothing_is_written_when_a_word_is_missing(desk: Desk) -> None:
    before = desk.head
    with pytest.raises(Refused) as caught:
        lost(desk, "K-pump", how=None, action=None, area=None)
    assert refused(caught) == [(f"custody.say-{name}", name) for name in ("how", "action", "lost-by", "area")]
    with pytest.raises(Refused) as caught:
        lost(desk, "K-pump", lost_by="陈工", area="nowhere")
    assert refused(caught) == [("field.reference", "area")]
    assert desk.head == before


def test_a_key_missing_in_the_cabinet_is_lost_without_a_checkout_and_found_again(desk: Desk) -> None:
    loss = lost(desk, "K-pump", lost_by="陈工")
    assert loss.checkout is None
    assert balance(desk, "K-pump", "2026-11-22 17:00") == (1, 1, 0, 1)
    desk.step(loss.loss.record.id, "decide", "relock=false", "found_again=true", by="zhao", now="2026-11-22 17:30")
    assert balance(desk, "K-pump", "2026-11-22 17:29") == (1, 1, 0, 1)
    assert balance(desk, "K-pump", "2026-11-22 17:30") == (2, 2, 0, 0)


def test_the_ledger_follows_copies_cut(desk: Desk) -> None:
    made = desk.add("key_duplicate", "key=K-pump", "qty=3", "applicant=李娜", "reason=备用", now=AT).record.id
    desk.step(made, "approve", by="zhao", now="2026-11-22 11:00")
    assert balance(desk, "K-pump", "2026-11-22 11:00") == (2, 2, 0, 0)
    desk.step(made, "make", "made_on=today", now="2026-11-22 12:00")
    assert balance(desk, "K-pump", "2026-11-22 12:00") == (5, 5, 0, 0)
    world = World(desk.session("2026-11-22 12:00"))
    view = world.find("key", "K-pump")
    assert view is not None
    assert (view.get("total"), view.get("in_cabinet")) == (5, 5)


def test_a_count_shows_what_does_not_agree(desk: Desk) -> None:
    out(desk, "K-3-502", "李师傅")
    session = desk.session("2026-11-22 16:00", by="lina")
    counted = custody.counted_from(session, ["pump=1:借给电工未登记"], agree=True)
    assert counted == {"K-3-502": (0, ""), "K-pump": (1, "借给电工未登记")}
    made = custody.count(session, counted, watched_by="zhao")
    assert made.record.fields["lines"] == [
        {"key": "K-3-502", "in_cabinet": "0"},
        {"key": "K-pump", "in_cabinet": "1", "why": "借给电工未登记"},
    ]
    view = World(desk.session("2026-11-23 09:00")).find("key_count", made.record.id)
    assert view is not None
    from logbook.core.rules.world import rows_of

    world = World(desk.session("2026-11-23 09:00"))
    rows = [(row.get("registered"), row.get("out"), row.get("diff")) for row in rows_of(view, "lines", world)]
    assert rows == [(1, 1, 0), (2, 0, 1)]


def test_a_count_names_every_key_and_only_numbers(desk: Desk) -> None:
    session = desk.session("2026-11-22 16:00", by="lina")
    with pytest.raises(Refused) as caught:
        custody.count(session, custody.counted_from(session, ["K-pump=2"], agree=False))
    assert caught.value.issues[0].args == {"known": ["K-3-502"], "count": 1}
    with pytest.raises(Refused) as caught:
        custody.counted_from(session, ["K-pump", "K-3-502=一把", "金库=1"], agree=True)
    assert [rule for rule, _ in refused(caught)] == ["custody.count-number", "custody.count-number", "custody.no-key"]


def test_a_past_ledger_is_that_of_the_past(desk: Desk) -> None:
    out(desk, "K-3-502", "李师傅")
    back(desk, "K-3-502", now="2026-11-22 11:00")
    for now, there in (("2026-11-22 09:59", 1), (AT, 0), ("2026-11-22 10:59", 0), ("2026-11-22 11:00", 1)):
        assert balance(desk, "K-3-502", now)[1] == there


def test_a_radio_that_does_not_come_back_is_overdue(desk: Desk) -> None:
    session = desk.session(AT, by="lina")
    words = ("borrower=刘洋", "number=R-03", "kind=radio", "due_at=20:00")
    made = custody.lend(session, custody.lending(session, LOANS, "对讲机", words, approved_by="zhao"))
    late = desk.overdue(now="2026-11-22 20:00:01")
    assert (made.record.id, "back", 1) in late
    (row,) = custody.outs(desk.session("2026-11-22 20:01"), LOANS)
    assert (row.thing, row.overdue_seconds) == ("对讲机 R-03", 60)
    came = back(desk, "R-03", kind=LOANS, now="2026-11-22 20:30")
    assert came.state.fields["condition"] == "ok"
    assert custody.outs(desk.session("2026-11-22 20:31"), LOANS) == []


def test_a_past_world_narrows_and_still_sees_what_was(desk: Desk) -> None:
    """Records that were in a state then and have left it since are found, and no others are read."""
    first = out(desk, "K-3-502", "李师傅").record.id
    back(desk, "K-3-502", now="2026-11-22 11:00")
    second = out(desk, "K-3-502", "王师傅", now="2026-11-22 12:00").record.id
    then = World(desk.session("2026-11-22 13:00"), until=desk.session("2026-11-22 10:30").now)
    assert [one.id for one in then.all("key_checkout", state=("out",), key="K-3-502") if one.state == "out"] == [first]
    now = World(desk.session("2026-11-22 13:00"))
    assert [one.id for one in now.all("key_checkout", state=("out",), key="K-3-502")] == [second]
    assert [one.id for one in now.all("key_checkout", state=("finished",), key="K-3-502")] == [first]
    assert [one.id for one in now.all("key_checkout", state=("open",), key="K-3-502")] == [second]


def test_the_desk_says_what_the_clock_says(desk: Desk) -> None:
    """A due put later once it has passed undoes no breach: neither the step nor a correction does it, and a file
    in which it stands all the same is shown with the due that `show` and `overdue` know."""
    made = out(desk, "K-3-502", "李师傅", "due_at=18:00")
    late = "2026-11-22 18:30"
    for refuse in (
        lambda: custody.extend(desk.session(late, by="lina"), KEYS, "K-3-502", "22:00", reason="未完"),
        lambda: custody.extend(
            desk.session(late, by="lina"), KEYS, "K-3-502", "22:00", reason="未完", at="2026-11-22 17:59"
        ),
    ):
        with pytest.raises(Refused) as caught:
            refuse()
        assert refused(caught) == [("step.breached", "back")]
    with pytest.raises(Refused) as caught:
        desk.amend(made.record.id, "due_at=2026-11-22 22:00", approved_by="zhao", now=late)
    assert refused(caught) == [("clock.extend-breached", "due_at")]
    path = desk.root / made.path
    text = path.read_text(encoding="utf-8")
    assert text.endswith("  step: out\n")
    more = "- at: 2026-11-22T18:30:00+08:00\n  by: lina\n  step: extend\n  reason: 未完\n"
    path.write_text(f"{text}{more}  set:\n    due_at: 2026-11-22T22:00:00+08:00\n", encoding="utf-8")
    desk.git("add", "-A")
    desk.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "by hand")
    (one,) = custody.outs(desk.session("2026-11-22 19:00"))
    assert one.due is not None
    assert (one.due.strftime("%H:%M"), one.overdue_seconds) == ("18:00", 3600)
    assert [(name, seconds) for _, name, seconds in desk.overdue(now="2026-11-22 19:00")] == [("back", 3600)]


def test_a_key_is_extended_before_it_is_due(desk: Desk) -> None:
    out(desk, "K-3-502", "李师傅", "due_at=18:00")
    custody.extend(desk.session("2026-11-22 17:59", by="lina"), KEYS, "K-3-502", "22:00", reason="未完")
    (one,) = custody.outs(desk.session("2026-11-22 19:00"))
    assert one.due is not None
    assert (one.due.strftime("%H:%M"), one.overdue_seconds) == ("22:00", 0)


def test_what_customers_have_is_not_in_the_cabinet(desk: Desk) -> None:
    session = desk.session(AT)
    packing.enable(session, packing.plan_enabling(session, ["estate"]), by="lina")
    before = balance(desk, "K-pump", AT)
    made = desk.add("key_issue", "room=3-502", "keys+={key: K-pump, qty: 1}", "signed=true", now=AT)
    assert balance(desk, "K-pump", AT) == before
    desk.step(made.record.id, "issue", now="2026-11-22 11:00")
    now = "2026-11-22 11:30"
    assert balance(desk, "K-pump", now) == (before[0], before[1] - 1, before[2], before[3])
    view = World(desk.session(now)).find("key", "K-pump")
    assert view is not None
    assert view.get("in_cabinet") == balance(desk, "K-pump", now)[1]
