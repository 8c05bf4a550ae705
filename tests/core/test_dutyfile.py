"""duties.yaml read and checked: every problem at once, each in a sentence with its line."""

from __future__ import annotations

from datetime import date
from textwrap import dedent
from textwrap import indent

import pytest

from logbook.core.budgets import Span
from logbook.core.duties import Daily
from logbook.core.duties import Each
from logbook.core.duties import EachShift
from logbook.core.duties import Earlier
from logbook.core.duties import Every
from logbook.core.duties import Monthly
from logbook.core.duties import OnEvent
from logbook.core.duties import OnHoliday
from logbook.core.duties import OnRows
from logbook.core.duties import Weekly
from logbook.core.duties import Weeks
from logbook.core.duties import Yearly
from logbook.core.duties import say
from logbook.core.dutyfile import SETTABLE
from logbook.core.dutyfile import check_site
from logbook.core.dutyfile import duties_of
from logbook.core.dutyfile import waiting
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from tests.core.dutykit import PATH
from tests.core.dutykit import duty
from tests.core.dutykit import library
from tests.core.dutykit import said

FOUR = """\
four_checks:
  zh: 四次检查
  en: Four checks
  each: area where kind is show_flat
  daily: {times: 4, between: [09:00, 18:00]}
  done_by: check where kind is round
  rows: rounds
  moment: at
  role: guide
  off_day: skip
  calendar: office
  effective: 2026-01-01
  listed: no
  source: [000 样板房 14, 000 样板房 15]
  inferred: true
"""


def of_duties(issues: list[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.path != "templates/core/shifts.yaml"]


def wrong(text: str) -> list[str]:
    """What is wrong with a duty that has a name; its first own line is 4."""
    body = indent(dedent(text).strip("\n"), "  ")
    return said(of_duties(library(f"round:\n  {{NAME}}\n{body}\n".replace("{NAME}", "zh: 查房\n  en: Round"))[1]))


def test_a_duty_with_everything() -> None:
    found, issues = library(FOUR)
    assert of_duties(issues) == []
    rule = duties_of(found, {})["four_checks"]
    assert rule.label == Text("四次检查", "Four checks")
    assert (rule.pack, rule.form, rule.path, rule.line) == ("core", "check", PATH, 2)
    assert isinstance(rule.each, Each) and (rule.each.form, rule.each.text) == ("area", "kind is show_flat")
    assert rule.cadence == Daily(times=4, between=(540, 1080))
    assert (rule.rows, rule.subject, rule.moment, rule.period) == ("rounds", "area", "at", None)
    assert (rule.role, rule.off_day, rule.calendar, rule.listed, rule.inferred) == ("guide", "skip", "office", False, True)
    assert rule.effective == 739617 and rule.source == "000 样板房 14; 000 样板房 15"
    assert rule.where is not None and rule.where.text == "kind is round"
    assert rule.subject_form == "area" and rule.trigger_form is None and rule.forms == {"area", "check"}


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("daily: {}", Daily()),
        ("daily:", Daily()),
        ('daily: {at: "9:05"}', Daily(at=545)),
        ("daily: {at: close, days: mon-fri}", Daily(at="close", days=(0, 1, 2, 3, 4))),
        ("daily: {between: 17:30-08:30}", Daily(between=(1050, 510))),
        ('daily: {slots: {am: "12:00", pm: close}}', Daily(slots=(("am", 720), ("pm", "close")))),
        ("daily: {days: [fri-mon, wed]}", Daily(days=(0, 2, 4, 5, 6))),
        ("every: 60 minutes\nbetween: [22:00, 06:00]", Every(3600, (1320, 360))),
        ("every: 1 hour\nbetween: night", Every(3600, "night")),
        ("every: 20 minutes\nduring: log\nmoment: at", Every(1200, None, "log")),
        ("shift: {posts: noon_duty}", EachShift(("noon_duty",))),
        ("shift: {posts: [noon_duty, night_duty], at: start, within: 15 minutes}",
         EachShift(("noon_duty", "night_duty"), "start", 900)),
        ("weekly: monday", Weekly(0)),
        ("weekly: Fri", Weekly(4)),
        ("weekly: {times: 2}", Weekly(None, 2)),
        ("weeks: {every: 2, from: 2026-01-05}", Weeks(2, 739621)),
        ("monthly: {day: 30}", Monthly(day=30)),
        ("monthly: {day: last, about: next}", Monthly(day=0, about=1)),
        ("monthly: {on: 9, about: previous}", Monthly(on=9, about=-1)),
        ("monthly: {between: [1, 5]}", Monthly(between=(1, 5))),
        ("monthly: {between: [25, last]}", Monthly(between=(25, 0))),
        ("monthly: {working_day: 3}", Monthly(working_day=3)),
        ("monthly: {times: 2}", Monthly(times=2)),
        ("quarterly: {}", Yearly(3)),
        ("half_yearly: {month: 6, day: 10}", Yearly(6, 10, 6)),
        ("yearly: {month: 2, day: 29, about: next}", Yearly(12, 29, 2, 1)),
        ("on: {holiday: any, before: 1 day}", OnHoliday("any", 1)),
        ("on: {holiday: 春节, before: 2 days, after: 3 days}", OnHoliday("春节", 2, 3)),
    ],
)  # fmt: skip
def test_every_cadence(text: str, cadence: object) -> None:
    done_by = "\ndone_by: log" if "during" in text else ""
    assert duty(text + done_by).cadence == cadence


