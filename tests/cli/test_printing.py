"""render as it is typed: one sheet, many, the ledger of a month, the book of a shift, a site's own template."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Line

NOW = ("--now", "2026-11-22 10:00")


def pages(file: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", file.read_bytes()))


def test_a_record_as_pdf_is_the_same_whenever_it_is_printed(shared: Line, tmp_path: Path) -> None:
    one, two = tmp_path / "one.pdf", tmp_path / "two.pdf"
    told = shared.ok("render", MINOR, "-o", str(one), *NOW)
    assert (told.out, told.err) == ("", f"已写入 {one}\n")
    shared.ok("render", MINOR, "-o", str(two), "--now", "2026-12-24 18:00")
    assert one.read_bytes() == two.read_bytes()
    commit = re.search(rb"logbook:CP-20261120-A001@([0-9a-f]{12})", one.read_bytes())
    assert commit is not None
    again = tmp_path / "again.pdf"
    shared.ok("render", MINOR, "--rev", commit[1].decode(), "-o", str(again), *NOW)
    assert again.read_bytes() == one.read_bytes(), "the code leads back to what was printed"


def test_many_records_are_one_file_or_one_each(shared: Line, tmp_path: Path) -> None:
    both = tmp_path / "both.pdf"
    shared.ok("render", MINOR, MAJOR, "-o", str(both), *NOW)
    single = tmp_path / "one.pdf"
    shared.ok("render", MINOR, "-o", str(single), *NOW)
    assert pages(both) == 2 * pages(single)
    told = shared.ok("render", "complaint", "--month", "2026-11", "--format", "pdf", "-o", f"{tmp_path}/each/", *NOW)
    assert sorted(file.name for file in (tmp_path / "each").iterdir()) == [f"{MINOR}.pdf", f"{MAJOR}.pdf"]
    assert "2 份写入" in told.err
    assert (tmp_path / "each" / f"{MINOR}.pdf").read_bytes() == single.read_bytes()
    html = shared.ok("render", MINOR, MAJOR, "--format", "html", *NOW).out
    assert html.count('<main class="page') == 2 and html.count("<html") == 1
    assert len(shared.ok("render", MINOR, MAJOR, *NOW).out.split("\f")) == 2


def test_empty_forms(shared: Line, tmp_path: Path) -> None:
    shared.ok("render", "complaint", "报修", "--blank", "-o", str(tmp_path / "blank.pdf"), *NOW)
    assert pages(tmp_path / "blank.pdf") >= 2
    assert "logbook:" not in shared.ok("render", "complaint", "--format", "html", *NOW).out


def test_the_ledger_of_a_month(shared: Line, tmp_path: Path) -> None:
    told = shared.ok("render", "complaint", "--register", "--month", "2026-11", "--format", "md", *NOW).out
    assert "# 客户投诉登记表（台账）" in told and "期间：2026-11" in told
    assert MINOR in told and MAJOR in told and "王芳" not in told and r"\*\*\*" in told
    assert "合计 2 条" in told
    few = shared.ok("render", "complaint", "level:major", "--register", "--columns", "id,summary", "--format", "md", *NOW)
    assert "| 序号 | 编号 | 内容摘要 |" in few.out and MINOR not in few.out
    shared.ok("render", "complaint", "--register", "--month", "2026-11", "-o", str(tmp_path / "l.pdf"), *NOW)
    assert b"/MediaBox" in (tmp_path / "l.pdf").read_bytes() and pages(tmp_path / "l.pdf") == 1
    assert "合计 0 条" in shared.ok("render", "complaint", "--register", "--month", "2025-01", *NOW).out


def test_the_book_of_a_shift(cli: Line, tmp_path: Path) -> None:
    at = ("--now", "2026-11-22 08:10")
    cli.ok("shift", "on", *at)
    cli.ok("add", "repair", "room=3-502", "content=厨房漏水", "--now", "2026-11-22 09:00")
    cover, *sheets = cli.ok("render", "--shift", "2026-11-22", "--post", "day_duty", *NOW).out.split("\f")
    assert "值 班 交 接 簿" in cover and "李娜" in cover and "DL-20261122-A001" in cover
    assert "RP-20261122-A001" in cover.partition("遗留问题")[2]
    assert any("客 户 服 务 中 心 工 作 日 志" in sheet for sheet in sheets)
    assert any("RP-20261122-A001" in sheet and "厨房漏水" in sheet for sheet in sheets)
    cli.ok("render", "--shift", "2026-11-22", "-o", str(tmp_path / "shift.pdf"), *NOW)
    assert pages(tmp_path / "shift.pdf") > 2


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["CP-1", "CP-2"], 1, "没有找到“CP-2”"),
        (["complaint", "level:important"], 1, "没有这样的记录"),
        (["--shift", "someday"], 1, "someday"),
        (["--shift", "2027-01-01"], 1, "没有这样的记录"),
        ([MINOR, "--columns", "id"], 2, "--columns 不能这样用"),
        ([MINOR, MAJOR, "--format", "docx"], 2, "要一份一个"),
        ([MINOR, "--format", "docx"], 2, "templates/site/complaint.docx"),
        ([MINOR, "-o", "no/such/folder/x.pdf"], 2, "no/such/folder/x.pdf"),
    ],
)
def test_what_cannot_be_printed_is_said(shared: Line, line: list[str], code: int, said: str) -> None:
    told = shared("render", *line, *NOW)
    assert (told.code, told.out) == (code, "")
    assert said in told.err


def test_without_fonts_the_way_to_install_them_is_told(
    shared: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fonts").mkdir()
    monkeypatch.setenv("LOGBOOK_FONTS", str(tmp_path / "fonts"))
    told = shared("render", MINOR, "--format", "pdf", *NOW)
    assert (told.code, told.out) == (2, "")
    assert "没有中文字体" in told.err and "pip install" in told.err and "'noto-cjk-sans-otc" in told.err


# Word


def template(path: Path, *lines: str) -> str:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    document.save(str(path))
    return str(path)


def paragraphs(path: Path) -> list[str]:
    docx = pytest.importorskip("docx")
    return [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]


def test_a_sites_own_template(cli: Line, tmp_path: Path) -> None:
    cli.ok("add", "complaint", "name=<b>{{ id }}</b>", "summary=A&B {% x %}", "--at", "2026-11-22 09:30", "--now", "2026-11-22 09:30")
    site = cli.root / "templates" / "site"
    site.mkdir()
    template(site / "complaint.docx", "{{ id }} {{ title }} {{ summary }} {{ level }} {{ name }}",
             "{% for one in signatures %}{{ one.label }}:{{ one.state }} {% endfor %}")  # fmt: skip
    made, again = tmp_path / "made.docx", tmp_path / "again.docx"
    cli.ok("render", "CP-20261122-A001", "-o", str(made), "--now", "2026-11-22 10:00")
    cli.ok("render", "CP-20261122-A001", "-o", str(again), "--now", "2026-11-23 10:00")
    assert made.read_bytes() == again.read_bytes()
    first, second = paragraphs(made)
    assert first == "CP-20261122-A001 客户投诉登记表 A&B {% x %} 轻微 ***"
    assert "登记人:missing" in second
    cli.ok("render", "CP-20261122-A001", "--private", "-o", str(made))
    assert paragraphs(made)[0].endswith("<b>{{ id }}</b>")


def test_a_bad_template_is_refused_with_all_that_is_wrong(shared: Line, tmp_path: Path) -> None:
    bad = template(tmp_path / "bad.docx", "{{ romm }} {% for r in plans %}{{ r.plan }}{% endfor %}{{ nobody.at.all }}")
    told = shared("render", MINOR, "--template", bad, "-o", str(tmp_path / "x.docx"))
    assert told.code == 1
    assert "“romm”" in told.err and "是不是“room”" in told.err and "“nobody”" in told.err
    evil = template(tmp_path / "evil.docx", "{{ ''.__class__.__mro__ }}")
    assert "“__class__”" in shared("render", MINOR, "--template", evil, "-o", str(tmp_path / "x.docx")).err
    macro = tmp_path / "macro.docx"
    macro.write_bytes(Path(bad).read_bytes())
    with zipfile.ZipFile(macro, "a") as file:
        file.writestr("word/vbaProject.bin", b"x")
    assert "模板里有宏" in shared("render", MINOR, "--template", str(macro), "-o", str(tmp_path / "x.docx")).err
    (tmp_path / "no.docx").write_text("text")
    told = shared("render", MINOR, "--template", str(tmp_path / "no.docx"), "-o", str(tmp_path / "x.docx"))
    assert "这不是 Word 文件" in told.err
    assert not (tmp_path / "x.docx").exists()
