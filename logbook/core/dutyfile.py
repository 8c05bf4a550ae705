"""The duties of a book: what ``duties.yaml`` says, read and checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.definition import label_from
from logbook.core.duties import CADENCES
from logbook.core.duties import SITE
from logbook.core.duties import Cadence
from logbook.core.duties import Duty
from logbook.core.duties import Each
from logbook.core.duties import Every
from logbook.core.duties import OnEvent
from logbook.core.duties import OnRows
from logbook.core.dutycadences import RULE
from logbook.core.dutycadences import Cadences
from logbook.core.dutyparts import KEYS
from logbook.core.dutyparts import Broken
from logbook.core.dutyparts import Waits
from logbook.core.dutyparts import expected_shape
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.sources import Shelf
from logbook.core.sources import Source

if TYPE_CHECKING:
    from logbook.core.rules import Condition

# What a site may say of a duty in `settings.duties` of logbook.yaml.
SETTABLE = (
    *CADENCES, "between", "during", "seasons", "listed", "off_day", "role", "calendar", "effective", "earlier",
)  # fmt: skip
# Times of day a site can name; `hours:` of its settings may name more.
TIME_WORDS = ("opening", "close", "shift_start", "night", "filling")
SITE_PATH = "logbook.yaml"


# -- for the program -------------------------------------------------------------------------------


def duties_of(library: Library, settings: Mapping[str, object]) -> Mapping[str, Duty]:
    """The duties of a book by id, as the site's settings (``settings.duties``) have changed them; those
    that are broken, switched off or wait for a form that is not there are left out. Vague ones without
    a number are in it (``cadence`` None). Nothing is read before it is asked for."""

    def makers() -> Mapping[str, Callable[[], Duty]]:
        from logbook.core.shapes import Findings

        own = settings.get("duties")
        own = own if isinstance(own, Mapping) else {}
        words = _words(settings)
        found: dict[str, Callable[[], Duty]] = {}
        for source in library.shared.get("duties", ()):
            for name, plain in _entries(source).items():
                if name in found or not isinstance(plain, Mapping) or _is_off(own.get(name)):
                    continue
                changed = _overlaid(plain, own.get(name))
                reader = _Reader(library, Findings(source.path, source.line), source, words)
                duty = reader.read(name, changed)
                if duty is None and changed is not plain:  # what the site says is wrong: the pack's own holds
                    duty = _Reader(library, Findings(source.path, source.line), source, words).read(name, plain)
                if duty is not None:
                    found[name] = lambda duty=duty: duty  # type: ignore[misc]
        return found

    return Shelf(makers)


def waiting(library: Library, settings: Mapping[str, object]) -> list[Duty]:
    """The duties without a cadence: the handbooks name no interval and the site has set none."""
    return [duty for duty in duties_of(library, settings).values() if duty.cadence is None]


def check_duties(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in these files; names are looked up in ``library``."""
    from logbook.core.shapes import Findings

    issues: list[Issue] = []
    first: dict[str, str] = {}
    for source in sources:
        found = Findings(source.path, source.line, source.spot)
        plain = source.plain
        if not isinstance(plain, Mapping) or not isinstance(plain.get("duties"), Mapping):
            found.add("duty.empty")
            issues += found.issues
            continue
        for key in plain:
            if key != "duties":
                found.unknown("duty.unknown-key", str(key), ("duties",), str(key), id=str(key))
        for name, entry in plain["duties"].items():
            if name in first:
                found.add("duty.duplicate-id", "duties", name, id=name, other=first[name])
                continue
            first[name] = source.path
            _Reader(library, found, source, _words(library.settings), check=True).read(name, entry)
        issues += found.issues
    return issues


def check_site(settings: Mapping[str, object], library: Library) -> list[Issue]:
    """Every issue in ``settings.duties`` of ``logbook.yaml`` (``settings`` is what stands under that key)."""
    from logbook.core.shapes import Findings

    own = settings.get("duties")
    if own is None:
        return []
    found = Findings(SITE_PATH, lambda *place: None)
    place = ("settings", "duties")
    if not isinstance(own, Mapping):
        found.add("duty.shape", *place, key="duties", expected=expected_shape("map"))
        return found.issues
    known = {
        name: (source, plain)
        for source in reversed(library.shared.get("duties", ()))
        for name, plain in _entries(source).items()
    }
    for name, said in own.items():
        if name not in known:
            found.unknown("duty.unknown-duty", str(name), known, *place, str(name))
        elif isinstance(said, Mapping):
            for key in said:
                if key not in SETTABLE:
                    found.unknown("duty.not-settable", str(key), SETTABLE, *place, name, str(key), id=name)
            source, plain = known[name]
            if isinstance(plain, Mapping):
                reader = _Reader(
                    library, found, source, _words(settings), check=True, place=(*place, name),
                    only=frozenset(map(str, said)),
                )  # fmt: skip
                reader.read(name, _overlaid(plain, said))
        elif not _is_off(said):
            found.add("duty.shape", *place, name, key=name, expected=expected_shape("map"))
    return found.issues


