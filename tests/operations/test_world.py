"""The other records as the rules see them: looked up through the index, never too few."""

from __future__ import annotations

from datetime import date

import pytest

from logbook.core.rules import parse_sum
from logbook.core.rules import value
from logbook.operations.reading import World
from logbook.operations.reading import find
from logbook.operations.reading import load
from tests.operations.desk import Desk
from tests.operations.desk import moment


def world(desk: Desk) -> World:
    return World(desk.session("2026-11-24 09:00"))


def ids(views: object) -> list[str]:
    return [view.id for view in views]  # type: ignore[attr-defined]


def test_records_that_have_such_a_row(desk: Desk) -> None:
    repair = desk.add("repair", "content=漏水").record.id
    log = desk.add("duty_log", f"entries+={{kind: repair, content: 漏水, record: {repair}}}").record.id
    desk.add("duty_log", "entries+={kind: inquiry, content: 问路}", "post=东门")
    there = world(desk)
    assert ids(there.with_row("duty_log", "entries", record=repair)) == [log]
    assert ids(there.with_row("duty_log", "entries", record=repair.lower())) == [log]
    assert ids(there.with_row("duty_log", "entries", record="RP-20200101-A001")) == []


def test_a_record_about_to_be_written_is_among_them(desk: Desk) -> None:
    log = desk.add("duty_log", "entries+={kind: inquiry, content: 问路}").record.id
    session = desk.session("2026-11-24 09:00")
    there = World(session)
    state = load(session, find(session, log)).state
    there.put(state)
    assert ids(there.with_row("duty_log", "entries", kind="inquiry")) == [log]
    assert ids(there.all("duty_log", post=state.fields.get("post"))) == [log]


@pytest.mark.parametrize("put", [False, True])
def test_a_name_that_cannot_be_looked_up_does_not_narrow(desk: Desk, put: bool) -> None:
    """Derived fields, header values, lists: rather too many than too few."""
    session = desk.session("2026-11-24 09:00")
    there = World(session)
    if put:
        for key in ("K-3-502", "K-pump"):
            there.put(load(session, find(session, key)).state)
    both = ["K-3-502", "K-pump"]
    assert sorted(ids(there.all("key", in_cabinet=99))) == both
    assert sorted(ids(there.all("key", at=moment("2020-01-01"), nonsense=1))) == both
    assert ids(there.all("key", kind="plant")) == ["K-pump"]
    assert sorted(ids(there.all("staff", roles="('front_desk',)")))[:1] == ["boss"]


def test_a_value_as_it_was(desk: Desk) -> None:
    desk.add("key_checkout", "key=K-3-502", "borrower=王强", "purpose=检修", now="2026-11-22 10:00")
    desk.step("KC-20261122-A001", "return", "returned_copies=1", now="2026-11-22 12:00")
    there = world(desk)
    out, key = there.find("key_checkout", "KC-20261122-A001"), there.find("key", "K-3-502")
    assert out is not None
    assert key is not None
    assert [there.as_of(out, "state", moment(f"2026-11-22 {at}")) for at in ("09:00", "11:00", "12:00")] == [
        None, "out", "returned",
    ]  # fmt: skip
    assert there.as_of(out, "state", date(2026, 11, 22)) is None  # the day's beginning
    assert there.as_of(out, "state", date(2026, 11, 23)) == "returned"
    # a balance counts the other records as they were then
    assert [there.as_of(key, "in_cabinet", moment(f"2026-11-22 {at}")) for at in ("09:00", "11:00", "12:00")] == [1, 0, 1]
    sentence = parse_sum("key.in_cabinet as of (out_at + 1 hour)")
    assert value(sentence, out, there) == 0
