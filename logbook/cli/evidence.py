"""Commands for who must prove and who must keep: evidence, retention."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import TABLES
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.noticing import noticing
from logbook.cli.people import may_see_private
from logbook.cli.people import names
from logbook.cli.people import private_option
from logbook.cli.people import status_label
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from logbook.operations.evidence import Evidence
    from logbook.operations.reading import Loaded
    from logbook.operations.retention import FormPeriod
    from logbook.operations.retention import Retention
    from logbook.render.tables import Column

# The oldest day a zip can write; the hour of making would change the bytes.
_ZIP_DAY = (1980, 1, 1, 0, 0, 0)


@click.command(
    "evidence",
    cls=Command,
    epilog="logbook evidence CP-20261122-A003 -o 举证\n"
    "logbook evidence CP-20261122-A003 -o proof.zip --linked --private\n"
    "logbook evidence CP-20261122-A003 -o proof --rev HEAD~5",
)
@click.argument("id", shell_complete=completing.ids)
@click.option(
    "-o", "--output", "target", metavar="DIR|FILE.zip", required=True, cls=Option,
    text=Text("新文件夹，或 .zip 文件", "a new folder, or a .zip file"),
)
@click.option(
    "--linked", is_flag=True, cls=Option, text=Text("附上直接关联的记录", "include the records one step away")
)
@click.option(
    "--print-only", is_flag=True, cls=Option,
    text=Text("只要打印件：不含原文、附件和历史库", "the print alone: no originals, attachments or raw history"),
)
@click.option(
    "--receipts", metavar="FILE", cls=Option,
    text=Text("共享仓库的收件日志", "the receipt log of the shared repository"),
)
@private_option
@rev_option
@passes_context
def evidence_command(
    context: Context, id: str, target: str, linked: bool, print_only: bool, receipts: str | None, private: bool
) -> int:
    from pathlib import Path

    from logbook.operations import evidence as gathering

    place = Path(target)
    _free(place)
    shown_by = context.present.operator() if may_see_private(context, private) else None
    before = context.session
    session = gathering.at_head(before)
    if session is not before:
        before.close()
        context.adopt(session)
    found = gathering.evidence(
        session, id, private=shown_by is not None, receipts=Path(receipts) if receipts is not None else None
    )
    files = _files(context, found, linked=linked, print_only=print_only, shown_by=shown_by)
    try:
        _write(place, files, found.loaded.record.id)
    except OSError as error:
        raise UsageError("evidence.cannot-write", path=target, why=error.strerror or str(error)) from error
    for one in found.attached:
        if one.state != "good":
            state = context.catalogue.say(f"evidence.state_{one.state}")
            output.warn(context, "evidence.attachment-wrong", file=one.name, state=state)
    if not gathering.is_committed(session):
        output.warn(context, "evidence.uncommitted")
    if not print_only:
        output.warn(context, "evidence.clear")
    size = -(-sum(map(len, files.values())) // 1000)
    output.note(context, context.catalogue.say("evidence.written", count=len(files), size=size, path=target))
    return 0


def _free(place: Path) -> None:
    """Refuse what is there already: evidence is not mixed with other files."""
    if place.suffix.lower() == ".zip":
        if place.exists():
            raise UsageError("evidence.exists", path=str(place))
    elif place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError("evidence.not-empty", path=str(place))


def _write(place: Path, files: Mapping[str, bytes], name: str) -> None:
    if place.suffix.lower() == ".zip":
        import zipfile

        place.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(place, "x") as archive:
            for path in sorted(files):
                entry = zipfile.ZipInfo(f"{name}/{path}", _ZIP_DAY)
                entry.external_attr = 0o100644 << 16
                entry.create_system = 3  # the same on every machine
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, files[path])
        return
    # The sums come last: a folder without them was not finished.
    from logbook.render.evidence import SUMS

    for path in sorted(files, key=lambda one: (one == SUMS, one)):
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(files[path])


def _files(
    context: Context, found: Evidence, *, linked: bool, print_only: bool, shown_by: str | None
) -> dict[str, bytes]:
    """Every file of the folder by its path in it."""
    import json

    from logbook.operations import evidence as gathering
    from logbook.render import evidence as pages
    from logbook.store.bundle import bundle

    session, loaded, private = context.session, found.loaded, shown_by is not None
    files = _in_print(context, loaded, "record", private=private)
    files |= _history(context, found, private=private)
    files["summary.txt"] = _summary(context, found, private=private).encode()
    whole = json.dumps(_whole(context, found, private=private), ensure_ascii=False, indent=1)
    files["evidence.json"] = f"{whole}\n".encode()
    others = []
    if linked:
        for one in found.linked:
            other = gathering.load_linked(session, one)
            if other is not None:
                others.append(other.form)
                stem = f"linked/{other.record.form}/{other.record.id}"
                files |= _in_print(context, other, stem, private=private)
                if not print_only:
                    files[f"{stem}.yaml"] = other.data
    size = None
    if not print_only:
        files[pages.RECORD] = loaded.data
        files[pages.BUNDLE] = bundle(session.repository, found.head)
        size = len(files[pages.BUNDLE])
        for one_file in found.attached:
            if one_file.data is not None:
                files[_attachment_name(one_file.name, one_file.kind)] = one_file.data
    facts = pages.Facts(
        loaded.record.id,
        loaded.form,
        session.book.settings.name,
        loaded.path,
        found.head,
        found.as_of.isoformat(timespec="seconds"),
        names(context)(shown_by) if shown_by is not None else None,
        size,
        any(path.startswith("attachments/") for path in files),
        bool(others),
        tuple(others),
    )
    for lang in ("zh", "en"):
        files[f"README.{lang}.txt"] = pages.readme(facts, lang).encode()
    files[pages.SUMS] = pages.sums(files)
    return files


def _attachment_name(name: str, kind: str) -> str:
    ending = {"text": ".txt", "other": ".bin"}.get(kind, f".{kind}")
    return f"attachments/{name}{ending}"


def _in_print(context: Context, loaded: Loaded, stem: str, *, private: bool) -> dict[str, bytes]:
    from logbook.cli.paper import filled

    kinds = (("html", "html"), ("txt", "text"))
    return {f"{stem}.{end}": filled(context, loaded, kind, private=private).encode() for end, kind in kinds}


def _history(context: Context, found: Evidence, *, private: bool) -> dict[str, bytes]:
    """The commits of the record and what each changed: for people, for spreadsheets, for programs."""
    import json

    from logbook.cli.looking import action_label
    from logbook.cli.looking import path_label
    from logbook.cli.looking import value_text
    from logbook.render.evidence import section
    from logbook.render.porcelain import mask_path
    from logbook.render.tables import Column
    from logbook.render.tables import rows_as

    say, form, lang = context.catalogue.say, found.loaded.form, context.lang

    def masked(field: str, value: Any) -> Any:
        return value if private else mask_path(form, field, value)

    def received(commit: str) -> str:
        return found.received.get(commit) or say("evidence.unknown")

    commits, changes, flat, objects = [], [], [], []
    for one in found.entries:
        committed = one.committed.isoformat() if one.committed else ""
        signed = found.signed[one.commit]
        action = action_label(form, one.action, lang)
        commits.append(
            [one.commit, action, one.author, one.committer, one.happened or "", one.recorded or "", one.at.isoformat(),
             committed, received(one.commit), say(f"evidence.{signed}")]
        )  # fmt: skip
        leaves = [leaf for change in one.changes for leaf in change.inside or (change,)]
        for leaf in leaves:
            old, new = masked(leaf.field, leaf.old), masked(leaf.field, leaf.new)
            label = path_label(form, leaf.field, lang)
            told = [value_text(form, leaf.field, value, lang).replace("\n", " / ") for value in (old, new)]
            changes.append([one.commit[:10], label, *told, one.reason or ""])
            flat.append(
                [one.commit, one.action, one.by, one.author, one.committer, leaf.field, old, new, one.reason or "",
                 one.happened or "", one.recorded or "", one.at.isoformat(), committed,
                 found.received.get(one.commit, ""), signed]
            )  # fmt: skip
        objects.append(
            {
                "commit": one.commit,
                "by": one.by,
                "author": one.author,
                "committer": one.committer,
                "action": one.action,
                "subject": one.subject,
                "reason": one.reason,
                "happened_at": one.happened,
                "recorded_at": one.recorded,
                "authored_at": one.at.isoformat(),
                "committed_at": committed,
                "received_at": found.received.get(one.commit),
                "signature": signed,
                "readable": one.readable,
                "changes": [
                    {"field": leaf.field, "from": masked(leaf.field, leaf.old), "to": masked(leaf.field, leaf.new)}
                    for leaf in leaves
                ],
            }
        )
    times = ("commit", "action", "author", "committer", "happened", "recorded", "authored", "committed", "received",
             "signature")  # fmt: skip
    text = section(lang, say("evidence.head_commits"), times, commits)
    text += "\n" + section(lang, say("evidence.head_changes"), ("commit", "field", "from", "to", "reason"), changes)
    heads = ("commit", "action", "by", "author", "committer", "field", "from", "to", "reason", "happened", "recorded",
             "authored", "committed", "received", "signature")  # fmt: skip
    table = "".join(rows_as("csv", [Column(name) for name in heads], flat, lang="en"))
    data = json.dumps(objects, ensure_ascii=False, indent=1)
    return {"history.txt": text.encode(), "history.csv": table.encode(), "history.json": f"{data}\n".encode()}


def _summary(context: Context, found: Evidence, *, private: bool) -> str:
    """Signatures, amendments, deadlines, linked records and attachments for people."""
    from logbook.cli.looking import path_label
    from logbook.cli.looking import value_text
    from logbook.core.moments import from_epoch
    from logbook.render.evidence import section
    from logbook.render.porcelain import mask_path

    say, form, lang, zone = context.catalogue.say, found.loaded.form, context.lang, context.session.zone
    name_of, record = names(context), found.loaded.record

    def moment(seconds: int | None) -> str:
        return "" if seconds is None else from_epoch(seconds, zone).isoformat()

    signatures = []
    for signature in record.signatures:
        place = form.signatures.get(signature.meaning)
        who = name_of(signature.by)
        if signature.name:
            who = f"{signature.name if private else '***'} ({who})"
        state = say("evidence.stale" if signature in found.stale else "evidence.valid")
        signatures.append([signature.at, who, place.label if place else signature.meaning, state, signature.sha256])
    amendments = []
    for one in record.amendments:
        old, new = (one.old, one.new) if private else (mask_path(form, one.field, v) for v in (one.old, one.new))
        told = [value_text(form, one.field, value, lang).replace("\n", " / ") for value in (old, new)]
        approved = name_of(one.approved_by) if one.approved_by else ""
        label = path_label(form, one.field, lang)
        amendments.append([one.at, name_of(one.by), label, *told, one.reason, approved, one.recorded or ""])
    clocks = [
        [
            form.clocks[one.clock].label if one.clock in form.clocks else one.clock,
            moment(one.started),
            moment(one.due),
            moment(one.stopped),
            say(f"evidence.verdict_{one.state}"),
            say(f"evidence.verdict_{one.strict}"),
            say(f"evidence.verdict_{one.adjusted}"),
        ]
        for one in found.clocks
    ]
    forms = context.session.library.forms
    linked = [
        [one.row.id, forms[one.row.form].title, say(f"evidence.way_{one.way}"), one.field.label, one.row.title]
        for one in found.linked
    ]
    attached = [
        [path_label(form, one.place, lang), _attachment_name(one.name, one.kind), say(f"evidence.state_{one.state}")]
        for one in found.attached
    ]
    parts = [
        section(lang, say("evidence.head_signatures"), ("at", "by", "meaning", "state", "sha256"), signatures),
        section(
            lang, say("evidence.head_amendments"),
            ("at", "by", "field", "from", "to", "reason", "approved", "recorded"), amendments,
        ),
        section(
            lang, say("evidence.head_clocks", moment=found.as_of.isoformat(timespec="seconds")),
            ("clock", "started", "due", "stopped", "state", "strict", "adjusted"), clocks,
        ),
        section(lang, say("evidence.head_linked"), ("id", "form", "way", "field", "title"), linked),
        section(lang, say("evidence.head_attachments"), ("field", "file", "state"), attached),
    ]  # fmt: skip
    if found.seal is not None:
        state = say("evidence.valid" if found.seal.valid else "evidence.stale")
        seal = say("evidence.seal", at=found.seal.at, by=name_of(found.seal.by), count=found.seal.count, state=state)
        parts.insert(1, f"{seal}\n")
    return "\n".join(parts)


def _whole(context: Context, found: Evidence, *, private: bool) -> dict[str, object]:
    """The summary for programs."""
    from logbook.operations.deriving import with_derived
    from logbook.operations.sealing import summary
    from logbook.render.porcelain import record_json

    loaded = found.loaded
    state = with_derived(context.session, loaded.state)
    told = record_json(
        state, found.clocks, now=found.as_of, recorded_at=loaded.row.recorded_at, private=private
    )
    return {
        "head": found.head,
        "as_of": found.as_of.isoformat(),
        "path": loaded.path,
        "private": private,
        "receipts": found.receipts,
        "record": told,
        "signatures": [
            {"at": one.at, "by": one.by, "as": one.meaning, "sha256": one.sha256, "recorded_at": one.recorded,
             "state": "stale" if one in found.stale else "valid"}
            for one in loaded.record.signatures
        ],
        "commits": [{"commit": one.commit, "signature": found.signed[one.commit]} for one in found.entries],
        "clocks": [
            {"clock": one.clock, "cycle": one.cycle, "state": one.state, "strict": one.strict, "adjusted": one.adjusted}
            for one in found.clocks
        ],
        "linked": [
            {"id": one.row.id, "form": one.row.form, "field": one.field.id, "way": one.way} for one in found.linked
        ],
        "attachments": [
            {"field": one.place, "sha256": one.name, "file": _attachment_name(one.name, one.kind), "state": one.state}
            for one in found.attached
        ],
        **({"seal": summary(found.seal)} if found.seal is not None else {}),
    }  # fmt: skip


@click.command(
    "retention",
    cls=Command,
    epilog="logbook retention\nlogbook retention complaint --until 2027-12-31\n"
    "logbook retention --by-form --format csv",
)
@click.argument("forms", nargs=-1, metavar="[FORM]...", shell_complete=completing.forms)
@click.option(
    "--until",
    metavar="DAY",
    cls=Option,
    text=Text("到哪一天为止期满的（默认今天）", "those whose period is over on that day (default: today)"),
)
@click.option(
    "--by-form", is_flag=True, cls=Option,
    text=Text("只看每种表单的期限和条数", "only the period and the counts of each form"),
)
@rev_option
@format_option(TABLES, "table")
@passes_context
def retention_command(context: Context, forms: tuple[str, ...], until: str | None, by_form: bool, format_: str) -> int:
    from logbook.operations.retention import retention

    with noticing(context):
        found = retention(context.session, until=_day(context, until), forms=forms)
    say = context.catalogue.say
    if format_ in output.OBJECTS:
        output.objects(format_, _form_objects(found) if by_form else _record_objects(found))
    elif by_form:
        output.rows(context, format_, _form_heads(), _form_rows(context, found, format_))
    else:
        if format_ == "table" and found.forms:
            output.rows(context, format_, _form_heads(), _form_rows(context, found, format_))
            if found.records:
                output.result("")
        _list(context, found, format_)
    day = found.until.isoformat()
    if format_ == "table":
        unset = [one.form.title for one in found.forms if one.keep is None]
        if unset:
            output.warn(context, "retention.unset", forms=unset)
        if found.records:
            output.warn(context, "retention.note", count=len(found.records), day=day)
        else:
            output.note(context, say("retention.none", day=day))
    return 0


def _day(context: Context, text: str | None) -> date | None:
    if text is None:
        return None
    from datetime import timedelta

    from logbook.core.moments import parse_range

    zone = context.session.zone
    found = parse_range(text, now=context.session.now, zone=zone)
    if found is None:
        raise UsageError("book.bad-range", found=text)
    return (found[1].astimezone(zone) - timedelta(seconds=1)).date()


def _record_objects(found: Retention) -> Iterator[dict[str, object]]:
    periods = {one.form.name: one for one in found.forms}
    for one in found.records:
        period = periods[one.form]
        yield {
            "id": one.id,
            "form": one.form,
            "status": one.status,
            "ended": one.ended.isoformat(),
            "keep": _words(period),
            "source": period.source,
            "over": one.over.isoformat() if one.over else None,
        }


def _form_objects(found: Retention) -> Iterator[dict[str, object]]:
    for one in found.forms:
        yield {
            "form": one.form.name,
            "keep": _words(one),
            "source": one.source,
            "open": one.open,
            "closed": one.closed,
            "over": one.over,
            "next": one.next.isoformat() if one.next else None,
        }


def _words(period: FormPeriod) -> str | None:
    """A period as forms write it, whatever the language."""
    keep = period.keep
    if keep is None:
        return None
    return keep.say("en") if keep.n else "permanent"


def _form_heads() -> list[Column]:
    from logbook.render.tables import Column

    return [
        Column("form", Text("表单", "Form")),
        Column("keep", Text("保存期限", "Kept")),
        Column("source", Text("依据", "Said by")),
        Column("open", Text("未结", "Open"), "int"),
        Column("closed", Text("已结", "Closed"), "int"),
        Column("over", Text("期满", "Over"), "int"),
        Column("next", Text("下次期满", "Next"), "date"),
    ]


def _form_rows(context: Context, found: Retention, format_: str) -> Iterator[list[object]]:
    people = format_ in ("table", "md", "html")
    say = context.catalogue.say
    for one in found.forms:
        keep: object = _words(one)
        if people:
            keep = one.keep.say(context.lang) if one.keep is not None else say("retention.not-set")
        source = say(f"retention.source_{one.source}") if people and one.source else one.source or ""
        name: object = one.form.title if people else one.form.name
        yield [name, keep, source, one.open, one.closed, one.over, one.next]


def _list(context: Context, found: Retention, format_: str) -> None:
    from logbook.render.tables import Column

    people = format_ in ("table", "md", "html")
    forms = {one.form.name: one.form for one in found.forms}
    heads = [
        Column("id", Text("编号", "Id"), "id"),
        Column("form", Text("表单", "Form")),
        Column("status", Text("状态", "Status")),
        Column("ended", Text("办结", "Ended"), "date"),
        Column("over", Text("期满", "Over"), "date"),
    ]
    rows = [
        [
            one.id,
            forms[one.form].title if people else one.form,
            status_label(forms[one.form], one.status, context.lang) if people else one.status,
            one.ended,
            one.over,
        ]
        for one in found.records
    ]
    output.rows(context, format_, heads, rows, title=found.until.isoformat())


COMMANDS = {
    command.name or "": with_globals(command) for command in (evidence_command, retention_command)
}
