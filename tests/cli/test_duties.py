"""Duties on the command line: the overdue list, the day sheet, one duty's book, what waits for the site."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.line import Line
from tests.cli.line import environment
from tests.cli.line import process
from tests.operations.desk import Desk
from tests.operations.duty_desk import DutyDesk
from tests.operations.duty_desk import duty_desk

RULES = """
flat_count:
  zh: 样板房清点
  en: Flat count
  each: area where kind is show_flat
  daily: {at: 09:00}
  done_by: flat_check
  role: cs_officer
  source: 手册 1
key_talk: {zh: 钥匙谈话, en: Talk about keys, vague: 定期, done_by: paper}
"""
NOW = ("--now", "2026-10-06 10:00")


@pytest.fixture(scope="module")
def duty_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> DutyDesk:
    desk = duty_desk(furnished_book, tmp_path_factory.mktemp("duties") / "book", RULES)
    desk.git("config", "logbook.desk", "A")
    desk.flat("F1")
    desk.flat("F2")
    for day in (2, 3, 4, 5, 6):
        desk.check("F2", f"2026-10-0{day} 08:40")
    desk.check("F1", "2026-10-03 08:50")
    return desk


@pytest.fixture
def line(duty_book: DutyDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    monkeypatch.chdir(duty_book.root)
    return Line(duty_book.root, capsys)


def test_a_duty_in_the_overdue_list(line: Line) -> None:
    assert line.ok("overdue", "--format", "json", *NOW).json == [
        {
            "id": None, "form": "flat_check", "kind": "duty", "duty": "flat_count", "subject": "F1",
            "due": "2026-10-06T09:00:00+08:00", "overdue_seconds": 3600, "state": "missed", "to": "cs_officer",
            "title": "样板房清点 F1 样板房", "missed": 3, "last_done": "2026-10-03T08:50:00+08:00", "nominal": "2026-10-06",
        }
    ]  # fmt: skip
    table = line.ok("overdue", *NOW).lines
    assert table[-1].split() == ["1", "小时", "10-06", "09:00", "F1", "样板房清点", "F1", "样板房", "·", "漏", "3",
                                 "次，上次", "10-03", "客服管理员"]  # fmt: skip
    assert "missed 3, last 10-03" in line.ok("overdue", "--lang", "en", *NOW).out
    assert line("overdue", "--exit-code", *NOW).code == 1
    assert line.ok("overdue", "--format", "ids", *NOW).out == ""
    expanded = line.ok("overdue", "--expand", "--format", "json", *NOW).json
    assert [(one["due"][5:16], one["missed"]) for one in expanded] == [
        ("10-04T09:00", 1), ("10-05T09:00", 1), ("10-06T09:00", 1),
    ]  # fmt: skip


def test_a_duty_never_done_says_so(line: Line) -> None:
    told = line.ok("overdue", "--format", "json", "--now", "2026-10-01 10:00").json
    assert [(one["subject"], one["last_done"]) for one in told] == [("F1", None), ("F2", None)]
    assert "漏 1 次，还没做过" in line.ok("overdue", "--now", "2026-10-01 10:00").out


def test_the_day_sheet(line: Line) -> None:
    found = line.ok("agenda", "--format", "json", *NOW).json
    assert sorted(found) == ["carried", "clocks", "day", "duties", "handover", "late"]
    assert (found["day"], found["carried"], found["handover"]) == ("2026-10-06", [], None)
    assert [(one["subject"], one["due"][11:16], one["state"], one["by"]) for one in found["duties"]] == [
        ("F1", "09:00", "missed", None), ("F2", "09:00", "done", "lina"),
    ]  # fmt: skip
    told = line.ok("agenda", *NOW)
    assert [row.split() for row in told.lines[2:]] == [
        ["09:00", "样板房清点", "F1", "漏做", "客服管理员"], ["09:00", "样板房清点", "F2", "已做", "08:40", "李娜"],
    ]  # fmt: skip
    assert "2026-10-06 周二 本日事项" in told.err
    assert "共 2 项：已做 1，待做 0，漏做 1。" in told.err
    tomorrow = line.ok("agenda", "tomorrow", "--format", "jsonl", *NOW).lines
    assert [(one["part"], one["state"]) for one in map(json.loads, tomorrow)] == [("duties", "upcoming")] * 2
    assert line("agenda", "someday", *NOW).code == 1


def test_late_things_come_first_on_the_day_sheet(line: Line) -> None:
    told = line.ok("agenda", "--now", "2026-10-06 08:00").lines
    assert told[2].split()[:4] == ["10-05", "09:00", "逾期未办：样板房清点", "F1"]


def test_the_book_of_a_duty(line: Line) -> None:
    (found,) = line.ok("duties", "--format", "json", *NOW).json
    assert {name: found[name] for name in ("duty", "to", "subjects", "behind", "missed", "last_done")} == {
        "duty": "flat_count", "to": "cs_officer", "subjects": 2, "behind": 1, "missed": 3,
        "last_done": "2026-10-06T08:40:00+08:00",
    }  # fmt: skip
    one = line.ok("duties", "flat_count", "--month", "2026-10", "--format", "json", *NOW).json
    assert len(one["occurrences"]) == 62
    told = line.ok("duties", "样板房清点", *NOW).out
    assert "依据：手册 1" in told
    assert "FC-20261003-A002" in told
    refused = line("duties", "flat_cuont", *NOW)
    assert (refused.code, "flat_count" in refused.err) == (1, True)


def test_what_waits_for_the_site(line: Line) -> None:
    told = line.ok("duties", "--waiting", *NOW).out
    assert told.splitlines() == ["settings:", "  duties:", "    key_talk: {monthly: {day: last}}  # 钥匙谈话 (定期)"]
    assert "site" in line("doctor", "--check", *NOW).err


def test_a_book_that_cannot_be_written_answers_too(duty_book: DutyDesk, tmp_path: Path) -> None:
    root = tmp_path / "book"
    subprocess.run(["cp", "-a", str(duty_book.root), str(root)], check=True)
    wanted = process(root, "overdue", "--format", "json", *NOW).json
    blocked = root / ".git" / "logbook" / "index.db"
    subprocess.run(["rm", "-rf", str(blocked.parent)], check=True)
    blocked.parent.write_text("in the way")  # root may write anywhere: no folder can be made here
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"}
    told = process(root, "overdue", "--format", "json", *NOW, env=nowhere)
    assert (told.code, told.json) == (0, wanted)


def test_a_kept_answer_imports_no_rules(duty_book: DutyDesk) -> None:
    """Start-up time is a feature: what works duties out stays away where the last answer holds."""
    script = (
        "import sys\nfrom logbook.cli.main import run\n"
        "run(['overdue', '--format', 'json', '--now', '2026-12-01 10:00'])\n"
        "print(*[name for name in sys.modules if name.startswith(('logbook', 'ruamel', 'git'))])"
    )
    outputs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=duty_book.root, env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        outputs.append(done.stdout.splitlines())
    (*first, worked), (*second, warm) = outputs
    assert first == second
    assert "flat_count" in first[0] + first[-1]
    heavy = {f"logbook.core.{name}" for name in ("duties", "dutyfile", "occurrences", "rules", "calendars")}
    assert heavy <= set(worked.split())
    assert not (heavy | {"logbook.operations.duties", "ruamel", "ruamel.yaml", "git"}) & set(warm.split())


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("overdue", "duty:flat_cuont"), "flat_count"),
        (("overdue", "-duty:nosuch"), "nosuch"),
        (("overdue", "subject:F9"), "F9"),
        (("overdue", "duty:flat_count", "to:cs_oficer"), "cs_officer"),
        (("agenda", "--role", "cs_oficer"), "cs_officer"),
    ],
)
def test_a_word_no_duty_knows_is_refused_with_what_is_near(line: Line, words: tuple[str, ...], near: str) -> None:
    answer = line(*words, *NOW, "--lang", "en")
    assert (answer.code, answer.out) == (1, "")
    assert near in answer.err


def test_words_that_match_nothing_today_are_no_mistake(line: Line) -> None:
    for words in ("subject:F2", "subject:F*", "duty:key_talk", "duty:钥匙*", "to:director"):
        assert line("overdue", "duty:*", words, *NOW).code == 0, words


@pytest.mark.parametrize("now", ["9999-01-01", "1969-12-31", "2200-01-01"])
def test_a_year_out_of_reach_is_no_now(line: Line, now: str) -> None:
    answer = line("overdue", "--now", now, "--lang", "en")
    assert answer.code != 0 and "a year from 1970 to 2199" in answer.err
    assert line("agenda", now, *NOW).code == 1
    assert line("duties", "flat_count", "--month", now[:7], *NOW).code == 1


def test_a_long_run_of_misses_is_told_as_at_least_so_many(line: Line) -> None:
    answer = line.ok("overdue", "--now", "2190-01-01 10:00", "--lang", "en", "--format", "md")
    assert "missed 10000+" in answer.out
