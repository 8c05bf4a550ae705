"""The hooks of a shared copy and of a desk: put there, looked at, taken away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.errors import UsageError
from logbook.core.value import frozen
from logbook.operations.receiving import book_ref
from logbook.operations.receiving import session_at
from logbook.operations.receiving import settle_head
from logbook.store import receipts
from logbook.store.git import Repository
from logbook.store.lock import write_error

SHARED = ("pre-receive", "post-receive")
DESK = ("pre-commit",)
PLACES = ("plain", "gitea", "gitlab")
# What a shared copy needs from Git itself.
SETTINGS = (
    ("receive.denyNonFastForwards", "true"),
    ("receive.denyDeletes", "true"),
    ("core.logAllRefUpdates", "always"),
    ("transfer.fsckObjects", "true"),
)
_BEFORE = ".before-logbook"
_MARK = "# logbook hook: "
# A longer first line, or one with a blank in the path, the system cannot run.
_LONGEST = 120


@frozen
class Hook:
    """One hook. ``state``: ``ours``, ``changed`` (ours of another installation), ``off`` (cannot be run),
    ``foreign`` (somebody else's), ``absent``."""

    name: str
    path: Path
    state: str


@frozen
class Status:
    """What holds a repository to the rules. ``settings``: Git's, each with what it is."""

    shared: bool
    hooks: tuple[Hook, ...]
    settings: tuple[tuple[str, str, bool], ...] = ()
    receipts: int = 0
    last: datetime | None = None
    whole: bool = True

    @property
    def good(self) -> bool:
        return (
            all(hook.state == "ours" for hook in self.hooks) and all(ok for _, _, ok in self.settings) and self.whole
        )


@frozen
class Interpreter:
    """What runs the hooks: a Python and the folder where it finds this program."""

    python: str
    package: str


def install(
    repository: Repository, interpreter: Interpreter, *, place: str | None, force: bool, now: datetime
) -> Status:
    """Put the hooks there; done again it changes nothing. A shared copy's settings and receipts begin, too.

    BookError ``hook.foreign`` where somebody else's hook stands (unless ``force``, which keeps it beside),
    ``hook.interpreter``, ``hook.elsewhere``.
    """
    if repository.bare:
        settle_head(repository)
    _check_interpreter(interpreter)
    hooks = list(_hooks(repository, interpreter, place))
    foreign = [hook for hook in hooks if hook.state == "foreign"]
    if foreign and not force:
        raise BookError("hook.foreign", path=str(foreign[0].path), name=foreign[0].name)
    mode = _shared_mode(repository)
    for hook in hooks:
        if hook.state == "ours":
            continue
        try:
            hook.path.parent.mkdir(parents=True, exist_ok=True)
            if hook.state == "foreign":
                os.replace(hook.path, hook.path.with_name(hook.path.name + _BEFORE))
            _put(hook.path, script(hook.name, interpreter))
        except OSError as error:
            raise write_error(error, hook.path) from error
    if repository.bare:
        for key, value in SETTINGS:
            if repository.local_config(key) != value:
                repository.run("config", "--local", key, value)
        repository.forget_config()
        _make_room(repository, mode)
        ref = book_ref(repository)
        if ref is not None:
            receipts.begin(repository, ref, at=now)
            _warm(repository, ref, now)
    return status(repository, interpreter, place=place)


def status(repository: Repository, interpreter: Interpreter, *, place: str | None = None) -> Status:
    """What is there."""
    hooks = tuple(_hooks(repository, interpreter, place))
    if not repository.bare:
        return Status(False, hooks)
    settings = []
    for key, value in SETTINGS:
        found = repository.local_config(key) or ""
        settings.append((key, found, found == value))
    log = receipts.read(repository)
    if log is None:
        return Status(True, hooks, tuple(settings))
    last = log.entries[-1].at if log.entries else None
    return Status(
        True, hooks, tuple(settings), len(log.entries), last, whole=not log.broken and not log.differs
    )


def remove(repository: Repository, interpreter: Interpreter, *, place: str | None = None) -> Status:
    """Take our hooks away; what ``force`` had put aside comes back. The receipts and Git's settings stay."""
    for hook in _hooks(repository, interpreter, place):
        if hook.state in ("absent", "foreign"):
            continue
        before = hook.path.with_name(hook.path.name + _BEFORE)
        try:
            hook.path.unlink()
            if before.exists():
                os.replace(before, hook.path)
        except OSError as error:
            raise write_error(error, hook.path) from error
    return status(repository, interpreter, place=place)


def script(name: str, interpreter: Interpreter) -> bytes:
    """The executable Git calls: no shell, nothing from the environment, and without the program a refusal."""
    lines = (
        f"#!{interpreter.python} -I",
        f"{_MARK}{name}",
        "import sys",
        "",
        f"sys.path.append({interpreter.package!r})",
        "try:",
        "    from logbook.cli.main import run",
        "except Exception:",
        f"    sys.exit({_GONE!r})",
        f"sys.exit(run(['hook', 'run', {name!r}]))",
        "",
    )
    return "\n".join(lines).encode("utf-8", "surrogateescape")


_GONE = "logbook: the program that checks this book is missing or broken; nothing was accepted"


def named(word: str) -> str:
    """A hook by its name. UsageError ``hook.unknown``."""
    if word not in (*SHARED, *DESK):
        raise UsageError("hook.unknown", found=word, known=[*SHARED, *DESK])
    return word


def _warm(repository: Repository, ref: str, now: datetime) -> None:
    """Read the book once, so that the first push need not wait for it."""
    from logbook.core.errors import Refused

    head = repository.ref(ref)
    try:
        if head is not None:
            session_at(repository, head, now=now, environment={}, current=True).index.close()
    except (BookError, Refused):
        return  # what is there is no book yet: a push will be told so


def _check_interpreter(interpreter: Interpreter) -> None:
    line = interpreter.python
    if not line or len(line) > _LONGEST or any(char.isspace() for char in line):
        raise BookError("hook.interpreter", path=line)


def _hooks(repository: Repository, interpreter: Interpreter, place: str | None) -> Iterator[Hook]:
    for name in SHARED if repository.bare else DESK:
        path = _path(repository, name, place)
        yield Hook(name, path, _state(path, script(name, interpreter)))


def _path(repository: Repository, name: str, place: str | None) -> Path:
    """Where the host looks for a hook: Gitea and GitLab run every file of a folder, each of its own."""
    folder = repository.git_dir / "hooks"
    if repository.bare and (place == "gitea" or (place is None and (folder / f"{name}.d").is_dir())):
        return folder / f"{name}.d" / "logbook"
    if repository.bare and place == "gitlab":
        return repository.git_dir / "custom_hooks" / f"{name}.d" / "logbook"
    out = repository.run("rev-parse", "--git-path", f"hooks/{name}").stdout
    path = repository.root / os.fsdecode(out.rstrip(b"\n"))
    inside = repository.common_dir if repository.bare else repository.root
    if not _is_below(path, (inside, repository.common_dir)):
        # core.hooksPath leads to a folder that other repositories use, too.
        raise BookError("hook.elsewhere", path=str(path.parent))
    return path


def _is_below(path: Path, folders: Sequence[Path]) -> bool:
    real = path.parent.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)


