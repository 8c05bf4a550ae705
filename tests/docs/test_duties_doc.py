"""docs/duties.md: what it shows can be loaded, its sentences are the program's, and it shows everything."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from logbook.core.duties import CADENCES
from logbook.core.duties import say_when
from logbook.core.dutyfile import TIME_WORDS
from logbook.core.dutyfile import check_site
from logbook.core.dutyfile import duties_of
from logbook.core.dutyfile import waiting
from logbook.core.dutyparts import KEYS
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.moments import days_in
from logbook.core.occurrences import expected
from logbook.core.occurrences import frame_of
from logbook.core.value import replace
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from logbook.store.library import load

PAGE = (Path(__file__).parents[2] / "docs" / "duties.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
TEMPLATES = {name: text for name, text in FILES.items() if name != "logbook.yaml"}
DUTIES = "templates/site/duties.yaml"
SHIFTS = 'posts: {noon_duty: {zh: 中午, en: Noon, slots: {normal: [{start: "12:00", end: "13:30"}]}}}\n'


def book(root: Path, files: dict[str, str]) -> tuple[Library, list[Issue]]:
    for name, text in {**files, "templates/site/shifts.yaml": SHIFTS}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    library, issues = load(root)
    return library, [issue for issue in issues if issue.path != "templates/site/shifts.yaml"]


def rows(head: str) -> list[list[str]]:
    table = PAGE.split(f"| {head} |")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def settings() -> dict[str, Any]:
    document, _ = codec.read_definition(FILES["logbook.yaml"].encode())
    assert document is not None
    return document.plain["settings"]


def test_the_examples_are_a_book_without_a_fault(tmp_path: Path) -> None:
    library, issues = book(tmp_path, TEMPLATES)
    assert issues == []
    assert list(duties_of(library, {})) == ["flat_four_checks", "weekly_meeting", "key_count"]
    assert [duty.id for duty in waiting(library, {})] == ["key_count"]


def test_the_settings_do_what_the_page_says(tmp_path: Path) -> None:
    library, _ = book(tmp_path, TEMPLATES)
    assert check_site(settings(), library) == []
    found = duties_of(library, settings())
    assert {name: say_when(duty, "en") for name, duty in found.items()} == {
        "weekly_meeting": "every Tuesday",
        "key_count": "every month by the last day",
    }


@pytest.mark.parametrize(("cell", "told"), rows("cadence | is due"))
def test_every_cadence_reads_as_it_says(cell: str, told: str, tmp_path: Path) -> None:
    body = "\n".join(f"    {line}" for line in cell.strip("`").split("; "))
    # A record that runs counts by its own rows.
    form = "same\n    rows: weather" if "key_count" in cell and "every" in cell else "same" if "during" in cell else "meeting"
    if "event: meeting" in cell:
        form = "same"
    duty = f"duties:\n  round:\n    zh: 查房\n{body}\n    done_by: {form}\n"
    library, issues = book(tmp_path, {**TEMPLATES, DUTIES: duty})
    assert issues == []
    assert say_when(duties_of(library, {})["round"], "en", library) == told


def test_every_key_is_explained() -> None:
    told = {word for row in rows("key | says") for word in re.findall(r"`(\w+)`", row[0])}
    assert told >= set(KEYS)
    cadences = {re.match(r"`(\w+)", row[0])[1] for row in rows("cadence | is due")}  # type: ignore[index]
    assert cadences == set(CADENCES)
    words = PAGE.split("are words for times")[0].rpartition("- ")[2]
    assert set(re.findall(r"`(\w+)`", words)) == set(TIME_WORDS)


def test_the_fault_it_shows_looks_like_that(tmp_path: Path) -> None:
    wrong = TEMPLATES[DUTIES].replace("daily: {times: 4, between: [09:00, 18:00]}", "daily: {at: clsoe}")
    assert wrong != TEMPLATES[DUTIES]
    _, (issue,) = book(tmp_path, {**TEMPLATES, DUTIES: wrong})
    sentence, fix = Catalogue("en").issue(issue)
    assert f"    {issue.path}:{issue.line}: {sentence}\n        {fix}\n" in PAGE


def change(head: str) -> str:
    found = re.search(rf"```yaml\n# {re.escape(head)}[^\n]*\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_duty_is_changed_as_the_page_says(tmp_path: Path) -> None:
    library, issues = book(tmp_path, {**TEMPLATES, DUTIES: "duties:\n" + change(f"{DUTIES}, ")})
    assert issues == []
    duty = duties_of(library, {})["weekly_meeting"]
    days = days_in(ZoneInfo("Asia/Shanghai"))
    frame = frame_of(days, {}, {})
    start, end = (days.begin(date(2026, *day).toordinal()) for day in ((5, 20), (6, 5)))
    told = [date.fromordinal(one.nominal) for one in expected(duty, frame, start, end)]
    assert told == [date(2026, 5, 25), date(2026, 6, 2)]


def test_a_site_changes_a_duty_of_a_pack_as_the_page_says(tmp_path: Path) -> None:
    library, _ = book(tmp_path, TEMPLATES)
    document, _ = codec.read_definition(change("logbook.yaml, ").encode())
    assert document is not None
    own = document.plain["settings"]
    assert check_site(own, library) == []
    duty = duties_of(library, own)["weekly_meeting"]
    assert say_when(duty, "en") == "every Tuesday"
    assert duty.effective == date(2026, 6, 1).toordinal()
    assert [(say_when(replace(duty, cadence=one.cadence), "en"), one.off_day) for one in duty.earlier] == [
        ("every Monday", "next")
    ]
