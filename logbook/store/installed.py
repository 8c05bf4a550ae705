"""What stands on this machine beside us: Git, ssh-keygen, time zones, and the libraries of each extra."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from logbook.core.value import frozen

DISTRIBUTION = "property-logbook"
OLDEST_GIT = (2, 34)  # the first that signs with SSH keys
# What brings a program that is not Python's: the command of the system's own package manager.
_PACKAGES = {"git": "git", "ssh-keygen": "openssh-client"}
_EXTRA = re.compile(r"""extra\s*==\s*['"]([a-z]+)['"]""")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
# Under which name a library is imported, where that is not its own.
_MODULES = {"chinesecalendar": "chinese_calendar"}


@frozen
class Part:
    """One thing a machine needs or may have: ``found`` is its version, "" when there is none; ``command``
    brings it; ``needed`` says that nothing works without it; ``old`` that it is there and too old."""

    name: str
    found: str
    command: str
    needed: bool = False
    old: bool = False


def extras() -> dict[str, tuple[str, ...]]:
    """The libraries of each extra, as the installed package's own metadata names them."""
    found: dict[str, list[str]] = {}
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    for line in required:
        name, _, marker = line.partition(";")
        asked = _EXTRA.search(marker)
        if asked and asked[1] != "test":
            found.setdefault(asked[1], []).append(name.strip().replace(" ", ""))
    return {name: tuple(found[name]) for name in sorted(found)}


def install_command(extra: str) -> str:
    """The line that brings what an extra needs into the Python that is running."""
    libraries = extras().get(extra) or (f"{DISTRIBUTION}[{extra}]",)
    return f"{_quoted(sys.executable)} -m pip install " + " ".join(_quoted(one) for one in libraries)


def programs() -> Iterator[Part]:
    """Python, Git, the time zones, and what signs."""
    yield Part("python", platform.python_version(), "", needed=True)
    git = _git_version()
    numbers = tuple(int(one) for one in re.findall(r"\d+", git)[:2])
    yield Part("git", git, package_command("git"), needed=True, old=bool(git) and numbers < OLDEST_GIT)
    yield Part("time zones", _zones(), f"{_quoted(sys.executable)} -m pip install tzdata", needed=True)
    yield Part("ssh-keygen", shutil.which("ssh-keygen") or "", package_command("ssh-keygen"))


def libraries_of_extras() -> Iterator[Part]:
    """Each extra under ``[name]``, with the versions of its libraries."""
    for extra, libraries in extras().items():
        yield Part(f"[{extra}]", _versions(libraries), install_command(extra))


def _versions(libraries: tuple[str, ...]) -> str:
    """``typst 0.15.2, segno 1.6.6``; "" when one of them is not there."""
    said = []
    for library in libraries:
        matched = _NAME.match(library)
        name = matched[0] if matched else library
        if find_spec(_MODULES.get(name, name).lower().replace("-", "_")) is None:
            return ""
        try:
            said.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            return ""
    return ", ".join(said)


def _git_version() -> str:
    from logbook.core.errors import BookError
    from logbook.store.git import run_git

    try:
        said = run_git(Path.cwd(), ("version",)).stdout.decode(errors="replace")
    except BookError:
        return ""
    return said.removeprefix("git version").strip()


def _zones() -> str:
    from zoneinfo import ZoneInfo
    from zoneinfo import ZoneInfoNotFoundError

    try:
        return str(ZoneInfo("Asia/Shanghai"))
    except (ZoneInfoNotFoundError, OSError):
        return ""


def package_command(program: str) -> str:
    """The line that brings a program on this system."""
    name = _PACKAGES.get(program, program)
    if os.name == "nt":
        return f"winget install {'Git.Git' if name == 'git' else 'Microsoft.OpenSSH.Preview'}"
    if sys.platform == "darwin":
        return f"brew install {name.replace('openssh-client', 'openssh')}"
    if shutil.which("apt-get"):
        return f"sudo apt-get install {name}"
    for manager in ("dnf", "zypper"):
        if shutil.which(manager):
            return f"sudo {manager} install {name.replace('openssh-client', 'openssh-clients')}"
    return f"install {name}"


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
