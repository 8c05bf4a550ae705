"""The JSON Schema of a form's record files, for editors that complete and check YAML.

It accepts whatever ``validate`` accepts (unknown keys are kept there, so they are allowed here) and
says what can be said about a value alone; rules, steps and deadlines are the program's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logbook.core.builtin import built_in_steps
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.lifecycle import BUILT_IN_STEPS
from logbook.core.lifecycle import VOIDED
from logbook.core.text import Text

DRAFT = "http://json-schema.org/draft-07/schema#"

MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([+-][0-9]{2}:[0-9]{2}|Z)$"
DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
PHONE = r"^\+?[0-9][0-9 \-()/]{2,29}$"
SHA256 = r"^[0-9a-f]{64}$"

# An editor reads `12` as a number and `true` as a truth value where the record means the text.
_TEXT = ["string", "number", "boolean"]
_WORD = ["string", "number"]
Schema = dict[str, Any]


def json_schema(form: Form, library: Library) -> Schema:
    """The draft-07 JSON Schema of a record file of ``form`` at its version."""
    entered = {
        name: field for name, field in form.fields.items() if field.holds is None and not field.derived_text
    }
    properties: Schema = {
        "id": _id(form),
        "form": {"const": form.full_name},
        "status": _enum(form.states, {VOIDED: Text("已作废", "Voided")}, title="状态 / Status"),
        "at": {**_moment(), **_named(form, "at", "时间 / At")},
        "by": {"type": _WORD, **_named(form, "by", "经办人 / By")},
    }
    properties |= {name: _field(field, library) for name, field in entered.items()}
    properties |= {
        "events": _events(form, library, entered),
        "signatures": _signatures(form),
        "amendments": _amendments(),
        "conflicts": _conflicts(),
        "was": {"type": "string", "title": "原编号 / Number before"},
    }
    header = ["id", "form", "status", "at", "by", "events"]
    described = _both(form.purpose) if form.purpose else _both(form.title)
    schema: Schema = {
        "$schema": DRAFT,
        "title": _both(form.title),
        "description": f"{described}; 保存 / keep: {form.keep}" if form.keep else described,
        "type": "object",
        "properties": properties,
        "required": header,
    }
    required = [name for name, field in entered.items() if field.required]
    if required:
        # A voided number may be no more than a stub that closes the gap.
        schema["if"] = {"properties": {"status": {"const": VOIDED}}}
        schema["else"] = {"required": required}
    return schema


def draft_schema(form: Form, library: Library) -> Schema:
    """The schema of what a person fills in for a new record: its fields alone, other names of the header included."""
    properties: Schema = {}
    for name, field in form.fields.items():
        if not field.derived_text:
            properties[name] = _field(field, library)
    if form.register:
        properties.setdefault("id", _id(form))
    schema: Schema = {"$schema": DRAFT, "title": _both(form.title), "type": "object", "properties": properties}
    required = [name for name, field in form.fields.items() if field.required and name in properties]
    return schema | {"required": required} if required else schema


def _id(form: Form) -> Schema:
    title = "编号 / Id"
    if form.register:
        return {"title": title, "type": _WORD, "pattern": r"^[^\s/.\-][^\s/]*$"}
    return {
        "title": title,
        "type": "string",
        "pattern": rf"^{form.prefix}-[0-9]{{8}}-[A-Z]{{1,2}}[0-9]{{3,}}(-[0-9]+)?$",
    }


def _named(form: Form, header: str, otherwise: str) -> Schema:
    """The form's own name of a header value, where it has one (complaint: 投诉时间)."""
    field = next((one for one in form.fields.values() if one.holds == header), None)
    return {"title": _both(field.label) if field is not None else otherwise}


def _field(field: Field, library: Library) -> Schema:
    schema: Schema = {"title": _both(field.label)}
    notes = [_both(field.note)] if field.note else []
    if field.unit:
        notes.append(_both(field.unit))
    if field.private:
        notes.append("私人信息 / private")
    if field.type == "ref":
        names = [
            library.forms[name].title if name in library.forms else Text("", name) for name in field.target
        ]
        notes.append("→ " + ", ".join(_both(name) for name in names))
    if notes:
        schema["description"] = "; ".join(notes)
    default = field.default
    if default is not None and default.kind == "value" and field.type in ("text", "choice"):
        schema["default"] = default.text
    return schema | _or_null(_type(field, library))


