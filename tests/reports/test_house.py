"""Reports of the desk, the office, sales, appraisal and quality: each runs, and its figures are counted once more by plain Python."""

from __future__ import annotations

import shutil
from collections import Counter
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from logbook.core.reportfile import report_from
from logbook.core.reportfile import reports_of
from logbook.core.reporting import Report
from logbook.operations.session import Session
from logbook.render import reports as render
from logbook.reports.running import run
from logbook.store.library import load
from tests.operations.desk import TEMPLATES
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.reports import house as made
from tests.reports.book import NOW
from tests.reports.book import Plain
from tests.reports.book import taken
from tests.reports.book import value
from tests.reports.house import House
from tests.reports.test_figures import percent
from tests.reports.test_figures import rows
from tests.reports.test_figures import totals

NOV: dict[str, str] = {"month": "2026-11"}
# Which report of which pack, and the period that has something to show.
REPORTS: dict[str, tuple[str, dict[str, str]]] = {
    "incident_log": ("core", NOV), "conduct": ("core", NOV), "complaint_sheet": ("core", NOV), "visits": ("core", NOV),
    "handover_tools": ("core", {"day": "2026-11-10"}), "night_open": ("core", {"day": "2026-11-10"}),
    "facility": ("core", NOV), "building": ("core", NOV), "cs_annual": ("core", {"year": "2026"}),
    "client_opinion": ("core", NOV), "mall_opinion": ("core", NOV), "service_quality": ("core", NOV),
    "resolutions": ("core", {}), "unsigned": ("core", {}),
    "bar_daily": ("sales", {"day": "2026-11-24"}), "show_flat_daily": ("sales", {"day": "2026-11-25"}),
    "reception_cost": ("sales", NOV), "reception_report": ("sales", NOV),
    "weekly_report": ("office", {"week": "2026-11-18"}), "monthly_report": ("office", NOV),
    "budget": ("office", {"quarter": "2026-Q4"}), "tower_month": ("office", NOV), "branch": ("office", NOV),
    "mgmt": ("office", NOV), "training": ("office", NOV), "accounts_gm": ("office", NOV),
    "kpi_quarter": ("kpi", {"quarter": "2026-Q3"}), "kpi_manager": ("kpi", NOV), "spot": ("kpi", NOV),
    "qc_month": ("quality", NOV), "qc_analysis": ("quality", NOV),
}  # fmt: skip
# What stands without a record: the buildings are in the register, and a duty is due whether or not anybody works.
STANDING = {("building", "buildings"), ("building", "rounds"), ("show_flat_daily", "duties"), ("spot", "weekly")}


@pytest.fixture(scope="module")
def pair(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, House]:
    return made.make(furnished_book, tmp_path_factory.mktemp("house") / "book")


@pytest.fixture(scope="module")
def session(pair: tuple[Desk, House]) -> Iterator[Session]:
    session = pair[0].session(NOW)
    yield session
    session.close()


