"""Packs: what there is, enabling one, and the three-way merge of an upgrade."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.operations import initing
from logbook.operations import packing
from logbook.operations.session import Clock
from logbook.store.book import read_settings
from logbook.store.library import check_folder
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.operations.desk import refused

LATER = "2026-11-23 09:00"
EARLIER_FORM = """\
form: parcel
version: {version}
prefix: PA
title: 包裹登记表 / Parcels
fields:
  sender: {{zh: 快递公司, en: Carrier, type: text{more}}}
states: {{kept: 待领取 / Kept, gone: 已领取 / Collected}}
final: [gone]
steps:
  receive: {{zh: 收件, en: Receive, to: kept}}
  collect: {{zh: 领取, en: Collect, from: kept, to: gone}}
"""
PACK = "title: {zh: 门房, en: Lodge}\npurpose: {zh: 包裹, en: Parcels}\n"
PARCEL = "templates/lodge/parcel.yaml"


def parcel(version: int = 1, more: str = "") -> str:
    return EARLIER_FORM.format(version=version, more=more)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's templates of an earlier time: `core` as it is, and a small pack of their own."""
    root = tmp_path / "program"
    shutil.copytree(TEMPLATES / "core", root / "core")
    (root / "lodge").mkdir()
    (root / "lodge/pack.yaml").write_text(PACK, encoding="utf-8")
    (root / "lodge/parcel.yaml").write_text(parcel(), encoding="utf-8")
    monkeypatch.setattr(initing, "standard_templates", lambda: root)
    return root


@pytest.fixture
def lodge(program: Path, tmp_path: Path) -> Desk:
    """A book made with the two packs."""
    root = tmp_path / "lodge-book"
    at = moment(START)
    initing.init_book(
        root,
        name="门房",
        packs=("core", "lodge"),
        staff={"lina": "李娜"},
        practice=True,
        clock=Clock(at, at, given=True),
        environment={"HOME": str(tmp_path)},
    ).close()
    return Desk(root)


def upgraded(desk: Desk, now: str = LATER, **more: object) -> tuple[packing.Upgrade, str | None]:
    session = desk.session(now)
    planned = packing.plan_upgrade(session, **more)  # type: ignore[arg-type]
    return planned, packing.upgrade(session, planned, by="lina")


def told(planned: packing.Upgrade) -> dict[str, str]:
    return {one.path: one.change for one in planned.changes}


def commit_by_hand(desk: Desk, path: str, change: Callable[[str], str]) -> None:
    file = desk.root / path
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    desk.git("add", "-A")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "our own")


# -- looking -----------------------------------------------------------------------------------


def test_the_packs_there_are(desk: Desk) -> None:
    shown = {one.id: one for one in packing.packs_of(desk.session())}
    assert list(shown) == ["core", "estate", "kpi", "mall", "office", "quality", "sales", "stores", "tower"]
    core, tower = shown["core"], shown["tower"]
    assert (core.enabled, core.since) == (True, moment(START))
    assert (core.title.zh, core.title.en) == ("客户服务中心", "Customer service centre")
    assert (tower.enabled, tower.since) == (False, None)
    forms = [one for one in (TEMPLATES / "core").glob("*.yaml") if "\nform:" in "\n" + one.read_text(encoding="utf-8")]
    assert core.forms == len(forms) >= 36
    assert tower.duties == 21


# -- enabling ----------------------------------------------------------------------------------


def test_a_pack_is_enabled_in_one_commit(desk: Desk) -> None:
    before = desk.head
    session = desk.session(LATER)
    coming = packing.plan_enabling(session, ["tower"])
    assert desk.head == before and desk.clean
    assert [one.id for one in coming.packs] == ["tower"]
    assert {form.pack for form in coming.forms} == {"tower"}
    assert coming.workflows == 10
    assert "lift_entrapment" in coming.wakes and "key_issue" in coming.waits
    packing.enable(session, coming, by="lina")
    assert desk.git("log", "-1", "--format=%s%n%b").split("\n")[:5] == [
        "book: packs enable tower", "Record: book", "Form: book", "Action: packs", "By: lina",
    ]  # fmt: skip
    assert desk.git("rev-parse", "HEAD~1").strip() == before
    assert desk.clean
    assert read_settings(desk.root).packs == ("core", "tower")
    for file in (TEMPLATES / "tower").glob("*.yaml"):
        assert (desk.root / "templates/tower" / file.name).read_bytes() == file.read_bytes()
    again = desk.session(LATER)
    assert [one.since for one in packing.packs_of(again) if one.id == "tower"] == [moment(LATER)]
    assert again.form("lift_entrapment").pack == "tower"
    assert upgraded(desk)[0].changes == ()


