"""Making records: what must be given, what fills itself in, what is refused, what Git shows."""

from __future__ import annotations

from tests.operations.desk import Desk


def test_complaint_with_the_two_words_it_needs(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=厨房漏水")
    assert written.path == "records/complaint/2026/11/CP-20261122-A001.yaml"
    print(desk.text(written))
    print(desk.git("log", "-1", "--format=fuller"))
    assert desk.clean
