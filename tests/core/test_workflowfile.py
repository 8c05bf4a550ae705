"""workflows.yaml read and checked: every problem at once, each with its line; what comes after a step."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from logbook.core.form import Library
from logbook.core.formlibrary import library_from
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.core.workflowfile import WorkflowStep
from logbook.core.workflowfile import following
from logbook.core.workflowfile import workflows_of
from logbook.locale.catalogue import Catalogue
from logbook.store.library import check_files

TEMPLATES = Path(__file__).parents[2] / "templates"
PATH = "templates/site/workflows.yaml"

FORMS = {
    "call": """\
form: call
version: 1
prefix: CA
title: 来电 / Call
fields: {summary: {zh: 内容, en: Summary, type: text}}
states: {open: 待办 / Open, done: 已办 / Done}
final: [done]
steps:
  take: {zh: 接听, en: Take, to: open}
  settle: {zh: 办结, en: Settle, from: open, to: done}
""",
    "job": """\
form: job
version: 1
prefix: JO
title: 派工 / Job
fields: {what: {zh: 事项, en: What, type: text}}
states: {open: 待办 / Open, done: 已办 / Done}
final: [done]
steps:
  give: {zh: 派工, en: Give, to: open}
  finish: {zh: 完工, en: Finish, from: open, to: done}
""",
    "pack": """\
title: 现场 / Site
elsewhere: {office: [archive_file]}
""",
}

TEXT = """\
workflows:
  wf_call:
    zh: 来电
    en: Calls
    source: 手册 3
    steps:
    - {who: 前台, do: call.take, zh: 接听, en: answered}
    - {who: 前台, do: job.give, zh: 派工, en: somebody sent}
    - {who: 维修工, do: job.finish, zh: 完工, en: done, inferred: true}
    - {who: 前台, do: call.settle, zh: 回复, en: told}
    - {who: 前台, do: archive_file.file, zh: 归档, en: filed}
"""


def read(text: str) -> tuple[Library, list[Issue]]:
    files = {f"templates/site/{name}.yaml": form.encode() for name, form in FORMS.items()}
    return check_files({**files, PATH: text.encode()})


def wrong(text: str) -> list[str]:
    """What is wrong with the file, as people read it."""
    words = Catalogue("en")
    found = []
    for issue in read(text)[1]:
        assert issue.path == PATH
        sentence, fix = words.issue(issue)
        found.append(f"{issue.line}: {sentence} {fix}")
    return found


def test_a_workflow() -> None:
    library, issues = read(TEXT)
    assert issues == []
    (one,) = workflows_of(library).values()
    assert (one.id, one.title, one.source, one.pack) == ("wf_call", Text("来电", "Calls"), ("手册 3",), "site")
    assert one.steps[2] == WorkflowStep("维修工", "job", "finish", Text("完工", "done"), inferred=True)
    assert [f"{step.form}.{step.step}" for step in one.steps] == [
        "call.take", "job.give", "job.finish", "call.settle", "archive_file.file",
    ]  # fmt: skip


def after(form: str, step: str, text: str = TEXT) -> list[tuple[str, list[str]]]:
    found = following(workflows_of(read(text)[0]), form, step)
    return [(f"{one.step.form}.{one.step.step}", [each.step for each in one.before]) for one in found]


def test_what_comes_after_a_step_is_the_next_step_of_another_form() -> None:
    assert after("call", "take") == [("job.give", [])]
    assert after("job", "give") == [("call.settle", ["finish"])]
    assert after("job", "finish") == [("call.settle", [])]
    # a form the book does not have is named all the same; whoever asks knows which forms there are
    assert after("call", "settle") == [("archive_file.file", [])]
    assert after("archive_file", "file") == []
    assert after("call", "nix") == []


def test_a_step_that_stands_several_times_leads_on_once() -> None:
    text = """\
workflows:
  wf:
    zh: 来电
    steps:
    - {do: call.take, zh: 问}
    - {do: call.settle, zh: 记}
    - {do: call.take, zh: 再问}
    - {do: job.give, zh: 派工}
    - {do: call.take, zh: 又问}
    - {do: job.finish, zh: 完工}
"""
    assert after("call", "take", text) == [("job.give", []), ("job.finish", [])]
    assert after("call", "settle", text) == [("job.give", ["take"])]


def test_every_problem_is_told_with_its_line() -> None:
    text = """\
