"""A digest as the text of a message: short lines that read the same in mail, in a chat and on a terminal."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from logbook.core.escalation import AT_DUE
from logbook.core.escalation import Digest
from logbook.core.escalation import Entry
from logbook.core.escalation import step_words
from logbook.core.moments import from_epoch
from logbook.locale.catalogue import Catalogue
from logbook.render.duties import times
from logbook.render.width import plain


def subject(digest: Digest, book: str, words: Catalogue) -> str:
    """The line over it: the book and how much there is. No value of a record stands in it."""
    return words.say(
        "notify.subject",
        book=book,
        new=len(digest.new),
        still=len(digest.still),
        cleared=len(digest.cleared),
    )


def text(digest: Digest, book: str, words: Catalogue, zone: ZoneInfo, *, most: int | None = None) -> str:
    """The whole message; most overdue first within each part. ``most``: so many lines a part, the rest counted."""
    now = from_epoch(digest.now, zone)
    lines = [
        words.say("notify.head", book=book, now=now.strftime("%Y-%m-%d %H:%M"), name=digest.name),
    ]
    if digest.is_empty:
        lines.append(words.say("notify.nothing"))
    for section in ("new", "still", "cleared"):
        entries: tuple[Entry, ...] = getattr(digest, section)
        if not entries:
            continue
        lines.extend(("", words.say(f"notify.{section}", count=len(entries))))
        for entry in entries[:most]:
            told = _ended(entry, words, zone) if section == "cleared" else _line(entry, words, zone)
            lines.append(f"- {told}")
        if most is not None and len(entries) > most:
            lines.append(words.say("notify.more", count=len(entries) - most))
    coming = digest.next_due
    if coming is not None:
        lines.extend(("", words.say("notify.next", what=_what(coming, words), due=_moment(coming.due, zone))))
    return "\n".join(lines)


def _line(entry: Entry, words: Catalogue, zone: ZoneInfo) -> str:
    if entry.missed:
        lateness = words.say("notify.missed", count=times(entry.missed))
    elif entry.late > 0:
        lateness = words.say("notify.late", span=timedelta(seconds=entry.late))
    elif entry.late == 0:
        lateness = words.say("notify.due-now")
    else:
        lateness = words.say("notify.left", span=timedelta(seconds=-entry.late))
    said = words.say("notify.line", lateness=lateness, due=_moment(entry.due, zone), what=_what(entry, words))
    if entry.ended is not None:
        said += words.say("notify.since-ended", at=_moment(entry.ended, zone))
    if entry.step != AT_DUE:
        said += words.say("notify.step", step=step_words(entry.step))
    if entry.vacant:
        said += words.say("notify.vacant" if entry.role else "notify.no-role", role=entry.role)
    return said


def _ended(entry: Entry, words: Catalogue, zone: ZoneInfo) -> str:
    what = _what(entry, words)
    if entry.ended is None:
        return words.say("notify.gone", what=what)
    at = _moment(entry.ended, zone)
    if entry.late > 0:
        return words.say("notify.ended-late", what=what, at=at, span=timedelta(seconds=entry.late))
    return words.say("notify.ended", what=what, at=at)


def _what(entry: Entry, words: Catalogue) -> str:
    """The record's number, its form and deadline, its title; of a duty its name and subject."""
    place = f"{entry.id} " if entry.id else ""
    title = plain(entry.title).strip()
    label = words.say("notify.clock", form=entry.form, label=entry.label) if entry.id else words.words(entry.label)
    return words.say("notify.what", place=place, label=label, title=title) if title else f"{place}{label}"


def _moment(instant: int, zone: ZoneInfo) -> str:
    """Midnight is the end of the day before."""
    moment = from_epoch(instant, zone)
    if moment.strftime("%H:%M:%S") == "00:00:00":
        return from_epoch(instant - 60, zone).strftime("%m-%d 24:00")
    return moment.strftime("%m-%d %H:%M")
