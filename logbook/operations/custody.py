"""Keys, tools and radios: out, back, extended, lost, counted; each is sugar over add, step and sign."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core.clockstates import moment_of
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.record import Signature
from logbook.core.record import Stored
from logbook.core.secret import is_secret
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.core.view import View
from logbook.operations import add as adding
from logbook.operations import step as stepping
from logbook.operations.deriving import clocks_of_state
from logbook.operations.listing import load_rows
from logbook.operations.reading import Loaded
from logbook.operations.reading import World
from logbook.operations.reading import load
from logbook.operations.writing import Draft
from logbook.operations.writing import Written
from logbook.operations.writing import writing

if TYPE_CHECKING:
    from logbook.core.lifecycle import State
    from logbook.index.book_index import Row
    from logbook.operations.add import Request
    from logbook.operations.session import Session
    from logbook.operations.writing import Writing

OUT = "out"


@frozen
class Kind:
    """A form by which things go out and come back: the step back and the fields that name the thing."""

    form: str
    back: str
    named: tuple[str, ...]
    prefix: str


KEYS = Kind("key_checkout", "return", ("key",), "KC-")
LOANS = Kind("loan", "back", ("number", "item"), "LN-")


@frozen
class Out:
    """One thing that is out: its record, what it is, who has it, since when, until when."""

    id: str
    thing: str
    copies: int
    borrower: str
    purpose: str
    since: datetime
    due: datetime | None
    overdue_seconds: int
    signed: bool


@frozen
class Balance:
    """One key of the register: how many there are and where they are."""

    key: str
    opens: str
    hook: str
    room: str
    total: int
    lost: int
    outs: tuple[Out, ...]
    issued: int = 0  # with customers (the estate pack's key_issue)

    @property
    def lent(self) -> int:
        return sum(one.copies for one in self.outs)

    @property
    def in_cabinet(self) -> int:
        return self.total - self.lent - self.issued


# -- what is where ----------------------------------------------------------------------------


def outs(session: Session, kind: Kind = KEYS) -> list[Out]:
    """Everything that is out at the session's moment: the longest overdue first, then by due."""
    if kind.form not in session.library.forms:
        return []
    found = [_out(session, loaded, kind) for loaded in _all(session, kind.form, "status:out")]
    far = float("inf")
    return sorted(found, key=lambda one: (one.due.timestamp() if one.due else far, one.since, one.id))


def ledger(session: Session) -> list[Balance]:
    """Every key in use (and void ones that are still out), with its copies, at the session's moment."""
    lost = _sums(session, "key_loss", "copies", lambda loaded: loaded.state.fields.get("found_again") != "true")
    made = _sums(session, "key_duplicate", "qty", lambda loaded: loaded.state.status == "made")
    holders: dict[str, list[Out]] = {}
    for one in outs(session):
        holders.setdefault(one.thing, []).append(one)
    balances = []
    world = World(session)
    for loaded in _all(session, "key"):
        state = loaded.state
        out = holders.get(state.record.id, [])
        if state.status != "active" and not out:
            continue
        missing = lost.get(state.record.id, 0)
        total = _number(state.fields.get("copies")) + made.get(state.record.id, 0) - missing
        texts = [str(state.fields.get(name) or "") for name in ("opens", "hook", "room")]
        issued = _issued(session, state, world)
        balances.append(
            Balance(state.record.id, texts[0], texts[1], texts[2], total, missing, tuple(out), issued)
        )
    return sorted(balances, key=lambda one: one.key)


def find_keys(session: Session, word: str) -> list[Balance]:
    """Keys whose number, lock, hook or room has ``word`` in it."""
    wanted = word.casefold()
    return [one for one in ledger(session) if wanted in f"{one.key}\n{one.opens}\n{one.hook}\n{one.room}".casefold()]


def key_of(session: Session, word: str) -> str:
    """The id of the key meant: its number, its room, or words that only this key has; Refused otherwise."""
    rows = [row for row in session.index.find("key", word) if not row.voided]
    if len(rows) == 1:
        return rows[0].id
    rows = [row for row in session.index.all_equal("key", {"room": word}) if not row.voided and not row.final]
    if not rows:
        found = [one.key for one in find_keys(session, word)]
    else:
        found = [row.id for row in rows]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused([Issue("custody.no-key", {"found": word}, field="key")])
    raise Refused([Issue("custody.several-keys", {"found": word, "known": found[:10]}, field="key")])


