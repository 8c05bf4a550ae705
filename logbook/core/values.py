"""Field types: what a stored text means, how people type it, how it is shown and exported."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import time
from typing import TYPE_CHECKING
from typing import cast

from logbook.core.form import Checklist
from logbook.core.form import Field
from logbook.core.issues import Issue
from logbook.core.moments import FIRST_YEAR
from logbook.core.moments import LAST_YEAR
from logbook.core.patterns import lazily
from logbook.core.record import Stored
from logbook.core.secret import CLEAR_TYPES
from logbook.core.secret import MASK
from logbook.core.secret import Hidden
from logbook.core.secret import Unread
from logbook.core.secret import has_secret
from logbook.core.secret import is_secret
from logbook.core.text import Text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

YES = frozenset({"true", "yes", "y", "是", "有", "对", "1", "√"})
NO = frozenset({"false", "no", "n", "否", "无", "不", "没有", "0", "×"})
VERDICTS = {
    "pass": "pass", "fail": "fail", "na": "na", "n/a": "na", "合格": "pass", "通过": "pass",
    "正常": "pass", "ok": "pass", "√": "pass", "不合格": "fail", "不通过": "fail", "异常": "fail",
    "×": "fail",
    "不适用": "na", "/": "na",
}  # fmt: skip

_INT = lazily(r"-?[0-9]{1,15}")
_DECIMAL = lazily(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_MONEY = lazily(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")
_PHONE = lazily(r"\+?[0-9][0-9 \-()/]{2,29}")
_DATE = lazily(r"\d{4}-\d\d-\d\d")
_TIME = lazily(r"([01]\d|2[0-3]):[0-5]\d")
_MOMENT = lazily(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)")
_SHA256 = lazily(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")
# Characters that change how text is read without being seen: control, bidi, zero width joiners' kin.
_UNSEEN = lazily(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029]")
# Windows takes these for devices, whatever follows a point: such a file could not be checked out there.
_DEVICE = lazily(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def register_id_issue(text: str) -> Issue | None:
    """Ids of registers are chosen by people: no ``/``, spaces, unseen characters, leading ``-`` or
    ``.`` (rulings 9), no name of a device."""
    if (
        not text
        or len(text) > 80
        or text[0] in "-."
        or re.search(r"[\s/\\:*?\"<>|]", text)
        or _UNSEEN.search(text)
    ):
        return Issue("field.register-id", {"found": text}, field="id")
    if text.endswith((".", "~")) or ".." in text or _DEVICE.fullmatch(text):
        return Issue("field.register-id", {"found": text}, field="id")
    return None


def typed(field: Field, stored: Stored) -> object | None:
    """The value a stored text stands for: int, Decimal, bool, date, time, datetime, str, a tuple of
    mappings for a list. None for an empty one and for one that is not of the type."""
    if stored is None or stored == "":
        return None
    kind = field.type
    try:
        if kind == "list":
            return tuple(
                {name: typed(column, row.get(name)) for name, column in field.columns.items()}
                for row in cast(list[Stored], stored)
                if isinstance(row, dict)
            )
        if kind == "multichoice":
            return Unread("") if has_secret(stored) else tuple(cast(list[str], stored))
        if kind == "checklist":
            return dict(cast(dict[str, Stored], stored))
        text = cast(str, stored)
        if is_secret(text):
            return Unread(text)
        if kind == "int":
            return int(text)
        if kind in ("decimal", "money"):
            from decimal import Decimal  # late: most commands meet no such number

            return Decimal(text)
        if kind == "bool":
            return text == "true"
        if kind == "datetime":
            return datetime.fromisoformat(text)
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "time":
            return time.fromisoformat(text)
        return text
    except (ValueError, ArithmeticError, TypeError, AttributeError):
        return None


def jsonable(field: Field, stored: Stored) -> object | None:
    """The value as the JSON contract has it (rulings 10): int and bool native; decimals, money,
    dates and times as text; choices as ids."""
    if stored is None:
        return None
    kind = field.type
    if kind == "int" and isinstance(stored, str) and _INT.fullmatch(stored):
        return int(stored)
    if kind == "bool" and stored in ("true", "false"):
        return stored == "true"
    if kind == "list" and isinstance(stored, list):
        return [
            {
                name: jsonable(field.columns[name], value) if name in field.columns else value
                for name, value in row.items()
            }
            if isinstance(row, dict)
            else row
            for row in stored
        ]
    return stored


def shown(field: Field, stored: Stored, lang: str) -> str:
    """The value as people read it on screen and paper: labels of choices, 是/否, short times."""
    if stored is None or stored == "":
        return ""
    if isinstance(stored, Hidden) or is_secret(stored):
        return str(stored) if isinstance(stored, Hidden) else MASK
    kind = field.type
    if kind == "bool":
        yes = stored == "true"
        return ("是" if yes else "否") if lang == "zh" else ("yes" if yes else "no")
    if kind == "choice" and isinstance(stored, str):
        label = field.choices.get(stored)
        return label.say(lang) if label else stored
    if kind == "multichoice" and isinstance(stored, list):
        words = [
            field.choices[c].say(lang) if c in field.choices else str(c) for c in cast(list[str], stored)
        ]
        return ("、" if lang == "zh" else ", ").join(words)
    if kind == "datetime" and isinstance(stored, str):
        return stored[:16].replace("T", " ")
    if kind == "list" and isinstance(stored, list):
        rows = []
        for row in stored:
            if isinstance(row, dict):
                cells = [
                    shown(field.columns[n], v, lang) if n in field.columns else str(v)
                    for n, v in row.items()
                    if v
                ]
                rows.append(" ".join(cells))
        return "; ".join(rows)
    if kind == "checklist" and isinstance(stored, dict):
        failed = [name for name, verdict in stored.items() if verdict_of(verdict) == "fail"]
        good = sum(verdict_of(verdict) == "pass" for verdict in stored.values())
        if lang == "zh":
            return f"合格 {good}" + (f", 不合格 {len(failed)}: {'、'.join(failed)}" if failed else "")
        return f"{good} pass" + (f", {len(failed)} fail: {', '.join(failed)}" if failed else "")
    return str(stored)


def verdict_of(answer: Stored) -> str | None:
    """``pass``, ``fail`` or ``na`` of one checklist line, bare or with its remark."""
    if isinstance(answer, dict):
        answer = answer.get("result")
    return answer if isinstance(answer, str) else None


def stored_issues(field: Field, stored: Stored, path: str) -> list[Issue]:
    """Findings of a value as it stands in a file: canonical form of its type, allowed choices."""
    if stored is None or stored == "":
        return []
    kind = field.type
    if kind == "list":
        if not isinstance(stored, list):
            return [Issue("field.not-a-list", {"label": field.label}, field=path)]
        issues: list[Issue] = []
        for number, row in enumerate(stored, 1):
            place = f"{path}.{number}"
            if not isinstance(row, dict):
                issues.append(Issue("field.not-a-row", {"label": field.label, "row": number}, field=place))
                continue
            for name, value in row.items():
                column = field.columns.get(name)
                if column is None:
                    issues.append(unknown_field(name, field.columns, f"{place}.{name}", severity="warning"))
                else:
                    issues.extend(stored_issues(column, value, f"{place}.{name}"))
        return issues
    if kind == "multichoice":
        if not isinstance(stored, list):
            return [Issue("field.not-a-list", {"label": field.label}, field=path)]
        return [
            _not_a_choice(field, str(word), path)
            for word in stored
            if not is_secret(word) and (not isinstance(word, str) or word not in field.choices)
        ]
    if kind == "checklist":
        if not isinstance(stored, dict):
            return [Issue("field.not-a-checklist", {"label": field.label}, field=path)]
        return [
            Issue("field.verdict", {"found": str(verdict_of(answer)), "item": item}, field=f"{path}.{item}")
            for item, answer in stored.items()
            if verdict_of(answer) not in ("pass", "fail", "na")
        ]
    if not isinstance(stored, str):
        return [Issue("field.not-text", {"label": field.label}, field=path)]
    if is_secret(stored) and field.type not in CLEAR_TYPES:
        return []  # what is encrypted was checked when it was entered
    if _UNSEEN.search(stored):
        return [Issue("field.unseen", {"label": field.label}, field=path)]
    problem = _scalar_problem(field, stored)
    return [problem_issue(field, problem, stored, path)] if problem else []


def problem_issue(field: Field, problem: str, found: str, path: str) -> Issue:
    """The issue for a value that is not of its field's type; tells what is allowed."""
    if problem == "choice":
        return _not_a_choice(field, found, path)
    return Issue(f"field.{problem}", {"label": field.label, "found": _short(found)}, field=path)


