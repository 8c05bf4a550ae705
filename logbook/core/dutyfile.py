"""The duties of a book: what ``duties.yaml`` says, read and checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from logbook.core.definition import Shelf
from logbook.core.definition import Source
from logbook.core.definition import label_from
from logbook.core.definition import read_condition
from logbook.core.duties import CADENCES
from logbook.core.duties import OFF_DAYS
from logbook.core.duties import SITE
from logbook.core.duties import WEEKDAYS
from logbook.core.duties import Cadence
from logbook.core.duties import Daily
from logbook.core.duties import Duty
from logbook.core.duties import Each
from logbook.core.duties import EachShift
from logbook.core.duties import Earlier
from logbook.core.duties import Every
from logbook.core.duties import Monthly
from logbook.core.duties import OnEvent
from logbook.core.duties import OnHoliday
from logbook.core.duties import OnRows
from logbook.core.duties import Time
from logbook.core.duties import Weekly
from logbook.core.duties import Weeks
from logbook.core.duties import Yearly
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
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
# What a site may say of a duty in `settings.duties` of logbook.yaml.
SETTABLE = (
    *CADENCES, "between", "during", "seasons", "listed", "off_day", "role", "calendar", "effective", "earlier",
)  # fmt: skip
# What a rule consists of, a superseded one as well.
RULE = (*CADENCES, "between", "during", "seasons", "off_day", "effective")
# Times of day a site can name; `hours:` of its settings may name more.
TIME_WORDS = ("opening", "close", "shift_start", "night", "filling")
SEASONS = ("summer", "winter")
LONG_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SITE_PATH = "logbook.yaml"

# The keys under each cadence.
PARTS = {
    "daily": ("at", "times", "between", "slots", "days"),
    "shift": ("posts", "at", "within"),
    "weekly": ("times",),
    "weeks": ("every", "from"),
    "monthly": ("day", "on", "between", "working_day", "times", "about"),
    "quarterly": ("day", "month", "about"),
    "half_yearly": ("day", "month", "about"),
    "yearly": ("day", "month", "about"),
    "on": ("event", "rows", "holiday", "before", "after", "within"),
}
_MONTHS = {"quarterly": 3, "half_yearly": 6, "yearly": 12}
_SECONDS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}
_NAME = r"[a-z][a-z0-9_]*"
_FORM_WHERE = re.compile(rf"(?:records? of )?({_NAME})(?: at ({_NAME}(?:\.at)?))?(?: where (.+))?", re.DOTALL)
_POINT_WHERE = re.compile(rf"(?:rows? of )?({_NAME})\.({_NAME})(?: where (.+))?", re.DOTALL)
_TIME = re.compile(r"(\d{1,2}):(\d\d)")
_DAILY_KINDS = (Daily, Every, EachShift)


class _Broken(Exception):
    """This part of a duty was reported and cannot be read."""


class _Waits(Exception):
    """The duty needs a form this book does not have."""


# -- for the program -------------------------------------------------------------------------------


def duties_of(library: Library, settings: Mapping[str, object]) -> Mapping[str, Duty]:
    """The duties of a book by id, as the site's settings (``settings.duties``) have changed them; those
    that are broken, switched off or wait for a form that is not there are left out. Vague ones without
    a number are in it (``cadence`` None). Nothing is read before it is asked for."""

    def makers() -> Mapping[str, Callable[[], Duty]]:
        from logbook.core.shapes import Findings

        own = settings.get("duties")
        own = own if isinstance(own, Mapping) else {}
        words = _words(settings)
        found: dict[str, Callable[[], Duty]] = {}
        for source in library.shared.get("duties", ()):
            for name, plain in _entries(source).items():
                if name in found or not isinstance(plain, Mapping) or _is_off(own.get(name)):
                    continue
                changed = _overlaid(plain, own.get(name))
                reader = _Reader(library, Findings(source.path, source.line), source, words)
                duty = reader.read(name, changed)
                if duty is None and changed is not plain:  # what the site says is wrong: the pack's own holds
                    duty = _Reader(library, Findings(source.path, source.line), source, words).read(name, plain)
                if duty is not None:
                    found[name] = lambda duty=duty: duty  # type: ignore[misc]
        return found

    return Shelf(makers)


def waiting(library: Library, settings: Mapping[str, object]) -> list[Duty]:
    """The duties without a cadence: the handbooks name no interval and the site has set none."""
    return [duty for duty in duties_of(library, settings).values() if duty.cadence is None]


def check_duties(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in these files; names are looked up in ``library``."""
    from logbook.core.shapes import Findings

    issues: list[Issue] = []
    first: dict[str, str] = {}
    for source in sources:
        found = Findings(source.path, source.line, source.spot)
        plain = source.plain
        if not isinstance(plain, Mapping) or not isinstance(plain.get("duties"), Mapping):
            found.add("duty.empty")
            issues += found.issues
            continue
        for key in plain:
            if key != "duties":
                found.unknown("duty.unknown-key", str(key), ("duties",), str(key), id=str(key))
        for name, entry in plain["duties"].items():
            if name in first:
                found.add("duty.duplicate-id", "duties", name, id=name, other=first[name])
                continue
            first[name] = source.path
            _Reader(library, found, source, _words(library.settings), check=True).read(name, entry)
        issues += found.issues
    return issues


