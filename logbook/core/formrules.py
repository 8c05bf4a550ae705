"""What of a form's file is its rules: two files with the same rules may share a version number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What people read, where it comes from, how it is laid out: it may change under the same version.
_WORDS = frozenset(
    ("zh", "en", "title", "alias", "purpose", "source", "note", "placeholder", "say", "inferred", "unit")
    + ("version", "effective", "list", "sheet", "subject", "opens", "default")
)
# Names with a label: of these only the names count.
_NAMED = frozenset(("choices", "states", "pause_reasons"))


def rules_of(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a form's plain mapping that decides what a record may hold and what is late: fields and
    their types, choices, states, steps, clocks, checks, signatures. Labels, sources, defaults, layout are
    left out; one text and a list of it are the same."""
    found: dict[str, Any] = {}
    for key, value in plain.items():
        if key in _NAMED and isinstance(value, Mapping):
            found[key] = sorted(value)
        elif key == "checks" and isinstance(value, list):
            found[key] = {str(one.get("id")): _bare(one) for one in value if isinstance(one, Mapping)}
        elif key in ("fields", "of", "steps", "clocks", "signatures") and isinstance(value, Mapping):
            # Here the keys are names, and a field may be called `list` or `note`.
            found[key] = {name: _bare(one) for name, one in value.items()}
        elif key not in _WORDS:
            found[key] = _bare(value)
    return found


def same_rules(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two files of a form say the same rules."""
    return rules_of(one) == rules_of(other)


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return rules_of(value)
    if isinstance(value, list):
        return [one if isinstance(one, str) else _bare(one) for one in value]
    return value if value is None else [value]  # one text and a list of it are the same
