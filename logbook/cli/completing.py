"""Which words a parameter is completed with; what works them out is loaded when the shell asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    import click

Completer = Callable[["click.Context", "click.Parameter", str], list[Any]]


def _later(name: str) -> Completer:
    def completer(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from logbook.cli import offering

        found: list[Any] = getattr(offering, name)(ctx, param, incomplete)
        return found

    return completer


forms = _later("forms")
ids = _later("ids")
open_ids = _later("open_ids")
steps = _later("steps")
fields = _later("fields")
staff = _later("staff")
query = _later("query")
meanings = _later("meanings")
