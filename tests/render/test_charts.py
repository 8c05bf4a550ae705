"""Charts: what is counted, what the picture holds, and lines that stand under each other."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from logbook.core.charts import Ageing
from logbook.core.charts import Bar
from logbook.core.charts import Chart
from logbook.core.charts import Funnel
from logbook.core.charts import Heat
from logbook.core.charts import Pareto
from logbook.core.charts import Point
from logbook.core.charts import Trend
from logbook.core.charts import ageing
from logbook.core.charts import heat
from logbook.core.text import Text
from logbook.render.charts import svg
from logbook.render.charts import terminal
from logbook.render.width import width

CASES = Text("件", "reports")
LONG = "业主反映单元门口照明灯长期不亮且多次报修无人处理"


def trend(*values: str | None, target: str | None = None) -> Trend:
    points = tuple(
        Point(Text(f"2026-{place:02d}", f"2026-{place:02d}"), None if value is None else Decimal(value))
        for place, value in enumerate(values, 1)
    )
    return Trend(Text("按时办结率", "Closed in time"), points, None if target is None else Decimal(target), Text("%", "%"))


def bars(**sizes: int) -> tuple[Bar, ...]:
    return tuple(Bar(Text(name, name), size) for name, size in sizes.items())


SIXTY = Pareto(Text("原因", "Causes"), tuple(Bar(Text(f"{LONG}{place}", f"cause {place}"), 60 - place) for place in range(60)), CASES)

CHARTS: dict[str, Chart] = {
    "trend": trend("88", "91.5", None, "86", "97", target="95"),
    "below zero": trend("3.5", "-2", "-8.25", "0", target="0"),
    "one point": trend("95.5", target="95"),
    "all zero": trend("0", "0", "0"),
    "no point": trend(),
    "gaps only": trend(None, None, target="95"),
    "sixty months": trend(*(str(200 + place * 37 % 191) for place in range(60))),
    "huge": trend("1200000000", "3.4e30", "1e-9", "-5e400"),
    "nearly equal": trend("1e40", "10000000000000000000000000000000000000001"),
    "not a number": trend("NaN", "Infinity", "5"),
    "sixty causes": SIXTY,
    "no cause": Pareto(Text("原因", "Causes"), bars(a=0)),
    "ages": ageing(Text("天数", "Age"), [0, 2, 3, 7, 8, 30, 31, 400], unit=CASES),
    "no age": Ageing(Text("天数", "Age"), ()),
    "hours": heat(Text("时段", "Hours"), [datetime(2026, 11, 23, 9, 59), datetime(2026, 11, 29, 23, 0)], unit=CASES),
    "no hour": Heat(Text("时段", "Hours"), ()),
    "huge hours": Heat(Text("时段", "Hours"), tuple(tuple(day * hour * 99999 for hour in range(24)) for day in range(7))),
    "funnel": Funnel(Text("办理", "Handling"), bars(受理=240, 转派=231, 办结=171), CASES),
    "funnel from zero": Funnel(Text("办理", "Handling"), bars(受理=0, 转派=0, 办结=5)),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_picture_is_well_formed_inside_its_page_named_and_the_same_each_time(name: str) -> None:
    for lang, wide in (("zh", 640), ("en", 400)):
        text = svg(CHARTS[name], lang=lang, width=wide)
        assert text == svg(CHARTS[name], lang=lang, width=wide)
        root = ElementTree.fromstring(text)
        title, desc = root[0], root[1]
        assert (root.get("role"), root.get("aria-labelledby"), root.get("aria-describedby")) == ("img", title.get("id"), desc.get("id"))
        assert title.text == CHARTS[name].title.say(lang)
        assert desc.text and desc.text.endswith("。" if lang == "zh" else ".")
        assert "script" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"nan|inf\b|NaN", "".join(re.findall(r'"[^"]*"', text)))
        for shape in root.iter():
            for key, most in (("x", wide), ("x1", wide), ("x2", wide), ("cx", wide), ("y", float(root.get("height", "0")))):
                assert 0 <= float(shape.get(key, "0")) <= most, ElementTree.tostring(shape)
        for box in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert float(box.get("width", "")) >= 0 and float(box.get("x", "")) + float(box.get("width", "")) <= wide


@pytest.mark.parametrize("name", CHARTS)
def test_a_terminal_chart_never_grows_wider_than_it_may(name: str) -> None:
    for columns in (40, 80):
        for lang in ("zh", "en"):
            lines = terminal(CHARTS[name], lang=lang, width=columns).splitlines()
            assert [line for line in lines if width(line) > columns] == []


def test_labels_of_people_are_text_never_markup() -> None:
    told = "<script>alert(1)</script> & \"x\" \x00\ufffe\u202e"
    chart = Pareto(Text(told, told), (Bar(Text(told, told), 3),))
    root = ElementTree.fromstring(svg(chart, lang="zh"))
    assert {shape.tag.rpartition("}")[2] for shape in root.iter()} == {"svg", "title", "desc", "text", "line", "rect", "circle"}
    assert root[0].text == '<script>alert(1)</script> & "x" \ufffd\ufffd'
    assert "\u202e" not in terminal(chart, lang="zh") and "\x00" not in terminal(chart, lang="zh")


def test_the_vital_few_are_those_that_together_reach_eighty_per_cent() -> None:
    ranked = Pareto(Text("原因", "Causes"), bars(c=5, a=50, b=30, d=15)).ranked()
    assert [(row.label.zh, int(row.total), row.vital) for row in ranked] == [
        ("a", 50, True), ("b", 80, True), ("d", 95, False), ("c", 100, False),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="below 0"):
        Pareto(Text("原因", "Causes"), bars(a=-1)).ranked()


def test_many_causes_become_the_largest_and_one_rest() -> None:
    rows = SIXTY.ranked()
    assert (len(rows), rows[-1].rest, rows[-1].size, rows[-1].total) == (12, 49, 1225, 100)
    assert "其他（49 项）" in terminal(SIXTY, lang="zh")
    assert "Other (49)" in svg(SIXTY, lang="en")


def test_ages_fall_into_their_buckets_at_the_edges() -> None:
    chart = ageing(Text("天数", "Age"), [0, 2, 3, 7, 8, 30, 31])
    assert [(bar.label.say("en"), bar.size) for bar in chart.buckets] == [
        ("0–2 days", 2), ("3–7 days", 2), ("8–30 days", 2), ("over 30 days", 1),
    ]  # fmt: skip


def test_a_gap_breaks_the_line() -> None:
    whole, broken = svg(trend("1", "2", "3", "4"), lang="zh"), svg(trend("1", "2", None, "3", "4"), lang="zh")
    assert (whole.count("<path"), broken.count("<path")) == (1, 2)


def test_a_trend_on_the_terminal() -> None:
    assert terminal(trend("50", None, "100", "-25", target="90"), lang="zh", width=40) == "\n".join([
        "按时办结率",
        "%",
        "2026-01      ██████████        ┆      50",
        "2026-02                        ┆  无数据",
        "2026-03      ████████████████████    100",
        "2026-04 █████                  ┆     −25",
        "        ┆ 目标 90",
    ])  # fmt: skip


def test_a_funnel_on_the_terminal_lines_up_under_chinese() -> None:
    chart = Funnel(Text("办理", "Handling"), (Bar(Text("受理", ""), 8), Bar(Text("转派维修", ""), 6)), CASES)
    assert terminal(chart, lang="zh", width=40) == "\n".join([
        "办理",
        "件",
        "受理     ███████████████ 8",
        "转派维修 ███████████▎    6  75% 占上一步",
    ])  # fmt: skip


def test_large_numbers_are_short_in_the_way_of_the_language() -> None:
    chart = Ageing(Text("金额", "Money"), (Bar(Text("a", "a"), 123_456_789), Bar(Text("b", "b"), 99_999)))
    assert "1.2亿" in terminal(chart, lang="zh") and "99,999" in terminal(chart, lang="zh")
    assert "123.5 M" in terminal(chart, lang="en")
