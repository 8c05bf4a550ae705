"""The house holds: who may import what, who may print, who may look at the clock. Read from the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

# Room: which rooms of ours it may import. "" is the package itself (its version).
ROOMS = {
    "core": {"core"},
    "store": {"core", "store", ""},
    "index": {"core", "store", "index", ""},
    "operations": {"core", "store", "index", "operations", ""},
    "reports": {"core", "store", "index", "operations", "reports", ""},
    "render": {"core", "locale", "render", ""},
    "locale": {"core", "locale", ""},
    "cli": {"core", "store", "index", "operations", "reports", "render", "locale", "cli", ""},
    "": {"cli", ""},
}

# Module: where alone it may be imported (a room, or a file of it).
ONLY = {
    "click": ["cli/"],
    "ruamel": ["store/codec.py"],
    "git": ["store/porcelain.py"],
    "sqlite3": ["index/"],
    "subprocess": ["store/"],
    "jinja2": ["render/"],
    "tabulate": ["render/"],
    "typst": ["render/pdf.py"],
    "segno": ["render/qr.py"],
    "docxtpl": ["render/sheet_docx.py"],
    "yaml": [],
    "pickle": [],
}

# What ``core`` must not import of the standard library: files, processes, the machine.
OUTSIDE = {
    "os", "pathlib", "shutil", "subprocess", "sqlite3", "tempfile", "glob", "io", "socket", "time", "sys", "importlib",
    "logging", "threading", "platform", "locale", "getpass",
}  # fmt: skip

# Calls: where alone they may stand.
CALLS = {
    "print": [],
    "click.echo": ["cli/"],
    "sys.stdout.write": [],
    "eval": [],
    "datetime.now": ["store/machine.py"],
    "datetime.utcnow": [],
    "datetime.today": [],
    "date.today": [],
    "os.system": [],
    "os.popen": [],
    "os.getlogin": [],
    "os.getenv": [],
}
# The child processes of Git get the environment from its own door; completion is asked for in it by click.
ENVIRONMENT = {"store/machine.py", "store/git.py", "cli/main.py", "index/book_index.py"}

FILES = sorted((PROJECT / "logbook").rglob("*.py"))


def inside(path: Path) -> str:
    return path.relative_to(PROJECT / "logbook").as_posix()


def room(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module a file imports, late or early, with its line; ``from a import b`` is ``a``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or ""), node.lineno


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def allowed(path: str, places: list[str]) -> bool:
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def faults(path: str, text: str) -> list[str]:
    """What a file does that its room may not, each as ``file:line: what``."""
    tree = ast.parse(text)
    found: list[tuple[int, str]] = []
    here = room(path)
    for module, line in imports(tree):
        parts = module.split(".")
        if module.startswith("."):
            found.append((line, "a relative import"))
        elif parts[0] == "logbook":
            target = parts[1] if len(parts) > 1 else ""
            if target not in ROOMS[here]:
                found.append((line, f"{here or 'logbook'} imports {module}"))
        elif parts[0] in ONLY and not allowed(path, ONLY[parts[0]]):
            found.append((line, f"{module} is imported outside {ONLY[parts[0]]}"))
        elif here == "core" and parts[0] in OUTSIDE:
            found.append((line, f"core imports {module}"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            for call, places in CALLS.items():
                if (name == call or name.endswith(f".{call}")) and not allowed(path, places):
                    found.append((node.lineno, f"{name}() is called outside {places}"))
            if name == "open" and here in ("core", "render", "locale"):
                found.append((node.lineno, f"{here} opens a file"))
        elif isinstance(node, ast.Attribute) and dotted(node) == "os.environ" and path not in ENVIRONMENT:
            found.append((node.lineno, "the environment is read past store/machine.py"))
    return [f"logbook/{path}:{line}: {what}" for line, what in sorted(found)]


@pytest.mark.parametrize("path", FILES, ids=inside)
def test_a_file_keeps_to_its_room(path: Path) -> None:
    assert faults(inside(path), path.read_text(encoding="utf-8")) == []


def test_every_room_has_rules() -> None:
    assert {room(inside(path)) for path in FILES} == set(ROOMS)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("core/x.py", "import os", "core imports os"),
        ("core/x.py", "def f():\n    from logbook.store import git", "core imports logbook.store"),
        ("operations/x.py", "import logbook.cli.main", "operations imports logbook.cli.main"),
        ("store/x.py", "import click", "click is imported outside"),
        ("index/x.py", "import git", "git is imported outside"),
        ("store/x.py", "from sqlite3 import connect", "sqlite3 is imported outside"),
        ("cli/x.py", "import subprocess", "subprocess is imported outside"),
        ("store/y.py", "print('x')", "print() is called"),
        ("render/x.py", "click.echo(1)", "click.echo() is called"),
        ("operations/x.py", "datetime.datetime.now()", "datetime.datetime.now() is called"),
        ("operations/x.py", "home = os.environ['HOME']", "the environment"),
        ("render/x.py", "open('x')", "render opens a file"),
        ("cli/x.py", "from . import y", "a relative import"),
    ],
)
def test_the_rules_catch_what_they_are_for(path: str, text: str, said: str) -> None:
    (found,) = faults(path, text)
    assert found.startswith(f"logbook/{path}:{text.count(chr(10)) + 1}: {said}")
