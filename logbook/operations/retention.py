"""Which closed records need not be kept any longer, from when on. A list: nothing is ever taken away by us."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING
from typing import Literal

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.keeping import Keep
from logbook.core.keeping import final_steps
from logbook.core.keeping import leaves_state
from logbook.core.keeping import read_keep
from logbook.core.moments import from_epoch
from logbook.core.value import frozen
from logbook.store.book import SETTINGS_FILE

if TYPE_CHECKING:
    from logbook.operations.session import Session

# Where a period stands: the site's word on that form, the form's own, the site's word on all the others.
Source = Literal["site", "form", "default"]
_DEFAULT = "default"


@frozen
class Closed:
    """A closed record: the day it ended, and the first day on which it need not be kept (None: no period is set,
    or it is kept for ever)."""

    form: str
    id: str
    status: str
    ended: date
    over: date | None


@frozen
class FormPeriod:
    """What holds for one form: the period and where it stands (None: no period set), how many records are open and
    closed, of how many the period is over by the day asked for, and the next day on which one more is."""

    form: Form
    keep: Keep | None
    source: Source | None
    open: int
    closed: int
    over: int
    next: date | None


@frozen
class Retention:
    """``records``: those whose period is over on ``until``, the longest over first."""

    until: date
    forms: tuple[FormPeriod, ...]
    records: tuple[Closed, ...]


def retention(session: Session, *, until: date | None = None, forms: Iterable[str] = ()) -> Retention:
    """The list as of ``until`` (default: the day of now). ``forms``: ids or labels, default all.

    A period counts from the day a record reached its end: the step into the final state it is in, or its
    cancelling; for standing data that is its leaving. The day of the step is that of the book's zone. Refused with
    every period of the settings that cannot be read, and for a form that is not there.
    """
    wanted = {session.form(word).name for word in forms}
    issues = retention_issues(session)
    if issues:
        raise Refused(issues, "book.settings-broken", path=SETTINGS_FILE)
    last = until or session.now.astimezone(session.zone).date()
    periods = {name: _period(session, form) for name, form in session.library.forms.items()}
    counts: dict[str, list[int]] = {}
    nexts: dict[str, date] = {}
    found: list[Closed] = []
    for form, record_id, status, ended in _ends(session):
        if form not in periods or (wanted and form not in wanted):
            continue
        count = counts.setdefault(form, [0, 0, 0])
        if ended is None:
            count[0] += 1
            continue
        count[1] += 1
        keep = periods[form][0]
        over = keep.over_on(ended) if keep is not None else None
        if over is None:
            continue
        if over <= last:
            count[2] += 1
            found.append(Closed(form, record_id, status, ended, over))
        else:
            nexts[form] = min(over, nexts.get(form, over))
    found.sort(key=lambda one: (one.over or last, one.form, one.id))
    told = [
        _told(form, periods[name], counts.get(name, [0, 0, 0]), nexts.get(name))
        for name, form in session.library.forms.items()
        if name in wanted or (not wanted and (name in counts or periods[name][1] in ("site", "form")))
    ]
    return Retention(last, tuple(told), tuple(found))


def _told(form: Form, period: tuple[Keep | None, Source | None], counts: list[int], soon: date | None) -> FormPeriod:
    opened, closed, over = counts
    return FormPeriod(form, period[0], period[1], opened, closed, over, soon)


def retention_issues(session: Session) -> list[Issue]:
    """What is wrong with ``settings: retention:``: a period that is none, a form that is not there."""
    from logbook.core.suggest import hint

    settings = session.book.settings.settings.get("retention")
    if settings in (None, ""):
        return []
    if not isinstance(settings, Mapping):
        return [Issue("retention.shape", {}, path=SETTINGS_FILE, field="settings.retention")]
    issues = []
    known = [_DEFAULT, *session.library.forms]
    for name, text in settings.items():
        place = f"settings.retention.{name}"
        if name not in known and name not in session.library.absent:
            issues.append(_wrong("retention.unknown-form", place, found=name, hint=hint(name, known)))
        if read_keep(text) is None:
            issues.append(_wrong("retention.period", place, found="" if text is None else str(text)))
    return issues


def _wrong(code: str, place: str, **args: object) -> Issue:
    return Issue(code, args, path=SETTINGS_FILE, field=place)


def _period(session: Session, form: Form) -> tuple[Keep | None, Source | None]:
    own = session.library.settings.get("retention")
    site = own if isinstance(own, Mapping) else {}
    told: tuple[tuple[object, Source], ...] = (
        (site.get(form.name), "site"), (form.keep, "form"), (site.get(_DEFAULT), "default"),
    )  # fmt: skip
    for text, source in told:
        keep = read_keep(text)
        if keep is not None:
            return keep, source
    return None, None


def _ends(session: Session) -> Iterator[tuple[str, str, str, date | None]]:
    """Form, id, status and day of the end of every record there is at the session's moment; None where it is open."""
    at = int(session.now.timestamp())
    sql = (
        "select r.form, r.version, r.id, e.step, e.at from events e join records r using (_record)"
        f" where e.at <= {at} order by r.form, r.at_epoch, r.id, e._record, e.n"
    )

    @cache
    def parts(name: str, version: int) -> tuple[Form | None, frozenset[str]]:
        form = session.library.form_at(name, version) or session.library.forms.get(name)
        return form, final_steps(form) if form is not None else frozenset()

    @cache
    def day_of(quarter: int) -> date:
        return from_epoch(quarter * 900, session.zone).date()

    last: tuple[str, str] | None = None
    status, ended = "", None
    for name, version, record_id, step, moment in session.index.sql(sql)[1]:
        if last != (name, record_id):
            if last is not None:
                yield (*last, status, ended)
            last, status, ended = (name, record_id), "", None
        form, final = parts(name, version)
        if form is None or not leaves_state(form, step):
            continue
        own = form.steps.get(step)
        status = (own.to or "") if own is not None else "voided"
        if step not in final:
            ended = None
        elif ended is None:
            ended = day_of(moment // 900)
    if last is not None:
        yield (*last, status, ended)
