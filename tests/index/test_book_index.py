"""The index of a real book: questions, refreshing, the past, and what goes wrong with the file."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.index import refresh
from logbook.index.book_index import BookIndex
from logbook.store import crew
from tests.index.books import COMPLAINT
from tests.index.books import NOW
from tests.index.books import ZONE
from tests.index.books import Desk
from tests.index.books import complaint
from tests.index.books import event
from tests.index.books import ids
from tests.index.books import library
from tests.index.books import record

A1, A2, A3 = "CP-20261122-A001", "CP-20261123-A002", "CP-20261124-A003"

LEAK = complaint(
    "A001",
    "2026-11-22T09:30",
    """
name: 王先生
room: 3-502
summary: 厨房漏水
level: major
cost: '120.50'
heads: '3'
valid: 'true'
told_on: 2026-11-23
demanded_by: 2026-11-25T18:00:00+08:00
ways:
- phone
- visit
departments:
- dept: 维修部
  share: '5'
""",
)
LAMP = complaint(
    "A002",
    "2026-11-23T20:00",
    "name: 李女士\nroom: 3-101\nsummary: 楼道灯不亮\nlevel: minor\nvalid: 'false'",
    event("2026-11-24T08:00", "handle", by="wang", more="set:\n  result: 换了灯泡")
    + event("2026-11-24T08:30", "close", by="wang"),
)
VOID = complaint(
    "A003",
    "2026-11-24T09:00",
    "name: 王\nsummary: 误登",
    event("2026-11-24T09:10", "void", more="reason: 重复登记"),
)
LINA = record("staff", "lina", "2026-01-01T08:00", "name: 李娜", by="lina", step="enter")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "book")


@pytest.fixture
def index(desk: Desk) -> Iterator[BookIndex]:
    desk.commit(LEAK, LAMP, VOID, LINA)
    with desk.open() as index:
        yield index


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("form:complaint", [A1, A2, A3]),
        ("form:投诉 -is:void", [A1, A2]),
        ("level:major", [A1]),
        ("level:minor,important", [A2]),
        ("等级：重大", [A1]),
        ("level>=important", [A1]),
        ("form:complaint -level:major", [A2, A3]),
        ("form:complaint level:", [A3]),
        ("-level:", [A1, A2]),
        ("-departments:", [A1]),
        ("-departments.share:", [A1]),
        ("room:3-*", [A1, A2]),
        ('room:"3-*"', []),
        ("room:3-502", [A1]),
        ("summary:漏水", [A1]),
        ("summary=漏水", []),
        ("summary=厨房漏水", [A1]),
        ("漏水", [A1]),
        ("水", [A1]),
        ("换了灯泡", [A2]),
        ("重复登记", [A3]),
        ("漏水,灯", [A1, A2]),
        ("-漏水 form:complaint", [A2, A3]),
        ("cp-20261123", [A2]),
        ("id:cp-20261123-*", [A2]),
        ("is:open", ["lina", A1]),
        ("is:closed", [A2]),
        ("is:void", [A3]),
        ("is:open,void form:complaint", [A1, A3]),
        ("status:closed", [A2]),
        ("状态:已归档", [A2]),
        ("status:voided", [A3]),
        ("at:2026-11-22", [A1]),
        ("at>=2026-11-23", [A2, A3]),
        ("at>2026-11-23", [A3]),
        ("at<=2026-11-22", ["lina", A1]),
        ("at<2026-11-22", ["lina"]),
        ("at:2026-11", [A1, A2, A3]),
        ("at:今天", [A3]),
        ("at:yesterday", [A2]),
        ("at>=7d", [A1, A2, A3]),
        ("at>=2026-11-22 09:30 at<=2026-11-22 09:30", [A1]),
        ("cost>100", [A1]),
        ("cost:120.5", [A1]),
        ("heads<3", []),
        ("heads<=3", [A1]),
        ("valid:是", [A1]),
        ("valid:false", [A2]),
        ("ways:来访", [A1]),
        ("told_on:2026-11-23", [A1]),
        ("told_on<2026-11-23", []),
        ("told_on>=2026-11", [A1]),
        ("demanded_by:2026-11-25", [A1]),
        ("demanded_by<2026-11-25 18:00", []),
        ("demanded_by<=2026-11-25 18:00", [A1]),
        ("departments:维修", [A1]),
        ("departments.dept:维修部", [A1]),
        ("departments.份额>=5", [A1]),
        ("departments.share>5", []),
        ("form:complaint departments:", [A2, A3]),
        ("by:李娜 form:complaint", [A1, A2, A3]),
        ("by:lina level:minor", [A2]),
        ("by:wang", []),
    ],
)
def test_queries(index: BookIndex, query: str, expected: list[str]) -> None:
    assert sorted(ids(index.select(query, now=NOW))) == sorted(expected)
    assert index.count(query, now=NOW) == len(expected)


def test_a_field_may_be_asked_of_one_form_or_of_all(index: BookIndex) -> None:
    for form in (None, "complaint"):
        assert ids(index.select("level:major room:3-*", form=form, now=NOW)) == [A1]
        assert ids(index.select("-level:major summary:*", form=form, now=NOW)) == [A2, A3]


def test_what_a_row_says(index: BookIndex) -> None:
    (row,) = index.select("is:closed", now=NOW)
    assert (row.id, row.form, row.version, row.status) == (A2, "complaint", 1, "closed")
    assert (row.at, row.by, row.recorded_at) == (
        "2026-11-23T20:00:00+08:00",
        "lina",
        "2026-11-23T20:00:00+08:00",
    )
    assert (row.title, row.final, row.voided) == ("楼道灯不亮", True, False)
    assert row.path == "records/complaint/2026/11/CP-20261123-A002.yaml"
    assert index.fields([row], ["level", "valid", "result"]) == [
        {"level": "minor", "valid": "false", "result": "换了灯泡"}
    ]


def test_fields_come_back_as_stored(index: BookIndex) -> None:
    (row,) = index.find("complaint", A1.lower())
    fields = index.fields([row])[0]
    assert fields == {
        "received_at": "2026-11-22T09:30:00+08:00", "name": "王先生", "room": "3-502", "summary": "厨房漏水",
        "level": "major", "demanded_by": "2026-11-25T18:00:00+08:00", "valid": "true", "cost": "120.50",
        "heads": "3", "told_on": "2026-11-23", "ways": ["phone", "visit"],
    }  # fmt: skip


def test_order_and_limit(index: BookIndex) -> None:
    def ask(sort: str, limit: int | None = None) -> list[str]:
        return ids(index.select("form:complaint", sort=sort, limit=limit, now=NOW))

    assert ask("") == [A1, A2, A3]
    assert ask("-at") == [A3, A2, A1]
    assert ask("-id", 2) == [A3, A2]
    assert ask("-level") == [A1, A2, A3]  # major before minor: the order of the form, nothing last
    assert ask("等级,-at") == [A3, A2, A1]
    with pytest.raises(Refused) as refused:
        ask("colour")
    assert refused.value.issues[0].rule == "query.unknown-sort"


@pytest.mark.parametrize(
    "query", ["level:major,minor", "-level:major", "is:open", "room:3-* -灯", "departments:维修"]
)
@pytest.mark.parametrize("form", [None, "complaint"])
def test_going_along_the_records_finds_the_same(
    index: BookIndex, monkeypatch: pytest.MonkeyPatch, query: str, form: str | None
) -> None:
    expected = ids(index.select(query, form=form, now=NOW))
    assert expected
    for many in (1, 1000):  # one match is many already: the other way of looking is taken
        monkeypatch.setattr("logbook.index.book_index._MANY", many)
        for limit in (1, 2, 10):
            assert ids(index.select(query, form=form, limit=limit, now=NOW)) == expected[:limit]


def test_since_and_until(index: BookIndex) -> None:
    day = datetime.fromisoformat("2026-11-23T20:00:00+08:00")
    assert ids(index.select("form:complaint", since=day, now=NOW)) == [A2, A3]
    assert ids(index.select("form:complaint", until=day, now=NOW)) == [A1]


def test_refused_with_every_mistake(index: BookIndex) -> None:
    with pytest.raises(Refused) as refused:
        index.select("level:x nothing:1", form="complaint", now=NOW)
    assert [issue.rule for issue in refused.value.issues] == ["query.unknown-value", "query.unknown-field"]


def test_look_ups(index: BookIndex) -> None:
    assert ids(index.find(None, "LINA")) == ["lina"]
    assert index.find("complaint", "lina") == []
    assert ids(index.all_equal("complaint", {"room": "3-502", "valid": True, "cost": Decimal("120.50")})) == [
        A1
    ]
    assert ids(index.all_equal("complaint", {"status": "closed", "level": "minor"})) == [A2]
    assert ids(index.all_equal("complaint", {"level": None})) == [A3]
    assert ids(index.all_equal("complaint", {"at": datetime.fromisoformat("2026-11-22T01:30:00+00:00")})) == [
        A1
    ]
    assert ids(index.all_equal("complaint", {"level": "major", "derived": 3})) == [A1]
    assert index.all_equal("repair", {"room": "3-502"}) == []
    assert ids(index.with_row("complaint", "departments", {"dept": "维修部", "share": 5})) == [A1]
    assert index.with_row("complaint", "departments", {"dept": "保洁部"}) == []
    assert index.numbers("CP-20261123-A") == [A2]
    assert index.counts() == {"complaint": 3, "staff": 1}
    assert index.by_path(LEAK[0]).id == A1  # type: ignore[union-attr]
    assert index.by_path("records/complaint/none.yaml") is None


def test_an_import_finds_what_it_brought_before(desk: Desk) -> None:
    path, text = LEAK
    desk.commit((path, text.replace("  step: register", "  step: register\n  source: old.csv#17")))
    with desk.open() as index:
        assert ids(index.by_source("complaint", "old.csv#17")) == [A1]
        assert index.by_source("complaint", "old.csv#18") == []


def test_sql_reads_naturally(index: BookIndex) -> None:
    assert index.sql("select level, count(*) as n from complaint where level is not null group by level") == (
        ["level", "n"],
        [("major", 1), ("minor", 1)],
    )
    assert index.sql("select id, dept from complaint join complaint__departments using (_record)")[1] == [
        (A1, "维修部")
    ]
    assert index.sql("select count(*) from repair")[1] == [(0,)]
    assert index.sql("select sum(cost) from complaint")[1] == [(120.5,)]


@pytest.mark.parametrize(
    "text",
    [
        "delete from records",
        "update complaint set level = 'minor'",
        "attach 'x.db' as x",
        "pragma query_only = off",
        "select load_extension('x')",
        "create table x (y)",
        "select 1; select 2",
        "selekt",
        "select nothing from complaint",
    ],
)
def test_sql_only_reads(index: BookIndex, text: str) -> None:
    with pytest.raises(Refused) as refused:
        index.sql(text)
    assert refused.value.issues[0].rule == "query.sql"
    assert index.counts() == {"complaint": 3, "staff": 1}
    assert not Path("x.db").exists()


def test_an_unreadable_file_is_kept_and_told(desk: Desk) -> None:
    desk.commit(LEAK, ("records/complaint/2026/11/CP-20261123-A009.yaml", "id: [oops\n"))
    desk.commit(record("key", "K-1", "2026-11-23T08:00", "opens: 3-502", step="enter"))
    with desk.open() as index:
        assert ids(index.select(now=NOW)) == [A1]
        unreadable = index.broken()
        assert [(b.path, b.issues[0].rule) for b in unreadable] == [
            ("records/complaint/2026/11/CP-20261123-A009.yaml", "yaml.unclosed-bracket"),
            ("records/key/2026/11/K-1.yaml", "query.no-form"),
        ]
        desk.commit(remove=("records/complaint/2026/11/CP-20261123-A009.yaml",))
        assert index.refresh()
        assert [b.path for b in index.broken()] == ["records/key/2026/11/K-1.yaml"]


# --- refreshing -----------------------------------------------------------------------------------


def test_nothing_changed_is_no_work_and_no_process(desk: Desk, index: BookIndex) -> None:
    assert index.refresh() is False
    repository = desk.repository()
    stamp = os.stat(index.place).st_mtime_ns
    with BookIndex.open(repository, library(), zone=ZONE, environment={}) as again:
        assert again.head == index.head
        assert ids(again.select("level:major", now=NOW)) == [A1]
    assert repository.objects.child_pid() is None
    assert os.stat(index.place).st_mtime_ns == stamp


def test_new_changed_and_removed_records(desk: Desk, index: BookIndex) -> None:
    index.select("漏水", now=NOW)  # full text is there and has to follow
    path, text = LEAK
    new = complaint("A004", "2026-11-24T09:40", "name: 赵\nsummary: 屋顶漏水\nlevel: important")
    desk.commit((path, text.replace("厨房漏水", "厨房渗水")), new, remove=(LAMP[0],))
    assert index.refresh() is True
    assert ids(index.select("漏水", now=NOW)) == ["CP-20261124-A004"]
    assert ids(index.select("渗水", now=NOW)) == [A1]
    assert index.select("灯", now=NOW) == []
    assert ids(index.select("form:complaint", now=NOW)) == [A1, A3, "CP-20261124-A004"]
    assert index.sql("select level, count(*) from complaint group by level")[1] == [
        (None, 1), ("important", 1), ("major", 1),
    ]  # fmt: skip


def contents(index: BookIndex) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables with the record's path for its number."""
    connection = sqlite3.connect(index.place)
    names = [n for (n,) in connection.execute("select name from sqlite_master where type = 'table'")]
    paths = dict(connection.execute("select _record, path from records"))
    found = {}
    for name in names:
        if name.startswith(("sqlite_", "search", "meta")):
            continue
        cursor = connection.execute(f'select * from "{name}"')
        columns = [column[0] for column in cursor.description]
        rows = [
            tuple(
                paths[cell] if column == "_record" else cell
                for column, cell in zip(columns, row, strict=True)
            )
            for row in cursor
        ]
        if rows:
            found[name] = sorted(rows, key=repr)
    return found


