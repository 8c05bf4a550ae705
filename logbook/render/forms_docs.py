"""The forms of a book as pages of documentation in Markdown: one a form, and an index."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.packfile import pack_from
from logbook.core.workflowfile import Workflow
from logbook.core.workflowfile import workflows_of
from logbook.locale.catalogue import Catalogue
from logbook.render.forms_page import _Page
from logbook.render.tables import Column
from logbook.render.tables import md_text
from logbook.render.tables import rows_as


def form_markdown(form: Form, library: Library, lang: str) -> str:
    """One form as a page: its fields, steps, signatures, clocks and checks with their sources, and the
    workflows it stands in."""
    return _MarkdownPage(form, library, lang, 100).text() + "\n"


def index_markdown(library: Library, lang: str, *, pack: str | None = None, links: bool = False) -> str:
    """All forms by pack; with ``links`` each leads to ``<form>.md`` beside it."""
    say = Catalogue(lang).say
    parts = [f"# {say('pack.doc-title')}"]
    said = {source.pack: pack_from(source) for source in library.shared.get("pack", ())}
    for name, forms in by_pack(library, pack).items():
        own = said.get(name)
        title = own.title.say(lang) if own else name
        parts.append(f"## {md_text(title)} ({name})" if title != name else f"## {name}")
        if own and own.purpose:
            parts.append(md_text(own.purpose.say(lang)))
        columns = [
            Column("form", say("render.form")),
            Column("title", say("render.title")),
            Column("prefix", say("render.prefix")),
            Column("purpose", say("pack.doc-purpose")),
        ]
        rows = [(one.name, one.title, one.prefix, one.purpose or "") for one in forms]
        text = "".join(rows_as("md", columns, rows, lang=lang)).rstrip("\n")
        if links:
            for one in forms:
                text = text.replace(f"\n| {md_text(one.name)} |", f"\n| [{md_text(one.name)}]({one.name}.md) |")
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def by_pack(library: Library, pack: str | None = None) -> dict[str, list[Form]]:
    """The forms of a book by their pack, ``core`` first."""
    found: dict[str, list[Form]] = {}
    for form in sorted(library.forms.values(), key=lambda one: (one.pack != "core", one.pack, one.name)):
        if pack in (None, form.pack):
            found.setdefault(form.pack, []).append(form)
    return found


class _MarkdownPage(_Page):
    def text(self) -> str:
        workflows = [
            one
            for one in workflows_of(self.library).values()
            if any(step.form == self.form.name for step in one.steps)
        ]
        parts = [super().text()]
        if workflows:
            parts.append(self.section("pack.doc-workflows", "\n\n".join(map(self.workflow, workflows))))
        return "\n\n".join(parts)

    def section(self, code: str, body: str) -> str:
        return f"## {self.say(code)}\n\n{body}"

    def inner(self, title: str, body: str) -> str:
        return f"### {md_text(title)}\n\n{body}"

    def head(self) -> str:
        title, *lines = super().head().split("\n")
        form = self.form
        title = f"{form.title.say(self.lang)} ({form.name}, {self.say('render.version')} {form.version})"
        return "\n".join([f"# {md_text(title)}", "", *(f"- {md_text(line)}" for line in lines)])

    def wrapped(self, text: str) -> list[str]:
        return [text]

    def table(self, columns: list[Column], rows: Sequence[tuple[object, ...]]) -> str:
        used = [place for place in range(len(columns)) if any(row[place] for row in rows)]
        cells = [[row[place] for place in used] for row in rows]
        return "".join(rows_as("md", [columns[place] for place in used], cells, lang=self.lang)).rstrip("\n")

    def items(self, paragraphs: Iterable[str]) -> str:
        return "\n".join(f"- {md_text(text)}" for text in paragraphs)

    def workflow(self, one: Workflow) -> str:
        """A workflow with the steps of this form in bold."""
        lines = [f"### {md_text(one.title.say(self.lang))}", ""]
        if one.source:
            lines += [md_text(self.say("render.source", source=one.source)), ""]
        for number, step in enumerate(one.steps, 1):
            text = md_text(f"{step.who}: {step.label.say(self.lang)}" if step.who else step.label.say(self.lang))
            if step.inferred:
                text += f" ({self.say('render.inferred')})"
            place = md_text(f"{step.form}.{step.step}")
            lines.append(f"{number}. {text}, {f'**{place}**' if step.form == self.form.name else place}")
        return "\n".join(lines)
