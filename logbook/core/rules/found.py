"""The records a sentence goes through, for those who want the records themselves and no verdict."""

from __future__ import annotations

from typing import Any

from logbook.core.rules import nodes as n
from logbook.core.rules.items import compile_items
from logbook.core.rules.scope import Scope
from logbook.core.rules.world import World


def records_of(sentence: n.Expression) -> n.Items | None:
    """What ``count over records of …`` goes through; None when that is not the records of one form."""
    items = sentence.node.items if isinstance(sentence.node, n.Fold) else None
    if items is None or items.kind != "record" or items.form is not None or len(items.paths) != 1:
        return None
    return items


def records_found(sentence: n.Expression, view: Any, world: World) -> list[Any]:
    """The views of the records ``count over records of … where …`` counts, seen from ``view``."""
    items = records_of(sentence)
    if items is None:
        return []
    asked = compile_items(items, Scope(view.form, "record", view.form.fields), whole=False)
    return list(asked(view, world, None, None))
