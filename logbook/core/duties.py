"""A duty: work that is expected by a rule, and the cadences such a rule can have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING
from typing import Union

from logbook.core.form import Form
from logbook.core.moments import hhmm
from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.budgets import Or
    from logbook.core.budgets import Plain
    from logbook.core.form import Library
    from logbook.core.rules import Condition

# A time of day: minutes after 00:00, or a word of the site's `hours:` (opening, close, shift_start, …).
Time = Union[int, str]

# A run of misses is counted up to here: a year and more of every hour.
MANY = 10_000

OFF_DAYS = ("keep", "skip", "next", "prev")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The keys of a duty that say when; exactly one of them stands in it, or `vague`.
CADENCES = (
    "daily", "every", "shift", "weekly", "weeks", "monthly", "quarterly", "half_yearly", "yearly", "on",
)  # fmt: skip

# Whose names stand bare in a `while` of a duty without subjects: nobody's.
SITE = Form("site", 0, Text("本单位", "the site"), "", "")


@frozen
class Each:
    """What a duty repeats for: every record of ``form`` for which ``where`` holds."""

    form: str
    where: Condition | None = None
    text: str = ""


@frozen
class Daily:
    """``times`` a day, by ``at`` or inside ``between``, or once a slot (name, due); on ``days`` only
    (0 = Monday; empty = every day)."""

    times: int = 1
    at: Time | None = None
    between: tuple[Time, Time] | str | None = None
    slots: tuple[tuple[str, Time], ...] = ()
    days: tuple[int, ...] = ()


@frozen
class Every:
    """Once in each interval of ``seconds`` between two times of day (or a window's name), or while a
    record of ``form`` runs (``during``)."""

    seconds: int
    between: tuple[Time, Time] | str | None = None
    form: str | None = None
    where: Condition | None = None


@frozen
class EachShift:
    """Once in each slot of these posts, due ``within`` seconds after its ``at`` (``start`` or ``end``)."""

    posts: tuple[str, ...]
    at: str = "end"
    within: int = 1800


@frozen
class Weekly:
    """On a weekday (0 = Monday), or ``times`` in a week from Monday to Sunday."""

    weekday: int | None = None
    times: int = 1


@frozen
class Weeks:
    """Once in each ``every`` weeks, counted from the day ``start`` (ordinal)."""

    every: int
    start: int


@frozen
class Monthly:
    """In each month: by ``day`` or on the day ``on`` (0 = the last), ``between`` two days, by the
    ``working_day``-th working day, or ``times`` at any time. ``about``: the month the paper is about."""

    day: int | None = None
    on: int | None = None
    between: tuple[int, int] | None = None
    working_day: int | None = None
    times: int = 1
    about: int = 0


@frozen
class Yearly:
    """Once in each ``months`` (3, 6, 12); by ``day`` (0 = the last) of the ``month``-th month of the
    period where these are given, else by its last day. ``about``: the period the paper is about."""

    months: int
    day: int | None = None
    month: int | None = None
    about: int = 0


@frozen
class OnEvent:
    """After a step (or moment field) ``event`` of each record of ``form``, within a budget; of moments
    that a record agrees upon only ``by FIELD`` and ``… or FIELD``."""

    form: str
    event: str
    within: Plain | Or
    where: Condition | None = None


@frozen
class OnRows:
    """Before and after every row of a list: ``before`` and ``after`` name its moments; ``lead`` seconds
    before it the first opens, ``within`` is the budget of the second."""

    form: str
    rows: str
    within: Plain | Or
    before: str | None = None
    after: str | None = None
    lead: int = 86400
    where: Condition | None = None


@frozen
class OnHoliday:
    """In the ``before`` days ahead of a public holiday, in the ``after`` days behind it (0 = not), or both;
    ``name`` is a word of its notice (``any``: every holiday)."""

    name: str
    before: int = 0
    after: int = 0


Cadence = Union[Daily, Every, EachShift, Weekly, Weeks, Monthly, Yearly, OnEvent, OnRows, OnHoliday]


@frozen
class Earlier:
    """A rule a duty had before: ``effective`` is its first nominal day (ordinal; None = from the beginning),
    its last is the day before the next rule's first."""

    cadence: Cadence
    effective: int | None = None
    off_day: str = "keep"
    seasons: Mapping[str, Cadence] = attribute(default_factory=dict)


@frozen
class Duty:
    """One rule. ``form`` fulfils it (``where`` and ``moment`` say with which record and when);
    ``cadence`` None = vague, waiting for the site. ``effective``: first nominal day (ordinal).

    ``slot``: the field of ``form`` that names the slot, with what its values mean (``slots``).
    ``earlier``: the superseded rules, the oldest first (clocks.md 14); ``effective`` is set then.
    """

    id: str
    label: Text
    pack: str
    form: str
    each: Each | None = None
    cadence: Cadence | None = None
    role: str | None = None
    off_day: str = "keep"
    calendar: str = "office"
    effective: int | None = None
    listed: bool = True
    vague: str | None = None
    source: str | None = None
    inferred: bool = False
    rows: str | None = None
    subject: str | None = None
    moment: str | None = None
    period: str | None = None
    where: Condition | None = None
    while_: Condition | None = None
    seasons: Mapping[str, Cadence] = attribute(default_factory=dict)
    slot: str | None = None
    slots: Mapping[str, str] = attribute(default_factory=dict)
    path: str | None = None
    line: int | None = None
    earlier: tuple[Earlier, ...] = ()

    @property
    def begins(self) -> int | None:
        """The first nominal day of its first rule; None: there is none."""
        return self.earlier[0].effective if self.earlier else self.effective

    def cadence_on(self, nominal: int) -> Cadence | None:
        """The cadence of the rule that holds for a nominal day."""
        if not self.earlier or self.effective is None or nominal >= self.effective:
            return self.cadence
        rules = [rule for rule in self.earlier if rule.effective is None or nominal >= rule.effective]
        return (rules or self.earlier)[-1 if rules else 0].cadence

    @property
    def subject_form(self) -> str | None:
        """The form whose records are the subjects; None for a duty of the whole site."""
        if self.each is not None:
            return self.each.form
        if isinstance(self.cadence, OnEvent):
            return self.cadence.form
        return self.cadence.form if isinstance(self.cadence, Every) else None

    @property
    def trigger_form(self) -> str | None:
        """The form whose records make occurrences (``on:``, ``during``); None where the days do."""
        cadence = self.cadence
        return cadence.form if isinstance(cadence, (OnEvent, OnRows, Every)) else None

    @property
    def forms(self) -> frozenset[str]:
        """Every form whose records the standing of this duty depends on (``while`` apart)."""
        return frozenset(name for name in (self.form, self.subject_form, self.trigger_form) if name)


# -- in words --------------------------------------------------------------------------------------

_WEEK_ZH = "一二三四五六日"
_WEEK_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORDS = {
    "opening": Text("开门时间", "opening time"),
    "close": Text("下班时间", "closing time"),
    "shift_start": Text("上班时间", "the start of the shift"),
    "night": Text("夜间", "the night"),
}
_OFF = {
    "skip": Text("休息日不做", "not on days off"),
    "next": Text("遇休息日顺延到下一个工作日", "on a day off it moves to the next working day"),
    "prev": Text("遇休息日提前到上一个工作日", "on a day off it moves to the working day before"),
}
_SEASONS = {"summer": Text("夏季", "in summer"), "winter": Text("冬季", "in winter")}


def say(duty: Duty, lang: str, library: Library | None = None) -> str:
    """The duty in one sentence; ``library`` lends the labels of forms, steps, fields and roles."""
    return _Speaker(lang, library).sentence(duty)


def say_when(duty: Duty, lang: str, library: Library | None = None) -> str:
    """When the duty is due, in a few words; for a vague one the handbook's word."""
    if duty.cadence is None:
        return duty.vague or ""
    return _Speaker(lang, library).when(duty.cadence)


class _Speaker:
    """Says a duty in one language."""

    def __init__(self, lang: str, library: Library | None) -> None:
        self.zh = lang == "zh"
        self.lang = lang
        self.library = library

    def of(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def form(self, name: str) -> str:
        form = self.library.forms.get(name) if self.library is not None else None
        return form.title.say(self.lang) if form is not None else name

    def role(self, name: str) -> str:
        if self.library is not None and name in self.library.roles:
            return self.library.roles[name].say(self.lang)
        return self.of("员工", "any member of staff") if name == "staff" else name

    def only(self, condition: Condition | None, form: str) -> str:
        """A condition in brackets."""
        if condition is None:
            return ""
        from logbook.core.rules import say as said

        known = self.library.forms.get(form, SITE) if self.library is not None else SITE
        try:
            text = said(condition, known, self.lang, library=self.library)
        except (KeyError, AttributeError):
            text = condition.text
        text = text.strip().rstrip("。.")
        return self.of(f"（{text}）", f" ({text[:1].lower()}{text[1:]})")

    def sentence(self, duty: Duty) -> str:
        parts: list[str] = []
        if duty.cadence is None:
            parts.append(
                self.of(
                    f"手册只说“{duty.vague or ''}”，等本单位定时间",
                    f'the handbook only says "{duty.vague or ""}": it waits until the site sets when',
                )
            )
        else:
            parts.append(self.when(duty.cadence))
        for season, cadence in duty.seasons.items():
            name = _SEASONS[season].say(self.lang)
            parts.append(self.of(f"{name}{self.when(cadence)}", f"{name} {self.when(cadence)}"))
        since = duty.effective
        for rule in reversed(duty.earlier):
            if since is not None:
                day, old = date.fromordinal(since).isoformat(), self.when(rule.cadence)
                parts.append(self.of(f"{day}之前{old}", f"before {day} {old}"))
            since = rule.effective
        if duty.each is not None:
            what = self.form(duty.each.form) + self.only(duty.each.where, duty.each.form)
            parts.append(self.of(f"对每一份{what}", f"for each {what}"))
        if duty.while_ is not None:
            form = duty.each.form if duty.each is not None else ""
            parts.append(self.of("只在符合条件时", "only while a condition holds") + self.only(duty.while_, form))
        if duty.off_day in _OFF:
            parts.append(_OFF[duty.off_day].say(self.lang))
        if duty.role is not None:
            parts.append(self.of(f"由{self.role(duty.role)}做", f"done by {self.role(duty.role)}"))
        what = self.form(duty.form) + self.only(duty.where, duty.form)
        parts.append(self.of(f"以{what}为准", f"recorded as {what}"))
        if not duty.listed:
            parts.append(self.of("不列入逾期", "not listed as overdue"))
        label = duty.label.say(self.lang)
        return self.of(f"{label}：{'，'.join(parts)}。", f"{label}: {'; '.join(parts)}.")

    def when(self, cadence: Cadence) -> str:
        if isinstance(cadence, Daily):
            return self.daily(cadence)
        if isinstance(cadence, Every):
            span = self.span(cadence.seconds)
            if cadence.form is not None:
                what = self.form(cadence.form) + self.only(cadence.where, cadence.form)
                return self.of(f"{what}进行中每{span}一次", f"every {span} while {what} runs")
            inside = self.between(cadence.between) if cadence.between is not None else ""
            return self.of(f"{inside}每{span}一次", f"every {span}{inside}")
        if isinstance(cadence, EachShift):
            posts = self.of("、", ", ").join(cadence.posts)
            side = self.of("开始" if cadence.at == "start" else "结束", "start" if cadence.at == "start" else "end")
            span = self.span(cadence.within)
            return self.of(
                f"每班一次（{posts}），班次{side}后{span}内", f"once a shift ({posts}), within {span} of its {side}"
            )
        if isinstance(cadence, Weekly):
            if cadence.weekday is not None:
                return self.of(f"每周{_WEEK_ZH[cadence.weekday]}", f"every {_WEEK_EN[cadence.weekday]}")
            return self.of(f"每周{self.times(cadence.times)}", f"{self.times(cadence.times)} a week")
        if isinstance(cadence, Weeks):
            return self.of(f"每{cadence.every}周一次", f"once in {cadence.every} weeks")
        if isinstance(cadence, Monthly):
            return self.monthly(cadence)
        if isinstance(cadence, Yearly):
            return self.yearly(cadence)
        if isinstance(cadence, OnEvent):
            form = self.library.forms.get(cadence.form) if self.library is not None else None
            step = form.steps.get(cadence.event) or form.fields.get(cadence.event) if form is not None else None
            event = step.label.say(self.lang) if step is not None else cadence.event
            what = self.form(cadence.form) + self.only(cadence.where, cadence.form)
            within = cadence.within.say(self.lang)
            return self.of(f"{what}“{event}”之后：{within}", f'after "{event}" of {what}: {within}')
        if isinstance(cadence, OnRows):
            return self.rows(cadence)
        name = self.of("法定节假日", "public holiday") if cadence.name == "any" else cadence.name
        sides = []
        if cadence.before:
            sides.append(self.of(f"前{cadence.before}天内", f"in the {self.days(cadence.before)} before"))
        if cadence.after:
            sides.append(self.of(f"后{cadence.after}天内", f"in the {self.days(cadence.after)} after"))
        each = "" if cadence.name == "any" else " "
        return self.of(f"每个{name}{'、'.join(sides)}", f"{' and '.join(sides)} each{each or ' '}{name}")

    def daily(self, cadence: Daily) -> str:
        text = self.of("每天", "every day")
        if cadence.days:
            names = [_WEEK_ZH[day] if self.zh else _WEEK_EN[day] for day in cadence.days]
            text = self.of("每周" + "、".join(names), "every " + ", ".join(names))
        if cadence.slots:
            slots = [f"{name} {self.time(said)}" for name, said in cadence.slots]
            return text + self.of("：" + "、".join(f"{one}前" for one in slots), ": by " + ", ".join(slots))
        count = self.times(cadence.times)
        text = self.of(text + count, text if cadence.times == 1 else f"{count} {text}")
        if cadence.at is not None:
            return text + self.of(f"，{self.time(cadence.at)}前", f", by {self.time(cadence.at)}")
        return text + (self.of("，", "") + self.between(cadence.between) if cadence.between is not None else "")

    def monthly(self, cadence: Monthly) -> str:
        def day(n: int) -> str:
            return self.of("月末" if n == 0 else f"{n}日", "the last day" if n == 0 else f"day {n}")

        if cadence.day is not None:
            text = self.of(f"每月{day(cadence.day)}前", f"every month by {day(cadence.day)}")
        elif cadence.on is not None:
            text = self.of(f"每月{day(cadence.on)}当天", f"every month on {day(cadence.on)}")
        elif cadence.between is not None:
            first, last = cadence.between
            text = self.of(f"每月{day(first)}至{day(last)}", f"every month from {day(first)} to {day(last)}")
        elif cadence.working_day is not None:
            n = cadence.working_day
            text = self.of(f"每月第{n}个工作日前", f"every month by working day {n}")
        else:
            text = self.of(f"每月{self.times(cadence.times)}", f"{self.times(cadence.times)} a month")
        if cadence.about == 0:
            return text
        zh, en = ("下月", "the next month") if cadence.about > 0 else ("上月", "the month before")
        return text + self.of(f"，写的是{zh}", f", about {en}")

    def yearly(self, cadence: Yearly) -> str:
        names = {3: ("每季度", "quarter"), 6: ("每半年", "half year"), 12: ("每年", "year")}
        zh, en = names[cadence.months]
        if cadence.day is None and cadence.month is None:
            return self.of(f"{zh}一次", f"once a {en}")
        n, month = cadence.day or 0, cadence.month or cadence.months
        return self.of(
            f"{zh}第{month}个月{'月末' if n == 0 else f'{n}日'}前",
            f"once a {en}, by {'the last day' if n == 0 else f'day {n}'} of its month {month}",
        )

    def rows(self, cadence: OnRows) -> str:
        form = self.library.forms.get(cadence.form) if self.library is not None else None
        listed = form.fields.get(cadence.rows) if form is not None else None
        what = self.form(cadence.form) + "·" if self.zh else ""
        what += listed.label.say(self.lang) if listed is not None else cadence.rows
        sides = [cadence.before and self.of("前", "before"), cadence.after and self.of("后", "after")]
        both = self.of("、", " and ").join(side for side in sides if side)
        row = f" ({cadence.where.text})" if cadence.where is not None else ""
        return self.of(f"每次{what}{row}{both}各一次", f"once {both} each {what}{row}")

    def times(self, n: int) -> str:
        return self.of(f"{n}次" if n > 1 else "一次", "once" if n == 1 else "twice" if n == 2 else f"{n} times")

    def days(self, n: int) -> str:
        return "day" if n == 1 else f"{n} days"

    def span(self, seconds: int) -> str:
        for size, zh, en in ((86400, "天", "day"), (3600, "小时", "hour"), (60, "分钟", "minute")):
            if seconds % size == 0:
                n = seconds // size
                return self.of(f"{n}{zh}", f"{n} {en}s" if n > 1 else f"{n} {en}")
        return self.of(f"{seconds}秒", f"{seconds} seconds")

    def time(self, said: Time) -> str:
        if isinstance(said, int):
            return hhmm(said)
        return _WORDS[said].say(self.lang) if said in _WORDS else said

    def between(self, ends: tuple[Time, Time] | str) -> str:
        if isinstance(ends, str):
            return self.of(self.time(ends), f" in {self.time(ends)}")
        first, last = self.time(ends[0]), self.time(ends[1])
        return self.of(f"{first}至{last}", f" between {first} and {last}")
