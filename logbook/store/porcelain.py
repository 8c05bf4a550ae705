"""What is not in a hurry: making and copying repositories, settings; the only place GitPython may be imported."""

from __future__ import annotations

import os
import re
from pathlib import Path

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.git import clean_environment
from logbook.store.git import git_error
from logbook.store.git import run_git

DESK_KEY = "logbook.desk"
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.[^\n\0]+)?\.[A-Za-z][A-Za-z0-9-]*\Z")

# What a book's clone wants from Git, each measured or asked for by a page of the design:
_SETTINGS = (
    ("core.splitIndex", "true"),  # a write costs what it adds, not what the work tree holds
    ("core.fsync", "all"),  # plain git commit is then as durable as ours
    ("core.quotePath", "false"),  # Chinese file names stay legible in git status
    ("core.autocrlf", "false"),  # bytes stay bytes
    ("core.logAllRefUpdates", "true"),
)


def init_repository(root: Path, *, branch: str = "main") -> Repository:
    """Make ``root`` a Git repository with nothing in it yet. BookError ``git.no-git``, ``git.cannot-write``."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BookError("git.cannot-write", path=str(root), why=error.strerror or str(error)) from error
    run_git(root, ("init", "-q", f"--initial-branch={branch}"))
    repo = Repository(root)
    settle(repo)
    return repo


def settle(repo: Repository) -> None:
    """Give a clone the settings a book wants; done once, harmless again."""
    for key, value in _SETTINGS:
        if key == "core.splitIndex" and repo.local_config("index.sparse") == "true":
            continue  # Git dies over the two together, and a sparse index is small anyway
        if repo.local_config(key) != value:
            repo.run("config", "--local", key, value)
    repo.forget_config()


def set_config(repo: Repository, key: str, value: str) -> None:
    """Write one setting into this clone's own configuration."""
    if not _KEY.match(key):
        raise ValueError(f"no configuration key: {key!r}")
    if any(char in value for char in "\n\0"):
        raise ValueError("a setting is one line")
    repo.run("config", "--local", key, value)
    repo.forget_config()


def desk_letter(repo: Repository) -> str | None:
    """This clone's desk letter (``logbook.desk``), ``None`` before one was given."""
    return repo.local_config(DESK_KEY)


def clone(source: str, root: Path) -> Repository:
    """Copy the book at ``source`` (address or folder) to ``root``. BookError ``git.clone-failed``."""
    import git

    if source.startswith("-") or "::" in source.partition("/")[0]:
        raise BookError("git.clone-failed", source=source, detail=source)
    try:
        copy = git.Repo.clone_from(source, os.fspath(root), env=clean_environment())
    except git.GitCommandNotFound as error:
        raise BookError("git.no-git") from error
    except git.GitCommandError as error:
        known = git_error("clone", 1, str(error.stderr).encode(), root)
        if known.code != "git.failed":
            raise known from error
        raise BookError("git.clone-failed", source=source, detail=str(error.stderr).strip()[-600:]) from error
    copy.close()
    repo = Repository(root)
    settle(repo)
    return repo
