"""A book with a complaint that was answered, and a hand that goes round the program."""

from __future__ import annotations

import pytest

from tests.operations.audit.kit import Hand
from tests.operations.desk import Desk

CP = "CP-20261122-A001"


@pytest.fixture
def book(honest_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return honest_book.copy(tmp_path_factory.mktemp("own") / "book")


@pytest.fixture
def hand(book: Desk) -> Hand:
    return Hand(book)
