"""Words of the read-only site."""

from __future__ import annotations

MESSAGES = {
    "site.not-ours": "{path} holds something else ({found}) and is no site built by logbook; nothing was written",
    "site.in-book": "{path} lies inside the book: pages would get among the records",
    "site.empty": "{path} has no commit yet: there is nothing to show",
    "site.building": "Writing pages",
    "site.built": "{all} records; pages of {records} made anew, {written} files written, {removed} taken away",
}

FIXES = {
    "site.not-ours": "use an empty folder, or a new name",
    "site.in-book": "choose a folder outside the book",
    "site.empty": "record something first",
}
