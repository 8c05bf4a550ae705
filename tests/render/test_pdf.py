"""PDF: the same bytes for the same data, an archive file, and no character that is left out or obeyed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.lifecycle import State
from logbook.core.value import replace
from logbook.render import pdf
from logbook.render.paper import Sheet
from logbook.render.qr import svg
from logbook.render.sheet_pdf import balanced
from logbook.render.sheet_pdf import pdf as printed
from logbook.render.sheets import build
from tests.render.forms import COMPLAINT
from tests.render.forms import LIBRARY
from tests.render.forms import NOW
from tests.render.forms import complaint
from tests.render.forms import name

pytest.importorskip("typst")
COMMIT = "1f2e3d4c5b6a79880000000000000000deadbeef"


def made(state: State | None = None, lang: str = "zh", book: str = "示例物业") -> Sheet:
    return build(
        COMPLAINT, state, LIBRARY, lang=lang, book_name=book, now=NOW, names=name, private=True,
        commit=COMMIT if state else None, recorded=NOW,
    )  # fmt: skip


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", content))


def words(content: bytes, folder: Path) -> str:
    """What stands on the pages, by a reader that is not ours."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    file = folder / "sheet.pdf"
    file.write_bytes(content)
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True)
    return re.sub(r"[ \n]", "", done.stdout.decode())  # how wide a gap is, is the reader's guess


def test_two_runs_give_the_same_bytes_of_an_archive_file() -> None:
    once = printed([made(complaint())])
    assert once == printed([made(complaint())])
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in once
    assert b"D:20261124020000Z" in once, "dated by the record, not by the clock"
    assert b"/Lang(zh-CN)" in once.replace(b"/Lang (", b"/Lang(")
    assert pages(once) == 1
    other = replace(made(complaint()), moment_of_record=1)
    assert printed([other]) != once


def test_every_value_is_on_the_page_and_each_sheet_counts_its_own_pages(tmp_path: Path) -> None:
    long = complaint(fields={"summary": "漏水，" * 900, "name": "王"})
    content = printed([made(complaint()), made(long), made()])
    text = words(content, tmp_path)
    for word in ("客 户 投 诉", "CP-20261122-A003", "欧阳娜娜", "厨房漏水", "试压正常", "签名有效", "待签：客服主管",
                 "提交 1f2e3d4c5b6a", "第 1 页 共 1 页"):  # fmt: skip
        assert word.replace(" ", "") in text, word
    count = pages(content)
    assert count > 3
    assert f"第{count - 2}页共{count - 2}页" in text
    assert text.count("第1页") == 3


@pytest.mark.parametrize(
    "text",
    ["#panic(\"x\") $a^2$ \\ ` * _ <a> @b // c /* d */ [e] {f} = g", "#read(\"/etc/passwd\")", "\"); #1 + (\"", "~--...---''"],
)
def test_what_people_write_is_set_as_it_is(text: str, tmp_path: Path) -> None:
    state = complaint(fields={"summary": text, "name": text, "room": text}, amendments=())
    seen = words(printed([made(state, book=text)]), tmp_path)
    assert seen.count(text.replace(" ", "")) >= 2


def test_rare_surnames_signs_and_endless_words_are_printed(tmp_path: Path) -> None:
    state = complaint(fields={"name": "㛃𠮷䶮", "summary": "☐☑√ ㎡ " + "x" * 300, "room": "3-502"}, amendments=())
    content = printed([made(state)])
    assert pages(content) == 1
    seen = words(content, tmp_path)
    assert "㛃𠮷䶮" in seen and "☐☑√" in seen
    assert "".join(re.findall("x+", seen)) == "x" * 300


def test_emoji_are_named_and_hold_up_no_ledger(tmp_path: Path) -> None:
    state = complaint(fields={"name": "王", "summary": "漏水😀👨‍👩"}, amendments=())
    assert "漏水[U+1F600][U+1F468][U+1F469]" in words(printed([made(state)]), tmp_path)


def test_a_character_no_font_has_is_refused_by_name() -> None:
    state = complaint(fields={"summary": "电话📞 ก ก \ue000", "name": "王"}, amendments=())
    with pytest.raises(Refused) as refused:
        printed([made(state)])
    (issue,) = refused.value.issues
    assert issue.rule == "sheet.no-glyph"
    assert issue.args["characters"] == ["ก (U+0E01)", "\ue000 (U+E000)"]


def test_without_a_chinese_font_nothing_is_printed(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        printed([made(complaint())], fonts=str(tmp_path))
    assert refused.value.code == "sheet.no-font"
    assert refused.value.args_["extra"] == "pdf"
    assert refused.value.exit_code == 2


def test_a_code_leads_back_to_record_and_commit() -> None:
    sheet = made(complaint())
    assert sheet.code == "logbook:CP-20261122-A003@1f2e3d4c5b6a"
    assert svg(sheet.code).startswith("<svg ") and svg(sheet.code) == svg(sheet.code) != svg("x")
    assert made().code == ""


def test_a_report_has_its_tables_sentences_and_charts(tmp_path: Path) -> None:
    chart = '<svg viewBox="0 0 90 30"><text y="20" font-family="None">图上的字</text></svg>'
    data = {
        "title": "客服月报", "subtitle": "2026-11", "footer": "翠湖花园",
        "parts": [
            {"title": "投诉", "columns": ["类别", {"label": "件数", "align": "right"}], "rows": [["漏水", "3"], ["#噪音", 12]],
             "totals": [["合计", "15"]], "definitions": ["件数：当月登记", ["及时率", "按时办结 ÷ 应办"]], "svg": chart},
            {"title": "空"},
        ],
    }  # fmt: skip
    content = pdf.report(data, lang="zh", moment=1_795_000_000, author="翠湖花园")
    assert content == pdf.report(data, lang="zh", moment=1_795_000_000, author="翠湖花园")
    text = words(content, tmp_path)
    for word in ("客服月报", "漏水", "#噪音", "合计", "15", "及时率：按时办结 ÷ 应办", "图上的字", "第 1 页 共 1 页"):
        assert word.replace(" ", "") in text, word


def test_a_label_is_broken_in_even_lines() -> None:
    assert balanced("事件发生时间", 22) == "事件发生时间"
    assert balanced("事件发生时间", 20) == "事件发\n生时间"
    assert balanced("轮换休息（分钟）", 22) == "轮换休息\n（分钟）"
    assert balanced("Received at", 5) == "Received at"