def check_site(settings: Mapping[str, object], library: Library) -> list[Issue]:
    """Every issue in ``settings.duties`` of ``logbook.yaml`` (``settings`` is what stands under that key)."""
    from logbook.core.shapes import Findings

    own = settings.get("duties")
    if own is None:
        return []
    found = Findings(SITE_PATH, lambda *place: None)
    place = ("settings", "duties")
    if not isinstance(own, Mapping):
        found.add("duty.shape", *place, key="duties", expected=_expected("map"))
        return found.issues
    known = {
        name: (source, plain)
        for source in reversed(library.shared.get("duties", ()))
        for name, plain in _entries(source).items()
    }
    for name, said in own.items():
        if name not in known:
            found.unknown("duty.unknown-duty", str(name), known, *place, str(name))
        elif isinstance(said, Mapping):
            for key in said:
                if key not in SETTABLE:
                    found.unknown("duty.not-settable", str(key), SETTABLE, *place, name, str(key), id=name)
            source, plain = known[name]
            if isinstance(plain, Mapping):
                reader = _Reader(
                    library, found, source, _words(settings), check=True, place=(*place, name),
                    only=frozenset(map(str, said)),
                )  # fmt: skip
                reader.read(name, _overlaid(plain, said))
        elif not _is_off(said):
            found.add("duty.shape", *place, name, key=name, expected=_expected("map"))
    return found.issues


def _entries(source: Source) -> Mapping[str, Any]:
    duties = source.plain.get("duties") if isinstance(source.plain, Mapping) else None
    return duties if isinstance(duties, Mapping) else {}


def _is_off(said: object) -> bool:
    return isinstance(said, str) and said in ("off", "false", "no")


def _overlaid(plain: Mapping[str, Any], said: object) -> Mapping[str, Any]:
    """A duty as the site has changed it: a cadence of its own takes the place of the pack's, from its
    ``effective`` where it gives one (the pack's rule is the earlier one then)."""
    if not isinstance(said, Mapping):
        return plain
    own = {key: value for key, value in said.items() if key in SETTABLE}
    if not own:
        return plain
    dropped: set[str] = set()
    if any(key in CADENCES for key in own):
        dropped = {*CADENCES, "vague", "seasons", "between", "during"}
        if plain.get("earlier"):
            dropped |= {"earlier", "effective"}
    kept = {key: value for key, value in plain.items() if key not in dropped}
    if _changes_from_a_day(plain, own):
        rules = plain.get("earlier")
        before = {key: plain[key] for key in RULE if plain.get(key) is not None}
        own["earlier"] = [*(rules if isinstance(rules, list) else ()), before]
    return {**kept, **own}


