"""How two histories lie to each other, and in which files two commits differ: what a merge asks of Git."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.git import git_error
from logbook.store.objects import ZERO

_FILES = ("100644", "100755")
_AT_ONCE = 500  # paths on one command line


class Difference(NamedTuple):
    """One path in which two commits differ: the blob of each, None where it has no such file. ``mode`` is Git's
    octal text for the second's file, ``000000`` where there is none."""

    path: str
    first: str | None
    second: str | None
    mode: str


def merge_bases(repo: Repository, first: str, second: str) -> tuple[str, ...]:
    """The best common ancestors of two commits, by id; none where the histories have nothing in common."""
    done = repo.run("merge-base", "--all", first, second, check=False)
    if done.returncode > 1:
        raise git_error("merge-base", done.returncode, done.stderr, repo.root)
    return tuple(sorted(done.stdout.decode("ascii").split()))


def is_ancestor(repo: Repository, old: str, new: str) -> bool:
    """Whether everything in ``old`` is in ``new``."""
    if old == new:
        return True
    return repo.run("merge-base", "--is-ancestor", old, new, check=False).returncode == 0


def differences(repo: Repository, first: str, second: str, *, modes: bool = False) -> list[Difference]:
    """Every file in which two commits differ; with ``modes`` those, too, that only one of them may run.

    BookError ``git.not-a-file`` where either has a link or another repository there: nobody's book needs one, and
    following it would lead out of the book.
    """
    if first == second:
        return []
    # Without an index of its own this command would unfold a sparse one, a quarter of a second long.
    no_index = {"GIT_INDEX_FILE": str(repo.room / "no-index")}
    words = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", first, second, "--")
    tokens = iter(repo.run(*words, extra=no_index).stdout.decode("utf-8", "surrogateescape").split("\0"))
    found = []
    for token in tokens:
        if not token:
            continue
        path = next(tokens)
        mode, other_mode, one, two, _ = token[1:].split(" ")
        for kind, oid in ((mode, one), (other_mode, two)):
            if oid != ZERO and kind not in _FILES:
                raise BookError("git.not-a-file", path=path)
        if one != two or modes:
            found.append(Difference(path, None if one == ZERO else one, None if two == ZERO else two, other_mode))
    return found


def last_touched(repo: Repository, path: str, tip: str, without: Sequence[str]) -> int:
    """When (seconds since 1970) ``path`` was last committed in ``tip`` and none of ``without``; 0: never."""
    words = ("log", "-1", "--format=%ct", "--no-show-signature", tip, *(f"^{one}" for one in without), "--", path)
    return int(repo.run(*words).stdout.strip() or 0)


def creators(repo: Repository, paths: Collection[str], tip: str, without: Sequence[str]) -> dict[str, str]:
    """The commit that first made each of these files in ``tip`` and none of ``without``; of several the one with
    the least id. Files that only a merge brought are left out."""
    found: dict[str, str] = {}
    for some in _some(paths):
        words = ["log", "--no-show-signature", "--no-renames", "--diff-filter=A", "--name-only", "-z", "--full-history"]
        words += ["--root", "--format=%x01%H", tip, *(f"^{one}" for one in without), "--", *some]
        out = repo.run("-c", "log.showRoot=true", *words).stdout.decode("utf-8", "surrogateescape")
        for part in out.split("\x01")[1:]:
            commit = part[:40]
            for name in part[40:].split("\0"):
                path = name.lstrip("\n")
                if path:
                    found[path] = min(found.get(path, commit), commit)
    return found


def committers(repo: Repository, tip: str, without: str) -> set[str]:
    """The addresses of the desks that wrote what ``tip`` has and ``without`` has not, merges left out."""
    out = repo.run("log", "--no-merges", "--no-show-signature", "--format=%ce", tip, f"^{without}", "--").stdout
    return set(out.decode("utf-8", "replace").split("\n")) - {""}


def count(repo: Repository, tip: str, without: Iterable[str]) -> int:
    """How many commits ``tip`` has that none of ``without`` has."""
    out = repo.run("rev-list", "--count", tip, *(f"^{one}" for one in without), "--").stdout
    return int(out.strip())


def _some(paths: Collection[str]) -> Iterable[list[str]]:
    ordered = sorted(paths)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
