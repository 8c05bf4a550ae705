"""When a duty falls due: its cadence, the rules before it and those of the seasons."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any
from typing import cast

from logbook.core.duties import CADENCES
from logbook.core.duties import OFF_DAYS
from logbook.core.duties import Cadence
from logbook.core.duties import Daily
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
from logbook.core.dutyparts import KEYS
from logbook.core.dutyparts import Broken
from logbook.core.dutyparts import Parts
from logbook.core.dutyparts import Waits
from logbook.core.dutyparts import expected_shape
from logbook.core.dutyparts import shown_plain

if TYPE_CHECKING:
    from logbook.core.rules import Condition

# What a rule consists of, a superseded one as well.
RULE = (*CADENCES, "between", "during", "seasons", "off_day", "effective")
SEASONS = ("summer", "winter")

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
_DAILY_KINDS = (Daily, Every, EachShift)


class Cadences(Parts):
    """Reads when one duty falls due."""

    # -- when

    def cadence(self) -> Cadence | None:
        """The one cadence of the duty; None while it is vague."""
        given = [key for key in CADENCES if key in self.plain]
        vague = "vague" in self.plain
        if len(given) + vague > 1:
            self.add("duty.two-cadences", given[-1] if given else "vague", found=[*given, *["vague"] * vague])
            raise Broken
        if not given and not vague:
            from logbook.core.suggest import closest

            known = (*KEYS, *CADENCES)
            strange = [str(key) for key in self.plain if key not in known]
            if not any(near in CADENCES for key in strange for near in closest(key, known)):
                self.add("duty.no-cadence", allowed=[*CADENCES, "vague"])
            raise Broken
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
            self.add("duty.shape", *at, key=key, expected=expected_shape("map"))
            raise Broken
        self.parts(key, value, PARTS[key], at)
        before = self.faults
        made = {
            "daily": self.daily, "shift": self.shift, "weekly": self.weekly, "weeks": self.weeks,
            "monthly": self.monthly, "on": self.on,
        }.get(key)  # fmt: skip
        cadence = made(value, at) if made is not None else self.yearly(value, at, _MONTHS[key])
        if self.faults > before:
            raise Broken
        return cast("Cadence", cadence)

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
                self.add("duty.shape", *at, "slots", key="slots", expected=expected_shape("map"))
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
            raise Broken
        return Every(seconds, ends, form, where)

    def shift(self, plain: Mapping[str, Any], at: tuple[str | int, ...]) -> EachShift:
        posts = plain.get("posts")
        names = (posts,) if isinstance(posts, str) else tuple(posts) if isinstance(posts, list) else ()
        if not names or not all(isinstance(name, str) for name in names):
            self.add("duty.shape", *at, "posts", key="posts", expected=expected_shape("texts"))
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
                self.add("duty.bad-days", *at, "between", found=shown_plain(ends))
            else:
                between = (self.month_day(ends[0], (*at, "between")), self.month_day(ends[1], (*at, "between")))
                if between[0] == 0 or (between[1] and between[0] > between[1]):
                    self.add("duty.bad-days", *at, "between", found=shown_plain(ends))
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
            raise Broken
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
            self.add("duty.shape", *at, "holiday", key="holiday", expected=expected_shape("text"))
            raise Broken
        days = {
            key: self.span(plain[key], (*at, key), most=86400 * 30, whole_days=True) // 86400
            for key in ("before", "after")
            if plain.get(key) is not None
        }
        if not days:
            self.add("duty.before-or-after", *at)
        return OnHoliday(name, days.get("before", 0), days.get("after", 0))

    # -- beside it

    def earlier(self, cadence: Cadence | None) -> tuple[Earlier, ...]:
        """The superseded rules, the oldest first; each holds until the next one's first day (clocks.md 14)."""
        rules = self.plain.get("earlier")
        if rules is None:
            return ()
        if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
            self.add("duty.earlier-list", "earlier")
            raise Broken
        if rules and self.plain.get("effective") is None:
            self.add("duty.earlier-without-effective", "earlier")
            raise Broken
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
            raise Broken
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
            self.add("duty.shape", *at, "seasons", key="seasons", expected=expected_shape("map"))
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
            except (Broken, Waits):
                continue
            if cadence is not None and type(other) is not type(cadence):
                self.add("duty.season-kind", *at, "seasons", season, season=season)
            found[season] = other
        return found

    def off_day(
        self, cadence: Cadence | None, rule: Mapping[str, Any] | None = None, at: tuple[str | int, ...] = ()
    ) -> str:
        word = (self.plain if rule is None else rule).get("off_day") or "keep"
        if word not in OFF_DAYS:
            self.unknown("duty.unknown-off-day", shown_plain(word), OFF_DAYS, *at, "off_day")
        elif word in ("next", "prev") and isinstance(cadence, _DAILY_KINDS):
            self.add("duty.off-day-daily", *at, "off_day", word=word)
        return str(word)


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
