"""Due moments as an iCalendar feed that any calendar program can subscribe to."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from logbook.core.feed import Due
from logbook.locale.catalogue import Catalogue
from logbook.render.width import plain


def calendar(
    entries: Iterable[Due],
    *,
    title: str,
    book: str,
    zone: str,
    lang: str,
    roles: Mapping[str, str],
    alarm: timedelta | None = None,
) -> bytes:
    """The feed. Moments stand in UTC, right in every program; ``zone`` is told beside them. What is due at midnight
    stands on the minute before: on the day people mean. ``alarm``: so long before each a reminder.

    The same entries are the same bytes: no entry tells when the feed was made."""
    import icalendar

    said = Catalogue(lang)
    feed = icalendar.Calendar()
    feed.add("prodid", "-//logbook//property-logbook//ZH")
    feed.add("version", "2.0")
    feed.add("calscale", "GREGORIAN")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", plain(title))
    feed.add("x-wr-timezone", zone)
    for one in entries:
        event = icalendar.Event()
        event.add("uid", f"{one.uid}@{book}.logbook")
        event.add("dtstamp", one.stamp.astimezone(UTC))
        shown = _shown(one.due)
        event.add("dtstart", shown.astimezone(UTC))
        what = one.what.say(lang)
        about = " · ".join(plain(part) for part in (what, one.about) if part)
        event.add("summary", said.say("feed.late", what=about) if one.late else about)
        lines = [said.say("feed.due", due=f"{one.due:%Y-%m-%d %H:%M}")]
        if one.opens is not None and one.opens < one.due:
            lines.append(said.say("feed.opens", opens=f"{one.opens:%Y-%m-%d %H:%M}"))
        if one.role:
            lines.append(said.say("feed.to", role=roles.get(one.role, one.role)))
        if one.record:
            lines.append(said.say("feed.record", record=one.record))
        event.add("description", "\n".join(lines))
        event.add("transp", "TRANSPARENT")  # nobody is busy because something is due
        if alarm is not None and not one.late:
            reminder = icalendar.Alarm()
            reminder.add("action", "DISPLAY")
            reminder.add("description", about)
            reminder.add("trigger", -alarm)
            event.add_component(reminder)
        feed.add_component(event)
    return bytes(feed.to_ical())


def _shown(due: datetime) -> datetime:
    return due - timedelta(minutes=1) if (due.hour, due.minute, due.second) == (0, 0, 0) else due
