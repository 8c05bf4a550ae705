"""The books the commands run in, and the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.harness import ENVIRONMENT
from tests.faults.harness import git
from tests.faults.harness import plain
from tests.operations.desk import Desk
from tests.operations.desk import furnish
from tests.operations.desk import make_book

COMPLAINT = "CP-20261121-A001"
CASES = "姓名,内容,时间\n王芳,电梯异响,2026-11-19 09:00\n李四,楼道垃圾,2026-11-19 10:00\n赵五,渗水,2026-11-20 11:00\n"


def make_books(folder: Path) -> dict[str, Path]:
    """``small``: people, rooms, one complaint; ``evening``: a shift handed over and not yet taken."""
    from logbook.operations import handing
    from logbook.operations import shifts

    small = furnish(make_book(folder / "small"))
    _settle(small)
    small.add("complaint", "name=王芳", "phone=13800001111", "room=3-502", "summary=电梯异响", now="2026-11-21 09:00")
    (folder / "cases.csv").write_text(CASES, encoding="utf-8")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    evening = small.copy(folder / "evening")
    shifts.sign_on(evening.session("2026-11-21 08:14"), by="lina")
    shifts.sign_on(evening.session("2026-11-21 17:15"), by="sun")
    tools = "tools+=[{item: 对讲机, expected: 4, actual: 4}]"
    handing.hand_over(evening.session("2026-11-21 17:16"), "sun", [tools], by="lina")
    stale = small.copy(folder / "stale")
    for desk in (small, evening):
        _warm(desk.root)
    for number in range(3):
        stale.add("complaint", f"name=王{number}", "summary=漏水", now="2026-11-21 10:00")
    shared = _shared(small, folder / "shared")
    fresh = small.copy(folder / "fresh")
    (fresh.root / ".git/logbook/index.db").unlink()
    for name in ("index.db-wal", "index.db-shm"):
        (fresh.root / ".git/logbook" / name).unlink(missing_ok=True)
    # The index of `stale` is the one of before the last three records.
    for name in ("index.db", "index.db-wal", "index.db-shm"):
        (stale.root / ".git/logbook" / name).unlink(missing_ok=True)
        if (place := small.root / ".git/logbook" / name).exists():
            (stale.root / ".git/logbook" / name).write_bytes(place.read_bytes())
    closed = small.copy(folder / "closed").root
    done = plain(closed, "--now", "2026-12-21 17:30", "upkeep", "sparse", "--keep", "1")
    assert done.code == 0, done
    return {"closed": closed, "small": small.root, "evening": evening.root, "stale": stale.root, "fresh": fresh.root, "shared": shared}


def _shared(small: Desk, root: Path) -> Path:
    """A desk whose shared copy lies inside its own ``.git``, so that both are copied together; another desk
    has recorded something there, and so has this one."""
    desk = small.copy(root)
    git(root, "clone", "-q", "--bare", ".", ".git/remote.git")
    git(root, "remote", "add", "origin", ".git/remote.git")
    git(root, "push", "-q", "origin", "main")
    other = Desk(root.parent / "other")
    git(root.parent, "clone", "-q", str(root / ".git/remote.git"), "other")
    _settle(other)
    other.add("complaint", "name=别处", "summary=别处的事", now="2026-11-21 12:00", desk="B")
    git(other.root, "push", "-q", "origin", "main")
    desk.add("complaint", "name=本处", "summary=本处的事", now="2026-11-21 12:30")
    _warm(root)
    return root


def _settle(desk: Desk) -> None:
    desk.git("config", "logbook.desk", "A")
    desk.git("config", "logbook.staff", "lina")
    desk.git("config", "gc.auto", "0")


def _warm(root: Path) -> None:
    """Everything in one pack, definitions and index known: copies are quick and commands do only their own work."""
    git(root, "gc", "-q")
    done = plain(root, "list", "--format", "ids")
    assert done.code == 0, done


# Name -> the book it runs in, and its words.
COMMANDS: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "add": ("small", lambda _: ["add", "complaint", "name=李四", "summary=楼道垃圾", "level=major"]),
    "step": ("small", lambda _: ["step", COMPLAINT, "forward", "forwarded_to=director"]),
    "amend": ("small", lambda _: ["amend", COMPLAINT, "summary=电梯有异响", "--reason", "写错了"]),
    "sign": ("small", lambda _: ["sign", COMPLAINT, "--as", "heard"]),
    "void": ("small", lambda _: ["void", COMPLAINT, "--reason", "重复登记"]),
    "import": (
        "small",
        lambda folder: [
            "import", "complaint", str(folder / "cases.csv"), "--map", "name=姓名", "--map", "summary=内容",
            "--map", "at=时间",
        ],
    ),
    "index build": ("fresh", lambda _: ["list", "--format", "ids"]),
    "index refresh": ("stale", lambda _: ["list", "--format", "ids"]),
    "index --rebuild": ("small", lambda _: ["index", "--rebuild"]),
    "handover": ("evening", lambda _: ["--by", "sun", "handover", "accept"]),
    "packs": ("small", lambda _: ["packs", "enable", "tower", "--yes"]),
    "on": ("small", lambda _: ["on", "zhao"]),
    "sync": ("shared", lambda _: ["sync"]),
    "doctor": ("small", lambda _: ["doctor"]),
    "upkeep": ("small", lambda _: ["upkeep", "--force"]),
    "upkeep sparse": ("small", lambda _: ["upkeep", "sparse", "--keep", "1"]),
    "upkeep full": ("closed", lambda _: ["upkeep", "full"]),
    "step in a closed month": ("closed", lambda _: ["step", COMPLAINT, "forward", "forwarded_to=director"]),
    "upkeep days": ("small", lambda _: ["--by", "boss", "upkeep", "days", "complaint", "--month", "2026-11"]),
}  # fmt: skip
NOW = {
    "handover": "2026-11-21 17:31", "upkeep sparse": "2026-12-21 17:31", "upkeep full": "2026-12-21 17:31",
    "step in a closed month": "2026-12-21 17:31",
}  # fmt: skip


def words_of(name: str, folder: Path) -> tuple[str, list[str]]:
    """The book a command runs in, and the whole command."""
    book, words = COMMANDS[name]
    return book, ["--now", NOW.get(name, "2026-11-22 09:35"), *words(folder)]


__all__ = ["COMMANDS", "ENVIRONMENT", "make_books", "words_of"]