def test_cadences_of_records() -> None:
    event = duty("on: {event: repair.finish where kind is leak, within: 3 days}\ndone_by: same at tell")
    assert isinstance(event.cadence, OnEvent)
    assert (event.cadence.form, event.cadence.event, event.cadence.within) == ("repair", "finish", Span(3, "days"))
    assert (event.form, event.moment, event.subject, event.subject_form) == ("repair", "tell", None, "repair")
    assert event.cadence.where is not None and event.cadence.where.text == "kind is leak"
    rain = duty(
        "each: area\non: {rows: log.weather where kind is heavy_rain, before: from_at, after: to_at, within: 1 day}"
    )
    assert isinstance(rain.cadence, OnRows)
    assert (rain.cadence.rows, rain.cadence.before, rain.cadence.after) == ("weather", "from_at", "to_at")
    assert (rain.subject_form, rain.trigger_form, rain.subject) == ("area", "log", "area")
    visit = duty("on: {event: repair.found_on, within: 2 days or asked_by}\ndone_by: visit at visit\nsubject: repair")
    assert (visit.form, visit.moment, visit.subject) == ("visit", "visit", "repair")


def test_slots_and_seasons_and_while() -> None:
    rule = duty("""
        daily: {}
        seasons: {summer: {daily: {slots: {am: "12:00"}}}}
        slot: {kind: {rain_before: am}}
        while: some record of repair where kind is leak
        """)
    assert rule.seasons == {"summer": Daily(slots=(("am", 720),))}
    assert (rule.slot, rule.slots) == ("kind", {"rain_before": "am"})
    assert rule.while_ is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        # what it is
        ("daily: {}\ndone_by: check\ndoneby: x", [
            'doneby: Duty round: a duty has no key "doneby". Did you mean "done_by"?']),
        ("daily: {}", [": Duty round lacks done_by."]),
        ("daily: {}\ndone_by: [check]", ["done_by: done_by should be one text."]),
        ("daily: {}\ndone_by: check\nlisted: maybe", ["listed: listed should be true or false."]),
        ("daily: {}\ndone_by: check\nrole: gide", [
            'role: Duty round: there is no role "gide". Did you mean "guide"?']),
        ("daily: {}\ndone_by: check\ncalendar: ofice", [
            'calendar: Duty round: there is no calendar "ofice" in the packs. Did you mean "office"?']),
        # when
        ("done_by: check", [": Duty round does not say when (clocks 13)."]),
        ("dayly: {}\ndone_by: check", [
            'dayly: Duty round: a duty has no key "dayly". Did you mean "daily"?']),
        ("daily: {}\nweekly: monday\ndone_by: check", [
            "weekly: Duty round says in more than one way when it is due: daily, weekly (clocks 13)."]),
        ("daily: {}\nvague: 定期\ndone_by: check", [
            "daily: Duty round says in more than one way when it is due: daily, vague (clocks 13)."]),
        ("vague:\ndone_by: check", ["vague: Duty round: vague does not say what the handbook says."]),
        ("daily: {tims: 4}\ndone_by: check", [
            'daily.tims: Duty round: daily has no part "tims" (clocks 13). Did you mean "times"?']),
        ("daily: {at: 25:00}\ndone_by: check", ['daily.at: Duty round: "25:00" is no time of day (clocks 13).']),
        ("daily: {at: 00:00}\ndone_by: check", ['daily.at: Duty round: "00:00" is no time of day (clocks 13).']),
        ("daily: {at: 09:60}\ndone_by: check", ['daily.at: Duty round: "09:60" is no time of day (clocks 13).']),
        ("daily: {at: clsoe}\ndone_by: check", [
            'daily.at: Duty round: "clsoe" is neither a time of day nor one of the site\'s hours. Did you mean "close"?']),
        ("daily: {between: [09:00, 09:00]}\ndone_by: check", [
            "daily.between: Duty round: a window that ends when it begins (09:00) has no time in it (clocks 13)."]),
        ("daily: {between: [09:00]}\ndone_by: check", [
            'daily.between: Duty round: "[09:00]" is not from one time of day to another (clocks 13).']),
        ("daily: {between: 09:00}\ndone_by: check", [
            'daily.between: Duty round: "09:00" is not from one time of day to another (clocks 13).']),
        ("daily: {times: 0}\ndone_by: check", [
            'daily.times: Duty round: times is a whole number from 1 to 96, not "0" (clocks 13).']),
        ("daily: {at: 09:00, between: [09:00, 10:00]}\ndone_by: check", [
            "daily: Duty round: these cannot stand together: at, between (clocks 13)."]),
        ("daily: {days: mon-fry}\ndone_by: check", [
            'daily.days: Duty round: "fry" is no day of the week (clocks 13).']),
        ("daily: [1]\ndone_by: check", ["daily: daily should be entries with names (name: content)."]),
        ("every: often\ndone_by: check", [
            'every: Duty round: "often" is no length of time that can be used here (clocks 13).']),
        ("daily: {}\nbetween: night\ndone_by: check", [
            "between: Duty round: between stands beside every and nowhere else (clocks 13)."]),
        ("weekly: mondy\ndone_by: check", [
            'weekly: Duty round: "mondy" is no day of the week (clocks 13). Did you mean "monday"?']),
        ("weeks: {every: 2}\ndone_by: check", ['weeks.from: Duty round: "" is no date.']),
        ("weeks: {every: 2, from: 2026-02-30}\ndone_by: check", ['weeks.from: Duty round: "2026-02-30" is no date.']),
        ("monthly: {day: 32}\ndone_by: check", ['monthly.day: Duty round: "32" is no day of a month (clocks 14).']),
        ("monthly: {day: 5, on: 9}\ndone_by: check", [
            "monthly: Duty round: these cannot stand together: day, on (clocks 13)."]),
        ("monthly: {between: [5, 1]}\ndone_by: check", [
            'monthly.between: Duty round: "[5, 1]" are not two days of one month (clocks 13).']),
        ("monthly: {day: 5, about: last}\ndone_by: check", [
            'monthly.about: Duty round: about cannot be "last".']),
        ("quarterly: {month: 4}\ndone_by: check", [
            'quarterly.month: Duty round: month is a whole number from 1 to 3, not "4" (clocks 13).']),
        ("shift: {posts: noon}\ndone_by: check", [
            'shift.posts: Duty round: there is no post "noon" in the packs. Did you mean "noon_duty"?']),
        ("shift: {posts: noon_duty, at: middle}\ndone_by: check", ['shift.at: Duty round: at cannot be "middle".']),
        ("daily: {}\noff_day: move\ndone_by: check", ['off_day: Duty round: off_day cannot be "move" (clocks 15).']),
        ("daily: {}\noff_day: next\ndone_by: check", [
            "off_day: Duty round: what is due every day cannot move to another day (off_day: next; clocks 15)."]),
        ("daily: {}\nseasons: {sumer: {daily: {}}}\ndone_by: check", [
            'seasons.sumer: Duty round: there is no season "sumer" (clocks 4). Did you mean "summer"?']),
        ("daily: {}\nseasons: {summer: {weekly: monday}}\ndone_by: check", [
            "seasons.summer: Duty round: in summer it has another kind of cadence (clocks 13)."]),
        ("daily: {}\nseasons: {summer: {}}\ndone_by: check", [
            "seasons.summer: Duty round: a season holds exactly one cadence (summer; clocks 13)."]),
        ("daily: {}\nearlier: [weekly: friday]\ndone_by: check", [
            "earlier: Duty round: it is not said from when its rule replaces the earlier one (clocks 14)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: friday\ndone_by: check", [
            "earlier: Duty round: earlier is a list of the rules that held before (clocks 14)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: [{role: guide}]\ndone_by: check", [
            'earlier.0.role: Duty round: earlier has no part "role" (clocks 13).',
            "earlier.0: Duty round: an earlier rule holds exactly one cadence (clocks 14)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: [{daily: {}, weekly: friday}]\ndone_by: check", [
            "earlier.0: Duty round: an earlier rule holds exactly one cadence (clocks 14)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: [{daily: {}}, {weekly: friday}]\ndone_by: check", [
            "earlier.1: Duty round: only the first of the earlier rules may lack effective (clocks 14)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: [{daily: {}, effective: 2026-06-01}]\ndone_by: check", [
            "earlier: Duty round: each rule must take effect after the one before it (clocks 14)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: [{daily: {}, off_day: next}]\ndone_by: check", [
            "earlier.0.off_day: Duty round: what is due every day cannot move to another day (off_day: next; clocks 15)."]),
        ("daily: {}\neffective: 2026-06-01\nearlier: [{on: {event: repair.finish, within: 2 days}}]\ndone_by: check", [
            "earlier.0: Duty round: an earlier rule must be made due by the same thing,"
            " the days or the same event (clocks 14)."]),
        ("daily: {}\neffective: soon\ndone_by: check", ['effective: Duty round: "soon" is no date.']),
        # on
        ("on: {}\ndone_by: check", ["on: Duty round: on needs exactly one of event, rows, holiday (clocks 13)."]),
        ("on: {holiday: any}\ndone_by: check", [
            "on: Duty round: it is not said whether it is due before or after (clocks 13)."]),
        ("on: {event: repair, within: 1 day}\ndone_by: check", [
            'on.event: Duty round: "repair" names no event of a form (clocks 13).']),
        ("on: {event: repair.finsh, within: 1 day}\ndone_by: visit\nsubject: repair", [
            'on.event: Duty round: repair has no step and no moment "finsh". Did you mean "finish"?']),
        ("on: {event: repair.finish, within: 2 dais}\ndone_by: visit\nsubject: repair", [
            'on.within: The time limit "2 dais" has no known unit: "dais". Did you mean "days"?']),
        ("on: {event: repair.finish, within: {kind: {leak: 3 days}}}\ndone_by: visit\nsubject: repair", [
            "on.within: Duty round: its time limit cannot be chosen by a field."]),
        ("on: {event: repair.finish, within: by kind}\ndone_by: visit\nsubject: repair", [
            'on.within: Duty round: repair has no moment "kind".']),
        ("on: {event: repair.finish, within: 1 hour before asked_by}\ndone_by: visit\nsubject: repair", [
            'on.within: Duty round: the time limit "1 hour before asked_by" needs a moment that is not known here.']),
        ("each: area\non: {event: repair.finish, within: 1 day}\ndone_by: check", [
            "each: Duty round is due after an event; its subject is that record and each has no place."]),
        ("on: {rows: log, after: to_at}\ndone_by: check", [
            'on.rows: Duty round: "log" names no list of a form (clocks 13).']),
        ("on: {rows: log.weather, after: until}\ndone_by: check", [
            'on.after: Duty round: log.weather has no moment "until".']),
        ("on: {rows: log.weather where kind is rain, after: to_at}\ndone_by: check", [
            'on.rows: kind is "rain": it can be heavy_rain, snow']),
        # whom and what it is about
        ("each: areas\ndaily: {}\ndone_by: check", [
            'each: Duty round waits: this book has no form "areas". Did you mean "area"?']),
        ("each: area where\ndaily: {}\ndone_by: check", [
            'each: Duty round: "area where" does not name a form and a condition (clocks 13).']),
        ("each: area where kind is showflat\ndaily: {}\ndone_by: check", ['each: kind is "showflat": it can be show_flat, bar']),
        ("each: area where kind\ndaily: {}\ndone_by: check", ['each: "kind" on its own says nothing']),
        ("daily: {}\ndone_by: chek", [
            'done_by: Duty round waits: this book has no form "chek". Did you mean "check"?']),
        ("daily: {}\ndone_by: same", [
            "done_by: Duty round: done_by: same needs an event or a running record to be the same as (clocks 13)."]),
        ("daily: {}\ndone_by: check where knd is round", ['done_by: "knd" is no field of check']),
        ("daily: {}\nwhile: kind is leak\ndone_by: check", ['while: "kind" is no field of site']),
        ("daily: {}\nwhile: some record of rapair\ndone_by: check", [
            'while: Duty round waits: this book has no form "rapair". Did you mean "repair"?']),
        ("daily: {}\nrows: kind\ndone_by: check", ["rows: Duty round: kind of check is no list but of type choice."]),
        ("daily: {}\nrows: runds\ndone_by: check", [
            'rows: Duty round: check has no field "runds". Did you mean "rounds"?']),
        ("each: area\ndaily: {}\nsubject: month\ndone_by: check", [
            "subject: Duty round: month of check does not point at area (clocks 14)."]),
        ("daily: {}\nsubject: area\ndone_by: check", [
            "subject: Duty round is due once for the whole site; subject has no place in it (clocks 14)."]),
        ("each: area\ndaily: {}\ndone_by: visit", [
            "done_by: Duty round: no field of visit points at area, so no record could fulfil it (clocks 14)."]),
        ("on: {event: repair.finish, within: 1 day}\ndone_by: visit", [
            "done_by: Duty round: visit points at repair in several fields (repair, other); "
            "which one counts is not said (clocks 14)."]),
        ("daily: {}\nmoment: kind\ndone_by: check", [
            "moment: Duty round: kind of check is no moment but of type choice."]),
        ("daily: {}\nmoment: revew\ndone_by: check", [
            'moment: Duty round: check has no moment "revew". Did you mean "review"?']),
        ("daily: {}\nperiod: rounds\ndone_by: check", [
            "period: Duty round: rounds of check cannot name a period; it is of type list (clocks 14)."]),
        ("daily: {}\nslot: {kind: {rainy: am}}\ndone_by: check", ['slot: Duty round: kind cannot be "rainy".']),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, told: list[str]) -> None:
    found = wrong(text)
    without_lines = [line.partition(" ")[2] for line in found]
    assert len(found) == len(told), found
    for line, sentence in zip(without_lines, told, strict=True):
        assert line == sentence


def test_all_at_once_each_with_its_line() -> None:
    assert wrong("""
        each: area where kind is showflat
        daily: {tims: 4, at: 25:00}
        done_by: check at revew
        role: gide
        off_day: next
        """) == [
        '5 each: kind is "showflat": it can be show_flat, bar',
        '6 daily.tims: Duty round: daily has no part "tims" (clocks 13). Did you mean "times"?',
        '6 daily.at: Duty round: "25:00" is no time of day (clocks 13).',
        '7 done_by: Duty round: check has no moment "revew". Did you mean "review"?',
        '8 role: Duty round: there is no role "gide". Did you mean "guide"?',
    ]


def test_a_file_that_holds_no_duties() -> None:
    for text in ("duty: {}\n", "duties: []\n"):
        _, issues = library(others={"templates/site/duties.yaml": text})
        (issue,) = of_duties(issues)
        assert (issue.rule, issue.path) == ("duty.empty", "templates/site/duties.yaml")
    _, issues = library("Round: {daily: {}, done_by: check}\nx: [1]\n")
    assert said(of_duties(issues)) == [
        '2 : A duty cannot be called "Round".',
        "2 : Duty Round has no name.",
        "3 : x should be entries with names (name: content).",
    ]


def test_an_id_in_two_packs() -> None:
    _, issues = library(FOUR, FOUR)
    (issue,) = of_duties(issues)
    assert (issue.path, issue.line) == ("templates/pack1/duties.yaml", 2)
    assert Catalogue("en").issue(issue)[0] == "Duty four_checks stands in templates/core/duties.yaml as well."


def test_what_waits_for_its_pack_is_a_warning_and_left_out() -> None:
    found, issues = library("a: {zh: 甲, daily: {}, done_by: parcel}\nb: {zh: 乙, daily: {}, done_by: check}\n")
    (issue,) = of_duties(issues)
    assert (issue.rule, issue.severity) == ("duty.unknown-form", "warning")
    assert list(duties_of(found, {})) == ["b"]


def test_what_is_broken_is_left_out() -> None:
    found, _ = library("a: {zh: 甲, daily: {at: 25:00}, done_by: check}\nb: {zh: 乙, daily: {}, done_by: check}\n")
    assert list(duties_of(found, {})) == ["b"]


# -- what a site sets

VAGUE = """\
key_count: {zh: 盘点, en: Count, vague: 未述, done_by: check}
rounds: {zh: 巡查, en: Rounds, daily: {times: 2}, seasons: {summer: {daily: {times: 3}}}, done_by: check, off_day: skip}
"""


def vague_library() -> Library:
    found, issues = library(VAGUE)
    assert of_duties(issues) == []
    return found


def test_a_vague_duty_waits_until_the_site_sets_it() -> None:
    found = vague_library()
    assert [rule.id for rule in waiting(found, {})] == ["key_count"]
    assert duties_of(found, {})["key_count"].cadence is None
    settings = {"duties": {"key_count": {"monthly": {"day": "last"}, "off_day": "next", "role": "officer"}}}
    assert waiting(found, settings) == []
    rule = duties_of(found, settings)["key_count"]
    assert (rule.cadence, rule.off_day, rule.role, rule.vague) == (Monthly(day=0), "next", "officer", None)
    assert check_site(settings, found) == []


def test_a_site_changes_or_switches_off_any_duty() -> None:
    found = vague_library()
    changed = duties_of(found, {"duties": {"rounds": {"weekly": "monday", "listed": "no"}}})["rounds"]
    assert (changed.cadence, changed.seasons, changed.off_day, changed.listed) == (Weekly(0), {}, "skip", False)
    listed = duties_of(found, {"duties": {"rounds": {"listed": "no"}}})["rounds"]
    assert (listed.cadence, listed.listed) == (Daily(2), False)
    assert list(duties_of(found, {"duties": {"rounds": "off"}})) == ["key_count"]
    assert check_site({"duties": {"rounds": "off"}}, found) == []


def test_what_a_site_got_wrong_leaves_the_packs_own() -> None:
    found = vague_library()
    settings = {
        "hours": {"noon": "12:00"},
        "duties": {
            "round": "off",
            "rounds": {"daily": {"at": "noonn"}, "zh": "别名"},
            "key_count": {"daily": {}, "off_day": "next"},
        },
    }
    assert duties_of(found, settings)["rounds"].cadence == Daily(2)
    issues = check_site(settings, found)
    assert [issue.path for issue in issues] == ["logbook.yaml"] * 4
    assert [(issue.field, Catalogue("en").issue(issue)[0]) for issue in issues] == [
        ("settings.duties.round", 'There is no duty "round". Did you mean "rounds"?'),
        ("settings.duties.rounds.zh", 'Duty rounds: a site cannot set "zh".'),
        ("settings.duties.rounds.daily.at",
         'Duty rounds: "noonn" is neither a time of day nor one of the site\'s hours. Did you mean "noon"?'),
        ("settings.duties.key_count.off_day",
         "Duty key_count: what is due every day cannot move to another day (off_day: next; clocks 15)."),
    ]  # fmt: skip
    assert [Catalogue("en").issue(one)[0] for one in check_site({"duties": "off"}, found)] == [
        "duties should be entries with names (name: content)."
    ]
    assert [Catalogue("en").issue(one)[0] for one in check_site({"duties": {"rounds": "weekly"}}, found)] == [
        "rounds should be entries with names (name: content)."
    ]
    assert "daily" in SETTABLE and "done_by" not in SETTABLE


# -- in words


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("daily: {}", "每天一次", "every day"),
        ("daily: {times: 4, between: [09:00, 18:00]}", "每天4次，09:00至18:00", "4 times every day between 09:00 and 18:00"),
        ("daily: {at: close, days: mon-tue}", "每周一、二一次，下班时间前", "every Monday, Tuesday, by closing time"),
        ('daily: {slots: {am: "12:00"}}', "每天：am 12:00前", "every day: by am 12:00"),
        ("every: 60 minutes\nbetween: night", "夜间每1小时一次", "every 1 hour in the night"),
        ("weekly: monday", "每周一", "every Monday"),
        ("weekly: {times: 2}", "每周2次", "twice a week"),
        ("weeks: {every: 2, from: 2026-01-05}", "每2周一次", "once in 2 weeks"),
        ("monthly: {day: last, about: next}", "每月月末前，写的是下月", "every month by the last day, about the next month"),
        ("monthly: {on: 9}", "每月9日当天", "every month on day 9"),
        ("monthly: {between: [1, 5]}", "每月1日至5日", "every month from day 1 to day 5"),
        ("monthly: {working_day: 3}", "每月第3个工作日前", "every month by working day 3"),
        ("yearly: {}", "每年一次", "once a year"),
        ("half_yearly: {month: 6}", "每半年第6个月月末前", "once a half year, by the last day of its month 6"),
        ("on: {holiday: any, before: 1 day}", "每个法定节假日前1天内", "in the day before each public holiday"),
        ("on: {holiday: 春节, after: 2 days}", "每个春节后2天内", "in the 2 days after each 春节"),
        ("shift: {posts: noon_duty}", "每班一次（noon_duty），班次结束后30分钟内", "once a shift (noon_duty), within 30 minutes of its end"),
        ("on: {rows: log.weather, before: from_at, after: to_at}", "每次日志·天气前、后各一次", "once before and after each Weather"),
    ],
)  # fmt: skip
def test_a_cadence_in_words(text: str, zh: str, en: str) -> None:
    known = library()[0]
    rule = duty(text)
    assert say(rule, "zh", known) == f"查房：{zh}，以检查为准。"
    assert say(rule, "en", known) == f"Round: {en}; recorded as Check."


def test_a_whole_duty_in_words() -> None:
    found, _ = library(FOUR + VAGUE)
    rules = duties_of(found, {})
    assert say(rules["four_checks"], "zh", found) == (
        "四次检查：每天4次，09:00至18:00，对每一份区域（类别是“样板房”），休息日不做，由讲解员做，以检查（类别是“巡查”）为准，不列入逾期。"
    )
    assert say(rules["four_checks"], "en", found) == (
        "Four checks: 4 times every day between 09:00 and 18:00; for each Area (kind is “Show flat”); not on days off; "
        "done by Guide; recorded as Check (kind is “Round”); not listed as overdue."
    )
    assert say(rules["four_checks"], "en").startswith("Four checks: 4 times every day between 09:00 and 18:00; for each area")
    assert say(rules["key_count"], "zh", found) == "盘点：手册只说“未述”，等本单位定时间，以检查为准。"
    assert say(rules["rounds"], "en", found) == (
        "Rounds: twice every day; in summer 3 times every day; not on days off; recorded as Check."
    )
    event = duty("on: {event: repair.finish where kind is leak, within: 3 days}\ndone_by: same at tell")
    assert say(event, "en", found) == (
        'Round: after "Finish" of Repair (kind is “Leak”): within 3 days; recorded as Repair.'
    )


# -- a rule that a site changes from a day on


ROUND = "round: {zh: 查房, en: Round, weekly: monday, off_day: next, done_by: check}\n"


def test_from_the_day_a_site_names_its_rule_takes_the_place_of_the_packs() -> None:
    known, _ = library(ROUND)
    own = {"duties": {"round": {"weekly": "friday", "effective": "2026-06-01"}}}
    assert check_site(own, known) == []
    found = duties_of(known, own)["round"]
    assert (found.cadence, found.effective) == (Weekly(4), date(2026, 6, 1).toordinal())
    assert found.earlier == (Earlier(Weekly(0), None, "next"),)


def test_without_a_day_the_rule_of_the_site_has_always_held() -> None:
    known, _ = library(ROUND.replace("weekly: monday", "weekly: monday, effective: 2026-05-01, earlier: [weekly: sunday]"))
    found = duties_of(known, {"duties": {"round": {"weekly": "friday"}}})["round"]
    assert (found.cadence, found.effective, found.earlier) == (Weekly(4), None, ())


def test_a_site_may_say_itself_what_held_before() -> None:
    known, _ = library(ROUND)
    own = {"duties": {"round": {"daily": {}, "effective": "2026-06-01", "off_day": "keep", "earlier": [{"weekly": "sunday"}]}}}
    assert check_site(own, known) == []
    assert duties_of(known, own)["round"].earlier == (Earlier(Weekly(6)),)
    del own["duties"]["round"]["effective"]
    assert [issue.rule for issue in check_site(own, known)] == ["duty.earlier-without-effective"]


def test_a_vague_duty_has_no_earlier_rule() -> None:
    known, _ = library(ROUND.replace("weekly: monday", "vague: 定期"))
    own = {"duties": {"round": {"weekly": "friday", "effective": "2026-06-01"}}}
    assert check_site(own, known) == []
    assert duties_of(known, own)["round"].earlier == ()


def test_a_site_cannot_change_what_makes_a_duty_due_from_a_day_on() -> None:
    text = "round: {zh: 查房, en: Round, on: {event: repair.finish, within: 2 days}, done_by: visit, subject: repair}\n"
    known, _ = library(text)
    own = {"duties": {"round": {"on": {"event": "repair.take", "within": "2 days"}, "effective": "2026-06-01"}}}
    (issue,) = check_site(own, known)
    assert (issue.rule, issue.field) == ("duty.earlier-kind", "settings.duties.round.effective")
    own = {"duties": {"round": {"on": {"event": "repair.finish", "within": "1 day"}, "effective": "2026-06-01"}}}
    assert check_site(own, known) == []
    assert len(duties_of(known, own)["round"].earlier) == 1
