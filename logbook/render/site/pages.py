"""Every page of the read-only site from its values. Private values are masked here, whoever asks."""

from __future__ import annotations

import calendar
import json
import zlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.sitepages import LINES
from logbook.core.sitepages import REGISTER
from logbook.core.sitepages import Facts
from logbook.core.sitepages import FormLine
from logbook.core.sitepages import Frame
from logbook.core.sitepages import Grid
from logbook.core.sitepages import Late
from logbook.core.sitepages import Line
from logbook.core.sitepages import Listing
from logbook.core.sitepages import Months
from logbook.core.sitepages import Page
from logbook.core.sitepages import Stamp
from logbook.core.sitepages import Summary
from logbook.core.sitepages import form_href
from logbook.core.sitepages import grid_href
from logbook.core.sitepages import link
from logbook.core.sitepages import list_href
from logbook.core.sitepages import record_href
from logbook.core.sitepages import up
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from logbook.locale.catalogue import duration
from logbook.render.duties import slot_text
from logbook.render.site.record import RecordWords
from logbook.render.site.words import WORDS

if TYPE_CHECKING:
    from jinja2 import Environment

    from logbook.core.form import Form

NAV = (("index", "index.html"), ("overdue", "overdue.html"), ("records", "forms.html"), ("duties", "duties.html"))
_SIGNS = {
    "zh": {"missed": "漏", "late": "迟", "waived": "免", "due": "○", "done": "✓", "upcoming": "·"},
    "en": {"missed": "✗", "late": "L", "waived": "W", "due": "○", "done": "✓", "upcoming": "·"},
}
_STATES = {
    "missed": "missed", "late": "late", "waived": "waived", "due": "pending", "done": "done", "upcoming": "upcoming",
}  # fmt: skip
_WEEK = {"zh": "一二三四五六日", "en": "MTWTFSS"}


