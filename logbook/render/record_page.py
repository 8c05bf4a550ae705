"""One record for a person at a terminal: what it says, what happened, what is due."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.moments import from_epoch
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.values import shown
from logbook.locale.catalogue import duration
from logbook.render.porcelain import mask
from logbook.render.porcelain import mask_path
from logbook.render.width import pad
from logbook.render.width import plain
from logbook.render.width import width

# How a clock stands.
CLOCKS = {
    "running": Text("进行中", "running"),
    "overdue": Text("已逾期", "overdue"),
    "soon": Text("将到期", "due soon"),
    "met": Text("按时", "on time"),
    "breached": Text("超时", "late"),
    "cancelled": Text("已取消", "cancelled"),
    "paused": Text("暂停中", "paused"),
    "pause_expired": Text("暂停已到期", "pause has run out"),
}
WORDS = {
    "status": Text("状态", "Status"),
    "at": Text("时间", "At"),
    "by": Text("办理人", "By"),
    "events": Text("经过", "Events"),
    "clocks": Text("时限", "Deadlines"),
    "signatures": Text("签名", "Signatures"),
    "amendments": Text("更正", "Amendments"),
    "voided": Text("已作废", "void"),
    "stale": Text("签名后内容有改动", "changed after signing"),
    "recorded": Text("记于", "recorded"),
    **CLOCKS,
    "waiting": Text("未到时", "waiting"),
    "void": Text("作废", "void"),
    "amend": Text("更正", "amend"),
    "was": Text("原编号 {was}：两台电脑用了同一个号", "was {was}: two computers had drawn that number"),
    "conflicts": Text("两边同时改过，请核对", "Changed on two computers at once, please check"),
    "kept": Text("现为", "now"),
    "other": Text("另一边", "the other"),
    "both": Text("两边都办理了步骤", "a step was taken on both"),
    "rows": Text("两边都加了行，行号可能变了", "rows were added on both: their numbers may have moved"),
    "number": Text("这个编号现在有两条记录", "two records have had this number"),
    "file": Text("另一边的文本读不出来，仍在 Git 里", "the other text cannot be read; Git still has it"),
    "open": Text("改用另一个值，或确认现在的值", "take the other value, or confirm this one"),
}


class ClockLine(Protocol):
    """A clock as the index answers it."""

    @property
    def clock(self) -> str: ...
    @property
    def due(self) -> int | None: ...
    @property
    def state(self) -> str: ...
    @property
    def overdue_seconds(self) -> int: ...


def record_page(
    state: State,
    clocks: Iterable[ClockLine],
    *,
    lang: str,
    now: datetime,
    zone: ZoneInfo,
    names: Callable[[str], str],
    private: bool = False,
    stale: Callable[[Signature], bool] | None = None,
) -> str:
    """The whole record as text; private values masked unless ``private``."""
    form, record = state.form, state.record
    fields = dict(state.fields) if private else mask(form, state.fields)
    lines = [f"{record.id}  {form.title.say(lang)}"]
    if record.was:
        lines.append(f"  {WORDS['was'].say(lang).format(was=plain(record.was))}")
    if record.conflicts:
        lines += _conflicts(state, lang, names, private=private)
    pairs = list(_head(state, lang, names))
    tables: list[str] = []
    for name in (*form.fields, *(n for n in fields if n not in form.fields)):
        value = fields.get(name)
        field = form.fields.get(name)
        if value in (None, "", [], {}) or (field is not None and field.holds in ("at", "by", "id")):
            continue
        if field is not None and field.type in ("list", "checklist"):
            tables += _table(field, value, lang, names)
        else:
            label = field.label.say(lang) if field else name
            text = _shown(field, value, lang, names)
            pairs.append((label, text))
    lines += _pairs(pairs, lang)
    lines += tables
    lines += ["", WORDS["events"].say(lang)]
    for event in state.events:
        lines.append(_event(form, event, lang, names, private=private))
    dues = [_clock(form, clock, lang, zone) for clock in clocks]
    if dues:
        lines += ["", WORDS["clocks"].say(lang), *dues]
    if record.signatures:
        lines += ["", WORDS["signatures"].say(lang)]
        for signature in record.signatures:
            place = form.signatures.get(signature.meaning)
            label = place.label.say(lang) if place else signature.meaning
            who = signature.name if signature.name and private else names(signature.by)
            mark = f"  ({WORDS['stale'].say(lang)})" if stale is not None and stale(signature) else ""
            lines.append(f"  {_short(signature.at)}  {who}  {label}{mark}")
    if record.amendments:
        lines += ["", WORDS["amendments"].say(lang)]
        for one in record.amendments:
            field = form.fields.get(one.field.split(".")[0])
            label = field.label.say(lang) if field else one.field
            old, new = one.old, one.new
            if not private:
                old, new = mask_path(form, one.field, old), mask_path(form, one.field, new)
            top = field if "." not in one.field else None
            lines.append(
                f"  {_short(one.at)}  {names(one.by)}  {label}: {_shown(top, old, lang, names)}"
                f" → {_shown(top, new, lang, names)}  ({plain(one.reason)})"
            )
    return "\n".join(lines) + "\n"


def _conflicts(state: State, lang: str, names: Callable[[str], str], *, private: bool) -> list[str]:
    """What two desks changed at once and nobody has settled, each with the command that does."""
    from logbook.core.merging import unsettled

    form, record = state.form, state.record
    lines = []
    for one in unsettled(record):
        field = form.fields.get(one.field.partition(".")[0])
        label = field.label.say(lang) if field else WORDS["status"].say(lang) if one.what == "steps" else one.field
        if one.what == "steps":
            kept, other = (_step_label(form, step, lang) for step in (one.kept, one.other))
        else:
            shown_values = [one.kept, one.other]
            if not private:
                shown_values = [mask_path(form, one.field, value) for value in shown_values]
            top = field if "." not in one.field else None
            kept, other = (_shown(top, value, lang, names) for value in shown_values)
        text = f"  {label}  {WORDS[one.what].say(lang)}  " if one.what in ("rows", "number", "file") else f"  {label}  "
        if one.what in ("value", "steps", "number"):
            sides = (
                (WORDS["kept"], kept, one.kept_at, one.kept_by),
                (WORDS["other"], other, one.other_at, one.other_by),
            )
            text += "  ".join(
                f"{word.say(lang)} {value}" + (f" ({_short(at)} {names(by)})" if at and by else "")
                for word, value, at, by in sides
            )
        lines.append(text.rstrip())
        place = f"{one.field or 'FIELD'}={state.status if one.what == 'steps' else '…'}"
        lines.append(f"    → logbook amend {record.id} {place} --reason …  ({WORDS['open'].say(lang)})")
    return ["", WORDS["conflicts"].say(lang), *lines, ""] if lines else []


def _step_label(form: Form, name: Stored, lang: str) -> str:
    from logbook.core.builtin import built_in_steps

    step = form.steps.get(str(name)) or built_in_steps(form).get(str(name))
    word = WORDS.get("void" if name == "voided" else str(name))
    return step.label.say(lang) if step else word.say(lang) if word else str(name)


def _head(state: State, lang: str, names: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    form = state.form
    labels = {field.holds: field.label.say(lang) for field in form.fields.values() if field.holds}
    status = form.states.get(state.status)
    text = WORDS["voided"].say(lang) if state.voided else status.say(lang) if status else state.status
    yield WORDS["status"].say(lang), text
    yield labels.get("at", WORDS["at"].say(lang)), _short(state.at)
    yield labels.get("by", WORDS["by"].say(lang)), names(state.by)


def _pairs(pairs: Iterable[tuple[str, str]], lang: str) -> list[str]:
    found = list(pairs)
    if not found:
        return []
    wide = min(20, max(width(label) for label, _ in found))
    lines = []
    for label, text in found:
        first, *rest = text.split("\n") or [""]
        lines.append(f"  {pad(label, wide)}  {first}".rstrip())
        lines += [f"  {' ' * wide}  {line}".rstrip() for line in rest]
    return lines


def _table(field: Field, value: Stored, lang: str, names: Callable[[str], str]) -> list[str]:
    if field.type == "checklist" or not isinstance(value, list):
        return [f"  {field.label.say(lang)}  {shown(field, value, lang)}"]
    lines = [f"  {field.label.say(lang)}"]
    for number, row in enumerate(value, 1):
        cells = []
        if isinstance(row, dict):
            for name, cell in row.items():
                column = field.columns.get(name)
                label = column.label.say(lang) if column else name
                cells.append(f"{label} {_shown(column, cell, lang, names)}")
        lines.append(f"    {number}. " + "  ".join(cells))
    return lines


def _event(form: Form, event: object, lang: str, names: Callable[[str], str], *, private: bool) -> str:
    from logbook.core.builtin import built_in_steps
    from logbook.core.builtin import with_fields

    built_in = built_in_steps(form).get(event.step)  # type: ignore[attr-defined]
    step = form.steps.get(event.step, built_in)  # type: ignore[attr-defined]
    form = with_fields(form, built_in) if built_in is not None else form
    name = event.step  # type: ignore[attr-defined]
    label = step.label.say(lang) if step else WORDS[name].say(lang) if name in WORDS else name
    parts = [f"  {_short(event.at)}  {names(event.by)}  {label}"]  # type: ignore[attr-defined]
    if event.recorded:  # type: ignore[attr-defined]
        parts.append(f"({WORDS['recorded'].say(lang)} {_short(event.recorded)})")  # type: ignore[attr-defined]
    if event.reason:  # type: ignore[attr-defined]
        parts.append(plain(event.reason))  # type: ignore[attr-defined]
    given: Mapping[str, Stored] = event.set  # type: ignore[attr-defined]
    given = given if private else mask(form, dict(given))
    for path, value in given.items():
        field = form.fields.get(path.rstrip("+").split(".")[0])
        said = field.label.say(lang) if field else path
        whole = field if field is not None and "." not in path else None
        parts.append(f"{said}: {_shown(whole, value, lang, names)}")
    return "  ".join(parts)


def _clock(form: Form, clock: ClockLine, lang: str, zone: ZoneInfo) -> str:
    definition = form.clocks.get(clock.clock)
    label = definition.label.say(lang) if definition else clock.clock
    state = WORDS[clock.state].say(lang) if clock.state in WORDS else clock.state
    due = "-"
    if clock.due is not None:
        moment = from_epoch(clock.due, zone)
        midnight = moment.strftime("%H:%M") == "00:00"
        due = (
            from_epoch(clock.due - 60, zone).strftime("%Y-%m-%d 24:00")
            if midnight
            else moment.strftime("%Y-%m-%d %H:%M")
        )
    late = f"  {duration(timedelta(seconds=clock.overdue_seconds), lang)}" if clock.overdue_seconds else ""
    return f"  {due}  {label}  {state}{late}"


def _shown(field: Field | None, value: Stored, lang: str, names: Callable[[str], str]) -> str:
    if value is None:
        return "-"
    if field is not None and field.type == "staff" and isinstance(value, str):
        return names(value)
    if field is not None:
        return plain(shown(field, value, lang), newline="\n")
    return plain(value if isinstance(value, str) else str(value))


def _short(text: str) -> str:
    return text[:16].replace("T", " ")