def _near(text: str) -> datetime:
    """A moment of these centuries: no calendar reaches further, nor every zone."""
    moment = datetime.fromisoformat(text)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(text)
    return moment


def _scalar_problem(field: Field, text: str) -> str | None:
    kind = field.type
    if kind in ("text", "longtext", "staff", "ref", "duty", "signature"):
        return None
    if kind == "choice":
        return None if text in field.choices else "choice"
    if kind == "bool":
        return None if text in ("true", "false") else "bool"
    if kind == "int":
        return None if _INT.fullmatch(text) else "int"
    if kind == "decimal":
        return None if _DECIMAL.fullmatch(text) else "decimal"
    if kind == "money":
        return None if _MONEY.fullmatch(text) else "money"
    if kind == "phone":
        return None if _PHONE.fullmatch(text) else "phone"
    if kind == "attachment":
        return None if _SHA256.fullmatch(text) else "attachment"
    pattern, read = {
        "date": (_DATE, date.fromisoformat),
        "time": (_TIME, time.fromisoformat),
        "datetime": (_MOMENT, _near),
    }[kind]
    if not pattern.fullmatch(text):
        return kind
    try:
        read(text)
    except ValueError:
        return kind
    return None


def parse_value(
    field: Field, given: Stored, *, now: datetime, zone: ZoneInfo, path: str | None = None
) -> tuple[Stored, list[Issue]]:
    """Turn what a person typed (or a file brought) into the stored form of the field's type.

    Choices and yes/no are taken by id and by label, times as people say them. Nothing is guessed:
    what is not clearly of the type is an issue that says what is allowed.
    """
    path = path or field.id
    if given is None:
        return None, []
    if field.type == "list":
        if isinstance(given, dict):
            given = [given]
        if not isinstance(given, list):
            return None, [Issue("field.not-a-list", {"label": field.label}, field=path)]
        rows: list[Stored] = []
        issues: list[Issue] = []
        for number, row in enumerate(given, 1):
            if isinstance(row, str) and len(field.columns) == 1:
                row = {next(iter(field.columns)): row}
            if not isinstance(row, dict):
                issues.append(Issue("field.not-a-row", {"label": field.label, "row": number}, field=path))
                continue
            value, found = parse_row(field, row, now=now, zone=zone, path=f"{path}.{number}")
            rows.append(cast(Stored, value))
            issues.extend(found)
        return rows, issues
    if field.type == "multichoice":
        words = given if isinstance(given, list) else re.split(r"[,,、;;]\s*", str(given).strip())
        chosen: list[Stored] = []
        bad: list[Issue] = []
        for word in words:
            choice = find_label(field.choices, str(word).strip())
            if choice is None:
                bad.append(_not_a_choice(field, str(word), path))
            elif choice not in chosen:
                chosen.append(choice)
        return chosen, bad
    if field.type == "checklist":
        if not isinstance(given, dict):
            return None, [Issue("field.not-a-checklist", {"label": field.label}, field=path)]
        answers: dict[str, Stored] = {}
        bad = []
        for item, answer in given.items():
            answers[item], found = parse_verdict(answer, f"{path}.{item}")
            bad.extend(found)
        return answers, bad
    if not isinstance(given, str):
        return None, [Issue("field.not-text", {"label": field.label}, field=path)]
    text = unicodedata.normalize("NFC", given).replace("\r\n", "\n")
    if field.type != "longtext":
        text = text.strip()
    if text == "":
        return None, []
    if _UNSEEN.search(text):
        return None, [Issue("field.unseen", {"label": field.label}, field=path)]
    if field.type == "attachment":
        return text, []  # a file, or the hash of one: who reads files says which
    if field.type == "choice":
        choice = find_label(field.choices, text) or (find_item(field.choices, text) if field.target else None)
        return (choice, []) if choice else (None, [_not_a_choice(field, text, path)])
    stored = _scalar_from(field, text, now=now, zone=zone)
    if stored is None:
        return None, [problem_issue(field, field.type, text, path)]
    problem = _scalar_problem(field, stored)
    return (None, [problem_issue(field, problem, text, path)]) if problem else (stored, [])


