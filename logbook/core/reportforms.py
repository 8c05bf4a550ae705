"""What a report can speak of besides the fields of a form: clocks, steps, what is late, duties expected."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.text import Text
from logbook.core.value import replace

CLOCKS, STEPS, TITLE, FORM_TITLE, NEXT_DUE, LAST_AT, LAST_STEP = (
    "clocks",
    "steps_taken",
    "title",
    "form_title",
    "next_due",
    "last_at",
    "last_step",
)
LATE, OCCURRENCE = "late", "occurrence"
VIRTUAL = (LATE, OCCURRENCE)
FALLS = "belongs"

_VERDICTS = {
    "running": Text("计时中", "Running"),
    "met": Text("按时", "On time"),
    "breached": Text("超时", "Late"),
    "cancelled": Text("已取消", "Cancelled"),
}


def _text(name: str, zh: str, en: str, kind: str = "text", **more: object) -> Field:
    return Field(name, Text(zh, en), kind, **more)  # type: ignore[arg-type]


def extended(form: Form) -> Form:
    """The form with the names reports add to it; a name the form has itself stays the form's."""
    clocks = _text(
        CLOCKS,
        "时限",
        "Clocks",
        "list",
        columns={
            "clock": _text("clock", "时限", "Clock", "choice", choices={c.id: c.label for c in form.clocks.values()}),
            "started": _text("started", "起算", "Started", "datetime"),
            "due": _text("due", "应办", "Due", "datetime"),
            "stopped": _text("stopped", "办结", "Stopped", "datetime"),
            "verdict": _text("verdict", "结果", "Verdict", "choice", choices=_VERDICTS),
            "strict": _text("strict", "按原定时限的结果", "Verdict by the first due", "choice", choices=_VERDICTS),
            "overdue": _text("overdue", "现已超时", "Overdue", "bool"),
            "to": _text("to", "报", "To"),
        },
    )
    steps = _text(
        STEPS,
        "步骤",
        "Steps",
        "list",
        columns={
            "step": _text("step", "步骤", "Step", "choice", choices={s.id: s.label for s in form.steps.values()}),
            "done_at": _text("done_at", "时间", "At", "datetime"),
            "done_by": _text("done_by", "办理人", "By", "staff"),
        },
    )
    own = {
        CLOCKS: clocks,
        STEPS: steps,
        TITLE: _text(TITLE, "内容", "Title"),
        FORM_TITLE: _text(FORM_TITLE, "表单", "Form"),
        NEXT_DUE: _text(NEXT_DUE, "应办时间", "Due", "datetime"),
        LAST_AT: _text(LAST_AT, "最近办理", "Last dealt with", "datetime"),
        LAST_STEP: _text(
            LAST_STEP, "最近步骤", "Last step", "choice", choices={s.id: s.label for s in form.steps.values()}
        ),
    }
    return replace(form, fields={**own, **form.fields})


def _late() -> Form:
    fields = {
        "kind": _text(
            "kind", "类别", "Kind", "choice", choices={"clock": Text("时限", "Clock"), "duty": Text("定期职责", "Duty")}
        ),
        "form": _text("form", "表单", "Form"),
        "what": _text("what", "事项", "What"),
        "item": _text("item", "编号或对象", "Id or subject"),
        "title": _text("title", "内容", "Title"),
        "owner": _text("owner", "负责岗位", "Owner"),
        "due": _text("due", "应办时间", "Due", "datetime"),
        "missed": _text("missed", "连续漏做次数", "Missed", "int"),
        "last_done": _text("last_done", "最近一次", "Last done", "datetime"),
    }
    states = {
        "overdue": Text("逾期", "Overdue"),
        "pause_expired": Text("暂停到期", "Pause over"),
        "missed": Text("漏做", "Missed"),
    }
    return Form(LATE, 1, Text("逾期事项", "What is late"), "", "", fields=fields, states=states)


def _occurrence(library: Library) -> Form:
    duties = {}
    for source in library.shared.get("duties", ()):
        entries = (source.plain or {}).get("duties")
        for name, plain in entries.items() if isinstance(entries, Mapping) else ():
            if isinstance(plain, Mapping):
                duties[name] = Text(str(plain.get("zh") or ""), str(plain.get("en") or ""))
    fields = {
        # A book without duties: whatever a report says of one counts nothing, and is no mistake.
        "duty": _text("duty", "职责", "Duty", "choice" if duties else "text", choices=duties),
        "subject": _text("subject", "对象", "Subject"),
        "subject_title": _text("subject_title", "对象名称", "Subject title"),
        "due": _text("due", "应办时间", "Due", "datetime", holds="at"),
        # What is due at midnight, the end of a day, belongs to that day and not to the next.
        FALLS: _text(FALLS, "应办时间", "Due", "datetime"),
        "day": _text("day", "应办日", "Day", "date"),
        "slot": _text("slot", "时段", "Slot"),
        "owner": _text("owner", "负责岗位", "Owner"),
        "done_at": _text("done_at", "完成时间", "Done at", "datetime"),
        "done_with": _text("done_with", "凭据", "Record"),
    }
    states = {
        "upcoming": Text("未到", "Upcoming"),
        "due": Text("应办", "Due"),
        "done": Text("按时", "On time"),
        "late": Text("晚做", "Late"),
        "missed": Text("漏做", "Missed"),
        "waived": Text("免做", "Waived"),
    }
    final = frozenset(("done", "late", "missed", "waived"))
    title = Text("应做的职责", "Duties expected")
    return Form(OCCURRENCE, 1, title, "", "", fields=fields, states=states, final=final)


class ReportForms(Mapping[str, Form]):
    """The forms of a book as reports see them, each made when it is asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._made: dict[str, Form] = {}

    def __getitem__(self, name: str) -> Form:
        form = self._made.get(name)
        if form is None:
            own = self._library.forms.get(name)
            if own is not None:
                form = extended(own)
            elif name == LATE:
                form = _late()
            elif name == OCCURRENCE:
                form = _occurrence(self._library)
            else:
                raise KeyError(name)
            self._made[name] = form
        return form

    def __contains__(self, name: object) -> bool:
        return name in self._library.forms or name in VIRTUAL

    def __iter__(self) -> Iterator[str]:
        yield from self._library.forms
        yield from (name for name in VIRTUAL if name not in self._library.forms)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def report_library(library: Library) -> Library:
    """The library as reports see it."""
    return replace(library, forms=ReportForms(library))
