"""A12: every record of every commit is valid by its form, in its place, and one commit is one record."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import TYPE_CHECKING

from logbook.core import checking
from logbook.core.findings import Finding
from logbook.core.findings import warning
from logbook.core.form import Check
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.value import replace
from logbook.operations.audit.walk import ATTACHMENTS
from logbook.operations.audit.walk import Change
from logbook.operations.audit.walk import Step
from logbook.operations.audit.walk import Version
from logbook.store.records import form_and_id
from logbook.store.records import path_of

if TYPE_CHECKING:
    from logbook.core.view import View


class Validity:
    """Judges the records of each commit; keeps what is dear to find out."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], bool] = {}
        self._last: dict[str, frozenset[tuple[str, str | None]]] = {}

    def findings(self, step: Step) -> Iterator[Finding]:
        """What is wrong with the records this commit touched; what was wrong before is not told again."""
        for issue in step.rules.issues if step.rules is not step.before else ():
            yield step.find("A12", issue)
        yield from shape(step)
        for old, new in step.moved.items():
            if old in self._last:
                self._last[new] = self._last.pop(old)
        for change in step.changes:
            state = change.new.state if change.new is not None else None
            if state is None:
                continue
            found = list(self._judge(step, change, state))
            if found and change.path not in self._last and not step.world.whole:
                self._last[change.path] = self._before(step, change, state)
            before = self._last.get(change.path, frozenset())
            for issue in found:
                if (issue.rule, issue.field) not in before:
                    yield step.find("A12", issue, change)
            if found or before:
                self._last[change.path] = frozenset((issue.rule, issue.field) for issue in found)

    def _before(self, step: Step, change: Change, new: State) -> frozenset[tuple[str, str | None]]:
        """What was wrong already where the walk began."""
        old = change.old.state if change.old is not None else None
        if old is None:
            return frozenset()
        issues = list(self._judge(step, Change(change.path, change.status, new=change.old), old))
        step.world.put(new)
        return frozenset((issue.rule, issue.field) for issue in issues)

    def _judge(self, step: Step, change: Change, state: State) -> Iterator[Issue]:
        form, record = state.form, state.record
        place = form_and_id(change.path)
        if place is not None and place[1] != record.id:
            yield Issue("record.id-path", {"found": record.id}, field="id")
        elif place is not None and place[0] != record.form:
            yield Issue("record.path", {"expected": path_of(form, record.id, record.at)})
        own = checking.record_issues(form, record, step.rules.library, exists=step.world.exists)
        yield from (issue for issue in own if issue.is_error)
        if any(issue.is_error for issue in own):
            return
        start = len(change.old.record.events) if change.old is not None and change.old.record is not None else 0
        for count in range(max(start + 1, 1), len(record.events)):
            # Several events in one commit: each is judged as it stood when it was the last.
            signed = tuple(one for one in record.signatures if one.events < count)
            then = state_of(form, replace(record, events=record.events[:count], signatures=signed, amendments=()))
            yield from self._checked(step, form, step.world.put(then))
            step.world.put(state)
        view = step.world.find(form.name, record.id)
        if view is not None:
            yield from self._checked(step, form, view)

    def _checked(self, step: Step, form: Form, view: View) -> Iterator[Issue]:
        only = None if step.alone else self._is_own(form)
        for issue in checking.check_issues(form, view, step.world, only=only, library=step.rules.library):
            if issue.is_error:
                # What merged lines amount to together nobody could know when he wrote his own.
                yield warning(issue) if step.is_merge else issue

    def settled(self, step: Step, versions: Iterable[Version]) -> Iterator[Finding]:
        """The checks that read other records, of each of these records as it is at the last ``step``."""
        for version in versions:
            if version.state is None:
                continue
            view = step.world.put(version.state)
            for issue in checking.check_issues(version.state.form, view, step.world, library=step.rules.library):
                if issue.is_error:
                    yield step.find("A12", issue.at(path=version.path, id=version.id))

    def _is_own(self, form: Form) -> checking.Only:
        from logbook.core import rules

        def own(check: Check) -> bool:
            key = (form.full_name, check.id)
            if key not in self._own:
                self._own[key] = rules.cost(check.rule, form) == "l"
            return self._own[key]

        return own


def shape(step: Step) -> Iterator[Finding]:
    """One commit is one record: an import, a merge and the making of the book are not held to that."""
    if step.is_merge or step.is_root:
        return
    records = [change for change in step.changes if change.is_record]
    if step.action == "import":
        for change in records:
            if change.old is not None:
                yield step.find("A12", Issue("audit.import-changed", {"path": change.path}), change)
    elif len(records) > 1:
        yield step.find("A12", Issue("audit.many-records", {"count": len(records)}), records[0])
    others = [one for one in step.changes if not one.is_record and not one.path.startswith(f"{ATTACHMENTS}/")]
    if records and others:
        yield step.find("A12", Issue("audit.mixed", {"path": others[0].path}), others[0])
