"""The pages of reports, as far as there are any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logbook.core.sitepages import Page

if TYPE_CHECKING:
    from logbook.operations.session import Session


def report_pages(session: Session) -> Sequence[Page]:
    """One page a report: its file name without ending, its title, and its body as markup that is safe to stand in
    a page (tables and inline SVG, no script). The site sets it between its own head and foot, under ``reports/``, and
    lists it on ``reports.html``; where there is none, nothing of reports is shown. What this room may not import is
    given to ``build`` as ``pages`` instead, by the command."""
    return ()
