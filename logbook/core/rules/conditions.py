"""Facts with three values of truth: true, false and (None) unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from typing import cast

from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.items import compile_items
from logbook.core.rules.parser import WEEKDAYS
from logbook.core.rules.paths import compile_setting
from logbook.core.rules.paths import is_filled
from logbook.core.rules.paths import static_type
from logbook.core.rules.scope import HEADER
from logbook.core.rules.scope import Asked
from logbook.core.rules.scope import Scope
from logbook.core.rules.sums import compile_filled
from logbook.core.rules.sums import compile_subject
from logbook.core.rules.sums import compile_sum
from logbook.core.rules.world import VOIDED
from logbook.core.secret import Unread


def compile_condition(node: n.Condition_, scope: Scope) -> Asked:
    make = _MAKERS[type(node)]
    return make(node, scope)


def _either(node: n.Either, scope: Scope) -> Asked:
    parts = [compile_condition(part, scope) for part in node.parts]

    def either(this: Any, world: Any, it: Any, item: Any) -> Any:
        found: bool | None = False
        for part in parts:
            outcome = part(this, world, it, item)
            if outcome:
                return True
            if outcome is None:
                found = None
        return found

    return either


def _both(node: n.Both, scope: Scope) -> Asked:
    parts = [compile_condition(part, scope) for part in node.parts]

    def both(this: Any, world: Any, it: Any, item: Any) -> Any:
        found: bool | None = True
        for part in parts:
            outcome = part(this, world, it, item)
            if outcome is False:
                return False
            if outcome is None:
                found = None
        return found

    return both


def _compare(node: n.Compare, scope: Scope) -> Asked:
    money = any(static_type(term, scope) == "money" for term in node.terms)
    terms = [_term_of(term, scope, money=money) for term in node.terms]
    if len(terms) == 2:
        left, right = terms
        op = node.ops[0]
        direct = q.OPERATORS[op]
        simple = (int, str, datetime, date, time, Decimal, timedelta)

        def pair(this: Any, world: Any, it: Any, item: Any) -> Any:
            first, second = left(this, world, it, item), right(this, world, it, item)
            if first is None or second is None:
                return None
            kind = type(first)
            if kind is type(second) and kind in simple:
                return direct(first, second)
            return q.compare(op, first, second)

        return pair
    ops = node.ops

    def chain(this: Any, world: Any, it: Any, item: Any) -> Any:
        """Neighbouring filled values; what stands between two of them is skipped with its sign."""
        compared, known = False, True
        last, sign = None, ""
        for place, term in enumerate(terms):
            if place:
                sign = _joined(sign, ops[place - 1])
            found = term(this, world, it, item)
            if found is None:
                continue
            if last is not None:
                outcome = None if sign == "?" else q.compare(sign, last, found)
                if outcome is False:
                    return False
                compared, known = True, known and outcome is not None
            last, sign = found, ""
        return True if compared and known else None

    return chain


def _joined(first: str, second: str) -> str:
    """The sign between two values with skipped ones between them; ``?`` when nothing follows."""
    if not first or first == second:
        return second if second != "<>" or not first else "?"
    pair = {first, second}
    for strict, loose in (("<", "<="), (">", ">=")):
        if pair <= {strict, loose, "="}:
            return strict if strict in pair else loose
    return "?"


def _term_of(term: n.Sum, scope: Scope, *, money: bool) -> Asked:
    ask = compile_sum(term, scope)
    if not money or isinstance(term, (n.Path, n.Number)):
        return ask
    return lambda this, world, it, item: q.rounded(ask(this, world, it, item))


def _is(node: n.Is, scope: Scope) -> Asked:
    positive = _is_positive(node, scope)
    if not node.negated:
        return positive

    def negative(this: Any, world: Any, it: Any, item: Any) -> Any:
        found = positive(this, world, it, item)
        return None if found is None else not found

    return negative


def _is_positive(node: n.Is, scope: Scope) -> Asked:
    if node.setting is not None:
        ask, allowed = compile_subject(node.left, scope), compile_setting(node.setting, scope)

        def among(this: Any, world: Any, it: Any, item: Any) -> Any:
            subject = ask(this, world, it, item)
            if isinstance(subject, Unread):
                return None
            found = allowed(this, world, it, item)
            word = subject.state if q.is_record(subject) else subject
            if isinstance(found, (str, int, Decimal)):
                found = (found,)
            return word is not None and found is not None and any(word == q.spoken(one) for one in found)

        return among
    words = [value.value for value in node.values]
    if words == ["filled"] and not node.values[0].quoted:
        return compile_filled(node.left, scope)
    if words == ["empty"] and not node.values[0].quoted:
        filled = compile_filled(node.left, scope)
        return lambda this, world, it, item: not filled(this, world, it, item)
    tests = [_test(value) for value in node.values]
    if static_type(node.left, scope) in ("choice", "text") and all(isinstance(word, str) for word in words):
        known = frozenset(words)
        ask = compile_sum(node.left, scope)

        def is_known(this: Any, world: Any, it: Any, item: Any) -> Any:
            found = ask(this, world, it, item)
            return None if type(found) is Unread else found in known

        return is_known
    if static_type(node.left, scope) == "bool" and words in (["true"], ["false"]):
        wanted = words == ["true"]
        ask = compile_sum(node.left, scope)

        def is_wanted(this: Any, world: Any, it: Any, item: Any) -> Any:
            found = ask(this, world, it, item)
            return None if type(found) is Unread else found is wanted

        return is_wanted
    ask = compile_subject(node.left, scope)
    filled = compile_filled(node.left, scope)

    def is_one(this: Any, world: Any, it: Any, item: Any) -> Any:
        subject = ask(this, world, it, item)
        if subject is None:
            return "empty" in words and not filled(this, world, it, item)
        if type(subject) is Unread:
            return None
        return any(test(subject) for test in tests)

    return is_one


def _test(value: n.Value) -> Callable[[Any], bool]:
    word = value.value
    if not isinstance(word, str):
        return lambda subject: q.compare("=", subject, word) is True
    if value.quoted:
        return lambda subject: bool(subject == word)
    if word in ("true", "false"):
        wanted = word == "true"
        return lambda subject: subject is wanted or subject == word      # a choice may be called so, too
    if word == "filled":
        return is_filled
    if word in ("open", "finished"):
        finished = word == "finished"

        def settled(subject: Any) -> bool:
            if not q.is_record(subject):
                return bool(subject == word)
            return subject.state != VOIDED and (subject.state in subject.form.final) is finished

        return settled
    return lambda subject: bool((subject.state if q.is_record(subject) else subject) == word)


def _listed(node: n.Includes | n.HasRole, scope: Scope) -> Asked:
    """The words of a list of values, or those of the setting that stands in its place (None: it says nothing)."""
    if node.setting is None:
        words = [value.value for value in node.values]
        return lambda this, world, it, item: words
    allowed = compile_setting(node.setting, scope)

    def said(this: Any, world: Any, it: Any, item: Any) -> Any:
        found = allowed(this, world, it, item)
        if found is None:
            return None
        several = found if isinstance(found, (list, tuple)) else (found,)
        return [q.spoken(one) for one in several]

    return said


def _includes(node: n.Includes, scope: Scope) -> Asked:
    ask = compile_sum(node.left, scope)
    listed = _listed(node, scope)

    def includes(this: Any, world: Any, it: Any, item: Any) -> Any:
        found = ask(this, world, it, item)
        if type(found) is Unread:
            return None
        words = listed(this, world, it, item)
        return words is not None and isinstance(found, (tuple, list)) and all(word in found for word in words)

    return includes


def _has_role(node: n.HasRole, scope: Scope) -> Asked:
    ask = compile_sum(node.left, scope)
    listed = _listed(node, scope)

    def has_role(this: Any, world: Any, it: Any, item: Any) -> Any:
        who = ask(this, world, it, item)
        words = listed(this, world, it, item)
        return who is not None and words is not None and not world.roles(q.record_id(who)).isdisjoint(words)

    return has_role


def _falls_on(node: n.FallsOn, scope: Scope) -> Asked:
    ask, word = compile_sum(node.left, scope), node.day

    def falls_on(this: Any, world: Any, it: Any, item: Any) -> Any:
        moment = ask(this, world, it, item)
        if not isinstance(moment, date):
            return None
        day = q.day_of(moment)
        if word in ("holiday", "workday"):
            return bool(world.is_holiday(day)) is (word == "holiday")
        return day.weekday() == WEEKDAYS.index(word)

    return falls_on


def _within(node: n.Within, scope: Scope) -> Asked:
    left = compile_sum(node.left, scope)
    low = _windows(node.low, scope)
    high = None if node.high is None else compile_sum(node.high, scope)
    kind = node.kind

    def within(this: Any, world: Any, it: Any, item: Any) -> Any:
        subject = left(this, world, it, item)
        first = low(this, world, it, item)
        if subject is None or first is None:
            return None
        whole: Any = first
        if high is not None:
            whole = q.interval(first, high(this, world, it, item), like=_moment(subject))
        elif isinstance(first, date) and not isinstance(first, datetime):
            whole = q.interval(first, first, like=_moment(subject))
        outcome = _lies(kind, subject, whole, world)
        return not outcome if kind == "outside" and outcome is not None else outcome

    return within


def _moment(subject: object) -> datetime | None:
    found = subject.start if isinstance(subject, q.Interval) else subject
    return found if isinstance(found, datetime) else None


def _lies(kind: str, subject: Any, whole: Any, world: Any) -> bool | None:
    """Does ``subject`` lie inside (for ``meets``: touch) an interval, or named hours of the day?"""
    if isinstance(whole, q.Interval):
        if whole.kind == "hours":
            return _lies_in_hours(subject, whole)
        if whole.kind == "numbers" and q.is_number(subject):
            return whole.holds(subject)
        if isinstance(subject, date) and not isinstance(subject, datetime):
            subject = q.interval(subject, subject, like=whole.start)
        if isinstance(subject, q.Interval):
            if subject.kind != whole.kind:
                return None
            return whole.meets(subject) if kind == "meets" else whole.covers(subject)
        known = isinstance(subject, datetime) and whole.kind == "moments"
        return whole.holds(subject) if known else None
    season = getattr(world, "season", None)
    first = _moment(subject)
    if first is None:
        if not isinstance(subject, time):
            return None
        spans = (q.interval(*window) for window in q.windows_of(whole, "normal"))
        return any(_lies_in_hours(subject, span) for span in spans if span is not None)
    windows = q.windows_of(whole, season(first.date()) if season is not None else "normal")
    if not windows:
        return None
    around = q.window_around(first, windows)
    if isinstance(subject, q.Interval):
        return around is not None and around.covers(subject)
    return around is not None


def _lies_in_hours(subject: Any, hours: q.Interval) -> bool | None:
    if isinstance(subject, q.Interval):
        if isinstance(subject.start, datetime):
            return _lies_in_hours(subject.start, hours) and _lies_in_hours(subject.end, hours)
        return hours.covers(subject)
    if isinstance(subject, datetime):
        subject = subject.time()
    if not isinstance(subject, time):
        return None
    since = q.of_day(subject)
    return hours.holds(since) or hours.holds(since + q.DAY)


def _windows(node: n.Sum, scope: Scope) -> Asked:
    """Like :func:`compile_sum`, but settings stay as they are and a name that is no field is named hours."""
    if isinstance(node, n.Setting):
        return compile_setting(node, scope)
    if isinstance(node, n.Path) and node.bare is not None and scope.fields is not None:
        name = node.bare
        if name not in scope.fields and name not in (*HEADER, "now", "today", "span"):
            return lambda this, world, it, item: world.setting(("hours", name))
    return compile_sum(node, scope)


def _signed(node: n.Signed, scope: Scope) -> Asked:
    meanings, negated = [name.text for name in node.meanings], node.negated

    def signed(this: Any, world: Any, it: Any, item: Any) -> Any:
        view = item if scope.kind == "view" else this
        return all(world.signed(view, meaning) for meaning in meanings) is not negated

    return signed


def _same(node: n.Same, scope: Scope) -> Asked:
    left, right, unit = compile_sum(node.left, scope), compile_sum(node.right, scope), node.unit
    if unit in ("day", "week", "month", "year"):
        return lambda this, world, it, item: q.same(
            unit, left(this, world, it, item), right(this, world, it, item)
        )

    def same_hours(this: Any, world: Any, it: Any, item: Any) -> Any:
        moments = (left(this, world, it, item), right(this, world, it, item))
        named = world.setting(("hours", unit))
        season = getattr(world, "season", None)
        found = []
        for moment in moments:
            if not isinstance(moment, datetime) or named is None:
                return None
            of_season = season(moment.date()) if season is not None else "normal"
            found.append(q.window_around(moment, q.windows_of(named, of_season)))
        return found[0] is not None and found[0] == found[1]

    return same_hours


def _count(node: n.Count, scope: Scope) -> Asked:
    listed = compile_items(node.items, scope, whole=False)
    kind = node.kind
    if kind in ("some", "no"):
        wanted = kind == "some"

        def some(this: Any, world: Any, it: Any, item: Any) -> Any:
            for _ in listed(this, world, it, item):
                return wanted
            return not wanted

        return some
    number = compile_sum(cast(n.Sum, node.number), scope)
    op = {"least": ">=", "most": "<=", "exactly": "="}[kind]

    def counted(this: Any, world: Any, it: Any, item: Any) -> Any:
        limit = number(this, world, it, item)
        return q.compare(op, sum(1 for _ in listed(this, world, it, item)), limit)

    return counted


_MAKERS: dict[type, Callable[[Any, Scope], Asked]] = {
    n.Either: _either,
    n.Both: _both,
    n.Compare: _compare,
    n.Is: _is,
    n.Includes: _includes,
    n.HasRole: _has_role,
    n.FallsOn: _falls_on,
    n.Within: _within,
    n.Signed: _signed,
    n.Same: _same,
    n.Count: _count,
}
CONDITIONS = tuple(_MAKERS)
