"""What a command works with: the book, its forms, its index, the hour, the language, the person."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.store.book import Book
from logbook.store.git import Repository

if TYPE_CHECKING:
    from logbook.core.calendars import Calendar
    from logbook.index.book_index import BookIndex
    from logbook.store.vault import Vault

# Settings of the site that move no deadline; a clock's condition may name any other.
_TELLING = ("notify", "escalation", "attachments", "retention", "report")

DESK_KEY = "logbook.desk"
STAFF_KEY = "logbook.staff"


@frozen
class Clock:
    """The hour a command works at. ``real`` is the machine's; ``now`` may be given by ``--now``."""

    now: datetime
    real: datetime
    given: bool


def _as_private_as(then: Library, now: Library) -> Library:
    """The definitions of the past with every field private that is private now; forms are still built when
    they are asked for."""
    from functools import partial

    from logbook.core.formlibrary import as_private_as
    from logbook.core.formwords import words_of
    from logbook.core.sources import FormShelf
    from logbook.core.sources import Shelf

    def form(shelf: Mapping[str, Form], key: str) -> Form:
        name = key.partition("@")[0]
        return as_private_as(shelf[key], [now.forms[name]] if name in now.forms else [])

    forms, older = then.forms, then.older
    makers = {key: partial(form, forms, key) for key in forms}
    words = forms.words if isinstance(forms, FormShelf) else None
    if words is None and not isinstance(forms, Shelf):
        words = {name: words_of(one) for name, one in forms.items()}
    shelf = FormShelf(lambda: makers, words) if words is not None else Shelf(lambda: makers)
    past = {key: partial(form, older, key) for key in older}
    return replace(then, forms=shelf, older=Shelf(lambda: past))


