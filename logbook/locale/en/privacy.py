"""Personal data: warnings, encryption, erasure."""

from __future__ import annotations

MESSAGES = {
    "privacy.found": '"{label}" seems to hold {kind} ({masked}), and everybody can read it there',
    "privacy.identity": '"{label}" holds a full identity-card number ({masked}); it must not stand in a record in clear',
}
FIXES = {
    "privacy.found": "put it into a field marked private and leave only what is needed here",
    "privacy.identity": "keep the last four characters: {last}",
}