def _state(path: Path, wanted: bytes) -> str:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return "absent"
    except OSError as error:
        raise BookError("git.cannot-read", path=str(path), why=error.strerror or str(error)) from error
    if _MARK.encode() not in found:
        return "foreign"
    if found != wanted:
        return "changed"
    return "ours" if os.access(path, os.X_OK) else "off"


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all: a push may come at any moment."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.chmod(0o755)
    os.replace(draft, path)


def _shared_mode(repository: Repository) -> int:
    return ~umask_of(repository.local_config("core.sharedRepository")) & 0o777 if repository.bare else 0o755


def umask_of(shared: str | None) -> int:
    """Which rights a file of the repository does not get, by ``core.sharedRepository``: where several people's
    accounts push, each must be able to go on with what another began."""
    word = (shared or "").lower()
    if word in ("group", "true", "1", "yes", "on"):
        return 0o002
    if word in ("all", "world", "everybody", "2"):
        return 0o002  # all may read, the group may write
    if word.startswith("0") and word.isdigit() and len(word) == 4 and not set(word) & set("89"):
        return ~int(word, 8) & 0o077
    return 0o022


def _make_room(repository: Repository, mode: int) -> None:
    room = repository.room
    try:
        room.mkdir(exist_ok=True)
        if mode & 0o020:
            room.chmod(0o2000 | mode | 0o111 & (mode >> 2))
    except OSError as error:
        raise write_error(error, room) from error
