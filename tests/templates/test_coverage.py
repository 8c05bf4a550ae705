"""The checklist of the handbooks: what docs/coverage.yaml names is there, is used, and is told honestly."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.templates.coverage_page import MAPS
from tests.templates.coverage_page import PAGE
from tests.templates.coverage_page import PRODUCT
from tests.templates.coverage_page import SEEDS
from tests.templates.coverage_page import SITE
from tests.templates.coverage_page import STATUSES
from tests.templates.coverage_page import Product
from tests.templates.coverage_page import kind_and_name
from tests.templates.coverage_page import page
from tests.templates.coverage_page import places
from tests.templates.coverage_page import table

PLAIN = table()
ROWS = PLAIN["coverage"]


@pytest.fixture(scope="module")
def product() -> Product:
    return Product()


def named(*kinds: str) -> list[str]:
    """What the rows name of these kinds, each once."""
    found = (one for row in ROWS for one in row["covered_by"] if kind_and_name(one)[0] in kinds)
    return list(dict.fromkeys(found))


# -- the table --------------------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 283
    assert {key: len(PLAIN[key]) for key in (*MAPS, "reports")} == {
        "rules": 174, "limits": 118, "decisions": 83, "reports": 62,
    }  # fmt: skip
    assert Counter(row["status"] for row in ROWS) == {"full": 189, "headings_only": 77, "peripheral": 17}
    assert Counter(row["seed"] for row in ROWS) == {"000": 39, "001": 28, "002": 91, "003": 86, "004": 39}
    assert list(PLAIN) == ["coverage", *MAPS, "reports"]


def test_a_row_says_where_what_and_by_what() -> None:
    kinds = {"form", "duty", "checklist", "workflow", "report", "limit", "rule"}
    for row in ROWS:
        assert set(row) == {"seed", "where", "zh", "covered_by", "status"}, row
        assert row["seed"] in SEEDS and row["status"] in STATUSES and row["zh"], row
        assert row["covered_by"] and {kind_and_name(one)[0] for one in row["covered_by"]} <= kinds, row


# -- what it names is there ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["form", "duty", "checklist", "workflow"])
def test_what_the_rows_name_exists(kind: str, product: Product) -> None:
    assert named(kind) and [one for one in named(kind) if not product.has(one)] == []


@pytest.mark.parametrize("kind", ["rule", "limit"])
def test_a_rule_or_number_of_a_row_has_its_entry(kind: str) -> None:
    assert named(kind) and [one for one in named(kind) if kind_and_name(one)[1] not in PLAIN[f"{kind}s"]] == []


@pytest.mark.parametrize("key", MAPS)
def test_an_entry_points_at_something_that_exists_or_says_why_not(key: str, product: Product) -> None:
    broken = []
    for name, entry in PLAIN[key].items():
        if isinstance(entry, dict):
            assert set(entry) in ({"in", "lacks"}, {"none"}), name
            assert entry.get("lacks", entry.get("none")), name
        broken += [(name, place) for place in places(entry) if not product.has(place)]
        assert places(entry) or "none" in entry, name
    assert broken == []


def test_a_place_that_does_not_exist_is_found(product: Product) -> None:
    assert product.has("complaint.again")
    assert not product.has("complaint.agian")
    assert product.has("field:reception.expenses.cap") and not product.has("field:reception.expenses.cup")
    assert product.has("setting:reception.caps.senior.lunch") and not product.has("setting:reception.caps.junior")
    assert product.has("message:shift.headcount") and not product.has("message:shift.seats")


@pytest.mark.parametrize(("key", "told_in"), SITE.items())
def test_what_only_a_site_can_set_is_told_in_the_docs(key: str, told_in: str) -> None:
    text = (PRODUCT / "docs" / told_in).read_text(encoding="utf-8")
    assert re.search(rf"\b{key}:|`{key}`", text)


def test_no_report_is_claimed_that_no_pack_defines(product: Product) -> None:
    assert {kind_and_name(one)[1] for one in named("report")} <= set(PLAIN["reports"])
    defined = {
        name
        for file in (PRODUCT / "templates").glob("*/reports.yaml")
        for name in re.findall(r"^  ([a-z_]+):$", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {name for name, state in PLAIN["reports"].items() if state != "later"} <= defined
    for name, tests in PLAIN["reports"].items():
        if tests != "later":
            assert re.search(rf'"{name}"', (PRODUCT / tests).read_text(encoding="utf-8")), name


# -- a scenario uses it ---------------------------------------------------------------------------

# Tests that work with the shipped forms, and the functions of theirs that make a record of the form they are given.
FOLDERS = ("templates", "operations", "operations/audit")
MAKERS = {"add", "made", "make", "new", "taken", "walked", "Walk"}


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def words(node: ast.AST) -> Iterator[str]:
    """The first word of each row of a parametrization, or the keys of a table."""
    if isinstance(node, ast.Dict):
        rows: list[Any] = list(node.keys)
    else:
        rows = list(getattr(node, "elts", ()))
    for row in rows:
        first = row.elts[0] if isinstance(row, ast.Tuple | ast.List) and row.elts else row
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def forms_made(source: str) -> set[str]:
    """The words a test module hands to its makers, but for stand-ins of forms of another pack."""
    module = ast.parse(source)
    tables: dict[str, ast.AST] = {}
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            tables |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    found: set[str] = set()
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call) and called(node) in MAKERS):
        found |= {arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    for test in (node for node in module.body if isinstance(node, ast.FunctionDef)):
        calls = [node for node in ast.walk(test) if isinstance(node, ast.Call) and called(node) in MAKERS]
        handed = {arg.id for call in calls for arg in call.args if isinstance(arg, ast.Name)}
        for decorator in test.decorator_list:
            if isinstance(decorator, ast.Call) and called(decorator) == "parametrize" and len(decorator.args) > 1:
                names, values = decorator.args[:2]
                first = next(words(names), "") or getattr(names, "value", "")
                if first in handed:
                    found |= set(words(tables.get(values.id, values) if isinstance(values, ast.Name) else values))
    return found - set(words(tables.get("ELSEWHERE", ast.Dict([], []))))


def used() -> dict[str, set[str]]:
    """The forms of which a record is made, and where: a test of the shipped forms, or a chapter of the demo."""
    found: dict[str, set[str]] = {}
    for path in sorted(path for name in FOLDERS for path in (PRODUCT / "tests" / name).glob("test_*.py")):
        for form in forms_made(path.read_text(encoding="utf-8")):
            found.setdefault(form, set()).add(path.name)
    for path in sorted((PRODUCT / "logbook" / "operations" / "scenario").glob("*.yaml")):
        for form in re.findall(r"\badd ([a-z_]+)\b", path.read_text(encoding="utf-8")):
            found.setdefault(form, set()).add(path.name)
    return found


def test_every_form_is_used_by_a_test_or_the_demo(product: Product) -> None:
    made = used()
    assert [form for form in product.library.forms if form not in made] == []
    assert [one for one in named("form") if kind_and_name(one)[1] not in made] == []


def test_only_a_record_that_is_made_counts() -> None:
    source = """
ELSEWHERE = {"payment": "a stand-in"}
STORIES = {"parcel": "story", "visit": "story"}
NOTES = {"loan": "read only"}

@pytest.mark.parametrize("form", STORIES)
def test_a_story(desk, form):
    walked(desk, form)

@pytest.mark.parametrize("form", NOTES)
def test_a_note(desk, form):
    desk.list(form)

def test_a_day(desk):
    desk.add("mail", "addressee=王芳")
    desk.add("payment", "amount=1")
    desk.list("repair")
"""
    assert {word for word in forms_made(source) if "=" not in word} == {"parcel", "visit", "mail"}


# -- the page -------------------------------------------------------------------------------------


def test_the_page_is_what_the_program_prints(product: Product) -> None:
    """Write it anew with: python -m tests.templates.coverage_page > docs/coverage.md"""
    assert PAGE.read_text(encoding="utf-8") == page(product)


def test_the_page_has_a_line_for_every_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.fullmatch(r"\|.*\| (covered|partly|not yet) \|", line)]
    assert len(lines) == len(ROWS)
    for key in MAPS:
        for name, entry in PLAIN[key].items():
            if isinstance(entry, dict):
                assert f"- `{name}`: " in text, name
