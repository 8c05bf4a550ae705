"""The standard form: what is on it, what must not be, and that people's text stays text."""

from __future__ import annotations

import html.parser

import pytest

from logbook.core.form import Cell
from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.record import Signature
from logbook.core.value import replace
from logbook.render.sheet_html import css_text
from logbook.render.sheets import sheet
from logbook.render.width import width
from tests.render.forms import COMPLAINT
from tests.render.forms import LIBRARY
from tests.render.forms import NOW
from tests.render.forms import PATROL
from tests.render.forms import complaint
from tests.render.forms import form_with
from tests.render.forms import name
from tests.render.forms import patrol

FORMATS = ["text", "md", "html"]

FILLED = """\
                                    示例物业
                              客 户 投 诉 登 记 表

编号：CP-20261122-A003   状态：已处理                 投诉时间：2026-11-22 09:35
+-------------+------------+------------+------------+------------+------------+
|  客户姓名   | ***        |    房号    | 3-502      |  联系电话  | ***        |
+-------------++-----------+------------+------------+-+----------+------------+
|     形式     | [√]电话  [ ]信函       |   有无损害   | [ ]是  [√]否          |
|              | [ ]来访                |              |                       |
+--------------+------------------------+--------------+-----------------------+
|    接待人    | 李娜                   |  费用（元）  | 1.50                  |
+--------------+------------------------+--------------+-----------------------+
|   内容摘要   | 厨房漏水                                                      |
|              |                                                               |
+--------------+---------------------------------------------------------------+
|   处理结果   | 已更换水管                                                    |
|              | 试压正常                                                      |
|              |                                                               |
|              |                                                               |
+--------------+---------------------------------------------------------------+
|                                   回访电话                                   |
+------+-------------+------+--------------------------------------------------+
| 序号 |    时间     | 号码 |                       内容                       |
+------+-------------+------+--------------------------------------------------+
|  1   | 11-22 16:00 | ***  | 业主满意                                         |
+------+-------------+-----++------------------------+-------------------------+
|          登记人          |        客服主管         |        业主确认         |
+--------------------------+-------------------------+-------------------------+
|           李娜           |     待签：客服主管      |           ***           |
|         签名有效         |                         |      李娜代为登记       |
|     2026-11-22 09:40     |       年　月　日        |    2026-11-22 16:30     |
+--------------------------+-------------------------+-------------------------+
更正：内容摘要由“漏水”改为“厨房漏水”，2026-11-22 10:00 李娜，理由：写明地点
更正：联系电话由“***”改为“***”，2026-11-22 10:01 李娜，理由：听错
*** 为私密信息，已隐去。
依据：002 投诉处理及回访制度 1-7、002 四.4
complaint@1  CP-20261122-A003                            打印于 2026-11-24 10:00
"""


def paper(form: Form = COMPLAINT, state: State | None = None, format: str = "text", **options: object) -> str:
    settings: dict[str, object] = {
        "lang": "zh",
        "book_name": "示例物业",
        "now": NOW,
        "names": name,
        **options,
    }
    return sheet(form, state, LIBRARY, format=format, **settings)  # type: ignore[arg-type]


