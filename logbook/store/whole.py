"""Small files of ours outside the records, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from logbook.core.errors import BookError


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one move: a reader finds the old one or the new one. BookError ``notify.cannot-write``."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BookError("notify.cannot-write", path=str(path), why=error.strerror or str(error)) from error