@pytest.fixture(scope="module")
def bare(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The same packs, and not a record."""
    desk, _ = made.make(furnished_book, tmp_path_factory.mktemp("bare") / "book", empty=True)
    session = desk.session(NOW)
    yield session
    session.close()


@pytest.fixture(scope="module")
def house(pair: tuple[Desk, House]) -> House:
    return pair[1]


@pytest.fixture(scope="module")
def report(session: Session) -> Callable[[str], Report]:
    known: dict[str, Report] = {}

    def found(name: str) -> Report:
        if name not in known:
            known[name] = run(session, name, REPORTS[name][1])
        return known[name]

    return found


def in_november(text: Any) -> bool:
    return str(text)[:7] == "2026-11"


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZONE)


def by(found: list[dict[str, Any]], *names: str) -> dict[Any, dict[str, Any]]:
    """The rows under their key, the key left out."""
    return {
        (tuple(row[name] for name in names) if len(names) > 1 else row[names[0]]): {
            name: cell for name, cell in row.items() if name not in names
        }
        for row in found
    }


# --- every one of them ------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
def test_it_has_rows_and_says_what_they_mean(session: Session, report: Callable[[str], Report], name: str) -> None:
    found = report(name)
    assert [part.id for part in found.parts if not part.rows] == []
    assert {part.id for part in found.parts} == set(reports_of(session.library)[name].plain["reports"][name]["parts"])
    for part in found.parts:
        for one in part.definitions:
            for said in (one.label, one.says):
                assert said.zh
                assert said.en
            # a name out of the files, where people would read a label
            assert "_" not in one.says.en.replace("“", '"').split('"')[0], one.says.en
        labels = [column.label.en for column in part.columns]
        assert [label for label, times in Counter(labels).items() if times > 1] == []
    for lang in ("zh", "en"):
        assert found.title.say(lang) in render.text(found, lang, None, define=True)


@pytest.mark.parametrize("name", REPORTS)
def test_an_empty_book_has_nothing_to_tell(bare: Session, name: str) -> None:
    found = run(bare, name, REPORTS[name][1])
    for part in found.parts:
        if (name, part.id) in STANDING:
            continue
        if part.kind == "figures":
            counted = [cell for row in part.rows for cell in row if isinstance(cell, (int, Decimal))]
            assert set(counted) <= {0, 100}  # 100: a target
        else:
            assert part.rows == ()
    told = render.text(found, "zh", None, define=True)
    assert ("没有数据" in told) == any(not part.rows for part in found.parts)




@pytest.mark.parametrize("pack", ["core", "sales", "office", "kpi", "quality"])
def test_a_pack_alone_has_its_reports(tmp_path: Path, pack: str) -> None:
    """Beside the desk's own: what speaks of other packs sleeps, and nothing is a mistake."""
    for one in {"core", pack}:
        shutil.copytree(TEMPLATES / one, tmp_path / "templates" / one)
    library, issues = load(tmp_path)
    assert [issue for issue in issues if issue.is_error] == []
    for name, (home, _) in REPORTS.items():
        if home != pack:
            continue
        plan, found = report_from(reports_of(library)[name], name, library)
        assert found == []
        assert plan is not None
        assert any(not part.asleep for part in plan.parts)


# --- the desk ---------------------------------------------------------------------------------


def test_incidents_with_their_compensation_and_penalty(report: Callable[[str], Report], house: House) -> None:
    own = [one for one in house.by_form["incident"] if in_november(one["found_at"])]
    penalties = house.by_form["reward_penalty"]
    assert by(rows(report("incident_log"), "list"), "id") == {
        one["id"]: {
            "found_at": moment_of(one["found_at"]),
            "kind": one["kind"],
            "area": "lobby-9",
            "room": None,
            "items": sum(int(row["qty"]) for row in one.get("damage", ())),
            "customer_signed": one["customer_signed"] == "true",
            "decision": value(one, "decision"),
            "compensation": Decimal(one["compensation"]) if "compensation" in one else None,
            "penalties": sum(two["about"] == one["id"] for two in penalties),
            "fines": sum(Decimal(two["amount"]) for two in penalties if two["about"] == one["id"]),
            "state": one["status"],
        }
        for one in own
    }


def test_conduct_by_post_and_what_failed(report: Callable[[str], Report], house: House) -> None:
    own = [one for one in house.by_form["conduct_check"] if in_november(one["at"])]
    expected: dict[str, dict[str, Any]] = {}
    for one in own:
        post = made.PEOPLE[one["person"]][0]
        row = expected.setdefault(post, {"checks": 0, "people": set(), "items": 0, "failed": 0, "penalties": 0})
        row["checks"] += 1
        row["people"].add(one["person"])
        row["items"] += len(one["appearance"])
        row["failed"] += sum(line["result"] == "fail" for line in one["appearance"].values())
        row["penalties"] += "penalty" in one
    for row in expected.values():
        row["people"] = len(row["people"])
    found = report("conduct")
    assert by(rows(found, "posts"), "person_post") == expected
    assert len(rows(found, "fails")) == sum(row["failed"] for row in expected.values())
    assert {row["id"] for row in rows(found, "penalties")} == {one["id"] for one in own if "penalty" in one}


def test_visits_by_kind_and_clients_with_the_same_topic(report: Callable[[str], Report], house: House) -> None:
    own = [one for one in house.by_form["client_visit"] if in_november(one["planned_on"])]
    for kind, row in by(rows(report("visits"), "kinds"), "kind").items():
        mine = [one for one in own if one["kind"] == kind]
        outcomes = Counter(value(one, "outcome") for one in mine)
        assert row == {
            "planned": len(mine),
            "visited": outcomes["done"],
            "nobody": outcomes["nobody"],
            "refused": outcomes["refused"],
            "opinions": sum(value(one, "opinions") is not None for one in mine),
            "reported": sum(bool(taken(one, "report")) for one in mine),
            "rate": percent(outcomes["done"], len(mine)),
        }
    similar = defaultdict(set)
    for one in own:
        similar[one["topic"]] |= {one["customer"]} if value(one, "opinions") else set()
    assert {row["topic"]: row["similar"] for row in rows(report("visits"), "topics")} == {
        topic: len(clients) for topic, clients in similar.items()
    }


def test_tools_missing_at_the_handover_name_who_is_liable(session: Session, house: House) -> None:
    found = run(session, "handover_tools", NOV)
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for one in house.by_form["handover"]:
        for tool in one["tools"]:
            short = int(tool["expected"]) - int(tool["actual"])
            if short:
                expected[tool["liable"]] += Counter({"tools": short, tool["why"]: short})
    assert by(rows(found, "people"), "liable") == {
        who: {"tools": many["tools"], "lost": many["lost"], "lent": many["lent"]} for who, many in expected.items()
    }
    out = {one["id"] for one in house.by_form["loan"] if one["status"] == "out"}
    assert {row["id"] for row in rows(found, "loans")} == out
    assert [row["liable"] for row in rows(found, "lost")] == ["sun"]


def test_a_night_is_told_with_what_it_left(session: Session, house: House) -> None:
    found = run(session, "night_open", NOV)
    entries = [row for one in house.by_form["night_log"] for row in one["entries"]]
    left = [row for row in entries if row["solved"] == "false" and row["kind"] != "inquiry"]
    assert len(rows(found, "entries")) == len(left)
    for kind, row in by(rows(found, "kinds"), "kind").items():
        mine = [one for one in entries if one["kind"] == kind]
        solved, converted = (sum(test(one) for one in mine) for test in (lambda e: e["solved"] == "true", lambda e: "converted" in e))
        waiting = sum(kind != "inquiry" and one["solved"] == "false" and "converted" not in one for one in mine)
        assert row == {"entries": len(mine), "solved": solved, "converted": converted, "waiting": waiting, "emergency": 0}
    # what was entered after midnight belongs to the night that began before it
    (night,) = {row["night"].isoformat() for row in rows(run(session, "night_open", {"day": "2026-11-10"}), "entries")}
    assert night == "2026-11-10"


def test_buildings_with_what_broke_and_what_was_walked(report: Callable[[str], Report], house: House) -> None:
    repairs = [one for one in house.by_form["repair"] if one["status"] != "cancelled"]
    end = datetime(2026, 12, 1, tzinfo=ZONE)

    def figures(own: list[Plain]) -> dict[str, int]:
        done = [taken(one, "finish")[-1] if taken(one, "finish") else None for one in own]
        before = [moment_of(one["at"]) < end for one in own]
        return {
            "found": sum(in_november(one["at"]) for one in own),
            "repaired": sum(when is not None and in_november(when.isoformat()) for when in done),
            "open": sum(there and not (when and when < end) for there, when in zip(before, done, strict=True)),
        }

    indoors = [one for one in repairs if "room" in one]
    keys = sorted({(one["room"].partition("-")[0], one["trade"]) for one in indoors})
    assert by(rows(report("facility"), "buildings"), "head", "trade") == {
        (house_, trade): figures(
            [one for one in indoors if one["room"].partition("-")[0] == house_ and one["trade"] == trade]
        )
        for house_, trade in keys
        if any(figures([one for one in indoors if one["room"].partition("-")[0] == house_ and one["trade"] == trade]).values())
    }
    assert totals(report("facility"), "areas")["found"] == 5
    whole = totals(report("building"), "buildings")
    assert (whole["units"], whole["lived_in"]) == (7, 7)
    assert (whole["faults"], whole["repaired"], whole["open"]) == tuple(figures(indoors).values())
    walked = [one for one in house.by_form["patrol"] if in_november(one["at"])]
    findings = [row for one in walked for row in one.get("findings", ())]
    patrols = totals(report("building"), "patrols")
    assert (patrols["patrols"], patrols["findings"]) == (len(walked), len(findings))
    assert patrols["fixed"] == sum(row["fixed"] == "true" for row in findings)


def test_the_year_names_both_bases_of_the_fees(report: Callable[[str], Report], house: House) -> None:
    bills = house.by_form["fee_bill"]
    due = {one["id"]: Decimal(one["lines"][0]["qty"]) * 2 for one in bills}
    paid: Counter[str] = Counter()
    for one in house.by_form["payment"]:
        for line in one["lines"]:
            paid[line["bill"]] += Decimal(line["amount"])  # type: ignore[assignment]
    owing = {one["room"] for one in bills if due[one["id"]] > paid[one["id"]]}
    rooms = {one["room"] for one in bills}
    (row, _, _) = rows(report("cs_annual"), "fees")
    assert (row["due"], row["paid"]) == (sum(due.values()), sum(paid.values()))
    assert row["by_amount"] == round(sum(paid.values()) * 100 / sum(due.values()), 1)
    assert (row["households"], row["owing"], row["settled"]) == (len(rooms), len(owing), len(rooms) - len(owing))
    assert row["by_household"] == percent(len(rooms) - len(owing), len(rooms))
    months = by(rows(report("cs_annual"), "months"), "month")
    for month, line in months.items():
        own = [one for one in house.by_form["repair"] if one["status"] != "cancelled" and one["at"][:7] == month]
        assert line["repairs"] == len(own)
        assert line["incidents"] == sum(one["found_at"][:7] == month for one in house.by_form["incident"])


def test_service_quality_against_its_targets(report: Callable[[str], Report], house: House) -> None:
    visits = [one for one in house.by_form["return_visit"] if taken(one, "visit")]
    answered = [value(one, "satisfied") for one in visits if in_november(taken(one, "visit")[-1].isoformat())]
    (row, _, change) = rows(report("service_quality"), "satisfaction")
    assert (row["answered"], row["satisfied"]) == (len(answered), answered.count("satisfied"))
    assert row["rate"] == percent(answered.count("satisfied"), len(answered))
    assert row["gap"] == 100 - row["rate"]
    assert change["target"] == 0
    checks = [one for one in house.by_form["conduct_check"] if in_november(one["at"])]
    lines = [line["result"] for one in checks for line in one["appearance"].values()]
    (row, _, _) = rows(report("service_quality"), "conduct")
    assert (row["passed"], row["rate"]) == (lines.count("pass"), percent(lines.count("pass"), len(lines)))


def test_resolutions_by_owner_and_logs_nobody_signed(report: Callable[[str], Report], house: House) -> None:
    today = datetime.fromisoformat(NOW).date()
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    for one in house.by_form["action_item"]:
        done, due = taken(one, "done"), datetime.fromisoformat(one["due_on"]).date()
        expected[one["owner"]] += Counter(
            tasks=1, done=bool(done), on_time=bool(done) and done[0].date() <= due, late=not done and due < today
        )
    found = by(rows(report("resolutions"), "owners"), "owner")
    assert found == {
        who: {**{name: many[name] for name in ("tasks", "done", "on_time", "late")}, "rate": percent(many["done"], many["tasks"])}
        for who, many in expected.items()
    }
    unsigned = {one["id"] for one in house.by_form["duty_log"] if not taken(one, "review")}
    assert {row["id"] for row in rows(report("unsigned"), "day")} == unsigned


@pytest.mark.parametrize(
    ("name", "period", "part"),
    [
        ("overdue", {}, "list"),
        ("fu_overdue", {}, "repairs"),
        ("complaint_clock", {}, "running"),
        ("kpi_month", {"month": "2026-09"}, "people"),
        ("guard", {"day": "2026-11-24"}, "rounds"),
    ],
)
def test_what_is_late_or_due_is_listed(session: Session, name: str, period: dict[str, str], part: str) -> None:
    assert rows(run(session, name, period), part)


# --- sales ------------------------------------------------------------------------------------


def test_the_bar_balances(report: Callable[[str], Report], house: House) -> None:
    (sheet,) = (one for one in house.by_form["bar_consumption"] if one["date"] == "2026-11-24")
    (asked,) = (one for one in house.by_form["food_request"] if one["date"] == "2026-11-24")
    short = Counter(one["item"] for one in house.by_form["shortage"] if one["reported_at"][:10] == "2026-11-24")
    expected = {}
    for line in sheet["lines"]:
        opening, received, used, disposed, counted = (
            int(line[name]) for name in ("opening", "received", "used", "disposed", "counted")
        )
        closing = opening + received - used - disposed
        expected[line["item"]] = {
            "day": datetime(2026, 11, 24).date(), "opening": opening, "received": received, "used": used, "disposed": disposed,
            "closing": closing, "counted": counted, "diff": counted - closing, "short": short[line["item"]],
            "next_day": sum(int(row["qty"]) for row in asked["lines"] if row["item"] == line["item"]),
        }  # fmt: skip
    found = report("bar_daily")
    assert by(rows(found, "ledger"), "item") == expected
    assert {row["diff"] for row in expected.values()} == {-1}
    (difference,) = rows(found, "discrepancies")
    assert difference["diff"] == -1


def test_a_show_flat_lacks_a_check_and_a_lamp(report: Callable[[str], Report]) -> None:
    found = by(rows(report("show_flat_daily"), "flats"), "flat")
    assert found == {
        "flat-1": {"opened": 1, "checks": 4, "lacking": 0, "sheets": 1, "closed": 1, "missing": 0, "damaged": 1},
        "flat-2": {"opened": 1, "checks": 3, "lacking": 1, "sheets": 1, "closed": 1, "missing": 1, "damaged": 1},
    }
    times = [row["at"].isoformat("minutes") for row in rows(report("show_flat_daily"), "rounds") if row["flat"] == "flat-1"]
    assert times == ["09:30", "11:30", "14:00", "16:30"]


CAPS = {"ordinary": (300, 400, 50), "senior": (500, 500, 100), "special": (1000, 1000, 100)}


def test_receptions_against_the_caps_of_their_level(report: Callable[[str], Report], house: House) -> None:
    found = by(rows(report("reception_cost"), "visits"), "id")
    own = [one for one in house.by_form["reception"] if in_november(one["arrival_at"])]
    assert set(found) == {one["id"] for one in own}
    for one in own:
        lunch, dinner, more = CAPS[one["level"]]
        extra = max(0, int(one["heads"]) - 2)
        spent = {row["kind"]: Decimal(row["amount"]) for row in value(one, "expenses")}
        caps = {"lunch": lunch + more * extra, "dinner": dinner + more * extra}
        row = found[one["id"]]
        assert row["meals"] == spent["lunch"] + spent["dinner"]
        assert row["meal_caps"] == sum(caps.values())
        assert row["meals_over"] == sum(max(Decimal(0), spent[meal] - cap) for meal, cap in caps.items())
        outing = {"ordinary": None, "senior": 700 + 200 * extra, "special": 1200 + 250 * extra}[one["level"]]
        assert (row["outings"], row["outing_cap"]) == (spent.get("outing", 0), outing)
        assert row["lodging"] == (1000 if one["level"] == "special" else 0)
        assert row["spent"] == sum(spent.values())


# --- the office -------------------------------------------------------------------------------


def test_budgets_of_the_quarter_and_of_the_year(session: Session, report: Callable[[str], Report], house: House) -> None:
    budgets = {one["period_of"]: one for one in house.by_form["budget"]}
    for part, of in (("lines", "2026-Q4"), ("year", "2026")):
        assert by(rows(report("budget"), part), "parent_period_of", "item") == {
            (of, row["item"]): {
                "planned": Decimal(row["planned"]),
                "actual": Decimal(row["actual"]),
                "left": Decimal(row["planned"]) - Decimal(row["actual"]),
                "rate": round(Decimal(row["actual"]) * 100 / Decimal(row["planned"]), 1),
            }
            for row in budgets[of]["lines"]
        }
    over = [row["item"] for of in ("2026-Q4", "2026") for row in budgets[of]["lines"] if float(row["actual"]) > float(row["planned"])]
    assert Counter(row["item"] for row in rows(report("budget"), "over")) == Counter(over)
    paid = [one for one in house.by_form["expense_claim"] if taken(one, "pay")]
    assert totals(report("budget"), "claims")["amount"] == sum(Decimal(row["amount"]) for one in paid for row in one["items"])
    whole = run(session, "budget", {"year": "2026"})
    assert {row["parent_period_of"] for row in rows(whole, "lines")} == {"2026-Q3", "2026-Q4"}


def test_plans_branches_and_forms_of_the_month(report: Callable[[str], Report], house: House) -> None:
    plans = [one for one in house.by_form["work_plan"] if one["period"] == "month"]
    for dept, row in by(rows(report("tower_month"), "areas"), "parent_dept").items():
        own = [task for one in plans if one["dept"] == dept and one["period_from"] == "2026-11-01" for task in one["items"]]
        states = Counter(task["status"] for task in own)
        coming = [task for one in plans if one["dept"] == dept and one["period_from"] == "2026-12-01" for task in one["items"]]
        assert row == {
            "tasks": len(own), "done": states["done"], "open": states["open"], "late": states["late"],
            "rate": percent(states["done"], len(own)), "next": len(coming),
        }  # fmt: skip
    sheets = [one for one in house.by_form["work_report"] if one["kind"] in ("branch_daily", "branch_month")]
    for branch, row in by(rows(report("branch"), "branches"), "branch").items():
        own = [one for one in sheets if one["branch"] == branch]
        daily = [one for one in own if one["kind"] == "branch_daily"]
        figures = Counter({name: sum(int(f["value"]) for one in daily for f in one["figures"] if f["name"] == name)
                           for name in ("来电", "来访", "投诉")})  # fmt: skip
        in_time = [
            one for one in own
            if taken(one, "hand_in")[0] < datetime.fromisoformat(one["period_to"]).replace(tzinfo=ZONE) + timedelta(days=1)
        ]  # fmt: skip
        assert row == {
            "reports": len(daily), "months": len(own) - len(daily), "calls": figures["来电"], "visits": figures["来访"],
            "complaints": figures["投诉"], "deeds": int(branch == "一分部"), "handed_in": len(own), "on_time": len(in_time),
            "rate": percent(len(in_time), len(own)), "untrue": sum(bool(taken(one, "find_untrue")) for one in own),
        }  # fmt: skip
    forms = {row["form_title"]: row for row in rows(report("monthly_report"), "forms")}
    for form, title in (("repair", "维修工作单 / 业主报修(有偿服务)登记表"), ("patrol", "巡查记录"), ("inquiry", "咨询登记与回复")):
        months = Counter(one["at"][:7] for one in house.by_form[form])
        assert (forms[title]["made"], forms[title]["earlier"]) == (months["2026-11"], months["2026-10"])


def test_trainings_planned_and_held(report: Callable[[str], Report], house: House) -> None:
    held = [one for one in house.by_form["training"] if in_november(one["at"])]
    found = by(rows(report("training"), "topics"), "subject")
    for subject, row in found.items():
        people = [row for one in held if one["subject"] == subject for row in one["people"]]
        marks = [int(one["score"]) for one in people]
        assert row == {
            "planned": 1, "held": sum(one["subject"] == subject for one in held),
            "attended": sum(one["signed"] == "true" for one in people), "absent": sum(one["signed"] == "false" for one in people),
            "passed": len(people), "score": round(Decimal(sum(marks)) / len(marks), 1) if marks else None,
        }  # fmt: skip
    assert [row["subject"] for row in rows(report("training"), "missed")] == ["电梯"]


# --- appraisal and quality --------------------------------------------------------------------


def test_the_quarter_pays_equals_in_full(report: Callable[[str], Report], house: House) -> None:
    sheets = defaultdict(dict)
    for one in house.by_form["agent_appraisal"]:
        score = sum(int(one[f"{name}_score"]) * weight for name, weight in (("self", 15), ("superior", 60), ("group", 25))) / 100
        sheets[one["agent"]][one["month"]] = score
    means = {agent: round(mean(months.values()), 2) for agent, months in sheets.items()}
    ranks = {agent: 1 + sum(other > score for other in means.values()) for agent, score in means.items()}  # 1 1 3
    assert sorted(ranks.values()) == [1, 1, 3]
    found = by(rows(report("kpi_quarter"), "agents"), "who")
    for agent, row in found.items():
        assert [float(row[name]) for name in ("first", "second", "third")] == [*sheets[agent].values()]
        assert (float(row["score"]), row["rank"]) == (means[agent], ranks[agent])
        assert row["reward"] == {1: 500, 2: 300, 3: 200}[ranks[agent]]
        assert row["sharing"] == sum(rank == ranks[agent] for rank in ranks.values())
    assert totals(report("kpi_quarter"), "rewards")["reward"] == 1200


def test_the_last_three_take_in_whoever_ties_with_the_third(session: Session) -> None:
    found = rows(run(session, "kpi_month", {"month": "2026-09"}), "bottom")
    assert {row["who"]: row["rank"] for row in found} == {"N2": 2, "N3": 2, "N4": 4, "N5": 5}


def test_spot_checks_by_person(report: Callable[[str], Report], house: House) -> None:
    own = [one for one in house.by_form["spot_check"] if in_november(one["at"])]
    for agent, row in by(rows(report("spot"), "people"), "agent").items():
        mine = [one for one in own if one["agent"] == agent]
        bad = [one for one in mine if one["result"] != "pass"]
        sure = Counter(one["kind"] for one in bad if taken(one, "confirm"))
        assert row == {
            "sampled": len(mine), "failed": len(bad), "rate": percent(len(bad), len(mine)), "calls": sure["call"],
            "points": 2 * sure["call"], "untrue": sure["return_visit"], "severe": 0,
        }  # fmt: skip
    for agent, row in by(rows(report("spot"), "visits"), "agent").items():
        mine = [one["result"] for one in own if one["agent"] == agent and one["kind"] == "return_visit"]
        short = 100 - Decimal(mine.count("pass")) * 100 / len(mine)
        assert row["levels"] == int(short / 5)


def test_batches_passed_and_what_happened_to_the_others(report: Callable[[str], Report], house: House) -> None:
    own = [one for one in house.by_form["quality_inspection"] if in_november(one["at"])]
    for kind, row in by(rows(report("qc_month"), "kinds"), "kind").items():
        mine = [one for one in own if one["kind"] == kind]
        results = Counter(value(one, "result") for one in mine)
        assert row == {
            "inspections": len(mine), "batches": len({one["batch"] for one in mine}), "judged": len(mine),
            "passed": results["pass"], "failed": results["fail"], "retest": results["retest"],
            "rate": percent(results["pass"], len(mine)), "released": results["pass"], "stopped": 0,
        }  # fmt: skip
    bad = [one for one in house.by_form["nonconforming"] if in_november(one["at"])]
    dispositions = Counter(value(one, "disposition") for one in bad)
    assert {row["disposition"]: row["items"] for row in rows(report("qc_month"), "dispositions")} == dispositions
    sources: Counter[str] = Counter()
    for one in bad:
        sources[one["source"]] += int(one["qty"])
    assert {row["source"]: row["qty"] for row in rows(report("qc_analysis"), "sources")} == sources
