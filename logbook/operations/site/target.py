"""The folder a site is built in: known for ours, renewed file by file, cleaned of what is no longer a page."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from logbook.core.errors import UsageError
from logbook.operations.holding import HeldFolder
from logbook.store.lock import write_error

MANIFEST = "_logbook-site.json"
LOCK = "_logbook-site.lock"
FORMAT = 1
# Folders that hold nothing but pages; the files beside them are named by who builds.
ROOMS = ("r", "l", "s", "duties", "reports")


class Target(HeldFolder):
    """The folder, held by one run at a time. Use it with ``with``. ``known`` is what the last run that was
    finished says of itself; empty where there was none.

    UsageError ``site.not-ours`` for a folder that holds something else, ``site.in-book`` for one inside ``book``,
    whose work tree stays clean."""

    def __init__(self, folder: Path, *, book: Path | None = None) -> None:
        if book is not None and folder.resolve().is_relative_to(book.resolve()):
            raise UsageError("site.in-book", path=str(folder))
        super().__init__(folder, LOCK)
        self.known: dict[str, Any] = {}
        self.written = 0
        self.removed = 0
        self._is_new = False

    def refuse_strangers(self, there: Sequence[str]) -> None:
        if there and MANIFEST not in there:
            raise UsageError("site.not-ours", path=str(self.folder), found=there[0])
        self._is_new = not there

    def open(self) -> None:
        self.known = self._read()
        if self._is_new:
            self.begin()  # from here on the folder is known for what it is

    def begin(self) -> None:
        """Say that pages are being renewed: a run that is cut off now is done once more, whole."""
        self.put(MANIFEST, _json({"format": FORMAT, "finished": False}))

    def finish(self, facts: dict[str, Any]) -> None:
        """Say what stands here. Called last."""
        self.put(MANIFEST, _json({"format": FORMAT, "finished": True, **facts}))

    def put(self, href: str, data: bytes) -> bool:
        """Write a file whole, unless it says the same already. True where it was written."""
        path = self.folder / href
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size == len(data) and file.read() == data:
                    return False
        except OSError:
            pass
        aside = path.with_name(f"{path.name}.new")
        try:
            try:
                aside.write_bytes(data)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                aside.write_bytes(data)
            os.replace(aside, path)
        except OSError as error:
            raise write_error(error, path) from error
        if not href.startswith("_"):
            self.written += 1
        return True

    def read(self, href: str) -> bytes | None:
        """What stands in a file; None where there is none."""
        try:
            return (self.folder / href).read_bytes()
        except OSError:
            return None

    def drop(self, href: str) -> None:
        """Take a page away, and its folder where that is empty then."""
        path = self.folder / href
        try:
            path.unlink()
        except OSError:
            return
        self.removed += 1
        parent = path.parent
        while parent != self.folder:
            try:
                parent.rmdir()
            except OSError:
                return
            parent = parent.parent

    def pages(self, room: str) -> Iterator[str]:
        """Every file below one of our folders."""
        for folder, _, names in os.walk(self.folder / room):
            place = Path(folder).relative_to(self.folder).as_posix()
            for name in names:
                yield f"{place}/{name}"

    def sweep(self, wanted: Collection[str]) -> None:
        """Take away every file of ours that is no page any more."""
        for room in ROOMS:
            for href in list(self.pages(room)):
                if href not in wanted:
                    self.drop(href)
        for name in sorted(os.listdir(self.folder)):
            if name not in wanted and name.endswith((".html", ".js", ".css", ".new")):
                self.drop(name)

    def _read(self) -> dict[str, Any]:
        try:
            plain = json.loads((self.folder / MANIFEST).read_bytes())
            if plain["format"] == FORMAT and plain["finished"] is True:
                return dict(plain)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing is known, so everything is made anew
        return {}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
