"""Faults in the rules of a book, and what `validate` and `doctor` say of its settings."""

from __future__ import annotations

import shutil

import pytest

from logbook.core.errors import Refused
from logbook.operations.doctoring import examine
from logbook.operations.packing import enable
from logbook.operations.packing import plan_enabling
from logbook.operations.rulefaults import files_of
from logbook.operations.rulefaults import missing_packs
from logbook.operations.rulefaults import rule_faults
from logbook.operations.validating import validate
from tests.operations.desk import Desk


def settings(desk: Desk, text: str) -> None:
    with (desk.root / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


def faults(desk: Desk) -> list[tuple[str, str]]:
    found = rule_faults(desk.session())
    assert files_of(found) == sorted({str(one.path) for one in found})
    return [(one.rule, str(one.path)) for one in found]


def test_a_sound_book_has_none(desk: Desk) -> None:
    settings(desk, "settings:\n  season: {summer: 6-9}\n  duties:\n    key_count: {monthly: {day: last}}\n")
    assert faults(desk) == []


@pytest.mark.parametrize(
    "text",
    [
        "calendars: {office: {extends: nowhere}}\n",
        "settings:\n  season: {summer: June}\n",
        "settings:\n  duties:\n    nobody_knows: off\n",
        "settings:\n  duties: [key_count]\n",
    ],
)
def test_what_the_site_has_set_wrong_is_one(desk: Desk, text: str) -> None:
    settings(desk, text)
    assert {path for _, path in faults(desk)} == {"logbook.yaml"}


@pytest.mark.parametrize("name", ["calendars", "duties", "shifts"])
@pytest.mark.parametrize("text", [": [\n", "x: {y: 1}\n"])
def test_a_file_of_rules_that_cannot_be_read_is_one(desk: Desk, name: str, text: str) -> None:
    path = f"templates/site/{name}.yaml"
    (desk.root / path).parent.mkdir(exist_ok=True)
    (desk.root / path).write_text(text, encoding="utf-8")
    assert {where for _, where in faults(desk)} == {path}


def checked(desk: Desk) -> list[tuple[str, str | None, str]]:
    """What both say of the settings."""
    codes = ("book.pack", "notify.")
    found = [
        {(one.rule, one.field, one.severity) for one in issues if one.rule.startswith(codes)}
        for issues in (validate(desk.session()).issues, examine(desk.session(), mend=False).issues)
    ]
    assert found[0] == found[1]
    return sorted(found[0])


def test_a_pack_without_its_folder_is_told_and_can_be_brought(desk: Desk) -> None:
    file = desk.root / "logbook.yaml"
    file.write_text(file.read_text().replace("packs:\n", "packs:\n- tower\n- own\n"), encoding="utf-8")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "book: packs")
    assert checked(desk) == [
        ("book.pack-missing", "packs", "warning"), ("book.pack-unknown", "packs", "warning"),
    ]  # fmt: skip
    session = desk.session(by="boss")
    enable(session, plan_enabling(session, ["tower"]))
    assert [one.args["pack"] for one in missing_packs(desk.session())] == ["own"]
    assert list(desk.session().book.settings.packs).count("tower") == 1
    with pytest.raises(Refused):
        plan_enabling(desk.session(), ["tower"])


def test_a_folder_the_work_tree_leaves_out_is_there(desk: Desk) -> None:
    shutil.rmtree(desk.root / "templates")
    assert checked(desk) == []


def test_escalation_and_notify_are_checked(desk: Desk) -> None:
    settings(
        desk,
        "settings:\n  escalation:\n  - {after: 1 day, to: nobody}\n  - {after: soon, to: director}\n"
        "  notify: {channel: pigeon, form: x}\n",
    )
    assert checked(desk) == [
        ("notify.bad-step", "settings.escalation", "error"),
        ("notify.unknown-channel", "settings.notify.channel", "error"),
        ("notify.unknown-role", "settings.escalation", "error"),
        ("notify.unknown-setting", "settings.notify.form", "error"),
    ]
