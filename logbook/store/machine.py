"""The one door to the machine: its clock, its environment, who is logged in, the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from pathlib import Path


def now() -> datetime:
    """The machine's time, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Work whose values all stay until its end: nothing is looked through for rings meanwhile, which took a fifth
    of the time of a long audit and freed nothing."""
    import gc

    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def environment() -> Mapping[str, str]:
    return os.environ


def login_name() -> str:
    """The account this process runs under, by its number: the environment may say anything."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def cache_folder() -> Path:
    """Where things go that may be lost: ``$XDG_CACHE_HOME/logbook`` or ``~/.cache/logbook``."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "logbook"
    home = os.environ.get("HOME") or os.environ.get("USERPROFILE")
    return Path(home) / ".cache" / "logbook" if home else Path("/tmp/logbook-cache")


def is_interactive() -> bool:
    """Whether a person sits at both ends: only then may a command ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def current_folder() -> Path:
    return Path.cwd()


def run_editor(path: Path) -> bool | None:
    """Let the person's editor have a file until they close it: True when it ended well, False when the
    person left it with an error (gave up), None when there is no such editor."""
    import shlex
    import subprocess

    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    try:
        words = shlex.split(command, posix=os.name != "nt")
        return subprocess.run([*words, os.fspath(path)], check=False).returncode == 0
    except (OSError, ValueError):
        return None
