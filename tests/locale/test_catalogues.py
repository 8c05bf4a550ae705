"""Both catalogues say the same things, and what they say is filled as people read it."""

from __future__ import annotations

import string
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

import logbook.locale
from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from logbook.locale.catalogue import choose_language

FOLDER = Path(logbook.locale.__file__).parent
AREAS = sorted({path.stem for lang in ("zh", "en") for path in (FOLDER / lang).glob("*.py")} - {"__init__"})


def table(lang: str, area: str, name: str) -> dict[str, str]:
    return dict(getattr(import_module(f"logbook.locale.{lang}.{area}"), name, {}))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_stands_in_both_languages(area: str) -> None:
    for lang in ("zh", "en"):
        assert (FOLDER / lang / f"{area}.py").is_file(), f"{lang}/{area}.py is missing"
        assert table(lang, area, "MESSAGES")


@pytest.mark.parametrize("name", ["MESSAGES", "FIXES"])
@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_codes(area: str, name: str) -> None:
    zh, en = table("zh", area, name), table("en", area, name)
    assert sorted(zh) == sorted(en)
    assert [code for code in zh if code.partition(".")[0] != area] == []


@pytest.mark.parametrize("name", ["MESSAGES", "FIXES"])
@pytest.mark.parametrize("area", AREAS)
def test_both_languages_fill_in_the_same_arguments(area: str, name: str) -> None:
    zh, en = table("zh", area, name), table("en", area, name)
    differing = {code for code in zh.keys() & en.keys() if placeholders(zh[code]) != placeholders(en[code])}
    assert differing == set()


@pytest.mark.parametrize("area", AREAS)
def test_no_sentence_is_empty_and_every_argument_has_a_plain_name(area: str) -> None:
    for lang in ("zh", "en"):
        for code, sentence in (table(lang, area, "MESSAGES") | table(lang, area, "FIXES")).items():
            assert sentence.strip(), code
            assert [name for name in placeholders(sentence) if not name.isidentifier()] == [], code


@pytest.mark.parametrize("area", AREAS)
def test_every_fix_belongs_to_a_sentence(area: str) -> None:
    for lang in ("zh", "en"):
        assert table(lang, area, "FIXES").keys() <= table(lang, area, "MESSAGES").keys()


def test_the_chinese_sentences_are_chinese() -> None:
    english = [
        code
        for area in AREAS
        for code, sentence in table("zh", area, "MESSAGES").items()
        if any(char.isalpha() for char in string.Formatter().vformat(sentence, (), _Blank()))
        and not any("\u4e00" <= char <= "\u9fff" for char in sentence)
    ]
    assert english == []


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def test_a_sentence_is_filled_in_the_readers_language() -> None:
    text = Text("房号", "Room")
    assert Catalogue("zh").say("render.source", source=[text, "002 一"]) == "依据：房号、002 一"
    assert Catalogue("en").say("render.source", source=(text, "002 一")) == "Source: Room, 002 一"


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (None, "", ""),
        (3, "3", "3"),
        (True, "是", "yes"),
        (datetime(2026, 11, 22, 9, 35, tzinfo=UTC), "11-22 09:35", "11-22 09:35"),
        (date(2026, 11, 22), "2026-11-22", "2026-11-22"),
        (timedelta(hours=26, minutes=5), "1 天 2 小时", "1 d 2 h"),
        (timedelta(minutes=65), "1 小时 5 分", "1 h 5 min"),
        (timedelta(seconds=5), "0 分", "0 min"),
        ({"b", "a"}, "a、b", "a, b"),
        ([1, Text("一", "one")], "1、一", "1, one"),
    ],
)
def test_arguments_as_words(value: object, zh: str, en: str) -> None:
    assert Catalogue("zh").words(value) == zh
    assert Catalogue("en").words(value) == en


def test_an_unknown_code_says_itself() -> None:
    words = Catalogue("en")
    assert words.say("nowhere.at-all", found="x", count=2) == "nowhere.at-all (found=x, count=2)"
    assert words.say("render.no-such-word") == "render.no-such-word"
    assert words.say("") == ""
    assert words.say("../etc.passwd") == "../etc.passwd"


def test_a_missing_argument_stays_visible_and_peoples_braces_stay_theirs() -> None:
    words = Catalogue("en")
    assert words.say("render.source") == "Source: {source}"
    assert words.say("render.source", source="{0.__class__} {x}") == "Source: {0.__class__} {x}"


def test_a_check_of_a_form_brings_its_own_sentence() -> None:
    say = Text("未回访不得归档", "Visit the customer before filing")
    args = {"say": say, "rule_text": "visit is done before close", "source": "002 六"}
    issue = Issue("complaint.close_after_visit", args)
    assert Catalogue("zh").issue(issue) == (
        "未回访不得归档",
        "规则：visit is done before close。 依据：002 六。",
    )
    assert Catalogue("en").issue(issue)[0] == "Visit the customer before filing"


def test_a_check_without_a_sentence_shows_its_rule() -> None:
    issue = Issue("complaint.close_after_visit", {"rule_text": "visit is done before close"})
    assert Catalogue("zh").issue(issue) == ("不符合规则：visit is done before close", "")


def test_errors_are_said_too() -> None:
    assert Catalogue("en").error(BookError("nowhere.lost", path="/x")) == ("nowhere.lost (path=/x)", "")
    refused = Refused([Issue("a.b"), Issue("a.c")], "nowhere.refused")
    assert Catalogue("en").error(refused)[0] == "nowhere.refused (count=2)"


@pytest.mark.parametrize(
    ("flag", "book", "env", "lang"),
    [
        ("en", "zh", {"LANG": "zh_CN.UTF-8"}, "en"),
        (None, "zh", {"LANG": "C"}, "zh"),
        (None, "zh-CN", {}, "zh"),
        (None, None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, None, {"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
        (None, None, {}, "en"),
        ("fr", None, {"LANG": "zh_CN"}, "zh"),
    ],
)
def test_the_language_is_the_flags_then_the_books_then_the_locales(
    flag: str | None, book: str | None, env: dict[str, str], lang: str
) -> None:
    assert choose_language(flag, book, env) == lang
