"""The door to other copies of the book: which there are, fetching from one, sending to it.

Addresses come from people and go to Git behind everything that could be an option; only the transports a book
needs are allowed, whatever the configuration says.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from typing import Literal

from logbook.core.errors import BookError
from logbook.core.errors import UsageError
from logbook.core.value import frozen
from logbook.store import machine
from logbook.store.git import Repository
from logbook.store.git import git_error
from logbook.store.objects import ZERO

# `ext::` and other helpers run commands of their choosing: not for us, not even from a configuration.
_ALLOWED = "file:git:http:https:ssh"
_SCHEMES = ("file", "git", "http", "https", "ssh", "git+ssh", "ssh+git")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCP = re.compile(r"(?:[^\s/:@-][^\s/:@]*@)?[^\s/:@-][^\s/:@]*:(?!:)\S")
_SECRET = re.compile(r"(?<=://)[^/@\s]+@")
# A connection that has died is noticed, on the line and on the web.
_SSH = "ssh -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
_QUIET = ("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.fsync=all")
_CAREFUL = ("-c", "fetch.fsckObjects=true", "-c", "http.lowSpeedLimit=100", "-c", "http.lowSpeedTime=30")
_TOLD = 600
# What Git says when somebody else was quicker, before it asked the other side or after.
_RACES = (
    "non-fast-forward",
    "fetch first",
    "stale info",
    "lock ref",
    "incorrect old value",
    "failed to update ref",
    "failed to lock",
    "reference already exists",
)


@frozen
class Remote:
    """Another copy: what Git is told (a configured name, or an address), the branch there, the ref that remembers
    what was seen of it, and a name to show, without passwords."""

    address: str
    branch: str
    seen: str
    shown: str


# No ``+``: receipts only grow, and a copy whose receipts do not go on from ours is told. The star makes it no
# failure that there are none.
_RECEIPTS = "refs/logbook/receipts*:refs/logbook/receipts*"


@frozen
class Sent:
    """What came of sending: ``done``, ``behind`` (somebody was quicker: fetch and try again), ``refused`` (the
    other side will not have it; ``said`` is why) or ``cut`` (no connection)."""

    state: Literal["done", "behind", "refused", "cut"]
    said: str = ""


def find_remote(repo: Repository, word: str | None, branch: str) -> Remote:
    """The copy to exchange with: a configured remote by name, an address, else the branch's own remote, ``origin``,
    the only one there is. BookError ``sync.no-remote``, ``sync.which-remote``; UsageError ``sync.bad-remote``."""
    known = _configured(repo)
    if word is None:
        own = repo.local_config(f"branch.{branch}.remote")
        word = own if own in known else "origin" if "origin" in known else None
        if word is None:
            if len(known) > 1:
                raise BookError("sync.which-remote", known=sorted(known), first=min(known))
            if not known:
                raise BookError("sync.no-remote", path=str(repo.root))
            (word,) = known
    if word in known:
        return Remote(word, _branch_there(repo, word, branch), f"refs/remotes/{word}/{branch}", word)
    address = _address(repo, word)
    key = hashlib.sha1(address.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Remote(address, branch, f"refs/logbook/seen/{key}/{branch}", without_secret(address))


def without_secret(text: str) -> str:
    """``text`` without the name and password of an address."""
    return _SECRET.sub("", text)


def _configured(repo: Repository) -> set[str]:
    done = repo.run("config", "-z", "--get-regexp", r"^remote\..*\.url$", check=False)
    names = set()
    for row in done.stdout.decode("utf-8", "surrogateescape").split("\0"):
        key = row.partition("\n")[0]
        if key and _NAME.match(name := key[len("remote.") : -len(".url")]):
            names.add(name)
    return names


def _branch_there(repo: Repository, remote: str, branch: str) -> str:
    merges = repo.local_config(f"branch.{branch}.merge")
    if repo.local_config(f"branch.{branch}.remote") == remote and merges and merges.startswith("refs/heads/"):
        return merges.removeprefix("refs/heads/")
    return branch


def _address(repo: Repository, word: str) -> str:
    """The address a person typed, if it is one a book may use."""
    scheme = _SCHEME.match(word)
    if not word or word.startswith("-") or any(ord(char) < 32 or char == "\x7f" for char in word):
        raise UsageError("sync.bad-remote", found=ascii(word))
    if scheme is not None:
        if scheme[1].lower() in _SCHEMES and not word[scheme.end() :].startswith("-"):
            return word
        raise UsageError("sync.bad-remote", found=without_secret(word))
    for base in (machine.current_folder(), repo.root):
        place = base / os.path.expanduser(word)
        if place.is_dir():
            return str(place.resolve())
    if _SCP.match(word) and "::" not in word:
        return word
    raise UsageError("sync.bad-remote", found=word)


@frozen
class Fetched:
    """The commit the other copy's branch is at, None while it has no such branch and is empty; and whether its
    receipts go on from those that were fetched before."""

    tip: str | None
    receipts_kept: bool = True


def fetch(repo: Repository, remote: Remote) -> Fetched:
    """Bring what the other copy has, its checkpoints and receipts with it.

    Nothing of the book moves, only the note of what was seen there. BookError ``sync.unreachable``,
    ``sync.other-branch``, ``sync.bad-objects``.
    """
    done = repo.run(
        *_QUIET,
        *_CAREFUL,
        "fetch",
        "--quiet",
        "--no-auto-gc",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--end-of-options",
        remote.address,
        f"+refs/heads/{remote.branch}:{remote.seen}",
        _RECEIPTS,
        check=False,
        extra=_environment(repo),
    )
    if done.returncode == 0:
        return Fetched(repo.ref(remote.seen))
    said = _said(done.stderr)
    # Asked to be quiet, Git says of a ref that would not move forward nothing but this. The branch may move anyhow.
    if done.returncode == 1 and not said:
        return Fetched(repo.ref(remote.seen), receipts_kept=False)
    if "couldn't find remote ref" in said:
        others = branches(repo, remote)
        if others:
            args = {"remote": remote.shown, "branch": remote.branch, "known": others, "first": others[0]}
            raise BookError("sync.other-branch", **args)
        return Fetched(None)
    raise _failure(repo, "fetch", done.returncode, done.stderr, remote)


def branches(repo: Repository, remote: Remote) -> list[str]:
    """The branches the other copy has."""
    done = repo.run(
        "ls-remote", "--quiet", "--heads", "--end-of-options", remote.address, check=False, extra=_environment(repo)
    )
    if done.returncode != 0:
        raise _failure(repo, "ls-remote", done.returncode, done.stderr, remote)
    rows = done.stdout.decode("utf-8", "surrogateescape").splitlines()
    return sorted(row.partition("\trefs/heads/")[2] for row in rows)


def has_unsent_checkpoints(repo: Repository, remote: Remote) -> bool:
    """Whether there is a checkpoint that was not here when something was last sent to that copy."""
    newest = _newest_checkpoint(repo)
    return newest is not None and repo.ref(_noted(remote)) != newest


def _newest_checkpoint(repo: Repository) -> str | None:
    words = ("--sort=-refname", "--count=1", "--format=%(objectname)", "refs/tags/checkpoint/")
    return repo.run("for-each-ref", *words).stdout.decode("ascii").strip() or None


def _noted(remote: Remote) -> str:
    return f"refs/logbook/sent/{hashlib.sha1(remote.address.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def send(repo: Repository, remote: Remote, commit: str) -> Sent:
    """Offer ``commit`` to the other copy's branch, never by force."""
    target = f"refs/heads/{remote.branch}"
    done = repo.run(
        *_QUIET,
        "push",
        "--porcelain",
        "--follow-tags",
        "--no-recurse-submodules",
        "--end-of-options",
        remote.address,
        f"{commit}:{target}",
        check=False,
        extra=_environment(repo),
    )
    out = done.stdout.decode("utf-8", "surrogateescape")
    if done.returncode == 0 and (newest := _newest_checkpoint(repo)) is not None:
        repo.run("update-ref", _noted(remote), newest)
    row = next((line for line in out.splitlines() if f":{target}\t" in line), "")
    if row[:1] in (" ", "*", "=", "+"):
        _remember(repo, remote, commit)
        return Sent("done")
    said = without_secret(_said(done.stderr))
    if row.startswith("!"):
        why = row.rpartition("\t")[2]
        if any(word in why for word in _RACES):
            return Sent("behind", why)
        if "remote failure" in why or "remote end hung up" in said:
            return Sent("cut", said[-_TOLD:])
        hook = "\n".join(line[len("remote: ") :].rstrip() for line in said.splitlines() if line.startswith("remote: "))
        return Sent("refused", (hook or why)[-_TOLD:])
    if done.returncode == 0:
        _remember(repo, remote, commit)
        return Sent("done")
    error = _failure(repo, "push", done.returncode, done.stderr, remote)
    if error.code != "sync.unreachable":
        raise error
    return Sent("cut", str(error.args_["detail"]))