def _changes_from_a_day(plain: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether the pack's rule holds until the day the site names."""
    since = own.get("effective")
    changed = any(key in (*CADENCES, "off_day", "seasons") for key in own)
    if not isinstance(since, str) or not changed or "earlier" in own or not any(key in CADENCES for key in plain):
        return False
    return str(plain.get("effective") or "") < since


def _words(settings: Mapping[str, object]) -> tuple[str, ...]:
    hours = settings.get("hours")
    return (*TIME_WORDS, *(str(word) for word in hours)) if isinstance(hours, Mapping) else TIME_WORDS


def _expected(shape: str) -> Text:
    from logbook.core.shapes import EXPECTED

    return EXPECTED[shape]


# -- one duty --------------------------------------------------------------------------------------


class _Reader:
    """Reads one duty; every problem becomes a finding, and a duty comes back only without an error.

    ``check``: names in conditions, roles and posts are looked up, too, which a checked file can do
    without. ``only``: of these keys alone are findings wanted (the site's own words).
    """

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

    # -- the whole

    def read(self, name: str, plain: Any) -> Duty | None:
        """The duty, or None when something is wrong with it or a form it needs is not there."""
        from logbook.core.shapes import ID

        self.id = str(name)
        self.base: tuple[str | int, ...] = self.place or ("duties", name)
        if not isinstance(name, str) or not ID.match(name):
            self.add("duty.bad-id")
        if not isinstance(plain, Mapping):
            self.add("duty.shape", key=name, expected=_expected("map"))
            return None
        self.plain = plain
        if not self.check and self.must_wait():
            return None
        if not self.shape():
            return None
        if not plain.get("zh") and not plain.get("en"):
            self.add("duty.no-label")
        waits = False
        parts: dict[str, Any] = {}

        def part(key: str, read: Callable[[], Any]) -> Any:
            nonlocal waits
            try:
                parts[key] = read()
            except _Waits:
                waits = True
            except _Broken:
                pass
            return parts.get(key)

        self.beside()
        cadence = part("cadence", self.cadence)
        each = part("each", self.each)
        if isinstance(cadence, OnEvent) and each is not None:
            self.add("duty.each-and-event", "each")
        done = part("done_by", lambda: self.done_by(cadence)) or (None, None, None)
        form, moment, where = done
        part("while", lambda: self.while_(each))
        if isinstance(form, Form):
            part("rows", lambda: self.rows(form))
            part("subject", lambda: self.subject(form, each, cadence, parts.get("rows")))
            part("moment", lambda: self.moment(form, moment, parts.get("rows")))
            part("period", lambda: self.period(form, parts.get("rows")))
            part("slot", lambda: self.slot(form, parts.get("rows")))
        part("seasons", lambda: self.seasons(cadence))
        part("off_day", lambda: self.off_day(cadence))
        part("role", self.role)
        part("calendar", self.calendar)
        part("effective", self.effective)
        part("earlier", lambda: self.earlier(cadence))
        part("listed", lambda: self.flag("listed", default=True))
        part("inferred", lambda: self.flag("inferred", default=False))
        if self.faults or waits or not isinstance(form, Form):
            return None
        slot, slots = parts.get("slot") or (None, {})
        return Duty(
            id=name,
            label=label_from(plain),
            pack=self.source.pack,
            form=form.name,
            each=each,
            cadence=cadence,
            role=parts.get("role"),
            off_day=parts["off_day"],
            calendar=parts["calendar"],
            effective=parts.get("effective"),
            listed=parts["listed"],
            vague=plain.get("vague") or None,
            source=_joined(plain.get("source")),
            inferred=parts["inferred"],
            rows=parts.get("rows"),
            subject=parts.get("subject"),
            moment=parts.get("moment"),
            period=parts.get("period"),
            where=where,
            while_=parts.get("while"),
            seasons=parts.get("seasons") or {},
            slot=slot,
            slots=slots,
            path=self.source.path,
            line=self.source.line("duties", name),
            earlier=parts.get("earlier") or (),
        )

    def must_wait(self) -> bool:
        """Whether the form that fulfils it is not there, seen without reading anything."""
        text = str(self.plain.get("done_by") or "")
        word = text.removeprefix("record of ").removeprefix("records of ").partition(" ")[0]
        return word not in ("", "same") and word not in self.library.forms

    def shape(self) -> bool:
        """Whether every key is known and holds what it should."""
        sound = True
        for key, value in self.plain.items():
            if key in CADENCES or value is None:
                continue
            shape = KEYS.get(key)
            if shape is None:
                self.unknown("duty.unknown-key", str(key), (*KEYS, *CADENCES), str(key))
            elif not _fits(value, shape):
                sound = False
                self.add("duty.shape", key, key=key, expected=_expected(shape))
        # An unknown key does not keep the rest from being looked at; a wrong shape does.
        return sound

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.plain.get(key)
        if value is None:
            return default
        if value not in ("true", "false", "yes", "no"):
            self.add("duty.shape", key, key=key, expected=_expected("flag"))
        return value in ("true", "yes")

    # -- when

    def cadence(self) -> Cadence | None:
        """The one cadence of the duty; None while it is vague."""
        given = [key for key in CADENCES if key in self.plain]
        vague = "vague" in self.plain
        if len(given) + vague > 1:
            self.add("duty.two-cadences", given[-1] if given else "vague", found=[*given, *["vague"] * vague])
            raise _Broken
        if not given and not vague:
            from logbook.core.suggest import closest

            known = (*KEYS, *CADENCES)
            strange = [str(key) for key in self.plain if key not in known]
            if not any(near in CADENCES for key in strange for near in closest(key, known)):
                self.add("duty.no-cadence", allowed=[*CADENCES, "vague"])
            raise _Broken
        if vague:
            if not self.plain["vague"]:
                self.add("duty.vague-empty", "vague")
            return None
        return self.one_cadence(given[0], self.plain, ())

    def beside(self) -> None:
        """``between`` and ``during`` stand beside ``every`` only."""
        for key in ("between", "during"):
            if self.plain.get(key) is not None and "every" not in self.plain:
                self.add("duty.only-with-every", key, key=key)

    def one_cadence(self, key: str, plain: Mapping[str, Any], place: tuple[str | int, ...]) -> Cadence:
        value = plain[key]
        at = (*place, key)
        if key == "every":
            return self.every(value, plain, place)
        if key == "weekly" and isinstance(value, str):
            return Weekly(self.weekday(value, at))
        if value is None or value == "":
            value = {}
        if not isinstance(value, Mapping):
            self.add("duty.shape", *at, key=key, expected=_expected("map"))
            raise _Broken
        self.parts(key, value, PARTS[key], at)
        before = self.faults
        made = {
            "daily": self.daily, "shift": self.shift, "weekly": self.weekly, "weeks": self.weeks,
            "monthly": self.monthly, "on": self.on,
        }.get(key)  # fmt: skip
        cadence = made(value, at) if made is not None else self.yearly(value, at, _MONTHS[key])
        if self.faults > before:
            raise _Broken
        return cast("Cadence", cadence)

    def parts(self, key: str, plain: Mapping[str, Any], known: Sequence[str], at: tuple[str | int, ...]) -> None:
        for name in plain:
            if name not in known:
                self.unknown("duty.unknown-part", str(name), known, *at, str(name), cadence=key)

    def daily(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> Daily:
        given = [key for key in ("at", "between", "slots") if plain.get(key) is not None]
        if len(given) > 1 or ("slots" in given and "times" in plain) or ("at" in given and "times" in plain):
            self.add("duty.two-times", *at, found=[*given, *["times"] * ("times" in plain)])
        slots: tuple[tuple[str, Time], ...] = ()
        named = plain.get("slots")
        if named is not None:
            if isinstance(named, Mapping) and named:
                slots = tuple(
                    (str(name), self.time(text, (*at, "slots", str(name)))) for name, text in named.items()
                )
            else:
                self.add("duty.shape", *at, "slots", key="slots", expected=_expected("map"))
        return Daily(
            times=self.number(plain, "times", 1, 96, at, default=1),
            at=self.time(plain["at"], (*at, "at")) if plain.get("at") is not None else None,
            between=self.window(plain["between"], (*at, "between")) if plain.get("between") is not None else None,
            slots=slots,
            days=self.weekdays(plain["days"], (*at, "days")) if plain.get("days") is not None else (),
        )

    def every(self, value: Any, plain: Mapping[str, Any], place: tuple[str | int, ...]) -> Every:
        """``every: 60 minutes`` with ``between:`` or ``during:`` beside it."""
        at, before = (*place, "every"), self.faults
        seconds = self.span(value, at, most=86400)
        between, during = plain.get("between"), plain.get("during")
        if between is not None and during is not None:
            self.add("duty.two-times", *at, found=["between", "during"])
        form = where = None
        if during is not None:
            target, _, where = self.form_where(during, (*place, "during"), at_allowed=False)
            form = target.name
        ends = self.window(between, (*place, "between")) if between is not None else None
        if self.faults > before:
            raise _Broken
        return Every(seconds, ends, form, where)

    def shift(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> EachShift:
        posts = plain.get("posts")
        names = (posts,) if isinstance(posts, str) else tuple(posts) if isinstance(posts, list) else ()
        if not names or not all(isinstance(name, str) for name in names):
            self.add("duty.shape", *at, "posts", key="posts", expected=_expected("texts"))
        known = [
            name
            for source in self.library.shared.get("shifts", ())
            if isinstance(source.plain, Mapping) and isinstance(source.plain.get("posts"), Mapping)
            for name in source.plain["posts"]
        ]
        for name in names if self.check else ():
            if isinstance(name, str) and name not in known:
                # Its pack may not be enabled; then nothing is expected there.
                self.unknown("duty.unknown-post", name, known, *at, "posts", warning=True)
        when = str(plain.get("at") or "end")
        if when not in ("start", "end"):
            self.unknown("duty.unknown-value", when, ("start", "end"), *at, "at", key="at")
        within = plain.get("within")
        return EachShift(names, when, self.span(within, (*at, "within")) if within is not None else 1800)

    def weekly(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> Weekly:
        return Weekly(None, self.number(plain, "times", 1, 50, at, default=1))

    def weeks(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> Weeks:
        every = self.number(plain, "every", 1, 52, at)
        return Weeks(every, self.day(plain.get("from"), (*at, "from")))

    def monthly(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> Monthly:
        given = [
            key for key in ("day", "on", "between", "working_day", "times") if plain.get(key) is not None
        ]
        if len(given) > 1:
            self.add("duty.two-times", *at, found=given)
        between = None
        if "between" in given:
            ends = plain["between"]
            if not isinstance(ends, list) or len(ends) != 2:
                self.add("duty.bad-days", *at, "between", found=_shown(ends))
            else:
                between = (self.month_day(ends[0], (*at, "between")), self.month_day(ends[1], (*at, "between")))
                if between[0] == 0 or (between[1] and between[0] > between[1]):
                    self.add("duty.bad-days", *at, "between", found=_shown(ends))
        return Monthly(
            day=self.month_day(plain["day"], (*at, "day")) if "day" in given else None,
            on=self.month_day(plain["on"], (*at, "on")) if "on" in given else None,
            between=between,
            working_day=self.number(plain, "working_day", 1, 23, at) if "working_day" in given else None,
            times=self.number(plain, "times", 1, 100, at, default=1),
            about=self.about(plain, at),
        )

    def yearly(self, plain: Mapping[str, Any], at: tuple[str | int, ...], months: int) -> Yearly:
        return Yearly(
            months,
            self.month_day(plain["day"], (*at, "day")) if plain.get("day") is not None else None,
            self.number(plain, "month", 1, months, at) if plain.get("month") is not None else None,
            self.about(plain, at),
        )

    def on(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> OnEvent | OnRows | OnHoliday:
        given = [key for key in ("event", "rows", "holiday") if plain.get(key) is not None]
        if len(given) != 1:
            self.add("duty.on-what", *at, found=given)
            raise _Broken
        if given[0] == "event":
            return self.on_event(plain, at)
        return self.on_rows(plain, at) if given[0] == "rows" else self.on_holiday(plain, at)

    def on_event(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> OnEvent:
        self.parts("on: event", plain, ("event", "within"), at)
        form, event, where = self.point(plain["event"], (*at, "event"))
        field = form.fields.get(event)
        if event not in form.steps and (field is None or field.type not in ("datetime", "date")):
            moments = [one.id for one in form.fields.values() if one.type in ("datetime", "date")]
            self.unknown("duty.unknown-event", event, [*form.steps, *moments], *at, "event", form=form.name)
        return OnEvent(form.name, event, self.budget(plain.get("within"), (*at, "within"), form), where)

    def on_rows(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> OnRows:
        form, rows, where = self.point(plain["rows"], (*at, "rows"), rows=True)
        listed = form.fields[rows]
        before, after = plain.get("before"), plain.get("after")
        if before is None and after is None:
            self.add("duty.before-or-after", *at)
        for key in ("before", "after"):
            column = listed.columns.get(str(plain[key])) if plain.get(key) is not None else None
            if plain.get(key) is not None and (column is None or column.type not in ("datetime", "date", "time")):
                moments = [one.id for one in listed.columns.values() if one.type in ("datetime", "date", "time")]
                self.unknown("duty.unknown-moment", str(plain[key]), moments, *at, key, form=f"{form.name}.{rows}")
        within = self.budget(plain.get("within", "1 day"), (*at, "within"), None)
        return OnRows(form.name, rows, within, before, after, where=where)

    def on_holiday(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> OnHoliday:
        self.parts("on: holiday", plain, ("holiday", "before", "after"), at)
        name = plain["holiday"]
        if not isinstance(name, str) or not name:
            self.add("duty.shape", *at, "holiday", key="holiday", expected=_expected("text"))
            raise _Broken
        days = {
            key: self.span(plain[key], (*at, key), most=86400 * 30, whole_days=True) // 86400
            for key in ("before", "after")
            if plain.get(key) is not None
        }
        if not days:
            self.add("duty.before-or-after", *at)
        return OnHoliday(name, days.get("before", 0), days.get("after", 0))

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
            self.add("duty.bad-time", *at, found=_shown(text))
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
                self.add("duty.empty-window", *at, found=_shown(value[0]))
            return ends
        if isinstance(value, str):
            if _TIME.fullmatch(value):
                self.add("duty.bad-window", *at, found=value)
            else:
                self.time(value, at)
            return value
        self.add("duty.bad-window", *at, found=_shown(value))
        return None

    def number(
        self, plain: Mapping[str, Any], key: str, least: int, most: int, at: tuple[str | int, ...],
        default: int | None = None,
    ) -> int:  # fmt: skip
        text = plain.get(key)
        if text is None and default is not None:
            return default
        if not (isinstance(text, str) and re.fullmatch(r"[0-9]{1,4}", text) and least <= int(text) <= most):
            self.add("duty.bad-number", *at, key, key=key, found=_shown(text), least=least, most=most)
            return least
        return int(text)

    def month_day(self, text: Any, at: tuple[str | int, ...]) -> int:
        """A day of the month; 0 = the last (clocks.md 14: day 31 is the last of short months)."""
        if text == "last":
            return 0
        if isinstance(text, str) and re.fullmatch(r"[0-9]{1,2}", text) and 1 <= int(text) <= 31:
            return int(text)
        self.add("duty.bad-month-day", *at, found=_shown(text))
        return 1

    def about(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> int:
        word = plain.get("about")
        if word is None:
            return 0
        if word not in ("next", "previous"):
            self.unknown("duty.unknown-value", _shown(word), ("next", "previous"), *at, "about", key="about")
        return 1 if word == "next" else -1

    def weekday(self, word: Any, at: tuple[str | int, ...]) -> int:
        for names in (LONG_WEEKDAYS, WEEKDAYS):
            if isinstance(word, str) and word.lower() in names:
                return names.index(word.lower())
        self.unknown("duty.unknown-weekday", _shown(word), LONG_WEEKDAYS, *at)
        raise _Broken

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
            self.unknown("duty.unknown-weekday", _shown(value), WEEKDAYS, *at)
        return tuple(sorted(days)) if len(days) < 7 else ()

    def day(self, text: Any, at: tuple[str | int, ...]) -> int:
        try:
            return date.fromisoformat(text).toordinal() if isinstance(text, str) else 1 // 0
        except (ValueError, ZeroDivisionError):
            self.add("duty.bad-date", *at, found=_shown(text))
            return 1

    def span(self, text: Any, at: tuple[str | int, ...], *, most: int = 86400 * 30, whole_days: bool = False) -> int:
        """``20 minutes``, ``1 hour``, ``1 day`` in seconds."""
        found = re.fullmatch(r"([0-9]{1,4}) ([a-z]+)", text.strip()) if isinstance(text, str) else None
        unit = _SECONDS.get(found[2]) if found is not None else None
        seconds = int(found[1]) * unit if found is not None and unit is not None else 0
        if not 60 <= seconds <= most or (whole_days and seconds % 86400):
            self.add("duty.bad-interval", *at, found=_shown(text))
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
            raise _Broken from None
        if isinstance(within, Chosen):
            self.add("duty.within-chosen", *at, found=_shown(value))
            raise _Broken
        names = within.fields()
        if form is not None and isinstance(within, (ByField, Or)):
            field = form.fields.get(within.field)
            if field is None or field.type not in ("datetime", "date"):
                moments = [its.id for its in form.fields.values() if its.type in ("datetime", "date")]
                self.unknown("duty.unknown-moment", within.field, moments, *at, form=form.name)
            names = within.within.fields() if isinstance(within, Or) else set()
        if names:
            self.add("duty.within-field", *at, found=_shown(value))
        return within

    def earlier(self, cadence: Cadence | None) -> tuple[Earlier, ...]:
        """The superseded rules, the oldest first; each holds until the next one's first day (clocks.md 14)."""
        rules = self.plain.get("earlier")
        if rules is None:
            return ()
        if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
            self.add("duty.earlier-list", "earlier")
            raise _Broken
        if rules and self.plain.get("effective") is None:
            self.add("duty.earlier-without-effective", "earlier")
            raise _Broken
        if self.only is not None and "earlier" not in self.only:  # the pack's rule, until the site's begins
            return tuple(self.one_earlier(rule, ("effective",), cadence, first=not n) for n, rule in enumerate(rules))
        found = [
            self.one_earlier(rule, ("earlier", number), cadence, first=number == 0)
            for number, rule in enumerate(rules)
        ]
        days = [rule.effective for rule in found if rule.effective is not None]
        if rules:
            days.append(self.day(self.plain["effective"], ("effective",)))
        if any(day >= after for day, after in pairwise(days)):
            self.add("duty.earlier-order", "earlier")
        return tuple(found)

    def one_earlier(
        self, rule: Mapping[str, Any], at: tuple[str | int, ...], cadence: Cadence | None, *, first: bool
    ) -> Earlier:
        self.parts("earlier", rule, RULE, at)
        keys = [key for key in CADENCES if key in rule]
        alone = "every" not in keys and ("between" in rule or "during" in rule)
        if len(keys) != 1 or alone:
            self.add("duty.earlier-one", *at)
            raise _Broken
        if rule.get("effective") is None and not first:
            self.add("duty.earlier-no-effective", *at)
        before = self.one_cadence(keys[0], rule, at)
        if _made_by(before) != _made_by(cadence) and (cadence is not None or "vague" in self.plain):
            self.add("duty.earlier-kind", *at)
        since = rule.get("effective")
        return Earlier(
            before,
            self.day(since, (*at, "effective")) if since is not None else None,
            self.off_day(before, rule, at),
            self.seasons(before, rule, at),
        )

    def seasons(
        self, cadence: Cadence | None, rule: Mapping[str, Any] | None = None, at: tuple[str | int, ...] = ()
    ) -> dict[str, Cadence]:
        plain = (self.plain if rule is None else rule).get("seasons")
        found: dict[str, Cadence] = {}
        if rule is not None and plain is not None and not isinstance(plain, Mapping):
            self.add("duty.shape", *at, "seasons", key="seasons", expected=_expected("map"))
        for season, entry in plain.items() if isinstance(plain, Mapping) else ():
            if season not in SEASONS:
                self.unknown("duty.unknown-season", str(season), SEASONS, *at, "seasons", str(season))
                continue
            keys = [key for key in entry if key in CADENCES] if isinstance(entry, Mapping) else []
            beside = {"between", "during"} if keys == ["every"] else set()
            if len(keys) != 1 or not set(entry) <= {*keys, *beside}:
                self.add("duty.season-one", *at, "seasons", season, season=season)
                continue
            try:
                other = self.one_cadence(keys[0], entry, (*at, "seasons", season))
            except (_Broken, _Waits):
                continue
            if cadence is not None and type(other) is not type(cadence):
                self.add("duty.season-kind", *at, "seasons", season, season=season)
            found[season] = other
        return found

    # -- what, who, where

    def form_named(self, name: str, at: tuple[str | int, ...]) -> Form:
        """A form of the library; without it the duty waits for the pack that brings it."""
        if name in self.library.absent:
            raise _Waits
        if name not in self.library.forms:
            self.unknown(
                "duty.unknown-form", name, sorted(self.library.forms) if self.check else (), *at, warning=True
            )
            raise _Waits
        return self.library.forms[name]

    def form_where(
        self, text: Any, at: tuple[str | int, ...], *, at_allowed: bool
    ) -> tuple[Form, str | None, Condition | None]:
        """``area where kind is show_flat``, ``repair at finish where …``."""
        found = _FORM_WHERE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None or (found[2] is not None and not at_allowed):
            self.add("duty.bad-selection", *at, found=_shown(text))
            raise _Broken
        form = self.form_named(found[1], at)
        before = text.find(" where ") + len(" where ") if found[3] else 0
        return form, found[2], self.condition(found[3], form, at, before=before)

    def point(
        self, text: Any, at: tuple[str | int, ...], *, rows: bool = False
    ) -> tuple[Form, str, Condition | None]:
        """``repair.finish where …`` or, ``rows``, ``duty_log.weather where kind is heavy_rain``."""
        found = _POINT_WHERE.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            self.add("duty.bad-list" if rows else "duty.bad-event", *at, found=_shown(text))
            raise _Broken
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
            raise _Broken from None
        for name in _forms_named(sentence):
            self.form_named(name, at)
        if self.check:
            from logbook.core.rules import check_names

            self.issues(check_names(sentence, form, self.library, where=where, within=within), *at)
        return sentence

    def each(self) -> Each | None:
        text = self.plain.get("each")
        if text is None:
            return None
        form, _, where = self.form_where(text, ("each",), at_allowed=False)
        return Each(form.name, where, text.partition(" where ")[2])

    def done_by(self, cadence: Cadence | None) -> tuple[Form, str | None, Condition | None]:
        text = self.plain.get("done_by")
        if not text:
            self.add("duty.missing-key", key="done_by")
            raise _Broken
        if re.match(r"same\b", text):
            form = cadence.form if isinstance(cadence, (OnEvent, Every)) else None
            if form is None:
                if "cadence" in self._sound(cadence):
                    self.add("duty.same-of-what", "done_by")
                raise _Broken
            text = form + text[len("same") :]
        return self.form_where(text, ("done_by",), at_allowed=True)

    def _sound(self, cadence: Cadence | None) -> tuple[str, ...]:
        """``cadence`` where there is one (a broken or a waiting one is told of already)."""
        return ("cadence",) if cadence is not None or "vague" in self.plain else ()

    def while_(self, each: Each | None) -> Condition | None:
        form = self.library.forms[each.form] if each is not None else SITE
        return self.condition(self.plain.get("while"), form, ("while",))

    def listed(self, form: Form, name: str, at: tuple[str | int, ...]) -> Field:
        field = form.fields.get(name)
        if field is None:
            self.unknown("duty.unknown-field", name, form.fields, *at, form=form.name)
            raise _Broken
        if field.type != "list":
            self.add("duty.not-list", *at, name=name, form=form.name, type=field.type)
            raise _Broken
        return field

    def rows(self, form: Form) -> str | None:
        name = self.plain.get("rows")
        if name is None:
            return None
        self.listed(form, name, ("rows",))
        return str(name)

    def subject(self, form: Form, each: Each | None, cadence: Cadence | None, rows: str | None) -> str | None:
        """The field that names the subject; by default the only reference to its form."""
        target = each.form if each is not None else getattr(cadence, "form", None)
        if isinstance(cadence, OnRows) and each is None:
            target = None
        if (each is None and "each" in self.plain) or (cadence is None and "vague" not in self.plain):
            return None  # what it is about is told as wrong already
        named = self.plain.get("subject")
        if target is None:
            if named is not None:
                self.add("duty.subject-of-what", "subject")
            return None
        columns = form.fields[rows].columns if rows is not None else {}
        if named is not None:
            field = columns.get(named) or form.fields.get(named)
            if field is None:
                self.unknown("duty.unknown-field", named, [*columns, *form.fields], "subject", form=form.name)
                raise _Broken
            if not _points_at(field, target):
                self.add("duty.subject-not-reference", "subject", name=named, form=form.name, each=target)
                raise _Broken
            return str(named)
        if form.name == target:
            return None
        for fields in (columns, form.fields):
            names = [name for name, field in fields.items() if _points_at(field, target)]
            if len(names) == 1:
                return names[0]
            if names:
                self.add("duty.many-subjects", "done_by", form=form.name, each=target, found=names)
                raise _Broken
        self.add("duty.no-subject", "done_by", form=form.name, each=target)
        raise _Broken

    def moment(self, form: Form, of_done_by: str | None, rows: str | None) -> str | None:
        name = self.plain.get("moment") or of_done_by
        if name is None or name == "at":
            return name
        columns = form.fields[rows].columns if rows is not None else {}
        key = "moment" if self.plain.get("moment") else "done_by"
        field = columns.get(name) or form.fields.get(name)
        step = name.removesuffix(".at")
        if step in form.steps and field is None:
            return str(step)
        if field is None:
            options = [
                *(one for one, its in columns.items() if its.type in ("datetime", "date", "time")),
                "at", *form.steps,
                *(one for one, its in form.fields.items() if its.type in ("datetime", "date", "time")),
            ]  # fmt: skip
            self.unknown("duty.unknown-moment", name, options, key, form=form.name)
            raise _Broken
        if field.type not in ("datetime", "date", "time"):
            self.add("duty.not-moment", key, name=name, form=form.name, type=field.type)
            raise _Broken
        return str(name)

    def period(self, form: Form, rows: str | None) -> str | None:
        name = self.plain.get("period")
        if name is None:
            return None
        columns = form.fields[rows].columns if rows is not None else {}
        field = columns.get(name) or form.fields.get(name)
        if field is None:
            self.unknown("duty.unknown-field", name, [*columns, *form.fields], "period", form=form.name)
            raise _Broken
        if field.type not in ("text", "date", "int"):
            self.add("duty.not-period", "period", name=name, form=form.name, type=field.type)
            raise _Broken
        return str(name)

    def slot(self, form: Form, rows: str | None) -> tuple[str, dict[str, str]] | None:
        """``slot: reason``, or with what the values mean: ``slot: {reason: {rain_before: before}}``."""
        value = self.plain.get("slot")
        if value is None:
            return None
        table: Mapping[str, Any] = {}
        if isinstance(value, Mapping) and len(value) == 1:
            ((value, table),) = value.items()
        if not isinstance(value, str) or not isinstance(table, Mapping):
            self.add("duty.shape", "slot", key="slot", expected=_expected("text"))
            raise _Broken
        columns = form.fields[rows].columns if rows is not None else {}
        field = columns.get(value) or form.fields.get(value)
        if field is None:
            self.unknown("duty.unknown-field", value, [*columns, *form.fields], "slot", form=form.name)
            raise _Broken
        for choice in table:
            if field.choices and choice not in field.choices:
                self.unknown("duty.unknown-value", str(choice), field.choices, "slot", key=value)
        return value, {str(choice): str(slot) for choice, slot in table.items()}

    def off_day(
        self, cadence: Cadence | None, rule: Mapping[str, Any] | None = None, at: tuple[str | int, ...] = ()
    ) -> str:
        word = (self.plain if rule is None else rule).get("off_day") or "keep"
        if word not in OFF_DAYS:
            self.unknown("duty.unknown-off-day", _shown(word), OFF_DAYS, *at, "off_day")
        elif word in ("next", "prev") and isinstance(cadence, _DAILY_KINDS):
            self.add("duty.off-day-daily", *at, "off_day", word=word)
        return str(word)

    def role(self) -> str | None:
        name = self.plain.get("role")
        if name is not None and self.check and self.library.roles and name not in (*self.library.roles, "staff"):
            self.unknown("duty.unknown-role", name, self.library.roles, "role")
        return name

    def calendar(self) -> str:
        name = self.plain.get("calendar")
        if name is not None and self.check:
            from logbook.core.calendars import SHIPPED

            known = dict.fromkeys([*SHIPPED, "office"])
            for source in self.library.shared.get("calendars", ()):
                if isinstance(source.plain, Mapping) and isinstance(source.plain.get("calendars"), Mapping):
                    known.update(dict.fromkeys(source.plain["calendars"]))
            if name not in known:
                # It may stand in logbook.yaml, which is not ours to read.
                self.unknown("duty.unknown-calendar", name, known, "calendar", warning=True)
        return str(name or "office")

    def effective(self) -> int | None:
        text = self.plain.get("effective")
        return self.day(text, ("effective",)) if text is not None else None


def _forms_named(sentence: Condition) -> Iterable[str]:
    """The forms whose records a condition looks through."""
    from logbook.core.rules import nodes

    for node in nodes.walk(sentence.node):
        if isinstance(node, nodes.Items):
            if node.kind == "record":
                yield from (path.text for path in node.paths)
            elif node.form is not None:
                yield node.form


def _made_by(cadence: Cadence | None) -> tuple[object, ...]:
    """What makes the occurrences: the days, or these records; a new rule cannot change it."""
    if isinstance(cadence, OnEvent):
        agreed = getattr(cadence.within, "field", None)
        return OnEvent, cadence.form, cadence.event, _said(cadence.where), agreed
    if isinstance(cadence, OnRows):
        return OnRows, cadence.form, cadence.rows, cadence.before, cadence.after, _said(cadence.where)
    if isinstance(cadence, Every) and cadence.form is not None:
        return Every, cadence.form, _said(cadence.where)
    return () if cadence is not None else (None,)


def _said(where: Condition | None) -> str | None:
    return where.text if where is not None else None


def _fits(value: Any, shape: str) -> bool:
    if isinstance(value, str):
        return shape != "map"
    if shape == "texts":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return shape == "any" or (shape == "map" and isinstance(value, Mapping))


def _points_at(field: Field, form: str) -> bool:
    return (field.type == "ref" and form in field.target) or (field.type == "staff" and form == "staff")


def _joined(value: Any) -> str | None:
    return "; ".join([value] if isinstance(value, str) else map(str, value or ())) or None


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(one)}" for key, one in value.items()) + "}"
    return "" if value is None else str(value)
