"""The catalogue: a code and its arguments become a sentence in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any

from logbook.core.errors import LogbookError
from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.text import Text

LANGUAGES = ("zh", "en")

# Where the locale of the environment stands, the first that is set wins (POSIX order).
_LOCALE_NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")


def choose_language(flag: str | None, book: str | None, env: Mapping[str, str]) -> str:
    """``zh`` or ``en``: the ``--lang`` flag, else the book's language, else the locale of ``env``."""
    for asked in (flag, book):
        if asked and (lang := _language(asked)):
            return lang
    for name in _LOCALE_NAMES:
        if value := env.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def _language(name: str) -> str | None:
    short = name.strip().lower().replace("-", "_").split("_")[0].split(".")[0]
    return short if short in LANGUAGES else None

_LONGEST = 4000
# Arguments in which a machine speaks, always in English.
_MACHINES = ("why", "problem", "detail")
# Control characters but tab, line feed and NUL (no terminal minds it, sheets split at it), marks of direction, halves of characters.
_STEERING = lazily("[\x01-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


class Catalogue:
    """Sentences in one language; it never raises over a missing code or argument."""

    def __init__(self, lang: str) -> None:
        self.lang = _language(lang) or "en"

    def say(self, code: str, **args: object) -> str:
        """The sentence of ``code`` filled with ``args``; the code and its arguments when there is none."""
        sentence = self._find("MESSAGES", code)
        if sentence is None:
            return self._bare(code, args)
        return self._fill(sentence, args)

    def fix(self, code: str, **args: object) -> str:
        """What to do about ``code``; empty when nothing is known."""
        sentence = self._find("FIXES", code)
        return "" if sentence is None else self._fill(sentence, args)

    def has(self, code: str) -> bool:
        """Whether this language has a sentence of that code."""
        return self._find("MESSAGES", code) is not None

    def issue(self, issue: Issue) -> tuple[str, str]:
        """The sentence of a finding and what to do about it.

        A check of a form brings its own sentence (``say``) or at least its rule (``rule_text``).
        """
        args = dict(issue.args)
        say = args.get("say")
        if isinstance(say, Text) and say:
            sentence = say.say(self.lang)
        elif (own := self._find("MESSAGES", issue.rule)) is not None:
            sentence = self._fill(own, args)
        elif args.get("rule_text"):
            sentence = self.say("render.rule_broken", rule=args["rule_text"])
        else:
            sentence = self._bare(issue.rule, args)
        fix = self.fix(issue.rule, **args)
        if not fix and (args.get("say") or args.get("rule_text")):
            fix = self._rule_fix(args)
        return sentence, fix

    def error(self, error: LogbookError) -> tuple[str, str]:
        """The sentence of a problem of the program or of the request, and what to do about it."""
        return self.say(error.code, **error.args_), self.fix(error.code, **error.args_)

    def words(self, value: object) -> str:
        """One argument as people read it: texts in this language, lists joined, moments short."""
        return spoken(value, self.lang)

    def join(self, values: Iterable[object]) -> str:
        """Values as a list in a sentence: ``a、b`` or ``a, b``."""
        return self.words(list(values))

    def _rule_fix(self, args: Mapping[str, object]) -> str:
        parts = []
        if args.get("say") and args.get("rule_text"):
            parts.append(self.say("render.rule_fix", rule=self.words(args["rule_text"]).rstrip("。.")))
        if args.get("source"):
            parts.append(self.say("render.rule_source", source=args["source"]))
        return " ".join(parts)

    def _find(self, table: str, code: str) -> str | None:
        area = code.partition(".")[0]
        found: str | None = _area(self.lang, area)[table].get(code)
        return found

    def _fill(self, sentence: str, args: Mapping[str, object]) -> str:
        if "{" not in sentence and "}" not in sentence:
            return sentence
        try:
            return str(_filler()(self.lang).vformat(sentence, (), args))
        except (ValueError, LookupError, AttributeError, TypeError):
            return sentence

    def _bare(self, code: str, args: Mapping[str, object]) -> str:
        told = ", ".join(f"{name}={harmless(self.words(value))}" for name, value in args.items())
        return f"{code} ({told})" if told else code


@cache
def _filler() -> Any:
    """``str.format`` by name only: no attributes or items of an argument can be reached. Made when there is
    something to say."""
    import string

    class Filler(string.Formatter):
        def __init__(self, lang: str) -> None:
            self.lang = lang

        def get_field(
            self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]
        ) -> tuple[object, str]:
            if field_name not in kwargs:
                return "{" + field_name + "}", field_name
            value = kwargs[field_name]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if field_name in _MACHINES and self.lang == "zh" and isinstance(value, str) and value.isascii():
                from logbook.locale.system import in_chinese

                value = in_chinese(value)
            return (value if number else harmless(spoken(value, self.lang))), field_name

    return Filler


def harmless(text: str) -> str:
    """``text`` as a message may show it: what would steer a terminal or turn the line round is written out,
    and nobody has to read more than a page of it."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    return text if text.isprintable() else _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def spoken(value: object, lang: str) -> str:
    """A value as a word in a sentence of ``lang``."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, datetime):
        return value.strftime("%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta):
        return duration(value, lang)
    if isinstance(value, Mapping):
        return spoken([f"{key}: {spoken(item, lang)}" for key, item in value.items()], lang)
    if isinstance(value, set | frozenset):
        return spoken(sorted(spoken(item, lang) for item in value), lang)
    if isinstance(value, list | tuple):
        return ("、" if lang == "zh" else ", ").join(spoken(item, lang) for item in value)
    say = getattr(value, "say", None)
    if callable(say):
        return str(say(lang))
    return str(value)


def duration(span: timedelta, lang: str) -> str:
    """A length of time in its two greatest units: ``2 天 3 小时``, ``2 d 3 h``; under a minute ``0 分``."""
    minutes = abs(int(span.total_seconds())) // 60
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    units = ("天", "小时", "分") if lang == "zh" else ("d", "h", "min")
    parts = [(count, unit) for count, unit in zip((days, hours, minutes), units, strict=True) if count]
    if days:
        parts = [part for part in parts if part[1] != units[2]]
    return " ".join(f"{count} {unit}" for count, unit in parts) or f"0 {units[2]}"


@cache
def _area(lang: str, area: str) -> Mapping[str, Mapping[str, str]]:
    """The two tables of one area; empty ones for an area that has no module (a form's own checks)."""
    nothing: dict[str, Mapping[str, str]] = {"MESSAGES": {}, "FIXES": {}}
    if not area.isidentifier():
        return nothing
    name = f"logbook.locale.{lang}.{area}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != name:
            raise
        return nothing
    return {"MESSAGES": getattr(module, "MESSAGES", {}), "FIXES": getattr(module, "FIXES", {})}
