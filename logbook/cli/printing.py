"""What is printed, as neutral sheets: records, empty forms, ledgers, the book of a shift."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from logbook.cli.context import Context
from logbook.cli.people import names
from logbook.operations.reading import World
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.core.record import Signature
    from logbook.index.book_index import Row
    from logbook.operations.reading import Loaded
    from logbook.operations.shifts import Book
    from logbook.render.paper import Block
    from logbook.render.paper import Sheet
    from logbook.render.paper import Value


class Printer:
    """Makes sheets of one book for one command; what they share is looked up once."""

    def __init__(self, context: Context, *, private: bool) -> None:
        self.context = context
        self.session: Session = context.session
        self.private = private
        self.names = names(context)

    @cached_property
    def world(self) -> World:
        return World(self.session)

    def record(self, loaded: Loaded, *, traced: bool = True) -> Sheet:
        """The sheet of a record; ``traced``: with the commit it stands in, and so a code that leads back."""
        from logbook.operations import deriving
        from logbook.operations.signatures import is_stale
        from logbook.render.sheets import build

        session = self.session
        state = loaded.state
        pairs: dict[int, Signature] = {}
        if self.private and session.vault is not None:
            from logbook.operations.secrecy import disclosed

            state = disclosed(session, state)
            pairs = dict(zip(map(id, state.record.signatures), loaded.record.signatures, strict=False))
        commit, when = self.commit_of(loaded.path) if traced else (None, None)
        return build(
            loaded.form,
            state,
            session.library,
            **self.shared(),
            private=self.private,
            stale=lambda signature: is_stale(loaded.form, loaded.record, pairs.get(id(signature), signature)),
            derived=deriving.derived_values(session, loaded.form, loaded.state, world=self.world),
            signing=lambda place: deriving.is_asked(session, loaded.state, place),
            commit=commit,
            recorded=when,
        )

    def blank(self, form: Form) -> Sheet:
        """A form to fill in by hand, dated by the day its version came into force."""
        from logbook.render.sheets import build

        session = self.session
        begins = datetime.fromisoformat(form.effective) if form.effective else datetime(2000, 1, 1)
        return build(
            form, None, session.library, **self.shared(), private=self.private,
            recorded=begins.replace(tzinfo=session.zone),
        )  # fmt: skip

    def shared(self) -> dict[str, Any]:
        session = self.session
        return {
            "lang": self.context.lang,
            "book_name": session.book.settings.name,
            "now": session.now,
            "names": self.names,
        }

    def commit_of(self, path: str) -> tuple[str | None, datetime | None]:
        """The commit that last touched a record by the session's moment, and when it was made."""
        session = self.session
        for commit in session.index.history_of(path):
            when = session.repository.objects.commit(commit).committer.when
            if when <= session.now or not session.clock.given:
                return commit, when.astimezone(session.zone)
        return None, None

    def head(self) -> tuple[str | None, datetime | None]:
        """The commit of the whole book that is looked at, and when it was made."""
        session = self.session
        commit = session.rev or session.repository.head()
        if commit is None:
            return None, None
        return commit, session.repository.objects.commit(commit).committer.when.astimezone(session.zone)

    # A site's own template

    def values(self, form: Form, loaded: Loaded | None) -> dict[str, object]:
        """Every field of the form as people read it: text; lists as rows; checklists as item, result and remark."""
        from logbook.operations import deriving
        from logbook.render.sheets import spoken_values

        if loaded is None:
            return spoken_values(form, None, self.session.library, names=self.names, lang=self.context.lang)
        state = loaded.state
        if self.private and self.session.vault is not None:
            from logbook.operations.secrecy import disclosed

            state = disclosed(self.session, state)
        derived = deriving.derived_values(self.session, form, loaded.state, world=self.world)
        return spoken_values(
            form, state, self.session.library, names=self.names, lang=self.context.lang, private=self.private,
            derived=derived,
        )  # fmt: skip

    # A ledger

    def ledger(self, form: Form, rows: Sequence[Row], *, columns: str | None, period: str) -> Sheet:
        """The ledger of these records."""
        from logbook.cli.listing import record_cells
        from logbook.render.ledgers import Line
        from logbook.render.ledgers import columns_of
        from logbook.render.ledgers import ledger

        wanted = columns or ",".join(columns_of(form))
        heads, cells = record_cells(self.context, form, rows, wanted, private=self.private, people=True)
        money = [place for place, head in enumerate(heads) if head.type == "money"]
        lines = [
            Line(
                tuple(str(cell or "") for cell in line),
                "" if form.register else row.at[:7],
                {place: str(line[place]).replace(",", "") for place in money if line[place]},
                row.voided,
            )
            for row, line in zip(rows, cells, strict=True)
        ]
        commit, when = self.head()
        return ledger(
            form, heads, lines, lang=self.context.lang, book_name=self.session.book.settings.name, period=period,
            now=self.session.now, commit=commit, recorded=when,
        )  # fmt: skip

    # The book of a shift

    def shift(self, book: Book) -> Iterator[Sheet]:
        """A cover, then the logs, the handover and every other record of the shift, each on its own sheet."""
        from logbook.operations.listing import load_rows

        rows = [entry.row for entry in book.entries]
        index = self.session.index
        logs = [row for one in book.attended for row in index.find(one.form, one.log)]
        first = [*logs, *([book.handover] if book.handover is not None else [])]
        known = {(row.form, row.id) for row in first}
        rest = [row for row in rows if (row.form, row.id) not in known]
        loaded = list(load_rows(self.session, [*first, *rest]))
        yield self.cover(book, loaded)
        for one in loaded:
            yield self.record(one)

    def cover(self, book: Book, loaded: Sequence[Loaded]) -> Sheet:
        from logbook.cli import shifts as turns
        from logbook.cli.people import status_label
        from logbook.locale.catalogue import Catalogue
        from logbook.render.paper import Box
        from logbook.render.paper import Grid
        from logbook.render.paper import Head
        from logbook.render.paper import Pairs
        from logbook.render.paper import Sheet
        from logbook.render.paper import Signed
        from logbook.render.paper import Signing
        from logbook.render.paper import Value
        from logbook.render.sheets import SHORT

        context, session, name = self.context, self.session, self.names
        lang = context.lang
        say = Catalogue("zh" if lang == "zh" else "en").say
        post = book.post.label.say(lang)
        day = turns.day_text(context, book.shift.start, people=True)
        span = f"{turns.moment_text(context, book.shift.start)} — {turns.moment_text(context, book.shift.end)}"
        planned = context.catalogue.join(name(line.person) for line in book.planned)
        blocks: list[Block] = [
            Pairs((Box(say("sheet.post"), Value(post)), Box(say("sheet.time"), Value(span)))),
            Pairs((Box(say("sheet.roster"), Value(planned or say("sheet.nobody"))),)),
        ]

        def grid(title: str, heads: Sequence[tuple[str, int]], rows: Iterable[Sequence[str]], least: int = 0) -> Grid:
            made: list[tuple[Value, ...]] = [
                (Value(str(number), align="center"), *(Value(cell, whole=_is_number(cell)) for cell in row))
                for number, row in enumerate(rows, 1)
            ]
            made += [tuple(Value("") for _ in range(len(heads) + 1))] * max(0, least - len(made))
            columns = (Head(say("sheet.row"), 7), *(Head(say(word), weight) for word, weight in heads))
            return Grid(say(title), columns, tuple(made))

        duty = [
            (name(one.person), turns.came_text(context, one), turns.arrival_of(context, one), one.log)
            for one in book.attended
        ]
        duty += [
            (name(one.cover), f"{turns.clock_text(context, one.start)}—{turns.clock_text(context, one.end)}",
             " ".join(filter(None, (say("sheet.cover"), one.reason))), one.record)
            for one in book.covers
        ]  # fmt: skip
        people = (("sheet.person", 16), ("sheet.from_to", 16), ("sheet.remark", 34), ("sheet.log", 24))
        blocks.append(grid("sheet.on_duty", people, duty, 1))
        if book.gaps:
            gaps = ((turns.moment_text(context, low), turns.moment_text(context, high)) for low, high in book.gaps)
            blocks.append(Pairs((Box(say("sheet.gaps"), Value("\n".join(map(" — ".join, gaps)))),)))
        late = {(one.row.form, one.row.id): one.addendum for one in book.entries if one.addendum}
        entries = []
        for one in loaded:
            row = one.row
            state = status_label(session.library.forms.get(row.form), row.status, lang)
            remark = say("sheet.addendum", id=late[row.form, row.id]) if (row.form, row.id) in late else ""
            at = turns.clock_text(context, row.at_epoch)
            entries.append((at, row.id, one.form.title.say(lang), row.title, state, name(row.by), remark))
        heads = (("sheet.at", 8), ("sheet.head_id", 24), ("sheet.head_form", 17), ("sheet.about", 26),
                 ("sheet.head_status", 10), ("sheet.head_by", 10), ("sheet.remark", 12))  # fmt: skip
        blocks.append(grid("sheet.entries", heads, entries, 1))
        handover = next((one for one in loaded if book.handover is not None and one.row.id == book.handover.id), None)
        matters = []
        if handover is not None:
            stored = handover.state.fields.get("open_items")
            for item in stored if isinstance(stored, list) else []:
                if isinstance(item, dict):
                    matters.append(tuple(str(item.get(key) or "") for key in ("text", "record", "why")))
        else:
            logs = {(log.form, log.log) for log in book.attended}
            matters = [
                (row.title, row.id, "")
                for row in (one.row for one in loaded)
                if not row.final and not row.voided and (row.form, row.id) not in logs
            ]
        open_heads = (("sheet.matter", 50), ("sheet.head_id", 22), ("sheet.why", 26))
        blocks.append(grid("sheet.matters", open_heads, matters, 1))
        if handover is not None:
            own = self.record(handover, traced=False)
            blocks += [block for block in own.blocks if isinstance(block, Signing)]
        else:
            blocks.append(Signing(tuple(Signed(say(f"sheet.{one}")) for one in ("gives", "takes", "checked_by"))))
        notes = []
        if book.responsible is not None:
            notes.append(say("sheet.responsible", name=name(book.responsible)))
        if not book.entries:
            notes.append(say("sheet.no_entries"))
        commit, when = self.head()
        origin = ""
        if when is not None:
            origin = say("sheet.origin", moment=when.strftime("%Y-%m-%d %H:%M"), commit=(commit or "-")[:SHORT])
        before, between, after = say("sheet.page", page="\0", pages="\0").split("\0")
        return Sheet(
            lang="zh" if lang == "zh" else "en",
            book=session.book.settings.name,
            title=say("sheet.shift_book"),
            number=post,
            status="",
            moment=f"{turns.local_day(context, book.shift.start)} {day[6:]}".rstrip(),
            stamp="",
            blocks=tuple(blocks),
            notes=tuple(notes),
            foot=f"{say('sheet.shift_book')}  {turns.local_day(context, book.shift.start)}  {post}",
            printed=say("sheet.printed", moment=session.now.strftime("%Y-%m-%d %H:%M")),
            page=(before, between, after),
            blank_date=say("sheet.blank_date"),
            landscape=False,
            record="",
            origin=origin,
            moment_of_record=int(when.timestamp()) if when is not None else 0,
        )


def _is_number(cell: str) -> bool:
    """Whether a cell is a record's number, which is not broken."""
    return cell[-3:].isdigit() and cell.isascii() and cell.count("-") == 2
