"""What a shared copy does with a push: holds it to the rules of the trail, and writes down that it came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.operations.session import Clock
from logbook.operations.session import Session
from logbook.store import receipts
from logbook.store.book import SETTINGS_FILE
from logbook.store.book import Book
from logbook.store.book import Settings
from logbook.store.book import settings_from
from logbook.store.git import Repository
from logbook.store.objects import ZERO
from logbook.store.objects import is_oid
from logbook.store.tags import is_behind
from logbook.store.tags import parse_tag

if TYPE_CHECKING:
    from logbook.core.findings import Finding
    from logbook.operations.audit.walk import Step

HEADS = "refs/heads/"
CHECKPOINTS = "refs/tags/checkpoint/"
# A clock that is behind or ahead is no fault of the record: told by the audit, not refused (A6).
_LET_THROUGH = ("audit.backwards",)
# Being received is what mends it.
_UNTOLD = ("audit.unsent",)
# Words of a sentence that name a place or what is allowed; all others may quote what somebody entered.
_PLAIN_WORDS = frozenset(
    ("label path place name allowed known target field form meaning author by first").split()
)
# Places of a record that hold nothing of anybody's.
_HEADER = ("id", "form", "status")


@frozen
class Push:
    """One ref a push wants to move; 40 zeros stand for "not there"."""

    old: str
    new: str
    ref: str


@frozen
class Told:
    """One thing to tell whoever pushed: the code of the rule, empty where it is none of the trail's."""

    rule: str
    issue: Issue


@dataclass
class Judgement:
    """What came of a push. It is let in where ``refused`` is empty."""

    lang: str = "zh"
    administrator: str = ""
    commits: int = 0
    refused: list[Told] = attribute(default_factory=list)
    warnings: list[Told] = attribute(default_factory=list)


def pushes(text: str) -> list[Push]:
    """What Git tells a hook on its input."""
    rows = [line.split(" ", 2) for line in text.splitlines() if line]
    return [Push(row[0], row[1], row[2]) for row in rows if len(row) == 3 and is_oid(row[0]) and is_oid(row[1])]


def book_ref(repository: Repository, pushed: Sequence[Push] = ()) -> str | None:
    """The branch a shared copy keeps its book on: the one its HEAD names; before there is one, the only branch it
    has, or the only one that is pushed. None where that cannot be told."""
    named = repository.branch_ref()
    if repository.ref(named) is not None:
        return named
    out = repository.run("for-each-ref", "--format=%(refname)", HEADS).stdout.decode("utf-8", "surrogateescape")
    there = out.split()
    if there:
        return there[0] if len(there) == 1 else named
    came = [one.ref for one in pushed if one.ref.startswith(HEADS) and one.new != ZERO]
    if named in came:
        return named
    return came[0] if len(came) == 1 else None


def language(repository: Repository) -> str:
    """The language a shared copy speaks: its book's; Chinese before there is one."""
    ref = book_ref(repository)
    head = repository.ref(ref) if ref is not None else None
    settings = _settings(repository, head) if head is not None else None
    return settings.language if settings is not None else "zh"


def session_at(
    repository: Repository, commit: str, *, now: datetime, environment: Mapping[str, str], current: bool = False
) -> Session:
    """The book of a bare repository as of ``commit``. ``current``: its branch is there now, so that the index kept
    in the repository answers; else one is made in memory, if anybody asks.

    BookError ``hook.no-book`` where the commit holds no book; Refused where its settings cannot be read.
    """
    data = repository.blob_at(commit, SETTINGS_FILE)
    if data is None:
        raise BookError("hook.no-book", commit=commit[:12])
    settings = settings_from(data)
    clock = Clock(now.astimezone(settings.zone), now, given=False)
    lang = settings.language if settings.language in ("zh", "en") else "zh"
    rev = None if current else commit
    session = Session(Book(repository.root, settings), clock, lang=lang, environment=environment, rev=rev)
    session.__dict__["repository"] = repository
    return session


# --------------------------------------------------------------------------- before the push is let in