def holder(session: Session, kind: Kind, word: str, who: str | None = None) -> Loaded:
    """The one open record by which a thing is out; ``who``: (part of) the borrower's name, where several are.
    Refused when it is not out, or still several are."""
    rows = _open_rows(session, kind, word)
    loaded = [load(session, row) for row in rows]
    if who:
        loaded = [one for one in loaded if who in str(one.state.fields.get("borrower") or "")]
    if len(loaded) == 1:
        return loaded[0]
    if not loaded:
        raise Refused([Issue("custody.not-out", {"found": word}, field=kind.named[0])])
    known = [f"{one.record.id} ({one.state.at[5:16].replace('T', ' ')})" for one in loaded]
    raise Refused([Issue("custody.several-out", {"found": word, "known": known}, field=kind.named[0])])


# -- out and back -----------------------------------------------------------------------------


def lending(
    session: Session,
    kind: Kind,
    thing: str,
    words: Iterable[str],
    *,
    at: str | None = None,
    approved_by: str | None = None,
    reason: str | None = None,
) -> Request:
    """The request that lends ``thing``; whoever asks may still fill what is missing."""
    if kind is KEYS:
        thing = key_of(session, thing)
    named = f"{'key' if kind is KEYS else 'item'}={thing}"
    return adding.prepare(session, kind.form, (named, *words), at=at, approved_by=approved_by, reason=reason)


def lend(session: Session, request: Request, *, signed: bool = False) -> Written:
    """Record it; ``signed``: the borrower has signed for it at the desk. One operation."""
    with writing(session) as write:
        try:
            draft, _ = adding.draft_of(session, write, request)
        except Refused as refused:
            raise Refused([_who_has_it(session, request, one) for one in refused.issues]) from refused
        drafts = [draft]
        if signed:
            drafts = _signed(session, write, draft, "taken", session.operator(), name=_borrower(draft))
        return write.publish(drafts)[-1]


def take_back(
    session: Session,
    kind: Kind,
    word: str,
    words: Sequence[str] = (),
    *,
    who: str | None = None,
    at: str | None = None,
    reason: str | None = None,
) -> Written:
    """The thing is back. A key is counted in by whoever took it: that signature comes along."""
    with writing(session) as write:
        loaded = holder(session, kind, word, who)
        given: dict[str, Stored] = {"condition": "ok"}
        if kind is KEYS:
            given = {"returned_copies": loaded.state.fields.get("copies", "1")}
        draft = stepping.draft_of(session, write, loaded, kind.back, words, given=given, at=at, reason=reason)
        drafts = [draft]
        place = draft.form.signatures.get("counted_in")
        operator = session.operator()
        if place is not None and not set(place.roles).isdisjoint(write.world.roles(operator)):
            drafts = _signed(session, write, draft, place.id, operator)
        return write.publish(drafts)[-1]


def extend(
    session: Session,
    kind: Kind,
    word: str,
    due: str,
    *,
    who: str | None = None,
    at: str | None = None,
    reason: str | None = None,
    approved_by: str | None = None,
) -> Written:
    """A later due, as an event with its reason and whoever approved it."""
    with writing(session) as write:
        loaded = holder(session, kind, word, who)
        words = (f"due_at={due}",)
        draft = stepping.draft_of(
            session, write, loaded, "extend", words, at=at, reason=reason, approved_by=approved_by
        )
        return write.publish([draft])[0]


# -- lost -------------------------------------------------------------------------------------


@frozen
class Loss:
    """What was written for a lost key: the incident, the account, and the checkout where it was out."""

    incident: Written
    loss: Written
    checkout: Written | None


def losing(session: Session, word: str, *, who: str | None = None) -> tuple[str, str | None, Loaded | None]:
    """The key that is lost, who had it, and the checkout by which it was out (None: it hung in the cabinet)."""
    key = key_of(session, word) if not word.upper().startswith(KEYS.prefix) else ""
    if key and not _open_rows(session, KEYS, key):
        return key, who, None
    loaded = holder(session, KEYS, key or word, who)
    return str(loaded.state.fields["key"]), str(loaded.state.fields.get("borrower") or "") or None, loaded


