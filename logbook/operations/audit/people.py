"""Who did it: A1 (attribution), A2 (no shared identities), A14 (authority)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime

from logbook.core import checking
from logbook.core.clockevents import barred_from
from logbook.core.clocksteps import event_issues
from logbook.core.findings import Finding
from logbook.core.findings import warning
from logbook.core.issues import Issue
from logbook.core.lifecycle import VOIDED
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Signature
from logbook.core.value import replace
from logbook.operations.audit.entries import Entered
from logbook.operations.audit.entries import entered
from logbook.operations.audit.walk import Change
from logbook.operations.audit.walk import Step
from logbook.operations.audit.walk import Version

# Names behind which anybody may stand; a book may name more (trail.shared_identities).
SHARED = frozenset(
    ("admin", "administrator", "root", "user", "guest", "test", "office", "desk", "frontdesk", "front_desk",
     "reception", "shared", "duty", "service", "staff", "team",
     "前台", "客服", "客服中心", "值班", "值班员", "管理员", "公用", "共用", "办公室", "服务台", "收银", "门岗",
     "保安", "测试")
)  # fmt: skip


def attribution(step: Step) -> Iterator[Finding]:
    """A1: everybody who acts is registered and there, and the commit's author is the person it speaks of."""
    if step.is_merge:
        if step.author not in step.staff:
            yield step.find("A1", Issue("audit.author-unknown", {"found": _author(step)}))
        return
    if not step.author or (step.author not in step.staff and not step.is_root):
        # The first member enters himself; before him the commit that made the book has an author to be.
        if not step.is_root:
            yield step.find("A1", Issue("audit.author-unknown", {"found": _author(step)}))
    for change in step.changes:
        if not change.is_record:
            continue
        yield from _trailers(step, change)
        for entry in entered(change):
            told = {"by": entry.by, "author": _author(step)}
            if entry.source and step.action not in ("import", "void"):
                # Only an import brings what happened elsewhere, and a stub closes a gap.
                issue = Issue("audit.source", {"found": entry.source}, field=f"{entry.place}.source")
                yield step.find("A1", issue, change, happened=entry.at, new=entry.source)
            yield from _acted(step, change, entry.by, entry, f"{entry.place}.by")
            if entry.approved_by:
                yield from _acted(step, change, entry.approved_by, entry, f"{entry.place}.approved_by")
            if step.action != "import" and step.author not in (entry.by, entry.entered_by):
                issue = Issue("audit.author", told, field=f"{entry.place}.by")
                yield step.find("A1", issue, change, happened=entry.at, old=step.author, new=entry.by)
            if entry.entered_by and not entry.reason:
                told = {"by": entry.by, "hand": entry.entered_by}
                issue = warning(Issue("audit.entered-for", told, field=f"{entry.place}.reason"))
                yield step.find("A1", issue, change, happened=entry.at)


def _author(step: Step) -> str:
    return f"{step.entry.author} <{step.entry.author_email}>"


def _acted(step: Step, change: Change, who: str, entry: Entered, place: str) -> Iterator[Finding]:
    if entry.source:
        return
    person = step.staff.get(who)
    if person is None:
        issue = Issue("audit.not-staff", {"by": who}, field=place)
        yield step.find("A1", issue, change, happened=entry.at)
    elif not _was_there(person, entry.happened):
        issue = Issue("audit.had-left", {"by": who}, field=place)
        yield step.find("A1", issue, change, happened=entry.at)


def _was_there(person: Version, moment: datetime) -> bool:
    state = person.state
    if state is None:
        return False
    for event in state.events:
        target = state.form.steps.get(event.step)
        ends = (target is not None and target.to in state.form.final) or event.step in ("void", VOIDED)
        if ends and moment > datetime.fromisoformat(event.at):
            return False
    return True


