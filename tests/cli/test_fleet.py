"""`logbook fleet`: five sites asked at once, one of them missing, one bare, one with another version of a form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.line import Line
from tests.operations.desk import Desk
from tests.operations.fleet_books import git
from tests.operations.fleet_books import make_fleet

NOW = ("--now", "2026-11-22 09:35")
GONE = "南山"


@pytest.fixture
def office(
    furnished_book: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    """The command line at the head office, in the folder of the fleet file."""
    make_fleet(furnished_book, tmp_path / "fleet")
    monkeypatch.chdir(tmp_path / "fleet")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Line(tmp_path / "fleet", capsys)


def test_records_of_all_sites_with_the_site_first(office: Line) -> None:
    answer = office("fleet", "list", "complaint", "--columns", "id,summary,status", "--format", "csv", *NOW)
    assert answer.code == 1
    assert answer.lines == [
        "site,id,summary,status",
        "cuihu,CP-20261120-A001,电梯异响 1.10,registered",
        "binjiang,CP-20261121-A001,no,registered",
        "xishan,CP-20261020-A001,楼道垃圾,registered",
    ]
    assert GONE in answer.err
    assert answer.err.count("gone") == 1


def test_json_is_the_contract_of_one_book_and_the_site(office: Line) -> None:
    answer = office("fleet", "list", "complaint", "--format", "json", *NOW)
    assert [(one["site"], one["id"], one["version"]) for one in answer.json] == [
        ("cuihu", "CP-20261120-A001", 1),
        ("binjiang", "CP-20261121-A001", 2),
        ("xishan", "CP-20261020-A001", 1),
    ]
    first, second, _ = answer.json
    assert next(iter(first)) == "site"
    assert first["fields"]["name"] == "***"
    assert second["fields"]["mood"] == 3
    alone = office.ok("--book", "cuihu", "list", "complaint", "--format", "json", *NOW).json
    assert first == {"site": "cuihu", **alone[0]}


def test_a_field_that_only_one_site_has_is_told_for_the_others(office: Line) -> None:
    answer = office("fleet", "list", "complaint", "mood:3", "--format", "ids", *NOW)
    assert answer.code == 1
    assert answer.out == "binjiang\tCP-20261121-A001\n"
    assert "mood" in answer.err


def test_overdue_of_all_sites(office: Line) -> None:
    answer = office("fleet", "overdue", "complaint", "--format", "jsonl", "--now", "2026-12-22 09:35")
    assert answer.code == 1
    import json

    rows = [json.loads(line) for line in answer.lines]
    late = {row["site"] for row in rows if row.get("clock") == "resolve"}
    assert late == {"cuihu", "binjiang", "xishan"}
    sites = list(dict.fromkeys(row["site"] for row in rows))
    assert sites == ["cuihu", "binjiang", "xishan"]
    alone = office.ok("--book", "donghu.git", "overdue", "--format", "json", *NOW).json
    together = office("fleet", "overdue", "--site", "donghu", "--format", "json", *NOW)
    assert together.code == 0
    assert together.json == [{"site": "donghu", **row} for row in alone]


def test_one_report_of_all_sites(office: Line) -> None:
    words = ("fleet", "report", "complaints", "--month", "2026-11", "--now", "2026-12-02 09:35")
    answer = office(*words, "--format", "json")
    assert answer.code == 1
    assert GONE in answer.err
    received = {one["site"]: one["parts"][0]["totals"] for one in answer.json}
    counted = {site: totals["received"] for site, totals in received.items()}
    assert counted == {"cuihu": 1, "binjiang": 1, "donghu": 0, "xishan": 0}
    alone = office.ok("--book", "cuihu", "report", "complaints", "--month", "2026-11", "--format", "json", *words[-2:])
    assert answer.json[0] == {"site": "cuihu", **alone.json}
    rows = office(*words, "--part", "levels", "--format", "csv").lines
    assert rows[0].startswith("site,level,received,")
    assert {tuple(line.split(",")[:3]) for line in rows[1:]} >= {("cuihu", "重大", "1"), ("binjiang", "轻微", "1")}


def test_duties_of_a_mirror_are_those_of_the_book(office: Line) -> None:
    later = ("--format", "json", "--now", "2026-12-02 09:35")
    alone = office.ok("--book", "xishan", "overdue", *later).json
    assert any(row["kind"] == "duty" for row in alone)
    assert office("fleet", "overdue", "--site", "xishan", *later).json == [{"site": "xishan", **row} for row in alone]


def test_the_state_of_the_sites(office: Line) -> None:
    assert office("fleet", "refresh").code == 1
    Desk(Path("xishan")).add("complaint", "name=孙七", "summary=路灯不亮", now="2026-11-21 09:00")
    git(Path("xishan"), "push", "-q", str(Path("xishan.git").absolute()), "HEAD")
    answer = office("fleet", "sites", "--format", "json")
    assert answer.code == 1
    state = {one["site"]: one for one in answer.json}
    assert list(state) == ["cuihu", "binjiang", "donghu", "xishan", "nanshan"]
    assert [one["reachable"] for one in answer.json] == [True, True, True, True, False]
    assert state["nanshan"]["head"] is None
    assert "gone" in state["nanshan"]["why"]
    assert state["xishan"]["behind"] is True
    assert state["donghu"]["head"] == git(Path("donghu.git"), "rev-parse", "HEAD").strip()
    before = state["xishan"]["records"]
    moved = {one["site"]: one for one in office("fleet", "refresh", "--format", "json").json}
    assert (moved["xishan"]["changed"], moved["xishan"]["records"]) == (True, before + 1)


def test_a_shared_copy_that_cannot_be_reached_is_told_and_its_mirror_answers(office: Line) -> None:
    office("fleet", "refresh")
    Path("xishan.git").rename("away.git")
    assert office("fleet", "list", "complaint", "--site", "xishan", "--format", "ids", *NOW).code == 0
    answer = office("fleet", "list", "complaint", "--site", "xishan", "--refresh", "--format", "ids", *NOW)
    assert (answer.code, answer.out) == (1, "xishan\tCP-20261020-A001\n")
    assert "西山" in answer.err


def test_where_no_site_answers_a_person_is_needed(office: Line) -> None:
    answer = office("fleet", "list", "--site", "nanshan")
    assert (answer.code, answer.out) == (3, "")
    assert office("fleet", "list", "complaint", "nonsense:1", "--site", "cuihu").code == 1
    assert office("fleet", "list", "--site", "cuihoo").code == 2


def test_the_trail_of_every_site(office: Line) -> None:
    answer = office("fleet", "audit", "--site", "cuihu", "--site", "xishan", "--full", "--format", "json")
    alone = office("--book", "cuihu", "audit", "--full", "--format", "json").json
    assert [one for one in answer.json if one["site"] == "cuihu"] == [{"site": "cuihu", **one} for one in alone]
    table = office("fleet", "audit", "--site", "cuihu", "--site", "xishan", "--full")
    assert table.code == answer.code
    assert [line.split()[0] for line in table.lines[2:4]] == ["翠湖", "西山"]


def test_a_bad_list_is_told_whole(office: Line) -> None:
    Path("bad.yaml").write_text("sites:\n  a: {}\n  B: {book: x}\n", "utf-8")
    answer = office("fleet", "sites", "--fleet", "bad.yaml")
    assert answer.code == 1
    assert "bad.yaml:2" in answer.err
    assert "bad.yaml:3" in answer.err


def test_all_sites_in_one_data_set(office: Line) -> None:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    answer = office("fleet", "export", "out", "--format", "json")
    assert answer.code == 1
    assert [one["site"] for one in answer.json] == ["cuihu", "binjiang", "donghu", "xishan"]
    rows = duckdb.sql(
        "select site, id, summary, mood, month from read_parquet('out/records/*/form=complaint/*/*.parquet',"
        " union_by_name = true, hive_types_autocast = false) order by id"
    ).fetchall()
    assert rows == [
        ("xishan", "CP-20261020-A001", "楼道垃圾", None, "2026-10"),
        ("cuihu", "CP-20261120-A001", "电梯异响 1.10", None, "2026-11"),
        ("binjiang", "CP-20261121-A001", "no", 3, "2026-11"),
    ]
    assert [one["partitions"] for one in office("fleet", "export", "out", "--format", "json").json] == [0, 0, 0, 0]


def test_a_missing_library_is_named_with_the_command(office: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = office("fleet", "export", "out")
    assert answer.code == 2
    assert "python -m pip install 'pyarrow>=17' 'duckdb>=1'" in answer.err
