"""Exchange with the other desks: fetch, merge by field, send; never a rebase, never a rewrite, never a lost record."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping

from logbook.core.errors import BookError
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.operations.merging import Mark
from logbook.operations.merging import MergedTree
from logbook.operations.merging import Renamed
from logbook.operations.merging import merged_tree
from logbook.operations.session import Session
from logbook.operations.writing import desk_identity
from logbook.operations.writing import person
from logbook.operations.writing import signature
from logbook.store.graph import Difference
from logbook.store.graph import committers
from logbook.store.graph import count
from logbook.store.graph import differences
from logbook.store.graph import is_ancestor
from logbook.store.records import form_and_id
from logbook.store.records import other_place
from logbook.store.remotes import Remote
from logbook.store.remotes import Sent
from logbook.store.remotes import fetch
from logbook.store.remotes import find_remote
from logbook.store.remotes import has_unsent_checkpoints
from logbook.store.remotes import is_known
from logbook.store.remotes import send

# How often to begin again when another desk was quicker; with the pauses between, about half a minute.
_TRIES = 8
_PAUSE = 0.2  # seconds at first, doubled each time, give or take


@frozen
class Synced:
    """What an exchange brought and sent, or with ``check`` what it would.

    ``came`` and ``went`` are paths of records; ``other_came``, ``other_went`` those of other files. ``both``:
    records changed on both sides. ``marks``: what needs a person. ``state``: ``same`` (nothing to do), ``done``,
    ``check``; or, with what came safely in the book, ``unsent`` (the connection broke) or ``offline`` (there was
    none at all); ``unsent``: commits that still wait here.
    """

    remote: str
    branch: str
    state: str = "same"
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    other_came: tuple[str, ...] = ()
    other_went: tuple[str, ...] = ()
    both: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    kept: tuple[str, ...] = ()
    waiting: int = 0
    unsent: int = 0
    head: str | None = None
    merge: str | None = None
    tries: int = 0
    warnings: tuple[Issue, ...] = ()
    detail: str = ""


def sync(
    session: Session,
    word: str | None = None,
    *,
    check: bool = False,
    offline_ok: bool = False,
    by: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Synced:
    """Exchange with ``word`` (a remote's name or an address; None: this clone's own).

    BookError for what needs a person (no remote, no connection, unrelated histories, a file with unsaved
    changes): the book is as it was then. When sending breaks off, what came stays and the answer says what is
    still unsent. ``check`` fetches and changes nothing in the book.
    """
    repository = session.repository
    if repository.head() is None:
        raise BookError("sync.no-commits", path=str(session.book.root))
    remote = find_remote(repository, word, repository.branch())
    done = Synced(remote.shown, remote.branch)
    for number in range(_TRIES):
        done = replace(done, tries=number + 1)
        try:
            theirs = _fetch(session, remote, done)
        except BookError as error:
            if error.code == "sync.unreachable" and (offline_ok or number):
                state = "unsent" if number else "offline"
                return _finish(session, remote, replace(done, state=state, detail=str(error.args_["detail"])))
            raise
        done = _rewritten(done, theirs)
        if not theirs[3]:
            lost = Issue("sync.receipts-lost", {"remote": done.remote}, severity="warning")
            done = replace(done, warnings=(*(one for one in done.warnings if one.rule != lost.rule), lost))
        if check:
            return _compare(session, done, theirs[1])
        done = _join(session, remote, done, theirs[1], by)
        head = repository.head()
        assert head is not None
        nothing_new = theirs[1] is not None and is_ancestor(repository, head, theirs[1])
        if nothing_new and not (head == theirs[1] and has_unsent_checkpoints(repository, remote)):
            return _finish(session, remote, done)
        sent = send(repository, remote, head)
        if sent.state != "behind":
            return _finish(session, remote, _sent(done, sent))
        if number + 1 < _TRIES:
            pause(_PAUSE * 2**number * random.uniform(0.5, 1.5))
    return _finish(session, remote, replace(done, state="unsent", detail=sent.said))


_Theirs = tuple[str | None, str | None, bool, bool]


def _fetch(session: Session, remote: Remote, done: Synced) -> _Theirs:
    """What was seen there before and what is there now, whether the old is no longer part of the new, and
    whether the receipts over there go on from those we have."""
    repository = session.repository
    before = repository.ref(remote.seen)
    fetched = fetch(repository, remote)
    now = fetched.tip
    lost = before is not None and now is not None and is_known(repository, before)
    return before, now, lost and not is_ancestor(repository, before or "", now or ""), fetched.receipts_kept


def _rewritten(done: Synced, theirs: _Theirs) -> Synced:
    """Told, and healed: what was taken away over there is still here and goes back with the next sending."""
    if not theirs[2]:
        return done
    issue = Issue("sync.rewritten", {"remote": done.remote, "old": (theirs[0] or "")[:12]}, severity="warning")
    return replace(done, warnings=(*done.warnings, issue))


def _sent(done: Synced, sent: Sent) -> Synced:
    if sent.state == "refused":
        raise BookError("sync.refused", remote=done.remote, why=sent.said)
    if sent.state == "cut":
        return replace(done, state="unsent", detail=sent.said)
    return replace(done, state="done")


def _finish(session: Session, remote: Remote, done: Synced) -> Synced:
    """How the book stands now: what waits to be sent, what waits for a person."""
    repository = session.repository
    head = repository.head()
    assert head is not None
    seen = repository.ref(remote.seen)
    unsent = count(repository, head, [seen] if seen is not None and is_known(repository, seen) else [])
    fresh = refreshed(session)
    try:
        waiting = fresh.index.count("is:conflict", now=session.clock.real)
    finally:
        fresh.close()
    return replace(done, head=head, unsent=unsent, waiting=waiting)


def refreshed(session: Session) -> Session:
    """A session of the book as it is after the exchange: settings and forms may have come, too."""
    from logbook.store.book import Book
    from logbook.store.book import read_settings

    book = Book(session.book.root, read_settings(session.book.root))
    return Session(
        book, session.clock, lang=session.lang, environment=session.environment, by=session.given_by
    )


# --------------------------------------------------------------------------- joining two lines


def _join(session: Session, remote: Remote, done: Synced, theirs: str | None, by: str | None) -> Synced:
    """Bring into the book what came; the answer with what that was added."""
    from logbook.store.transaction import write_lock

    repository = session.repository
    with write_lock(repository):  # whoever gets it ends first what a killed writer left
        head = repository.head()
        assert head is not None
        if theirs is None:
            return _counted(done, went=_all_paths(session, head))
        if is_ancestor(repository, theirs, head):
            return _counted(done, went=[one.path for one in differences(repository, theirs, head)])
        done = _same_letter(session, done, head, theirs)
        if is_ancestor(repository, head, theirs):
            changed = differences(repository, head, theirs)
            if _only_moved(changed):
                _forward(session, head, theirs)
                return _counted(replace(done, state="done"), came=[one.path for one in changed])
        merged = merged_tree(repository, head, theirs)
        done = _with_merge(done, merged)
        commit = _publish(session, merged, by)
        return replace(done, merge=commit)


def _compare(session: Session, done: Synced, theirs: str | None) -> Synced:
    """What would come and go."""
    repository = session.repository
    head = repository.head()
    assert head is not None
    if theirs is None:
        done = _counted(done, went=_all_paths(session, head))
    elif is_ancestor(repository, theirs, head):
        done = _counted(done, went=[one.path for one in differences(repository, theirs, head)])
    elif is_ancestor(repository, head, theirs):
        done = _counted(done, came=[one.path for one in differences(repository, head, theirs)])
    else:
        done = _with_merge(_same_letter(session, done, head, theirs), merged_tree(repository, head, theirs))
    unsent = count(repository, head, [theirs] if theirs is not None else [])
    waiting = session.index.count("is:conflict", now=session.clock.real)
    return replace(done, state="check", head=head, unsent=unsent, waiting=waiting)


def _with_merge(done: Synced, merged: MergedTree) -> Synced:
    counted = _counted(done, came=merged.came, went=merged.went)
    return replace(
        counted,
        state="done",
        both=_more(done.both, merged.both),
        marks=_more(done.marks, merged.marks),
        renamed=_more(done.renamed, merged.renamed),
        kept=_more(done.kept, merged.kept),
    )


def _counted(done: Synced, *, came: Iterable[str] = (), went: Iterable[str] = ()) -> Synced:
    came, went = sorted(came), sorted(went)
    return replace(
        done,
        came=_more(done.came, filter(form_and_id, came)),
        went=_more(done.went, filter(form_and_id, went)),
        other_came=_more(done.other_came, (path for path in came if form_and_id(path) is None)),
        other_went=_more(done.other_went, (path for path in went if form_and_id(path) is None)),
    )


def _more(known: tuple, found: Iterable) -> tuple:  # type: ignore[type-arg]
    """Both, each thing once: an exchange may take several rounds."""
    return tuple(dict.fromkeys((*known, *found)))


def _all_paths(session: Session, head: str) -> list[str]:
    from logbook.store.history import list_tree

    return [path for path, _ in list_tree(session.repository, head)]


def _only_moved(changed: Iterable[Difference]) -> bool:
    """Whether nothing is gone but what lies, the same, in the other layout's folder."""
    came = {one.path: one.second for one in changed if one.first is None}
    return all(
        one.second is not None or came.get(other_place(one.path) or "") is not None for one in changed
    )


