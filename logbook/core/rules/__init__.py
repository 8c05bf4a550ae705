"""The sentences of checks, derived fields and conditions: read, named, asked, priced and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logbook.core.rules.errors import SentenceError
from logbook.core.rules.evaluate import Explanation
from logbook.core.rules.evaluate import asked
from logbook.core.rules.evaluate import evaluate
from logbook.core.rules.evaluate import explain
from logbook.core.rules.evaluate import holds
from logbook.core.rules.evaluate import value
from logbook.core.rules.nodes import Condition
from logbook.core.rules.nodes import Expression
from logbook.core.rules.nodes import Rule
from logbook.core.rules.nodes import Where
from logbook.core.rules.parser import KEYWORDS
from logbook.core.rules.parser import parse_condition
from logbook.core.rules.parser import parse_rule
from logbook.core.rules.parser import parse_sum
from logbook.core.rules.reach import Watch
from logbook.core.rules.reach import applies
from logbook.core.rules.reach import cost
from logbook.core.rules.reach import gates
from logbook.core.rules.reach import watchers
from logbook.core.rules.reach import watches
from logbook.core.rules.world import Row
from logbook.core.rules.world import StepFact
from logbook.core.rules.world import View
from logbook.core.rules.world import World

if TYPE_CHECKING:
    from logbook.core.rules.names import check_names
    from logbook.core.rules.prose import say

__all__ = [
    "KEYWORDS",
    "Condition",
    "Explanation",
    "Expression",
    "Row",
    "Rule",
    "SentenceError",
    "StepFact",
    "View",
    "Watch",
    "Where",
    "World",
    "applies",
    "asked",
    "check_names",
    "cost",
    "evaluate",
    "explain",
    "gates",
    "holds",
    "parse_condition",
    "parse_rule",
    "parse_sum",
    "say",
    "value",
    "watchers",
    "watches",
]


def __getattr__(name: str) -> object:
    # Names are checked when forms change and said when people ask: most commands need neither.
    if name == "check_names":
        from logbook.core.rules.names import check_names

        return check_names
    if name == "say":
        from logbook.core.rules.prose import say

        return say
    raise AttributeError(name)
