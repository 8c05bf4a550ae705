"""What a query cannot show is said once: changed files, rules and forms that cannot be read (rulings 20)."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logbook.cli import output

if TYPE_CHECKING:
    from logbook.cli.context import Context
    from logbook.core.issues import Issue

_FEW = 3  # so many files are named
_RULES = ("logbook.yaml", "templates")


@contextmanager
def noticing(context: Context, *, rules: bool = False) -> Iterator[None]:
    """Look at the work tree beside the query, and say afterwards what it holds that the query did not see.

    ``rules``: the answer hangs on deadlines or duties. A fault in the rules is told before it then, and
    rules that are changed and not committed after it."""
    if context.choices.quiet:
        yield
        return
    from logbook.store.watching import Watch

    # What was known at a commit has nothing to do with the files of today.
    prefixes = ("records", *_RULES) if rules else ("records",)
    watch = Watch(context.session.repository, *prefixes) if context.choices.rev is None else None
    faults = _tell_faults(context) if rules else False
    try:
        yield
        output.flush()
        paths = watch.paths() if watch is not None else []
    finally:
        if watch is not None:
            watch.close()
    changed = [path for path in paths if path.partition("/")[0] in _RULES]
    if len(paths) > len(changed):
        output.warn(context, "book.work-tree-differs", count=len(paths) - len(changed))
    if changed:
        output.warn(context, "book.rules-differ", paths=_some(changed))
    session = context.session
    faulty = {issue.path for issue in session.library_issues if issue.is_error and issue.path}
    lost = sorted(path for path in faulty if path.rpartition("/")[2].partition(".")[0] not in session.library.forms)
    if lost and not faults:
        from logbook.core.sources import SPECIAL

        lost = [path for path in lost if path.rpartition("/")[2].removesuffix(".yaml") not in SPECIAL]
    if lost and not faults:
        output.warn(context, "cli.form-broken", forms=lost)
    unreadable = session.index.broken()
    if unreadable:
        output.warn(context, "cli.unreadable", count=len(unreadable), first=unreadable[0].path)


def _tell_faults(context: Context) -> bool:
    """Say that the rules have faults, if they have."""
    from logbook.operations.rulefaults import rule_faults

    found = rule_faults(context.session)
    if found:
        output.warn(context, "book.faulty-rules", **faulty(found))
    return bool(found)


def faulty(found: Sequence[Issue]) -> dict[str, object]:
    """What ``book.faulty-rules`` says of these faults."""
    from logbook.operations.rulefaults import files_of

    return {"count": len(found), "paths": _some(files_of(found))}


def _some(paths: Sequence[str]) -> list[str]:
    return [*paths[:_FEW], "…"] if len(paths) > _FEW else list(paths)
