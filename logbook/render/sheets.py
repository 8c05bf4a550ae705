"""The standard form on paper, filled or blank, from the form's ``sheet`` rows: text, Markdown, HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Literal

from logbook.core.form import Cell
from logbook.core.form import Checklist
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.form import SignaturePlace
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.values import shown
from logbook.core.values import verdict_of
from logbook.locale.catalogue import Catalogue
from logbook.render.paper import Block
from logbook.render.paper import Box
from logbook.render.paper import Grid
from logbook.render.paper import Head
from logbook.render.paper import Option
from logbook.render.paper import Pairs
from logbook.render.paper import Sheet
from logbook.render.paper import Signed
from logbook.render.paper import Signing
from logbook.render.paper import Value
from logbook.render.paper import in_rows
from logbook.render.paper import side_by_side
from logbook.render.porcelain import MASK
from logbook.render.porcelain import is_masked
from logbook.render.porcelain import mask
from logbook.render.porcelain import mask_path
from logbook.render.width import plain
from logbook.render.width import width

if TYPE_CHECKING:
    from logbook.core.lifecycle import State


_SIGNATURES = "signatures"
_MOST_OPTIONS = 14  # more boxes than that fill half a page: the chosen word alone says as much
_PAGE = 92  # characters across A4 upright
_WIDE_GRID = 100  # the least a list needs, above which the sheet lies on its side

_SUM = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "range": ""}

# Characters a column of that type needs; text columns share what is left.
_WEIGHTS = {
    "int": 6, "decimal": 8, "money": 10, "date": 11, "time": 7, "datetime": 12, "bool": 6, "phone": 14,
    "staff": 10, "choice": 10, "multichoice": 16, "ref": 12, "longtext": 24, "text": 16, "signature": 10,
    "attachment": 12, "duty": 16,
}  # fmt: skip
_CENTRED = frozenset({"date", "time", "datetime", "bool", "phone", "staff", "choice", "ref", "int"})
_WHOLE = frozenset({"date", "time", "datetime", "decimal", "money", "int"})
_RIGHT = frozenset({"decimal", "money"})


def sheet(
    form: Form,
    state: State | None,
    library: Library,
    *,
    lang: str,
    format: Literal["text", "md", "html"] = "html",
    book_name: str,
    now: datetime,
    names: Callable[[str], str] = str,
    private: bool = False,
    blank: bool = False,
    stale: Callable[[Signature], bool] | None = None,
    derived: Mapping[str, Stored] | None = None,
    signing: Callable[[SignaturePlace], bool] | None = None,
) -> str:
    """One record on its standard form, or the form to fill in by hand (``blank``, or no ``state``).

    ``names`` tells the name of a member of staff by id. Private values print as ``***`` unless
    ``private``. ``stale`` tells whether a signature no longer covers what stands there; ``derived``
    gives computed fields as stored values, and ``signing`` whether a place to sign with a condition is
    wanted (None: all are), since only rules know. The same arguments give the same bytes.
    """
    paper = build(
        form,
        None if blank else state,
        library,
        lang=lang,
        book_name=book_name,
        now=now,
        names=names,
        private=private,
        stale=stale,
        derived=derived,
        signing=signing,
    )
    return written(paper, format)


def build(
    form: Form,
    state: State | None,
    library: Library,
    *,
    lang: str,
    book_name: str,
    now: datetime,
    names: Callable[[str], str] = str,
    private: bool = False,
    stale: Callable[[Signature], bool] | None = None,
    derived: Mapping[str, Stored] | None = None,
    signing: Callable[[SignaturePlace], bool] | None = None,
    commit: str | None = None,
    recorded: datetime | None = None,
) -> Sheet:
    """The sheet as boxes, grids and places to sign, before it is turned into any format.

    ``commit`` and ``recorded``: the commit that last touched the record and when that was, for the way back from
    paper; of a form, ``recorded`` is the day its version came into force.
    """
    return _Builder(
        form, state, library, lang, book_name, now, names, private, stale, derived or {}, signing, commit, recorded
    ).sheet()


def spoken_values(
    form: Form,
    state: State | None,
    library: Library,
    *,
    lang: str,
    names: Callable[[str], str] = str,
    private: bool = False,
    derived: Mapping[str, Stored] | None = None,
) -> dict[str, object]:
    """Every field as people read it, by its id: text, a list as rows of texts, a checklist as its lines."""
    from datetime import UTC

    maker = _Builder(
        form, state, library, lang, "", datetime(1970, 1, 1, tzinfo=UTC), names, private, None, derived or {}, None,
        None, None,
    )  # fmt: skip
    values: dict[str, object] = {
        "at": _moment(state.at) if state is not None else "",
        "by": _line(names(state.by)) if state is not None else "",
    }
    for field in form.fields.values():
        stored = maker.fields.get(field.id)
        if is_masked(stored):
            values[field.id] = str(stored)
        elif field.type == "checklist":
            grid = maker.checklist(field, "", stored if isinstance(stored, dict) else {})
            values[field.id] = [
                {
                    "item": row[1].text,
                    "result": row[2].text or "".join(one.label for one in row[2].options if one.ticked),
                    "remark": row[3].text,
                }
                for row in grid.rows
            ]
        elif field.type == "list":
            rows = [row for row in stored if isinstance(row, dict)] if isinstance(stored, list) else []
            values[field.id] = [
                {name: maker.text(column, row.get(name)) for name, column in field.columns.items()} for row in rows
            ]
        else:
            values[field.id] = maker.text(field, stored)
    return values


def written(paper: Sheet, format: str) -> str:
    """A sheet as text, Markdown or HTML."""
    return bound([paper], format)


def bound(papers: Sequence[Sheet], format: str) -> str:
    """Sheets one after the other: a form feed between them as text, a rule in Markdown, pages of one HTML file."""
    if format == "html":
        from logbook.render.sheet_html import html

        return html(papers)
    from logbook.render import sheet_text

    if format == "md":
        return "\n---\n\n".join(map(sheet_text.markdown, papers))
    if format == "text":
        return "\f".join(map(sheet_text.text, papers))
    raise ValueError(f"no sheet format: {format}")


SHORT = 12  # hexadecimal digits of a commit that are printed: nobody mistakes one for another


def code_of(number: str, commit: str | None) -> str:
    """What the QR code of a sheet says: ``logbook:CP-20261122-A003@1f2e3d4c5b6a``."""
    return f"logbook:{number}@{commit[:SHORT]}" if commit else ""


class _Builder:
    def __init__(
        self,
        form: Form,
        state: State | None,
        library: Library,
        lang: str,
        book_name: str,
        now: datetime,
        names: Callable[[str], str],
        private: bool,
        stale: Callable[[Signature], bool] | None,
        derived: Mapping[str, Stored],
        wanted: Callable[[SignaturePlace], bool] | None,
        commit: str | None,
        recorded: datetime | None,
    ) -> None:
        self.form = form
        self.state = state
        self.library = library
        self.lang = "zh" if lang == "zh" else "en"
        self.book_name = book_name
        self.now = now
        self.names = names
        self.private = private
        self.stale = stale
        self.commit = commit
        self.recorded = recorded
        self.wanted = wanted if state is not None else None
        self.words = Catalogue(self.lang)
        self.say = self.words.say
        self.fields: Mapping[str, Stored] = {}
        if state is not None:
            fields = {**state.fields, **derived}
            self.fields = fields if private else mask(form, fields)

    def sheet(self) -> Sheet:
        form, state = self.form, self.state
        number = state.record.id if state is not None else ""
        blocks = tuple(self.blocks())
        foot = form.full_name + (f"  {number}" if number else "")
        return Sheet(
            lang=self.lang,
            book=_line(self.book_name),
            title=form.title.say(self.lang),
            number=self.say("sheet.number", number=_line(number) or "_" * 20),
            status=self.say("sheet.status", status=self.status()) if state is not None else "",
            moment=self.moment(),
            stamp=self.say("sheet.void") if state is not None and state.voided else "",
            blocks=blocks,
            notes=tuple(self.notes(blocks)),
            foot=foot,
            printed=self.say("sheet.printed", moment=self.now.strftime("%Y-%m-%d %H:%M")),
            page=self.page(),
            blank_date=self.say("sheet.blank_date"),
            landscape=any(map(self.is_wide, form.fields.values())),
            record=_line(number),
            code=code_of(number, self.commit) if number else "",
            origin=self.origin(),
            moment_of_record=int(self.recorded.timestamp()) if self.recorded is not None else 0,
        )

    def origin(self) -> str:
        """What the sheet shows, the same whenever it is printed: the record up to a commit, or a form."""
        if self.recorded is None or self.state is None:
            return ""
        moment = self.recorded.strftime("%Y-%m-%d %H:%M")
        return self.say("sheet.origin", moment=moment, commit=(self.commit or "-")[:SHORT])

    def status(self) -> str:
        if self.state is None:
            return ""
        if self.state.voided and self.state.status not in self.form.states:
            return self.say("sheet.voided")
        label = self.form.states.get(self.state.status)
        return label.say(self.lang) if label else self.state.status

    def moment(self) -> str:
        label = next(
            (field.label.say(self.lang) for field in self.form.fields.values() if field.holds == "at"), ""
        )
        moment = _moment(self.state.at) if self.state is not None else self.say("sheet.blank_moment")
        return self.say("sheet.moment", label=label or self.say("sheet.recorded"), moment=moment)

    def page(self) -> tuple[str, str, str]:
        """The words before, between and after the page's number and the count of pages."""
        before, between, after = self.say("sheet.page", page="\0", pages="\0").split("\0")
        return before, between, after

    # The rows of the form

    def blocks(self) -> Iterator[Block]:
        for row in self.form.sheet or self.standard_rows():
            boxes: list[Box] = []
            for cell in row:
                if cell.field == _SIGNATURES:
                    if boxes:
                        yield from in_rows(boxes)
                        boxes = []
                    yield from map(Signing, side_by_side(tuple(self.signing())))
                    continue
                field = self.form.fields.get(cell.field)
                if field is not None and self.is_unasked(field):
                    continue
                if field is not None and _is_grid(field):
                    if boxes:
                        yield from in_rows(boxes)
                        boxes = []
                    yield self.grid(field, cell)
                else:
                    boxes.append(self.box(cell, field))
            if boxes:
                yield from in_rows(boxes)

    def standard_rows(self) -> Iterator[tuple[Cell, ...]]:
        """Rows for a form that does not say how it prints: two short fields a row, long ones alone."""
        pair: list[Cell] = []
        for field in self.form.fields.values():
            boxes = len(field.choices) > 3 and not field.target
            boxes = boxes or field.type in ("longtext", "list", "checklist", "multichoice")
            if boxes:
                if pair:
                    yield tuple(pair)
                    pair = []
                yield (Cell(field.id, 3 if field.type == "longtext" else 1),)
                continue
            pair.append(Cell(field.id))
            if len(pair) == 2:
                yield tuple(pair)
                pair = []
        if pair:
            yield tuple(pair)
        if self.form.signatures:
            yield (Cell(_SIGNATURES),)

    def box(self, cell: Cell, field: Field | None) -> Box:
        if field is None:
            return Box(self.header_label(cell.field), Value(self.header_value(cell.field)), cell.height)
        return Box(self.label(field), self.value(field, self.fields.get(field.id)), cell.height)

    def is_unasked(self, field: Field) -> bool:
        """Whether nothing was answered of a checklist on a filled sheet: its lines would be waste paper."""
        return self.state is not None and field.type == "checklist" and not self.fields.get(field.id)

    def is_wide(self, field: Field) -> bool:
        """Whether a list needs the sheet on its side; filled and blank sheets agree."""
        return sum(least(column, self.label(column)) for column in field.columns.values()) > _WIDE_GRID

    def label(self, field: Field) -> str:
        label = field.label.say(self.lang) or field.id
        return self.say("sheet.with_unit", label=label, unit=field.unit.say(self.lang)) if field.unit else label

    def header_label(self, name: str) -> str:
        known = name in ("id", "status", "at", "by", "form", "due")
        return self.say(f"sheet.head_{name}") if known else name

    def header_value(self, name: str) -> str:
        if self.state is None:
            return ""
        return {
            "id": self.state.record.id,
            "status": self.status(),
            "at": _moment(self.state.at),
            "by": self.names(self.state.by),
            "form": self.form.title.say(self.lang),
        }.get(name, "")

    def value(self, field: Field, stored: Stored, *, in_grid: bool = False) -> Value:
        if is_masked(stored):
            return Value(str(stored), masked=True, align="center")
        options = self.options(field, stored, in_grid=in_grid)
        if options:
            return Value(options=options)
        align: Literal["left", "center", "right"] = "left"
        if field.type in _CENTRED:
            align = "center"
        elif field.type in _RIGHT:
            align = "right"
        return Value(self.text(field, stored, in_grid=in_grid), align=align, whole=field.type in _WHOLE)

    def text(self, field: Field, stored: Stored, *, in_grid: bool = False) -> str:
        if stored is None or stored == "":
            return ""
        if field.type == "list" and isinstance(stored, list):
            column = next(iter(field.columns.values()))
            rows = (row.get(column.id) for row in stored if isinstance(row, dict))
            return self.words.join(self.text(column, cell) for cell in rows if cell)
        if field.type == "staff" and isinstance(stored, str):
            return _line(self.names(stored))
        if in_grid and field.type == "datetime" and isinstance(stored, str) and self.state is not None:
            short = _moment(stored)
            return short[5:] if short[:4] == self.state.at[:4] else short
        if field.type == "attachment":  # the whole sum stands in the record; so much of it tells files apart
            return _SUM.sub(lambda found: f"{found[1]}…", plain(shown(field, stored, self.lang), newline="\n"))
        return plain(shown(field, stored, self.lang), newline="\n")

    def options(self, field: Field, stored: Stored, *, in_grid: bool) -> tuple[Option, ...]:
        """Boxes to tick; none where a word says it shorter or the stored word is none of them."""
        if field.type == "bool":
            if in_grid:
                return ()
            words = {"true": self.say("sheet.yes"), "false": self.say("sheet.no")}
        elif field.type in ("choice", "multichoice"):
            if in_grid and (self.state is not None or len(field.choices) > 3):
                return ()
            words = {name: label.say(self.lang) for name, label in field.choices.items()}
        else:
            return ()
        chosen = stored if isinstance(stored, list) else [] if stored in (None, "") else [stored]
        if any(word not in words for word in chosen if isinstance(word, str)):
            return ()
        if len(words) > _MOST_OPTIONS and (self.state is not None or field.target):
            return ()
        return tuple(Option(word, name in chosen) for name, word in words.items())

    # Lists and checklists

    def grid(self, field: Field, cell: Cell) -> Grid:
        stored = self.fields.get(field.id)
        title = field.label.say(self.lang) or field.id
        if field.type == "checklist":
            return self.checklist(field, title, stored if isinstance(stored, dict) else {})
        columns = list(field.columns.values())
        given = [row for row in stored if isinstance(row, dict)] if isinstance(stored, list) else []
        rows = [
            (
                Value(str(number), align="center"),
                *(self.value(column, row.get(column.id), in_grid=True) for column in columns),
            )
            for number, row in enumerate(given, 1)
        ]
        wanted = max(cell.height if cell.height > 1 else 0, self.blank_rows(field))
        for number in range(len(rows) + 1, wanted + 1):
            empty = [self.value(column, None, in_grid=True) for column in columns]
            rows.append((Value(str(number) if self.state is None else "", align="center"), *empty))
        weights = [7]
        for place, column in enumerate(columns, 1):
            longest = max((max(_widest(row[place]), row[place].across) for row in rows), default=0)
            most = 40 if column.type in ("text", "longtext") else 24
            weights.append(max(least(column, self.label(column)), min(longest + 2, most)))
        texts = [place for place, column in enumerate(columns, 1) if column.type in ("text", "longtext")]
        spare = max(0, _PAGE - sum(weights)) // max(1, len(texts))
        for place in texts:  # what is left of the page goes to the columns people write in
            weights[place] += spare
        labels = [self.say("sheet.row"), *map(self.label, columns)]
        heads = [Head(label, weight) for label, weight in zip(labels, weights, strict=True)]
        return Grid(title, tuple(heads), tuple(rows))

    def blank_rows(self, field: Field) -> int:
        """Rows to write in: one when filled; on the blank sheet more the more there is to say."""
        if self.state is not None:
            return 1
        return 3 if len(field.columns) <= 3 else 6 if len(field.columns) <= 8 else 12

    def checklist(self, field: Field, title: str, answers: Mapping[str, Stored]) -> Grid:
        listed = self.library.checklists.get(field.target[0]) if field.target else None
        words = {name: self.say(f"sheet.{name}") for name in ("pass", "fail", "na")}
        rows = []
        for number, (name, label, criterion) in enumerate(self.items(listed, answers), 1):
            answer = answers.get(name)
            verdict = verdict_of(answer)
            if verdict is None or verdict in words:
                result = Value(options=tuple(Option(word, mark == verdict) for mark, word in words.items()))
            else:
                result = Value(verdict, masked=is_masked(verdict))
            item = self.say("sheet.with_unit", label=label, unit=criterion) if criterion else label
            remark = Value(self.remark(answer))
            rows.append((Value(str(number), align="center"), Value(item), result, remark))
        heads = (
            Head(self.say("sheet.row"), 7),
            Head(self.say("sheet.item"), 34),
            Head(self.say("sheet.result"), 36),
            Head(self.say("sheet.remark"), 22),
        )
        return Grid(title, heads, tuple(rows))

    def items(
        self, listed: Checklist | None, answers: Mapping[str, Stored]
    ) -> Iterator[tuple[str, str, str]]:
        known = listed.items if listed is not None else {}
        for name, item in known.items():
            criterion = item.criterion.say(self.lang) if item.criterion else ""
            if item.limit:
                op, number, unit = item.limit
                limit = " ".join(filter(None, (_SIGNS.get(op, op), number, unit.say(self.lang))))
                criterion = "  ".join(part for part in (criterion, limit) if part)
            yield name, item.label.say(self.lang) or name, criterion
        for name in answers:
            if name not in known:
                yield name, name, ""

    def remark(self, answer: Stored) -> str:
        """What an answer says beside its verdict, its remark first."""
        if not isinstance(answer, dict):
            return ""
        more = [value for name, value in answer.items() if name not in ("result", "remark")]
        return plain(self.words.join(part for part in [answer.get("remark"), *more] if part), newline="\n")

    # Signatures and what stands below the form

    def signing(self) -> Iterator[Signed]:
        given: dict[str, Signature] = {}
        if self.state is not None:
            given = {signature.meaning: signature for signature in self.state.record.signatures}
        for name, place in self.form.signatures.items():
            if self.wanted is not None and name not in given and not self.wanted(place):
                continue
            yield self.signed(place.label.say(self.lang) or name, given.pop(name, None), place)
        for name, signature in given.items():
            yield self.signed(name, signature)

    def unsigned(self, label: str, place: SignaturePlace | None) -> Signed:
        """Room to sign by hand; on a filled sheet with who is to, and whether it is missing already."""
        if self.state is None or place is None or self.state.voided:
            return Signed(label)
        known = self.library.roles
        who = self.words.join(known[role].say(self.lang) if role in known else role for role in place.roles)
        past = place.at is not None and any(event.step == place.at for event in self.state.events)
        word = "sheet.missing" if past else "sheet.wanted"
        return Signed(label, note=self.say(word, who=who or label), state="missing" if past else "wanted")

    def signed(self, label: str, signature: Signature | None, place: SignaturePlace | None = None) -> Signed:
        if signature is None:
            return self.unsigned(label, place)
        who = _line(self.names(signature.by))
        note = ""
        if signature.name:
            note = self.say("sheet.through", name=who)
            who = _line(signature.name) if self.private else MASK
        if self.stale is not None and self.stale(signature):
            return Signed(label, who, _moment(signature.at), note or self.say("sheet.stale"), "stale")
        return Signed(label, who, _moment(signature.at), note or self.say("sheet.valid"), "signed")

    def notes(self, blocks: Iterable[Block]) -> Iterator[str]:
        if self.state is not None:
            for amendment in self.state.record.amendments:
                old, new = amendment.old, amendment.new
                if not self.private:
                    old = mask_path(self.form, amendment.field, old)
                    new = mask_path(self.form, amendment.field, new)
                yield self.say(
                    "sheet.amended",
                    field=self.path_label(amendment.field),
                    old=self.path_text(amendment.field, old) or self.say("sheet.nothing"),
                    new=self.path_text(amendment.field, new) or self.say("sheet.nothing"),
                    moment=_moment(amendment.at),
                    name=_line(self.names(amendment.by)),
                    reason=_line(amendment.reason),
                )
            if any(_has_mask(block) for block in blocks):
                yield self.say("sheet.masked")
        if self.form.source:
            yield self.say("sheet.source", source=self.form.source)

    def path_label(self, path: str) -> str:
        name, _, rest = path.partition(".")
        field = self.form.fields.get(name)
        if field is None:
            return path
        label = field.label.say(self.lang) or name
        number, _, column = rest.partition(".")
        if column in field.columns:
            return f"{label} {number} {field.columns[column].label.say(self.lang)}"
        return f"{label} {rest}".rstrip()

    def path_text(self, path: str, stored: Stored) -> str:
        if is_masked(stored):
            return str(stored)
        name, _, rest = path.partition(".")
        field = self.form.fields.get(name)
        if field is not None and rest:
            field = field.columns.get(rest.partition(".")[2])
        if field is None:
            return _line(self.words.words(stored))
        return _line(self.text(field, stored)) if stored not in (None, "") else ""


def _is_grid(field: Field) -> bool:
    """Whether a field prints as a table of its own; a list of one column is a few words in a box."""
    return field.type == "checklist" or (field.type == "list" and len(field.columns) > 1)


def least(column: Field, label: str) -> int:
    """Characters across that a column cannot do without."""
    return max(_WEIGHTS.get(column.type, 16), min(width(label) + 2, 16))


def _widest(value: Value) -> int:
    return max((width(line) for line in value.text.splitlines()), default=0)


def _has_mask(block: Block) -> bool:
    if isinstance(block, Pairs):
        return any(box.value.masked for box in block.boxes)
    if isinstance(block, Grid):
        return any(value.masked for row in block.rows for value in row)
    return False


def _moment(stored: str) -> str:
    return stored[:16].replace("T", " ")


def _line(text: str) -> str:
    return plain(text)
