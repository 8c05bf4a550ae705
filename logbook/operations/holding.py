"""A folder that a command writes its results into, held by one run at a time."""

from __future__ import annotations

import os
from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from logbook.store.lock import FileLock
from logbook.store.lock import write_error

PATIENCE = 5.0


class HeldFolder(ABC):
    """The folder, made where it is not there. Use it with ``with``; whoever comes meanwhile waits for
    :data:`PATIENCE` seconds."""

    def __init__(self, folder: Path, lock: str) -> None:
        self.folder = folder
        self._lock = FileLock(folder / lock)

    @abstractmethod
    def refuse_strangers(self, there: Sequence[str]) -> None:
        """UsageError where what is in the folder (names, in order) is not ours."""

    @abstractmethod
    def open(self) -> None:
        """Read what the last run left; a folder that is new becomes known for what it is."""

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            there = sorted(name for name in os.listdir(self.folder) if self.folder / name != self._lock.path)
        except OSError as error:
            raise write_error(error, self.folder) from error
        self.refuse_strangers(there)
        self._lock.acquire(PATIENCE)
        try:
            self.open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
