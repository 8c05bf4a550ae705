"""`logbook report`: the list, a report in every format, the month's folder."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.cli.line import Line

NOW = ("--now", "2026-12-02 09:00")


def test_the_list_says_how_often_and_for_whom(shared: Line) -> None:
    lines = shared.ok("report", "--lang", "zh").lines
    assert any(line.split() == ["repair_month", "维修月汇总统计分析", "每月", "客服中心", "core"] for line in lines)
    assert {one["report"] for one in shared.ok("report", "--format", "json").json} >= {"overdue", "keys", "complaints"}


def test_a_report_in_every_format(shared: Line) -> None:
    words = ("report", "complaints", *NOW)
    told = shared.ok(*words, "--define", "--lang", "zh").out
    assert "期间：2026 年 11 月" in told
    assert "受理 = 客户投诉登记表（性质是“投诉”）的个数，按投诉时间，2026 年 11 月" in told
    told = shared.ok(*words, "--format", "json").json
    assert told["period"] == {
        "kind": "month", "start": "2026-11-01T00:00:00+08:00", "end": "2026-12-01T00:00:00+08:00",
        "label": {"zh": "2026 年 11 月", "en": "2026-11"}, "unfinished": False,
    }  # fmt: skip
    levels = told["parts"][0]
    assert {row["level"]: row["received"] for row in levels["rows"]} == {"major": 1, "minor": 1}
    assert levels["totals"]["received"] == 2
    assert levels["definitions"][0]["column"] == "received"
    answer = shared.ok(*words, "--format", "csv")
    assert answer.lines[0].startswith("level,received,")
    assert "departments" in answer.err
    assert shared.ok(*words, "--part", "flow", "--format", "csv", "-q").lines[0] == (
        "period,received,replied,handled,told,visited,closed"
    )
    page = shared.ok(*words, "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "@page{size:A4" in page
    assert "http" not in page.replace("http://www.w3.org/", "")
    assert "| 轻微 |" in shared.ok(*words, "--format", "md", "--lang", "zh").out
    assert len(shared.ok(*words, "--format", "jsonl").lines) > 4


def test_names_and_periods_that_are_none(shared: Line) -> None:
    answer = shared("report", "complaint_", "--lang", "zh")
    assert answer.code == 1
    assert "没有“complaint_”这张报表" in answer.err
    assert shared("report", "keys", "--month", "十一").code == 2
    assert shared("report", "keys", "--month", "2026-11", "--day", "2026-11-02").code == 2
    assert shared("report", "complaints", "--month", "2027-01", *NOW).code == 2
    assert shared("report", "complaints", "--part", "level").code == 1
    # What is longer is not cut down in silence, and before the world began there is nothing to count from.
    for option, word in (("--month", "2026-Q4"), ("--month", "2026"), ("--day", "2026-11"), ("--quarter", "2026")):
        assert f"“{word}”不是" in shared("report", "complaints", option, word, "--lang", "zh", *NOW).err
    for words in (("--month", "0001-01"), ("--since", "0001-01-01"), ("--until", "9999-12-31")):
        assert shared("report", "complaints", *words, *NOW).code == 2
    assert shared("report", "month", *NOW).code == 2


def test_a_file_is_what_its_ending_says(shared: Line, tmp_path: Path) -> None:
    words = ("report", "complaints", *NOW, "-o")
    shared.ok(*words, str(tmp_path / "a.html"))
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    shared.ok(*words, str(tmp_path / "a.xlsx"))
    assert (tmp_path / "a.xlsx").read_bytes()[:2] == b"PK"
    for target in ("a.docx", "a.xls"):
        assert shared(*words, str(tmp_path / target)).code == 2
    assert shared("report", "complaints", "--format", "csv", "-o", str(tmp_path / "a.pdf"), *NOW).code == 2
    assert shared("report", "month", *NOW, "-o", str(tmp_path / "m.xlsx")).code == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.html", "a.xlsx"]


def test_the_month_in_one_folder_once(shared: Line, tmp_path: Path) -> None:
    folder = tmp_path / "2026-11"
    answer = shared.ok("report", "month", "-o", str(folder), *NOW, "--lang", "zh")
    assert "维修月汇总统计分析" in answer.err  # nothing to show, and said so
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert {"index.html", "complaints.html"} <= set(names)
    assert not any(name.startswith("repair_month") for name in names)
    assert (folder / "csv/complaints.levels.csv").read_bytes().startswith(b"\xef\xbb\xbflevel,")
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert '<a href="complaints.html">投诉分析总结</a>' in index
    again = shared("report", "month", "-o", str(folder), *NOW)
    assert again.code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11"]


def test_private_values_stay_masked(cli: Line) -> None:
    cli.ok("add", "key_checkout", "key=K-3-502", "borrower=赵钱孙", "purpose=检修", "--now", "2026-11-22 09:35")
    for format_ in ("table", "json", "csv", "html", "md", "jsonl"):
        told = cli.ok("report", "keys", "--format", format_, *NOW).out
        assert "赵钱孙" not in told
        assert "***" in told.replace("\\*", "*")


def test_a_report_as_pdf_and_as_spreadsheet(shared: Line, tmp_path: Path) -> None:
    words = ("report", "complaints", *NOW, "--lang", "zh")
    first, second, book = tmp_path / "1.pdf", tmp_path / "2.pdf", tmp_path / "1.xlsx"
    shared.ok(*words, "--format", "pdf", "-o", str(first))
    shared.ok(*words, "--format", "pdf", "-o", str(second))
    assert first.read_bytes().startswith(b"%PDF-")
    assert first.read_bytes() == second.read_bytes()
    shared.ok(*words, "--format", "xlsx", "-o", str(book))
    pages = openpyxl.load_workbook(book)
    told = shared.ok(*words, "--format", "json").json
    levels, received = pages.worksheets[0], told["parts"][0]["rows"]
    assert [cell.value for cell in levels[1]][:2] == ["等级", "受理"]
    assert [row[1] for row in levels.iter_rows(min_row=2, values_only=True)][:-1] == [one["received"] for one in received]
    assert levels.cell(levels.max_row, 2).value == told["parts"][0]["totals"]["received"]
    meanings = [row[1] for row in pages.worksheets[-1].iter_rows(values_only=True)]
    assert "受理 = 客户投诉登记表（性质是“投诉”）的个数，按投诉时间，2026 年 11 月" in meanings


def test_the_month_as_one_pdf(shared: Line, tmp_path: Path) -> None:
    target = tmp_path / "month.pdf"
    answer = shared.ok("report", "month", "--format", "pdf", "-o", str(target), *NOW, "--lang", "zh")
    assert f"张报表已写入 {target}" in answer.err
    assert target.read_bytes().startswith(b"%PDF-")


def test_a_pdf_takes_the_fonts_of_the_folder_that_is_named(
    shared: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGBOOK_FONTS", str(tmp_path))
    for words in (("complaints",), ("month",)):
        answer = shared("report", *words, *NOW, "--format", "pdf", "-o", str(tmp_path / "x.pdf"))
        assert answer.code == 2
        assert "LOGBOOK_FONTS" in answer.err
    assert not (tmp_path / "x.pdf").exists()
