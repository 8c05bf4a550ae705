"""A practice book to work in: the standard forms, a few people, rooms, keys and areas."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.operations import add as adding
from logbook.operations import amend as amending
from logbook.operations import listing
from logbook.operations import overdue as lateness
from logbook.operations import sign as signing
from logbook.operations import step as stepping
from logbook.operations import void as voiding
from logbook.operations.reading import Loaded
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Clock
from logbook.operations.session import Session
from logbook.operations.writing import Written
from logbook.operations.writing import writing
from logbook.store.book import Book
from logbook.store.book import Settings
from logbook.store.book import read_settings
from logbook.store.book import settings_text
from logbook.store.git import clean_environment
from logbook.store.porcelain import init_repository
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish

ZONE = ZoneInfo("Asia/Shanghai")
START = "2026-11-20 08:00"
NOW = "2026-11-22 09:35"
TEMPLATES = Path(__file__).parents[2] / "templates"

STAFF = (
    ("boss", "高总", "general_manager"),
    ("lina", "李娜", "cs_officer,front_desk"),
    ("zhao", "赵敏", "cs_supervisor"),
    ("wang", "王强", "director"),
    ("sun", "孙师傅", "repair_worker,night_duty"),
    ("chen", "陈工", "dept_supervisor,dept_staff"),
    ("liu", "刘洋", "guard"),
    ("hu", "胡丽", "admin_supervisor"),
    ("zhou", "周杰", "cs_officer"),
)


def moment(text: str) -> datetime:
    """A moment in the book's zone, ``2026-11-22 09:35``."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=ZONE)


class Desk:
    """One clone of the practice book; every call is a command of its own at a time of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def session(
        self, now: str = NOW, *, by: str | None = None, desk: str = "A", lang: str = "zh", given: bool = True
    ) -> Session:
        at = moment(now)
        environment = {"LOGBOOK_DESK": desk, "HOME": str(self.root.parent)}
        book = Book(self.root, read_settings(self.root))
        return Session(book, Clock(at, at, given), lang=lang, environment=environment, by=by)

    def add(self, form: str, *words: str, now: str = NOW, by: str = "lina", desk: str = "A", **more: Any) -> Written:
        session = self.session(now, desk=desk)
        return adding.add(session, adding.prepare(session, form, words, by=by, **more))

    def step(self, record: str, step: str, *words: str, now: str = NOW, by: str = "lina", **more: Any) -> Written:
        return stepping.step(self.session(now), record, step, words, by=by, **more)

    def amend(
        self, record: str, *words: str, reason: str | None = "写错了", now: str = NOW, by: str = "lina", **more: Any
    ) -> Written:
        return amending.amend(self.session(now), record, words, reason=reason, by=by, **more)

    def void(self, record: str, reason: str | None = "重复登记", *, now: str = NOW, by: str = "lina") -> Written:
        return voiding.void(self.session(now), record, reason=reason, by=by)

    def sign(self, record: str, meaning: str, *, now: str = NOW, by: str = "lina", name: str | None = None) -> Written:
        return signing.sign(self.session(now), record, meaning, by=by, name=name)

    def load(self, record: str, now: str = NOW) -> Loaded:
        session = self.session(now)
        return load(session, find(session, record))

    def list(self, *words: str, now: str = NOW, **more: Any) -> list[str]:
        session = self.session(now)
        form, query = listing.form_and_query(session, words)
        return [row.id for row in listing.select(session, form, query, **more)]

    def overdue(self, *words: str, now: str = NOW, **more: Any) -> list[tuple[str, str, int]]:
        """Id, clock and seconds of what is late, duties left out."""
        return [
            (str(late.id), late.clock, late.overdue_seconds)
            for late in lateness.overdue(self.session(now), words, **more)
            if late.kind == "clock"
        ]

    def text(self, written: Written | str) -> str:
        path = written if isinstance(written, str) else written.path
        return (self.root / path).read_text(encoding="utf-8")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=clean_environment({}), capture_output=True, check=False
        )
        assert done.returncode == 0, (done.returncode, done.stderr.decode())
        return done.stdout.decode()

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    @property
    def clean(self) -> bool:
        return self.git("status", "--porcelain", "--untracked-files=all") == ""

    def copy(self, root: Path) -> Desk:
        shutil.copytree(self.root, root)
        return Desk(root)


def make_book(root: Path, **settings: Any) -> Desk:
    """An empty practice book with the standard forms and the people above."""
    chosen = Settings(
        name="翠湖花园", administrator="boss", desks={"A": "前台 A"}, practice=True, **settings
    )
    repository = init_repository(root)
    forms = [
        Change(f"templates/core/{file.name}", file.read_bytes()) for file in sorted(TEMPLATES.glob("core/*.yaml"))
    ]
    people = ("高总", "boss@staff.logbook")
    made = Commit(
        [Change("logbook.yaml", settings_text(chosen)), *forms],
        "book: init\n\nRecord: book\nForm: book\nAction: init\nBy: boss\n",
        people,
        ("前台 A", "desk-a@desk.logbook"),
        moment(START),
    )
    publish(repository, [made])
    desk = Desk(root)
    session = desk.session(START)
    with writing(session) as write:
        first = adding.prepare_first(session, *STAFF[0], by="boss")
        write.publish([adding.draft_of(session, write, first)[0]])
    for staff, name, roles in STAFF[1:]:
        desk.add("staff", f"id={staff}", f"name={name}", f"roles={roles}", by="boss", now=START)
    return desk


def furnish(desk: Desk) -> Desk:
    """Rooms, keys and areas; 周杰 has left."""
    desk.step("zhou", "leave", "left_on=2026-11-20", by="hu", now=START)
    for room in ("3-502", "3-602"):
        desk.add("room", f"id={room}", now=START)
    desk.add("key", "id=K-3-502", "opens=3-502 入户门", "kind=public", now=START)
    desk.add("key", "id=K-pump", "opens=水泵房", "kind=plant", "copies=2", now=START)
    desk.add("area", "id=route-1", "name=一号路线", "kind=patrol_route", by="zhao", now=START)
    desk.add("area", "id=hall", "name=大堂", "kind=hall", "route=route-1", by="zhao", now=START)
    desk.add("area", "id=garage", "name=地下车库", "kind=parking", "route=route-1", by="zhao", now=START)
    return desk


def refused(error: Refused | Any) -> list[tuple[str, str | None]]:
    """Rule and field of every issue of a refusal (or of ``pytest.raises``' catch)."""
    caught = getattr(error, "value", error)
    return [(issue.rule, issue.field) for issue in caught.issues]


def codes(issues: list[Issue] | tuple[Issue, ...]) -> list[str]:
    return [issue.rule for issue in issues]
