"""What an audit found, for people and for programs; the tick sheet of a sample."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.moments import to_text
from logbook.render.porcelain import Json
from logbook.render.porcelain import issue_json

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from logbook.core.findings import Finding
    from logbook.locale.catalogue import Catalogue

NAMES = (
    "rule", "severity", "id", "field", "message", "commit", "by", "old", "new",
    "happened_at", "authored_at", "committed_at", "received_at", "path",
)  # fmt: skip


def finding_json(finding: Finding, catalogue: Catalogue, zone: ZoneInfo) -> Json:
    """The contract's keys, ``rule`` being the code of the trail; ``finding`` is the kind within the rule."""
    told = issue_json(finding.issue, catalogue)
    fix = told.pop("fix")
    times = finding.times
    return {
        **told,
        "rule": finding.rule,
        "finding": finding.code,
        "by": finding.by,
        "old": finding.old,
        "new": finding.new,
        "happened_at": _moment(times.happened, zone),
        "authored_at": _moment(times.authored, zone),
        "committed_at": _moment(times.committed, zone),
        "received_at": _moment(times.received, zone),
        "fix": fix,
    }


def finding_lines(finding: Finding, catalogue: Catalogue, zone: ZoneInfo) -> Iterator[str]:
    """A finding as people read it: rule, record and field, the sentence; below it the commit and its person,
    old and new value, the four times side by side, and what to do."""
    issue = finding.issue
    sentence, fix = catalogue.issue(issue)
    mark = "" if issue.is_error else ("注意 " if catalogue.lang == "zh" else "note: ")
    place = " ".join(part for part in (issue.id or issue.path or "", issue.field or "") if part)
    yield f"{finding.rule:<4}{place + ': ' if place else ''}{mark}{sentence}"
    words = []
    if issue.commit:
        words.append(f"{issue.commit[:10]} {finding.by}".rstrip())
    if finding.old not in (None, ""):
        words.append(catalogue.say("audit.was", old=finding.old))
    if finding.new not in (None, ""):
        words.append(catalogue.say("audit.became", new=finding.new))
    if words:
        yield f"    {' · '.join(words)}"
    times = finding.times
    if times.authored is not None:
        unknown = catalogue.say("audit.unknown")
        moments = {
            "happened": times.happened,
            "authored": times.authored,
            "committed": times.committed,
            "received": times.received,
        }
        said = {name: f"{one.astimezone(zone):%m-%d %H:%M}" if one else unknown for name, one in moments.items()}
        yield f"    {catalogue.say('audit.times', **said)}"
    if fix:
        yield f"    → {fix}"


def tick_sheet(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A ruled sheet to print and tick off. Numbers are not parsed: ``007`` and ``1.10`` are text."""
    from tabulate import tabulate  # late: it takes as long to import as a short command takes

    return tabulate([list(row) for row in rows], list(heads), tablefmt="grid", disable_numparse=True)


def _moment(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return to_text(moment.astimezone(zone)) if moment is not None else None


def cells(found: Iterable[Json]) -> Iterator[list[object]]:
    """The findings as rows of ``NAMES``."""
    return ([one[name] for name in NAMES] for one in found)