def parse_row(
    field: Field, row: Mapping[str, Stored], *, now: datetime, zone: ZoneInfo, path: str
) -> tuple[dict[str, Stored], list[Issue]]:
    """One row of a list, columns by id or label, in the columns' own order."""
    values: dict[str, Stored] = {}
    issues: list[Issue] = []
    for word, given in row.items():
        name = find_label({n: c.label for n, c in field.columns.items()}, word)
        if name is None:
            issues.append(unknown_field(word, field.columns, f"{path}.{word}"))
            continue
        if field.columns[name].derived_text is not None:
            issues.append(Issue("field.derived", {"label": field.columns[name].label}, field=f"{path}.{name}"))
            continue
        value, found = parse_value(field.columns[name], given, now=now, zone=zone, path=f"{path}.{name}")
        issues.extend(found)
        if value is not None:
            values[name] = value
    return {name: values[name] for name in field.columns if name in values}, issues


# The fields that say which round or place a record is about; a line's ``profile`` names their values.
PROFILES = ("kind", "profile")


def answers_of(checklist: Checklist, verdict: str, fields: Mapping[str, Stored]) -> dict[str, Stored]:
    """Every line of a checklist answered ``verdict``. A line for certain rounds or places only is not taken
    for checked at any other: it is ``na`` unless the record's ``kind`` or ``profile`` is one of them."""
    named = [fields.get(name) for name in PROFILES]
    here = {word for value in named for word in (value if isinstance(value, list) else [value])}
    return {
        name: verdict if not item.profile or not here.isdisjoint(item.profile) else "na"
        for name, item in checklist.items.items()
    }


