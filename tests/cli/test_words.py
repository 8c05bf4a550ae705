"""Every page of help and every complaint of the command line is in the reader's language, and fits the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from wcwidth import wcswidth

from logbook.cli import asking
from logbook.cli.context import Choices
from logbook.cli.context import Context
from logbook.cli.main import group
from tests.cli.conftest import MINOR
from tests.cli.line import Line

HAN = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
# What is typed as it stands: options, choices between bars, forms of dates, names of formats, files and programs.
TYPED = re.compile(
    r"\[日期 \| check|--?[a-z][a-z-]*|\[?[\w-]+(?:\|[\w-]+)+\]?|\[(?:[a-z]+ ?\|? ?)+\]|DD/MM/YYYY|YYYY-MM|A,B|\d{4}-Q\d|\d+[hdm]\b"
    r"|~/\.ssh/\w+|\$?LOGBOOK_\w+|[\w-]+\.(?:yaml|docx|zip)|\.zip|HEAD~5|K=\w+|ssh-(?:agent|add)|Asia/Shanghai"
)
NAMES = {
    "logbook", "A", "make", "CSV", "XLSX", "JSON", "YAML", "SQL", "Parquet", "Word", "ics", "text", "table", "jsonl", "stdout", "core",
    "sparse", "days", "months", "N", "drop", "all", "docx",
}  # fmt: skip


def commands(command: click.Command, ctx: click.Context, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from commands(below, click.Context(below, parent=ctx, info_name=name), (*path, name))


PATHS = list(commands(group(), click.Context(group(), info_name="logbook")))


@pytest.fixture(scope="module")
def names() -> set[str]:
    return {name for path in PATHS for name in path} | NAMES


def prose(page: str) -> Iterator[str]:
    """A page of help without its examples."""
    examples = False
    for line in page.splitlines():
        if line and not line.startswith(" "):
            examples = line in ("示例：", "Examples:")
        if not examples:
            yield line


def foreign(line: str, names: set[str]) -> list[str]:
    """The English words of a Chinese line that nobody types."""
    return [word for word in re.findall(r"[A-Za-z]+", TYPED.sub(" ", line)) if word not in names]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_of_help_is_in_one_language_and_fits(shared: Line, names: set[str], lang: str) -> None:
    assert len(PATHS) > 60
    foreigners, broad, ragged = [], [], []
    for path in PATHS:
        page = shared.ok(*path, "--help", "--lang", lang).out
        broad += [(path, line) for line in page.splitlines() if wcswidth(line) > 80]
        for line in prose(page):
            if foreign(line, names) if lang == "zh" else HAN.search(line):
                foreigners.append((path, line))
        ragged += [(path, columns) for columns in columns_of(page) if len(columns) > 1]
    assert foreigners == []
    assert broad == []
    assert ragged == []


def columns_of(page: str) -> Iterator[set[int]]:
    """The columns at which the texts of each list of options or commands begin: one, where they are aligned."""
    for part in re.split(r"^(?:选项|命令|Options|Commands)[:：]\n", page, flags=re.MULTILINE)[1:]:
        starts = set()
        for line in part.partition("\n\n")[0].splitlines():
            beginning = re.match(r"  (?:\S.*?\S|\S)(?:  +)(?=\S)| {4,}(?=\S)", line)
            if beginning:
                starts.add(wcswidth(beginning[0]))
        yield starts


SLIPS = [
    [], ["lst"], ["xyzzy"], ["fleet", "lst"], ["key", "xyzzy"], ["loan", "ledger"], ["--xyzzy"], ["list", "--frmat", "x"],
    ["list", "--quiet=1"], ["list", "--format", "xml"], ["list", "--limit", "many"],
    ["list", "--limit", "-1"], ["agenda", "--days", "0"], ["agenda", "--days", "400"], ["upkeep", "--keep", "0"],
    ["audit", "--sample", "many"], ["handover", "--done", "x"], ["key", "out", "K", "a", "b", "c"], ["key", "out"],
    ["key", "in", "K", "--copies", "x"], ["add"], ["add", "--from"], ["add", "complaint", "--from", "nowhere"], ["add", "complaint", "--from", "/"], ["sign", MINOR], ["show"], ["show", "a", "b"],
    ["completion"], ["completion", "tcsh"], ["hook"], ["hook", "install", "a", "b"], ["import", "complaint"],
    ["import", "complaint", "nowhere.csv"], ["import", "complaint", "."], ["export", "-o", "/nowhere/x"],
    ["forms", "xyzzy"], ["init"], ["init", "/proc/x", "--name", "A"], ["drafts", "drp"], ["next"], ["sql"], ["sql", "drop table x"], ["sql", "selec x"], ["sql", "select x from nowhere"], ["sql", "select"],
    ["report", "xyzzy"], ["packs", "enable", "xyzzy"], ["erase"], ["keys", "import", "nowhere"], ["list", "--sort"],
    ["list", "complaint", "levl:x"], ["list", "a:("], ["--now", "someday", "list"], ["--rev", "xyzzy", "show", MINOR],
    ["show", MINOR, "--rev", "xyzzy"], ["render"], ["render", MINOR, "--format", "odt"], ["evidence", MINOR], ["evidence"],
    ["retention", "--until", "x"], ["calendar", "xyzzy"], ["calendar", "--import"], ["duties", "xyzzy"], ["shift", "xyzzy"],
    ["roster", "make", "x"], ["sync", "/nowhere"], ["validate", "nowhere"], ["audit", "xyzzy"], ["amend", MINOR, "x"],
    ["step", MINOR, "xyzzy"], ["void", MINOR], ["open", "xyzzy"], ["history", "xyzzy"], ["overdue", "--soon", "x"],
    ["notify", "--channel", "x"], ["login", "x"], ["on", "xyzzy"], ["--book", "/nowhere", "list"], ["fleet", "list", "--fleet", "x"],
]  # fmt: skip


# A command to type, a quotation.
QUOTED = re.compile(r"(?:logbook|git)(?: [a-z-]+)+|“[^”]*”")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_goes_wrong_is_said_in_one_language(shared: Line, lang: str) -> None:
    wrong = []
    for slip in SLIPS:
        answer = shared("--lang", lang, *slip)
        assert answer.code in (1, 2, 3), slip
        foreign = re.search(r"\b[A-Za-z]{2,} [a-z]{2,}\b", QUOTED.sub("", answer.err)) if lang == "zh" else HAN.search(answer.err)
        if foreign or not answer.err or "error-" in answer.err:
            wrong.append((slip, answer.err))
    assert wrong == []


def test_click_finds_nothing_to_say_in_english(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Single questions: what click would answer itself is in `cli/asking.py`."""
    typed = iter(["many", "-1", "3", "maybe", "是", "", "a", "b", "c", "c"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(typed))
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: next(typed))
    context = Context(Choices(lang="zh"))
    assert asking.number(context, "实有", usual=2) == 3
    assert asking.agreed(context, "放进记录簿吗")
    assert not asking.agreed(context, "放进记录簿吗")
    assert asking.secret(context, "口令", "再输一遍口令") == "c"
    told = capsys.readouterr().err
    assert told.count("写一个不小于 0 的整数") == 2
    assert told.count("两次输入的不一样") == 1
    assert not re.search("[A-Za-z]", told)


