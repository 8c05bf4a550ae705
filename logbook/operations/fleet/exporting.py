"""The records of many sites as one Parquet data set, renewed by what was committed since.

Below the folder lie tables: ``records``, ``clocks`` and one ``<form>.<list>`` for every list and checklist, each
split by ``site=…/form=…/month=…`` (the month in a record's path; ``__HIVE_DEFAULT_PARTITION__`` for registers).
A part is written aside and renamed into place; ``_logbook.json`` says up to which commit each site stands there,
and is written last: a run that was cut off is done once more. Computed fields stand beside the entered ones.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.errors import BookError
from logbook.core.errors import UsageError
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.value import frozen
from logbook.operations.fleet import layout
from logbook.operations.fleet.layout import FormLayout
from logbook.operations.fleet.layout import Values
from logbook.operations.holding import HeldFolder
from logbook.operations.reading import World
from logbook.operations.session import Session
from logbook.store.installed import install_command
from logbook.store.lock import write_error

if TYPE_CHECKING:
    import pyarrow

MANIFEST = "_logbook.json"
LOCK = "_logbook.lock"
VIEWS = "_views.sql"
FORMAT = 2
NO_MONTH = "__HIVE_DEFAULT_PARTITION__"
_PATH = re.compile(r"records/([^/]+)/(?:(\d{4})/(\d{2})/)?")

Partition = tuple[str, str]


@frozen
class Exported:
    """One site's part of an export: the commit it stands at now, the rules it was made by, how many partitions and
    records were written, and how many values did not fit their column (``first``: where)."""

    commit: str
    rules: str
    partitions: int = 0
    records: int = 0
    unfit: int = 0
    first: str = ""


def need_library() -> None:
    """UsageError ``fleet.no-library`` with the command that installs what is missing."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise UsageError("fleet.no-library", package="pyarrow", command=install_command("analytics"))


