"""Records as the sheets of a workbook: one of the records, one for each of their lists and checklists."""

from __future__ import annotations

import re
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.values import find_label
from logbook.core.values import typed
from logbook.core.values import verdict_of
from logbook.core.workbook import KINDS
from logbook.core.workbook import Head
from logbook.core.workbook import Sheet
from logbook.operations.exporting import header_values

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from logbook.operations.reading import Loaded

# The heads of what every record has. ``at`` and ``by`` go by the form's own name of them where it has one.
HEADER = {
    "id": Text("编号", "Id"),
    "status": Text("状态", "Status"),
    "at": Text("时间", "At"),
    "by": Text("办理人", "By"),
    "recorded_at": Text("记录时间", "Recorded"),
}
ROW = Text("行", "Row")
ITEM, ITEM_LABEL = Text("项目", "Item"), Text("项目内容", "What")
ANSWER = {"result": Text("结果", "Result"), "remark": Text("备注", "Remark"), "value": Text("数值", "Value")}
VERDICTS = {"pass": Text("合格", "pass"), "fail": Text("不合格", "fail"), "na": Text("不适用", "na")}
_SPLITS = re.compile(r"[,，、;；]")
_IN_BRACKETS = re.compile(r".*[(（]([A-Za-z_][A-Za-z0-9_]*)[)）]")


def sheets_of(
    form: Form,
    records: Iterable[tuple[Loaded, Mapping[str, Stored]]],
    items: Mapping[str, Mapping[str, Text]],
    *,
    lang: str,
    zone: ZoneInfo,
) -> list[Sheet]:
    """The sheets of records of one form, with the fields as they may be shown (masked, disclosed) beside each.

    ``items``: the lines of each checklist field. Lists without a row have no sheet."""
    own = {name: field for name, field in form.fields.items() if field.holds not in ("id", "at", "by")}
    lists = {name: field for name, field in own.items() if field.type in ("list", "checklist")}
    plain = {name: field for name, field in own.items() if name not in lists}
    heads = [*(Head(label, _header_kind(name)) for name, label in header_labels(form, lang).items())]
    labels = labels_of(form, lang)
    heads += [Head(labels[name], _kind(field)) for name, field in plain.items()]
    rows: list[list[object]] = []
    below: dict[str, list[list[object]]] = {name: [] for name in lists}
    for loaded, fields in records:
        header = header_values(loaded)
        row: list[object] = []
        for name in HEADER:
            value = header[name]
            if name in ("at", "recorded_at"):
                row.append(_moment(value, zone))
            elif name == "status":
                row.append(form.states[value].say(lang) if value in form.states else value)
            else:
                row.append(value)
        rows.append(row + [cell(field, fields.get(name), lang, zone) for name, field in plain.items()])
        for name, field in lists.items():
            below[name] += _rows(header["id"], field, fields.get(name), items.get(name, {}), lang, zone)
    sheets = [Sheet(form.title.say(lang), heads, rows)]
    for name, field in lists.items():
        if below[name]:
            sheets.append(Sheet(labels[name], _list_heads(field, lang), below[name]))
    return sheets


def labels_of(form: Form, lang: str) -> dict[str, str]:
    """The head of every field's column: its label, with its id where another field has the same."""
    return _apart({name: field.label.say(lang) for name, field in form.fields.items()})


def column_labels(field: Field, lang: str) -> dict[str, str]:
    """The same for the columns of a list."""
    own = {word.casefold() for text in (HEADER["id"], ROW) for word in (text.zh, text.en)}
    return _apart({name: column.label.say(lang) for name, column in field.columns.items()}, own)


def header_labels(form: Form, lang: str) -> dict[str, str]:
    """The heads of what every record has, each unlike the label of any field but the one it is."""
    taken = {label.casefold() for field in form.fields.values() for label in (field.id, field.label.zh, field.label.en)}
    labels = {}
    for name, text in HEADER.items():
        holder = next((one for one in form.fields.values() if one.holds == name), None)
        if name in ("id", "at", "by") and holder is not None:
            labels[name] = labels_of(form, lang)[holder.id]
            continue
        label = text.say(lang)
        labels[name] = f"{label} ({name})" if label.casefold() in taken else label
    return labels


def header_of(form: Form, label: str) -> str | None:
    """Which part of the record's own a head of :func:`header_labels` is, in either language."""
    for lang in ("zh", "en"):
        for name, known in header_labels(form, lang).items():
            if label.strip().casefold() == known.casefold():
                return name
    return None


def field_in_brackets(label: str) -> str | None:
    """``phone`` of ``电话 (phone)``: the way two columns of one label are told apart."""
    found = _IN_BRACKETS.fullmatch(label.strip())
    return found[1] if found else None


