"""Files of what somebody has typed and not yet recorded: inside ``.git``, readable by this account alone."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logbook.store.objects import flush
from logbook.store.objects import flush_folder


def write(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``, whole or not at all, there after a power cut, for nobody else to read."""
    folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            flush(file.fileno())
        beside.replace(path)
        flush_folder(path.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def folder(path: Path) -> None:
    """The folder, for this account alone."""
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        with contextlib.suppress(OSError):
            path.chmod(0o700)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """The same for a value."""
    write(path, json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n")


def read_all(room: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every draft of a guided entry, the newest first; what cannot be read is left out."""
    try:
        paths = sorted(room.glob("*.json"), key=lambda path: path.name, reverse=True)
    except OSError:
        return
    for path in paths:
        try:
            value = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(value, dict):
            yield path, value


def texts(room: Path) -> list[Path]:
    """The texts left in an editor."""
    try:
        return sorted(room.glob("*.yaml"))
    except OSError:
        return []
