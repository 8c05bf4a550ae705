"""Settings in a form: what the site may choose is put in place before the form is read."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest

from logbook.core.budgets import parse_within
from logbook.core.form import Default
from logbook.core.form import Library
from logbook.core.formlibrary import library_from
from logbook.core.issues import Issue
from logbook.core.sources import Source
from logbook.store import codec
from tests.core.clocked import clocks
from tests.core.clocked import form as form_of
from tests.core.clocked import record
from tests.core.clocked import short

PARCEL = """\
form: parcel
version: 1
prefix: PA
title: 包裹 / Parcels
fields:
  size: {zh: 大小, en: Size, type: choice, choices: {small: 小件 / Small, large: 大件 / Large}, default: setting parcel.size}
  shelf: {zh: 货架, en: Shelf, type: text, default: setting parcel.shelf}
  wanted_at: {zh: 约定时间, en: Wanted at, type: datetime}
states: {kept: 待领取 / Kept, told: 已通知 / Told, gone: 已领取 / Gone}
final: [gone]
steps:
  receive: {zh: 收件, en: Receive, to: kept, by: [guide, setting parcel.hosts]}
  tell: {zh: 通知, en: Tell, from: kept, to: told, by: setting parcel.hosts}
  collect: {zh: 领取, en: Collect, from: [kept, told], to: gone, approver: setting parcel.second}
signatures:
  gone: {zh: 领取人, en: Collected, roles: setting parcel.hosts, at: collect}
clocks:
  collect:
    zh: 领取
    en: Collect
    starts: setting parcel.counts_from
    stops: collect
    to: setting parcel.told
    within: {size: {small: setting parcel.keep, large: 2 setting parcel.unit or setting parcel.until}}
  remind: {zh: 提醒, en: Remind, starts: at, stops: tell, within: setting parcel.reminder minutes}
checks:
  - {id: shelf, rule: shelf required before collect, severity: setting parcel.strict}
"""
ROLES = "roles: {guide: 讲解员 / Guide, desk: 前台 / Desk, boss: 主管 / Boss}\n"
SETTINGS = """\
settings:
  parcel:
    size: small
    shelf: null
    hosts: [desk, boss]
    second: false
    counts_from: at
    told: boss
    keep: 7 setting parcel.unit
    unit: days
    until: wanted_at
    reminder: null
    strict: warning
