"""What duties learn from records: marks that follow every change, and the answer that is kept."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from logbook.index.duties import enabled
from logbook.index.duties import keep
from logbook.index.duties import kept
from logbook.operations.duties import Ledger
from logbook.operations.overdue import overdue
from logbook.store.transaction import Change
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.operations.duty_desk import BEGAN
from tests.operations.duty_desk import DutyDesk
from tests.operations.duty_desk import duty_desk

RULES = """
flat_count:
  zh: 样板房清点
  en: Flat count
  each: area where kind is show_flat
  daily: {at: 09:00}
  done_by: flat_check where kind is count
linked_paper:
  zh: 日志的报告
  en: A paper about an open log
  daily: {}
  done_by: paper where log.state is open
"""
LATER = "2026-12-01 10:00"


@pytest.fixture
def desk(furnished_book: Desk, tmp_path: Path) -> DutyDesk:
    desk = duty_desk(furnished_book, tmp_path / "book", RULES)
    desk.flat("F1")
    return desk


def marks(desk: DutyDesk, duty: str) -> list[tuple[str, str]]:
    """Subject and record of every mark of a duty."""
    found = Ledger(desk.session(LATER)).facts.marks(duty, 0)
    return sorted((subject, mark.record) for subject, own in found.items() for mark in own)


def test_marks_follow_the_record(desk: DutyDesk) -> None:
    assert marks(desk, "flat_count") == []
    record = desk.check("f1", "2026-12-01 08:40")
    assert marks(desk, "flat_count") == [("f1", record)]
    desk.amend(record, "kind=clean", now="2026-12-01 09:00")
    assert marks(desk, "flat_count") == []
    desk.amend(record, "kind=count", now="2026-12-01 09:01")
    assert marks(desk, "flat_count") == [("f1", record)]
    desk.void(record, now="2026-12-01 09:02")
    assert marks(desk, "flat_count") == []


def test_marks_follow_the_record_they_were_judged_by(desk: DutyDesk) -> None:
    log = desk.add("site_log", now="2026-10-02 10:00").record.id
    paper = desk.add("paper", f"log={log}", now="2026-10-02 11:00").record.id
    assert marks(desk, "linked_paper") == [("", paper)]
    desk.step(log, "close", now="2026-10-02 12:00")
    assert marks(desk, "linked_paper") == []


def test_an_index_built_anew_learns_the_same(desk: DutyDesk) -> None:
    for day in ("02", "05"):
        desk.check("F1", f"2026-10-{day} 08:40")
    before = marks(desk, "flat_count")
    desk.session(LATER).index.rebuild()
    assert marks(desk, "flat_count") == before
    assert len(before) == 2


def test_the_answer_is_kept_until_it_no_longer_holds(desk: DutyDesk) -> None:
    session = desk.session(LATER)
    assert kept(session.index, int(session.now.timestamp())) is None
    rows = [one.clock for one in overdue(session, ()) if one.kind == "duty"]
    due = int(moment("2026-12-01 09:00").timestamp())
    midnight = int(moment("2026-12-02 00:00").timestamp())
    index = desk.session(LATER).index
    for at, holds in ((due, False), (due + 1, True), (midnight, True), (midnight + 1, False)):
        known = kept(index, at)
        assert (known is not None) is holds, at
        assert known is None or [row[0] for row in known] == rows
    desk.check("F1", "2026-12-01 09:30")
    assert kept(desk.session(LATER).index, midnight) is None


def test_the_answer_holds_on_where_nothing_it_looks_at_changed(desk: DutyDesk) -> None:
    session = desk.session(LATER)
    now = int(session.now.timestamp())
    rows = [one.clock for one in overdue(session, ()) if one.kind == "duty"]
    assert rows
    session.close()
    desk.add("room", "id=9-901", now="2026-12-01 09:00")
    index = desk.session(LATER).index
    known = kept(index, now)
    assert known is not None
    assert [row[0] for row in known] == rows
    fresh = desk.session(LATER)
    fresh.index.rebuild()
    assert [one.clock for one in overdue(fresh, ()) if one.kind == "duty"] == rows


def test_an_answer_about_the_past_is_not_kept(desk: DutyDesk) -> None:
    desk.check("F1", "2026-12-01 08:40")
    overdue(desk.session("2026-11-01 10:00"), ())
    index = desk.session(LATER).index
    assert index.storage.run("select count(*) from duty_rows") == [(0,)]


def test_an_answer_of_an_older_commit_is_not_taken(desk: DutyDesk) -> None:
    older = desk.session(LATER).index
    desk.check("F1", "2026-12-01 08:40")
    desk.session(LATER).index.close()
    keep(older, [["x"]], first=0, last=1 << 40, forms=())
    assert kept(desk.session(LATER).index, 1) is None


def test_since_when_packs_and_duties_of_the_site_are_in_force(desk: DutyDesk) -> None:
    began, start = int(moment(BEGAN).timestamp()), int(moment("2026-11-20 08:00").timestamp())
    session = desk.session(LATER)
    wanted = {"core": start, "site/flat_count": began, "site/linked_paper": began}
    assert enabled(session.index, session.repository) == wanted
    desk.write_duties(RULES + "more: {zh: 另, en: More, daily: {}, done_by: paper}\n", when="2026-11-25 09:00")
    session = desk.session(LATER)
    wanted["site/more"] = int(moment("2026-11-25 09:00").timestamp())
    assert enabled(session.index, session.repository) == wanted
    assert enabled(session.index, session.repository) == wanted


def test_the_book_as_of_a_commit(desk: DutyDesk) -> None:
    from logbook.index.book_index import BookIndex

    before = desk.head
    desk.check("F1", "2026-12-01 08:40")
    session = desk.session(LATER)
    session.index = BookIndex.open(  # type: ignore[misc]
        session.repository, session.library, zone=session.zone, library_key=session.rules_key, rev=before, environment={}
    )
    assert session.index.place == ":memory:"
    assert "flat_count" in [one.clock for one in overdue(session, ()) if one.kind == "duty"]
    assert "flat_count" not in [one.clock for one in overdue(desk.session(LATER), ()) if one.kind == "duty"]


# --- since when, whatever way the commits came ------------------------------------------------------------


def since(desk: DutyDesk) -> dict[str, int]:
    session = desk.session(LATER)
    return enabled(session.index, session.repository)


def cloned(desk: DutyDesk, folder: Path) -> DutyDesk:
    run("clone", "-q", str(desk.root), str(folder))
    run("-C", str(folder), "config", "pull.rebase", "false")
    for name, value in (("user.name", "desk"), ("user.email", "desk@desk.logbook")):
        run("-C", str(folder), "config", name, value)
    return DutyDesk(folder)


def run(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


def at(text: str) -> int:
    return int(moment(text).timestamp())


def test_duties_taken_away_and_put_back_are_in_force_since_they_came_back(desk: DutyDesk, tmp_path: Path) -> None:
    other = cloned(desk, tmp_path / "early")
    assert since(desk)["site/flat_count"] == since(other)["site/flat_count"] == at(BEGAN)
    text = (desk.root / "templates/site/duties.yaml").read_bytes()
    run("-C", str(desk.root), "rm", "-q", "templates/site/duties.yaml")
    run("-C", str(desk.root), "-c", "user.name=a", "-c", "user.email=a@a", "commit", "-q", "-m", "book: no duties")
    desk.publish(Change("templates/site/duties.yaml", text), when="2026-11-22 09:00")
    for _ in range(20):  # more commits than are looked at one by one
        desk.check("F1", "2026-12-01 08:40")
    run("-C", str(other.root), "pull", "-q")
    fresh = cloned(desk, tmp_path / "fresh")
    for one in (desk, other, fresh):
        assert since(one)["site/flat_count"] == at("2026-11-22 09:00")
        desk.check("F1", "2026-12-01 08:40")
        assert since(one)["site/flat_count"] == at("2026-11-22 09:00")


def test_own_commits_leave_it_and_need_no_history(desk: DutyDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = since(desk)
    desk.check("F1", "2026-12-01 08:40")
    session = desk.session(LATER)
    index = session.index
    monkeypatch.setattr(type(session.repository), "run", None)
    assert enabled(index, session.repository) == wanted


def test_lines_that_were_merged_give_every_clone_the_same(desk: DutyDesk, tmp_path: Path) -> None:
    """One desk adds a duty, another writes records; whoever merges, it is in force since it was written."""
    other = cloned(desk, tmp_path / "other")
    since(other)
    desk.write_duties(RULES + "more: {zh: 另, en: More, daily: {}, done_by: paper}\n", when="2026-11-25 09:00")
    other.check("F1", "2026-12-01 08:40", desk="B")
    run("-C", str(other.root), "pull", "-q", "--no-edit")
    run("-C", str(desk.root), "pull", "-q", "--ff-only", str(other.root), "HEAD")
    wanted = {name: at(BEGAN) for name in ("site/flat_count", "site/linked_paper")}
    wanted |= {"site/more": at("2026-11-25 09:00"), "core": at("2026-11-20 08:00")}
    for one in (other, desk, cloned(other, tmp_path / "fresh")):
        assert since(one) == wanted
    # The line it was written in is the first parent of the next merge.
    desk.write_duties(RULES, when="2026-11-26 09:00")
    desk.write_duties(RULES + "more: {zh: 另, en: More, daily: {}, done_by: paper}\n", when="2026-11-27 09:00")
    other.check("F1", "2026-12-01 08:50", desk="B")
    run("-C", str(desk.root), "config", "pull.rebase", "false")
    run("-C", str(desk.root), "-c", "user.name=a", "-c", "user.email=a@a", "pull", "-q", "--no-edit", str(other.root), "HEAD")
    for one in (desk, cloned(desk, tmp_path / "last")):
        assert since(one)["core"] == at("2026-11-20 08:00")
        assert since(one)["site/flat_count"] == at(BEGAN)


def test_a_history_that_was_put_back_is_read_anew(desk: DutyDesk) -> None:
    desk.write_duties(RULES + "more: {zh: 另, en: More, daily: {}, done_by: paper}\n", when="2026-11-25 09:00")
    assert "site/more" in since(desk)
    run("-C", str(desk.root), "reset", "-q", "--hard", "HEAD~1")
    assert "site/more" not in since(desk)
