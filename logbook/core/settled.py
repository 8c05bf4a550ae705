"""A form as its site has settled it: where the definition says ``setting x.y``, what that setting says.

``setting`` may stand where a form names a budget, a moment, a role, a default or a yes or no. It is put in
place before anything is read, so that nobody further on has to know of it; sentences (``rule``, ``when``,
``derived``) are left alone: they ask for their settings themselves, when they are judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from logbook.core.issues import Issue
from logbook.core.patterns import lazily

WORD = "setting "
# A setting may name another: `2 setting clocks.day_kind`.
MOST_DEEP = 4
_NAMED = lazily(r"\bsetting ([^\W\d]\w*(?:\.\w+)*)")

# Keys of these sections in which a setting may stand; of a clock, all but its words and its sentence.
_STEP = ("by", "requires", "reason", "approver")
_PLACE = ("roles",)
_CHECK = ("severity",)
_NOT_CLOCK = ("zh", "en", "when", "source")

# Which settings a place of the form got its text from, and what they say: by the dotted place.
Said = dict[str, list[tuple[str, str]]]
# Settings that are not there: where they stand, their name, and what there is beside them.
Missing = list[tuple[tuple[str | int, ...], str, tuple[str, ...]]]


class _Settling:
    """One definition being settled: what was said, and what was asked for and is not there."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self.settings = settings
        self.said: Said = {}
        self.missing: Missing = []

    def value(self, value: Any, place: tuple[str | int, ...]) -> Any:
        """A text, a list of texts or a mapping with its settings put in; None for what says nothing."""
        if isinstance(value, str):
            return self.text(value, place) if WORD in value else value
        if isinstance(value, list):
            found: list[Any] = []
            for number, one in enumerate(value):
                here = self.value(one, (*place, number) if isinstance(one, Mapping) else place)
                if isinstance(here, list) and isinstance(one, str):
                    found += here
                elif here is not None or one is None:
                    found.append(here)
            return found
        if isinstance(value, Mapping):
            made = {name: self.value(one, (*place, name)) for name, one in value.items()}
            return {name: one for name, one in made.items() if one is not None or value[name] is None}
        return value

    def text(self, text: str, place: tuple[str | int, ...], depth: int = 0) -> Any:
        if depth > MOST_DEEP:
            return text  # settings that name each other
        whole = _NAMED.fullmatch(text.strip())
        if whole is not None:
            said = self.ask(whole[1], place)
            return self.text(said, place, depth + 1) if isinstance(said, str) and WORD in said else said
        found = text
        for name in dict.fromkeys(_NAMED.findall(text)):
            said = self.ask(name, place)
            if said is None or isinstance(said, (list, Mapping)):
                return None
            found = re.sub(rf"\bsetting {re.escape(name)}(?![\w.])", said.replace("\\", r"\\"), found)
        return self.text(found, place, depth + 1) if WORD in found else found

    def ask(self, name: str, place: tuple[str | int, ...]) -> Any:
        """What a setting says, every scalar as text; None where it says nothing or is not there."""
        found: Any = self.settings
        for key in name.split("."):
            if not isinstance(found, Mapping) or key not in found:
                known = tuple(map(str, found)) if isinstance(found, Mapping) else ()
                self.missing.append((place, name, known))
                return None
            found = found[key]
        plain = _plain(found)
        self.said.setdefault(".".join(map(str, place)), []).append((name, _shown(plain)))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else str(value)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def settled(plain: Mapping[str, Any], settings: Mapping[str, object]) -> Mapping[str, Any]:
    """The definition with its settings put in; the same value where it names none."""
    return _settle(plain, _Settling(settings))


def settled_with(
    plain: Mapping[str, Any], settings: Mapping[str, object]
) -> tuple[Mapping[str, Any], Said, Missing]:
    """The same, with what every setting said, and those that are not there: place, name, what there is."""
    settling = _Settling(settings)
    made = _settle(plain, settling)
    return made, settling.said, settling.missing