def _trailers(step: Step, change: Change) -> Iterator[Finding]:
    """The trailers that ``git log --grep`` and ``git shortlog`` go by say what the commit does."""
    record = change.new.record if change.new is not None else None
    if record is None or step.is_root:
        return
    said = step.trailers
    if step.action == "import":
        expected = {"Form": record.form_version}
    else:
        expected = {"Record": record.id, "Form": record.form_version, "By": step.author}
    for name, value in expected.items():
        if said.get(name) != value:
            told = {"name": name, "found": said.get(name) or "-", "expected": value}
            yield step.find("A1", Issue("audit.trailer", told, field=name), change, old=said.get(name), new=value)
            return
    done = actions_of(change) | {"open", "import"}
    if change.old is None:
        done |= {"add"}
    if step.action not in done:
        told = {"name": "Action", "found": step.action or "-", "expected": ", ".join(sorted(done))}
        yield step.find("A1", Issue("audit.trailer", told, field="Action"), change, old=step.action)


def actions_of(change: Change) -> set[str]:
    """What a commit does to a record by the entries it adds: steps by their ids, ``amend``, ``sign``, ``void``."""
    found = set()
    for entry in entered(change):
        if isinstance(entry.what, Event):
            found.add("void" if entry.what.step == VOIDED else entry.what.step)
        else:
            found.add("amend" if isinstance(entry.what, Amendment) else "sign")
    return found


def shared_identities(step: Step) -> Iterator[Finding]:
    """A2: nobody in the staff register is a desk, a role or a department."""
    for change in step.changes:
        state = change.new.state if change.new is not None else None
        if state is None or state.form.name != "staff":
            continue
        common = SHARED | _common_names(step, state)
        name = str(state.fields.get("name") or "")
        before = change.old.state.fields.get("name") if change.old and change.old.state else None
        for field, word in (("id", state.record.id), ("name", name)):
            if word.casefold() in common and (change.old is None or (field == "name" and before != name)):
                yield step.find("A2", Issue("audit.shared-identity", {"found": word}, field=field), change)


def _common_names(step: Step, person: State) -> set[str]:
    """The names of desks, roles and departments of the book, and what its settings add."""
    more = step.rules.trail("shared_identities")
    found = {str(word).casefold() for word in (more if isinstance(more, list) else ())}
    found |= {word.casefold() for word in step.rules.settings.desks.values()}
    field = person.form.fields.get("roles")
    for role, title in (*step.rules.library.roles.items(), *(field.choices if field is not None else {}).items()):
        found.add(role.casefold())
        for word in (title.zh, title.en):
            # 主任/经理 and 客服主管(副主任) stand for each of their names, too.
            found.update(one.casefold() for one in (word, *_NAMES.split(word)) if one)
    department = person.fields.get("department")
    return found | {str(department).casefold()} if department else found


_NAMES = re.compile(r"[/()（）、]")


def authority(step: Step) -> Iterator[Finding]:
    """A14: steps by a role the form allows; whoever approves is neither who asks nor who has it in hand."""
    if step.is_merge:
        return
    yield from _settings(step)
    for change in step.changes:
        state = change.new.state if change.new is not None else None
        if state is None:
            continue
        form, record = state.form, state.record
        for entry in entered(change):
            if entry.source or entry.by not in step.staff or not step.staff_before:
                continue  # the first member enters himself
            what = entry.what
            number = int(entry.place.rpartition(".")[2])
            if isinstance(what, Event):
                before = state_of(form, replace(record, events=record.events[: number - 1]))
                issues = _taken(step, before, what)
            elif isinstance(what, Amendment):
                issues = _changed(step, state, what)
            else:
                issues = _signed(step, state, what)
            for issue in issues:
                place = f"{entry.place}.{issue.field or 'by'}"
                yield step.find("A14", replace(issue, field=place), change, happened=entry.at)


def _is_administrator(step: Step, who: str) -> bool:
    return who == (step.before.settings.administrator or step.rules.settings.administrator)


