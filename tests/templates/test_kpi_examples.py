"""The worked examples of the appraisal tables: counts from records, brackets, totals, ranks, windows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from logbook.core.calendars import Calendar
from logbook.core.calendars import Override
from logbook.core.dutyfile import duties_of
from logbook.core.moments import days_in
from logbook.core.occurrences import expected
from logbook.core.occurrences import frame_of
from logbook.core.rules import evaluate
from logbook.core.rules import holds
from logbook.core.rules.world import rows_of
from tests.core.dutykit import instant
from tests.core.dutykit import told
from tests.templates.kpi import ZONE
from tests.templates.kpi import Live
from tests.templates.kpi import Month
from tests.templates.kpi import product

# What is given, and what comes of it. Rates with two places are as shown, the others exact.
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "e01": ({"call_fails": 0}, {"a1": 30}),
    "e02": ({"call_fails": 7}, {"a1": 16}),
    "e03": ({"call_fails": 16}, {"a1": 0}),
    "e04": ({"complaints_received": 500, "complaints_unresolved": 0}, {"unresolved_rate": 0, "a2": 20}),
    "e05": ({"complaints_received": 500, "complaints_unresolved": 2}, {"unresolved_rate": "0.4", "a2": 18}),
    "e06": ({"complaints_received": 500, "complaints_unresolved": 3}, {"unresolved_rate": "0.6", "a2": 16}),
    "e07": ({"complaints_received": 400, "complaints_unresolved": 6}, {"unresolved_rate": "1.5", "a2": 10}),
    "e08": ({"complaints_received": 60, "complaints_unresolved": 1}, {"unresolved_rate": "1.67", "a2": 10}),
    "e09": ({"visits_done": 8800, "on_post": 2, "attend_days": 22}, {"visits_due": 8800, "completion_rate": 100, "a3": 10}),
    "e10": ({"visits_done": 8360, "on_post": 2, "attend_days": 22}, {"completion_rate": 95, "a3": 9}),
    "e11": ({"visits_done": 4399, "on_post": 1, "attend_days": 22}, {"completion_rate": "99.98", "a3": 9}),
    "e12": ({"visits_done": 3520, "on_post": 1, "attend_days": 22}, {"completion_rate": 80, "a3": 8}),
    "e13": ({"visits_done": 3519, "on_post": 1, "attend_days": 22}, {"completion_rate": "79.98", "a3": 7}),
    "e14": ({"visits_done": 3299, "on_post": 1, "attend_days": 22}, {"completion_rate": "74.98", "a3": 5}),
    "e15": ({"visits_untrue": 2}, {"a4": 8}),
    "e16": ({"visits_untrue": 5}, {"a4": 7}),
    "e17": ({"visits_untrue": 6}, {"a4": 5}),
    "e18": ({"visits_rated": 40, "visits_satisfied": 37}, {"satisfaction_rate": "92.5", "a5": 8}),
    "e19": ({"untrue_reports": 6}, {"a6": 0}),
    "e20": ({"audit": [10, 4]}, {"a7": 10, "audit_points": 14, "table_total": 86}),
    "e21": (
        {"praise_letter": 2, "praise_company": 1, "criticism_department": 1},
        {"rewards": 5, "penalties": -2, "table_total": 103},
    ),
    "e22": ({"call_fails": 15, "audit": [10] * 8}, {"a1": 0, "audit_points": 80, "table_total": 0}),
}
WHOLE_MONTH: dict[str, Any] = {
    "attend_days": 22, "on_post": 1, "call_fails": 3, "complaints_received": 250, "complaints_unresolved": 1,
    "visits_done": 4268, "visits_untrue": 1, "visits_rated": 120, "visits_satisfied": 117, "untrue_reports": 1,
    "praise_letter": 1, "praise_department": 1, "criticism_department": 1, "audit": [2],
}  # fmt: skip
ROWS["e23"] = (
    WHOLE_MONTH,
    {
        "a1": 24, "unresolved_rate": "0.4", "a2": 18, "completion_rate": 97, "a3": 9, "a4": 9,
        "satisfaction_rate": "97.5", "a5": 9, "a6": 8, "a7": 10, "rows_total": 87, "rewards": 3, "penalties": -2,
        "audit_points": 2, "table_total": 86,
    },
)  # fmt: skip


def month_of(given: dict[str, Any], **kpi: Any) -> Live:
    month = Month(**kpi)
    month.counts(given)
    return month.sheet(on_post=given.get("on_post", 1))


@pytest.mark.parametrize("example", ROWS)
def test_the_counts_come_from_the_records_and_the_points_from_the_table(example: str) -> None:
    given, wanted = ROWS[example]
    sheet = month_of(given)
    counted = {name: number for name, number in given.items() if name in sheet.form.fields and name != "audit"}
    assert {name: sheet.get(name) for name in counted} == counted
    assert {name: sheet.get(name) for name in wanted} == {name: Decimal(number) for name, number in wanted.items()}


def test_a_month_without_events_is_a_hundred() -> None:
    sheet = month_of({})
    rows = {f"a{place}": sheet.get(f"a{place}") for place in range(1, 8)}
    assert rows == {"a1": 30, "a2": 20, "a3": 10, "a4": 10, "a5": 10, "a6": 10, "a7": 10}
    assert (sheet.get("rows_total"), sheet.get("table_total"), sheet.get("shortfall_levels")) == (100, 100, 0)


def test_e27_the_heavier_reading_moves_only_what_lies_on_an_edge() -> None:
    sheet = month_of(WHOLE_MONTH, edge="heavier")
    assert [sheet.get(name) for name in ("a2", "a3", "a4", "a5", "table_total")] == [16, 9, 9, 9, 84]


COMPOSITES = {
    "e24": ((95, "86", "90"), "88.35"),
    "e25": ((90, "87.5", "83.7"), "86.93"),
    "e26": ((90, "86", None), None),
}


@pytest.mark.parametrize("example", COMPOSITES)
def test_three_appraisers_are_joined(example: str) -> None:
    scores, wanted = COMPOSITES[example]
    own, superior, group = (None if score is None else Decimal(score) for score in scores)
    sheet = Month().sheet(self_score=own, superior_score=superior, group_score=group)
    assert sheet.get("composite") == (None if wanted is None else Decimal(wanted))
    three = next(check for check in sheet.form.checks if check.id == "three")
    verdict = evaluate(three.rule, sheet, sheet.world)
    assert holds(three.rule, verdict) is (wanted is not None)


# -- readings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kpi", "given", "wanted"),
    [
        ({"audit": {"cap": "10"}}, {"audit": [10, 4]}, {"table_total": 90}),
        ({"total": {"full": "100", "cap": "100"}}, {"praise_letter": 3}, {"table_total": 100}),
        ({"satisfied": ["satisfied", "fair"]}, {"visits_rated": 40, "visits_satisfied": 37}, {"a5": 10}),
        ({"complaint": {"measure": "resolved"}}, {"complaints_received": 100, "complaints_unresolved": 99}, {"a2": 16}),
        ({"completion": {"quota": "200", "reading": "a_month"}}, {"visits_done": 190}, {"completion_rate": 95, "a3": 9}),
        ({"completion": {"quota": "200", "reading": "literal"}}, {"visits_done": 8}, {"completion_rate": 88, "a3": 8}),
    ],
)
def test_the_other_readings_are_settings(kpi: dict[str, Any], given: dict[str, Any], wanted: dict[str, Any]) -> None:
    sheet = month_of(given, **kpi)
    assert {name: sheet.get(name) for name in wanted} == wanted


def test_what_there_is_no_data_for() -> None:
    none = month_of({"visits_rated": 0})
    assert (none.get("a2"), none.get("a5"), none.get("table_total")) == (20, None, None)
    none.known.clear()
    none.values["unrated_full"] = True
    assert (none.get("a5"), none.get("table_total")) == (10, 100)
    away = month_of({"attend_days": 0, "visits_done": 5})
    assert (away.get("completion_rate"), away.get("a3"), away.get("table_total")) == (None, None, None)


def test_days_due_come_from_the_roster_where_there_is_no_sheet() -> None:
    month = Month()
    days = [{"person": "li", "date": date(2026, 10, day)} for day in (8, 9, 9, 10)]
    month.put("roster", state="published", lines=[*days, {"person": "wu", "date": date(2026, 10, 11)}])
    month.put("roster", state="draft", lines=[{"person": "li", "date": date(2026, 10, 12)}])
    assert month.sheet().get("attend_days") == 3


# -- quarter and branch -----------------------------------------------------------------------


def test_means_are_of_the_unrounded_scores() -> None:
    month = Month()
    for place, (name, agent, scores) in enumerate(
        (("2026-10", "li", 87), ("2026-09", "li", 88), ("2026-08", "li", 90), ("2026-07", "li", 10), ("2026-10", "wu", 60))
    ):
        given = {"self_score": scores, "superior_score": scores, "group_score": scores + Decimal("0.01") * place}
        month.put("agent_appraisal", state="closed", agent=agent, month=name, branch="一分部", **given)
    closed = month.world.records[0]
    exact = (Decimal(87) + Decimal("88.0025") + Decimal("90.005")) / 3
    assert closed.get("quarter_score") == Decimal("88.34") != exact
    assert closed.get("branch_score") == Decimal("73.51")        # 87 and 60.01
    assert closed.get("first_of_branch") is True
    assert month.world.records[-1].get("first_of_branch") is False


# -- ranking ----------------------------------------------------------------------------------


def ranked(scores: dict[str, int], *, period: str, subject: str, **kpi: Any) -> dict[str, dict[str, Any]]:
    month = Month(**kpi)
    rows = [{"group": name, "entered": Decimal(score)} for name, score in scores.items()]
    record = Live(
        product().forms["ranking"], "RNK-1", "computed",
        {"period": period, "period_of": "2026-07", "subject": subject, "rows": rows}, world=month.world,
    )  # fmt: skip
    found = {row.get("who"): {name: row.get(name) for name in ("rank", "reward", "bottom")} for row in rows_of(record, "rows", month.world)}
    return found | {"": {"total": record.get("reward_total")}}


def column(found: dict[str, dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for who, row in found.items() if who]


@pytest.mark.parametrize(
    ("example", "scores", "ranking", "ranks", "pay", "total"),
    [
        ("e29", (98, 98, 95, 93), "competition", [1, 1, 3, 4], [500, 500, 200, 0], 1200),
        ("e30", (98, 98, 95, 93), "dense", [1, 1, 2, 3], [500, 500, 300, 200], 1500),
        ("e31", (97, 96, 94, 94, 90), "competition", [1, 2, 3, 3, 5], [500, 300, 200, 200, 0], 1200),
    ],
)
def test_equals_share_rank_and_reward(
    example: str, scores: tuple[int, ...], ranking: str, ranks: list[int], pay: list[int], total: int
) -> None:
    found = ranked(dict(zip("ABCDE", scores, strict=False)), period="quarter", subject="agent", ranking=ranking)
    assert (column(found, "rank"), column(found, "reward"), found[""]["total"]) == (ranks, pay, total)
    assert not any(column(found, "bottom"))


@pytest.mark.parametrize(
    ("example", "scores", "bottom"),
    [
        ("e32", (92, 90, 88, 85, 85, 80), ["N4", "N5", "N6"]),
        ("e33", (92, 85, 85, 84, 80), ["N2", "N3", "N4", "N5"]),
    ],
)
def test_the_last_three_branches_with_all_that_tie(example: str, scores: tuple[int, ...], bottom: list[str]) -> None:
    found = ranked({f"N{place}": score for place, score in enumerate(scores, 1)}, period="month", subject="branch")
    assert [who for who, row in found.items() if row.get("bottom")] == bottom
    assert found[""]["total"] == 0


# -- window -----------------------------------------------------------------------------------

LONG = [date(2025, 10, day) for day in range(1, 9)]
WINDOWS = {
    "e35": ("2025-08", [], "2025-09-01", "2025-09-05"),
    "e36": ("2025-09", LONG, "2025-10-09", "2025-10-13"),
    "e37": ("2025-05", [date(2025, 6, 2)], "2025-06-01", "2025-06-06"),
}


@pytest.mark.parametrize("example", WINDOWS)
def test_the_window_moves_over_holidays(example: str) -> None:
    month, holidays, start, end = WINDOWS[example]
    sheet = Month().sheet(month=month)
    sheet.world.holidays = set(holidays)
    check = next(check for check in sheet.form.checks if check.id == "window")
    kept = []
    for day in range(1, 29):
        sheet.known.clear()
        sheet.values["closed_on"] = date.fromisoformat(f"{start[:7]}-{day:02}")
        if evaluate(check.rule, sheet, sheet.world):
            kept.append(sheet.values["closed_on"].isoformat())
    assert (kept[0], kept[-1]) == (start, end)
    sheet.known.clear()
    sheet.values["closed_on"] = date.fromisoformat(f"{month}-02")
    assert evaluate(check.rule, sheet, sheet.world) is False


@pytest.mark.parametrize("example", WINDOWS)
def test_the_duty_is_due_at_the_end_of_the_window(example: str) -> None:
    _, holidays, start, end = WINDOWS[example]
    off = {day: Override((), "放假", holiday=True) for day in holidays}
    calendar = Calendar("appraisal", (((540, 1080),),) * 7, off, years=(2025, 2025))
    duty = duties_of(product(), {})["appraise_month"]
    frame = frame_of(days_in(ZONE), {"appraisal": calendar}, {}, None)
    (one,) = expected(duty, frame, instant(f"{start[:7]}-01"), instant(f"{start[:7]}-28"), ())
    assert told(one).endswith(f"> {end[5:]} 24:00")


# -- manager ----------------------------------------------------------------------------------


def managed(rows: list[dict[str, Any]], **manager: Any) -> Live:
    month = Month()
    month.world.settings["kpi"]["manager"] = {**month.world.settings["kpi"]["manager"], **manager}
    return Live(product().forms["manager_appraisal"], "MGA-1", "open", {"period": "2026-10", "rows": rows}, world=month.world)


def test_e39_the_entered_scores_are_added() -> None:
    scores = (18, 12, 15, 10, 9, 5, 4, 5, 3, 4)
    sheet = managed([{"indicator": f"m{place}", "score": Decimal(score)} for place, score in enumerate(scores, 1)])
    assert sheet.get("total") == 85
    weights = [row.get("weight") for row in rows_of(sheet, "rows", sheet.world)]
    assert weights == [20, 15, 15, 15, 10, 5, 5, 5, 5, 5]


def test_e40_points_in_proportion() -> None:
    rows: list[dict[str, Any]] = [
        {"indicator": "m1", "op": "ge", "target": Decimal(100), "actual": Decimal(90)},
        {"indicator": "m2", "op": "le", "target": Decimal(95), "actual": Decimal(100)},
        {"indicator": "m3", "op": "ge", "target": Decimal(80), "actual": Decimal(100)},
    ]
    sheet = managed(rows, scoring="proportional")
    assert [row.get("points") for row in rows_of(sheet, "rows", sheet.world)] == [18, Decimal("14.25"), 15]
    met = managed(rows, scoring="threshold")
    assert [row.get("points") for row in rows_of(met, "rows", met.world)] == [0, 0, 15]


def test_e41_levels_short_of_the_visits() -> None:
    month = Month()
    month.counts({"attend_days": 1, "visits_done": 176})        # 176 of 200 = 88 %
    sheet = month.sheet()
    assert (sheet.get("completion_rate"), sheet.get("shortfall_levels")) == (88, 2)
    exact = Fraction(sheet.get("visits_done")) / Fraction(sheet.get("visits_due")) * 100
    assert (100 - exact) // 5 == 2