def parse_verdict(answer: Stored, path: str) -> tuple[Stored, list[Issue]]:
    """One checklist answer: pass, fail or na, by word or label, or a mapping with its remark."""
    if isinstance(answer, dict):
        result, issues = parse_verdict(answer.get("result"), path)
        return {**answer, "result": result}, issues
    verdict = VERDICTS.get(str(answer).strip().lower())
    if verdict is None:
        return None, [Issue("field.verdict", {"found": str(answer), "item": path}, field=path)]
    return verdict, []


def find_label(labels: Mapping[str, Text], word: str) -> str | None:
    """The id whose id or label (either language, whatever the case) is ``word``."""
    if word in labels:
        return word
    lowered = word.lower()
    for name, text in labels.items():
        if lowered in (name.lower(), text.zh.lower(), text.en.lower()):
            return name
    return _short_label(labels, lowered)


def find_item(items: Mapping[str, object], word: str) -> str | None:
    """The line of a checklist whose id ends in that number: ``3`` for ``tour_03``."""
    ending = f"_{int(word):02d}" if word.isascii() and word.isdigit() else None
    return next((item for item in items if ending is not None and item.endswith(ending)), None)


def _short_label(labels: Mapping[str, Text], word: str) -> str | None:
    """The one id a part of whose label (around ``/`` or brackets) is ``word``; None where several are."""
    found = [
        name
        for name, text in labels.items()
        for label in (text.zh, text.en)
        if not label.lower() == word and word in [part.strip().lower() for part in re.split(r"[/((、))]", label)]
    ]
    return found[0] if len(set(found)) == 1 else None


def unknown_field(name: str, fields: Mapping[str, Field], path: str, *, severity: str = "error") -> Issue:
    """An unknown field or column, with the nearest known name."""
    from logbook.core.suggest import closest

    labels = {f.label.zh: n for n, f in fields.items()}
    near = closest(name, [*fields, *labels])
    nearest = labels.get(near[0], near[0]) if near else ""
    return Issue(
        "field.unknown-did-you-mean" if nearest else "field.unknown",
        {"name": _short(name), "near": nearest, "known": list(fields)},
        severity=cast("Severity", severity),
        field=path,
    )


if TYPE_CHECKING:
    from logbook.core.issues import Severity


def _scalar_from(field: Field, text: str, *, now: datetime, zone: ZoneInfo) -> str | None:
    kind = field.type
    if kind in ("text", "longtext", "staff", "ref", "duty", "signature", "attachment", "phone"):
        return text
    if kind == "bool":
        low = text.lower()
        return "true" if low in YES else "false" if low in NO else None
    if kind in ("int", "decimal", "money"):
        return text.replace(",", "").replace("¥", "").replace("元", "").strip() if kind == "money" else text
    from logbook.core import moments

    if kind == "date":
        day = moments.parse_day(text, now=now, zone=zone)
        return day.isoformat() if day else None
    if kind == "time":
        hour = moments.parse_time(text)
        return hour.strftime("%H:%M") if hour else None
    moment = moments.parse_moment(text, now=now, zone=zone)
    return moments.to_text(moment) if moment else None


def _not_a_choice(field: Field, found: str, path: str) -> Issue:
    from logbook.core.suggest import closest
    from logbook.core.suggest import hint

    if field.target:  # a line of a checklist: they may be hundreds, so only what is near is told
        labels = [label.zh for label in field.choices.values()]
        near_ones = hint(found, [*field.choices, *labels])
        return Issue(
            "field.item", {"label": field.label, "found": _short(found), "near": near_ones}, field=path
        )
    near = closest(found, list(field.choices))
    return Issue(
        "field.choice",
        {
            "label": field.label,
            "found": _short(found),
            "allowed": [
                f"{name} ({label.zh})" if label.zh != name else name for name, label in field.choices.items()
            ],
            "near": near[0] if near else "",
        },
        field=path,
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