def judge(
    repository: Repository, pushed: Sequence[Push], *, now: datetime, environment: Mapping[str, str]
) -> Judgement:
    """Hold every ref of a push to the rules; nothing of it is in the repository yet. ``now``: the server's clock."""
    done = Judgement()
    ref = book_ref(repository, pushed)
    head = repository.ref(ref) if ref is not None else None
    settings = _settings(repository, head) if head is not None else None
    first = next((one for one in pushed if one.ref == ref and one.new != ZERO), None)
    if settings is None and first is not None:
        settings = _settings(repository, first.new)
    if settings is not None:
        done.lang = settings.language
        done.administrator = settings.administrator or ""
    trail = settings.trail if settings is not None else {}
    judging = _Judging(repository, now, environment, done)
    for one in pushed:
        if one.ref == ref:
            judging.book(one, head)
        elif one.ref.startswith(CHECKPOINTS):
            judging.checkpoint(one, first.new if first is not None else head)
        elif one.ref.startswith(HEADS) and _is_allowed(one.ref.removeprefix(HEADS), trail.get("branches")):
            judging.other_branch(one, head)
        else:
            judging.refuse("", "hook.other-ref", ref=_short(one.ref), branch=_short(ref or f"{HEADS}main"))
    return done


def _settings(repository: Repository, commit: str) -> Settings | None:
    try:
        data = repository.blob_at(commit, SETTINGS_FILE)
        return settings_from(data) if data is not None else None
    except (BookError, Refused):
        return None  # told when that commit is judged


def _short(ref: str) -> str:
    return ref.removeprefix(HEADS).removeprefix("refs/")


def _is_allowed(branch: str, patterns: object) -> bool:
    words = patterns if isinstance(patterns, list) else [patterns]
    return any(isinstance(word, str) and fnmatchcase(branch, word) for word in words)


@dataclass
class _Judging:
    """One push being judged against a repository as of ``now``; what comes of it stands in ``done``."""

    repository: Repository
    now: datetime
    environment: Mapping[str, str]
    done: Judgement

    def session(self, commit: str, *, current: bool = False) -> Session:
        return session_at(self.repository, commit, now=self.now, environment=self.environment, current=current)

    def refuse(self, rule: str, code: str, **args: object) -> None:
        self.done.refused.append(Told(rule, Issue(code, args)))

    def moves_on(self, one: Push) -> bool:
        """Whether a branch is neither deleted nor rewritten by this push (A8)."""
        if one.new == ZERO:
            self.refuse("A8", "hook.deleted", ref=_short(one.ref))
            return False
        if one.old != ZERO and not is_behind(self.repository, one.old, one.new):
            self.refuse("A8", "hook.rewritten", ref=_short(one.ref), commit=one.old[:12])
            return False
        return True

    def book(self, one: Push, head: str | None) -> None:
        if one.old != (head or ZERO):
            self.refuse("", "hook.moved", ref=_short(one.ref))
            return
        if not self.moves_on(one):
            return
        last = receipts.last_of(self.repository, one.ref)
        if last is not None and last != one.old and not is_behind(self.repository, last, one.new):
            # The copy itself was put back; what is pushed now would bury that.
            self.done.warnings.append(Told("A8", Issue("hook.put-back", {"commit": last[:12]}, severity="warning")))
        session = self.session(head or one.new, current=head is not None)
        self.audit(session, one.new, head, onto=True)

    def other_branch(self, one: Push, head: str | None) -> None:
        if not self.moves_on(one):
            return
        since: str | None = one.old
        if since == ZERO:
            base = self.repository.run("merge-base", head, one.new, check=False).stdout.decode().strip() if head else ""
            since = base or None
        session = self.session(one.new)
        self.audit(session, one.new, since, onto=False)

    def checkpoint(self, one: Push, tip: str | None) -> None:
        """A checkpoint is set once: an annotated tag on a commit of the book (A8); if signed, then by one who may."""
        name = one.ref.removeprefix("refs/tags/")
        if one.new == ZERO:
            self.refuse("A8", "hook.tag-deleted", tag=name)
        elif one.old != ZERO:
            self.refuse("A8", "hook.tag-moved", tag=name)
        else:
            kind, data = self.repository.objects.read(one.new)
            tag = parse_tag(name, one.new, data) if kind == "tag" else None
            if tag is None or not is_oid(tag.target) or tip is None or not is_behind(self.repository, tag.target, tip):
                self.refuse("A8", "hook.tag-elsewhere", tag=name)
                return
            if tag.signature is None:
                return  # an audit does not go by it
            from logbook.operations.audit import checkpoints

            session = self.session(tip)
            state = checkpoints.read(session, tag).state
            if state != "good":
                self.refuse("A3", "audit.checkpoint-bad", tag=name, state=state)

    def audit(self, session: Session, tip: str, since: str | None, *, onto: bool) -> None:
        """The rules of the trail over what is new."""
        from logbook.operations.audit.run import Audit
        from logbook.operations.audit.run import in_order
        from logbook.operations.audit.run import of_commits
        from logbook.operations.audit.walk import Walk

        # A practice book is written at any hour one likes, tomorrow's too.
        came = None if session.book.settings.practice else lambda _commit: session.now
        walk = Walk(session, tip, since=since, onto=onto, received=came)
        found: list[Finding] = []
        for one in of_commits(walk, Audit(tip, since)):
            if one.code in _UNTOLD:
                continue
            step = walk.last
            if step is not None and one.issue.commit == step.entry.id:
                one = replace(one, issue=discreet(one.issue, step))
            found.append(one)
        self.done.commits += walk.count
        for one in in_order(found):
            told = Told(one.rule, one.issue)
            (self.done.refused if one.is_error and one.code not in _LET_THROUGH else self.done.warnings).append(told)


