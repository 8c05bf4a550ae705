"""What a calendar feed tells: moments at which something is due, each under a name that stays."""

from __future__ import annotations

from datetime import datetime

from logbook.core.text import Text
from logbook.core.value import frozen


@frozen
class Due:
    """One due moment. ``uid`` names it for good (record and clock; duty, subject and occurrence); ``stamp`` is when
    the record last changed, so that the same book gives the same feed; ``opens``: from when a duty can be done."""

    uid: str
    stamp: datetime
    due: datetime
    what: Text
    about: str
    record: str | None
    role: str | None
    late: bool = False
    opens: datetime | None = None
