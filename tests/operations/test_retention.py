"""How long records are kept: from their end, by the site's word, the form's, the default."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.core.keeping import Keep
from logbook.core.keeping import read_keep
from logbook.operations.retention import retention
from logbook.operations.validating import validate
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import refused

LOAN = """\
form: lent
version: 1
prefix: LE
title: 借物 / Lent
keep: 3 years
fields: {what: {zh: 物品, en: What, type: text, required: true}}
states: {out: 借出 / Out, back: 已还 / Back}
final: [back]
steps:
  lend: {zh: 借, en: Lend, to: out}
  bring: {zh: 还, en: Bring, from: out, to: back}
  look: {zh: 查, en: Look, from: [out, back]}
reopen: {from: [back], to: out}
"""


def furnish(desk: Desk, settings: str = "") -> None:
    folder = desk.root / "templates" / "site"
    folder.mkdir(exist_ok=True)
    (folder / "lent.yaml").write_text(LOAN, encoding="utf-8")
    book = desk.root / "logbook.yaml"
    if settings:
        book.write_text(f"{book.read_text(encoding='utf-8')}settings:\n  retention: {settings}\n", encoding="utf-8")


def over(desk: Desk, until: str, now: str = "2027-01-01", *forms: str) -> list[tuple[str, str, str]]:
    found = retention(desk.session(now), until=date.fromisoformat(until), forms=forms)
    return [(one.id, one.ended.isoformat(), str(one.over)) for one in found.records]


def test_a_period_counts_from_the_end(desk: Desk) -> None:
    furnish(desk)
    desk.add("lent", "what=梯子", now="2026-11-20 09:00")
    desk.add("lent", "what=手电", now="2026-11-20 09:10")
    desk.add("lent", "what=雨伞", now="2026-11-20 09:20")
    desk.step("LE-20261120-A001", "bring", now="2026-11-22 23:30")
    desk.step("LE-20261120-A001", "look", now="2026-11-25 09:00")  # a look does not change when it ended
    desk.void("LE-20261120-A003", now="2026-11-23 08:00")
    assert over(desk, "2029-11-21") == []
    assert over(desk, "2029-11-22") == [("LE-20261120-A001", "2026-11-22", "2029-11-22")]
    assert over(desk, "2029-11-23") == [
        ("LE-20261120-A001", "2026-11-22", "2029-11-22"),
        ("LE-20261120-A003", "2026-11-23", "2029-11-23"),
    ]
    assert over(desk, "2040-01-01", "2026-11-22 12:00") == []  # by then nothing had ended
    (lent,) = [one for one in retention(desk.session("2027-01-01")).forms if one.form.name == "lent"]
    assert (lent.keep, lent.source) == (Keep(3, "years"), "form")
    assert (lent.open, lent.closed, lent.over, lent.next) == (1, 2, 0, date(2029, 11, 22))


def test_reopened_and_closed_again_it_counts_anew(desk: Desk) -> None:
    furnish(desk)
    desk.add("lent", "what=梯子", now="2026-11-20 09:00")
    loan = "LE-20261120-A001"
    desk.step(loan, "bring", now="2026-11-21 09:00")
    desk.step(loan, "reopen", reason="没还齐", now="2026-11-22 09:00")
    assert over(desk, "2040-01-01") == []
    desk.step(loan, "bring", now="2026-11-23 09:00")
    assert over(desk, "2040-01-01") == [(loan, "2026-11-23", "2029-11-23")]


def test_standing_data_counts_from_leaving(desk: Desk) -> None:
    furnish(desk, "{staff: 2 years}")
    assert over(desk, "2028-11-19", "2027-01-01", "staff") == []
    assert over(desk, "2028-11-20", "2027-01-01", "staff") == [("zhou", "2026-11-20", "2028-11-20")]


def test_the_site_s_word_wins_and_the_default_comes_last(desk: Desk) -> None:
    furnish(desk, "{default: 18 months, lent: permanent}")
    found = {one.form.name: one for one in retention(desk.session("2027-01-01")).forms}
    assert (found["lent"].keep, found["lent"].source) == (Keep(0, "for ever"), "site")
    assert (found["staff"].keep, found["staff"].source, found["staff"].next) == (
        Keep(18, "months"), "default", date(2028, 5, 20),
    )  # fmt: skip
    desk.add("lent", "what=梯子", now="2026-11-20 09:00")
    desk.step("LE-20261120-A001", "bring", now="2026-11-21 09:00")
    assert over(desk, "9999-01-01", "2027-01-01", "lent") == []


def test_without_a_period_nothing_is_ever_listed(desk: Desk) -> None:
    found = retention(desk.session("2027-01-01"), until=date(2199, 1, 1))
    assert found.records == ()
    assert {one.form.name: (one.keep, one.source) for one in found.forms if one.closed} == {"staff": (None, None)}


def test_the_shipped_forms_carry_no_period() -> None:
    # The handbooks file papers without ever saying for how long: a number here would be invented.
    root = Path(__file__).parents[2] / "templates"
    assert [path for path in root.rglob("*.yaml") if "\nkeep:" in path.read_text(encoding="utf-8")] == []


def test_wrong_periods_are_told_all_at_once(desk: Desk) -> None:
    furnish(desk, "{default: five years, complaimt: 3 years, lent: 3}")
    expected = [
        ("retention.period", "settings.retention.default"),
        ("retention.unknown-form", "settings.retention.complaimt"),
        ("retention.period", "settings.retention.lent"),
    ]
    with pytest.raises(Refused) as caught:
        retention(desk.session())
    assert refused(caught) == expected
    told = [(one.rule, one.field) for one in validate(desk.session()).issues if one.rule.startswith("retention.")]
    assert told == expected


def test_a_form_s_period_is_checked(desk: Desk) -> None:
    furnish(desk)
    path = desk.root / "templates" / "site" / "lent.yaml"
    path.write_text(LOAN.replace("3 years", "long"), encoding="utf-8")
    assert codes(desk.session().library_issues) == ["form.bad-keep"]


@pytest.mark.parametrize(
    ("text", "start", "over_on", "zh", "en"),
    [
        ("3 years", "2024-02-29", "2027-02-28", "3年", "3 years"),
        ("1 year", "2026-11-20", "2027-11-20", "1年", "1 year"),
        ("18 months", "2026-08-31", "2028-02-29", "18个月", "18 months"),
        ("90 days", "2026-11-20", "2027-02-18", "90天", "90 days"),
        ("permanent", "2026-11-20", None, "永久", "for ever"),
        ("99999 years", "2026-11-20", None, "99999年", "99999 years"),
    ],
)
def test_periods(text: str, start: str, over_on: str | None, zh: str, en: str) -> None:
    keep = read_keep(text)
    assert keep is not None
    end = keep.over_on(date.fromisoformat(start))
    assert (end.isoformat() if end else None, keep.say("zh"), keep.say("en")) == (over_on, zh, en)


@pytest.mark.parametrize("text", ["", "3", "0 years", "-1 years", "three years", "3  years", "3 weeks", None, ["3 years"]])
def test_what_is_no_period(text: object) -> None:
    assert read_keep(text) is None
