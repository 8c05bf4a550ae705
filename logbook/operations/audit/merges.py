"""A9 on merges: a merge is a pure function of its parents, so it is made once more and compared (rulings 22)."""

from __future__ import annotations

from collections.abc import Iterator

from logbook.core.errors import BookError
from logbook.core.findings import Finding
from logbook.core.issues import Issue
from logbook.operations.audit.walk import Change
from logbook.operations.audit.walk import Step
from logbook.operations.merging import expected_merge
from logbook.store.git import Repository
from logbook.store.history import changed_paths


def merged(step: Step, repository: Repository) -> Iterator[Finding]:
    """A merge holds what its two parents lead to and nothing else."""
    if not step.is_merge:
        return
    if len(step.entry.parents) != 2:
        yield step.find("A9", Issue("audit.many-parents", {"count": len(step.entry.parents)}))
        return
    first, second = step.entry.parents
    for path in otherwise(repository, step.entry.id, first, second):
        yield step.find("A9", Issue("audit.merge", {"path": path}), Change(path, "M"))


def otherwise(repository: Repository, commit: str, first: str, second: str) -> list[str]:
    """The paths at which a merge commit does not hold what merging its parents gives; ``*`` where they have
    nothing in common."""
    try:
        expected = expected_merge(repository, first, second)
    except BookError as error:
        if error.code != "sync.unrelated":
            raise
        return ["*"]
    wrong = [
        path
        for path, data in expected.items()
        if _blob(repository, commit, path) != (None if data is None else repository.blob_id(data))
    ]
    mine = {path for path, _, _ in changed_paths(repository, first, commit)}
    theirs = {path for path, _, _ in changed_paths(repository, second, commit)}
    # Changed against both parents without their having asked for it.
    wrong += [path for path in mine & theirs if path not in expected]
    return sorted(set(wrong))


def _blob(repository: Repository, commit: str, path: str) -> str | None:
    entry = repository.entry_at(commit, path)
    return entry.oid if entry is not None and not entry.is_tree else None