class Session:
    """One command's view of a book. Nothing is opened before it is needed."""

    def __init__(
        self,
        book: Book,
        clock: Clock,
        *,
        lang: str,
        environment: Mapping[str, str],
        by: str | None = None,
        rev: str | None = None,
    ) -> None:
        """``rev``: the id of the commit as of which everything is read; such a session only reads."""
        self.book = book
        self.clock = clock
        self.lang = lang
        self.environment = environment
        self.given_by = by
        self.rev = rev
        self.warnings: list[Issue] = []

    def close(self) -> None:
        """Let go of what was opened."""
        if "index" in self.__dict__:
            self.index.close()
        if "repository" in self.__dict__:
            self.repository.close()

    def alone(self) -> Callable[[], None]:
        """For a forked helper: go on with a repository and an index of its own; returns what closes them. The
        caller's stay as they are: closing a database here would end it there."""
        self._inherited = [self.__dict__.pop("index", None), self.__dict__.get("repository")]
        if "repository" in self.__dict__:
            self.__dict__["repository"] = self.repository.again()
        return self.close

    @property
    def now(self) -> datetime:
        return self.clock.now

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.book.settings.zone

    @property
    def encrypts(self) -> bool:
        """Whether this book stores private values encrypted (rulings 24)."""
        return self.book.settings.trail.get("encryption") == "true"

    @cached_property
    def vault(self) -> Vault | None:
        """The keys of private values; None in a book that never encrypted any."""
        if self.book.settings.trail.get("encryption") is None:
            return None
        from logbook.operations.secrecy import open_vault

        return open_vault(self)

    @cached_property
    def repository(self) -> Repository:
        return Repository(self.book.root)

    @cached_property
    def _loaded(self) -> tuple[Library, list[Issue]]:
        from logbook.store.library import load

        settings = self.book.settings.settings
        if self.rev is None:
            return load(self.repository, work_tree=True, settings=settings)
        then, issues = load(self.repository, revision=self.rev, settings=settings)
        head = self.repository.head()
        trees = [self.repository.entry_at(commit, "templates") for commit in (self.rev, head) if commit]
        if head is None or trees[0] == trees[-1]:
            return then, issues
        # What is private today was written down before somebody said so: it is masked in the past as well.
        return _as_private_as(then, load(self.repository, revision=head)[0]), issues

    @property
    def library(self) -> Library:
        return self._loaded[0]

    @property
    def library_issues(self) -> list[Issue]:
        return self._loaded[1]

    @cached_property
    def index(self) -> BookIndex:
        """The index, refreshed to HEAD; of a session of the past, one in memory."""
        from logbook.index.book_index import BookIndex

        return BookIndex.open(
            self.repository,
            self.library,
            zone=self.zone,
            calendars=self.calendars,
            library_key=self.rules_key,
            rev=self.rev,
            skip_private=self.encrypts,
            lang=self.book.settings.language,
            environment=self.environment,
        )

    @cached_property
    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars of the book; each is built when it is first asked for."""
        from logbook.core.calendarfile import calendars_of

        settings = self.book.settings
        return calendars_of(self.library, settings.calendars, settings.settings)

    @property
    def rules_key(self) -> str:
        """What the derived part of the index depends on besides the records: the definitions, and what
        the site has set: calendars, seasons and duties, and the numbers a clock's condition may name."""
        settings = self.book.settings
        own: list[object] = [settings.calendars, settings.packs]
        own += [value for name, value in sorted(settings.settings.items()) if name not in _TELLING]
        return f"{self.library.key} {zlib.crc32(repr(own).encode()):08x}"

    def form(self, word: str) -> Form:
        """The form meant by an id, label or alias; Refused when it is none or several."""
        from logbook.core.formwords import find_form

        found = find_form(self.library, word)
        if isinstance(found, Issue):
            broken = [
                issue
                for issue in self.library_issues
                if issue.is_error and (issue.path or "").endswith((f"/{word}.yaml", f"/{word}@"))
            ]
            raise Refused([found, *broken])
        return found

    def desk(self) -> str:
        """This clone's desk letter; BookError ``book.no-desk`` when it has none (rulings 21)."""
        if self.repository.bare:
            raise BookError("git.bare", path=str(self.book.root))
        letter = self.environment.get("LOGBOOK_DESK") or self.repository.config(DESK_KEY)
        if not letter:
            raise BookError("book.no-desk", path=str(self.book.root))
        if not (letter.isascii() and letter.isalpha() and letter.isupper() and len(letter) <= 2):
            raise BookError("book.bad-desk", found=letter)
        return letter

    def operator(self, by: str | None = None) -> str:
        """Who does it: ``--by``, ``$LOGBOOK_STAFF``, the person signed on at this desk.

        Refused when nobody is named, when the person is not in the staff register or has left.
        """
        word = by or self.given_by or self.environment.get("LOGBOOK_STAFF") or self.repository.config(STAFF_KEY)
        if not word:
            raise Refused([Issue("book.no-operator", {}, field="by")])
        return self.staff(word)

    def names(self, folder: str) -> list[str]:
        """The file names in a folder of the book as committed."""
        return [entry.name for entry in self.repository.tree_entries(self.repository.head(), folder)]

    def drawn(self, form: str, day: str) -> list[str]:
        """The file names among which are all numbers of a form and a day (``yyyy-mm-dd`` or ``yyyymmdd``), in
        whichever layout they lie."""
        day = day.replace("-", "")
        month = f"records/{form}/{day[:4]}/{day[4:6]}"
        return [*self.names(month), *self.names(f"{month}/{day[6:8]}")]

    def staff(self, word: str, *, field: str = "by") -> str:
        """The id of an active member of staff, given by id or name; Refused when there is none."""
        found, issue = self.find_staff(word, field=field)
        if issue is not None:
            raise Refused([issue])
        return found

    def find_staff(self, word: str, *, field: str = "by") -> tuple[str, Issue | None]:
        """The same as a value: the id, or the issue that says what is wrong with ``word``."""
        rows = [row for row in self.index.find("staff", word) if not row.voided]
        if not rows:
            named = self.index.all_equal("staff", {"name": word})
            rows = [row for row in named if not row.voided]
        if len(rows) > 1:
            ids = [row.id for row in rows]
            return word, Issue("field.ambiguous", {"name": word, "known": ids, "first": ids[0]}, field=field)
        if not rows:
            return word, Issue("field.unknown-staff", {"label": field, "found": word, "target": []}, field=field)
        if rows[0].status == "left":
            return word, Issue("field.staff-left", {"found": word, "label": field}, field=field)
        return rows[0].id, None

    def writing_time(self) -> datetime:
        """The recording time of a write. ``--now`` writes in a practice book only."""
        if self.clock.given and not self.book.settings.practice:
            raise BookError("book.now-not-practice")
        return self.clock.now

    def is_administrator(self, staff: str) -> bool:
        return staff == self.book.settings.administrator
