"""What this machine has and lacks."""

from __future__ import annotations

MESSAGES = {
    "machine.missing": "this machine has no {name}",
    "machine.old": "{name} is old ({found})",
    "machine.none": "none; for it run: {command}",
}

FIXES = {
    "machine.missing": "run: {command}",
    "machine.old": "run: {command}",
}