def _entries(source: Source) -> Mapping[str, Any]:
    duties = source.plain.get("duties") if isinstance(source.plain, Mapping) else None
    return duties if isinstance(duties, Mapping) else {}


def _is_off(said: object) -> bool:
    return isinstance(said, str) and said in ("off", "false", "no")


def _overlaid(plain: Mapping[str, Any], said: object) -> Mapping[str, Any]:
    """A duty as the site has changed it: a cadence of its own takes the place of the pack's, from its
    ``effective`` where it gives one (the pack's rule is the earlier one then)."""
    if not isinstance(said, Mapping):
        return plain
    own = {key: value for key, value in said.items() if key in SETTABLE}
    if not own:
        return plain
    dropped: set[str] = set()
    if any(key in CADENCES for key in own):
        dropped = {*CADENCES, "vague", "seasons", "between", "during"}
        if plain.get("earlier"):
            dropped |= {"earlier", "effective"}
    kept = {key: value for key, value in plain.items() if key not in dropped}
    if _changes_from_a_day(plain, own):
        rules = plain.get("earlier")
        before = {key: plain[key] for key in RULE if plain.get(key) is not None}
        own["earlier"] = [*(rules if isinstance(rules, list) else ()), before]
    return {**kept, **own}


def _changes_from_a_day(plain: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether the pack's rule holds until the day the site names."""
    since = own.get("effective")
    changed = any(key in (*CADENCES, "off_day", "seasons") for key in own)
    if not isinstance(since, str) or not changed or "earlier" in own or not any(key in CADENCES for key in plain):
        return False
    return str(plain.get("effective") or "") < since


def _words(settings: Mapping[str, object]) -> tuple[str, ...]:
    hours = settings.get("hours")
    return (*TIME_WORDS, *(str(word) for word in hours)) if isinstance(hours, Mapping) else TIME_WORDS


# -- one duty --------------------------------------------------------------------------------------


class _Reader(Cadences):
    """Reads one duty; every problem becomes a finding, and a duty comes back only without an error."""

    # -- the whole

    def read(self, name: str, plain: Any) -> Duty | None:
        """The duty, or None when something is wrong with it or a form it needs is not there."""
        from logbook.core.shapes import ID

        self.id = str(name)
        self.base = self.place or ("duties", name)
        if not isinstance(name, str) or not ID.match(name):
            self.add("duty.bad-id")
        if not isinstance(plain, Mapping):
            self.add("duty.shape", key=name, expected=expected_shape("map"))
            return None
        self.plain = plain
        if not self.check and self.must_wait():
            return None
        if not self.shape():
            return None
        if not plain.get("zh") and not plain.get("en"):
            self.add("duty.no-label")
        waits = False
        parts: dict[str, Any] = {}

        def part(key: str, read: Callable[[], Any]) -> Any:
            nonlocal waits
            try:
                parts[key] = read()
            except Waits:
                waits = True
            except Broken:
                pass
            return parts.get(key)

        self.beside()
        cadence = part("cadence", self.cadence)
        each = part("each", self.each)
        if isinstance(cadence, OnEvent) and each is not None:
            self.add("duty.each-and-event", "each")
        done = part("done_by", lambda: self.done_by(cadence)) or (None, None, None)
        form, moment, where = done
        part("while", lambda: self.while_(each))
        if isinstance(form, Form):
            part("rows", lambda: self.rows(form))
            part("subject", lambda: self.subject(form, each, cadence, parts.get("rows")))
            part("moment", lambda: self.moment(form, moment, parts.get("rows")))
            part("period", lambda: self.period(form, parts.get("rows")))
            part("slot", lambda: self.slot(form, parts.get("rows")))
        part("seasons", lambda: self.seasons(cadence))
        part("off_day", lambda: self.off_day(cadence))
        part("role", self.role)
        part("calendar", self.calendar)
        part("effective", self.effective)
        part("earlier", lambda: self.earlier(cadence))
        part("listed", lambda: self.flag("listed", default=True))
        part("inferred", lambda: self.flag("inferred", default=False))
        if self.faults or waits or not isinstance(form, Form):
            return None
        slot, slots = parts.get("slot") or (None, {})
        return Duty(
            id=name,
            label=label_from(plain),
            pack=self.source.pack,
            form=form.name,
            each=each,
            cadence=cadence,
            role=parts.get("role"),
            off_day=parts["off_day"],
            calendar=parts["calendar"],
            effective=parts.get("effective"),
            listed=parts["listed"],
            vague=plain.get("vague") or None,
            source=_joined(plain.get("source")),
            inferred=parts["inferred"],
            rows=parts.get("rows"),
            subject=parts.get("subject"),
            moment=parts.get("moment"),
            period=parts.get("period"),
            where=where,
            while_=parts.get("while"),
            seasons=parts.get("seasons") or {},
            slot=slot,
            slots=slots,
            path=self.source.path,
            line=self.source.line("duties", name),
            earlier=parts.get("earlier") or (),
        )

    def must_wait(self) -> bool:
        """Whether the form that fulfils it is not there, seen without reading anything."""
        text = str(self.plain.get("done_by") or "")
        word = text.removeprefix("record of ").removeprefix("records of ").partition(" ")[0]
        return word not in ("", "same") and word not in self.library.forms

    def shape(self) -> bool:
        """Whether every key is known and holds what it should."""
        sound = True
        for key, value in self.plain.items():
            if key in CADENCES or value is None:
                continue
            shape = KEYS.get(key)
            if shape is None:
                self.unknown("duty.unknown-key", str(key), (*KEYS, *CADENCES), str(key))
            elif not _fits(value, shape):
                sound = False
                self.add("duty.shape", key, key=key, expected=expected_shape(shape))
        # An unknown key does not keep the rest from being looked at; a wrong shape does.
        return sound

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.plain.get(key)
        if value is None:
            return default
        if value not in ("true", "false", "yes", "no"):
            self.add("duty.shape", key, key=key, expected=expected_shape("flag"))
        return value in ("true", "yes")

    # -- what, who, where

    def each(self) -> Each | None:
        text = self.plain.get("each")
        if text is None:
            return None
        form, _, where = self.form_where(text, ("each",), at_allowed=False)
        return Each(form.name, where, text.partition(" where ")[2])

    def done_by(self, cadence: Cadence | None) -> tuple[Form, str | None, Condition | None]:
        text = self.plain.get("done_by")
        if not text:
            self.add("duty.missing-key", key="done_by")
            raise Broken
        if re.match(r"same\b", text):
            form = cadence.form if isinstance(cadence, (OnEvent, Every)) else None
            if form is None:
                if "cadence" in self._sound(cadence):
                    self.add("duty.same-of-what", "done_by")
                raise Broken
            text = form + text[len("same") :]
        return self.form_where(text, ("done_by",), at_allowed=True)

    def _sound(self, cadence: Cadence | None) -> tuple[str, ...]:
        """``cadence`` where there is one (a broken or a waiting one is told of already)."""
        return ("cadence",) if cadence is not None or "vague" in self.plain else ()

    def while_(self, each: Each | None) -> Condition | None:
        form = self.library.forms[each.form] if each is not None else SITE
        return self.condition(self.plain.get("while"), form, ("while",))

    def rows(self, form: Form) -> str | None:
        name = self.plain.get("rows")
        if name is None:
            return None
        self.listed(form, name, ("rows",))
        return str(name)

    def subject(self, form: Form, each: Each | None, cadence: Cadence | None, rows: str | None) -> str | None:
        """The field that names the subject; by default the only reference to its form."""
        target = each.form if each is not None else getattr(cadence, "form", None)
        if isinstance(cadence, OnRows) and each is None:
            target = None
        if (each is None and "each" in self.plain) or (cadence is None and "vague" not in self.plain):
            return None  # what it is about is told as wrong already
        named = self.plain.get("subject")
        if target is None:
            if named is not None:
                self.add("duty.subject-of-what", "subject")
            return None
        columns = form.fields[rows].columns if rows is not None else {}
        if named is not None:
            field = columns.get(named) or form.fields.get(named)
            if field is None:
                self.unknown("duty.unknown-field", named, [*columns, *form.fields], "subject", form=form.name)
                raise Broken
            if not _points_at(field, target):
                self.add("duty.subject-not-reference", "subject", name=named, form=form.name, each=target)
                raise Broken
            return str(named)
        if form.name == target:
            return None
        for fields in (columns, form.fields):
            names = [name for name, field in fields.items() if _points_at(field, target)]
            if len(names) == 1:
                return names[0]
            if names:
                self.add("duty.many-subjects", "done_by", form=form.name, each=target, found=names)
                raise Broken
        self.add("duty.no-subject", "done_by", form=form.name, each=target)
        raise Broken

    def moment(self, form: Form, of_done_by: str | None, rows: str | None) -> str | None:
        name = self.plain.get("moment") or of_done_by
        if name is None or name == "at":
            return name
        columns = form.fields[rows].columns if rows is not None else {}
        key = "moment" if self.plain.get("moment") else "done_by"
        field = columns.get(name) or form.fields.get(name)
        step = name.removesuffix(".at")
        if step in form.steps and field is None:
            return str(step)
        if field is None:
            options = [
                *(one for one, its in columns.items() if its.type in ("datetime", "date", "time")),
                "at", *form.steps,
                *(one for one, its in form.fields.items() if its.type in ("datetime", "date", "time")),
            ]  # fmt: skip
            self.unknown("duty.unknown-moment", name, options, key, form=form.name)
            raise Broken
        if field.type not in ("datetime", "date", "time"):
            self.add("duty.not-moment", key, name=name, form=form.name, type=field.type)
            raise Broken
        return str(name)

    def column_or_field(self, form: Form, rows: str | None, name: str, key: str) -> Field:
        """A column of the rows where there are rows, else a field of the form."""
        columns = form.fields[rows].columns if rows is not None else {}
        field = columns.get(name) or form.fields.get(name)
        if field is None:
            self.unknown("duty.unknown-field", name, [*columns, *form.fields], key, form=form.name)
            raise Broken
        return field

    def period(self, form: Form, rows: str | None) -> str | None:
        name = self.plain.get("period")
        if name is None:
            return None
        field = self.column_or_field(form, rows, name, "period")
        if field.type not in ("text", "date", "int"):
            self.add("duty.not-period", "period", name=name, form=form.name, type=field.type)
            raise Broken
        return str(name)

    def slot(self, form: Form, rows: str | None) -> tuple[str, dict[str, str]] | None:
        """``slot: reason``, or with what the values mean: ``slot: {reason: {rain_before: before}}``."""
        value = self.plain.get("slot")
        if value is None:
            return None
        table: Mapping[str, Any] = {}
        if isinstance(value, Mapping) and len(value) == 1:
            ((value, table),) = value.items()
        if not isinstance(value, str) or not isinstance(table, Mapping):
            self.add("duty.shape", "slot", key="slot", expected=expected_shape("text"))
            raise Broken
        field = self.column_or_field(form, rows, value, "slot")
        for choice in table:
            if field.choices and choice not in field.choices:
                self.unknown("duty.unknown-value", str(choice), field.choices, "slot", key=value)
        return value, {str(choice): str(slot) for choice, slot in table.items()}

    def role(self) -> str | None:
        name = self.plain.get("role")
        if name is not None and self.check and self.library.roles and name not in (*self.library.roles, "staff"):
            self.unknown("duty.unknown-role", name, self.library.roles, "role")
        return name

    def calendar(self) -> str:
        name = self.plain.get("calendar")
        if name is not None and self.check:
            from logbook.core.calendars import SHIPPED

            known = dict.fromkeys([*SHIPPED, "office"])
            for source in self.library.shared.get("calendars", ()):
                if isinstance(source.plain, Mapping) and isinstance(source.plain.get("calendars"), Mapping):
                    known.update(dict.fromkeys(source.plain["calendars"]))
            if name not in known:
                # It may stand in logbook.yaml, which is not ours to read.
                self.unknown("duty.unknown-calendar", name, known, "calendar", warning=True)
        return str(name or "office")

    def effective(self) -> int | None:
        text = self.plain.get("effective")
        return self.day(text, ("effective",)) if text is not None else None


def _fits(value: Any, shape: str) -> bool:
    if isinstance(value, str):
        return shape != "map"
    if shape == "texts":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return shape == "any" or (shape == "map" and isinstance(value, Mapping))


def _points_at(field: Field, form: str) -> bool:
    return (field.type == "ref" and form in field.target) or (field.type == "staff" and form == "staff")


def _joined(value: Any) -> str | None:
    return "; ".join([value] if isinstance(value, str) else map(str, value or ())) or None