def _remember(repo: Repository, remote: Remote, commit: str) -> None:
    if repo.ref(remote.seen) != commit:
        repo.run("update-ref", "--stdin", stdin=f"update {remote.seen} {commit}\n".encode("utf-8", "surrogateescape"))


def is_known(repo: Repository, commit: str) -> bool:
    """Whether the repository has that commit."""
    return commit != ZERO and repo.objects.find(commit) is not None


def _environment(repo: Repository) -> dict[str, str]:
    extra = {"GIT_ALLOW_PROTOCOL": _ALLOWED}
    given = machine.environment()
    if "GIT_SSH_COMMAND" not in given and "GIT_SSH" not in given and not repo.config("core.sshCommand"):
        extra["GIT_SSH_COMMAND"] = _SSH
    return extra


def _said(stderr: bytes) -> str:
    return stderr.decode("utf-8", "replace").strip()


def _failure(repo: Repository, command: str, status: int, stderr: bytes, remote: Remote) -> BookError:
    known = git_error(command, status, stderr, repo.root)
    if known.code != "git.failed":
        return known
    said = without_secret(_said(stderr))
    if "fsck error" in said or ("index-pack failed" in said and "fatal: fsck" in said):
        return BookError("sync.bad-objects", remote=remote.shown, detail=said[-_TOLD:])
    return BookError("sync.unreachable", remote=remote.shown, detail=said[-_TOLD:] or f"exit {status}")


