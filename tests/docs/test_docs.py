"""The documentation: what it shows really happens, what it links is there, no command is left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from logbook.cli.words import COMMANDS
from tests.docs.console import HOME
from tests.docs.console import masked
from tests.docs.console import play

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in (*PAGES, "CHANGELOG.md")}
PLAYED = [page for page in PAGES if "```console" in TEXTS[page]]
GUIDE = TEXTS["docs/staff-guide.zh.md"]

# How the guide's shortest line is typed: full spelling, and a space to choose the word.
SPELLED = {"投诉": "tousu ", "王芳": "wangfang ", "电梯异响": "diantiyixiang "}


@pytest.mark.parametrize("page", PLAYED)
def test_what_a_page_shows_is_what_happens(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    if "ssh-keygen" in TEXTS[page] and not shutil.which("ssh-keygen"):
        pytest.skip("OpenSSH is not installed")
    for block in play(TEXTS[page], tmp_path.resolve()):
        if block.hidden:
            assert set(block.codes) <= {0}, block.printed
        else:
            assert masked(block.printed) == masked(block.shown)


def test_a_page_may_not_hide_what_is_printed(tmp_path: Path) -> None:
    page = "```console\n# 2026-11-22 08:00\n$ logbook init a --name A --lang en --practice --staff x=X\n```\n"
    (block,) = play(page, tmp_path.resolve())
    assert block.printed == block.shown + f"the book is ready: {HOME}/a\n"


def test_the_two_lines_of_the_readme() -> None:
    lines = re.findall(r"```sh\n(.*?)\n```", TEXTS["README.md"], re.DOTALL)
    assert lines == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/logbook demo demo"
        " && .venv/bin/logbook --book demo overdue",
        ".venv/bin/pip install '.[test]' && .venv/bin/python -m pytest -n 2",
    ]
    assert "\ntest =\n" in (ROOT / "setup.cfg").read_text(encoding="utf-8").split("[options.extras_require]")[1]


def test_every_command_is_named() -> None:
    text = "\n".join(TEXTS.values())
    missing = [name for name in COMMANDS if f"logbook {name}" not in text and f"`{name}`" not in text]
    assert missing == []


def test_every_command_shown_exists() -> None:
    shown = {
        (page, name)
        for page, text in TEXTS.items()
        for name in re.findall(r"(?:^\$ |`)logbook (?:--?\w+ \S+ )*([a-z]+)\b", text, re.MULTILINE)
    }
    assert {(page, name) for page, name in shown if name not in COMMANDS} == set()
    assert len(shown) > len(COMMANDS)


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_leads_somewhere(page: str) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(TEXTS[page])):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if not path.exists() or (anchor and anchor not in _anchors(path.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_every_page_is_linked_from_the_readme() -> None:
    assert [page for page in PAGES[1:] if f"({page})" not in TEXTS["README.md"]] == []


def test_the_keys_counted_in_the_guide() -> None:
    line = "logbook add 投诉 name=王芳 summary=电梯异响"
    assert f"$ {line}\n" in GUIDE
    whole, saved, asked, short, desk = map(int, re.findall(r"(\d+) 键", GUIDE))
    typed = line
    for word, keys in SPELLED.items():
        typed = typed.replace(word, keys)
    assert whole == len(typed) + 1
    answers = ("logbook add " + SPELLED["投诉"], SPELLED["王芳"], SPELLED["电梯异响"])
    assert asked == sum(len(answer) + 1 for answer in answers) + 1  # Enter once more: the sheet is right
    assert saved == whole - asked
    assert short == asked - len(SPELLED["投诉"]) + len("ts")
    assert desk == short - len("logbook add ts") + len("1")


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def _anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as the usual hosts of Git make them."""
    heads = re.findall(r"^#+ (.+)$", _prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