class Target(HeldFolder):
    """The folder of an export, held by one run at a time. Use it with ``with``.

    UsageError ``fleet.not-export`` for a folder that holds something else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LOCK)

    def refuse_strangers(self, there: Sequence[str]) -> None:
        strange = [name for name in there if name not in (MANIFEST, VIEWS) and name[0] != "."]
        if strange and not (self.folder / MANIFEST).is_file():
            raise UsageError("fleet.not-export", path=str(self.folder), found=strange[0])

    def open(self) -> None:
        self.sites = self._read()
        self._write()  # a run that is cut off leaves a folder that is known for what it is

    def note(self, site: str, done: Exported) -> None:
        """Remember how far a site got."""
        self.sites[site] = {"commit": done.commit, "rules": done.rules}
        self._write()

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            plain = json.loads((self.folder / MANIFEST).read_bytes())
            if plain["format"] != FORMAT:
                return {}
            return {site: {name: str(known[name]) for name in ("commit", "rules")}
                    for site, known in plain["sites"].items()}  # fmt: skip
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {}  # nothing is known, so everything is made anew

    def _write(self) -> None:
        text = json.dumps({"format": FORMAT, "sites": self.sites}, ensure_ascii=False, indent=1, sort_keys=True)
        _put(self.folder / VIEWS, (Path(__file__).with_name("views.sql")).read_bytes())
        _put(self.folder / MANIFEST, text.encode() + b"\n")


def _put(path: Path, data: bytes) -> None:
    """Replace a file whole."""
    aside = path.with_name(f".{path.name}.new")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        raise write_error(error, path) from error


# --- one site -----------------------------------------------------------------------------------


def export(
    session: Session, site: str, folder: Path, known: Mapping[str, str] | None, *, private: bool
) -> Exported:
    """Bring one site's partitions to the head of its book; only those in which something changed are written.

    ``known``: what the manifest says of the site. ``private``: with the columns of private fields.
    BookError ``fleet.empty`` where nothing was committed yet."""
    index = session.index
    head = index.head
    if head is None:
        raise BookError("fleet.empty", path=str(session.book.root))
    rules = f"{FORMAT} {session.rules_key} {'private' if private else 'open'}"
    since = known["commit"] if known is not None and known["rules"] == rules else None
    if since == head:
        return Exported(head, rules)
    rows: dict[Partition, list[tuple[Any, ...]]] = {}
    for row in index.sql("select _record, form, path, blob, recorded_at from records order by at_epoch, id")[1]:
        rows.setdefault((row[1], _month(row[2])), []).append(row)
    wanted = _changed(session, since, head, set(rows))
    aside = folder / f".aside-{site}"
    shutil.rmtree(aside, ignore_errors=True)
    writer = _Writer(session, site, aside, f"part-{head[:12]}.parquet", private=private)
    count = 0
    try:
        for partition in sorted(wanted or rows) if wanted is None else sorted(wanted):
            found = rows.get(partition, [])
            writer.write(partition, found)
            count += len(found)
        _publish(aside, folder, site, rows if wanted is None else wanted, everything=wanted is None)
    except OSError as error:
        raise write_error(error, error.filename or folder) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    values = writer.values
    return Exported(head, rules, len(rows if wanted is None else wanted), count, values.unfit, values.first)


def _month(path: str) -> str:
    found = _PATH.match(path)
    return f"{found[2]}-{found[3]}" if found is not None and found[2] else NO_MONTH


def _changed(session: Session, since: str | None, head: str, there: set[Partition]) -> set[Partition] | None:
    """The partitions in which something changed after ``since``; None: all of them."""
    from logbook.index.refresh import changed_files

    changed = changed_files(session.repository, since, head) if since is not None else None
    if changed is None:
        return None
    wanted = {(found[1], _month(path)) for path in changed if (found := _PATH.match(path)) is not None}
    names = {path.rpartition("/")[2].removesuffix(".yaml").casefold() for path in changed}
    # A clock may hang on another record's moments: it stands in that record's partition of old.
    links = "select l.target, r.form, r.path from links l join records r on r._record = l._record"
    for target, form, path in session.index.sql(links)[1]:
        if str(target).rpartition("/")[2].casefold() in names:
            wanted.add((form, _month(path)))
    # What is computed from other records may have changed with any of them.
    wanted |= {one for one in there if _reads_others(session, one[0])}
    known = {form for form, _ in there} | set(session.library.forms)
    return {one for one in wanted if one[0] in known}


def _reads_others(session: Session, name: str) -> bool:
    """Whether a form, in any of its versions, has a computed field or column that reads other records."""
    from logbook.core.rules.reach import reads_others

    library = session.library
    forms = [form for form in (library.forms.get(name), *library.older.values()) if form is not None]
    return any(
        field.derived is not None and reads_others(field.derived, form)
        for form in forms
        if form.name == name
        for own in form.fields.values()
        for field in (own, *own.columns.values())
    )


def _publish(aside: Path, folder: Path, site: str, done: Iterable[Partition], *, everything: bool) -> None:
    """Put the new parts in place, then take the old ones away."""
    fresh: set[Path] = set()
    for new in sorted(aside.glob("*/site=*/form=*/month=*/*.parquet")):
        target = folder / new.relative_to(aside)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(new, target)
        fresh.add(target)
    renewed = {f"form={form}/month={month}" for form, month in done}
    for place in folder.glob(f"*/site={site}/form=*/month=*"):
        if not everything and "/".join(place.parts[-2:]) not in renewed:
            continue
        for old in place.glob("*.parquet"):
            if old not in fresh:
                old.unlink(missing_ok=True)
        if not any(place.iterdir()):
            place.rmdir()


class _Writer:
    """Writes the tables of one site's partitions aside."""

    def __init__(self, session: Session, site: str, aside: Path, name: str, *, private: bool) -> None:
        self.session = session
        self.values = Values(session.zone)
        self._site = site
        self._aside = aside
        self._name = name
        self._private = private
        self._layouts: dict[str, FormLayout] = {}
        self._clocks: dict[int, list[tuple[Any, ...]]] | None = None
        self._world = World(session)

    def write(self, partition: Partition, rows: list[tuple[Any, ...]]) -> None:
        """The tables of the records of one form and month."""
        if not rows:
            return
        form, month = partition
        if form not in self._layouts:
            self._layouts[form] = layout.layout_of(self.session.library, form, private=self._private)
        shape = self._layouts[form]
        tables: dict[str, tuple[layout.Columns, list[dict[str, object]]]] = {
            "records": (shape.record_columns(), []),
            "clocks": (layout.CLOCK, []),
            **{f"{form}.{name}": (shape.list_columns(name), []) for name in shape.lists},
        }
        for number, state, recorded in self._states(rows):
            tables["records"][1].append(self._record(shape, state, recorded))
            for name in shape.lists:
                tables[f"{form}.{name}"][1].extend(self._rows(shape, state, name))
            tables["clocks"][1].extend(self._clock(state.record.id, clock) for clock in self._clocks_of(number))
        for table, (columns, lines) in tables.items():
            if lines:
                place = self._aside / table / f"site={self._site}" / f"form={form}" / f"month={month}"
                _write_table(place / self._name, columns, lines)

    def _states(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, State, str]]:
        from logbook.operations.deriving import with_derived
        from logbook.operations.reading import form_of
        from logbook.operations.reading import record_in
        from logbook.operations.secrecy import disclosed

        contents = self.session.repository.objects.read_many(row[3] for row in rows)
        for (number, _, path, _, recorded), (_, _, data) in zip(rows, contents, strict=True):
            record = record_in(data, path)
            state = state_of(form_of(self.session, record), record)
            state = with_derived(self.session, state, world=self._world)
            yield number, disclosed(self.session, state, words=False) if self._private else state, recorded

    def _record(self, shape: FormLayout, state: State, recorded: str) -> dict[str, object]:
        typed, record = self.values.typed, state.record
        return {
            "id": record.id,
            "status": state.status,
            "at": typed("moment", state.at, record.id),
            "by": state.by,
            "recorded_at": typed("moment", recorded, record.id),
            "_version": record.version,
            "_closed": state.final,
            "_voided": state.voided,
            **{
                layout.column_name(name): typed(kind, state.fields.get(name), f"{record.id} {name}")
                for name, kind in shape.fields.items()
            },
        }

    def _rows(self, shape: FormLayout, state: State, name: str) -> Iterator[dict[str, object]]:
        stored = state.fields.get(name)
        if name in shape.checklists:
            for number, answer in enumerate(self.values.answers(stored), 1):
                yield {"_record": state.record.id, "_row": number, **answer}
            return
        for number, row in enumerate(stored if isinstance(stored, list) else (), 1):
            cells = row if isinstance(row, dict) else {}
            typed = self.values.typed
            place = f"{state.record.id} {name}.{number}"
            yield {
                "_record": state.record.id,
                "_row": number,
                **{one: typed(kind, cells.get(one), f"{place}.{one}") for one, kind in shape.lists[name].items()},
            }

    def _clocks_of(self, number: int) -> list[tuple[Any, ...]]:
        if self._clocks is None:
            self._clocks = {}
            sql = "select _record, clock, cycle, started, due, first_due, stopped, counted, state, to_role from clocks"
            for record, *clock in self.session.index.sql(f"{sql} order by started, clock, cycle")[1]:
                self._clocks.setdefault(record, []).append(tuple(clock))
        return self._clocks.get(number, [])

    def _clock(self, record: str, clock: tuple[Any, ...]) -> dict[str, object]:
        name, cycle, started, due, first, stopped, counted, state, to = clock
        first = due if first is None or due is None else min(first, due)
        strict = None
        if stopped is not None:
            end = counted or stopped
            strict = state if state == "cancelled" else "breached" if first is not None and end > first else "met"
        return {
            "_record": record, "clock": name, "cycle": cycle, "started": _instant(started), "due": _instant(due),
            "first_due": _instant(first), "stopped": _instant(stopped),
            "state": "running" if stopped is None else state, "strict": strict, "to_role": to,
        }  # fmt: skip


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _write_table(path: Path, columns: layout.Columns, lines: list[dict[str, object]]) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(name, _arrow(kind)) for name, kind in columns.items()])
    arrays = [pyarrow.array([line.get(name) for line in lines], type=schema.field(name).type) for name in columns]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())


def _arrow(kind: str) -> pyarrow.DataType:
    import pyarrow

    return {
        "text": pyarrow.string(),
        "texts": pyarrow.list_(pyarrow.string()),
        "int64": pyarrow.int64(),
        "bool": pyarrow.bool_(),
        "date": pyarrow.date32(),
        "moment": pyarrow.timestamp("us", tz="UTC"),
        "decimal(18,2)": pyarrow.decimal128(18, 2),
        "decimal(18,6)": pyarrow.decimal128(18, 6),
    }[kind]