def discreet(issue: Issue, step: Step) -> Issue:
    """The finding without what somebody entered, where that is private or cannot be told from it."""
    change = next((one for one in step.changes if one.path == issue.path), None)
    version = (change.new or change.old) if change is not None else None
    if version is None or issue.field in _HEADER:
        return issue
    form = version.form
    if form is not None:
        private = {name for name, field in form.fields.items() if field.private}
        private |= {
            name for field in form.fields.values() for name, column in field.columns.items() if column.private
        }
        if not private.intersection(re.split(r"\W", issue.field or "")) and not issue.rule.startswith("yaml."):
            return issue
    args = {
        name: value if name in _PLAIN_WORDS or not isinstance(value, str | list | tuple) or _is_code(value) else "***"
        for name, value in issue.args.items()
    }
    return replace(issue, args=args)


def _is_code(value: object) -> bool:
    """Whether a word names a character nobody sees."""
    return isinstance(value, str) and re.fullmatch(r"U\+[0-9A-F]{4,6}", value) is not None


# --------------------------------------------------------------------------- after the push was let in


def note(repository: Repository, pushed: Sequence[Push], *, pusher: str, at: datetime) -> None:
    """Write down that a push came; the first one also says which branch the book is on."""
    receipts.append(repository, [(one.old, one.new, one.ref) for one in pushed], pusher=pusher, at=at)
    settle_head(repository, pushed)


def settle_head(repository: Repository, pushed: Sequence[Push] = ()) -> None:
    """Let HEAD name the book's branch where it names one nobody has."""
    if repository.ref(repository.branch_ref()) is None:
        ref = book_ref(repository, pushed)
        if ref is not None and ref != repository.branch_ref() and repository.ref(ref) is not None:
            repository.run("symbolic-ref", "HEAD", ref)


def pusher_in(environment: Mapping[str, str]) -> str | None:
    """Who pushes, as the host says it: ours, GitLab's, Gitea's, a web server's name for it."""
    names = ("LOGBOOK_PUSHER", "GL_USERNAME", "GITEA_PUSHER_NAME", "REMOTE_USER")
    return next((environment[name] for name in names if environment.get(name)), None)
