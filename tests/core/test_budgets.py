from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from logbook.core.budgets import BudgetError
from logbook.core.budgets import due_of
from logbook.core.budgets import parse_within
from logbook.core.clocks import due_after
from logbook.core.errors import BookError
from logbook.core.moments import epoch
from logbook.core.moments import to_text
from logbook.locale.en.clock import FIXES as FIXES_EN
from logbook.locale.en.clock import MESSAGES as MESSAGES_EN
from logbook.locale.zh.clock import FIXES as FIXES_ZH
from logbook.locale.zh.clock import MESSAGES as MESSAGES_ZH
from tests.core.office import office_2026

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = office_2026()


def due(
    within: object, start: str, *, roll: bool = False, fields: Mapping[str, str] | None = None
) -> str | None:
    """The end of a budget from ``start`` (2026, Shanghai time), written the same way."""
    told = fields or {}

    def instant(name: str) -> tuple[int, bool] | None:
        text = told.get(name)
        if text is None:
            return None
        whole = len(text) == 10
        return epoch(f"{text}T00:00:00+08:00" if whole else f"{text}:00+08:00"), whole

    end = due_of(
        parse_within(within), epoch(f"2026-{start}:00+08:00"), zone=SHANGHAI, calendar=OFFICE, roll=roll,
        instant=instant, value=told.get,
    )  # fmt: skip
    return None if end is None else f"{datetime.fromtimestamp(end, SHANGHAI):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize(
    ("within", "start", "expected"),
    [
        ("30 minutes", "11-22T23:50", "2026-11-23T00:20"),
        ("1 hour", "11-22T09:35", "2026-11-22T10:35"),
        ("1.5 hours", "11-22T09:35", "2026-11-22T11:05"),
        ("4 working_hours", "02-13T16:30", "2026-02-14T11:30"),
        ("3 working_days", "09-18T20:00", "2026-09-22T18:00"),
        ("3 working_days to 24:00", "09-18T20:00", "2026-09-23T00:00"),
        ("2 days", "11-22T09:35", "2026-11-25T00:00"),
        ("7 days", "09-25T10:00", "2026-10-03T00:00"),
        ("1 week", "09-25T10:00", "2026-10-03T00:00"),
        ("1 month", "01-31T10:00", "2026-03-01T00:00"),  # 24:00 of 28 February
        ("2 months", "01-31T10:00", "2026-04-01T00:00"),  # 24:00 of 31 March
        ("same day", "11-22T09:35", "2026-11-23T00:00"),
        ("same day", "11-22T00:00", "2026-11-23T00:00"),
        ("18:00 same day", "11-22T09:35", "2026-11-22T18:00"),
        ("day 5 of next month", "11-22T09:35", "2026-12-06T00:00"),
        ("day 30 of next month", "01-31T09:35", "2026-03-01T00:00"),
        ("day last of month", "02-10T09:35", "2026-03-01T00:00"),
        ("monday", "11-22T09:35", "2026-11-24T00:00"),  # from a Sunday: the end of the 23rd
        ("monday", "11-23T09:35", "2026-12-01T00:00"),  # from a Monday: the next one
        ("before holiday", "09-20T09:00", "2026-09-25T00:00"),
    ],
)
def test_spans(within: str, start: str, expected: str) -> None:
    assert due(within, start) == expected


def test_an_end_on_a_day_off_moves_only_when_the_form_says_so() -> None:
    assert due("7 days", "09-25T10:00", roll=True) == "2026-10-09T00:00"  # 24:00 of 8 October
    assert due("7 days", "09-25T10:00") == "2026-10-03T00:00"  # 24:00 of 2 October
    assert due("1 hour", "10-01T10:00", roll=True) == "2026-10-01T11:00"


