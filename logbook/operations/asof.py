"""A book as it stood at a commit: which commit is meant, and what its settings said then."""

from __future__ import annotations

from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.errors import UsageError
from logbook.store.book import SETTINGS_FILE
from logbook.store.book import Book
from logbook.store.book import settings_from
from logbook.store.git import Repository

# `git.failed`: what only Git's own words tell, such as a branch without an upstream.
_UNKNOWN = ("git.bad-revision", "git.missing-object", "git.failed")


def book_as_of(root: Path, rev: str) -> tuple[Book, str]:
    """The book with the settings it had at ``rev``, and the id of that commit (rulings 1).

    UsageError ``book.bad-rev`` when no commit of this repository is meant, ``book.not-yet`` when the
    commit holds no book; Refused when its settings cannot be read.
    """
    with Repository(root) as repository:
        commit = _commit(repository, rev)
        data = repository.blob_at(commit, SETTINGS_FILE)
    if data is None:
        raise UsageError("book.not-yet", found=rev)
    return Book(root, settings_from(data)), commit


def _commit(repository: Repository, rev: str) -> str:
    try:
        # Git itself is asked, also about a whole id: it may be a tag's, a file's, or nobody's. What a
        # person typed goes to the input of a running child, never into its arguments.
        found = repository.objects.ask(f"{rev}^{{commit}}")
    except BookError as error:
        if error.code not in _UNKNOWN:
            raise
        found = None
    if found is None:
        raise UsageError("book.bad-rev", found=rev)
    return found[0]