def _forward(session: Session, head: str, theirs: str) -> None:
    from logbook.store.transaction import forward

    letter = session.environment.get("LOGBOOK_DESK") or session.repository.config("logbook.desk") or ""
    forward(
        session.repository,
        theirs,
        onto=head,
        subject="sync",
        committer=desk_identity(session, letter),
        when=session.clock.now.astimezone(session.zone),
    )


def _publish(session: Session, merged: MergedTree, by: str | None) -> str:
    """The merge as a commit: first parent this desk's head, second what was fetched."""
    from logbook.store.transaction import Change
    from logbook.store.transaction import Commit
    from logbook.store.transaction import publish

    repository = session.repository
    operator, desk, when = session.operator(by), session.desk(), session.writing_time()
    paths = merged.changed()
    blobs = {path: blob for path in paths if (blob := merged.blobs[path]) is not None}
    stored = [path for path, blob in blobs.items() if blob not in merged.fresh]
    contents: dict[str, bytes] = {
        path: data
        for path, (_, _, data) in zip(stored, repository.objects.read_many(blobs[path] for path in stored), strict=True)
    }
    changes = [Change(path, data, stored=True) for path, data in contents.items()]
    changes += [Change(path, merged.fresh[blob]) for path, blob in blobs.items() if path not in contents]
    changes += [Change(path, None) for path in paths if path not in blobs]
    (commit,) = publish(
        repository,
        [
            Commit(
                changes=changes,
                message=_message(merged, operator),
                author=person(session, operator),
                committer=desk_identity(session, desk),
                when=when.astimezone(session.zone),
                merged=[merged.parents[1]],
                sign=signature(session, operator, "sync", when=when)[0],
            )
        ],
        onto=merged.parents[0],
    )
    return commit