def _taken(step: Step, before: State, event: Event) -> list[Issue]:
    """An event against the state it was taken in."""
    form = before.form
    roles = step.world.roles(event.by)
    admin = _is_administrator(step, event.by)
    titles = step.rules.library.roles
    issues: list[Issue] = []
    taken = form.steps.get(event.step)
    if taken is not None:
        strict = checking.step_issues(form, before, taken, event, roles=roles, titles=titles)
        for issue in strict:
            if issue.rule == "step.role":
                issues.append(_as_administrator(issue, admin))
            elif issue.rule in ("step.approver", "step.same-person", "step.reason"):
                issues.append(issue)
    elif event.step in ("void", VOIDED):
        issues += _may_change(step, before, event.by, admin)
    else:
        found = event_issues(form, event, "", True)
        issues += [
            replace(issue, field=(issue.field or "").rpartition(".")[2])
            for issue in found
            if issue.rule in ("step.approver", "step.same-person", "step.reason")
        ]
    if event.approved_by and event.step == "extend" and event.approved_by in barred_from(event, before):
        issues.append(Issue("audit.approver-assignee", {"by": event.approved_by}, field="approved_by"))
    return issues


def _may_change(step: Step, state: State, by: str, admin: bool) -> list[Issue]:
    titles = step.rules.library.roles
    roles = step.world.roles(by)
    found = checking.change_issues(state.form, state, by, roles=roles, administrator=False, titles=titles)
    return [_as_administrator(issue, admin) for issue in found]


def _as_administrator(issue: Issue, admin: bool) -> Issue:
    """What only the administrator may, done by the administrator: listed (rulings 15)."""
    if not admin:
        return issue
    return warning(Issue("audit.administrator", {"by": issue.args.get("by", "")}, field=issue.field))


def _changed(step: Step, state: State, amendment: Amendment) -> list[Issue]:
    issues = _may_change(step, state, amendment.by, _is_administrator(step, amendment.by))
    if amendment.approved_by and amendment.approved_by == amendment.by:
        issues.append(Issue("audit.same-person", {"by": amendment.by}, field="approved_by"))
    return issues


def _signed(step: Step, state: State, signature: Signature) -> list[Issue]:
    place = state.form.signatures.get(signature.meaning)
    if place is None:
        known = list(state.form.signatures)
        return [Issue("record.sign-meaning", {"found": signature.meaning, "allowed": known}, field="as")]
    issues = []
    if place.roles and not {"customer", "staff"} & set(place.roles):
        if set(place.roles).isdisjoint(step.world.roles(signature.by)):
            told = {"meaning": place.label, "by": signature.by, "roles": list(place.roles)}
            issue = Issue("record.sign-role", told, field="by")
            issues.append(_as_administrator(issue, _is_administrator(step, signature.by)))
    named = state.fields.get(place.of) if place.of else None
    if named and named != signature.by:
        told = {"meaning": place.label, "by": signature.by, "roles": [named]}
        issues.append(Issue("record.sign-role", told, field="by"))
    return issues


def _settings(step: Step) -> Iterator[Finding]:
    """What is no record: under ``book: …``, by the administrator or somebody the book gives that to."""
    others = [one for one in step.changes if not one.is_record and not one.path.startswith("attachments/")]
    if not others or step.is_root:
        return
    first = others[0]
    if not step.entry.subject.startswith("book: "):
        yield step.find("A14", Issue("audit.not-book", {"path": first.path}), first)
    if not _is_administrator(step, step.author):
        roles = step.world.roles(step.author)
        leading = sorted(roles & LEADING)
        if not leading:
            told: Mapping[str, object] = {"by": step.author or _author(step), "path": first.path}
            yield step.find("A14", Issue("audit.book-role", told), first)


# Who may change settings and forms beside the administrator.
LEADING = frozenset(("director", "cs_supervisor", "admin_supervisor", "general_manager", "department_manager"))
