"""A ledger sums up money month by month; a void record keeps its line and counts for nothing."""

from __future__ import annotations

from logbook.core.text import Text
from logbook.render.ledgers import Line
from logbook.render.ledgers import columns_of
from logbook.render.ledgers import ledger
from logbook.render.paper import Grid
from logbook.render.tables import Column
from tests.render.forms import COMPLAINT
from tests.render.forms import NOW


def test_totals() -> None:
    columns = [Column("id", Text("编号", "Id"), "id"), Column("cost", Text("费用", "Cost"), "money")]
    lines = [
        Line(("A1", "1,000.50"), "2026-10", {1: "1000.50"}),
        Line(("A2", "2.00"), "2026-10", {1: "2.00"}, voided=True),
        Line(("A3", "0.50"), "2026-11", {1: "0.50"}),
    ]
    made = ledger(COMPLAINT, columns, lines, lang="zh", book_name="示例", period="2026-Q4", now=NOW, commit="ab" * 20,
                  recorded=NOW)  # fmt: skip
    (grid,) = (block for block in made.blocks if isinstance(block, Grid))
    cells = [[value.text for value in row] for row in (*grid.rows, *grid.totals)]
    assert cells == [
        ["1", "A1", "1,000.50"], ["2", "A2", "2.00"], ["", "2026-10 小计 1 条", "1000.50"],
        ["3", "A3", "0.50"], ["", "2026-11 小计 1 条", "0.50"], ["", "合计 2 条", "1001.00"],
    ]  # fmt: skip
    assert made.landscape and made.origin == "记录至 2026-11-24 10:00　提交 abababababab"


def test_a_ledger_has_the_short_fields_of_the_form() -> None:
    names = columns_of(COMPLAINT)
    assert names[:2] == ["id", "at"] and names[-2:] == ["by", "status"]
    assert "calls" not in names and "result" not in names and "room" in names
    assert len(names) == len(set(names))
