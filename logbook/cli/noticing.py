"""What a query cannot show is said once: changed record files, forms that cannot be read (rulings 20)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logbook.cli import output

if TYPE_CHECKING:
    from logbook.cli.context import Context


@contextmanager
def noticing(context: Context) -> Iterator[None]:
    """Look at the work tree beside the query, and say afterwards what it holds that the query did not see."""
    if context.choices.quiet:
        yield
        return
    from logbook.store.watching import Watch

    watch = Watch(context.session.repository, "records")
    try:
        yield
        output.flush()
        count = watch.count()
    finally:
        watch.close()
    if count:
        output.warn(context, "book.work-tree-differs", count=count)
    session = context.session
    faulty = {issue.path for issue in session.library_issues if issue.is_error and issue.path}
    lost = sorted(path for path in faulty if path.rpartition("/")[2].partition(".")[0] not in session.library.forms)
    if lost:
        output.warn(context, "cli.form-broken", forms=lost)
    unreadable = session.index.broken()
    if unreadable:
        output.warn(context, "cli.unreadable", count=len(unreadable), first=unreadable[0].path)
