"""docs/forms.md: what it shows can be loaded, and it shows everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logbook.core import shapes
from logbook.core.budgets import parse_within
from logbook.core.definition import ITEM
from logbook.core.form import FIELD_TYPES
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from logbook.store.library import check_folder
from logbook.store.library import load

PAGE = (Path(__file__).parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (templates/\S+)\n(.*?)```", PAGE, re.DOTALL))


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str, head: str) -> list[str]:
    """What stands in the first column of the table that begins with ``head``, in backticks."""
    table = text.split(f"| {head} |")[1].split("\n\n")[0]
    cells = [line.replace("\\|", "\N{BROKEN BAR}").split("|")[1] for line in table.splitlines()[2:]]
    return [word.replace("\N{BROKEN BAR}", "|") for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def book(root: Path, files: dict[str, str]) -> tuple[Library, list[Issue]]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load(root)


def test_every_yaml_block_is_a_file() -> None:
    assert PAGE.count("```yaml") == len(FILES) == 4


def test_the_examples_are_a_book_without_a_fault(tmp_path: Path) -> None:
    library, issues = book(tmp_path, FILES)
    assert issues == []
    assert list(library.forms) == ["parcel", "room"]
    assert list(library.checklists["tour"].items) == ["door", "lamp", "sign"]


SENTENCES = rows(section("Checks"), "sentence")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_is_one_of_the_example(sentence: str, tmp_path: Path) -> None:
    parcel = FILES["templates/site/parcel.yaml"]
    line = f'  - {{id: tried, rule: "{sentence}"}}\n'
    files = {**FILES, "templates/site/parcel.yaml": parcel.replace("checks:\n", "checks:\n" + line)}
    assert book(tmp_path, files)[1] == []


BUDGETS = rows(section("Clocks"), "`within` | is up")


@pytest.mark.parametrize("budget", BUDGETS)
def test_every_budget_is_understood(budget: str) -> None:
    document, _ = codec.read_definition(f"within: {budget}\n".encode())
    assert document is not None
    assert parse_within(document.plain["within"]).say("en")


def test_every_key_is_explained() -> None:
    clock, check = section("Clocks"), section("Checks")
    told = {
        "form": (shapes.FORM_KEYS, rows(section("The keys of a form"), "key")),
        "field": (shapes.FIELD_KEYS, rows(section("Fields"), "key")),
        "step": (shapes.STEP_KEYS, rows(section("States and steps"), "key")),
        "clock": (shapes.CLOCK_KEYS, rows(clock, "key")),
        "signature": (
            shapes.SIGNATURE_KEYS,
            re.findall(r"\w+", section("States and steps").split("`signatures`: ")[1]),
        ),
        "check": (shapes.CHECK_KEYS, re.findall(r"\w+", check)),
        "item": (shapes.ITEM_KEYS, re.findall(r"\w+", section("Roles and checklists"))),
        "checklist": (shapes.CHECKLIST_KEYS, re.findall(r"\w+", section("Roles and checklists"))),
    }
    untold = {kind: set(keys) - set(words) for kind, (keys, words) in told.items()}
    assert untold == {kind: set() for kind in told}


def test_every_type_is_explained() -> None:
    told = {word.partition(" ")[0] for word in rows(section("Fields"), "type")}
    assert told == {*FIELD_TYPES, ITEM}


def test_the_fault_it_shows_looks_like_that(tmp_path: Path) -> None:
    wrong = FILES["templates/site/parcel.yaml"].replace(
        "from: told, to: returned", "from: tolt, to: returned"
    )
    book(tmp_path, {**FILES, "templates/site/parcel.yaml": wrong})
    (issue,) = check_folder(tmp_path)
    sentence, fix = Catalogue("en").issue(issue)
    assert f"{issue.path}:{issue.line}: {sentence}\n    {fix}\n" in PAGE
