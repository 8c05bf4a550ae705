"""Both catalogues say the same things, and what they say is filled as people read it."""

from __future__ import annotations

import ast
import re
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


ROOM = FOLDER.parent
_CODE = re.compile(r"([a-z]+)\.[a-z][a-z0-9_-]*")
_FILES = (".yaml", ".json", ".bundle", ".css", ".js")


def spoken_in_source() -> tuple[set[str], list[re.Pattern[str]]]:
    """The codes that stand in the source as they are, and the patterns of those that are put together there."""
    whole: set[str] = set()
    made: list[re.Pattern[str]] = []
    for path in sorted(ROOM.rglob("*.py")):
        if path.parent.parent == FOLDER:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(one.value) if isinstance(one, ast.Constant) else ".+" for one in node.values]
                if any(parts[0].startswith(f"{area}\\.") for area in AREAS):
                    made.append(re.compile("".join(parts)))
    for path in (ROOM / "render" / "layouts").iterdir():
        if path.suffix == ".j2":
            whole |= set(re.findall(r"[a-z]+\.[a-z][a-z0-9_-]*", path.read_text(encoding="utf-8")))
    return whole, made


def test_every_code_is_a_sentence_and_every_sentence_is_said() -> None:
    said = {code for area in AREAS for code in table("zh", area, "MESSAGES")}
    whole, made = spoken_in_source()
    codes = {code for code in whole if code.partition(".")[0] in AREAS and (code in said or not code.endswith(_FILES))}
    # What ends in a dash or an underscore is the beginning of several; the layouts of sheets have names of their own.
    unknown = {code for code in codes - said if not any(one.startswith(code) for one in said if code[-1] in "-_")}
    assert {code for code in unknown if not code.startswith("sheet.")} == set()
    beginnings = tuple(code for code in codes if code[-1] in "-_")
    never = {one for one in said - codes if not one.startswith(beginnings) and not any(p.fullmatch(one) for p in made)}
    assert never == set()


# What a person types or reads elsewhere: quotations, commands, options, rows of YAML, the sentences of the rules.
_TYPED = re.compile(r"“[^”]*”|「[^」]*」|\{[^}]*\}+|(?:logbook|git|pip|sudo apt|ssh-keygen)\b[^，。；）]*|--[a-z-]+[^，。；）]*")


def test_the_chinese_sentences_are_written_as_chinese_is() -> None:
    zh = {code: text for area in AREAS for name in ("MESSAGES", "FIXES") for code, text in table("zh", area, name).items()}
    plain = {code: _TYPED.sub("·", text) for code, text in zh.items()}
    half = re.compile(r"[一-鿿]\s?[,;?!]|[;?!](?=[一-鿿])|\((?=[一-鿿])|(?<=[一-鿿])\)|[一-鿿]\.$|[，。；：]{2}")
    assert {code: text for code, text in plain.items() if half.search(text)} == {}
    assert {code: text for code, text in zh.items() if text.count("请") > 1} == {}


# English that is no word of the sentence language, of YAML or of a program.
_PROSE = re.compile(r"\b(?:the|please|not|cannot|could|error|invalid|missing|found|file|must|should|with|your|this|that)\b")


def test_the_chinese_sentences_hold_no_english_prose() -> None:
    zh = {code: text for area in AREAS for name in ("MESSAGES", "FIXES") for code, text in table("zh", area, name).items()}
    assert {code: text for code, text in zh.items() if _PROSE.search(_TYPED.sub("·", text))} == {}


def test_the_english_sentences_hold_no_chinese() -> None:
    # A few show what Chinese may be typed.
    typed = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|\([^)]*\)")
    en = {code: text for area in AREAS for name in ("MESSAGES", "FIXES") for code, text in table("en", area, name).items()}
    assert {code: text for code, text in en.items() if re.search("[\u3400-\u9fff，。；：、（）]", typed.sub("", text))} == {}