def _apart(labels: Mapping[str, str], taken: Container[str] = ()) -> dict[str, str]:
    folded = [label.casefold() for label in labels.values()]
    return {
        name: f"{label} ({name})" if folded.count(label.casefold()) > 1 or label.casefold() in taken else label
        for name, label in labels.items()
    }


def _header_kind(name: str) -> str:
    return "datetime" if name in ("at", "recorded_at") else "text"


def _kind(field: Field) -> str:
    return field.type if field.type in KINDS else "text"


def _moment(text: str, zone: ZoneInfo) -> object:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)


def cell(field: Field, stored: Stored, lang: str, zone: ZoneInfo) -> object:
    """A stored value as a cell: typed where the field is and the value is of that type, else its text; choices
    by their label where the label says which one it is."""
    if stored is None or stored == "":
        return None
    if field.type == "multichoice" and isinstance(stored, list):
        return ("、" if lang == "zh" else ", ").join(_choice(field, str(one), lang, many=True) for one in stored)
    if not isinstance(stored, str):
        return str(stored)
    if field.type == "choice":
        return _choice(field, stored, lang, many=False)
    if field.type == "datetime":
        return _moment(stored, zone)
    if field.type in KINDS and field.type != "text":
        value = typed(field, stored)
        return stored if value is None else value
    return stored


def _choice(field: Field, stored: str, lang: str, *, many: bool) -> str:
    label = field.choices[stored].say(lang) if stored in field.choices else ""
    clear = label and find_label(field.choices, label) == stored and not (many and _SPLITS.search(label))
    return label if clear else stored


def _list_heads(field: Field, lang: str) -> list[Head]:
    if field.type == "checklist":
        words = [HEADER["id"], ITEM, ITEM_LABEL, *ANSWER.values()]
        return [Head(word.say(lang)) for word in words]
    labels = column_labels(field, lang)
    heads = [Head(f"{HEADER['id'].say(lang)}"), Head(ROW.say(lang), "int")]
    return heads + [Head(labels[name], _kind(column)) for name, column in field.columns.items()]


def _rows(
    record: str, field: Field, stored: Stored, items: Mapping[str, Text], lang: str, zone: ZoneInfo
) -> list[list[object]]:
    rows: list[list[object]] = []
    if field.type == "checklist":
        for item, answer in stored.items() if isinstance(stored, dict) else ():
            more = answer if isinstance(answer, dict) else {}
            verdict = verdict_of(answer) or ""
            said = VERDICTS[verdict].say(lang) if verdict in VERDICTS else verdict
            label = items[item].say(lang) if item in items else ""
            rows.append([record, item, label, said, more.get("remark"), more.get("value")])
        return rows
    for number, row in enumerate(stored if isinstance(stored, list) else (), 1):
        cells = row if isinstance(row, dict) else {}
        found = [cell(column, cells.get(name), lang, zone) for name, column in field.columns.items()]
        rows.append([record, number, *found])
    return rows


def joined(form: Form, rows: Mapping[str, Sequence[Mapping[str, Stored]]]) -> dict[str, dict[str, Stored]]:
    """The rows of list sheets (by field) gathered by the record they name: the values of its list fields."""
    by_record: dict[str, dict[str, Stored]] = {}
    for name, lines in rows.items():
        field = form.fields[name]
        for line in lines:
            cells: dict[str, Any] = {str(head): value for head, value in line.items() if value not in (None, "")}
            record = str(_take(cells, HEADER["id"]) or "")
            values = by_record.setdefault(record, {})
            if field.type == "checklist":
                answers = values.setdefault(name, {})
                item = str(_take(cells, ITEM) or "")
                _take(cells, ITEM_LABEL)
                told = {part: _take(cells, words) for part, words in ANSWER.items()}
                result = told.pop("result") or ""
                more = {part: value for part, value in told.items() if value is not None}
                if isinstance(answers, dict):
                    answers[item] = {"result": result, **more} if more else result
                continue
            _take(cells, ROW)
            listed = values.setdefault(name, [])
            if isinstance(listed, list):
                listed.append({list_column(field, head): value for head, value in cells.items()})
    return by_record


def list_column(field: Field, head: str) -> str:
    """The column of a list that a head means; the head itself where it is none."""
    inner = field_in_brackets(head)
    if inner in field.columns:
        return str(inner)
    return find_label({name: column.label for name, column in field.columns.items()}, head) or head


def _take(cells: dict[str, Any], words: Text) -> Any:
    for word in (words.zh, words.en):
        if word in cells:
            return cells.pop(word)
    return None