def test_what_a_site_wrote_beside_its_settings_stays(desk: Desk) -> None:
    commit_by_hand(desk, "logbook.yaml", lambda text: "# 本处的设置\n" + text.replace("- core\n", "- core   # 基本\n"))
    session = desk.session(LATER)
    packing.enable(session, packing.plan_enabling(session, ["mall"]), by="lina")
    text = (desk.root / "logbook.yaml").read_text(encoding="utf-8")
    assert text.startswith("# 本处的设置\n")
    assert "# 基本\n" in text
    assert read_settings(desk.root).packs == ("core", "mall")


def test_unknown_and_enabled_packs_are_refused_together(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        packing.plan_enabling(desk.session(), ["twoer", "core"])
    assert caught.value.code == "pack.refused"
    assert refused(caught) == [("pack.unknown", "pack"), ("pack.enabled", "pack")]


def test_a_clash_with_the_sites_own_form_is_refused_with_its_place(lodge: Desk, program: Path) -> None:
    """A prefix, a word and a form that the book has already."""
    (lodge.root / "templates/site").mkdir()
    own = parcel().replace("form: parcel", "form: letter").replace("包裹登记表 / Parcels", "信件 / Letters")
    (lodge.root / "templates/site/letter.yaml").write_text(own.replace("prefix: PA", "prefix: LE"), encoding="utf-8")
    (program / "gate").mkdir()
    (program / "gate/pack.yaml").write_text(PACK, encoding="utf-8")
    gate = parcel().replace("form: parcel", "form: pass").replace("包裹登记表 / Parcels", "信件 / Passes")
    (program / "gate/pass.yaml").write_text(gate, encoding="utf-8")
    (program / "gate/parcel.yaml").write_text(parcel(), encoding="utf-8")
    before = lodge.head
    with pytest.raises(Refused) as caught:
        packing.plan_enabling(lodge.session(), ["gate"])
    found = {code for code, _ in refused(caught)}
    assert {"form.prefix-clash", "form.word-clash", "form.two-files"} <= found
    assert all(issue.path and issue.line for issue in caught.value.issues)
    assert lodge.head == before


def test_a_real_book_takes_no_other_hour(tmp_path: Path, lodge: Desk) -> None:
    commit_by_hand(lodge, "logbook.yaml", lambda text: text.replace("practice: true\n", "").replace("practice: 'true'\n", ""))
    session = lodge.session(LATER)
    assert not session.book.settings.practice
    (initing.standard_templates() / "lodge/parcel.yaml").write_text(parcel(2, ", required: true"), encoding="utf-8")
    planned = packing.plan_upgrade(session)
    with pytest.raises(BookError) as caught:
        packing.upgrade(session, planned, by="lina")
    assert caught.value.code == "book.now-not-practice"
    real = lodge.session(LATER, given=False)
    assert packing.upgrade(real, packing.plan_upgrade(real), by="lina") is not None


# -- upgrading ---------------------------------------------------------------------------------


def test_nothing_to_do(lodge: Desk) -> None:
    planned, commit = upgraded(lodge)
    assert (planned.changes, planned.files, planned.issues, commit) == ((), {}, (), None)


def test_what_only_the_program_changed_is_taken(lodge: Desk, program: Path) -> None:
    record = lodge.add("parcel", "sender=顺丰").record
    old = (lodge.root / PARCEL).read_bytes()
    (program / "lodge/parcel.yaml").write_text(parcel(2, ", required: true"), encoding="utf-8")
    (program / "lodge/pack.yaml").write_text(PACK.replace("包裹", "包裹、信件"), encoding="utf-8")
    (program / "lodge/roles.yaml").write_text("roles: {porter: 门卫 / Porter}\n", encoding="utf-8")
    before = lodge.head
    planned = packing.plan_upgrade(lodge.session(LATER))
    assert lodge.head == before and lodge.clean  # a look is only a look
    assert told(planned) == {
        "templates/lodge/pack.yaml": "updated", PARCEL: "superseded", "templates/lodge/roles.yaml": "new",
    }  # fmt: skip
    (form,) = (one for one in planned.changes if one.path == PARCEL)
    assert (form.was, form.now, form.lines) == (1, 2, (2, 2))
    _, commit = upgraded(lodge)
    assert commit == lodge.head
    assert lodge.git("log", "-1", "--format=%s").strip() == "book: packs upgrade"
    assert lodge.clean
    # the old version stays beside, and its records keep it
    assert (lodge.root / "templates/lodge/parcel@1.yaml").read_bytes() == old
    assert check_folder(lodge.root) == []
    assert lodge.load(record.id).form.version == 1
    assert lodge.step(record.id, "collect", now=LATER).state.status == "gone"
    with pytest.raises(Refused):
        lodge.add("parcel", now=LATER)
    assert lodge.add("parcel", "sender=邮政", now=LATER).record.version == 2
    assert upgraded(lodge)[0].changes == ()


def test_a_second_upgrade_goes_by_the_first(lodge: Desk, program: Path) -> None:
    for version in (2, 3):
        (program / "lodge/parcel.yaml").write_text(parcel(version, f", note: 第{version}版"), encoding="utf-8")
        assert told(upgraded(lodge)[0]) == {PARCEL: "superseded"}
    assert sorted(path.name for path in (lodge.root / "templates/lodge").glob("parcel*")) == [
        "parcel.yaml", "parcel@1.yaml", "parcel@2.yaml",
    ]  # fmt: skip
    assert check_folder(lodge.root) == []


def test_what_only_the_site_changed_stays(lodge: Desk, program: Path) -> None:
    commit_by_hand(lodge, PARCEL, lambda text: text.replace("快递公司", "快递"))
    planned, commit = upgraded(lodge)
    assert (told(planned), planned.files, planned.issues, commit) == ({PARCEL: "own"}, {}, (), None)
    # the site's own rules under the program's number: a word of warning
    commit_by_hand(lodge, PARCEL, lambda text: text.replace("type: text", "type: text, required: true"))
    planned, _ = upgraded(lodge)
    assert [(one.rule, one.severity, one.path) for one in planned.issues] == [("pack.own-version", "warning", PARCEL)]


def test_what_both_changed_is_kept_and_listed_and_the_rest_taken(lodge: Desk, program: Path) -> None:
    commit_by_hand(lodge, PARCEL, lambda text: text.replace("快递公司", "快递"))
    own = (lodge.root / PARCEL).read_bytes()
    (program / "lodge/parcel.yaml").write_text(parcel(2, ", required: true"), encoding="utf-8")
    (program / "lodge/pack.yaml").write_text(PACK.replace("包裹", "包裹、信件"), encoding="utf-8")
    planned, commit = upgraded(lodge)
    assert told(planned) == {"templates/lodge/pack.yaml": "updated", PARCEL: "conflict"}
    assert commit is not None
    assert (lodge.root / PARCEL).read_bytes() == own
    assert not (lodge.root / "templates/lodge/parcel@1.yaml").exists()
    shown = packing.difference(lodge.session(LATER), PARCEL)
    assert "-  sender: {zh: 快递, en: Carrier, type: text}\n" in shown
    assert "+  sender: {zh: 快递公司, en: Carrier, type: text, required: true}\n" in shown
    # it stays a conflict until somebody has settled it
    planned, commit = upgraded(lodge)
    assert (told(planned), commit) == ({PARCEL: "conflict"}, None)


def test_a_settled_conflict_is_remembered(lodge: Desk, program: Path) -> None:
    commit_by_hand(lodge, PARCEL, lambda text: text.replace("快递公司", "快递"))
    (program / "lodge/parcel.yaml").write_text(parcel(2, ", note: 新"), encoding="utf-8")
    planned, commit = upgraded(lodge, keep=["parcel"])
    assert (told(planned), list(planned.kept), planned.files) == ({PARCEL: "own"}, [PARCEL], {})
    assert commit == lodge.head
    assert lodge.clean
    assert told(upgraded(lodge)[0]) == {PARCEL: "own"}
    # until the program changes again
    (program / "lodge/parcel.yaml").write_text(parcel(3, ", note: 更新"), encoding="utf-8")
    assert told(upgraded(lodge)[0]) == {PARCEL: "conflict"}


def test_only_a_conflict_can_be_settled(lodge: Desk) -> None:
    with pytest.raises(Refused) as caught:
        packing.plan_upgrade(lodge.session(), keep=["parcel", "nix"])
    assert refused(caught) == [("pack.no-conflict", "keep")] * 2


def test_a_conflict_settled_by_taking_the_programs_is_none(lodge: Desk, program: Path) -> None:
    commit_by_hand(lodge, PARCEL, lambda text: text.replace("快递公司", "快递"))
    (program / "lodge/parcel.yaml").write_text(parcel(1, ", note: 新"), encoding="utf-8")
    assert told(upgraded(lodge)[0]) == {PARCEL: "conflict"}
    commit_by_hand(lodge, PARCEL, lambda text: parcel(1, ", note: 新"))
    assert upgraded(lodge)[0].changes == ()


def test_other_rules_under_the_same_version_are_not_taken(lodge: Desk, program: Path) -> None:
    (program / "lodge/parcel.yaml").write_text(parcel(1, ", required: true"), encoding="utf-8")
    planned, commit = upgraded(lodge)
    assert (told(planned), commit) == ({PARCEL: "same_rules_number"}, None)
    assert [(one.rule, one.severity, one.path) for one in planned.issues] == [("pack.same-version", "error", PARCEL)]
    # other words under the same version are
    (program / "lodge/parcel.yaml").write_text(parcel(1, ", note: {zh: 如顺丰, en: such as SF}"), encoding="utf-8")
    assert told(upgraded(lodge)[0]) == {PARCEL: "updated"}


def test_an_older_program_takes_nothing_back(lodge: Desk, program: Path) -> None:
    (program / "lodge/parcel.yaml").write_text(parcel(2, ", required: true"), encoding="utf-8")
    upgraded(lodge)
    (program / "lodge/parcel.yaml").write_text(parcel(), encoding="utf-8")
    planned, commit = upgraded(lodge)
    assert (told(planned), commit) == ({PARCEL: "older"}, None)


def test_what_is_gone_on_one_side(lodge: Desk, program: Path) -> None:
    (program / "lodge/parcel.yaml").unlink()
    planned, commit = upgraded(lodge)
    assert (told(planned), commit) == ({PARCEL: "not_shipped"}, None)
    (program / "lodge/parcel.yaml").write_text(parcel(), encoding="utf-8")
    (lodge.root / PARCEL).unlink()
    lodge.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "not for us")
    planned, commit = upgraded(lodge)
    assert (told(planned), commit) == ({PARCEL: "removed"}, None)