def lose(
    session: Session,
    word: str,
    *,
    how: str | None,
    action: str | None,
    lost_by: str | None = None,
    who: str | None = None,
    area: str | None = None,
    found_at: str | None = None,
    copies: int | None = None,
    at: str | None = None,
    reason: str | None = None,
) -> Loss:
    """A key is lost: an incident, the written account and, where it was out, the step `lose`, in one
    operation. Refused with everything that is missing; then nothing is written."""
    with writing(session) as write:
        key, borrower, loaded = losing(session, word, who=who)
        lost_by = lost_by or borrower
        needed = {"how": how, "action": action, "lost-by": lost_by, "area": area or has_place(session, key)}
        unsaid = [Issue(f"custody.say-{name}", {}, field=name) for name, said in needed.items() if not said]
        if unsaid:
            raise Refused(unsaid)
        view = write.world.find("key", key)
        own = view.state_of.fields if view is not None else {}
        place = area or own.get("area")
        found = [f"found_at={found_at}"] if found_at else []
        words = ["kind=other", "within_power=false", *found, *_given(course=how, first_action=action)]
        words += _given(area=place, room=own.get("room"))
        drafts: list[Draft] = []
        issues: list[Issue] = []
        request = adding.prepare(session, "incident", words, at=at, reason=reason)
        _collect(session, write, request, drafts, issues)
        out = str(loaded.state.fields.get("copies") or "1") if loaded is not None else "1"
        words = [f"key={key}", f"copies={copies or out}", *_given(lost_by=lost_by, how=how)]
        words += [f"found_out_at={found_at}"] if found_at else []
        request = adding.prepare(session, "key_loss", words, at=at, reason=reason)
        if drafts:
            request.changes.set["incident"] = drafts[0].record.id
        _collect(session, write, request, drafts, issues)
        if issues:
            raise Refused(issues)
        if loaded is not None:
            drafts.append(
                stepping.draft_of(
                    session, write, loaded, "lose", (), at=at, reason=reason, made={"loss": drafts[1].record.id}
                )
            )
        written = write.publish(drafts)
        return Loss(written[0], written[1], written[2] if loaded is not None else None)


def has_place(session: Session, key: str) -> bool:
    """Whether the register says where the key's lock is."""
    (fields,) = session.index.fields(session.index.find("key", key), ("area", "room")) or ({},)
    return bool(fields.get("area") or fields.get("room"))


# -- counting ---------------------------------------------------------------------------------


def count(
    session: Session,
    counted: Mapping[str, tuple[int, str]],
    *,
    watched_by: str | None = None,
    at: str | None = None,
    reason: str | None = None,
) -> Written:
    """A count of every key: what hangs in the cabinet by key, with a word where it does not agree."""
    balances = ledger(session)
    missing = [one.key for one in balances if one.key not in counted]
    if missing:
        raise Refused([Issue("custody.count-missing", {"known": missing[:20], "count": len(missing)}, field="lines")])
    lines: list[Stored] = []
    for one in balances:
        number, why = counted[one.key]
        lines.append({"key": one.key, "in_cabinet": str(number), **({"why": why} if why else {})})
    given: dict[str, Stored] = {"scope": "all", "lines": lines}
    if watched_by:
        given["watched_by"] = watched_by
    request = adding.prepare(session, "key_count", (), given=given, at=at, reason=reason)
    return adding.add(session, request)


def counted_from(session: Session, words: Iterable[str], *, agree: bool) -> dict[str, tuple[int, str]]:
    """``K-pump=1`` and ``K-pump=1:why`` as numbers by key; with ``agree`` every other key is as expected."""
    counted = {one.key: (one.in_cabinet, "") for one in ledger(session)} if agree else {}
    issues = []
    for word in words:
        name, sign, said = word.partition("=")
        number, _, why = said.replace("：", ":").partition(":")
        if not sign or not number.strip().isdecimal():
            issues.append(Issue("custody.count-number", {"found": word}, field="lines"))
            continue
        try:
            counted[key_of(session, name.strip())] = (int(number), why.strip())
        except Refused as refused:
            issues += refused.issues
    if issues:
        raise Refused(issues)
    return counted


# -- inside -----------------------------------------------------------------------------------


def _open_rows(session: Session, kind: Kind, word: str) -> list[Row]:
    index = session.index
    if word.upper().startswith(kind.prefix):
        return [row for row in index.find(kind.form, word) if row.status == OUT]
    if kind is KEYS:
        return index.all_equal(kind.form, {"key": key_of(session, word), "state": OUT})
    for name in kind.named:
        rows = index.all_equal(kind.form, {name: word, "state": OUT})
        if rows:
            return rows
    near = [one.id for one in outs(session, kind) if word.casefold() in one.thing.casefold()]
    return [row for one in near for row in index.find(kind.form, one)]


def _all(session: Session, form: str, *words: str) -> Iterable[Loaded]:
    if form not in session.library.forms:
        return ()
    rows = session.index.select([*words, "-is:void"], now=session.now, form=form)
    return load_rows(session, rows)


