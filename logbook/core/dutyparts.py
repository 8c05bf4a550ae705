"""The small parts of a duty: times, windows, days, spans, budgets, and the records its rule speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from logbook.core.definition import read_condition
from logbook.core.duties import WEEKDAYS
from logbook.core.duties import Time
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.sources import Source
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.core.rules import Condition
    from logbook.core.shapes import Findings

# Every key of a duty besides the cadences, and the shape of what stands under it.
KEYS = {
    "zh": "text", "en": "text", "each": "text", "done_by": "text", "rows": "text", "subject": "text",
    "moment": "text", "period": "text", "slot": "any", "role": "text", "off_day": "text", "calendar": "text",
    "effective": "text", "earlier": "any", "seasons": "map", "while": "text", "listed": "text", "vague": "text",
    "between": "any", "during": "text", "source": "texts", "note": "any", "inferred": "text",
}  # fmt: skip
LONG_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SECONDS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}
_NAME = r"[a-z][a-z0-9_]*"
_FORM_WHERE = re.compile(rf"(?:records? of )?({_NAME})(?: at ({_NAME}(?:\.at)?))?(?: where (.+))?", re.DOTALL)
_POINT_WHERE = re.compile(rf"(?:rows? of )?({_NAME})\.({_NAME})(?: where (.+))?", re.DOTALL)
_TIME = re.compile(r"(\d{1,2}):(\d\d)")


class Broken(Exception):
    """This part of a duty was reported and cannot be read."""


class Waits(Exception):
    """The duty needs a form this book does not have."""


def expected_shape(shape: str) -> Text:
    from logbook.core.shapes import EXPECTED

    return EXPECTED[shape]


class Parts:
    """Reads one duty; every problem becomes a finding, and a duty comes back only without an error.

    ``check``: names in conditions, roles and posts are looked up, too, which a checked file can do
    without. ``only``: of these keys alone are findings wanted (the site's own words).
    """

    id: str
    base: tuple[str | int, ...]
    plain: Mapping[str, Any]

    def __init__(
        self,
        library: Library,
        found: Findings,
        source: Source,
        words: tuple[str, ...],
        *,
        check: bool = False,
        place: tuple[str, ...] | None = None,
        only: frozenset[str] | None = None,
    ) -> None:
        self.library = library
        self.found = found
        self.source = source
        self.words = words
        self.check = check
        self.place = place
        self.only = only
        self.faults = 0

    # -- reporting

    def add(self, rule: str, *keys: str | int, warning: bool = False, **args: object) -> None:
        self.faults += not warning
        if self._silent(keys):
            return
        severity = "warning" if warning else "error"
        self.found.add(rule, *self.base, *keys, severity=severity, id=self.id, **args)  # type: ignore[arg-type]

    def unknown(
        self, rule: str, word: str, options: Iterable[str], *keys: str | int, warning: bool = False, **args: object
    ) -> None:
        from logbook.core.suggest import hint

        allowed = list(options)
        self.add(rule, *keys, warning=warning, word=word, allowed=allowed, hint=hint(word, allowed), **args)

    def issues(self, issues: Iterable[Issue], *keys: str | int) -> None:
        for issue in issues:
            self.faults += issue.is_error
            if not self._silent(keys):
                self.found.issues.append(issue)

    def _silent(self, keys: Sequence[str | int]) -> bool:
        return self.only is not None and (not keys or keys[0] not in self.only)

    def parts(self, key: str, plain: Mapping[str, Any], known: Sequence[str], at: tuple[str | int, ...]) -> None:
        for name in plain:
            if name not in known:
                self.unknown("duty.unknown-part", str(name), known, *at, str(name), cadence=key)

    # -- parts of a cadence

    def time(self, text: Any, at: tuple[str | int, ...], *, begins: bool = False) -> Time:
        """``09:00`` in minutes, or a word of the site's hours; 00:00 only where something begins."""
        found = _TIME.fullmatch(text) if isinstance(text, str) else None
        if found is not None:
            minutes = int(found[1]) * 60 + int(found[2])
            if int(found[2]) > 59 or minutes > 1440 or (minutes == 0 and not begins):
                self.add("duty.bad-time", *at, found=text)
            return minutes
        if not isinstance(text, str) or not re.fullmatch(_NAME, text):
            self.add("duty.bad-time", *at, found=shown_plain(text))
        elif text not in self.words:
            self.unknown("duty.unknown-word", text, dict.fromkeys(self.words), *at)
        return str(text)

    def window(self, value: Any, at: tuple[str | int, ...]) -> tuple[Time, Time] | str | None:
        """``[09:00, 18:00]``, ``22:00-06:00`` or a window of the site's hours."""
        if isinstance(value, str) and "-" in value:
            value = [part.strip() for part in value.split("-")]
        if isinstance(value, list) and len(value) == 2:
            ends = self.time(value[0], at, begins=True), self.time(value[1], at, begins=True)
            if ends[0] == ends[1]:
                self.add("duty.empty-window", *at, found=shown_plain(value[0]))
            return ends
        if isinstance(value, str):
            if _TIME.fullmatch(value):
                self.add("duty.bad-window", *at, found=value)
            else:
                self.time(value, at)
            return value
        self.add("duty.bad-window", *at, found=shown_plain(value))
        return None

    def number(
        self, plain: Mapping[str, Any], key: str, least: int, most: int, at: tuple[str | int, ...],
        default: int | None = None,
    ) -> int:  # fmt: skip
        text = plain.get(key)
        if text is None and default is not None:
            return default
        if not (isinstance(text, str) and re.fullmatch(r"[0-9]{1,4}", text) and least <= int(text) <= most):
            self.add("duty.bad-number", *at, key, key=key, found=shown_plain(text), least=least, most=most)
            return least
        return int(text)

    def month_day(self, text: Any, at: tuple[str | int, ...]) -> int:
        """A day of the month; 0 = the last (clocks.md 14: day 31 is the last of short months)."""
        if text == "last":
            return 0
        if isinstance(text, str) and re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= 31:
            return int(text)
        self.add("duty.bad-month-day", *at, found=shown_plain(text))
        return 1

    def about(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> int:
        word = plain.get("about")
        if word is None:
            return 0
        if word not in ("next", "previous"):
            self.unknown("duty.unknown-value", shown_plain(word), ("next", "previous"), *at, "about", key="about")
        return 1 if word == "next" else -1

    def weekday(self, word: Any, at: tuple[str | int, ...]) -> int:
        for names in (LONG_WEEKDAYS, WEEKDAYS):
            if isinstance(word, str) and word.lower() in names:
                return names.index(word.lower())
        self.unknown("duty.unknown-weekday", shown_plain(word), LONG_WEEKDAYS, *at)
        raise Broken

    def weekdays(self, value: Any, at: tuple[str | int, ...]) -> tuple[int, ...]:
        """``mon-fri``, ``mon, wed``, ``[mon, wed-fri]``."""
        texts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        days: set[int] = set()
        for text in texts:
            ends = [self.weekday(part.strip(), at) for part in str(text).split("-")]
            if len(ends) > 2:
                self.unknown("duty.unknown-weekday", str(text), WEEKDAYS, *at)
                continue
            day = ends[0]
            days.add(day)
            while day != ends[-1]:
                day = (day + 1) % 7
                days.add(day)
        if not days:
            self.unknown("duty.unknown-weekday", shown_plain(value), WEEKDAYS, *at)
        return tuple(sorted(days)) if len(days) < 7 else ()

    def day(self, text: Any, at: tuple[str | int, ...]) -> int:
        try:
            return date.fromisoformat(text).toordinal() if isinstance(text, str) else 1 // 0
        except (ValueError, ZeroDivisionError):
            self.add("duty.bad-date", *at, found=shown_plain(text))
            return 1

    def span(self, text: Any, at: tuple[str | int, ...], *, most: int = 86400 * 30, whole_days: bool = False) -> int:
        """``20 minutes``, ``1 hour``, ``1 day`` in seconds."""
        found = re.fullmatch(r"([0-9]{1,4}) ([a-z]+)", text.strip()) if isinstance(text, str) else None
        unit = _SECONDS.get(found[2]) if found is not None else None
        seconds = int(found[1]) * unit if found is not None and unit is not None else 0
        if not 60 <= seconds <= most or (whole_days and seconds % 86400):
            self.add("duty.bad-interval", *at, found=shown_plain(text))
            return most
        return seconds

    def budget(self, value: Any, at: tuple[str | int, ...], form: Form | None) -> Any:
        from logbook.core.budgets import BudgetError
        from logbook.core.budgets import ByField
        from logbook.core.budgets import Chosen
        from logbook.core.budgets import Or
        from logbook.core.budgets import parse_within

        try:
            within = parse_within(value)
        except BudgetError as error:
            self.add(error.code, *at, **cast("dict[str, Any]", error.args_))
            raise Broken from None
        if isinstance(within, Chosen):
            self.add("duty.within-chosen", *at, found=shown_plain(value))
            raise Broken
        names = within.fields()
        if form is not None and isinstance(within, (ByField, Or)):
            field = form.fields.get(within.field)
            if field is None or field.type not in ("datetime", "date"):
                moments = [its.id for its in form.fields.values() if its.type in ("datetime", "date")]
                self.unknown("duty.unknown-moment", within.field, moments, *at, form=form.name)
            names = within.within.fields() if isinstance(within, Or) else set()
        if names:
            self.add("duty.within-field", *at, found=shown_plain(value))
        return within

    # -- the records a rule speaks of

    def form_named(self, name: str, at: tuple[str | int, ...]) -> Form:
        """A form of the library; without it the duty waits for the pack that brings it."""
        if name in self.library.absent:
            raise Waits
        if name not in self.library.forms:
            self.unknown(
                "duty.unknown-form", name, sorted(self.library.forms) if self.check else (), *at, warning=True
            )
            raise Waits
        return self.library.forms[name]

    def form_where(
        self, text: Any, at: tuple[str | int, ...], *, at_allowed: bool
    ) -> tuple[Form, str | None, Condition | None]:
        """``area where kind is show_flat``, ``repair at finish where …``."""
        found = _FORM_WHERE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None or (found[2] is not None and not at_allowed):
            self.add("duty.bad-selection", *at, found=shown_plain(text))
            raise Broken
        form = self.form_named(found[1], at)
        before = text.find(" where ") + len(" where ") if found[3] else 0
        return form, found[2], self.condition(found[3], form, at, before=before)

    def point(
        self, text: Any, at: tuple[str | int, ...], *, rows: bool = False
    ) -> tuple[Form, str, Condition | None]:
        """``repair.finish where …`` or, ``rows``, ``duty_log.weather where kind is heavy_rain``."""
        found = _POINT_WHERE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            self.add("duty.bad-list" if rows else "duty.bad-event", *at, found=shown_plain(text))
            raise Broken
        form = self.form_named(found[1], at)
        if rows:
            self.listed(form, found[2], at)
        before = text.find(" where ") + len(" where ") if found[3] else 0
        within = found[2] if rows else None
        return form, found[2], self.condition(found[3], form, at, before=before, within=within)

    def condition(
        self, text: str | None, form: Form, at: tuple[str | int, ...], *, before: int = 0, within: str | None = None
    ) -> Condition | None:
        """A condition whose names are those of ``form``; ``before`` characters stand ahead of it."""
        if text is None:
            return None
        from logbook.core.rules import SentenceError
        from logbook.core.rules import Where

        line, column = self.found.spot(*self.base, *at) if self.check else (None, 1)
        dotted = ".".join(str(part) for part in (*self.base, *at))
        where = Where(self.found.path, line, column + before, dotted)
        try:
            sentence = read_condition(text)
        except SentenceError as error:
            self.issues([error.issue(where)], *at)
            raise Broken from None
        for name in _forms_named(sentence):
            self.form_named(name, at)
        if self.check:
            from logbook.core.rules import check_names

            self.issues(check_names(sentence, form, self.library, where=where, within=within), *at)
        return sentence

    def listed(self, form: Form, name: str, at: tuple[str | int, ...]) -> Field:
        field = form.fields.get(name)
        if field is None:
            self.unknown("duty.unknown-field", name, form.fields, *at, form=form.name)
            raise Broken
        if field.type != "list":
            self.add("duty.not-list", *at, name=name, form=form.name, type=field.type)
            raise Broken
        return field


def _forms_named(sentence: Condition) -> Iterable[str]:
    """The forms whose records a condition looks through."""
    from logbook.core.rules import nodes

    for node in nodes.walk(sentence.node):
        if isinstance(node, nodes.Items):
            if node.kind == "record":
                yield from (path.text for path in node.paths)
            elif node.form is not None:
                yield node.form


def shown_plain(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(shown_plain, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown_plain(one)}" for key, one in value.items()) + "}"
    return "" if value is None else str(value)