"""


def source(path: str, text: str) -> Source:
    document, issues = codec.read_definition(text.encode(), path=path)
    assert document is not None, issues
    return Source(path, document.plain, document.line, document.place)


def book(
    site: Mapping[str, Any] | None = None, *, pack: str = SETTINGS, strict: bool = True
) -> tuple[Library, list[Issue]]:
    files = {"parcel": PARCEL, "roles": ROLES, "settings": pack}
    sources = [source(f"templates/core/{name}.yaml", text) for name, text in files.items()]
    return library_from(sources, settings={"parcel": site} if site else {}, strict=strict)


def test_a_form_is_read_with_what_its_settings_say() -> None:
    library, issues = book()
    parcel = library.forms["parcel"]
    assert issues == []
    assert parcel.fields["size"].default == Default("value", "small")
    assert parcel.fields["shelf"].default is None
    assert (parcel.steps["receive"].by, parcel.steps["tell"].by) == (("guide", "desk", "boss"), ("desk", "boss"))
    assert parcel.steps["collect"].approver is False
    assert parcel.signatures["gone"].roles == ("desk", "boss")
    assert parcel.checks[0].severity == "warning"
    collect = parcel.clocks["collect"]
    assert (collect.starts, collect.to) == (("at",), "boss")
    assert collect.within == parse_within({"size": {"small": "7 days", "large": "2 days or wanted_at"}})
    assert (collect.off, parcel.clocks["remind"].off) == (False, True)


@pytest.mark.parametrize("strict", [True, False])
def test_the_site_has_the_last_word(strict: bool) -> None:
    site = {
        "unit": "working_days", "counts_from": "tell", "second": True, "hosts": "guide", "reminder": 30, "size": "large",
        "until": "earlier wanted_at", "strict": "error",
    }
    library, issues = book(site, strict=strict)
    parcel = library.forms["parcel"]
    assert issues == []
    within = parse_within({"size": {"small": "7 working_days", "large": "2 working_days or earlier wanted_at"}})
    assert parcel.clocks["collect"].within == within
    assert parcel.clocks["collect"].starts == ("tell",)
    assert parcel.clocks["remind"].within == parse_within("30 minutes")
    assert parcel.clocks["remind"].off is False
    assert parcel.steps["collect"].approver is True
    assert parcel.steps["tell"].by == ("guide",)
    assert parcel.fields["size"].default == Default("value", "large")
    assert parcel.checks[0].severity == "error"


WRONG = [
    ({"keep": "7 dayz"}, "clock.budget-unit", "clocks.collect.within", "parcel.keep", "7 dayz"),
    ({"until": "wished_at"}, "form.unknown-moment", "clocks.collect.within", "parcel.until", "wished_at"),
    ({"counts_from": "fetch"}, "form.unknown-moment", "clocks.collect.starts", "parcel.counts_from", "fetch"),
    ({"hosts": ["desk", "gaurd"]}, "form.unknown-role", "steps.tell.by", "parcel.hosts", "desk, gaurd"),
    ({"second": "perhaps"}, "form.shape", "steps.collect.approver", "parcel.second", "perhaps"),
    ({"size": "medium"}, "form.unknown-choice", "fields.size.default", "parcel.size", "medium"),
    ({"strict": "stern"}, "form.unknown-severity", "checks.0.severity", "parcel.strict", "stern"),
]


@pytest.mark.parametrize(("site", "rule", "field", "name", "found"), WRONG, ids=[one[3] for one in WRONG])
def test_what_a_setting_says_wrong_is_told_with_its_name(
    site: Mapping[str, Any], rule: str, field: str, name: str, found: str
) -> None:
    _, issues = book(site)
    told = [(issue.rule, issue.field) for issue in issues]
    assert (rule, field) in told
    place = told.index((rule, field))
    assert (issues[place + 1].rule, issues[place + 1].field) == ("form.from-setting", field)
    assert issues[place + 1].args == {"name": name, "found": found}


def test_a_setting_nobody_has_is_told() -> None:
    library, issues = book(pack=SETTINGS.replace("    counts_from: at\n", ""))
    missing = next(issue for issue in issues if issue.rule == "form.unknown-setting")
    assert (missing.field, missing.args["word"], missing.line) == ("clocks.collect.starts", "parcel.counts_from", 21)
    assert "parcel" not in library.forms


def test_settings_that_name_each_other_do_not_hang() -> None:
    _, issues = book({"keep": "setting parcel.unit", "unit": "setting parcel.keep"})
    assert any(issue.field == "clocks.collect.within" for issue in issues)


# -- a budget with the earlier of two, and a clock that outlives the record ----------------------------

TRIP = """
    form: trip
    version: 1
    prefix: TR
    title: 用车 / Trip
    fields:
      wanted_at: {zh: 约定, en: Wanted at, type: datetime}
    states: {out: 出车 / Out, done: 完成 / Done}
    final: [done]
    steps:
      start: {zh: 出车, en: Start, to: out}
      finish: {zh: 完成, en: Finish, from: out, to: done}
      rate: {zh: 评估, en: Rate, from: done}
    clocks:
      back: {zh: 回来, en: Back, starts: at, stops: finish, within: 2 hours or earlier wanted_at}
      rate: {zh: 评估, en: Rate, starts: finish, stops: rate, within: 7 days, outlives: true}
      wash: {zh: 洗车, en: Wash, starts: finish, stops: rate, within: 7 days}
"""


def trip(*events: tuple[str, str], wanted: str | None = None, status: str = "out") -> list[tuple[str, str, str]]:
    text = f"""
        id: TR-20261122-A001
        form: trip@1
        status: {status}
        at: 2026-11-22T09:00:00+08:00
        by: sun
        {f'wanted_at: 2026-11-22T{wanted}:00+08:00' if wanted else '# at no agreed time'}
        events:
    """
    entries = "".join(
        f"- {{at: '2026-11-{at.replace(' ', 'T')}:00+08:00', by: sun, step: {step}}}\n"
        for at, step in (("22 09:00", "start"), *events)
    )
    found = clocks(form_of(TRIP), record(dedent(text) + entries))
    return [(one.clock, short(one.due), one.state) for one in found]


def test_the_earlier_of_a_length_and_an_agreed_moment() -> None:
    assert trip() == [("back", "11-22 11:00", "running")]
    assert trip(wanted="10:30") == [("back", "11-22 10:30", "running")]
    assert trip(wanted="12:00") == [("back", "11-22 11:00", "running")]


def test_only_the_clock_that_says_so_outlives_the_final_state() -> None:
    finished = (("22 10:00", "finish"),)
    assert trip(*finished, status="done") == [
        ("back", "11-22 11:00", "met"), ("rate", "11-30 00:00", "running"), ("wash", "11-30 00:00", "met"),
    ]
    rated = (*finished, ("23 10:00", "rate"))
    assert trip(*rated, status="done")[1:] == [("rate", "11-30 00:00", "met"), ("wash", "11-30 00:00", "met")]
    voided = (*finished, ("23 10:00", "void"))
    assert [state for _, _, state in trip(*voided, status="voided")] == ["met", "cancelled", "met"]
