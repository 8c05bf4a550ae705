"""Forty duties over thirty subjects, and a year of records that fulfil most of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta

import workload

from logbook.store.fastyaml import write
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from logbook.store.transaction import publish_bulk

SUBJECTS = [f"flat-{n:02d}" for n in range(1, 31)]
DAYS = 365
ROUND = """form: round
version: 1
prefix: RO
title: {zh: 巡检, en: Round}
fields:
  area: {zh: 区域, en: Area, type: ref area, required: true}
states: {done: 已检 / Done}
final: [done]
steps:
  go: {zh: 巡检, en: Go, to: done}
"""
CADENCES = (
    *[f"daily: {{at: '{9 + n % 12:02d}:00'}}" for n in range(16)],
    *["daily: {}"] * 8,
    *["daily: {slots: {am: '12:00', pm: '18:00'}}"] * 2,
    *[f"weekly: {day}" for day in ("monday", "wednesday", "friday")],
    *["weekly: {times: 1}"] * 3,
    "weeks: {every: 2, from: 2025-06-02}",
    *["monthly: {day: last}", "monthly: {day: 10}", "monthly: {between: [1, 5]}", "monthly: {times: 2}"],
    "quarterly: {}", "yearly: {}",
    "every: 120 minutes\n    between: ['22:00', '06:00']",
)  # fmt: skip


def duties_text() -> str:
    """The duties of the site."""
    lines = ["duties:"]
    for n, cadence in enumerate(CADENCES, 1):
        lines += [f"  duty_{n:02d}:", f"    zh: 巡检 {n}", f"    en: Round {n}", "    done_by: round"]
        lines += ["    each: area where kind is show_flat", f"    {cadence}"]
    return "\n".join(lines) + "\n"


def rounds(now: datetime) -> Iterator[workload.Entry]:
    """A round a subject and day; some days are forgotten, and some subjects since a while, one for the year."""
    chance = random.Random(3)
    first = (now - timedelta(days=DAYS)).replace(hour=7, minute=0)
    since = zip(SUBJECTS, (DAYS, 120, 30, 3, 1), strict=False)
    forgotten = {subject: now - timedelta(days=days) for subject, days in since}
    for day in range(DAYS + 1):
        number = 0
        for subject in SUBJECTS:
            at = first + timedelta(days=day, minutes=chance.randrange(60))
            if at > forgotten.get(subject, now) or chance.random() < 0.03:
                continue
            number += 1
            events = [workload.Happening(at, "liu", "go", "done")]
            yield workload.Entry(f"RO-{at:%Y%m%d}-A{number:03d}", "round", {"area": subject}, events)


def settle(book: object) -> int:
    """Put duties, subjects and rounds into a book; gives the number of records."""
    from books import DESK
    from books import Book
    from books import _person

    assert isinstance(book, Book)
    began = book.now - timedelta(days=DAYS)
    message = "book: duties\n\nRecord: many\nForm: many\nAction: import\nBy: lina\n"
    rules = (
        Change("templates/site/round.yaml", ROUND.encode()),
        Change("templates/site/duties.yaml", duties_text().encode()),
        Change("templates/core/duties.yaml", b"duties: {}\n"),
    )
    publish(book.repository(), [Commit(rules, message, _person("lina"), DESK, began)])
    entered = [workload.Happening(began, "lina", "enter", "active")]
    subjects = [
        workload.Entry(name, "area", {"name": name, "kind": "show_flat"}, entered, register=True)
        for name in SUBJECTS
    ]
    entries = [*subjects, *rounds(book.now)]
    publish_bulk(
        book.repository(), ((one.path, write(one.plain())) for one in entries), message,
        author=_person("lina"), committer=DESK, when=book.now,
    )  # fmt: skip
    return len(entries)