class Page(html.parser.HTMLParser):
    """The tags that open in a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_filled_sheet_as_text() -> None:
    assert paper(state=complaint()) == FILLED


def test_every_value_of_a_filled_sheet_is_there() -> None:
    text = paper(state=complaint(), private=True)
    words = """CP-20261122-A003 已处理 2026-11-22 09:35 欧阳娜娜 3-502 [√]电话 [ ]信函 [√]否 李娜 1.50
        费用（元） 厨房漏水 已更换水管 试压正常 业主满意 李娜代为登记 complaint@1 四.4 打印于"""
    for word in words.split():
        assert word in text, word


def test_text_lines_are_straight_whatever_is_in_them() -> None:
    long = complaint(fields={"name": "x" * 90, "summary": "漏水，" * 60, "room": "3-502"})
    for state in (complaint(), long, None):
        drawn = [line for line in paper(state=state, private=True).splitlines() if line[:1] in ("|", "+")]
        assert {width(line) for line in drawn} == {80}


@pytest.mark.parametrize("format", FORMATS)
def test_private_values_are_masked_everywhere_unless_asked_for(format: str) -> None:
    secrets = ("欧阳娜娜", "138 0013 8000", "138 0013 8001", "139 0013 9000")
    masked = paper(state=complaint(), format=format)
    assert [secret for secret in secrets if secret in masked.replace("\\", "")] == []
    assert "为私密信息" in masked
    told = paper(state=complaint(), format=format, private=True)
    assert "欧阳娜娜" in told
    assert "为私密信息" not in told


@pytest.mark.parametrize("format", FORMATS)
def test_a_blank_sheet_has_labels_boxes_and_room_but_no_values(format: str) -> None:
    blank = paper(format=format)
    assert blank == paper(state=complaint(), format=format, blank=True)
    for word in ("客户姓名", "内容摘要", "电话", "登记人", "年　月　日"):
        assert word in blank
    for word in ("CP-20261122", "厨房漏水", "李娜", "√", 'aria-checked="true"'):
        assert word not in blank


def test_a_blank_list_has_rows_to_write_in() -> None:
    assert [f"|  {number}  " in paper() for number in (1, 2, 3)] == [True, True, True]


def test_a_correction_is_told_below_the_form() -> None:
    text = "".join(paper(state=complaint()).splitlines())
    assert "更正：内容摘要由“漏水”改为“厨房漏水”，2026-11-22 10:00 李娜，理由：写明地点" in text
    assert "更正：联系电话由“***”改为“***”" in text


def test_signatures_are_signed_stale_or_blank() -> None:
    def stale(signature: Signature) -> bool:
        return signature.meaning == "heard"

    page = paper(state=complaint(), format="html", stale=stale)
    assert page.count('<td class="stale">') == 1
    assert page.count('<td class="signed">') == 1
    assert page.count('<td class="missing">') + page.count('<td class="wanted">') == 1
    assert "签后内容有改动" in page and "签名有效" not in page and "客服主管" in page
    assert paper(format="html").count('<td class="blank">') == 3


def test_a_signature_of_a_meaning_the_form_lost_is_still_shown() -> None:
    signed = complaint(signatures=(Signature("2026-11-22T09:40:00+08:00", "zhou", "witness", 1, "0" * 64),))
    assert "witness" in paper(state=signed)
    assert "周敏" in paper(state=signed)


def test_a_voided_record_is_stamped() -> None:
    voided = replace(complaint(), status="voided")
    assert "[ 作废 ]" in paper(state=voided)
    assert '<div class="stamp">作废</div>' in paper(state=voided, format="html")
    assert "作废" not in paper(state=complaint(), format="html")


def test_a_checklist_shows_every_item_its_answer_and_remark() -> None:
    answers = {"lights": "pass", "doors": {"result": "fail", "remark": "门锁坏"}, "roof": "na"}
    lines = paper(PATROL, patrol(answers)).splitlines()
    found = {
        word: line for word in ("走道照明", "防火门", "水泵压力", "roof") for line in lines if word in line
    }
    assert "[√]合格  [ ]不合格" in found["走道照明"]
    assert "[ ]合格  [√]不合格" in found["防火门"] and "门锁坏" in found["防火门"]
    assert "[ ]合格  [ ]不合格" in found["水泵压力"]
    assert "roof" in found
    assert "走道照明（无损坏）" in found["走道照明"]


def test_a_form_without_a_sheet_prints_all_its_fields() -> None:
    text = paper(form_with(sheet=()), complaint())
    for field in COMPLAINT.fields.values():
        assert field.label.zh in text
    assert "业主确认" in text


def test_the_records_own_names_may_stand_on_a_sheet() -> None:
    text = paper(form_with(sheet=((Cell("id"), Cell("status"), Cell("by")),)), complaint())
    assert "| CP-" in text and "| 已处理" in text and "| 李娜" in text


def test_computed_fields_are_given() -> None:
    form = form_with(sheet=((Cell("cost"),),))
    state = complaint(fields={}, amendments=())
    assert "| 12.00 " in paper(form, state, derived={"cost": "12.00"})
    form = form_with(sheet=((Cell("harm"),),))
    assert "[√]是  [ ]否" in paper(form, state, derived={"harm": "true"})


def test_a_page_is_whole_and_needs_nothing_from_outside() -> None:
    page = paper(state=complaint(), format="html")
    seen = Page(page)
    assert page.startswith("<!doctype html>")
    assert {"script", "link", "img", "iframe"} & set(seen.tags) == set()
    assert [value for key, value in seen.attributes if key in ("src", "href")] == []
    assert "http" not in page
    assert "size: A4;" in page
    assert "counter(page)" in page and "counter(pages)" in page
    assert page == paper(state=complaint(), format="html")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "{% for x in y %}",
        "{{ ''.__class__ }}",
        '"><img src=x>',
        "</td></table>",
        "]]> -->",
    ],
)
def test_peoples_text_is_shown_and_never_obeyed(text: str) -> None:
    state = complaint(fields={"summary": text, "name": text, "room": text}, amendments=())
    page = paper(state=state, format="html", private=True, book_name=text, names=lambda staff: text)
    harmless = complaint(fields={"summary": "x", "name": "x", "room": "x"}, amendments=())
    seen, plain = Page(page), Page(paper(state=harmless, format="html", private=True))
    assert seen.tags == plain.tags
    assert text in seen.words
    markdown = paper(state=state, format="md", private=True, book_name=text)
    assert "<script" not in markdown and "<img" not in markdown and "</td>" not in markdown


def test_what_goes_into_the_style_sheet_cannot_leave_its_string() -> None:
    assert (
        css_text('a"; } body { x: y')
        == r'"a\000022\00003b\000020\00007d\000020body\000020\00007b\000020x\00003a\000020y"'
    )
    state = complaint(id="CP</style><b>", amendments=())
    page = paper(state=state, format="html")
    assert page.count("</style>") == 1


def test_a_line_break_of_a_long_text_stays_one() -> None:
    assert "已更换水管\n试压正常</td>" in paper(state=complaint(), format="html")
    assert "已更换水管<br>试压正常" in paper(state=complaint(), format="md")


def test_a_list_too_broad_for_a_screen_is_written_row_by_row() -> None:
    calls = COMPLAINT.fields["calls"]
    columns = {**calls.columns, **{f"c{n}": replace(calls.columns["content"], id=f"c{n}") for n in range(6)}}
    broad = form_with(fields={**COMPLAINT.fields, "calls": replace(calls, columns=columns)})
    state = replace(complaint(), form=broad)
    assert "| 时间: 11-22 16:00   号码: ***   内容: 业主满意" in paper(broad, state)
    assert "size: A4 landscape;" in paper(broad, state, format="html")
    assert "size: A4 landscape;" in paper(broad, format="html")


def test_english() -> None:
    text = paper(state=complaint(), lang="en")
    for word in (
        "No.: CP-20261122-A003",
        "Status: Handled",
        "Received at: 2026-11-22 09:35",
        "[√]Phone",
        "[√]no",
    ):
        assert word in text


def test_an_unknown_format_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="no sheet format: pdf"):
        paper(format="pdf")
