"""The reports of a month in one folder: all of it is there, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.errors import UsageError
from logbook.core.reporting import Period
from logbook.core.reporting import Report
from logbook.operations.session import Session
from logbook.reports.running import Head
from logbook.reports.running import monthly

# Makes the files of a folder, by name, of reports by theirs.
Pages = Callable[[list[tuple[str, Report]], str, str], dict[str, str]]


def pack_month(
    session: Session, period: Period, folder: Path, lang: str, pages: Pages, *, private: bool = False
) -> tuple[int, list[Head]]:
    """Write every monthly report that has data into ``folder``, which must not be there yet. How many there
    are, and those left out. UsageError ``report.exists``; BookError when the folder cannot be written."""
    if folder.exists() or folder.is_symlink():
        raise UsageError("report.exists", path=str(folder))
    reports: list[tuple[str, Report]] = []
    skipped: list[Head] = []
    for head, report in monthly(session, period, private=private):
        if report is None:
            skipped.append(head)
        else:
            reports.append((head.id, report))
    title = f"{session.book.settings.name} {period.label.say(lang)} {'月报' if lang == 'zh' else 'reports'}".strip()
    files = pages(reports, title, lang)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="\n") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            raise UsageError("report.exists", path=str(folder))
        os.rename(beside, folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise BookError("notify.cannot-write", path=str(folder), why=error.strerror or str(error)) from error
    except UsageError:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return len(reports), skipped