def _message(merged: MergedTree, operator: str) -> str:
    came = sum(1 for path in merged.came if form_and_id(path) is not None)
    lines = [("Record", "book"), ("Form", "book"), ("Action", "sync"), ("By", operator)]
    lines += [("Renamed", f"{one.form}/{one.was} {one.id}") for one in merged.renamed]
    marked = dict.fromkeys(mark.path for mark in merged.marks)
    lines += [("Conflict", path) for path in marked]
    return f"book: sync {came}\n\n" + "".join(f"{name}: {value}\n" for name, value in lines)


def _same_letter(session: Session, done: Synced, head: str, theirs: str) -> Synced:
    """Whether another computer writes under this desk's letter: commits of that letter that are not ours."""
    letter = session.environment.get("LOGBOOK_DESK") or session.repository.config("logbook.desk")
    if not letter or any(one.rule == "sync.same-letter" for one in done.warnings):
        return done
    if desk_identity(session, letter)[1] not in committers(session.repository, theirs, head):
        return done
    issue = Issue("sync.same-letter", {"letter": letter, "next": _free_letter(session, letter)}, severity="warning")
    return replace(done, warnings=(*done.warnings, issue))


def _free_letter(session: Session, letter: str) -> str:
    taken: Mapping[str, str] = session.book.settings.desks
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return next((one for one in alphabet if one != letter and one not in taken), "AA")
