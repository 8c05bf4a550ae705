"""A book with a complaint that was answered, and a hand that goes round the program."""

from __future__ import annotations

import pytest

from tests.operations.audit.kit import Hand
from tests.operations.desk import Desk

CP = "CP-20261122-A001"


@pytest.fixture(scope="session")
def honest_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One complaint taken, answered, amended and signed, all within the program."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("honest") / "book")
    desk.add("complaint", "name=王芳", "phone=13800001111", "room=3-502", "summary=电梯异响", now="2026-11-22 09:35")
    desk.step(CP, "reply", "reply=明天来修", now="2026-11-22 10:00")
    desk.amend(CP, "summary=二号电梯异响", reason="听错了", now="2026-11-22 10:30")
    desk.sign(CP, "heard", now="2026-11-22 10:40")
    return desk


@pytest.fixture
def book(honest_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return honest_book.copy(tmp_path_factory.mktemp("own") / "book")


@pytest.fixture
def hand(book: Desk) -> Hand:
    return Hand(book)
