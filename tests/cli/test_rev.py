"""``--rev``: what the book knew at a commit, compared with what it said when HEAD was that commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from logbook.cli.words import WRITING
from logbook.store.transaction import Change
from tests.cli.line import Line
from tests.cli.line import process
from tests.operations.desk import Desk
from tests.operations.duty_desk import FLAT_CHECK
from tests.operations.duty_desk import DutyDesk
from tests.operations.duty_desk import duty_desk

CASE = "CP-20261002-A001"
RULES = """
flat_count:
  zh: 样板房清点
  en: Flat count
  each: area where kind is show_flat
  daily: {at: 09:00}
  done_by: flat_check
  role: cs_officer
"""
HOURS = ("2026-10-02 09:30", "2026-10-03 10:30", "2026-10-04 09:30", "2026-10-06 10:00")
QUESTIONS = (
    ("overdue",),
    ("overdue", "--expand", "--format", "json"),
    ("agenda", "--format", "json"),
    ("duties", "--format", "json"),
    ("duties", "flat_count", "--month", "2026-10"),
    ("list",),
    ("list", "--format", "json"),
    ("export",),
    ("forms", "flat_check"),
    ("sql", "select id, status, last_at from records order by id"),
    ("show", CASE),
    ("show", CASE, "--clocks"),
    ("history", CASE, "--format", "json"),
    ("render", CASE, "--format", "text"),
)
READING = sorted({words[0] for words in QUESTIONS})


@pytest.fixture(scope="module")
def known(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> DutyDesk:
    """A book where every kind of thing changes: records, late entries, corrections, rules, forms, settings."""
    desk = duty_desk(furnished_book, tmp_path_factory.mktemp("known") / "book", RULES)
    desk.git("config", "logbook.desk", "A")
    desk.git("config", "logbook.staff", "lina")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "tag", "-a", "-m", "before", "before")
    desk.flat("F1")
    desk.check("F1", "2026-10-01 08:40")
    desk.add("complaint", "name=王芳", "phone=13800001111", "summary=电梯异响", "level=major", now="2026-10-02 09:00")
    desk.amend(CASE, "summary=电梯有响声", now="2026-10-02 11:00")
    desk.write_duties(RULES.replace("09:00", "10:00"), when="2026-10-03 08:00")
    desk.git("tag", "rules-changed")
    late = {"now": "2026-10-04 21:00", "at": "2026-10-03 09:30", "reason": "网络不通"}  # a day and a half
    desk.add("flat_check", "area=F1", **late)
    desk.publish(Change("templates/site/duties.yaml", b"duties: {}\n"), when="2026-10-05 08:00")
    desk.write_duties(RULES, when="2026-10-05 12:00")
    form = FLAT_CHECK.replace("zh: 样板房检查", "zh: 样板间检查").replace("version: 1", "version: 2")
    old = Change("templates/site/flat_check@1.yaml", FLAT_CHECK.encode())
    desk.publish(old, Change("templates/site/flat_check.yaml", form.encode()), when="2026-10-05 13:00")
    settings = (desk.root / "logbook.yaml").read_text(encoding="utf-8")
    told = settings.replace("language: zh", "language: en").replace("timezone: Asia/Shanghai", "timezone: Asia/Tokyo")
    desk.publish(Change("logbook.yaml", told.encode()), when="2026-10-05 14:00")
    desk.void(CASE, now="2026-10-05 15:00")
    return desk


@pytest.fixture
def line(known: DutyDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    monkeypatch.chdir(known.root)
    return Line(known.root, capsys)


def commits(desk: Desk) -> list[str]:
    """The commits since the tag ``before``, oldest first."""
    return desk.git("rev-list", "--reverse", "before..HEAD").split()


def test_a_replay_of_the_book_says_the_same(
    known: DutyDesk, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = known.copy(tmp_path / "then").root
    seen: dict[tuple[str, ...], set[str]] = {words: set() for words in QUESTIONS}
    for number, commit in enumerate(commits(known)):
        subprocess.run(["git", "reset", "-q", "--hard", commit], cwd=then, check=True)
        for now in (HOURS[number % (len(HOURS) - 1)], HOURS[-1]):
            few = QUESTIONS if now == HOURS[-1] and number % 3 == 0 else QUESTIONS[:1]
            asked = [(*words, "--now", now) for words in few]
            monkeypatch.chdir(then)
            wanted = [line(*words) for words in asked]
            monkeypatch.chdir(known.root)
            assert [line(*words, "--rev", commit) for words in asked] == wanted
            for words, answer in zip(few, wanted, strict=True):
                seen[words].add(answer.out)
    assert all(len(outs) > 1 for outs in seen.values())  # the book was worth replaying
    assert len(seen["overdue",]) > len(HOURS)


def test_what_was_known_differs_from_what_had_happened(line: Line) -> None:
    """At noon on the 3rd the check of 09:30 had happened; it was entered the next evening."""
    noon = ("overdue", "--format", "json", "--now", "2026-10-03 12:00")
    late = [one["subject"] for one in line.ok(*noon, "--rev", "rules-changed").json if one["kind"] == "duty"]
    assert late == ["F1"]
    assert "样板房清点" in line.ok("overdue", "--now", "2026-10-03 12:00", "--rev", "rules-changed").out


def test_a_commit_is_named_as_git_names_it(known: DutyDesk, line: Line) -> None:
    head = known.head
    words = ("list", "complaint", "--format", "ids", "--rev")
    assert line.ok(*words, head).out == line.ok(*words, head[:9]).out == line.ok(*words, "HEAD").out == f"{CASE}\n"
    assert line.ok(*words, "before").out == ""  # an annotated tag
    tag = known.git("rev-parse", "before").strip()
    assert line.ok(*words, tag).out == ""
    assert line("show", CASE, "--rev", "before").code == 1


@pytest.mark.parametrize(
    "rev",
    ["nowhere", "", "-x", "--help", "--output=pwned", "HEAD~999", "HEAD:records", "HEAD^{tree}", "before..HEAD", "a b",
     "HEAD\nHEAD", "1" * 40, ":/complaint", "^HEAD"],
)  # fmt: skip
@pytest.mark.parametrize("command", ["list", "overdue"])
def test_what_is_no_commit_is_refused_in_words(line: Line, command: str, rev: str) -> None:
    answer = line(command, f"--rev={rev}", "--lang", "zh")
    assert (answer.code, answer.out) == (2, "")
    assert "没有“" in answer.err and "git log --oneline" in answer.err
    assert "has no commit" in line(command, "--rev", rev, "--lang", "en").err
    assert not (line.root / "pwned").exists()


def test_the_id_of_a_file_is_no_commit(known: DutyDesk, line: Line) -> None:
    for what in ("HEAD:logbook.yaml", "HEAD:records"):
        assert line("list", "--rev", known.git("rev-parse", what).strip()).code == 2


def test_before_there_was_a_book(tmp_path: Path, known: DutyDesk) -> None:
    root = known.copy(tmp_path / "book").root
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@x")
    tree = subprocess.run([*git, "mktree"], cwd=root, input=b"", capture_output=True, check=True).stdout.strip()
    made = subprocess.run([*git, "commit-tree", "-m", "no book", tree], cwd=root, capture_output=True, check=True)
    answer = process(root, "list", "--rev", made.stdout.decode().strip())
    assert (answer.code, answer.out) == (2, "")
    assert "there was no book" in answer.err


def test_todays_files_have_no_say(known: DutyDesk, tmp_path: Path) -> None:
    """Changed files and a broken settings file are not read; the caches of today stay as they are."""
    root = known.copy(tmp_path / "book").root
    asked = ("list", "--now", HOURS[-1], "--rev", "HEAD~1")
    wanted = process(root, *asked)
    assert wanted.code == 0
    caches = {path: path.read_bytes() for path in (root / ".git" / "logbook").glob("[il]*") if "past" not in path.name}
    (record,) = root.glob(f"records/complaint/*/*/{CASE}.yaml")
    record.write_text("x", encoding="utf-8")
    (root / "templates" / "site" / "flat_check.yaml").write_text("no form", encoding="utf-8")
    (root / "logbook.yaml").write_text("language: en\nname: [", encoding="utf-8")
    assert process(root, *asked) == wanted
    assert {path: path.read_bytes() for path in caches} == caches


def test_who_may_see_private_values_is_a_matter_of_today(known: DutyDesk, tmp_path: Path) -> None:
    desk = DutyDesk(known.copy(tmp_path / "book").root)
    when = ("--now", "2026-11-22 09:00")
    asked = ("export", "complaint", "--private", *when)
    assert "13800001111" not in process(desk.root, "export", "complaint", "--rev", "HEAD", *when).out
    assert "13800001111" in process(desk.root, *asked, "--rev", "HEAD").out
    desk.step("lina", "leave", "left_on=2026-11-21", by="hu", now="2026-11-21 09:00")
    answer = process(desk.root, *asked, "--rev", "HEAD~1")
    assert (answer.code, answer.out) == (1, "")


@pytest.mark.parametrize("command", sorted(WRITING))
def test_a_command_that_writes_does_not_take_it(line: Line, command: str) -> None:
    assert "--rev " not in line.ok(command, "--help").out
    answer = line(command, "x", "--rev", "HEAD", "y")
    assert answer.code == 2


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(("lang", "option", "said"), [("zh", "--rev 提交", "记录全部重新读取"), ("en", "--rev REV", "anew")])
def test_the_help_says_what_it_costs(line: Line, command: str, lang: str, option: str, said: str) -> None:
    told = line.ok(command, "--help", "--lang", lang).out
    assert option in told
    assert said in "".join(told.split())  # Chinese is folded anywhere
