"""What notify sends adds up: runs one after the other send together what one run over the whole sends."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from logbook.operations import notifying
from logbook.store.transaction import Change
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.operations.duty_desk import DutyDesk

DUTIES = b"""\
duties:
  lock_up: {zh: lock, en: Lock, daily: {at: "18:00"}, done_by: patrol, role: guard}
  twice: {zh: twice, en: Twice, daily: {times: 2}, done_by: night_log, role: guard}
  hourly: {zh: hourly, en: Hourly, every: 60 minutes, between: ["09:00", "12:00"], done_by: duty_log, role: director}
"""
BEGIN, END = "2026-11-20 09:00", "2026-11-23 12:00"


@pytest.fixture(scope="module")
def busy(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> DutyDesk:
    """Three days of duties and clocks: done in time, to the second, a second late, late, never."""
    root: Path = tmp_path_factory.mktemp("notify") / "book"
    desk = DutyDesk(furnished_book.copy(root).root)
    desk.publish(Change("templates/core/duties.yaml", DUTIES), when="2026-11-20 08:30")
    desk.settings("settings:\n  escalation:\n  - {after: 5 hours, to: director}\n", when="2026-11-20 08:30")
    for at in ("11-20 18:00:01", "11-21 18:00", "11-22 18:10"):
        desk.add("patrol", "area=route-1", by="liu", now=f"2026-{at}")
    for at in ("11-20 21:00", "11-21 22:00", "11-22 23:00"):
        desk.add("night_log", by="sun", now=f"2026-{at}")
    for at in ("11-20 10:00", "11-20 10:30", "11-21 11:00:01", "11-22 09:59"):
        desk.add("duty_log", by="lina", now=f"2026-{at}")
    major = desk.add("complaint", "name=李四", "summary=楼道垃圾", "level=major", now="2026-11-20 09:30").record.id
    desk.add("complaint", "name=王芳", "summary=电梯异响", now="2026-11-20 10:00")
    desk.step(major, "forward", "forwarded_to=director", now="2026-11-21 00:00:01")
    return desk


def told(desk: Desk, then: str, now: str) -> Counter[tuple[str, str, str]]:
    session = desk.session(now)
    found = notifying.since_then(session, moment(then))
    session.close()
    return Counter((one.person, entry.key, entry.step) for one in found.digests for entry in one.new)


def test_chained_runs_send_what_one_run_sends(busy: DutyDesk) -> None:
    whole = told(busy, BEGIN, END)
    assert max(whole.values()) == 1
    assert len(whole) > 15
    chance = random.Random(7)
    begin, seconds = moment(BEGIN), int((moment(END) - moment(BEGIN)).total_seconds())
    edges = [moment(f"2026-11-{day} {time}") for day in (20, 21, 22) for time in ("10:00", "11:00", "18:00", "23:00")]
    edges += [moment(f"2026-11-{day} 00:00") for day in (21, 22, 23)]
    for _ in range(12):
        at_random = [begin + timedelta(seconds=chance.randrange(1, seconds)) for _ in range(3)]
        at_edges = [edge + timedelta(seconds=chance.choice((-1, 0, 1))) for edge in chance.sample(edges, 5)]
        runs = [BEGIN, *(at.isoformat() for at in sorted({*at_random, *at_edges})), END]
        sent: Counter[tuple[str, str, str]] = Counter()
        for then, now in pairwise(runs):
            sent += told(busy, then, now)
        assert sent == whole, runs
