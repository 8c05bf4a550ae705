"""The door to one Git repository: its head and its objects, without GitPython and mostly without a process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from typing import NoReturn
from typing import Self

from logbook.core.errors import BookError
from logbook.core.patterns import lazily
from logbook.store.lock import FileLock
from logbook.store.objects import TREE
from logbook.store.objects import CommitObject
from logbook.store.objects import Entry
from logbook.store.objects import blob_id
from logbook.store.objects import is_oid
from logbook.store.objects import parse_commit
from logbook.store.objects import parse_tree
from logbook.store.objects import read_loose

if TYPE_CHECKING:
    import subprocess

    from logbook.store.packfile import Packs

# What a caller's environment may say about Git; everything else named GIT_* would point us elsewhere.
_KEPT = lazily(r"GIT_(SSH.*|ASKPASS|TERMINAL_PROMPT|CONFIG_.*|EXEC_PATH|CEILING_DIRECTORIES|HTTP_.*|SSL_.*)\Z")
_KEY = lazily(r"[A-Za-z][A-Za-z0-9-]*(\..+)?\.[A-Za-z][A-Za-z0-9-]*\Z", re.DOTALL)
_REVISION = lazily(r"[^\s\x00-\x1f\x7f\-:][^\s\x00-\x1f\x7f]*\Z")
_SECTION = lazily(r'\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]\s*\Z')
_SETTING = lazily(r"([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?\Z")
# Where Git is looked for when there is no PATH.
PLACES = "/usr/local/bin:/usr/bin:/bin"
_ASKING = ("config", "rev-parse")  # run nothing, and must say what is really set
_NO_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}
# A book may come from anybody, its `.git` with it: reading it must run nothing of theirs.
_QUIET = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false")
_PIPE = -1  # `subprocess.PIPE`: most commands start no process and do without that module
_MANY = 256  # requests on their way to cat-file at once: always less than a pipe holds
_TREES_KEPT = 512
_FEW = 600  # so many steps take as long as starting Git: see `packfile.Packs.steps`


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment every Git process of ours gets: nobody's ``GIT_DIR``, plain English, literal paths."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or _KEPT.match(name)
    }
    env.pop("LANGUAGE", None)
    if os.name == "posix":
        # Under cron there may be no PATH, or an empty one: Git is looked for in the usual places then.
        env["PATH"] = env.get("PATH") or PLACES
    env.update(
        LC_ALL="C.UTF-8",
        GIT_LITERAL_PATHSPECS="1",
        GIT_OPTIONAL_LOCKS="0",
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_TERMINAL_PROMPT=env.get("GIT_TERMINAL_PROMPT", "0"),
    )
    env.update(extra or {})
    return env


class GitFailed(BookError):
    """A Git command ended badly; ``detail`` is what it said."""

    def __init__(self, command: str, status: int, detail: str) -> None:
        super().__init__("git.failed", command=command, detail=detail)
        self.status = status
        self.detail = detail


def git_error(command: str, status: int, stderr: bytes, root: Path) -> BookError:
    """The error for what Git said on ``stderr``: its well-known refusals by name, others as they are."""
    said = stderr.decode("utf-8", "replace").strip()
    if "dubious ownership" in said:
        return BookError(
            "git.dubious-owner",
            path=str(root),
            line=f"git config --global --add safe.directory {_shell_word(str(root))}",
        )
    if "No space left on device" in said:
        return BookError("git.disk-full", path=str(root))
    return GitFailed(command, status, said[-600:] or f"exit {status}")


def _shell_word(text: str) -> str:
    import shlex

    return shlex.quote(text)


class Repository:
    """One work tree and its repository, or a bare repository: ``root`` is the repository itself then, and it is
    only read.

    Making one reads a few small files and starts nothing. Use it as a context manager or call
    :meth:`close`: reading packed objects keeps one ``git cat-file`` child.
    ``surroundings`` are variables every Git child gets besides, see :func:`hook_surroundings`.
    Raises BookError ``git.no-repository``, ``git.sha256``.
    """

    def __init__(self, root: Path, *, surroundings: Mapping[str, str] | None = None) -> None:
        self.root = Path(os.path.abspath(root))
        self.surroundings = dict(surroundings or {})
        self.bare = is_bare(self.root)
        self.git_dir = self.root if self.bare else _find_git_dir(self.root)
        self.common_dir = _find_common_dir(self.git_dir)
        self.objects = Objects(self)
        self.lock: FileLock | None = None  # set while transaction.write_lock holds it
        self._settings: dict[str, str] | None = None
        self._simple_settings = True
        if self._local("extensions.objectformat", "sha1") != "sha1":
            raise BookError("git.sha256", path=str(self.root))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child that reads objects; the next reading starts it again."""
        self.objects.close()

    def again(self) -> Repository:
        """The same repository for another process, with children of its own."""
        return Repository(self.root, surroundings=self.surroundings)

    def is_own(self) -> bool:
        """Whether it belongs to the user who runs this; of another one's, Git decides whether it may be used."""
        if not hasattr(os, "geteuid"):
            return False
        user = os.geteuid()
        return all(os.stat(place).st_uid == user for place in (self.root, self.git_dir, self.common_dir))

    @property
    def room(self) -> Path:
        """Our own folder inside this work tree's ``.git``; it may not exist yet."""
        return self.git_dir / "logbook"

    # -- names ------------------------------------------------------------------------------

    def branch_ref(self) -> str:
        """The full name of the branch HEAD stands on. BookError ``git.detached`` when it stands on none."""
        if self._reftable():
            done = self.run("symbolic-ref", "-q", "HEAD", check=False)
            text = "ref: " + done.stdout.decode("utf-8", "surrogateescape")
        else:
            try:
                text = (self.git_dir / "HEAD").read_text("utf-8", "surrogateescape")
            except OSError as error:
                raise BookError("git.no-repository", path=str(self.root)) from error
        if not text.startswith("ref: refs/heads/"):
            raise BookError("git.detached", path=str(self.root))
        return text[5:].strip()

    def branch(self) -> str:
        """The short name of the branch HEAD stands on, unborn or not."""
        return self.branch_ref().removeprefix("refs/heads/")

    def head(self) -> str | None:
        """The commit the work tree stands at, ``None`` while its branch has none; on no branch, HEAD itself."""
        try:
            branch = self.branch_ref()
        except BookError as error:
            if error.code != "git.detached":
                raise
            found = self._detached_at()
            if found is None:
                raise
            return found
        return self.ref(branch)

    def _detached_at(self) -> str | None:
        """The commit HEAD names by its id."""
        if not self._reftable():
            text = (self.git_dir / "HEAD").read_text("utf-8", "surrogateescape").strip()
            return text if is_oid(text) else None
        done = self.run("rev-parse", "--verify", "-q", "HEAD", check=False)
        return done.stdout.decode("ascii").strip() or None

    def ref(self, name: str) -> str | None:
        """The id a full ref name (``refs/heads/main``) stands for; ``None`` when there is no such ref."""
        if self._reftable():
            done = self.run("rev-parse", "--verify", "-q", name, check=False)
            return done.stdout.decode("ascii").strip() or None
        for _ in range(5):  # a ref may name another one
            try:
                text = (self.common_dir / name).read_text("utf-8", "surrogateescape").strip()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return self._packed_ref(name)
            if not text.startswith("ref: "):
                if is_oid(text):
                    return text
                raise BookError("git.broken-ref", ref=name, path=str(self.root))
            name = text[5:].strip()
        return None

    def _packed_ref(self, name: str) -> str | None:
        try:
            data = (self.common_dir / "packed-refs").read_bytes()
        except FileNotFoundError:
            return None
        ending = b" " + name.encode("utf-8", "surrogateescape")
        for line in data.splitlines():
            if line.endswith(ending) and len(line) == 40 + len(ending):
                return line[:40].decode("ascii")
        return None

    def resolve(self, revision: str) -> str:
        """The commit id of a revision as people write it. BookError ``git.bad-revision``."""
        if is_oid(revision):
            return revision
        if revision == "HEAD" and (head := self.head()):
            return head
        if not _REVISION.match(revision):
            raise BookError("git.bad-revision", revision=revision)
        found = self.objects.ask(revision + "^{commit}")
        if found is None:
            raise BookError("git.bad-revision", revision=revision)
        return found[0]

    # -- settings ---------------------------------------------------------------------------

    def local_config(self, key: str) -> str | None:
        """What this clone's own configuration says, the user's and the machine's left out."""
        value = self._local(key, None)
        if value is None and not self._simple_settings:
            return self._ask_config("--local", "--includes", key)
        return value

    def config(self, key: str) -> str | None:
        """What Git would answer for ``key``: this clone's setting, else the user's, else the machine's."""
        value = self._local(key, None)
        if value is None or not self._simple_settings:
            return self._ask_config(key)
        return value

    def _ask_config(self, *words: str) -> str | None:
        if not _KEY.match(words[-1]):
            raise ValueError(f"no configuration key: {words[-1]!r}")
        done = self.run("config", *words[:-1], "--get", words[-1], check=False)
        if done.returncode > 1:
            raise git_error("config", done.returncode, done.stderr, self.root)
        return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else None

    def _local(self, key: str, default: str | None) -> str | None:
        if self._settings is None:
            self._settings, self._simple_settings = _read_config(self.common_dir / "config")
            if self._settings.get("extensions.worktreeconfig") == "true":
                more, simple = _read_config(self.git_dir / "config.worktree")
                self._settings.update(more)
                self._simple_settings = self._simple_settings and simple
        section, _, name = key.rpartition(".")
        head, dot, sub = section.partition(".")
        return self._settings.get(f"{head.lower()}{dot}{sub}.{name.lower()}", default)

    def forget_config(self) -> None:
        """Read the configuration again next time."""
        self._settings = None

    def _reftable(self) -> bool:
        return self._local("extensions.refstorage", "files") != "files"

    # -- content ----------------------------------------------------------------------------

    def entry_at(self, revision: str | None, path: str) -> Entry | None:
        """The tree entry of ``path`` in a commit; ``None`` where it has none, or before the first commit."""
        if revision is None:
            return None
        found = Entry(TREE, "", self.objects.commit(self.resolve(revision)).tree)
        for name in filter(None, path.split("/")):
            if not found.is_tree:
                return None
            for entry in self.objects.tree(found.oid):
                if entry.name == name:
                    found = entry
                    break
            else:
                return None
        return found

    def tree_entries(self, revision: str | None, path: str = "") -> list[Entry]:
        """What stands in the folder ``path`` of a commit; nothing where there is no such folder."""
        entry = self.entry_at(revision, path)
        return self.objects.tree(entry.oid) if entry is not None and entry.is_tree else []

    def blob_at(self, revision: str | None, path: str) -> bytes | None:
        """The bytes of a file in a commit; ``None`` where there is no such file."""
        entry = self.entry_at(revision, path)
        if entry is None or entry.is_tree:
            return None
        kind, data = self.objects.read(entry.oid)
        return data if kind == "blob" else None

    @staticmethod
    def blob_id(data: bytes) -> str:
        """The id of a file with these bytes."""
        return blob_id(data)

    # -- processes --------------------------------------------------------------------------

    def start(
        self,
        *words: str,
        extra: Mapping[str, str] | None = None,
        errors: int | None = _PIPE,
        hold: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """A running Git command with pipes on its input and output. BookError ``git.no-git``."""
        words = (*self._unfiltered(), *words)
        return start_git(self.root, words, extra={**self.surroundings, **(extra or {})}, errors=errors, hold=hold)

    def run(
        self,
        *words: str,
        stdin: bytes = b"",
        check: bool = True,
        extra: Mapping[str, str] | None = None,
        hold: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one Git command to its end.

        ``words`` come from us; anything a person typed stands behind ``--`` or on ``stdin``. ``hold`` are
        descriptors the child keeps open too, so that a lock outlives us while it works.
        BookError for what Git refuses, unless ``check`` is off.
        """
        extra = {**self.surroundings, **(extra or {})}
        return run_git(self.root, (*self._unfiltered(), *words), stdin=stdin, check=check, extra=extra, hold=hold)

    def _unfiltered(self) -> tuple[str, ...]:
        """Words that keep Git from running what this clone's own settings name as filters of files."""
        self._local("core.bare", None)  # reads the file, once
        names = {key for key in self._settings or () if key.startswith("filter.")}
        words: list[str] = []
        for name in sorted(names):
            plain = _NO_FILTER.get(name.rpartition(".")[2])
            if plain is not None and "\n" not in name:
                words += ("-c", f"{name}={plain}")
        return tuple(words)


def git_is_there() -> bool:
    """Whether Git stands where programs are looked for, without starting it."""
    name = "git" + (".exe" if os.name == "nt" else "")
    return any(os.access(os.path.join(folder, name), os.X_OK) for folder in os.get_exec_path(clean_environment(None)))


def start_git(
    folder: Path,
    words: Sequence[str],
    *,
    extra: Mapping[str, str] | None = None,
    errors: int | None = _PIPE,
    hold: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start ``git`` in ``folder``. BookError ``git.no-git``, ``git.no-repository``, ``git.cannot-start``."""
    import subprocess

    try:
        return subprocess.Popen(
            ["git", *(() if _command(words) in _ASKING else _QUIET), *words],
            cwd=folder,
            env=clean_environment(extra),
            stdin=_PIPE,
            stdout=_PIPE,
            stderr=errors,
            pass_fds=tuple(hold) if os.name == "posix" else (),
        )
    except NotADirectoryError as error:
        raise BookError("git.no-repository", path=str(folder)) from error
    except FileNotFoundError as error:
        if not os.path.isdir(folder):
            raise BookError("git.no-repository", path=str(folder)) from error
        raise BookError("git.no-git") from error
    except OSError as error:  # no memory, no more processes, a disk that fails
        raise BookError("git.cannot-start", why=error.strerror or str(error)) from error


def run_git(
    folder: Path,
    words: Sequence[str],
    *,
    stdin: bytes = b"",
    check: bool = True,
    extra: Mapping[str, str] | None = None,
    hold: Sequence[int] = (),
) -> subprocess.CompletedProcess[bytes]:
    """Run ``git`` in ``folder`` to its end; see :meth:`Repository.run`."""
    import subprocess

    process = start_git(folder, words, extra=extra, hold=hold)
    with process:
        try:
            out, err = process.communicate(stdin)
        except BaseException:
            process.kill()
            raise
    if check and process.returncode != 0:
        raise git_error(_command(words), process.returncode, err, folder)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def _command(words: Sequence[str]) -> str:
    """The name of the Git command in ``words``, behind any ``-c key=value``."""
    rest = iter(words)
    for word in rest:
        if word == "-c":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return "git"


class Objects:
    """Reads objects: a few from their files, loose or packed; many, and what is unusual, through one
    ``git cat-file --batch`` child."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._folder = f"{repo.common_dir}/objects"
        self._batch: _CatFile | None = None
        self._packs: Packs | None = None
        self._trees: dict[str, list[Entry]] = {}

    def close(self) -> None:
        """Let go of the packs and end the child; the next reading starts it again."""
        if self._packs is not None:
            self._packs.close()
        self._end_child()

    def _end_child(self) -> None:
        if self._batch is not None:
            self._batch.close()
            self._batch = None

    def child_pid(self) -> int | None:
        """The process that reads for us, while there is one."""
        return None if self._batch is None else self._batch.pid

    def read(self, name: str) -> tuple[str, bytes]:
        """Kind and bytes of an object by id or revision. BookError ``git.missing-object``."""
        found = self.find(name)
        if found is None:
            raise BookError("git.missing-object", name=name)
        return found

    def find(self, name: str) -> tuple[str, bytes] | None:
        """Like :meth:`read`, ``None`` where there is no such object."""
        if is_oid(name):
            here = self._here(name)
            if here is not None:
                return here
        found = self.ask(name)
        return None if found is None else (found[1], found[2])

    def _here(self, oid: str) -> tuple[str, bytes] | None:
        """Kind and bytes of an object that can be read in this process."""
        loose = read_loose(self._folder, oid)
        if loose is not None:
            return loose
        if self._packs is None:
            from logbook.store.packfile import Packs

            self._packs = Packs(self._folder)
        return self._packs.find(oid)

    def ask(self, name: str) -> tuple[str, str, bytes] | None:
        """Id, kind and bytes as Git itself answers for an id or revision. BookError ``git.bad-revision``."""
        if not _REVISION.match(name):
            raise BookError("git.bad-revision", revision=name)
        try:
            return self._cat_file().one(name)
        except _ChildLost:
            self._end_child()  # once more with a new one
            return self._cat_file().one(name)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, str, bytes]]:
        """Id, kind and bytes of many objects in the order asked; where they are many indeed, through one child.

        BookError ``git.missing-object``. Do not read anything else from this repository in between.
        """
        waiting: list[str] = []
        few = self._batch is None
        enough = _FEW + (0 if self._packs is None else self._packs.steps)
        for oid in oids:
            if not is_oid(oid):
                raise ValueError(f"no object id: {oid!r}")
            if few:
                here = self._here(oid)
                if here is not None:
                    yield oid, *here
                    enough -= 1
                    few = self._packs is None or self._packs.steps < enough
                    continue
                few = False
            waiting.append(oid)
            if len(waiting) == _MANY:
                yield from self._some(waiting)
                waiting = []
        if waiting:
            yield from self._some(waiting)

    def _some(self, oids: list[str]) -> Iterator[tuple[str, str, bytes]]:
        done = 0
        try:
            for found in self._cat_file().many(oids):
                yield found
                done += 1
        except _ChildLost:
            self._end_child()  # the rest once more, with a new one
            yield from self._cat_file().many(oids[done:])

    def commit(self, oid: str) -> CommitObject:
        """A commit's parts, by its id. BookError ``git.missing-object``."""
        kind, data = self.read(oid)
        if kind != "commit":
            raise BookError("git.missing-object", name=oid)
        return parse_commit(data)

    def tree(self, name: str) -> list[Entry]:
        """The entries of a tree by its id, or of a commit as ``<id>^{tree}``; do not change the list."""
        if name.endswith("^{tree}") and is_oid(name[:-7]):
            name = self.commit(name[:-7]).tree
        entries = self._trees.get(name)
        if entries is None:
            kind, data = self.read(name)
            if kind != "tree":
                raise BookError("git.missing-object", name=name)
            entries = parse_tree(data)
            if len(self._trees) >= _TREES_KEPT:
                self._trees.clear()
            if is_oid(name):
                self._trees[name] = entries
        return entries

    def _cat_file(self) -> _CatFile:
        if self._batch is None:
            self._batch = _CatFile(self._repo)
        return self._batch


class _ChildLost(GitFailed):
    """The child that reads objects was killed under us."""

    def __init__(self) -> None:
        super().__init__("cat-file", -1, "killed")


class _CatFile:
    """One ``git cat-file --batch`` child."""

    def __init__(self, repo: Repository) -> None:
        self._root = repo.root
        self._process = repo.start("cat-file", "--batch")
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in = self._process.stdin
        self._out = self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        try:
            self._in.close()
        except BrokenPipeError:
            pass
        self._out.close()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process.wait()

    def one(self, name: str) -> tuple[str, str, bytes] | None:
        self._ask(name.encode("utf-8", "surrogateescape") + b"\n")
        return self._answer()

    def many(self, oids: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        self._ask("".join(oid + "\n" for oid in oids).encode("ascii"))
        for oid in oids:
            found = self._answer()
            if found is None:
                raise BookError("git.missing-object", name=oid)
            yield found

    def _ask(self, words: bytes) -> None:
        try:
            self._in.write(words)
            self._in.flush()
        except BrokenPipeError:
            self._ended()

    def _answer(self) -> tuple[str, str, bytes] | None:
        line = self._out.readline()
        if not line:
            self._ended()
        words = line.split()
        if len(words) != 3 or not words[2].isdigit():
            return None  # "… missing" or "… ambiguous"
        size = int(words[2])
        data = self._out.read(size + 1)
        if len(data) != size + 1:
            self._ended()
        return words[0].decode("ascii"), words[1].decode("ascii"), data[:-1]

    def _ended(self) -> NoReturn:
        stderr = self._process.stderr.read() if self._process.stderr is not None else b""
        status = self._process.wait()
        if status > 0:
            raise git_error("cat-file", status, stderr, self._root)
        raise _ChildLost


def is_bare(root: Path) -> bool:
    """Whether ``root`` is a bare repository: what Git looks for, and no work tree said to belong to it."""
    if not ((root / "HEAD").is_file() and (root / "objects").is_dir() and (root / "refs").is_dir()):
        return False
    return _read_config(root / "config")[0].get("core.bare", "true") != "false"


def hook_surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """What a hook hands on to its Git children of what Git told it, and nobody else may: the repository it
    speaks of (Git looked at who owns it), the room where pushed objects wait until the push is accepted, and the
    staging area and author of the commit that is being made."""
    names = ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"]
    names += ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE"]
    found = {name: environment[name] for name in names if environment.get(name)}
    for name in ("GIT_DIR", "GIT_INDEX_FILE"):
        if environment.get(name):
            found[name] = os.path.abspath(environment[name])
    return found


def _find_git_dir(root: Path) -> Path:
    place = root / ".git"
    if place.is_dir():
        return place
    try:
        text = place.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise BookError("git.no-repository", path=str(root)) from error
    if not text.startswith("gitdir: "):
        raise BookError("git.no-repository", path=str(root))
    return Path(os.path.normpath(root / text[8:].strip()))


def _find_common_dir(git_dir: Path) -> Path:
    try:
        text = (git_dir / "commondir").read_text("utf-8", "surrogateescape").strip()
    except OSError:
        return git_dir
    return Path(os.path.normpath(git_dir / text))


def _read_config(path: Path) -> tuple[dict[str, str], bool]:
    """The settings of one file, and whether reading it alone was enough (no include, nothing unusual)."""
    settings: dict[str, str] = {}
    try:
        text = path.read_text("utf-8", "surrogateescape")
    except OSError:
        return {}, True
    section, simple = "", True
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            match = _SECTION.match(line)
            if match is None:
                simple, section = False, ""
                continue
            sub = match[2]
            section = match[1].lower() + ("" if sub is None else "." + re.sub(r"\\(.)", r"\1", sub))
            if section.partition(".")[0] in ("include", "includeif"):
                simple = False
            continue
        match = _SETTING.match(line)
        if match is None or not section:
            simple = False
            continue
        value = match[2]
        if value is None:
            value = "true"
        elif any(char in value for char in '"\\#;'):
            plain = re.fullmatch(r'"([^"\\]*)"', value)
            if plain is None:
                simple = False  # quoting, comments, continued lines: let Git read it
                continue
            value = plain[1]
        name = f"{section}.{match[1].lower()}"
        settings[name] = value.strip() if match[2] is None or not match[2].startswith('"') else value
    return settings, simple