workflows:
  Wf-1:
    steps:
    - {do: call.tak, zh: 接听}
    - {do: cal.take, zh: 接听}
    - {do: call, zh: 接听}
    - {zh: 接听, whom: 前台}
    - 接听
  wf_2: []
  wf_3: {zh: 空, steps: []}
"""
    assert wrong(text) == [
        '2: "Wf-1" cannot be an id Use lower-case letters, digits and underscores, beginning with a letter.',
        '2: "Wf-1" has no label Give it a label in both languages, such as "转呈 / Forward".',
        '4: there is no step "tak" Steps: take, settle. Did you mean "take"?',
        '5: The workflow waits here: this book has no form "cal". Did you mean "call"? '
        "Enable the pack that has it, or correct the name.",
        '6: "do" should be FORM.STEP such as complaint.forward Write FORM.STEP such as complaint.forward.',
        '7: unknown key "whom" Allowed: who, do, zh, en, inferred. Did you mean "who"?',
        '7: "do" is missing Add "do".',
        '8: "steps" should be entries with names (name: content) Write entries with names (name: content).',
        '9: "wf_2" should be entries with names (name: content) Write entries with names (name: content).',
        '10: "steps" should be a list (each entry begins with -) Write a list (each entry begins with -).',
    ]


def test_a_form_nobody_has_heard_of_only_warns() -> None:
    _, issues = read(TEXT.replace("job.give", "jobb.give"))
    assert [(issue.rule, issue.severity, issue.line) for issue in issues] == [("next.waits", "warning", 8)]


@pytest.mark.parametrize("text", ["workflows:\n", "workflows: []\n", "flows: {}\n"])
def test_a_file_without_workflows(text: str) -> None:
    assert "form.shape" in [issue.rule for issue in read(text)[1]]
    assert workflows_of(read(text)[0]) == {}


def test_the_same_workflow_twice() -> None:
    files = {f"templates/site/{name}.yaml": form.encode() for name, form in FORMS.items()}
    files |= {PATH: TEXT.encode(), "templates/zoo/workflows.yaml": TEXT.encode()}
    library, issues = check_files(files)
    assert [(issue.rule, issue.path) for issue in issues] == [("form.duplicate-id", "templates/zoo/workflows.yaml")]
    assert list(workflows_of(library)) == ["wf_call"]


def test_a_broken_file_breaks_nothing_that_trusts_it() -> None:
    from logbook.core.sources import Source

    for plain in (None, {}, {"workflows": ["x"]}, {"workflows": {"a": "x", "b": {"steps": "x"}, "c": {"steps": ["x", {}]}}}):
        library, _ = library_from([Source(PATH, plain)], strict=False)
        assert workflows_of(library) == {}


# -- the standard packs ------------------------------------------------------------------------


def test_all_the_workflows_of_the_handbooks_are_there_once() -> None:
    files = sorted(TEMPLATES.glob("*/workflows.yaml"))
    plain = {file.parent.name: YAML(typ="safe").load(file)["workflows"] for file in files}
    names = [name for its in plain.values() for name in its]
    assert len(names) == len(set(names)) == 59
    assert {pack: len(its) for pack, its in plain.items()} == {
        "core": 18, "estate": 12, "kpi": 1, "mall": 2, "office": 8, "quality": 2, "sales": 5, "stores": 1, "tower": 10,
    }  # fmt: skip
    for one in (one for its in plain.values() for one in its.values()):
        assert one["zh"] and one["en"] and one["source"]
        assert all(step["who"] and step["do"] and step["zh"] and step["en"] for step in one["steps"])


def test_each_stands_in_the_pack_of_its_first_form_and_names_steps_that_are_there() -> None:
    library, issues = check_files(
        {f"templates/{file.parent.name}/{file.name}": file.read_bytes() for file in sorted(TEMPLATES.glob("*/*.yaml"))}
    )
    assert [issue for issue in issues if (issue.path or "").endswith("/workflows.yaml") and issue.is_error] == []
    for workflow in workflows_of(library).values():
        first = library.forms.get(workflow.steps[0].form)
        assert first is None or first.pack == workflow.pack, workflow.id


@pytest.mark.parametrize("pack", ["core"])
def test_a_pack_alone_says_nothing_of_the_forms_it_lacks(pack: str) -> None:
    files = {f"templates/{pack}/{file.name}": file.read_bytes() for file in sorted((TEMPLATES / pack).glob("*.yaml"))}
    assert [issue for issue in check_files(files)[1] if (issue.path or "").endswith("/workflows.yaml")] == []
