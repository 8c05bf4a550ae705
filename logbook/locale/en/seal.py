"""Words about seals."""
from __future__ import annotations

MESSAGES = {
    "seal.stale": "{id} was changed after it was sealed: {changed}",
    "seal.addendum": "addendum: {id} belongs to {sealed}, which was sealed before",
    "seal.broken": "the seal of {id} does not agree with its list",
}
FIXES = {
    "seal.stale": "See what changed: logbook history {first}",
    "seal.broken": "See logbook history {id}: the list was changed past the program.",
}
