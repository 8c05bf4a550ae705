"""A sample that anybody can draw again, and the sheet to tick it off."""

from __future__ import annotations

import hashlib

import pytest

from logbook.core.errors import UsageError
from logbook.operations.audit.sample import sample
from logbook.render.findings import tick_sheet
from tests.operations.desk import Desk


def test_the_same_seed_draws_the_same_records_with_any_program(book: Desk) -> None:
    paths = [path for path in book.git("ls-files", "records").splitlines() if path.endswith(".yaml")]
    ranked = sorted(paths, key=lambda path: hashlib.sha256(f"7:{path}".encode()).hexdigest())
    drawn = sample(book.session(), 3, "7")
    assert [one.path for one in drawn] == sorted(ranked[:3])
    assert sample(book.session(), 3, "7") == drawn
    assert {one.path for one in sample(book.session(), 99, "8")} == set(paths)
    assert [one.id for one in sample(book.session(), 9, "7", form="complaint")] == ["CP-20261122-A001"]


def test_nothing_cannot_be_drawn(book: Desk) -> None:
    with pytest.raises(UsageError) as caught:
        sample(book.session(), 0, "7")
    assert caught.value.code == "audit.sample"


def test_a_tick_sheet_is_ruled_and_guesses_nothing() -> None:
    assert tick_sheet(["id", "title", "paper"], [["007", "漏水", "[ ]"], ["1.10", "no", "[ ]"]]) == (
        "+------+---------+---------+\n"
        "| id   | title   | paper   |\n"
        "+======+=========+=========+\n"
        "| 007  | 漏水    | [ ]     |\n"
        "+------+---------+---------+\n"
        "| 1.10 | no      | [ ]     |\n"
        "+------+---------+---------+"
    )
