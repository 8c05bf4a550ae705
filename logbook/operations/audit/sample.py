"""A sample of records for a check against paper and people: the same seed draws the same records."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from logbook.core.errors import UsageError
from logbook.core.value import frozen
from logbook.operations.audit.checkpoints import paths_at
from logbook.operations.session import Session


@frozen
class Drawn:
    """One record to tick off."""

    form: str
    id: str
    at: str
    by: str
    status: str
    title: str
    path: str


def sample(session: Session, count: int, seed: str, *, tip: str | None = None, form: str | None = None) -> list[Drawn]:
    """``count`` records of the book as of ``tip``, drawn by hashes of ``seed`` and path, so that anybody with the
    book draws the same ones with any program; in the order of their paths. UsageError ``audit.sample``."""
    if count < 1:
        raise UsageError("audit.sample", found=count)
    head = session.repository.resolve(tip) if tip else session.repository.head()
    paths = paths_at(session, head) if head is not None else []
    if form is not None:
        paths = [path for path in paths if path.startswith(f"records/{form}/")]
    return [_drawn(session, path) for path in sorted(draw(paths, count, seed))]


def draw(paths: Sequence[str], count: int, seed: str) -> list[str]:
    """The ``count`` paths whose SHA-256 with the seed is smallest: ``sha256("7:records/…")``."""

    def rank(path: str) -> str:
        return hashlib.sha256(f"{seed}:{path}".encode()).hexdigest()

    return sorted(paths, key=rank)[:count]


def _drawn(session: Session, path: str) -> Drawn:
    row = session.index.by_path(path)
    if row is None:
        form, name = path.split("/")[1], path.rpartition("/")[2][:-5]
        return Drawn(form, name, "", "", "", "", path)
    return Drawn(row.form, row.id, row.at, row.by, row.status, row.title, path)
