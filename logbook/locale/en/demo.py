"""Words about the sample book."""
from __future__ import annotations

MESSAGES = {
    "demo.progress": "writing the sample",
    "demo.done": "the sample book is in {path}: {records} records, {commits} commits",
    "demo.story": "the sample story cannot go on here: {place}",
    "demo.try-overdue": "what is late now, and who must act",
    "demo.try-search": "which repairs speak of a leak",
    "demo.try-keys": "which keys are still out",
    "demo.try-show": "a major complaint, from the call to the file",
    "demo.try-history": "who changed what in it, and when",
}
FIXES = {
    "demo.story": "the story that comes with the program does not fit the forms: tell its maintainer the lines above",
}
