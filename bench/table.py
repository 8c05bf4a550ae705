"""The figures as a Markdown page."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from measures import Row

FLAT = (
    "`list`, filter, limit 50, json",
    "`overdue`, json",
    "full text 漏水, limit 50, json",
    "`show`, json",
    "`add`, durable",
    "`step`, durable",
)


def page(tables: Mapping[int, Sequence[Row]], flat: Sequence[Row], *, where: str, seconds: float) -> str:
    """One table a size, then how the largest compares with the smallest."""
    parts = [
        "# Figures\n",
        f"Made by `bench/run` in {seconds / 60:.0f} min on {where}. Whole processes, medians, floor and ours in turn.",
        "F is `python -c 'import click, sqlite3'`. What counts is the ratio: times drift with the machine.\n",
    ]
    for size, rows in tables.items():
        parts += [f"## {size:,} records\n", *_table(rows), ""]
    if flat:
        parts += [f"## {max(tables):,} against {min(tables):,} records\n", *_table(flat), ""]
    return "\n".join(parts)


def flatness(tables: Mapping[int, Sequence[Row]]) -> list[Row]:
    """What must hardly grow with the book."""
    if len(tables) < 2:
        return []
    small, large = tables[min(tables)], tables[max(tables)]
    found = []
    for work in FLAT:
        pair = [next((row for row in rows if row.work.startswith(work)), None) for rows in (small, large)]
        if pair[0] is not None and pair[1] is not None and pair[0].ours:
            limit = 1.3 if "durable" in work else 1.2
            before, after = pair[0].ours, pair[1].ours
            found.append(Row(work, "the small book", before, after, goal=f"≤ {limit}", limit=limit * before))
    return found


def line(row: Row) -> str:
    """One row of the table."""
    verdict = {None: "", True: "met", False: "**not met**"}[row.met]
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
    cells = [row.work, row.floor, _number(row.at_floor, row.unit), _number(row.ours, row.unit), ratio, row.goal]
    return "| " + " | ".join([*cells, ", ".join(filter(None, (verdict, row.note)))]) + " |"


def _table(rows: Sequence[Row]) -> list[str]:
    head = ["| work | floor | at floor | ours | ratio | goal | |", "|---|---|--:|--:|--:|---|---|"]
    return head + [line(row) for row in rows]


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