def test_refreshing_comes_to_the_same_as_building(desk: Desk, index: BookIndex) -> None:
    path, text = LEAK
    desk.commit((path, text + event("2026-11-24T09:00", "handle", more="set:\n  result: 修好了").rstrip()))
    desk.commit(complaint("A004", "2026-11-24T09:40", "name: 赵\nsummary: 屋顶漏水"), remove=(LAMP[0],))
    index.refresh()
    refreshed = contents(index)
    index.rebuild()
    assert contents(index) == refreshed


def test_several_processes_come_to_the_same_as_one(
    desk: Desk, index: BookIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, text = LEAK
    more = [complaint(f"B{n:03d}", "2026-11-24T09:40", f"name: 赵\nsummary: {n} 层漏水") for n in range(9)]
    desk.commit(*more, ("records/complaint/2026/11/CP-20261124-B009.yaml", "id: [\n"))
    index.rebuild()
    index.select("漏水", now=NOW)
    alone = contents(index)
    monkeypatch.setattr(refresh, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(refresh, "_CHUNK", 2)
    monkeypatch.setattr(crew, "helpers", lambda: 2)
    index.rebuild()
    found = index.select("漏水", now=NOW)
    assert contents(index) == alone
    # Refreshed by several as well, with the full text.
    desk.commit(*more[:3], (path, text + event("2026-11-24T09:00", "handle", more="set:\n  result: 修好了").rstrip()))
    desk.commit(*(complaint(f"B{n:03d}", "2026-11-24T09:50", "name: 钱\nsummary: 积水") for n in range(3, 9)))
    index.refresh()
    refreshed = contents(index)
    assert len(index.select("漏水", now=NOW)) == len(found) - 6
    assert len(index.select("积水", now=NOW)) == 6
    monkeypatch.setattr(refresh, "_WORTH_PROCESSES", 1000)
    index.rebuild()
    assert contents(index) == refreshed


def test_history_of_a_path(desk: Desk, index: BookIndex) -> None:
    first = index.head
    path, text = LEAK
    assert index.history_of(path) == [first]
    second = desk.commit((path, text.replace("厨房", "厨房顶")))
    desk.commit(complaint("A004", "2026-11-24T09:40", "name: 赵\nsummary: 屋顶漏水"))
    index.refresh()
    assert index.history_of(path) == [second, first]
    assert index.history_of("records/none.yaml") == []


def test_a_rewritten_branch_is_noticed(desk: Desk, index: BookIndex) -> None:
    index.history_of(LEAK[0])
    desk.git("checkout", "-q", "--orphan", "other")
    desk.git("commit", "-q", "-m", "anew")
    head = desk.git("rev-parse", "HEAD")
    index.refresh()
    assert index.head == head
    assert index.history_of(LEAK[0]) == [head]


def test_changed_forms_build_anew(desk: Desk, index: BookIndex) -> None:
    desk.commit(("templates/core/complaint.yaml", COMPLAINT))
    changed = library(COMPLAINT.replace("summary: {", "summry: {"))
    with desk.open(changed, library_key="2") as again:
        (row,) = again.find("complaint", A1)
        assert "summary" not in again.fields([row])[0]


def test_an_empty_book(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "book")
    with desk.open() as index:
        assert index.head is None
        assert index.select("level:major 漏水", now=NOW) == []
        assert index.overdue(NOW) == []
        assert index.history_of("x") == []
        desk.commit(LEAK)
        index.refresh()
        assert ids(index.select("level:major 漏水", now=NOW)) == [A1]


# --- the past -------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


@pytest.mark.parametrize(
    ("now", "query", "expected"),
    [
        ("2026-11-24T08:10", "form:complaint", [(A1, "registered"), (A2, "handled")]),
        ("2026-11-24T08:10", "is:open form:complaint", [(A1, "registered"), (A2, "handled")]),
        ("2026-11-24T08:10", "is:closed", []),
        ("2026-11-24T08:10", "status:handled", [(A2, "handled")]),
        ("2026-11-24T08:10", "灯 level:minor by:李娜", [(A2, "handled")]),
        ("2026-11-24T07:00", "result:", [(A1, "registered"), (A2, "registered")]),
        ("2026-11-24T07:00", "换了灯泡", []),
        ("2026-11-24T09:05", "id:*A003", [(A3, "registered")]),
        ("2026-11-24T09:10", "id:*A003", [(A3, "voided")]),
        ("2026-11-22T09:29", "form:complaint", []),
    ],
)
def test_the_world_as_it_was(index: BookIndex, now: str, query: str, expected: list[tuple[str, str]]) -> None:
    rows = index.select(query, now=at(now))
    assert [(row.id, row.status) for row in rows if row.form == "complaint"] == expected


def test_order_and_limit_hold_across_past_and_present_rows(index: BookIndex) -> None:
    then = at("2026-11-24T08:10")
    assert ids(index.select("form:complaint", sort="-at", limit=1, now=then)) == [A2]
    assert ids(index.select("form:complaint", sort="-level", now=then)) == [A1, A2]
    (row,) = index.select("status:handled", now=then)
    assert index.fields([row], ["result"]) == [{"result": "换了灯泡"}]
    assert index.find("complaint", A3, now=then) == []
    assert index.find("complaint", A2, now=then)[0].status == "handled"


def test_as_of_a_commit(desk: Desk, index: BookIndex) -> None:
    first = index.head
    desk.commit(remove=(LAMP[0],))
    with desk.open(rev=first) as before, desk.open() as after:
        assert before.place == ":memory:"
        assert ids(before.select("灯", now=NOW)) == [A2]
        assert after.select("灯", now=NOW) == []


# --- the file -------------------------------------------------------------------------------------


def test_it_lies_in_git_and_git_does_not_see_it(desk: Desk, index: BookIndex) -> None:
    assert Path(index.place) == desk.root / ".git/logbook/index.db"
    assert desk.git("status", "--porcelain") == ""


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "other", "old", "middle"])
def test_a_wrong_file_is_built_anew(desk: Desk, index: BookIndex, damage: str) -> None:
    place = Path(index.place)
    index.close()
    data = place.read_bytes()
    if damage == "garbage":
        place.write_bytes(b"not a database at all" * 100)
    elif damage == "truncated":
        place.write_bytes(data[: len(data) // 2])
    elif damage == "empty":
        place.write_bytes(b"")
    elif damage == "middle":
        place.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    else:
        connection = sqlite3.connect(place)
        if damage == "other":
            connection.executescript("drop table meta; create table meta (a, b)")
        else:
            connection.execute("update meta set value = '0' where name = 'schema'")
        connection.commit()
        connection.close()
    with desk.open() as again:
        assert ids(again.select("漏水", now=NOW)) == [A1]
        assert again.counts() == {"complaint": 3, "staff": 1}
        assert Path(again.place) == place


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder everybody may enter; pytest's own are closed to other users."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


READ_ONLY = """
import hashlib, os, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.index.books import Desk, NOW, ids, library
forms = library()
import logbook.core.clocks, logbook.index.refresh, logbook.store.history, logbook.core.suggest, shlex
os.setgid(65534), os.setuid(65534)
class Here(Desk):
    def __init__(self, root): self.root = root
with Here(Path({book!r})).open(forms, environment={environment!r}) as index:
    found = ids(index.select("漏水", now=NOW))
    print(index.place, *found)
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs another user to be refused")
@pytest.mark.parametrize("case", ["fresh", "fresh with cache", "stale with cache", "stale without"])
def test_a_book_that_cannot_be_written(open_folder: Path, case: str) -> None:
    desk = Desk(open_folder / "book")
    desk.commit(LEAK)
    desk.open().close()
    environment: dict[str, str] = {}
    if case.startswith("stale"):
        desk.commit(LAMP)
    if case.endswith("with cache"):
        cache = open_folder / "cache"
        cache.mkdir()
        cache.chmod(0o777)
        environment = {"XDG_CACHE_HOME": str(cache)}
    root = str(Path(__file__).parents[2])
    code = READ_ONLY.format(root=root, book=str(desk.root), environment=environment)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
             "GIT_CONFIG_VALUE_0": "*", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    place, *found = done.stdout.split()
    # Full text is made on first use: without a place to write it, in memory.
    expected = {"fresh": ":memory:", "stale without": ":memory:"}.get(case) or str(open_folder / "cache")
    assert place.startswith(expected)
    assert found == [A1]


def test_readers_go_on_while_one_writes(desk: Desk, index: BookIndex) -> None:
    desk.commit(complaint("A004", "2026-11-24T09:40", "name: 赵\nsummary: 屋顶漏水"))
    reading = sqlite3.connect(index.place, isolation_level=None)
    reading.execute("begin")
    assert reading.execute("select count(*) from complaint").fetchone() == (3,)
    with desk.open() as writer:
        assert writer.counts()["complaint"] == 4
        writer.rebuild()
        assert writer.counts()["complaint"] == 4
    assert reading.execute("select count(*) from complaint").fetchone() == (3,)
    reading.execute("commit")
    assert reading.execute("select count(*) from complaint").fetchone() == (4,)
    reading.close()


def test_a_clock_without_its_calendar_sleeps(desk: Desk) -> None:
    forms = library(COMPLAINT.replace("minor: 2 days or demanded_by", "minor: 8 working_hours"))
    desk.commit(LAMP)
    with desk.open(forms) as index:
        assert ids(index.select("灯", now=NOW)) == [A2]
        assert index.broken() == []
        (lamp,) = index.find(None, A2)
        assert "resolve" not in [clock.clock for clock in index.clocks(lamp, NOW)]


def test_two_commands_that_build_at_once(desk: Desk) -> None:
    desk.commit(LEAK, LAMP, VOID)
    root = str(Path(__file__).parents[2])
    code = (
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from pathlib import Path\n"
        "from tests.index.books import Desk, NOW, ids\n"
        "class Here(Desk):\n    def __init__(self, root): self.root = root\n"
        f"with Here(Path({str(desk.root)!r})).open() as index: print(*ids(index.select('漏水', now=NOW)))\n"
    )
    many = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        )
        for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in many] == [A1] * 4
    assert sorted(p.name for p in (desk.root / ".git/logbook").iterdir() if ".new" in p.name) == []
