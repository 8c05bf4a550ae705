"""What `show` says of seals: whether one still stands, what came after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.cli.context import Context
    from logbook.core.lifecycle import State
    from logbook.index.book_index import Row

_LISTED = "sealed"


def without_seal(state: State) -> State:
    """The record without the long list of hashes, for people to read."""
    if state.form.seals is None or _LISTED not in state.fields:
        return state
    events = tuple(
        replace(event, set={name: value for name, value in event.set.items() if name not in (_LISTED, "seal")})
        for event in state.events
    )
    shown: State = replace(state, fields=_without(state.fields), events=events)
    return shown


def seal_lines(context: Context, row: Row, state: State) -> list[str]:
    """The lines below a record: its own seal, or that it was written down after its shift was sealed."""
    from logbook.operations import sealing

    zh = context.lang == "zh"
    handover = context.session.library.forms.get("handover")
    if handover is not None and handover.seals is not None and row.form in handover.seals.forms:
        found = sealing.addenda_in(context.session, [row]).get(row.id)
        if found is None:
            return []
        return ["", f"补记：属于已封存的 {found}" if zh else f"Addendum to {found}, which was sealed before"]
    seal = sealing.seal_of(context.session, state)
    if seal is None:
        return []
    if seal.broken:
        said = "清单与校验码不符" if zh else "its list does not give the hash"
    elif seal.stale:
        names = "、".join(seal.stale)
        said = f"已失效，改动过：{names}" if zh else f"stale; changed since: {names}"
    else:
        said = "有效" if zh else "valid"
    lines = ["", f"封存 {seal.count} 条记录：{said}" if zh else f"Seal over {seal.count} records: {said}"]
    for one in seal.addenda:
        recorded = one.recorded[:16].replace("T", " ")
        event = (f" 第 {one.event} 步" if zh else f" event {one.event}") if one.event else ""
        at = one.at[:16].replace("T", " ")
        lines.append(
            f"  补记  {one.record}{event}  {at}（记于 {recorded}）" if zh
            else f"  addendum  {one.record}{event}  {at} (recorded {recorded})"
        )  # fmt: skip
    return lines


def _without(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != _LISTED}
