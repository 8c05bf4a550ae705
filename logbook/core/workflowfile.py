"""The workflows of a book: which step of which form comes after which, read from ``workflows.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from logbook.core.definition import label_from
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.shapes import EXPECTED
from logbook.core.shapes import ID
from logbook.core.shapes import Findings
from logbook.core.sources import Source
from logbook.core.suggest import hint
from logbook.core.text import Text
from logbook.core.value import frozen

FILE_KEYS = ("workflows",)
WORKFLOW_KEYS = ("zh", "en", "source", "steps")
STEP_KEYS = ("who", "do", "zh", "en", "inferred")
_DO = Text("表单.步骤，如 complaint.forward", "FORM.STEP such as complaint.forward")


@frozen
class WorkflowStep:
    """One step of a workflow: who takes which step of which form. ``label`` says what is done, in the words
    of the handbook (zh) and a little longer (en)."""

    who: str
    form: str
    step: str
    label: Text
    inferred: bool = False


@frozen
class Workflow:
    """A sequence of steps across forms."""

    id: str
    title: Text
    steps: tuple[WorkflowStep, ...]
    source: tuple[str, ...] = ()
    pack: str = ""


@frozen
class Following:
    """What a workflow has after a step of a form: the next step of another form, and the steps of the same
    form that stand between."""

    workflow: Workflow
    step: WorkflowStep
    before: tuple[WorkflowStep, ...] = ()


def workflows_of(library: Library) -> dict[str, Workflow]:
    """Every workflow of a book by id. Broken entries are left out; :func:`check_workflows` tells of them.
    Steps of forms the book does not have are there all the same."""
    found: dict[str, Workflow] = {}
    for source in library.shared.get("workflows", ()):
        for name, plain in _entries(source):
            if isinstance(plain, Mapping):
                steps = tuple(_steps_of(plain))
                if steps:
                    found.setdefault(
                        name, Workflow(name, label_from(plain), steps, _texts(plain.get("source")), source.pack)
                    )
    return found


def following(workflows: Mapping[str, Workflow], form: str, step: str) -> list[Following]:
    """What comes after ``form.step`` in the workflows that have it, one entry for each of them and each
    place at which another form takes over."""
    found: list[Following] = []
    for workflow in workflows.values():
        seen: set[int] = set()
        for place, one in enumerate(workflow.steps):
            if (one.form, one.step) != (form, step):
                continue
            after = next(
                (n for n in range(place + 1, len(workflow.steps)) if workflow.steps[n].form != form), None
            )
            if after is None or after in seen:
                continue
            # The last time the step stands before that place: what is still to be done there is between.
            last = max(n for n in range(after) if (workflow.steps[n].form, workflow.steps[n].step) == (form, step))
            seen.add(after)
            found.append(Following(workflow, workflow.steps[after], workflow.steps[last + 1 : after]))
    return found


def check_workflows(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in the ``workflows.yaml`` files of a book. A step of a form that other packs have
    (``library.absent``) waits without a word; one of a form nobody has heard of is a warning."""
    issues: list[Issue] = []
    first: dict[str, str] = {}
    for source in sources:
        found = Findings(source.path, source.line, source.spot)
        plain = source.plain
        if not isinstance(plain, Mapping) or not plain:
            found.add("form.empty")
            issues += found.issues
            continue
        found.unknown_keys(plain, FILE_KEYS)
        entries = plain.get("workflows")
        if not isinstance(entries, Mapping) or not entries:
            found.add("form.shape", "workflows", key="workflows", expected=EXPECTED["map"])
        for name, entry in _entries(source):
            place = ("workflows", name)
            if name in first:
                found.add("form.duplicate-id", *place, id=name)
            first.setdefault(name, source.path)
            _check_workflow(name, entry, found, library)
        issues += found.issues
    return issues


def _check_workflow(name: str, plain: Any, found: Findings, library: Library) -> None:
    place = ("workflows", name)
    if not ID.match(name):
        found.add("form.bad-id", *place, id=name)
    if not isinstance(plain, Mapping):
        found.add("form.shape", *place, key=name, expected=EXPECTED["map"])
        return
    found.unknown_keys(plain, WORKFLOW_KEYS, *place)
    if not plain.get("zh") and not plain.get("en"):
        found.add("form.no-label", *place, name=name)
    steps = plain.get("steps")
    if not isinstance(steps, list) or not steps:
        found.add("form.shape", *place, "steps", key="steps", expected=EXPECTED["list"])
        return
    for number, step in enumerate(steps):
        here = (*place, "steps", number)
        if not isinstance(step, Mapping):
            found.add("form.shape", *here, key="steps", expected=EXPECTED["map"])
            continue
        found.unknown_keys(step, STEP_KEYS, *here)
        _check_do(step.get("do"), found, library, *here)
        if step.get("inferred") not in (None, "true", "false"):
            found.add("form.shape", *here, "inferred", key="inferred", expected=EXPECTED["flag"])


def _check_do(do: Any, found: Findings, library: Library, *place: str | int) -> None:
    form, dot, step = do.partition(".") if isinstance(do, str) else ("", "", "")
    if not form or not dot or not step:
        if do is None:
            found.add("form.missing-key", *place, key="do")
        else:
            found.add("form.shape", *place, "do", key="do", expected=_DO)
        return
    if form in library.absent:
        return
    if form not in library.forms:
        found.add(
            "next.waits", *place, "do", severity="warning", word=form, hint=hint(form, library.forms)
        )
        return
    steps = library.forms[form].steps
    if step not in steps:
        found.unknown("form.unknown-step", step, steps, *place, "do")


def _steps_of(plain: Mapping[str, Any]) -> Iterator[WorkflowStep]:
    steps = plain.get("steps")
    for step in steps if isinstance(steps, list) else ():
        do = step.get("do") if isinstance(step, Mapping) else None
        form, dot, name = do.partition(".") if isinstance(do, str) else ("", "", "")
        if form and dot and name:
            label = Text(str(step.get("zh") or ""), str(step.get("en") or ""))
            yield WorkflowStep(str(step.get("who") or ""), form, name, label, step.get("inferred") == "true")


def _entries(source: Source) -> Iterator[tuple[str, Any]]:
    plain = source.plain if isinstance(source.plain, Mapping) else {}
    entries = plain.get("workflows")
    if isinstance(entries, Mapping):
        yield from ((str(name), entry) for name, entry in entries.items())


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
