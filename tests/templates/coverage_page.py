"""The page docs/coverage.md, made from docs/coverage.yaml and from what really stands in the templates.

``python -m tests.templates.coverage_page`` prints it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from logbook.core.form import Field
from logbook.core.workflowfile import workflows_of
from logbook.locale.catalogue import Catalogue
from logbook.store import codec
from logbook.store.library import load

PRODUCT = Path(__file__).resolve().parents[2]
TABLE = PRODUCT / "docs" / "coverage.yaml"
PAGE = PRODUCT / "docs" / "coverage.md"

SEEDS = ("000", "001", "002", "003", "004")
STATUSES = ("full", "headings_only", "peripheral")
STATES = ("covered", "partly", "not yet")
MAPS = ("rules", "limits", "decisions")
# What a site alone can say in logbook.yaml, and the page that tells of it.
SITE = {"season": "calendars.md", "shifts": "shifts.md", "duties": "duties.md", "packs": "file-format.md"}

LATER = "a report, for a later version"
UNUSED = "a checklist that no form asks for"


def table() -> dict[str, Any]:
    """docs/coverage.yaml, every scalar as text."""
    document, issues = codec.read_definition(TABLE.read_bytes(), "docs/coverage.yaml")
    assert document is not None and issues == [], issues
    return dict(document.plain)


class Product:
    """What the shipped templates hold, by the names that the table uses."""

    def __init__(self) -> None:
        self.library, issues = load(PRODUCT)
        assert [issue for issue in issues if issue.is_error] == []

    def entries(self, file: str, key: str) -> Mapping[str, Any]:
        """All that stands under ``key`` in the files of that name, of every pack."""
        found: dict[str, Any] = {}
        for source in self.library.shared.get(file, ()):
            found |= source.plain.get(key) or {}
        return found

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        merged: dict[str, Any] = {}
        for source in self.library.shared.get("settings", ()):
            for name, value in source.plain["settings"].items():
                group = merged.setdefault(name, {} if isinstance(value, Mapping) else value)
                if isinstance(value, Mapping):
                    group.update(value)
        return merged

    @cached_property
    def checklists_asked(self) -> frozenset[str]:
        """The checklists that some form has as a field, or takes lines of."""
        asked = {
            name
            for form in self.library.forms.values()
            for field in _all_fields(form.fields)
            for name in field.target
            if field.type in ("checklist", "choice")
        }
        return frozenset(asked)

    @cached_property
    def lines(self) -> Mapping[str, frozenset[str]]:
        """The checklists each line stands in."""
        found: dict[str, set[str]] = {}
        for name, checklist in self.library.checklists.items():
            for item in checklist.items:
                found.setdefault(item, set()).add(name)
        return {item: frozenset(names) for item, names in found.items()}

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """Everything a place may name, by its kind."""
        forms = self.library.forms
        return {
            "form": frozenset(forms),
            "check": frozenset(f"{name}.{check.id}" for name, form in forms.items() for check in form.checks),
            "clock": frozenset(f"{name}.{clock}" for name, form in forms.items() for clock in form.clocks),
            "step": frozenset(f"{name}.{step}" for name, form in forms.items() for step in form.steps),
            "sign": frozenset(f"{name}.{place}" for name, form in forms.items() for place in form.signatures),
            "field": frozenset(path for name, form in forms.items() for path in _paths(name, form.fields)),
            "duty": frozenset(self.entries("duties", "duties")),
            "workflow": frozenset(workflows_of(self.library)),
            "checklist": frozenset({*self.library.checklists, *self.lines}),
            "post": frozenset(self.entries("shifts", "posts")),
            "desk": frozenset(self.entries("shifts", "desks")),
            "calendar": frozenset(self.entries("calendars", "calendars")),
            "role": frozenset(self.library.roles),
            "setting": frozenset(_keys(self.settings)),
            "site": frozenset(SITE),
        }

    def has(self, place: str) -> bool:
        """Whether there is such a place: ``complaint.again``, ``clock:complaint.answer``, ``setting:bar.opens`` …"""
        kind, name = kind_and_name(place)
        if kind == "message":
            return Catalogue("zh").has(name) and Catalogue("en").has(name)
        return name in self.names[kind]

    def asked(self, checklist: str) -> bool:
        """Whether a form asks for this checklist, or for one that has this line."""
        return bool({checklist, *self.lines.get(checklist, ())} & self.checklists_asked)


def kind_and_name(place: str) -> tuple[str, str]:
    kind, colon, name = place.partition(":")
    return (kind, name) if colon else ("check", place)


def _all_fields(fields: Mapping[str, Field]) -> Iterator[Field]:
    for field in fields.values():
        yield field
        yield from field.columns.values()


def _paths(form: str, fields: Mapping[str, Field]) -> Iterator[str]:
    for name, field in fields.items():
        yield f"{form}.{name}"
        yield from (f"{form}.{name}.{column}" for column in field.columns)


def _keys(settings: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in settings.items():
        yield f"{before}{name}"
        if isinstance(value, Mapping):
            yield from _keys(value, f"{before}{name}.")


# -- what the table says --------------------------------------------------------------------------


def places(entry: Any) -> list[str]:
    """The places of an entry of `rules`, `limits` or `decisions`; none where it says `none`."""
    if isinstance(entry, Mapping):
        return list(entry.get("in", ()))
    return list(entry)


def wanting(product: Product, entry: Any) -> tuple[str, str]:
    """Its state, and what is missing or why there is no place."""
    if isinstance(entry, Mapping):
        return ("partly", entry["lacks"]) if "lacks" in entry else ("not yet", f"nowhere; {entry['none']}")
    if all(_listed_only(product, place) for place in entry):
        return "partly", f"only in {UNUSED}"
    return "covered", ""


def held(product: Product, plain: Mapping[str, Any], named: str) -> tuple[str, str]:
    """The state of one thing a row names (`form:complaint`, `rule:tariff`), and what is missing."""
    kind, name = kind_and_name(named)
    if kind == "report":
        return ("not yet", LATER) if plain["reports"][name] == "later" else ("covered", "")
    if kind in ("rule", "limit"):
        return wanting(product, plain[f"{kind}s"][name])
    if not product.has(named):
        return "not yet", "there is none"
    return ("partly", UNUSED) if _listed_only(product, named) else ("covered", "")


def _listed_only(product: Product, place: str) -> bool:
    kind, name = kind_and_name(place)
    return kind == "checklist" and not product.asked(name)


def state_of_row(
    product: Product, plain: Mapping[str, Any], row: Mapping[str, Any]
) -> tuple[str, list[tuple[str, str]]]:
    """Covered: all it names is there and whole. Not yet: nothing of it. Else partly. And what is missing."""
    found = {named: held(product, plain, named) for named in row["covered_by"]}
    missing = [(named, reason) for named, (_, reason) in found.items() if reason]
    states = {state for state, _ in found.values()}
    if states == {"covered"}:
        return "covered", missing
    return ("not yet" if states == {"not yet"} else "partly"), missing


# -- the page -------------------------------------------------------------------------------------

INTRO = """# What the handbooks ask, and what is here