def test_moments_somebody_agreed_on() -> None:
    assert due("by due_at", "11-22T09:35") is None
    assert due("by due_at", "11-22T09:35", fields={"due_at": "2026-11-24T12:00"}) == "2026-11-24T12:00"
    assert due("by valid_to", "11-22T09:35", fields={"valid_to": "2026-11-24"}) == "2026-11-25T00:00"
    assert due("2 days or demanded_by", "11-22T09:35") == "2026-11-25T00:00"
    assert (
        due("2 days or demanded_by", "11-22T09:35", fields={"demanded_by": "2026-11-28T12:00"})
        == "2026-11-28T12:00"
    )
    assert due("09:00 on for_date", "11-22T09:35", fields={"for_date": "2026-11-24"}) == "2026-11-24T09:00"
    start = {"shift_start": "2026-11-23T08:30"}
    assert due("15 minutes before shift_start", "11-22T09:35", fields=start) == "2026-11-23T08:15"
    assert due("30 days before end_on", "11-22T09:35", fields={"end_on": "2026-12-31"}) == "2026-12-02T00:00"
    assert due("1 working_day before day", "11-22T09:35", fields={"day": "2026-10-08"}) == "2026-10-01T00:00"


def test_a_budget_chosen_by_a_field() -> None:
    within = {"level": {"major": "10 days", "important": "3 days", "minor": "2 days or demanded_by"}}
    assert due(within, "11-22T09:35", fields={"level": "important"}) == "2026-11-26T00:00"
    assert due(within, "11-22T09:35", fields={"level": "other"}) is None
    assert due(within, "11-22T09:35") is None
    parsed = parse_within(within)
    assert parsed.fields() == {"level", "demanded_by"}
    assert parsed.say("en") == (
        "major: within 10 days; important: within 3 days; "
        'minor: within 2 days, or by "demanded_by" when that is filled'
    )


@pytest.mark.parametrize(
    ("within", "zh", "en"),
    [
        ("1 hour", "1小时内", "within 1 hour"),
        ("1.5 working_hours", "1.5个工作小时内", "within 1.5 working hours"),
        ("same day", "当天内", "the same day"),
        ("by problems.due", "不晚于“期限”", 'by "Due"'),
        ("day 5 of next month", "次月5日内", "by day 5 of the next month"),
        ("15 minutes before problems.due", "比“期限”提前15分钟", '15 minutes before "Due"'),
    ],
)
def test_a_budget_in_words(within: str, zh: str, en: str) -> None:
    parsed = parse_within(within)
    assert parsed.say("zh", lambda name, choice=None: "期限") == zh
    assert parsed.say("en", lambda name, choice=None: "Due") == en


@pytest.mark.parametrize(
    ("within", "code"),
    [
        ("", "clock.budget-empty"),
        (None, "clock.budget-empty"),
        ({}, "clock.budget-mapping"),
        ({"level": "2 days"}, "clock.budget-mapping"),
        ({"level": {"major": ""}}, "clock.budget-empty"),
        ("soon", "clock.budget-unknown"),
        ("same_day", "clock.budget-unknown"),
        ("2 natural_days", "clock.budget-unit"),
        ("2 dayz", "clock.budget-unit"),
        ("0 days", "clock.budget-number"),
        ("-1 days", "clock.budget-number"),
        ("1.5 days", "clock.budget-number"),
        ("two days", "clock.budget-number"),
        ("day 40 of month", "clock.budget-number"),
        ("day x of month", "clock.budget-number"),
        ("25:00 same day", "clock.budget-time"),
        ("noon on for_date", "clock.budget-time"),
        ("2 working_hours before due_at", "clock.budget-before"),
    ],
)
def test_what_is_no_budget_says_why_in_both_languages(within: object, code: str) -> None:
    with pytest.raises(BudgetError) as caught:
        parse_within(within)
    assert caught.value.code == code
    for catalogue in (MESSAGES_ZH, MESSAGES_EN, FIXES_ZH, FIXES_EN):
        assert catalogue[code].format(**caught.value.args_)


def test_a_misspelt_unit_is_guessed_at() -> None:
    with pytest.raises(BudgetError) as caught:
        parse_within("3 workingdays")
    assert "working_days" in str(caught.value.args_["hint"])


def test_working_time_without_a_calendar_is_an_error() -> None:
    with pytest.raises(BookError) as caught:
        due_of(parse_within("3 working_days"), 0, zone=SHANGHAI)
    assert caught.value.code == "clock.no-calendar"


def test_a_default_counted_from_a_moment() -> None:
    start = datetime(2026, 11, 22, 9, 35, tzinfo=SHANGHAI)
    end = due_after(parse_within("same day"), start, zone=SHANGHAI)
    assert end is not None
    assert to_text(end) == "2026-11-23T00:00:00+08:00"
    assert due_after(parse_within("by due_at"), start, zone=SHANGHAI) is None
