"""Import and export as they are typed: workbooks, a trial, a mapping kept, what is missing."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from logbook.operations import workbooks
from tests.cli.line import Line
from tests.operations.desk import NOW


@pytest.fixture
def typed(book: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(book, capsys)


def test_a_workbook_is_masked_and_a_masked_one_is_refused_by_cell(typed: Line) -> None:
    typed.ok("export", "complaint", "-o", "a.xlsx", "--now", NOW)
    page = openpyxl.load_workbook(typed.root / "a.xlsx").worksheets[0]
    row = {head.value: page.cell(2, head.column) for head in page[1]}
    assert row["客户姓名"].value == "***"
    answer = typed("import", "complaint", "a.xlsx", "--dry-run", "--now", NOW)
    assert answer.code == 1
    assert f"a.xlsx: {row['客户姓名'].coordinate}: name: " in answer.err


def test_a_trial_shows_the_plan_and_hides_what_is_private(typed: Line) -> None:
    (typed.root / "a.csv").write_text("客户姓名,摘要,备注\n张三,漏水,x\n李四,,y\n", encoding="utf-8")
    answer = typed("import", "complaint", "a.csv", "--map", "summary=摘要", "--dry-run", "--now", NOW)
    assert [line.split() for line in answer.lines if "─" not in line and "---" not in line] == [
        ["字段", "文件的列", "例"], ["内容摘要", "摘要", "漏水"], ["客户姓名", "客户姓名", "***"],
        ["新增的编号：CP-20261122-A001", "到", "CP-20261122-A001"],
        ["试运行：将导入", "1", "条，已有", "0", "条，退回", "1", "行；没有写入"],
    ]  # fmt: skip
    assert typed("import", "complaint", "a.csv", "--map", "summary=摘要", "--dry-run", "--format", "json", "--now", NOW).json["fields"] == [
        {"field": "summary", "column": "摘要", "sample": "漏水"}, {"field": "name", "column": "客户姓名", "sample": "张三"},
    ]  # fmt: skip


def test_a_mapping_is_kept_used_and_checked(typed: Line) -> None:
    (typed.root / "a.csv").write_text("日期,谁,事\n21/11/2026,张三,漏水\n", encoding="utf-8")
    words = ("import", "complaint", "a.csv", "--map", "at=日期", "--map", "name=谁", "--map", "summary=事", "--now", NOW)
    answer = typed(*words, "--dates", "DD/MM/YYYY", "--save-mapping", "legacy")
    assert (answer.code, "lina" in answer.err) == (1, True)  # not everybody changes the book
    typed.ok(*words, "--dates", "DD/MM/YYYY", "--save-mapping", "legacy", "--by", "zhao")
    assert (typed.root / "imports/legacy.yaml").read_text(encoding="utf-8") == (
        "form: complaint\nmap:\n  at: 日期\n  name: 谁\n  summary: 事\ndates: DD/MM/YYYY\n"
    )
    assert typed.ok("import", "complaint", "a.csv", "--mapping", "legacy", "--now", NOW).out == "导入 0 条，已有 1 条，退回 0 行\n"
    assert typed("import", "complaint", "a.csv", "--mapping", "legaci", "--now", NOW).code == 1
    (typed.root / "imports/bad.yaml").write_text("form: room\nmaps: x\nset: y\ndates: MM\n", encoding="utf-8")
    answer = typed("import", "complaint", "a.csv", "--mapping", "bad", "--now", NOW)
    assert (answer.code, answer.err.count("imports/bad.yaml")) == (1, 2)


def test_what_is_not_installed_is_named_with_its_command(typed: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "find_spec", lambda name: None)
    answer = typed("export", "complaint", "-o", "a.xlsx")
    assert (answer.code, "-m pip install " in answer.err and "xlsxwriter" in answer.err) == (2, True)


def test_a_draft_names_its_schema_and_the_record_does_not(typed: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    from urllib.request import url2pathname

    from logbook.store import machine

    seen: list[str] = []

    def editor(path: Path) -> bool:
        text = path.read_text(encoding="utf-8")
        seen.append(text.splitlines()[0])
        path.write_text(text.replace("电梯异响", "二号电梯异响"), encoding="utf-8")
        return True

    monkeypatch.setattr(machine, "run_editor", editor)
    typed.ok("open", "CP-20261120-A001", "--reason", "听错了", "--now", NOW)
    schema = seen[0].removeprefix("# yaml-language-server: $schema=file://")
    assert Path(url2pathname(schema)).is_file() and schema.endswith("complaint%401.json")
    text = next(typed.root.glob("records/complaint/2026/11/CP-20261120-A001.yaml")).read_text(encoding="utf-8")
    assert "二号电梯异响" in text and "$schema" not in text