def bring(repo: Repository, remote: Remote, refspecs: Sequence[str]) -> Literal["done", "refused", "missing"]:
    """Fetch these refs into refs of this repository. ``refused``: a ref here would have had to move back;
    ``missing``: there is no such ref there.

    BookError ``sync.unreachable``, ``sync.bad-objects``.
    """
    done = repo.run(
        *_QUIET,
        *_CAREFUL,
        "fetch",
        "--quiet",
        "--no-auto-gc",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--end-of-options",
        remote.address,
        *refspecs,
        check=False,
        extra=_environment(repo),
    )
    said = _said(done.stderr)
    if done.returncode == 0:
        return "done"
    if done.returncode == 1 and not said:
        return "refused"
    if "couldn't find remote ref" in said:
        return "missing"
    raise _failure(repo, "fetch", done.returncode, done.stderr, remote)


def tip_of(repo: Repository, remote: Remote, ref: str) -> str | None:
    """The commit ``ref`` (``HEAD``, ``refs/heads/main``) is at in the other copy; nothing is fetched.

    BookError ``sync.unreachable``.
    """
    done = repo.run(
        "ls-remote", "--quiet", "--end-of-options", remote.address, ref, check=False, extra=_environment(repo)
    )
    if done.returncode != 0:
        raise _failure(repo, "ls-remote", done.returncode, done.stderr, remote)
    for row in done.stdout.decode("utf-8", "surrogateescape").splitlines():
        oid, _, name = row.partition("\t")
        if name == ref:
            return oid
    return None
