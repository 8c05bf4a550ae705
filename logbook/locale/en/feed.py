"""The words in calendar feeds."""
from __future__ import annotations

MESSAGES = {
    "feed.late": "late: {what}",
    "feed.due": "due: {due}",
    "feed.opens": "from {opens} on",
    "feed.to": "to: {role}",
    "feed.record": "record: {record}",
    "feed.title": "{book}: due",
}

FIXES: dict[str, str] = {}
