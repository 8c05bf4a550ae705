"""Many sites: the list of books, their mirrors, and their records as one data set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.operations.fleet import analytics
from logbook.operations.fleet.exporting import Exported
from logbook.operations.fleet.exporting import Target
from logbook.operations.fleet.exporting import export
from logbook.operations.fleet.fleetfile import find_fleet
from logbook.operations.fleet.fleetfile import read_fleet
from logbook.operations.fleet.layout import Values
from logbook.operations.fleet.working import each
from logbook.operations.fleet.working import refresh
from logbook.operations.session import Session
from logbook.store import mirror
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.operations.fleet_books import clone_bare
from tests.operations.fleet_books import git
from tests.operations.fleet_books import make_fleet

NOW = "2026-11-22 09:35"


# --- the list of books -------------------------------------------------------------------------


def test_a_fleet_file_names_books_and_remotes(tmp_path: Path) -> None:
    text = """\
    # 总部
    sites:
      cuihu: {name: 翠湖, book: books/cuihu}
      binjiang:
        remote: git@server:binjiang.git
        branch: main
      donghu: {remote: ../srv/donghu.git}
    """
    fleet = read_fleet(text.replace("\n    ", "\n").lstrip().encode(), tmp_path / "fleet.yaml")
    assert [(one.id, one.name, one.book, one.remote, one.branch) for one in fleet.sites] == [
        ("cuihu", "翠湖", str(tmp_path / "books/cuihu"), None, None),
        ("binjiang", "binjiang", None, "git@server:binjiang.git", "main"),
        ("donghu", "donghu", None, str(tmp_path.parent / "srv/donghu.git"), None),
    ]


def test_every_problem_of_a_fleet_file_is_told_with_its_line(tmp_path: Path) -> None:
    text = (
        "sites:\n"
        "  007: {book: a}\n"
        "  cuihu: {name: 翠湖}\n"
        "  both: {book: a, remote: b.git}\n"
        "  word: somewhere\n"
        "  typo: {bok: a, book: t}\n"
        "  one: {book: same}\n"
        "  two: {book: ./same}\n"
        "  far: {remote: 'https://server/x.git', branch: --upload-pack=x}\n"
        "  cuihu: {book: c}\n"
        "owner: 总部\n"
    )
    with pytest.raises(Refused) as caught:
        read_fleet(text.encode(), tmp_path / "fleet.yaml")
    assert sorted((issue.line, issue.rule, issue.severity) for issue in caught.value.issues) == [
        (2, "fleet.bad-id", "error"),
        (3, "fleet.no-place", "error"),
        (4, "fleet.two-places", "error"),
        (5, "fleet.bad-site", "error"),
        (6, "fleet.unknown-key", "warning"),
        (8, "fleet.same-place", "error"),
        (9, "fleet.bad-branch", "error"),
        (10, "yaml.duplicate-key", "error"),
        (11, "fleet.unknown-key", "warning"),
    ]


def test_the_file_is_found_by_option_environment_and_folder(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml", "fleet.yaml"):
        (tmp_path / name).write_text(f"sites:\n  x: {{book: {name}}}\n")
    found = find_fleet(str(tmp_path / "a.yaml"), {"LOGBOOK_FLEET": str(tmp_path / "b.yaml")}, tmp_path)
    assert found.path.name == "a.yaml"
    assert find_fleet(None, {"LOGBOOK_FLEET": str(tmp_path / "b.yaml")}, tmp_path).path.name == "b.yaml"
    assert find_fleet(None, {}, tmp_path).path.name == "fleet.yaml"
    with pytest.raises(BookError, match=r"fleet\.none"):
        find_fleet(None, {}, tmp_path / "elsewhere")


# --- mirrors -----------------------------------------------------------------------------------


def test_a_mirror_follows_and_tells_a_rewritten_history(desk: Desk, tmp_path: Path) -> None:
    shared, path = tmp_path / "shared.git", tmp_path / "cache" / "x.git"
    clone_bare(desk.root, shared)
    first = mirror.refresh(path, str(shared))
    assert (first.before, first.now) == (None, desk.head)
    assert not mirror.refresh(path, str(shared)).changed
    old = desk.head
    desk.add("complaint", "name=王芳", "summary=电梯异响")
    desk.git("push", "-q", str(shared), "HEAD")
    assert mirror.tip(path, str(shared)) == desk.head
    moved = mirror.refresh(path, str(shared))
    assert (moved.before, moved.now) == (old, desk.head)
    desk.git("push", "-q", "--force", str(shared), "HEAD~3:main")
    with pytest.raises(BookError, match=r"fleet\.rewritten"):
        mirror.refresh(path, str(shared))
    assert git(path, "rev-parse", "HEAD").strip() == desk.head


@pytest.mark.parametrize("address", ["ext::sh -c touch% /tmp/never", "--upload-pack=touch never", "nowhere/at/all"])
def test_an_address_no_book_may_use_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match=r"sync\.bad-remote"):
        mirror.refresh(tmp_path / "x.git", address)


def _head(site: Any, root: Path) -> str:
    return f"{site.id} {git(root, 'rev-parse', 'HEAD').strip()[:4] and 'there'}"


def test_sites_answer_in_the_order_of_the_file_and_a_missing_one_hides_nobody(desk: Desk, tmp_path: Path) -> None:
    fleet = find_fleet(str(make_fleet(desk, tmp_path / "fleet")), {}, tmp_path)
    fetched = refresh(fleet.sites, tmp_path / "cache")
    assert [one.trouble.code if one.trouble else None for one in fetched] == [None] * 4 + ["fleet.no-book"]
    for processes in (1, 2):
        outcomes = list(each(fleet.sites, _head, tmp_path / "cache", processes=processes))
        assert [one.value for one in outcomes] == [
            "cuihu there", "binjiang there", "donghu there", "xishan there", None,
        ]  # fmt: skip
        assert outcomes[-1].trouble is not None
        assert outcomes[-1].trouble.exit_code == 3


# --- the data set ------------------------------------------------------------------------------


def exported(desk: Desk, out: Path, site: str = "cuihu", *, private: bool = False) -> Exported:
    session: Session = desk.session(NOW)
    with Target(out) as target:
        done = export(session, site, out, target.sites.get(site), private=private)
        target.note(site, done)
    session.close()
    return done


def parts(out: Path, table: str = "records") -> list[str]:
    return sorted(one.parent.relative_to(out).as_posix() for one in out.glob(f"{table}/*/*/*/*.parquet"))


@pytest.fixture
def duck() -> Iterator[Any]:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def read(duck: Any, out: Path, table: str, columns: str, form: str = "*") -> list[tuple[Any, ...]]:
    files = f"{out}/{table}/*/form={form}/*/*.parquet"
    source = f"read_parquet('{files}', union_by_name = true, hive_types_autocast = false)"
    found: list[tuple[Any, ...]] = duck.execute(f"select {columns} from {source} order by all").fetchall()
    return found


def test_values_have_the_types_of_the_form_and_text_stays_text(desk: Desk, tmp_path: Path, duck: Any) -> None:
    out = tmp_path / "out"
    desk.add("room", "id=1-1-101", "area_m2=89.50", now="2026-11-20 08:30")
    desk.add("repair", "content=007", "good_time=12:30", "room=1-1-101", "labour=1.10", now="2026-11-21 10:00")
    desk.add("complaint", "name=王芳", "phone=13800001111", "summary=no", "place=1.10", now="2026-11-20 09:00")
    done = exported(desk, out)
    assert (done.commit, done.unfit) == (desk.head, 0)
    assert read(duck, out, "records", "id, content, good_time, room, labour, month, typeof(labour)", "repair") == [
        ("RP-20261121-A001", "007", "12:30", "1-1-101", Decimal("1.10"), "2026-11", "DECIMAL(18,2)")
    ]
    area = 'area_m2, month, "_closed"'
    assert (Decimal("89.5"), None, False) in read(duck, out, "records", area, "room")
    at = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    [(number, moment_, summary, place, rounds)] = read(
        duck, out, "records", 'id, "at", summary, place, round', "complaint"
    )
    assert (number, moment_.astimezone(UTC), summary, place, rounds) == ("CP-20261120-A001", at, "no", "1.10", 1)
    clocks = read(duck, out, "clocks", "_record, clock, state, stopped is null, due > started", "complaint")
    assert ("CP-20261120-A001", "resolve", "running", True, True) in clocks


def test_private_columns_are_left_out_unless_asked_for_and_go_again(desk: Desk, tmp_path: Path, duck: Any) -> None:
    out = tmp_path / "out"
    desk.add("complaint", "name=王芳", "phone=13800001111", "summary=电梯异响", now="2026-11-20 09:00")

    def columns() -> set[str]:
        files = f"{out}/records/*/form=complaint/*/*.parquet"
        return {row[0] for row in duck.execute(f"describe select * from read_parquet('{files}')").fetchall()}

    exported(desk, out)
    assert columns() & {"name", "phone", "summary"} == {"summary"}
    exported(desk, out, private=True)
    assert read(duck, out, "records", "name, phone", "complaint") == [("王芳", "13800001111")]
    exported(desk, out)
    assert columns() & {"name", "phone", "summary"} == {"summary"}


def test_lists_and_checklists_are_tables_of_their_own(desk: Desk, tmp_path: Path, duck: Any) -> None:
    out = tmp_path / "out"
    desk.add(
        "patrol", "area=hall", "points+={area: hall, note: '007'}", "points+={area: garage, note: 'no'}",
        by="liu", now="2026-11-21 10:00",
    )  # fmt: skip
    exported(desk, out)
    rows = read(duck, out, "patrol.points", '_record, "_row", area, note')
    assert [row[1:] for row in rows if row[3]] == [(1, "hall", "007"), (2, "garage", "no")]
    assert {row[0] for row in rows} == {"PT-20261121-A001"}


def test_only_what_changed_is_written_again(desk: Desk, tmp_path: Path, duck: Any) -> None:
    out = tmp_path / "out"
    desk.add("complaint", "name=王芳", "summary=电梯异响", now="2026-10-20 09:00")
    desk.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-20 09:00")
    first = exported(desk, out)
    assert exported(desk, out).partitions == 0
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    desk.amend("CP-20261120-A001", "summary=楼道垃圾两袋")
    second = exported(desk, out)
    # The complaints of the month, and the keys and rooms, which tell of other records.
    assert second.partitions < first.partitions
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    gone = {path.relative_to(out).as_posix() for path in before.keys() - after.keys()}
    place = "site=cuihu/form=complaint/month=2026-11"
    assert f"records/{place}/part-{first.commit[:12]}.parquet" in gone
    assert {one.split("/")[2] for one in gone if place not in one} == {"form=key", "form=room"}
    assert all(after[path] == stamp for path, stamp in before.items() if path in after)
    assert read(duck, out, "records", "summary", "complaint") == [("楼道垃圾两袋",), ("电梯异响",)]
    assert parts(out).count(f"records/{place}") == 1


def test_computed_values_are_typed_and_follow_the_records_they_are_computed_from(desk: Desk, tmp_path: Path, duck: Any) -> None:
    out = tmp_path / "out"
    columns = "id, lent, typeof(lent), typeof(total)"
    exported(desk, out)
    assert ("K-3-502", 0, "BIGINT", "BIGINT") in read(duck, out, "records", columns, "key")
    desk.add("key_checkout", "key=K-3-502", "borrower=王五", "purpose=检修", now="2026-11-22 09:00")
    exported(desk, out)
    assert ("K-3-502", 1, "BIGINT", "BIGINT") in read(duck, out, "records", columns, "key")


def test_a_run_that_was_cut_off_is_done_once_more(desk: Desk, tmp_path: Path, duck: Any) -> None:
    out = tmp_path / "out"
    desk.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-20 09:00")
    exported(desk, out)
    manifest = (out / "_logbook.json").read_bytes()
    desk.amend("CP-20261120-A001", "summary=楼道垃圾两袋")
    exported(desk, out)
    # As if the machine had gone down when the new parts stood there and the old ones did, too.
    (place,) = out.glob("records/site=cuihu/form=complaint/month=2026-11")
    (part,) = place.glob("*.parquet")
    (place / "part-000000000000.parquet").write_bytes(part.read_bytes())
    (out / "_logbook.json").write_bytes(manifest)
    (out / ".aside-cuihu").mkdir()
    exported(desk, out)
    assert read(duck, out, "records", "summary", "complaint") == [("楼道垃圾两袋",)]
    assert json.loads((out / "_logbook.json").read_bytes())["sites"]["cuihu"]["commit"] == desk.head
    assert not list(out.glob(".aside*"))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("x")
    with pytest.raises(UsageError, match=r"fleet\.not-export"), Target(tmp_path):
        pass
    assert sorted(one.name for one in tmp_path.iterdir()) == ["letters.txt"]


def test_what_does_not_fit_its_column_is_counted_and_left_empty() -> None:
    values = Values(ZoneInfo("Asia/Shanghai"))
    assert values.typed("decimal(18,2)", "1.10", "a") == Decimal("1.10")
    assert values.typed("date", "2026-11-20", "a") == date(2026, 11, 20)
    assert values.typed("text", "007", "a") == "007"
    assert values.unfit == 0
    for kind, text in (("decimal(18,2)", "1.105"), ("int64", "9" * 30), ("date", "20日"), ("bool", "no")):
        assert values.typed(kind, text, f"CP-1 {kind}") is None
    assert (values.unfit, values.first) == (4, "CP-1 decimal(18,2)")


# --- the group report --------------------------------------------------------------------------


def group_report(desk: Desk, tmp_path: Path) -> tuple[Path, datetime]:
    out = tmp_path / "out"
    fleet = find_fleet(str(make_fleet(desk, tmp_path / "fleet")), {}, tmp_path)
    for site in fleet.sites[:2]:
        exported(Desk(Path(site.place)), out, site.id)
    return out, moment("2026-12-22 09:35")


BY_MONTH = [("binjiang", "complaint", "2026-11", 1, 1), ("cuihu", "complaint", "2026-11", 1, 1)]


def test_the_group_report_in_duckdb(desk: Desk, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    out, now = group_report(desk, tmp_path)
    with analytics.connect(out, now=now) as report:
        assert report.execute("select * from by_month order by all").fetchall() == BY_MONTH
        late = report.execute("select site, id, clock from overdue_clocks order by all").fetchall()
        assert ("cuihu", "CP-20261120-A001", "resolve") in late
        on_time = report.execute("select * from complaints_on_time order by all").fetchall()
        assert on_time == [("binjiang", 0, 0, 1, 0.0), ("cuihu", 0, 0, 1, 0.0)]
        assert {site for site, _ in report.execute("select * from overdue_by_site").fetchall()} == {
            "binjiang", "cuihu",
        }  # fmt: skip


def test_spark_gives_the_same_rows(desk: Desk, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    sql = pytest.importorskip("pyspark.sql")
    import shutil

    if shutil.which("java") is None:
        pytest.skip("no java")
    out, now = group_report(desk, tmp_path)
    builder = sql.SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    spark = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2").getOrCreate()
    try:
        for table in ("records", "clocks"):
            spark.read.parquet(str(out / table)).createOrReplaceTempView(table)
        for statement in analytics.views():
            spark.sql(statement)
        spark.sql(f"create or replace temporary view moment as select timestamp '{now.astimezone(UTC):%F %T}' as now")
        with analytics.connect(out, now=now) as report:
            for view in ("by_month", "overdue_by_site", "complaints_on_time"):
                ours = report.execute(f"select * from {view}").fetchall()
                theirs = [tuple(row) for row in spark.sql(f"select * from {view}").collect()]
                assert sorted(theirs) == sorted(ours), view
                assert ours
    finally:
        spark.stop()


def test_the_views_can_be_split_at_their_semicolons() -> None:
    text = Path(analytics.__file__).with_name("views.sql").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("--") and ";" in line] == []
    assert len(analytics.views()) == len([one for one in text.split(";") if one.strip()]) == 5