class Pages:
    """The renderer of one build: told once what all pages have in common, then asked for each."""

    def __init__(self, *, posts: Mapping[str, Text] | None = None) -> None:
        self._posts = posts or {}

    @property
    def key(self) -> str:
        """Another one when the layout of pages is another."""
        names = sorted(one.name for one in _folder("layouts").iterdir() if one.name.endswith(".j2"))
        data = b"".join(_folder("layouts").joinpath(name).read_bytes() for name in names)
        return f"{zlib.crc32(data + _asset('site.css') + _asset('site.js')):08x}"

    def dress(self, frame: Frame) -> None:
        """Say what all pages have in common."""
        self.frame = frame
        self.lang = frame.lang
        self.words = {name: text.say(frame.lang) for name, text in WORDS.items()}
        self._record = RecordWords(frame, self.words)
        nav = (*NAV, ("reports", "reports.html")) if frame.reports else NAV
        self._common = {
            "frame": frame, "lang": frame.lang, "w": self.words, "nav": nav, "now": f"{frame.now:%Y-%m-%d %H:%M}",
        }  # fmt: skip

    # --- what does not depend on the hour ---------------------------------------------------------

    def assets(self) -> Iterator[tuple[str, bytes]]:
        """The style sheet, the script, and how old the site is."""
        yield "site.css", _asset("site.css")
        yield "site.js", _asset("site.js")
        yield "asof.js", _script("logbookAsOf", self._common["now"], self.frame.commit[:10])

    def record(self, facts: Facts) -> bytes:
        """The page of one record."""
        told = self._record.tell(facts)
        last = facts.history[-1] if facts.history else None
        stamp = Stamp(last.commit, last.committed or last.at) if last is not None else None
        crumbs = [*self._form_crumbs(facts.newest, facts.month), (told["id"], None)]
        return self._page(
            "record.html.j2", record_href(facts.row.path), f"{told['id']} {told['title']}", "records",
            crumbs=crumbs, stamp=stamp, r=told,
        )  # fmt: skip

    def listing(self, listing: Listing) -> bytes:
        """One page of a form's records of a month."""
        form, month = listing.form, listing.month
        label = self._month(month)
        heading = form.title.say(self.lang) if month == REGISTER else f"{form.title.say(self.lang)} {label}"
        crumbs = [*self._form_crumbs(form, None), (label, None)]
        return self._page(
            "listing.html.j2", list_href(form.name, month, listing.part), heading, "records", crumbs=crumbs,
            stamp=listing.stamp, heading=heading, count=self._say("n_records", count=listing.total),
            pages=self._parts(listing.part, listing.parts, lambda part: list_href(form.name, month, part)),
            lines=[self._line(form, one) for one in listing.lines],
        )  # fmt: skip

    def months(self, months: Months) -> bytes:
        """The months of a form."""
        form = months.form
        title = form.title.say(self.lang)
        lines = [
            (self._month(month), list_href(form.name, month), count, open_)
            for month, count, open_ in sorted(months.months, reverse=True)
        ]
        return self._page(
            "months.html.j2", form_href(form.name), title, "records", stamp=months.stamp, months=lines,
            crumbs=[(self.words["records"], "forms.html"), (title, None)], closes=bool(form.final),
        )  # fmt: skip

    # --- what does --------------------------------------------------------------------------------

    def forms(self, forms: Sequence[FormLine]) -> bytes:
        """The forms of the book that have records."""
        kinds = [
            (self.words["forms"], [self._form(one) for one in forms if not one.register]),
            (self.words["register"], [self._form(one) for one in forms if one.register]),
        ]
        return self._page("forms.html.j2", "forms.html", self.words["records"], "records", moving=True, kinds=kinds)

    def late(self, late: Late) -> Iterator[tuple[str, bytes]]:
        """Everything late, in the order in which roles must act; on several pages where it is long."""
        parts = self._late_parts(late)
        roles = self._roles(late, parts)
        for number, sections in enumerate(parts, 1):
            href = _late_href(number)
            yield href, self._page(
                "overdue.html.j2", href, self.words["overdue"], "overdue", moving=True, roles=roles, part=number,
                sections=sections, pages=self._parts(number, len(parts), _late_href),
            )  # fmt: skip

    def _late_parts(self, late: Late) -> list[list[dict[str, Any]]]:
        """The tables of each page: a table is one role's late or soon matters, or as many as still fit."""
        parts: list[list[dict[str, Any]]] = [[]]
        room = LINES
        for soon in (False, True):
            for number, one in enumerate(late.owing):
                rows = [self._late_row(late, row) for row in (one.soon if soon else one.late)]
                sub = self._say("soon_title", hours=late.soon_hours) if soon else f"{len(rows)}"
                first = True
                while rows:
                    if not room:
                        parts.append([])
                        room = LINES
                    some, rows = rows[:room], rows[room:]
                    room -= len(some)
                    anchor = f"{'s' if soon else 'r'}{number}{'' if first else f'-{len(parts)}'}"
                    parts[-1].append({"anchor": anchor, "label": self._role(one.label), "sub": sub, "rows": some})
                    first = False
        return parts

    def _roles(self, late: Late, parts: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
        where = {its["anchor"]: _late_href(number) for number, part in enumerate(parts, 1) for its in part}
        roles = []
        for number, one in enumerate(late.owing):
            anchor = f"{'r' if one.late else 's'}{number}"
            first = (one.late or one.soon)[0]
            roles.append(
                {
                    "label": self._role(one.label), "href": f"{where[anchor]}#{anchor}", "late": len(one.late),
                    "soon": len(one.soon), "first": self._late_row(late, first),
                    "longest": duration(timedelta(seconds=one.late[0].overdue_seconds), self.lang) if one.late else "",
                }
            )  # fmt: skip
        return roles

    def _role(self, label: Text) -> str:
        return label.say(self.lang) or self.words["nobody"]

    def _late_row(self, late: Late, one: Any) -> dict[str, Any]:
        title = one.title
        if one.kind == "duty":
            parts = [self._say("missed_times", count=one.missed)] if one.missed else []
            day = f"{one.last_done:%Y-%m-%d}" if one.last_done is not None else ""
            parts.append(self._say("last_done", day=day) if day else self.words["never_done"])
            title = " · ".join(parts)
        form = late.titles.get(one.form)
        path = late.paths.get(one.id) if one.id is not None else None
        span = duration(timedelta(seconds=one.overdue_seconds), self.lang)
        return {
            "state": one.state, "due": _due(one.due), "what": one.label.say(self.lang), "id": one.id,
            "span": span if one.state in ("overdue", "missed") else self.words["pause_expired"]
            if one.state == "pause_expired" else "",
            "about": one.subject or "", "title": title, "form": form.say(self.lang) if form else one.form,
            "href": link(record_href(path)) if path else None,
        }  # fmt: skip

    def grid(self, grid: Grid) -> bytes:
        """Duty by day of a month; the present one stands at ``duties.html``."""
        href = grid_href(grid.month, grid.months)
        year, number = int(grid.month[:4]), int(grid.month[5:7])
        days = []
        for day in range(1, grid.days + 1):
            week = calendar.weekday(year, number, day)
            days.append((day, _WEEK[self.lang][week], "now" if day == grid.today else "rest" if week > 4 else ""))
        catalogue = Catalogue(self.lang)
        misses = [
            {
                "due": _due(one.due), "state": one.state, "word": self.words[_STATES[one.state]],
                "duty": one.duty.say(self.lang), "subject": one.subject,
                "slot": slot_text(catalogue, one.slot, lambda: self._posts),
                "role": one.role.say(self.lang) if one.role else "", "record": one.record,
                "href": link(record_href(one.path)) if one.path else None,
            }
            for one in grid.misses
        ]  # fmt: skip
        lines = [
            {
                "label": one.label.say(self.lang), "role": one.role.say(self.lang) if one.role else "",
                "cells": [self._cell(grid.month, day, one.days.get(day)) for day in range(1, grid.days + 1)],
                "missed": one.sums.get("missed", 0), "late": one.sums.get("late", 0), "all": sum(one.sums.values()),
            }
            for one in grid.lines
        ]  # fmt: skip
        title = f"{self.words['duties']} {grid.month}"
        left = grid.misses_in_all - len(grid.misses)
        return self._page(
            "duties.html.j2", href, title, "duties", moving=True, days=days, lines=lines, misses=misses,
            more=self._say("misses_more", count=left) if left else "",
            crumbs=[(self.words["duties"], "duties.html"), (grid.month, None)],
            legend=[(state, sign, self.words[_STATES[state]]) for state, sign in _SIGNS[self.lang].items()],
            months=[(one, grid_href(one, grid.months) if one != grid.month else None) for one in grid.months],
        )  # fmt: skip

    def _cell(self, month: str, day: int, its: Any) -> tuple[str, str, str, str | None]:
        """State, sign, words and link of one day of a duty: the worst that happened, of how many."""
        if its is None:
            return "", "", "", None
        every = sum(its.counts.values())
        state = next(one for one in _SIGNS[self.lang] if its.counts.get(one))
        sign = _SIGNS[self.lang][state]
        if every > 1 and state in ("missed", "late", "waived"):
            sign += str(its.counts[state])
        told = f"{month}-{day:02d} " + ", ".join(
            f"{self.words[_STATES[one]]} {its.counts[one]}" for one in _SIGNS[self.lang] if its.counts.get(one)
        )
        return state, sign, told, link(record_href(its.path)) if its.path else None

    def summary(self, summary: Summary) -> bytes:
        """The first page."""
        late = summary.late_clocks + summary.late_duties
        split = f"{self.words['late_clocks']} {summary.late_clocks} · {self.words['late_duties']} {summary.late_duties}"
        day = summary.duties
        told = " · ".join(f"{self.words[_STATES[one]]} {day[one]}" for one in _SIGNS[self.lang] if day.get(one))
        done = day.get("done", 0) + day.get("late", 0) + day.get("waived", 0)
        figures = [
            (self.words["late_now"], late, split, "bad" if late else "good", "overdue.html"),
            (self._say("due_soon", hours=summary.late.soon_hours), summary.soon, "", "warn" if summary.soon else "",
             "overdue.html"),
            (self.words["open"], summary.open, self._say("open_of", count=summary.records), "", "forms.html"),
            (self.words["today"], f"{done}/{sum(day.values())}" if day else "–", told or self.words["no_duties"],
             "bad" if day.get("missed") else "", "duties.html"),
            (self.words["made"], summary.made, "", "", "forms.html"),
        ]  # fmt: skip
        edges, counts = (2, 7, 30), [0, 0, 0, 0]
        for age in summary.ages:
            counts[sum(age > edge for edge in edges)] += 1
        most = max(counts) or 1
        ages = [
            (label, count, count * 100 // most)
            for label, count in zip(self.words["ages"].split("|"), counts, strict=True)
        ]
        forms = [self._form(one) for one in summary.forms if not one.register]
        return self._page(
            "index.html.j2", "index.html", self.words["index"], "index", moving=True, figures=figures,
            roles=self._roles(summary.late, self._late_parts(summary.late)), forms=forms, ages=ages,
            conflicts=[(f"{one.id} {one.title}", link(record_href(one.path))) for one in summary.conflicts],
            broken=summary.broken,
        )  # fmt: skip

    def search(
        self,
        shards: int,
        there: Sequence[int],
        groups: Sequence[tuple[str, str, str, str]],
        forms: Mapping[str, Form],
    ) -> Iterator[tuple[str, bytes]]:
        """The page of the search, and what its script must know of the files."""
        about = {
            "shards": shards,
            "there": list(there),
            "groups": [
                {"group": group, "stem": stem, "form": form, "month": month, "file": link(f"s/d/{form}.{month}.js")}
                for group, stem, form, month in groups
            ],
            "forms": {
                name: {
                    "title": forms[name].title.say(self.lang),
                    "states": {state: label.say(self.lang) for state, label in forms[name].states.items()},
                }
                for name in sorted({form for _, _, form, _ in groups})
            },
        }
        yield "s/index.js", _script("logbookSite", about)
        yield "search.html", self._page("search.html.j2", "search.html", self.words["search"], "search", moving=True)

    def reports(self, pages: Sequence[Page]) -> Iterator[tuple[str, bytes]]:
        """The pages of reports and their list; nothing where there are none."""
        from markupsafe import Markup

        if not pages:
            return
        links = [(one.title.say(self.lang), f"reports/{link(one.name)}.html") for one in pages]
        head = self.words["reports"]
        yield "reports.html", self._page(
            "report.html.j2", "reports.html", head, "reports", moving=True, links=links, body=""
        )
        for one in pages:
            title = one.title.say(self.lang)
            yield f"reports/{one.name}.html", self._page(
                "report.html.j2", f"reports/{one.name}.html", title, "reports", moving=True, links=(),
                crumbs=[(head, "reports.html"), (title, None)], body=Markup(one.body),
            )  # fmt: skip

    # --- parts --------------------------------------------------------------------------------------

    def _page(
        self,
        layout: str,
        href: str,
        title: str,
        here: str,
        *,
        moving: bool = False,
        stamp: Stamp | None = None,
        crumbs: Sequence[tuple[str, str | None]] = (),
        **more: Any,
    ) -> bytes:
        """``moving``: the page depends on the hour and is made anew by every run."""
        text = _environment().get_template(layout).render(
            self._common, title=title, root=up(href), here=here, moving=moving, stamp=stamp, crumbs=crumbs, **more
        )
        return text.encode("utf-8", "replace")

    def _say(self, name: str, **values: object) -> str:
        return self.words[name].format(**values)

    def _month(self, month: str) -> str:
        return self.words["all"] if month == REGISTER else month

    def _form_crumbs(self, form: Form, month: str | None) -> list[tuple[str, str | None]]:
        crumbs: list[tuple[str, str | None]] = [
            (self.words["records"], "forms.html"),
            (form.title.say(self.lang), form_href(form.name)),
        ]
        if month is not None:
            crumbs.append((self._month(month), list_href(form.name, month)))
        return crumbs

    def _parts(self, part: int, parts: int, href: Any) -> dict[str, str | None] | None:
        if parts < 2:
            return None
        return {
            "text": self._say("part", part=part, parts=parts),
            "before": href(part - 1) if part > 1 else None,
            "after": href(part + 1) if part < parts else None,
        }

    def _form(self, one: FormLine) -> dict[str, Any]:
        return {
            "title": one.title.say(self.lang), "href": form_href(one.name), "total": one.total, "open": one.open,
            "late": one.late, "last": (one.last or "")[:16].replace("T", " "),
        }  # fmt: skip

    def _line(self, form: Form, one: Line) -> dict[str, Any]:
        label = form.states.get(one.status)
        status = self.words["voided"] if one.voided else label.say(self.lang) if label else one.status
        return {
            "id": one.id, "href": link(record_href(one.path)), "at": one.at[:16].replace("T", " "), "status": status,
            "tone": "" if one.final else "warn" if form.final else "", "title": one.title,
            "by": self.frame.names.get(one.by, one.by), "due": self._record.due(one.due),
        }  # fmt: skip


def _late_href(part: int) -> str:
    return "overdue.html" if part == 1 else f"overdue-{part}.html"


def _due(moment: Any) -> str:
    """A due moment for people: midnight is the end of the day before."""
    if moment.strftime("%H:%M") == "00:00":
        return f"{date.fromordinal(moment.toordinal() - 1).isoformat()} 24:00"
    return str(moment.strftime("%Y-%m-%d %H:%M"))


_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def _script(function: str, *values: object) -> bytes:
    said = ",".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in values)
    return f"{function}({said});\n".translate(_SAFE).encode()


def _folder(name: str) -> Any:
    return files("logbook.render.site").joinpath(name)


@cache
def _asset(name: str) -> bytes:
    return bytes(_folder(name).read_bytes())


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader
    from jinja2 import Environment
    from jinja2 import StrictUndefined

    layouts = {
        one.name: one.read_text(encoding="utf-8") for one in _folder("layouts").iterdir() if one.name.endswith(".j2")
    }
    return Environment(
        loader=DictLoader(layouts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, auto_reload=False,
    )  # fmt: skip