def _type(field: Field, library: Library) -> Schema:
    kind = field.type
    if kind == "choice":
        return _enum(field.choices)
    if kind == "multichoice":
        return {"type": "array", "items": _enum(field.choices), "uniqueItems": True}
    if kind == "bool":
        return {"type": "boolean"}
    if kind == "int":
        return {"type": ["integer", "string"], "pattern": r"^-?[0-9]{1,15}$"}
    if kind == "decimal":
        return {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"}
    if kind == "money":
        return {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$"}
    if kind == "datetime":
        return _moment()
    if kind in ("date", "time"):
        return {"type": "string", "pattern": DATE if kind == "date" else TIME}
    if kind == "phone":
        return {"type": _WORD, "pattern": PHONE}
    if kind == "attachment":
        return {"type": "string", "pattern": r"^[0-9a-f]{64}(\.[a-z0-9]{1,8})?$"}
    if kind in ("staff", "ref"):
        return {"type": _WORD}
    if kind == "list":
        columns = {name: _field(column, library) for name, column in field.columns.items()}
        row: Schema = {"type": "object", "properties": columns}
        asked = [name for name, column in field.columns.items() if column.required and not column.derived_text]
        if asked:
            row["required"] = asked
        return {"type": "array", "items": row}
    if kind == "checklist":
        return _checklist(field, library)
    return {"type": _TEXT}


def _checklist(field: Field, library: Library) -> Schema:
    """Each line ``pass``, ``fail`` or ``na``, bare or with its remark."""
    verdict = {"enum": ["pass", "fail", "na"]}
    answer = {
        "anyOf": [verdict, {"type": "object", "properties": {"result": verdict}, "required": ["result"]}],
    }
    checklist = library.checklists.get(field.target[0]) if field.target else None
    if checklist is None:
        return {"type": "object", "additionalProperties": answer}
    items = {name: {"title": _both(item.label), **answer} for name, item in checklist.items.items()}
    return {"type": "object", "properties": items}


def _events(form: Form, library: Library, entered: Mapping[str, Field]) -> Schema:
    steps = _enum(
        {name: step.label for name, step in form.steps.items()},
        {name: Text("", name) for name in (*BUILT_IN_STEPS, "reopen") if name not in form.steps},
    )
    lists = {name: field for name, field in entered.items() if field.type == "list"}
    brought = {
        name: field
        for step in built_in_steps(form, library.settings).values()
        for name, field in step.fields.items()
        if name not in entered
    }
    values = {name: _field(field, library) for name, field in (*entered.items(), *brought.items())}
    event: Schema = {
        "type": "object",
        "properties": {
            "at": {**_moment(), "title": "时间 / At"},
            "by": {"type": _WORD, "title": "经办人 / By"},
            "step": {**steps, "title": "步骤 / Step"},
            "recorded": {**_moment(), "title": "录入时间 / Recorded at"},
            "reason": {"type": _TEXT, "title": "原因 / Reason"},
            "approved_by": {"type": _WORD, "title": "批准人 / Approved by"},
            "source": {"type": _TEXT, "title": "来源 / Source"},
            "set": {
                "title": "填写 / Set",
                "type": "object",
                # `name+` appends rows to a list.
                "properties": values | {f"{name}+": _field(field, library) for name, field in lists.items()},
            },
        },
        "required": ["at", "by", "step"],
    }
    return {"title": "经过 / Events", "type": "array", "minItems": 1, "items": event}


def _signatures(form: Form) -> Schema:
    meanings = {name: place.label for name, place in form.signatures.items()}
    signature: Schema = {
        "type": "object",
        "properties": {
            "at": {**_moment(), "title": "时间 / At"},
            "by": {"type": _WORD, "title": "签名人 / By"},
            "as": {**(_enum(meanings) if meanings else {"type": "string"}), "title": "签作 / As"},
            "name": {"type": _TEXT, "title": "客户姓名 / Customer's name"},
            "events": {"type": ["integer", "string"], "pattern": "^[0-9]+$"},
            "sha256": {"type": "string", "pattern": SHA256},
            "recorded": {**_moment(), "title": "录入时间 / Recorded at"},
        },
        "required": ["at", "by", "as", "events", "sha256"],
    }
    return {"title": "签名 / Signatures", "type": "array", "items": signature}


def _amendments() -> Schema:
    amendment: Schema = {
        "type": "object",
        "properties": {
            "at": {**_moment(), "title": "时间 / At"},
            "by": {"type": _WORD, "title": "更正人 / By"},
            "field": {"type": "string", "title": "字段 / Field"},
            "from": {"title": "原值 / From"},
            "to": {"title": "新值 / To"},
            "reason": {"type": _TEXT, "title": "原因 / Reason"},
            "approved_by": {"type": _WORD, "title": "批准人 / Approved by"},
            "recorded": {**_moment(), "title": "录入时间 / Recorded at"},
        },
        "required": ["at", "by", "field", "reason"],
    }
    return {"title": "更正 / Amendments", "type": "array", "items": amendment}


def _conflicts() -> Schema:
    conflict: Schema = {
        "type": "object",
        "properties": {
            "what": {"enum": ["value", "steps", "rows", "number", "file"], "title": "何事 / What"},
            "field": {"type": "string", "title": "字段 / Field"},
            "kept": {"title": "现为 / Stands now"},
            "other": {"title": "另一边 / The other"},
            "kept_at": {**_moment(), "title": "时间 / At"},
            "kept_by": {"type": _WORD, "title": "何人 / By"},
            "other_at": {**_moment(), "title": "另一边的时间 / The other's at"},
            "other_by": {"type": _WORD, "title": "另一边何人 / The other's by"},
        },
        "required": ["what", "field"],
    }
    return {"title": "两边同时改过 / Changed at once", "type": "array", "items": conflict}


def _enum(*labels: Mapping[str, Text], title: str | None = None) -> Schema:
    """Ids that are allowed, with their labels where an editor shows them."""
    known = {name: label for more in labels for name, label in more.items()}
    schema: Schema = {"enum": list(known)}
    told = [f"{name}: {_both(label)}" for name, label in known.items()]
    if told:
        schema["description"] = "; ".join(told)
    return {"title": title, **schema} if title else schema


def _or_null(schema: Schema) -> Schema:
    """The same with an empty value allowed: nothing was recorded."""
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return schema | {"type": [*kinds, "null"]}


def _moment() -> Schema:
    return {"type": "string", "pattern": MOMENT}


def _both(label: Text) -> str:
    return " / ".join(part for part in (label.zh, label.en) if part)