def _sums(session: Session, form: str, name: str, counts: Callable[[Loaded], bool]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for loaded in _all(session, form):
        if counts(loaded):
            key = str(loaded.state.fields.get("key"))
            sums[key] = sums.get(key, 0) + _number(loaded.state.fields.get(name))
    return sums


def _issued(session: Session, state: State, world: World) -> int:
    """How many of a key customers have: a derived field of the register, where the book keeps account of it."""
    if "issued" not in state.form.fields or "key_issue" not in session.library.forms:
        return 0
    found = View(state, world).get("issued")
    return found if isinstance(found, int) else 0


def standing(session: Session, written: Written) -> Out:
    """How a thing stands that was just lent or taken back; its lateness is counted at that moment."""
    kind = KEYS if written.form.name == KEYS.form else LOANS
    event = written.state.last(kind.back)
    moment = datetime.fromisoformat(event.at) if event is not None else session.now
    return _standing(session, written.state, kind, moment)


def _out(session: Session, loaded: Loaded, kind: Kind) -> Out:
    return _standing(session, loaded.state, kind, session.now)


def _standing(session: Session, state: State, kind: Kind, now: datetime) -> Out:
    fields = state.fields
    due, late = _due_of(session, state, kind, now)
    named = " ".join(str(fields[name]) for name in reversed(kind.named) if fields.get(name))
    copies = _number(fields.get("copies" if kind is KEYS else "qty"))
    signed = any(one.meaning == "taken" for one in state.record.signatures)
    return Out(
        state.record.id,
        named,
        copies,
        _readable(session, fields.get("borrower")),
        str(fields.get("purpose") or ""),
        datetime.fromisoformat(state.at),
        due,
        late,
        signed,
    )


def _readable(session: Session, value: Stored) -> str:
    """A person's name; a word where it cannot be read here."""
    if not is_secret(value):
        return str(value or "")
    from logbook.operations.secrecy import ENCRYPTED

    return ENCRYPTED.say(session.lang)


def _due_of(session: Session, state: State, kind: Kind, now: datetime) -> tuple[datetime | None, int]:
    """When it is due back and how late it is, by the clock that ends when it is back: what `show` and `overdue`
    say. Of a form without such a clock, by the field."""
    clocks = {name for name, clock in state.form.clocks.items() if kind.back in clock.stops and not clock.off}
    if clocks:
        mine = [one for one in clocks_of_state(session, state.form, state) if one.clock in clocks]
        timed = [one for one in mine if one.due is not None]
        if not timed:
            return None, 0
        return moment_of(timed[-1].due, session.zone), timed[-1].overdue_seconds(now)
    text = state.fields.get("due_at")
    due = datetime.fromisoformat(text) if isinstance(text, str) and text else None
    return due, int((now - due).total_seconds()) if due is not None and now > due else 0


def _signed(
    session: Session, write: Writing, draft: Draft, meaning: str, by: str, *, name: str | None = None
) -> list[Draft]:
    """The draft and, as a commit of its own on top of it, the signature."""
    from logbook.core.moments import to_text
    from logbook.operations.signatures import signature_hash
    from logbook.store import codec
    from logbook.store.records import plain_from

    form, record = draft.form, draft.record
    plain = plain_from(record, form)
    data = codec.write(plain) if draft.base is None else codec.edit(draft.base, plain)
    events = len(record.events)
    now = to_text(write.when.astimezone(session.zone))
    signature = Signature(now, by, meaning, events, signature_hash(form, record, events), name)
    after = replace(record, signatures=(*record.signatures, signature))
    said = form.signatures[meaning].label.say(session.book.settings.language)
    return [replace(draft, data=data), Draft(form, after, "sign", by, base=data, said=said)]


def _who_has_it(session: Session, request: Request, issue: Issue) -> Issue:
    """Not that many in the cabinet: say where they are. Whoever has one is told of by record, not by name."""
    key = request.changes.set.get("key")
    if issue.rule != f"{KEYS.form}.available" or not isinstance(key, str):
        return issue
    known = []
    for row in _open_rows(session, KEYS, key):
        out = _out(session, load(session, row), KEYS)
        due = out.due.strftime("%m-%d %H:%M") if out.due is not None else "-"
        known.append(f"{out.id} ({out.copies}, {due})")
    return Issue("custody.all-out", {"key": key, "known": known}, field="key") if known else issue


def _collect(
    session: Session, write: Writing, request: Request, drafts: list[Draft], issues: list[Issue]
) -> None:
    try:
        drafts.append(adding.draft_of(session, write, request)[0])
    except Refused as refused:
        issues += [one for one in refused.issues if one.is_error]


def _given(**values: object) -> list[str]:
    return [f"{name}={value}" for name, value in values.items() if value]


def _borrower(draft: Draft) -> str | None:
    return str(draft.record.fields.get("borrower") or "") or None


def _number(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else 0
