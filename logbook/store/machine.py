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


def now_here() -> datetime:
    """The machine's time with the offset this machine is set to, as Git writes it into its logs."""
    return datetime.now().astimezone()


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


def process_mark() -> str:
    """What tells this process from any other, also from a later one of the same number."""
    return f"{os.getpid()} {_started(os.getpid())}"


def is_running(mark: str) -> bool:
    """Whether another process is still at work that gave this :func:`process_mark`."""
    number, _, started = mark.partition(" ")
    if not number.isdigit() or int(number) == os.getpid():
        return False
    if started:
        return _started(int(number)) == started
    if os.name != "posix":
        return False
    try:
        os.kill(int(number), 0)
    except OSError:
        return False
    return True


def _started(number: int) -> str:
    """When a process began, as the system counts; empty where it does not tell."""
    try:
        line = Path(f"/proc/{number}/stat").read_text("ascii", "replace")
        return line.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
