"""A crowded month in folders of days: records move, none changes, and everything finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.operations import sharding
from logbook.operations.audit.run import audit
from logbook.operations.history import history
from logbook.operations.validating import validate
from tests.operations.desk import Desk
from tests.operations.desks import Post
from tests.operations.desks import run
from tests.operations.desks import share

MONTH = "records/complaint/2026/11"
FIRST, SECOND = "CP-20261120-A001", "CP-20261120-A002"


@pytest.fixture(scope="module")
def crowded(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = furnished_book.copy(tmp_path_factory.mktemp("layout") / "book")
    desk.git("config", "logbook.staff", "lina")
    desk.add("complaint", "name=王芳", "summary=电梯异响", now="2026-11-20 09:00")
    desk.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-20 10:00")
    desk.step(FIRST, "forward", "forwarded_to=director", now="2026-11-20 11:00")
    return desk


def errors(desk: Desk, now: str) -> list[str]:
    found = audit(desk.session(now)).findings
    return [f"{one.rule} {one.issue.rule} {one.issue.path}" for one in found if one.is_error]


def test_there_and_back(crowded: Desk, tmp_path: Path) -> None:
    desk = crowded.copy(tmp_path / "book")
    before = desk.git("ls-tree", "-r", "HEAD", MONTH)
    settings = desk.git("show", "HEAD:logbook.yaml")
    done = sharding.move(desk.session("2026-11-21 09:00", by="boss"), "complaint", by_day=True, months=["2026-11"])
    assert (done.moved, done.months) == (2, ("2026-11",))
    assert desk.git("log", "-1", "--format=%s").strip() == "book: layout complaint by day"
    assert sorted(path.name for path in (desk.root / MONTH).iterdir()) == ["20"]
    assert "layout:\n  complaint: day\n" in (desk.root / "logbook.yaml").read_text(encoding="utf-8")
    assert desk.clean
    # A step stays where its record lies, a new record goes where the setting says; numbers run on.
    desk.step(SECOND, "forward", "forwarded_to=director", now="2026-11-21 10:00")
    desk.add("complaint", "name=赵五", "summary=渗水", now="2026-11-21 11:00")
    desk.add("complaint", "name=钱六", "summary=积水", now="2026-11-21 11:10")
    days = desk.git("ls-tree", "-r", "--name-only", "HEAD", MONTH).split()
    assert days == [
        f"{MONTH}/{n}/CP-202611{n}-A00{k}.yaml" for n in (20, 21) for k in (1, 2)
    ]
    session = desk.session("2026-11-21 12:00")
    assert [one.action for one in history(session, FIRST)[1]] == ["add", "forward"]
    assert [one.action for one in history(session, SECOND)[1]] == ["add", "forward"]
    assert not validate(session).issues
    assert errors(desk, "2026-11-21 12:00") == []
    assert sorted(desk.list("complaint")) == [path[-21:-5] for path in days]
    # And back: nobody could tell.
    desk.git("reset", "-q", "--hard", done.commit or "")
    sharding.move(desk.session("2026-11-21 13:00", by="boss"), "complaint", by_day=False)
    assert desk.git("ls-tree", "-r", "HEAD", MONTH) == before
    assert desk.git("show", "HEAD:logbook.yaml") == settings
    assert desk.clean and errors(desk, "2026-11-21 14:00") == []
    assert sharding.move(desk.session("2026-11-21 13:00", by="boss"), "complaint", by_day=False).commit is None


def test_a_move_that_changes_something_is_found(crowded: Desk, tmp_path: Path) -> None:
    desk = crowded.copy(tmp_path / "book")
    sharding.move(desk.session("2026-11-21 09:00", by="boss"), "complaint", by_day=True, months=["2026-11"])
    file = desk.root / MONTH / "20" / f"{FIRST}.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("电梯异响", "电梯无事"), encoding="utf-8")
    desk.git("config", "user.name", "x")
    desk.git("config", "user.email", "x@example.org")
    desk.git("commit", "-q", "-a", "--amend", "--no-edit")
    found = errors(desk, "2026-11-21 12:00")
    assert f"A8 audit.removed {MONTH}/{FIRST}.yaml" in found
    assert not any(SECOND in one for one in found)


def test_not_everybody_may(crowded: Desk) -> None:
    with pytest.raises(Refused):
        sharding.move(crowded.session("2026-11-21 09:00", by="lina"), "complaint", by_day=True, months=["2026-11"])


def test_registers_stay(crowded: Desk) -> None:
    with pytest.raises(Refused):
        sharding.move(crowded.session("2026-11-21 09:00"), "staff", by_day=True)


def test_desks_that_know_nothing_of_it(crowded: Desk, tmp_path: Path) -> None:
    shared = share(crowded, tmp_path)
    posts = []
    for letter in "AB":
        run("clone", "-q", shared, tmp_path / letter)
        posts.append(post := Post(tmp_path / letter, letter))
        post.git("config", "logbook.desk", letter)
        post.git("config", "logbook.staff", "lina")
    one, two = posts
    sharding.move(one.session("2026-11-21 09:00", by="boss"), "complaint", by_day=True, months=["2026-11"])
    one.sync(now="2026-11-21 09:05")
    two.step(SECOND, "forward", "forwarded_to=director", now="2026-11-21 09:10")
    two.add("complaint", "name=赵五", "summary=渗水", now="2026-11-21 09:15")
    two.sync(now="2026-11-21 09:20")
    one.sync(now="2026-11-21 09:30")
    assert one.head == two.head
    for post in posts:
        assert post.git("ls-tree", "-r", "--name-only", "HEAD", MONTH).split() == [
            f"{MONTH}/20/{FIRST}.yaml", f"{MONTH}/20/{SECOND}.yaml", f"{MONTH}/CP-20261121-B001.yaml"
        ]  # fmt: skip
        assert post.clean
        assert not (post.root / MONTH / f"{SECOND}.yaml").exists()
        assert "step: forward" in (post.root / MONTH / "20" / f"{SECOND}.yaml").read_text(encoding="utf-8")
        assert errors(post, "2026-11-21 10:00") == []
        assert post.findings("2026-11-21 10:00") == []
        assert [entry.action for entry in history(post.session("2026-11-21 10:00"), SECOND)[1]][:2] == ["add", "forward"]
