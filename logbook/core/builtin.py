"""The steps every form with clocks has without saying so: pause, resume, extend, reassign (rulings 13)."""

from __future__ import annotations

from collections.abc import Mapping

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.lifecycle import ASSIGNED
from logbook.core.text import Text
from logbook.core.value import replace

# Why a clock may be paused, besides what a form or a site adds.
PAUSE_REASONS: Mapping[str, Text] = {
    "waiting_parts": Text("等配件", "Waiting for parts"),
    "waiting_customer": Text("等客户", "Waiting for the customer"),
    "waiting_third_party": Text("等第三方", "Waiting for a third party"),
    "weather": Text("天气", "Weather"),
    "other": Text("其他", "Other"),
}
OTHER = "other"

# What people say for a step instead of its label, wherever no step of the form is called that.
SPOKEN: Mapping[str, tuple[str, ...]] = {
    "pause": ("暂停", "暂停计时"),
    "resume": ("恢复", "恢复计时"),
    "extend": ("延期", "展期"),
    "reassign": ("转派", "改派"),
    "reopen": ("重开", "重新打开"),
}

# How long in all and how often a clock may be paused where neither its form nor the site says so.
LONGEST = "30 days"
MOST = 3

_LABELS = {
    "pause": Text("暂停计时", "Pause"),
    "resume": Text("恢复计时", "Resume"),
    "extend": Text("延期", "Extend"),
    "reassign": Text("改派", "Reassign"),
}
_STEPS: dict[tuple[int, int], tuple[Form, Mapping[str, object], Mapping[str, Step]]] = {}


def built_in_steps(form: Form, settings: Mapping[str, object] | None = None) -> Mapping[str, Step]:
    """The built-in steps of a form, each with the values it brings as ``fields``; none of a form without
    clocks, and none that the form has a step of its own for. ``settings`` are those of the book."""
    settings = settings or {}
    key = (id(form), id(settings))
    made = _STEPS.get(key)
    if made is None or made[0] is not form or made[1] is not settings:
        if len(_STEPS) > 1000:
            _STEPS.clear()
        made = _STEPS[key] = (form, settings, _made(form, settings) if form.clocks else {})
    return made[2]


def step_label(name: str) -> Text | None:
    """What people call a built-in step; None for any other."""
    return {**_LABELS, "void": Text("作废", "Void"), "amend": Text("更正", "Amend")}.get(name)


def all_steps(form: Form, settings: Mapping[str, object] | None = None) -> dict[str, Step]:
    """The steps of a form, its own first."""
    return {**form.steps, **built_in_steps(form, settings)}


def step_words(steps: Mapping[str, Step]) -> dict[str, tuple[str, ...]]:
    """The words each of these steps answers to besides its id."""
    words: dict[str, tuple[str, ...]] = {name: (step.label.zh, step.label.en) for name, step in steps.items()}
    taken = {label for labels in words.values() for label in labels}
    for name, said in SPOKEN.items():
        if name in words:
            words[name] += tuple(word for word in said if word not in taken)
    return words


def with_fields(form: Form, step: Step) -> Form:
    """The form as it takes the values of a built-in step: the step's own stand before its fields."""
    return replace(form, fields={**form.fields, **step.fields}) if step.fields else form


def pause_reasons(form: Form, settings: Mapping[str, object] | None = None) -> dict[str, Text]:
    """Why a clock of this form may be paused: id to label."""
    from logbook.core.definition import label_from

    own = clock_settings(settings).get("pause_reasons")
    site = {str(name): label_from(label) for name, label in own.items()} if isinstance(own, Mapping) else {}
    more = {**form.pause_reasons, **site}
    shipped = {name: label for name, label in PAUSE_REASONS.items() if name != OTHER}
    return {**shipped, **more, OTHER: more.get(OTHER, PAUSE_REASONS[OTHER])}


def clock_settings(settings: Mapping[str, object] | None) -> Mapping[str, object]:
    """What a site has set for all clocks: ``settings: {clocks: …}`` of logbook.yaml."""
    found = (settings or {}).get("clocks")
    return found if isinstance(found, Mapping) else {}


def assigned_field(form: Form) -> str | None:
    """The field that says who has the record in hand."""
    return next((name for name in ASSIGNED if name in form.fields and form.fields[name].type == "staff"), None)


def _made(form: Form, settings: Mapping[str, object]) -> dict[str, Step]:
    states = tuple(name for name in form.states if name not in form.final)
    own = list(form.steps.values())
    # Whoever may take any of its steps; a customer signs, and pauses nothing.
    roles = tuple(dict.fromkeys(role for step in own for role in step.by if role != "customer"))
    roles = () if any(not step.by for step in own) else roles
    clocks = {name: clock.label for name, clock in form.clocks.items() if not clock.off}
    fields = {
        "pause": {
            "until": Field("until", Text("暂停到", "Until"), "datetime", required=True),
            "why": Field(
                "why", Text("暂停原因", "Why"), "choice", required=True, choices=pause_reasons(form, settings)
            ),
        },
        "resume": {},
        "extend": {
            "due": Field("due", Text("新期限", "New due"), "datetime", required=True),
            "clock": Field("clock", Text("时限", "Deadline"), "choice", choices=clocks),
        },
        "reassign": {"to": Field("to", Text("改派给", "To"), "staff", required=True)},
    }
    return {
        name: Step(
            name,
            label,
            states,
            None,
            by=roles,
            reason=name == "extend",
            approver=name == "extend",
            fields=fields[name],
        )
        for name, label in _LABELS.items()
        if name not in form.steps and states
    }