def test_an_upgrade_that_would_break_the_book_is_refused(lodge: Desk, program: Path) -> None:
    (lodge.root / "templates/site").mkdir()
    own = parcel().replace("form: parcel", "form: letter").replace("包裹登记表 / Parcels", "信件 / Letters")
    (lodge.root / "templates/site/letter.yaml").write_text(own.replace("prefix: PA", "prefix: LE"), encoding="utf-8")
    (program / "lodge/post.yaml").write_text(
        own.replace("form: letter", "form: post").replace("prefix: PA", "prefix: LE"), encoding="utf-8"
    )
    before = lodge.head
    with pytest.raises(Refused) as caught:
        packing.plan_upgrade(lodge.session(LATER))
    assert caught.value.code == "pack.refused"
    assert "form.prefix-clash" in {code for code, _ in refused(caught)}
    assert lodge.head == before


def test_a_file_somebody_is_editing_stops_the_upgrade(lodge: Desk, program: Path) -> None:
    (program / "lodge/pack.yaml").write_text(PACK.replace("包裹", "包裹、信件"), encoding="utf-8")
    with (lodge.root / "templates/lodge/pack.yaml").open("a") as file:
        file.write("# 手改\n")
    planned = packing.plan_upgrade(lodge.session(LATER))
    assert told(planned) == {"templates/lodge/pack.yaml": "conflict"}
    assert planned.files == {}


def test_an_own_commit_does_not_move_the_base(lodge: Desk, program: Path) -> None:
    """A commit by hand is no copy of the program's, whatever its subject says."""
    commit_by_hand(lodge, PARCEL, lambda text: text.replace("快递公司", "快递"))
    lodge.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--amend", "-m", "book: our words")
    (program / "lodge/parcel.yaml").write_text(parcel(1, ", note: 新"), encoding="utf-8")
    assert told(upgraded(lodge)[0]) == {PARCEL: "conflict"}
