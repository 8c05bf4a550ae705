"""A whole history as one Git bundle whose bytes depend on the history alone, not on how it is stored here."""

from __future__ import annotations

from logbook.core.errors import BookError
from logbook.store.git import Repository

# What people's settings, the number of cores and the packs at hand would change in the pack that is made.
_SETTINGS = (
    "pack.threads=1", "pack.window=10", "pack.depth=50", "pack.windowMemory=0", "pack.compression=6",
    "core.compression=6", "pack.packSizeLimit=0", "pack.useSparse=false", "pack.allowPackReuse=false",
    "core.bigFileThreshold=512m",
)  # fmt: skip
_WORDS = (
    "pack-objects", "--stdout", "--revs", "--no-reuse-delta", "--no-reuse-object", "--delta-base-offset",
    "--no-use-bitmap-index", "--threads=1", "-q",
)  # fmt: skip


def bundle(repository: Repository, commit: str, *, branch: str = "main") -> bytes:
    """The bundle (version 2) of every object up to ``commit``, as ``HEAD`` and a branch, with nothing left out.

    Deltas are looked for anew, in one thread, so that two clones give the same bytes (with the same Git); the time
    is that of a ``git gc``. BookError ``evidence.shallow`` where this clone lacks the beginning.
    """
    if (repository.common_dir / "shallow").exists():
        raise BookError("evidence.shallow", path=str(repository.root))
    tip = repository.resolve(commit)
    settings = [word for one in _SETTINGS for word in ("-c", one)]
    pack = repository.run(*settings, *_WORDS, stdin=f"{tip}\n".encode()).stdout
    return f"# v2 git bundle\n{tip} HEAD\n{tip} refs/heads/{branch}\n\n".encode() + pack
