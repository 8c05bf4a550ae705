"""The outward shape of a form definition: which keys stand where, and what may stand under them.

Everything here looks at the plain mapping of a file only (texts, lists, mappings, None); what the
names in it point at is the business of :mod:`logbook.core.formcheck`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from logbook.core.definition import ITEM
from logbook.core.definition import NO
from logbook.core.definition import type_of
from logbook.core.form import FIELD_TYPES
from logbook.core.issues import Issue
from logbook.core.issues import Severity
from logbook.core.record import RESERVED
from logbook.core.suggest import hint
from logbook.core.text import Text

LineOf = Callable[..., "int | None"]
SpotOf = Callable[..., "tuple[int, int] | None"]
Place = tuple["str | int", ...]

ID = re.compile(r"[a-z][a-z0-9_]*\Z")
PREFIX = re.compile(r"[A-Z]{1,4}\Z")
DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")

# What stands under a key. `texts`: one text or a list of texts. `label`: "中文 / English" or {zh, en}.
FORM_KEYS = {
    "form": "text", "version": "number", "effective": "date", "prefix": "text", "title": "label",
    "alias": "texts", "purpose": "label", "source": "texts", "register": "flag", "subject": "texts",
    "span": "pair", "fields": "map", "states": "map", "final": "texts", "steps": "map",
    "signatures": "map", "clocks": "map", "checks": "list", "list": "texts", "sheet": "list",
    "reopen": "map", "pause_reasons": "map", "seals": "map", "keep": "text",
    "private_subject": "text",
}  # fmt: skip
FIELD_KEYS = {
    "zh": "text", "en": "text", "type": "text", "required": "flag", "private": "flag", "default": "any",
    "choices": "map", "of": "map", "span": "pair", "is": "text", "derived": "text", "unit": "label",
    "note": "label", "inferred": "flag", "placeholder": "label",
}  # fmt: skip
# `default` of a list.
DEFAULT_KEYS = {"row": "map", "each": "text", "order": "text", "otherwise": "map"}
STEP_KEYS = {
    "zh": "text", "en": "text", "from": "texts", "to": "text", "requires": "texts", "by": "texts",
    "reason": "flag", "approver": "flag", "adds": "map", "opens": "any", "inferred": "flag", "when": "text",
}  # fmt: skip
SIGNATURE_KEYS = {
    "zh": "text", "en": "text", "roles": "texts", "at": "text", "of": "text", "when": "text",
    "inferred": "flag",
}  # fmt: skip
CLOCK_KEYS = {
    "zh": "text", "en": "text", "when": "text", "starts": "texts", "stops": "texts", "within": "any",
    "to": "text", "calendar": "text", "roll": "flag", "each": "text", "off": "flag", "source": "texts",
    "inferred": "flag", "pauses": "any", "escalate": "list", "not_before": "text",
    "outlives": "flag",
}  # fmt: skip
# Under `pauses` and in each entry of `escalate` of a clock, and under `reopen` of a form.
PAUSES_KEYS = {"longest": "text", "most": "number"}
ESCALATION_KEYS = {"at": "text", "after": "any", "to": "text"}
SEALS_KEYS = {"at": "text", "from": "text", "to": "text", "forms": "texts"}
REOPEN_KEYS = {"from": "texts", "to": "text", "by": "texts", "adds": "map", "inferred": "flag"}
_SHARE = re.compile(r"[1-9][0-9]?%|100%")
CHECK_KEYS = {
    "id": "text", "rule": "text", "severity": "text", "say": "label", "source": "texts", "inferred": "flag",
}  # fmt: skip
CHECKLIST_KEYS = {"zh": "text", "en": "text", "source": "texts", "items": "map"}
ITEM_KEYS = {"zh": "text", "en": "text", "criterion": "label", "limit": "map", "profile": "texts"}

FORM_REQUIRED = ("form", "version", "prefix", "title", "fields", "states", "steps")
NO_COLUMN_TYPES = ("list", "checklist", "signature")

EXPECTED = {
    "text": Text("一段文字", "one text"),
    "texts": Text("一个词，或用方括号列出的几个词", "one word or a list of words"),
    "flag": Text("true 或 false", "true or false"),
    "label": Text("“中文 / English”或 {zh: …, en: …}", '"中文 / English" or {zh: …, en: …}'),
    "map": Text("带名称的几项（名称: 内容）", "entries with names (name: content)"),
    "list": Text("列表（每项以 - 开头）", "a list (each entry begins with -)"),
    "pair": Text("两个字段名，如 [from_at, to_at]", "two field names such as [from_at, to_at]"),
    "number": Text("1 或更大的整数", "a whole number, 1 or more"),
    "date": Text("日期，如 2026-01-01", "a date such as 2026-01-01"),
    "any": Text("内容", "a value"),
    "pauses": Text("no，或 {longest: 30 days, most: 3}", "no, or {longest: 30 days, most: 3}"),
    "opens": Text("一个表单、几个表单，或 {表单: 条件}", "a form, several forms, or {form: condition}"),
    "share": Text("百分数，如 80%", "a share such as 80%"),
}


def texts(value: Any) -> tuple[str, ...]:
    """One text or a list of them; what is neither is left out."""
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


class Findings:
    """Issues of one file, in the order found, each with its line and its dotted place.

    ``spot`` gives line and column of a value, where the file is at hand: sentences want both."""

    def __init__(self, path: str | None, line: LineOf, spot: SpotOf | None = None) -> None:
        self.path = path
        self.line = line
        self.issues: list[Issue] = []
        self._spot = spot

    def add(self, rule: str, *place: str | int, severity: Severity = "error", **args: object) -> None:
        """Note one finding at ``place``; its line is that of the nearest place the file has."""
        line, dotted = self.line_near(*place), ".".join(str(part) for part in place) or None
        self.issues.append(Issue(rule, args, severity=severity, path=self.path, line=line, field=dotted))

    def line_near(self, *place: str | int) -> int | None:
        """The line of ``place``, or of the nearest thing around it that has one."""
        line = self.line(*place)
        return line if line is not None or not place else self.line_near(*place[:-1])

    def spot(self, *place: str | int) -> tuple[int | None, int]:
        """Line and column at which the text of a value begins; column 1 where that is not known."""
        spot = self._spot(*place) if self._spot is not None else None
        return spot if spot is not None else (self.line_near(*place), 1)

    def unknown(self, rule: str, word: str, options: Iterable[str], *place: str | int, **args: Any) -> None:
        """A word that is none of ``options``, with the nearest of them."""
        allowed = list(options)
        self.add(rule, *place, word=word, allowed=allowed, hint=hint(word, allowed), **args)

    def unknown_keys(self, plain: Iterable[object], known: Sequence[str], *place: str | int) -> None:
        """Every key of a mapping at ``place`` that is none of ``known``."""
        for key in plain:
            if key not in known:
                self.unknown("form.unknown-key", str(key), known, *place, str(key))

    @property
    def broken(self) -> bool:
        return any(issue.severity == "error" for issue in self.issues)


def check_shape(plain: Mapping[str, Any], found: Findings) -> None:
    """Every fault in the shape of one form file."""
    _keys(plain, FORM_KEYS, found, required=FORM_REQUIRED)
    if isinstance(plain.get("form"), str):
        _id(plain["form"], found, "form")
    prefix = plain.get("prefix")
    if isinstance(prefix, str) and not PREFIX.match(prefix):
        found.add("form.bad-prefix", "prefix", prefix=prefix)
    for name, field in _entries(plain, "fields"):
        if name in RESERVED:
            found.add("form.reserved", "fields", name, name=name)
        _field(name, field, found, ("fields", name))
    for name, label in _entries(plain, "states"):
        _id(name, found, "states", name)
        _label(label, found, ("states", name))
        if name == "voided":
            found.add("form.reserved", "states", name, name=name)
    for name, step in _entries(plain, "steps"):
        if name in ("amend", "voided"):
            found.add("form.reserved", "steps", name, name=name)
        _entry(name, step, STEP_KEYS, found, ("steps", name))
        if isinstance(step, Mapping):
            for counter, amount in _entries(step, "adds"):
                if not (isinstance(amount, str) and re.fullmatch(r"-?[0-9]{1,6}", amount)):
                    _shape("number", found, ("steps", name, "adds", counter))
            _opens(step.get("opens"), found, ("steps", name, "opens"))
    for name, place in _entries(plain, "signatures"):
        _entry(name, place, SIGNATURE_KEYS, found, ("signatures", name))
    for name, clock in _entries(plain, "clocks"):
        _entry(name, clock, CLOCK_KEYS, found, ("clocks", name), required=("starts", "stops"))
        if isinstance(clock, Mapping) and clock.get("within") is None and clock.get("off") != "true":
            found.add("form.missing-key", "clocks", name, key="within")
        if isinstance(clock, Mapping):
            _pauses(clock.get("pauses"), found, ("clocks", name, "pauses"))
            _escalation(clock.get("escalate"), found, ("clocks", name, "escalate"))
    reopen = plain.get("reopen")
    if isinstance(reopen, Mapping):
        _keys(reopen, REOPEN_KEYS, found, ("reopen",), required=("from", "to"))
    seals = plain.get("seals")
    if isinstance(seals, Mapping):
        _keys(seals, SEALS_KEYS, found, ("seals",), required=("at", "to", "forms"))
    for reason, label in _entries(plain, "pause_reasons"):
        _id(reason, found, "pause_reasons", reason)
        _label(label, found, ("pause_reasons", reason))
    seen: set[str] = set()
    checks = plain.get("checks")
    for position, check in enumerate(checks if isinstance(checks, list) else ()):
        if not isinstance(check, Mapping):
            _shape("map", found, ("checks", position))
            continue
        _keys(check, CHECK_KEYS, found, ("checks", position), required=("id", "rule"))
        if isinstance(check.get("id"), str):
            _id(check["id"], found, "checks", position, "id")
            if check["id"] in seen:
                found.add("form.duplicate-id", "checks", position, "id", id=check["id"])
            seen.add(check["id"])
        severity = check.get("severity")
        if isinstance(severity, str) and severity not in ("error", "warning"):
            found.unknown(
                "form.unknown-severity", severity, ("error", "warning"), "checks", position, "severity"
            )
    sheet = plain.get("sheet")
    for position, row in enumerate(sheet if isinstance(sheet, list) else ()):
        for cell in row if isinstance(row, list) else [row]:
            if not (isinstance(cell, str) and re.fullmatch(r"\S+( +[1-9][0-9]?)?", cell)):
                found.add("form.sheet-row", "sheet", position)


def check_roles_shape(plain: Mapping[str, Any], found: Findings) -> None:
    """Every fault in the shape of one ``roles.yaml``."""
    _keys(plain, {"roles": "map"}, found, required=("roles",))
    for name, label in _entries(plain, "roles"):
        _id(name, found, "roles", name)
        _label(label, found, ("roles", name))


def check_checklists_shape(plain: Mapping[str, Any], found: Findings) -> None:
    """Every fault in the shape of one ``checklists.yaml``."""
    _keys(plain, {"checklists": "map"}, found, required=("checklists",))
    for name, checklist in _entries(plain, "checklists"):
        place: Place = ("checklists", name)
        _entry(name, checklist, CHECKLIST_KEYS, found, place, required=("items",))
        if not isinstance(checklist, Mapping):
            continue
        for item_id, item in _entries(checklist, "items"):
            if isinstance(item, str):
                _id(item_id, found, *place, "items", item_id)
                _label(item, found, (*place, "items", item_id))
                continue
            _entry(item_id, item, ITEM_KEYS, found, (*place, "items", item_id))
            if isinstance(item, Mapping) and isinstance(item.get("limit"), Mapping):
                limit_place = (*place, "items", item_id, "limit")
                keys = {"op": "text", "n": "text", "unit": "label"}
                _keys(item["limit"], keys, found, limit_place, required=("op", "n"))


def _field(name: str, plain: Any, found: Findings, place: Place, *, column: bool = False) -> None:
    if not _entry(name, plain, FIELD_KEYS, found, place, required=("type",)):
        return
    text = plain.get("type")
    if not isinstance(text, str) or not text:
        return
    kind, target = type_of(text)
    types = [known for known in (*FIELD_TYPES, ITEM) if not (column and known in NO_COLUMN_TYPES)]
    if kind not in types:
        found.unknown("form.unknown-type", kind, types, *place, "type")
        return
    if (kind == "ref") != bool(target) and kind not in ("checklist", ITEM):
        found.add("form.type-argument", *place, "type", type=text)
    if kind in ("checklist", ITEM) and (len(target) != 1 or " " in target[0]):
        found.add("form.type-argument", *place, "type", type=text)
    for key, kinds in (("choices", ("choice", "multichoice")), ("of", ("list",)), ("span", ("list",))):
        given = plain.get(key) is not None
        if given and kind not in kinds:
            found.add("form.key-not-here", *place, key, key=key, type=kind)
        elif not given and kind in kinds and key != "span":
            found.add("form.missing-key", *place, key=key)
    if plain.get("is") is not None:
        for key in ("default", "derived"):
            if plain.get(key) is not None:
                found.add("form.key-not-here", *place, key, key=key, type="is")
    default = plain.get("default")
    if isinstance(default, Mapping):
        if kind == "list":
            _default_rows(default, found, (*place, "default"))
        elif set(default) != {"within"} or not isinstance(default["within"], str):
            found.add("form.bad-default", *place, "default", value=", ".join(map(str, default)))
    for choice, label in _entries(plain, "choices"):
        _id(choice, found, *place, "choices", choice)
        _label(label, found, (*place, "choices", choice))
    for inner, inner_plain in _entries(plain, "of"):
        if inner in RESERVED and inner not in ("at", "by", "status"):
            found.add("form.reserved", *place, "of", inner, name=inner)
        _field(inner, inner_plain, found, (*place, "of", inner), column=True)


def _opens(value: Any, found: Findings, place: Place) -> None:
    """A form, several, or each with the condition under which it follows."""
    if isinstance(value, Mapping):
        for name, when in value.items():
            if when is not None and not (isinstance(when, str) and when):
                _shape("text", found, (*place, str(name)))
    elif value is not None and not _fits(value, "texts"):
        _shape("opens", found, place)


def _pauses(value: Any, found: Findings, place: Place) -> None:
    """``no``, or how long and how often a clock may be paused."""
    if isinstance(value, Mapping):
        _keys(value, PAUSES_KEYS, found, place)
    elif value is not None and value not in NO:
        _shape("pauses", found, place)


def _escalation(value: Any, found: Findings, place: Place) -> None:
    """Each step of an escalation: a share of the budget or an offset after due, and a role."""
    for position, step in enumerate(value if isinstance(value, list) else ()):
        here = (*place, position)
        if not isinstance(step, Mapping):
            _shape("map", found, here)
            continue
        _keys(step, ESCALATION_KEYS, found, here, required=("to",))
        share = step.get("at")
        if isinstance(share, str) and not _SHARE.fullmatch(share):
            _shape("share", found, (*here, "at"))
        if (share is None) == (step.get("after") is None):
            found.add("form.escalation", *here)


def _default_rows(plain: Mapping[str, Any], found: Findings, place: Place) -> None:
    _keys(plain, DEFAULT_KEYS, found, place, required=("row",))
    for key in ("row", "otherwise"):
        for name, text in _entries(plain, key):
            if not isinstance(text, str) or not text:
                _shape("text", found, (*place, key, name))
    for key in ("order", "otherwise"):
        if plain.get(key) is not None and plain.get("each") is None:
            found.add("form.missing-key", *place, key="each")


def _entry(
    name: str,
    plain: Any,
    keys: Mapping[str, str],
    found: Findings,
    place: Place,
    *,
    required: tuple[str, ...] = (),
) -> bool:
    """One named entry with a label of its own (field, step, clock, …)."""
    _id(name, found, *place)
    if not isinstance(plain, Mapping):
        _shape("map", found, place)
        return False
    _keys(plain, keys, found, place, required=required)
    if not plain.get("zh") and not plain.get("en"):
        found.add("form.no-label", *place, name=name)
    return True


def _keys(
    plain: Mapping[str, Any],
    keys: Mapping[str, str],
    found: Findings,
    place: Place = (),
    *,
    required: tuple[str, ...] = (),
) -> None:
    for key in required:
        if plain.get(key) in (None, "", [], {}):
            found.add("form.missing-key", *place, key=key)
    for key, value in plain.items():
        if key not in keys:
            found.unknown("form.unknown-key", str(key), keys, *place, str(key))
        elif value is not None and not _fits(value, keys[key]):
            _shape(keys[key], found, (*place, key))
        elif keys[key] == "label" and value is not None:
            _label(value, found, (*place, key))


def _fits(value: Any, shape: str) -> bool:
    if shape == "any":
        return True
    if shape == "map":
        return isinstance(value, Mapping)
    if shape == "list":
        return isinstance(value, list)
    if shape == "label":
        return isinstance(value, (str, Mapping))
    if shape == "texts":
        return isinstance(value, str) or (
            isinstance(value, list) and all(isinstance(item, str) and item for item in value)
        )
    if shape == "pair":
        return isinstance(value, list) and len(value) == 2 and all(isinstance(item, str) for item in value)
    if not isinstance(value, str):
        return False
    if shape == "flag":
        return value in ("true", "false")
    if shape == "number":
        return re.fullmatch(r"[1-9][0-9]{0,5}", value) is not None
    if shape == "date":
        return DATE.match(value) is not None
    return True


def _label(value: Any, found: Findings, place: Place) -> None:
    """A label in the short writing or as {zh, en}; empty is a fault."""
    if isinstance(value, Mapping):
        for key, text in value.items():
            if key not in ("zh", "en"):
                found.unknown("form.unknown-key", str(key), ("zh", "en"), *place, str(key))
            elif text is not None and not isinstance(text, str):
                _shape("text", found, (*place, key))
        if value.get("zh") or value.get("en"):
            return
    elif isinstance(value, str) and value.strip(" /"):
        return
    elif isinstance(value, list):
        _shape("label", found, place)
        return
    found.add("form.no-label", *place, name=str(place[-1]))


def _id(name: Any, found: Findings, *place: str | int) -> None:
    if not isinstance(name, str) or not ID.match(name):
        found.add("form.bad-id", *place, id=str(name))


def _shape(shape: str, found: Findings, place: Place) -> None:
    found.add("form.shape", *place, key=str(place[-1]), expected=EXPECTED[shape])


def _entries(plain: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    value = plain.get(key)
    return list(value.items()) if isinstance(value, Mapping) else []
