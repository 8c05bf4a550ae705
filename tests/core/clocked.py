"""Forms and records written as people write them, and their clocks in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from textwrap import dedent
from zoneinfo import ZoneInfo

from logbook.core.clocks import clocks_of
from logbook.core.clockstates import ClockState
from logbook.core.definition import build_form
from logbook.core.form import Form
from logbook.core.lifecycle import state_of
from logbook.core.moments import from_text
from logbook.core.record import Record
from logbook.store import codec
from logbook.store.records import record_from
from tests.core.office import office_2026

SHANGHAI = ZoneInfo("Asia/Shanghai")


def form(text: str) -> Form:
    document, issues = codec.read(dedent(text).encode())
    assert document is not None, issues
    return build_form(document.plain, path=None, pack="core")


def record(text: str) -> Record:
    document, issues = codec.read(dedent(text).encode())
    assert document is not None, issues
    found, issues = record_from(document.plain)
    assert found is not None, issues
    return found


def moment(text: str) -> datetime:
    """``11-22 09:35`` of 2026 in Shanghai."""
    return from_text(f"2026-{text.replace(' ', 'T')}:00+08:00")


def clocks(
    form: Form, record: Record, *, until: str | None = None, linked: Mapping[str, object] | None = None
) -> list[ClockState]:
    state = state_of(form, record, until=None if until is None else moment(until))
    known = linked or {}
    return clocks_of(
        form,
        state,
        zone=SHANGHAI,
        calendars={"office": office_2026()},
        link=lambda name, path: known.get(f"{name}.{path}"),
    )


def short(instant: int | None) -> str:
    return "-" if instant is None else f"{datetime.fromtimestamp(instant, SHANGHAI):%m-%d %H:%M}"


def said(states: list[ClockState]) -> list[str]:
    """``resolve 1: 11-22 09:35 > 11-26 00:00, 11-24 10:00 met``: start, due, stop, what became of it."""
    return [
        f"{one.clock} {one.cycle}: {short(one.started)} > {short(one.due)}, {short(one.stopped)} {one.state}"
        for one in states
    ]