The forms come from five handbooks, numbered 000 to 004. [coverage.yaml](coverage.yaml) names every heading and every
form in them, and says what covers each. This page shows it. A test keeps both true: what is named must exist, and each
form must be used by a test or by the demo.

Three words say how far a row is covered:

- **covered**: everything it names is there.
- **partly**: something of it is missing. The last sections say what.
- **not yet**: nothing of it is there.

Three more say what the handbook itself gives: **full** (there is a text), **headings only** (a heading without a text:
the few fields we propose are marked as inferred), **peripheral** (another trade, in a pack that a site may leave off).
"""


def page(product: Product) -> str:
    """The text of docs/coverage.md."""
    plain = table()
    rows = [(row, *state_of_row(product, plain, row)) for row in plain["coverage"]]
    parts = [
        INTRO,
        _summary(product, plain, rows),
        *(_rows_of(seed, rows) for seed in SEEDS),
        _missing(product, plain, rows),
    ]
    return "\n".join(parts)


def _summary(product: Product, plain: Mapping[str, Any], rows: list[Any]) -> str:
    counts = Counter((row["status"], state) for row, state, _ in rows)
    lines = ["## In numbers", "", "| the handbook gives | " + " | ".join(STATES) + " | rows |", "|---|--:|--:|--:|--:|"]
    for status in STATUSES:
        line = [counts[status, state] for state in STATES]
        lines.append(f"| {status.replace('_', ' ')} | {' | '.join(map(str, line))} | {sum(line)} |")
    line = [sum(counts[status, state] for status in STATUSES) for state in STATES]
    lines.append(f"| **together** | {' | '.join(map(str, line))} | {sum(line)} |")
    lines += [
        "",
        "| single sentences of the handbooks | " + " | ".join(STATES) + " | together |",
        "|---|--:|--:|--:|--:|",
    ]
    said = {"rules": "rules", "limits": "numbers and formulas", "decisions": "unclear places, read in one way"}
    for key in MAPS:
        states = Counter(wanting(product, entry)[0] for entry in plain[key].values())
        line = [states[state] for state in STATES]
        lines.append(f"| {said[key]} | {' | '.join(map(str, line))} | {sum(line)} |")
    settable = sum(any(_settable(place) for place in places(entry)) for entry in plain["decisions"].values())
    lines += [
        "",
        f"Of the unclear places, a site can change {settable} in its `logbook.yaml`; the others by changing the form.",
        "",
    ]
    return "\n".join(lines)


def _settable(place: str) -> bool:
    return kind_and_name(place)[0] in ("setting", "site")


def _rows_of(seed: str, rows: list[Any]) -> str:
    own = [(row, state) for row, state, _ in rows if row["seed"] == seed]
    lines = [f"## Handbook {seed}", "", "| where | what | by | given | state |", "|---|---|---|---|---|"]
    for row, state in own:
        by = ", ".join(f"`{named.removeprefix('form:')}`" for named in row["covered_by"])
        given = row["status"].replace("_", " ")
        lines.append(f"| {_cell(row['where'])} | {_cell(row['zh'])} | {by} | {given} | {state} |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _missing(product: Product, plain: Mapping[str, Any], rows: list[Any]) -> str:
    later = [name for name, state in plain["reports"].items() if state == "later"]
    idle = sorted(set(product.library.checklists) - product.checklists_asked)
    duties = product.entries("duties", "duties")
    vague = sum("vague" in duty for duty in duties.values())
    clocks = [clock for form in product.library.forms.values() for clock in form.clocks.values()]
    asleep = sum(clock.off for clock in clocks)
    lines = [
        "## What is missing, and why",
        "",
        f"**Reports.** The handbooks name {len(plain['reports'])} summaries."
        + (
            f" {len(later)} of them have no test of their figures yet: {_code(later)}."
            if later
            else " Each has a test that runs it; `logbook report` lists them."
        ),
        "",
        _checklists(len(product.library.checklists), idle),
        "",
        f"**Duties.** {vague} of {len(duties)} have no interval in the handbooks. They wait until the site sets one.",
        "",
        f"**Clocks.** {asleep} of {len(clocks)} are switched off: the handbooks only say promptly, and give no number.",
        "",
        "**Signatures.** A form says who signs where. No step waits for a signature: what holds is the step, and who may"
        " take it.",
        "",
    ]
    for key, title in (("rules", "Rules"), ("limits", "Numbers"), ("decisions", "Unclear places")):
        lines += [f"**{title}.**", ""]
        found = [(name, *wanting(product, entry)) for name, entry in plain[key].items()]
        for state in ("partly", "not yet"):
            lines += [f"- `{name}`: {reason}." for name, one, reason in found if one == state]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _checklists(count: int, idle: list[str]) -> str:
    if not idle:
        return f"**Checklists.** None: a form asks for each of the {count}."
    return (
        f"**Checklists.** {len(idle)} of {count} are written down, but no form asks for them: {_code(idle)}."
        " A site's own forms may use them."
    )


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


if __name__ == "__main__":
    sys.stdout.write(page(Product()))
