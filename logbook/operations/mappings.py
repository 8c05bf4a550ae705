"""How a file's columns become fields, kept in the book: ``imports/NAME.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.suggest import hint
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.operations.importing import Plan
from logbook.operations.importing import day_reader
from logbook.operations.session import Session
from logbook.store import codec

FOLDER = "imports"
KEYS = ("form", "map", "set", "step", "key", "sheet", "dates")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@frozen
class Kept:
    """A mapping: the plan, and the sheet it is for in a workbook."""

    form: str
    plan: Plan
    sheet: str | None = None


def read_mapping(session: Session, name: str, form: str) -> Kept:
    """The mapping of that name for a form. Refused with everything that is wrong with it."""
    folder = session.book.root / FOLDER
    known = sorted(path.stem for path in folder.glob("*.yaml")) if folder.is_dir() else []
    if name not in known:
        args = {"found": name, "known": known or Text("没有", "none"), "hint": hint(name, known)}
        raise Refused([Issue("import.mapping-unknown", args)])
    path = f"{FOLDER}/{name}.yaml"
    document, issues = codec.read_definition((session.book.root / path).read_bytes(), path)
    if document is None:
        raise Refused(issues)
    kept, found = _read(document.plain, path)
    issues += found
    if kept.form and not any(one.is_error for one in issues) and session.form(kept.form).name != form:
        issues.append(Issue("import.mapping-form", {"found": kept.form, "form": form}, path=path, field="form"))
    if any(one.is_error for one in issues):
        raise Refused(issues)
    return kept


def _read(plain: Mapping[str, Stored], path: str) -> tuple[Kept, list[Issue]]:
    issues = [
        Issue("import.mapping-key", {"found": name, "known": list(KEYS)}, path=path, field=name)
        for name in plain
        if name not in KEYS
    ]

    def pairs(name: str) -> dict[str, str]:
        given = plain.get(name)
        if given is None:
            return {}
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
            issues.append(Issue("import.mapping-shape", {"found": name}, path=path, field=name))
            return {}
        return {field: str(column) for field, column in given.items()}

    def word(name: str) -> str | None:
        given = plain.get(name)
        if given is not None and not isinstance(given, str):
            issues.append(Issue("import.mapping-shape", {"found": name}, path=path, field=name))
            return None
        return given

    plan = Plan(pairs("map"), pairs("set"), list(pairs("step").items()), word("key"), word("dates"))
    if plan.dates:
        try:
            day_reader(plan.dates)
        except Refused as error:
            issues += error.issues
    return Kept(word("form") or "", plan, word("sheet")), issues


def together(kept: Kept, plan: Plan, sheet: str | None) -> Kept:
    """A kept mapping with what was typed, which wins."""
    steps = {**dict(kept.plan.steps), **dict(plan.steps)}
    return Kept(
        kept.form,
        Plan(
            {**kept.plan.fields, **plan.fields},
            {**kept.plan.constants, **plan.constants},
            list(steps.items()),
            plan.key or kept.plan.key,
            plan.dates or kept.plan.dates,
        ),
        sheet or kept.sheet,
    )


def check_saving(session: Session, name: str, *, by: str | None = None) -> None:
    """Refused where a mapping of that name cannot be kept, or not by this person (audit rule A14)."""
    from logbook.operations.audit.people import LEADING
    from logbook.operations.reading import World

    operator = session.operator(by)
    issues = []
    if not _NAME.fullmatch(name):
        issues.append(Issue("import.mapping-name", {"found": name}, field="save-mapping"))
    if not session.is_administrator(operator) and LEADING.isdisjoint(World(session).roles(operator)):
        issues.append(Issue("import.mapping-role", {"by": operator}, field="save-mapping"))
    if issues:
        raise Refused(issues)


def save_mapping(session: Session, name: str, kept: Kept, *, by: str | None = None) -> str:
    """Write a mapping into the book as one commit; returns its path. Nothing is committed where it stands so
    already. Ask :func:`check_saving` first."""
    from logbook.operations.writing import publish_book

    path = f"{FOLDER}/{name}.yaml"
    plan = kept.plan
    told: dict[str, Stored] = {
        "form": kept.form,
        "map": dict(plan.fields) or None,
        "set": dict(plan.constants) or None,
        "step": dict(plan.steps) or None,
        "key": plan.key,
        "sheet": kept.sheet,
        "dates": plan.dates,
    }
    data = codec.write({key: value for key, value in told.items() if value is not None})
    file = session.book.root / path
    if not file.is_file() or file.read_bytes() != data:
        publish_book(session, f"import mapping {name}", "imports", {path: data}, by=by)
    return path
