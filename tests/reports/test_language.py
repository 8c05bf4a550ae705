"""What is wrong in reports.yaml is told at its place, and a report is data alone."""

from __future__ import annotations

import pytest

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.reporting import Named
from logbook.locale.catalogue import Catalogue
from logbook.reports.running import run
from logbook.store.library import check_files
from logbook.store.library import definitions
from tests.operations.desk import Desk
from tests.operations.desk import refused

PATH = "templates/site/reports.yaml"
ZH = Catalogue("zh")


@pytest.fixture(scope="module")
def files(furnished_book: Desk) -> dict[str, bytes]:
    return definitions(furnished_book.root)


def report(part: str) -> str:
    body = "\n".join(f"        {line}" for line in part.strip().splitlines())
    return f"reports:\n  own:\n    zh: 自定\n    en: Own\n    cadence: monthly\n    parts:\n      one:\n        zh: 表\n        en: Table\n{body}\n"


def found(files: dict[str, bytes], text: str) -> list[Issue]:
    kept = {name: data for name, data in files.items() if not name.endswith("/reports.yaml")}
    return [issue for issue in check_files({**kept, PATH: text.encode()})[1] if issue.path == PATH]


GOOD = """
from: records of complaint where kind is complaint
by: level
columns:
  received: {zh: 受理, en: Received, value: count}
"""


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("records of complaint", "records of complain", "form.unknown-form", 10),
        ("kind is complaint", "kind is complant", "rule.unknown-value", 10),
        ("by: level", "by: levle", "rule.unknown-field", 11),
        ("by: level", "by: name", "report.private-group", 11),
        ("by: level", "by: month of level", "rule.not-moment", 11),
        ("value: count}", "value: sum of summary}", "rule.not-number", 13),
        ("value: count}", "value: count where levle is major}", "rule.unknown-field", 13),
        ("value: count}", "value: recieved * 2}", "report.unknown-column", 13),
        ("value: count}", "value: count, dated: summary.x}", "rule.not-reference", 13),
        ("value: count}", "value: count, valeu: x}", "form.unknown-key", 13),
        ("value: count}", "value: count, unit: dayz}", "report.unknown-word", 13),
        ("value: count}", "share: received}", "report.unknown-column", 13),
        ("value: count}", "value: count}\n  r: {zh: 率, en: Rate, share: received * 2}", "report.share", 14),
        ("value: count}", "value: count over complaint}", "rule.expected", 13),
        ("value: count}", "value: count}\nchart: pie of received", "report.chart", 14),
        ("value: count}", "value: count, at: end}\nchart: trend of received", "report.trend", 14),
        ("value: count}", "value: count}\nsort: -recieved", "report.unknown-column", 14),
    ],
)
def test_a_mistake_is_told_at_its_line(files: dict[str, bytes], old: str, new: str, rule: str, line: int) -> None:
    assert found(files, report(GOOD)) == []
    issues = found(files, report(GOOD.replace(old, new)))
    assert [(issue.rule, issue.line) for issue in issues] == [(rule, line)]
    sentence, fix = ZH.issue(issues[0])
    assert sentence
    assert fix
    assert "{" not in sentence + fix.replace("{{", "")


def test_a_part_waits_for_a_pack_that_is_not_there(files: dict[str, bytes], desk: Desk) -> None:
    """The pack of the desk speaks of payments, which another pack has: no mistake, and no table."""
    path = desk.root / PATH
    path.parent.mkdir()
    waiting = report("from: records of payment\nby: channel\ncolumns:\n  n: {zh: 数, en: N, value: count}")
    assert found(files, waiting) == []
    path.write_text(waiting, encoding="utf-8")
    session = desk.session()
    with pytest.raises(Refused) as caught:
        run(session, "own")
    session.close()
    assert refused(caught) == [("report.asleep", "report")]
    assert caught.value.issues[0].args["forms"] == ["payment"]


def test_a_site_adds_a_report_without_a_line_of_python(desk: Desk) -> None:
    for room, level in (("3-502", "major"), ("3-602", "minor"), ("3-502", "minor")):
        desk.add("complaint", "name=王芳", "summary=漏水", f"room={room}", f"level={level}", now="2026-11-20 09:00")
    part = """
from: records of complaint
by: [room, level]
columns:
  received: {zh: 受理, en: Received, value: count}
  rooms: {zh: 房号, en: Rooms, value: count of different room}
"""
    path = desk.root / PATH
    path.parent.mkdir()
    path.write_text(report(part), encoding="utf-8")
    session = desk.session("2026-12-01 08:00")
    made = run(session, "自定")
    session.close()
    (table,) = made.parts
    assert [[c.id if isinstance(c, Named) else c for c in row] for row in table.rows] == [
        ["3-502", "major", 1, 1],
        ["3-502", "minor", 1, 1],
        ["3-602", "minor", 1, 1],
    ]
    assert table.totals is not None
    assert table.totals[2:] == (3, 2)  # rooms are counted anew, not added up
    (received, _) = table.definitions
    assert received.says.zh == "客户投诉登记表的个数，按投诉时间"
    assert received.period is not None
    assert received.period.zh == "2026 年 11 月"
    assert made.commit == desk.head