TABLES = [
    ["list"], ["list", "complaint"], ["list", "staff"], ["overdue", "--soon", "7d"], ["agenda"], ["duties"], ["packs"],
    ["report"], ["report", "complaints"], ["key"], ["key", "ledger"], ["roster", "--week"], ["retention", "--by-form"],
    ["history", MINOR], ["audit", "--rules"], ["calendar", "2026-10"], ["calendar", "--list"],
]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_columns_of_a_table_stand_below_each_other(shared: Line, lang: str) -> None:
    """Where the rule under the heads has a gap, no row has a character, counted as a terminal does."""
    crooked, seen = [], 0
    for words in TABLES:
        gaps: set[int] = set()
        for line in shared(*words, "--lang", lang, "--now", "2026-11-23 09:00").out.splitlines():
            if re.fullmatch(r"-+(?:  -+)+", line):
                gaps, seen = {place for place, char in enumerate(line) if char == " "}, seen + 1
            elif not line:
                gaps = set()
            crooked += [(words, line) for place, char in columns(line) if place in gaps and char != " "]
    assert crooked == []
    assert seen >= 12


def columns(line: str) -> Iterator[tuple[int, str]]:
    place = 0
    for char in line:
        size = wcswidth(char)
        yield from ((place + more, char) for more in range(size))
        place += size
