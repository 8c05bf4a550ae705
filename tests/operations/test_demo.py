"""The sample book: four weeks of a desk that end now, and the sample site of the product itself."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.operations import validating
from logbook.operations.demo import SCENARIO
from logbook.operations.demo import Summary
from logbook.operations.demo import demo
from logbook.operations.demo import length
from logbook.operations.demo import story
from logbook.operations.reading import load
from logbook.operations.sign import is_stale
from logbook.store.porcelain import init_repository
from tests.operations.desk import Desk
from tests.operations.desk import moment

PRODUCT = Path(__file__).parents[2]
NOW = "2026-11-22 18:00"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Summary, Desk, list[int]]:
    root = tmp_path_factory.mktemp("demo") / "book"
    heard: list[int] = []
    summary = demo(root, now=moment(NOW), environment={"LOGBOOK_DESK": "Z"}, progress=heard.append)
    return summary, Desk(root), heard


@pytest.fixture(scope="module")
def desk(made: tuple[Summary, Desk, list[int]]) -> Desk:
    return made[1]


def commits(desk: Desk, *words: str) -> list[list[str]]:
    """Author, committer, both dates and subject of every commit, oldest first."""
    log = desk.git("log", "--reverse", "--format=%an|%cn|%aI|%cI|%s", *words)
    return [line.split("|", 4) for line in log.splitlines()]


def test_the_summary_counts_what_stands_in_the_book(made: tuple[Summary, Desk, list[int]]) -> None:
    summary, desk, heard = made
    files = [path.relative_to(desk.root / "records").parts[0] for path in (desk.root / "records").rglob("*.yaml")]
    assert dict(summary.forms) == dict(Counter(files))
    assert summary.records == len(files)
    assert summary.commits == int(desk.git("rev-list", "--count", "HEAD"))
    assert (summary.first, summary.last) == (moment("2026-10-26 08:00"), moment("2026-11-22 17:36"))
    assert heard == list(range(1, len(heard) + 1))
    assert len(heard) < length()  # the reviews of tomorrow morning are still to come


def test_every_form_of_the_desk_has_records_in_every_kind_of_state(desk: Desk) -> None:
    for query, least in (
        (("complaint", "level:major"), 1),
        (("complaint", "level:important"), 2),
        (("complaint", "kind:opinion"), 1),
        (("complaint", "is:closed"), 5),
        (("repair", "status:stuck"), 1),
        (("repair", "paid:true"), 3),
        (("repair", "kind:leak"), 2),
        (("repair", "origin:patrol"), 1),
        (("repair", "origin:night"), 3),
        (("repair", "is:void"), 1),
        (("key_checkout", "status:lost"), 1),
        (("key_checkout", "status:returned"), 5),
        (("key", "status:void"), 1),
        (("handover", "status:checked"), 5),
        (("night_log", "nothing:true"), 3),
        (("duty_log", "shift:noon"), 2),
        (("return_visit", "satisfied:unsatisfied"), 1),
    ):
        assert len(desk.list(*query, now=NOW)) >= least, query


def test_a_fresh_demo_is_without_any_finding(desk: Desk) -> None:
    report = validating.validate(desk.session(NOW))
    assert report.issues == ()
    assert report.records > 180


def test_late_at_the_end_are_the_key_that_is_out_and_the_complaint_nobody_settled(desk: Desk) -> None:
    [complaint] = desk.list("complaint", "固定车位", now=NOW)
    [sheet] = desk.list("contact_sheet", f"about:{complaint}", now=NOW)
    [key] = desk.list("key_checkout", "is:open", now=NOW)
    hour = 3600
    assert desk.overdue(now=NOW) == [(sheet, "due", 96 * hour), (complaint, "resolve", 66 * hour), (key, "back", 48 * hour + 1800)]
    # the same list, as it was two days before
    assert desk.overdue("complaint", now="2026-11-19 23:59") == []


def test_the_answer_to_the_major_complaint_came_late_and_the_rest_of_it_in_time(desk: Desk) -> None:
    [complaint] = desk.list("complaint", "level:major", now=NOW)
    session = desk.session(NOW)
    row = session.index.find("complaint", complaint)[0]
    assert {one.clock: one.state for one in session.index.clocks(row, session.now)} == {
        "forward": "met",
        "answer": "breached",
        "resolve": "met",
        "tell": "met",
    }


def test_every_commit_has_the_person_the_desk_and_the_hour_of_the_story(desk: Desk) -> None:
    log = commits(desk)
    assert {committer for _, committer, *_ in log} == {"A 前台"}
    assert {"王军", "孙慧", "李娜", "陈静", "周宇", "赵刚", "刘强", "马涛", "胡伟"} <= {author for author, *_ in log}
    assert [authored for *_, authored, _, _ in log] == [committed for *_, committed, _ in log]
    hours = [datetime.fromisoformat(row[2]) for row in log]
    assert hours == sorted(hours)
    assert max(hours) <= moment(NOW) and {hour.utcoffset() for hour in hours} == {timedelta(hours=8)}
    assert log[0][4] == "book: init"
    assert ["王军", "A 前台", "2026-11-04T11:00:00+08:00", "2026-11-04T11:00:00+08:00"] in [row[:4] for row in log]


def test_one_commit_is_one_record_and_nothing_is_left_lying_about(desk: Desk) -> None:
    blocks = desk.git("log", "--format=%x01%s", "--name-only").split("\x01")[1:]
    several = {lines[0].split(" ")[0] for lines in map(str.splitlines, blocks) if len([x for x in lines[1:] if x]) > 1}
    assert several <= {"book:", "customer", "contractor", "room", "area", "key", "import"}
    assert desk.clean
    assert desk.git("fsck", "--strict", "--no-dangling") == ""


def test_what_was_entered_late_says_why_and_when(desk: Desk) -> None:
    [burst] = desk.list("repair", "origin:night", "爆裂", now=NOW)
    record = desk.load(burst, NOW).record
    assert burst == "RP-20261109-A001"
    first = record.events[0]
    assert (first.at, first.recorded) == ("2026-11-09T22:40:00+08:00", "2026-11-10T08:10:00+08:00")
    assert first.reason == "夜间抢修，次日补开单"


def test_corrections_and_the_voided_record_keep_their_reasons(desk: Desk) -> None:
    session = desk.session(NOW)
    records = [load(session, row).record for row in session.index.select("", now=session.now)]
    reasons = [one.reason for record in records for one in record.amendments]
    assert sorted(reasons) == ["住户换了联系电话", "住户更正时间", "姓名听写有误"]
    voided = [record for record in records if record.status == "voided"]
    assert [(one.form, one.events[-1].step, one.events[-1].reason) for one in voided] == [
        ("repair", "void", "与 09:08 的报修重复登记")
    ]


def test_every_signature_still_covers_what_was_signed(desk: Desk) -> None:
    session = desk.session(NOW)
    signed = Counter()
    for row in session.index.select("", now=session.now):
        loaded = load(session, row)
        for one in loaded.record.signatures:
            signed[loaded.form.name] += 1
            assert not is_stale(loaded.form, loaded.record, one), (loaded.record.id, one.meaning)
    assert signed["handover"] == 2 * len(desk.list("handover", now=NOW))
    assert sum(signed.values()) >= 25


def test_what_to_try_names_records_of_this_book(made: tuple[Summary, Desk, list[int]]) -> None:
    summary, desk, _ = made
    [major] = desk.list("complaint", "level:major", now=NOW)
    assert summary.to_try == (
        "overdue", "list repair 漏水", "list key_checkout is:open", f"show {major}", f"history {major}",
    )  # fmt: skip
    assert len(desk.list("repair", "漏水", now=NOW)) == 2


def test_no_telephone_number_of_the_story_is_anybodys() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCENARIO.glob("*.yaml"))
    numbers = re.findall(r"1\d\d[ -]?\d{4}[ -]?[\d<]\S*", text)
    assert len(numbers) > 20
    assert [number for number in numbers if not number.startswith("139 0000 00")] == []


def test_the_story_is_told_in_order_and_every_name_is_given_before_it_is_used() -> None:
    given: set[str] = set()
    lines = story()
    assert [(line.day, line.time) for line in lines] == sorted((line.day, line.time) for line in lines)
    for line in lines:
        assert "<" not in line.command, line.place
        assert set(re.findall(r"\$(\w+)", line.command)) <= given, line.place
        if line.label:
            assert line.label not in given, line.place
            given.add(line.label)


# --- a story of one's own ---------------------------------------------------------------------------


def small(folder: Path, steps: str) -> Path:
    """A story of two days with nobody in the registers but a room."""
    folder.mkdir()
    (folder / "site.yaml").write_text("name: 小院\ntimezone: Asia/Shanghai\ndesk: B\ndays: 2\nfirst: {id: gao, name: 高总}\n")
    (folder / "registers.yaml").write_text("registers: [{form: room, by: lina, rows: [{id: 1-101}]}]\n")
    (folder / "story.yaml").write_text(
        "chapters:\n- title: 人员\n  steps: |\n    1 08:05 gao add staff id=lina name=李娜 roles=cs_officer\n"
        "- title: 报修\n  each: [{what: 灯不亮}]\n  steps: |\n" + "".join(f"    {line}\n" for line in steps.splitlines())
    )
    return folder


def test_the_last_day_is_today_and_what_comes_later_today_has_not_happened(tmp_path: Path) -> None:
    told = small(
        tmp_path / "told",
        "1 09:00 lina add repair room=1-101 content=<what> -> lamp\n"
        "1+1 09:30 lina amend $lamp content=灯闪 --reason 听错\n"
        "2 10:00 lina step $lamp cancel",
    )
    summary = demo(tmp_path / "book", now=moment("2026-03-01 09:59"), scenario=told)
    desk = Desk(tmp_path / "book")
    assert (summary.forms, summary.last) == ({"repair": 1, "room": 1, "staff": 2}, moment("2026-03-01 09:30"))
    loaded = desk.load("RP-20260228-B001", "2026-03-01 09:59")
    assert (loaded.state.status, loaded.state.fields["content"]) == ("open", "灯闪")
    assert desk.git("config", "logbook.desk").strip() == "B"


def test_a_story_the_forms_refuse_says_where(tmp_path: Path) -> None:
    told = small(tmp_path / "told", "1 09:00 lina add repair content=<what> colour=red")
    with pytest.raises(Refused) as refused:
        demo(tmp_path / "book", now=moment(NOW), scenario=told)
    assert refused.value.code == "demo.story"
    assert refused.value.args_["place"] == "story.yaml: 报修: 1 09:00 lina add repair content=灯不亮 colour=red"
    assert [issue.field for issue in refused.value.issues] == ["colour"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BookError) as error:
        demo(tmp_path, now=moment(NOW))
    assert error.value.code == "book.exists"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# --- the sample site of the product -----------------------------------------------------------------


def test_the_sample_site_of_the_product_validates(tmp_path: Path) -> None:
    root = tmp_path / "product"
    for folder in ("templates", "records"):
        shutil.copytree(PRODUCT / folder, root / folder)
    shutil.copy(PRODUCT / "logbook.yaml", root)
    init_repository(root)
    desk = Desk(root)
    desk.git("add", "-A")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "book: sample")
    report = validating.validate(desk.session(NOW))
    # All packs lie beside this site, which has switched on one: their checks wake and remind.
    assert [issue for issue in report.issues if issue.is_error] == []
    assert {issue.rule for issue in report.issues} <= {"room.status_reno_seen", "room.status_custody_seen", "repair.paid_amount_named"}
    assert report.records > 180
    assert [clock for _, clock, _ in desk.overdue(now=NOW)] == ["due", "resolve", "back"]


def test_the_sample_site_is_a_run_of_the_demo(desk: Desk) -> None:
    """When this fails: `logbook demo DIR --lang zh --now 2026-11-22T18:00`, then copy its logbook.yaml and records/."""

    def names(root: Path) -> list[str]:
        return sorted(path.relative_to(root).as_posix() for path in (root / "records").rglob("*.yaml"))

    assert names(PRODUCT) == names(desk.root)
    assert (PRODUCT / "logbook.yaml").read_text() == (desk.root / "logbook.yaml").read_text()
