"""The book of the command line's tests, for what means it harm."""

from __future__ import annotations

from tests.cli.conftest import book
from tests.cli.conftest import cli
from tests.cli.conftest import told_book

__all__ = ["book", "cli", "told_book"]