def with_settings(issues: Iterable[Issue], said: Said) -> list[Issue]:
    """The issues of a form, each that is about the text of a setting followed by which setting that is."""
    found: list[Issue] = []
    for issue in issues:
        found.append(issue)
        place = issue.field or ""
        told = {str(arg) for arg in issue.args.values()}
        for where, names in said.items():
            inside = where.startswith(f"{place}.")  # the issue is told of the whole: which part is it about?
            if not (inside or place == where or place.startswith(f"{where}.")):
                continue
            found += [
                Issue(
                    "form.from-setting", {"name": name, "found": text},
                    severity=issue.severity, path=issue.path, line=issue.line, field=issue.field,
                )
                for name, text in names
                if not inside or any(text in arg for arg in told)
            ]  # fmt: skip
    return found


# Puts the settings into one entry of a section; the entry itself where it names none.
Make = Callable[[Mapping[str, Any], _Settling, tuple["str | int", ...]], Mapping[str, Any]]


def _settle(plain: Mapping[str, Any], settling: _Settling) -> Mapping[str, Any]:
    made: dict[str, Any] = {}
    makers: dict[str, Make] = {
        "fields": _field, "steps": _keys(_STEP), "signatures": _keys(_PLACE), "clocks": _clock,
    }  # fmt: skip
    for section, make in makers.items():
        entries = plain.get(section)
        if not isinstance(entries, Mapping):
            continue
        changed = {
            name: new
            for name, entry in entries.items()
            if isinstance(entry, Mapping) and (new := make(entry, settling, (section, name))) is not entry
        }
        if changed:
            made[section] = {**entries, **changed}
    checks = plain.get("checks")
    if isinstance(checks, list) and any(_says(check, _CHECK) for check in checks):
        make = _keys(_CHECK)
        made["checks"] = [
            make(check, settling, ("checks", position)) if isinstance(check, Mapping) else check
            for position, check in enumerate(checks)
        ]
    reopen = plain.get("reopen")
    if isinstance(reopen, Mapping) and _says(reopen, _STEP):
        made["reopen"] = _keys(_STEP)(reopen, settling, ("reopen",))
    return {**plain, **made} if made else plain


def _says(entry: Any, keys: Iterable[str]) -> bool:
    return isinstance(entry, Mapping) and any(_holds(entry.get(key)) for key in keys)


def _holds(value: Any) -> bool:
    if isinstance(value, str):
        return WORD in value and _NAMED.search(value) is not None
    if isinstance(value, Mapping):
        return any(_holds(one) for one in value.values())
    return isinstance(value, list) and any(_holds(one) for one in value)


def _keys(keys: tuple[str, ...]) -> Make:
    def make(entry: Mapping[str, Any], settling: _Settling, place: tuple[str | int, ...]) -> Mapping[str, Any]:
        if not _says(entry, keys):
            return entry
        made = {**entry, **{key: settling.value(entry[key], (*place, key)) for key in keys if key in entry}}
        return {key: value for key, value in made.items() if value is not None}

    return make


def _field(entry: Mapping[str, Any], settling: _Settling, place: tuple[str | int, ...]) -> Mapping[str, Any]:
    made = entry
    default = entry.get("default")
    # The rows a list begins with are found by a sentence: it asks for its settings itself.
    if _holds(default) and not (isinstance(default, Mapping) and "row" in default):
        made = {**made, "default": settling.value(default, (*place, "default"))}
    columns = entry.get("of")
    if isinstance(columns, Mapping):
        changed = {
            name: new
            for name, column in columns.items()
            if isinstance(column, Mapping)
            and (new := _field(column, settling, (*place, "of", name))) is not column
        }
        if changed:
            made = {**made, "of": {**columns, **changed}}
    return made


def _clock(entry: Mapping[str, Any], settling: _Settling, place: tuple[str | int, ...]) -> Mapping[str, Any]:
    """A clock; one whose budget no setting gives sleeps, as one that says ``off``."""
    keys = tuple(key for key in entry if key not in _NOT_CLOCK)
    made = _keys(keys)(entry, settling, place)
    if made is not entry and entry.get("within") is not None and not made.get("within"):
        made = {**made, "off": "true"}
    return made
