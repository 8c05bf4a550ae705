"""A report as a page for the terminal, Markdown, HTML, CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.reporting import NUMERIC
from logbook.core.reporting import Cell
from logbook.core.reporting import Column as ReportColumn
from logbook.core.reporting import Definition
from logbook.core.reporting import Named
from logbook.core.reporting import Part
from logbook.core.reporting import Report
from logbook.core.reporting import Small
from logbook.core.text import Text
from logbook.render.tables import Column
from logbook.render.tables import html_text
from logbook.render.tables import md_text
from logbook.render.tables import rows_as
from logbook.render.tables import table

if TYPE_CHECKING:
    from logbook.core.charts import Chart

Json = dict[str, object]

_WORDS = {
    "zh": {
        "period": "期间",
        "as_of": "统计于",
        "commit": "依据提交",
        "unfinished": "本期未完",
        "more": "另有 {n} 行未列出",
        "none": "没有数据",
        "target": "目标",
        "says": "说明",
        "column": "列",
        "audience": "报",
        "small": "人数太少的组不单列",
        "index": "目录",
        "back": "返回目录",
        "colon": "：",
        "comma": "，",
        "stop": "。",
    },
    "en": {
        "period": "Period",
        "as_of": "Counted at",
        "commit": "at commit",
        "unfinished": "not over yet",
        "more": "{n} more rows left out",
        "none": "no data",
        "target": "target",
        "says": "What the figures mean",
        "column": "Column",
        "audience": "For",
        "small": "groups of few people are not shown by themselves",
        "index": "Contents",
        "back": "Contents",
        "colon": ": ",
        "comma": ", ",
        "stop": ".",
    },
}


# --------------------------------------------------------------------------- cells


def shown(cell: Cell, type_: str, lang: str) -> object:
    """A cell as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, (Text, Named)):
        return cell.say(lang)
    if isinstance(cell, Small):
        return cell.text
    if isinstance(cell, bool):
        return ("是" if cell else "否") if lang == "zh" else ("yes" if cell else "no")
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, Decimal):
        return f"{cell:f}%" if type_ == "percent" else f"{cell:f}"
    return cell


def plain(cell: Cell) -> object:
    """A cell for a program: ids, RFC 3339, decimals as text."""
    if isinstance(cell, Text):
        return {"zh": cell.zh, "en": cell.en}
    if isinstance(cell, Named):
        return cell.id
    if isinstance(cell, Small):
        return cell.text
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return cell.strftime("%H:%M") if isinstance(cell, time) else cell


def columns_for(part: Part) -> list[Column]:
    """The columns of a part for :mod:`logbook.render.tables`; the unit stands in the head."""
    return [Column(one.id, column_head(one), "decimal" if one.type in NUMERIC else one.type) for one in part.columns]


_UNITS = {"days": Text("天", "days"), "hours": Text("小时", "hours"), "minutes": Text("分钟", "minutes")}


def column_head(column: ReportColumn) -> Text:
    """The label with the unit, where it does not say it itself."""
    unit = _UNITS.get(column.type)
    label = column.label
    if unit is None or unit.zh in label.zh or unit.en in label.en.lower():
        return label
    return Text(f"{label.zh}/{unit.zh}" if label.zh else "", f"{label.en}, {unit.en}" if label.en else "")


def rows_for(part: Part, lang: str) -> list[list[object]]:
    """The rows of a part as people read them, its totals last."""
    lines = [*part.rows, *([part.totals] if part.totals is not None and part.rows else [])]
    return [[shown(cell, c.type, lang) for cell, c in zip(row, part.columns, strict=True)] for row in lines]


# --------------------------------------------------------------------------- the head and the foot


def head_lines(report: Report, lang: str) -> list[str]:
    """What is counted, for when, as known at which moment and commit."""
    say = _WORDS[lang]
    period = report.period.label.say(lang)
    if report.unfinished:
        period += f"（{say['unfinished']}）" if lang == "zh" else f" ({say['unfinished']})"
    lines = [f"{say['period']}{say['colon']}{period}"]
    if report.audience:
        lines[0] += f"    {say['audience']}{say['colon']}{report.audience.say(lang)}"
    known = f"{say['as_of']} {report.as_of:%Y-%m-%d %H:%M}"
    if report.commit:
        known += f"{say['comma']}{say['commit']} {report.commit[:12]}"
    lines.append(known)
    return lines


def definition_line(one: Definition, lang: str) -> str:
    """``Visit rate = visited ÷ due; 2026-11; target 100``."""
    say = _WORDS[lang]
    told = f"{one.label.say(lang)} = {one.says.say(lang)}"
    if one.period is not None:
        told += f"{say['comma']}{one.period.say(lang)}"
    if one.target is not None:
        told += f"{say['comma']}{say['target']} {one.target}"
    return told


# --------------------------------------------------------------------------- for people


def text(report: Report, lang: str, width: int | None, *, define: bool = False, charts: bool = True) -> str:
    """The report on a terminal."""
    say = _WORDS[lang]
    lines = [report.title.say(lang), *head_lines(report, lang)]
    for part in report.parts:
        lines += ["", part.title.say(lang)]
        rows = rows_for(part, lang)
        lines += table(columns_for(part), rows, lang, width).splitlines() if rows else [f"  {say['none']}"]
        lines += remarks(part, lang)
        if define:
            lines += ["", *(f"  {definition_line(one, lang)}" for one in part.definitions)]
        if charts:
            for chart in part.charts:
                lines += ["", *_terminal(chart, lang, width).splitlines()]
    return "\n".join(lines)


def remarks(part: Part, lang: str) -> list[str]:
    """What is said below a table: what was left out, what is kept small."""
    say = _WORDS[lang]
    found = [say["more"].format(n=part.more)] if part.more else []
    found += [say["small"]] if part.suppressed else []
    return [*found, part.note.say(lang)] if part.note is not None else found


def markdown(report: Report, lang: str) -> str:
    """The report as Markdown, figures defined below each table."""
    say = _WORDS[lang]
    pieces = [
        f"# {md_text(report.title.say(lang))}\n\n",
        "  \n".join(md_text(one) for one in head_lines(report, lang)),
        "\n",
    ]
    for part in report.parts:
        pieces.append(f"\n## {md_text(part.title.say(lang))}\n\n")
        rows = rows_for(part, lang)
        pieces += rows_as("md", columns_for(part), rows, lang=lang) if rows else [say["none"] + "\n"]
        for remark in remarks(part, lang):
            pieces.append(f"\n{md_text(remark)}\n")
        pieces.append("\n")
        pieces += [f"- {md_text(definition_line(one, lang))}\n" for one in part.definitions]
    return "".join(pieces)


_STYLE = (
    "body{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',SimSun,sans-serif;"
    "margin:0 auto;max-width:1040px;padding:1.5em;color:#1a1a1a;background:#fff;font-size:14px;line-height:1.5}"
    "h1{font-size:1.5em;margin:0 0 .3em}h2{font-size:1.15em;margin:1.6em 0 .5em;break-after:avoid}"
    "p.head{color:#444;margin:.1em 0}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #999;padding:.28em .55em;text-align:left;vertical-align:top}th{background:#eef1f4;"
    "font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "tr.total td{background:#f6f6f6;font-weight:600}thead{display:table-header-group}tr{break-inside:avoid}"
    "ul.means{color:#444;font-size:.86em;margin:.5em 0;padding-left:1.2em}figure{margin:1em 0;break-inside:avoid}"
    "figure svg{max-width:100%;height:auto}p.remark{color:#666;font-size:.9em}a{color:#0b5cad}"
    "@page{size:A4;margin:15mm}@media print{body{padding:0;max-width:none;font-size:10.5pt}a{color:inherit}}"
)


def html(report: Report, lang: str, *, back: str | None = None) -> str:
    """The report as one page that needs nothing else and prints on A4. ``back``: the page of contents."""
    say = _WORDS[lang]
    out = [_opening(f"{report.title.say(lang)} {report.period.label.say(lang)}", lang)]
    if back is not None:
        out.append(f'<p class="head"><a href="{html_text(back)}">{say["back"]}</a></p>\n')
    out.append(f"<h1>{html_text(report.title.say(lang))}</h1>\n")
    if report.book:
        out.append(f'<p class="head">{html_text(report.book)}</p>\n')
    return "".join([*out, fragment(report, lang), "</body>\n</html>\n"])


def fragment(report: Report, lang: str) -> str:
    """The report without its title, as markup to stand in a page: no style of its own, no script."""
    out = [f'<p class="head">{html_text(line)}</p>\n' for line in head_lines(report, lang)]
    for part in report.parts:
        out.append(f"<h2>{html_text(part.title.say(lang))}</h2>\n")
        out += _html_part(part, lang)
    return "".join(out)


def _opening(title: str, lang: str) -> str:
    language = "zh-CN" if lang == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{html_text(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
    )


def _html_part(part: Part, lang: str) -> Iterator[str]:
    say = _WORDS[lang]
    rows = rows_for(part, lang)
    marks = [" class=n" if one.type in NUMERIC else "" for one in part.columns]
    if rows:
        heads = "".join(
            f"<th scope=col{mark}>{html_text(column_head(one).say(lang))}</th>"
            for one, mark in zip(part.columns, marks, strict=True)
        )
        yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        for place, row in enumerate(rows):
            total = ' class="total"' if place == len(part.rows) else ""
            cells = "".join(f"<td{m}>{html_text(str(cell))}</td>" for cell, m in zip(row, marks, strict=True))
            yield f"<tr{total}>{cells}</tr>\n"
        yield "</tbody>\n</table>\n"
    else:
        yield f'<p class="remark">{say["none"]}</p>\n'
    for remark in remarks(part, lang):
        yield f'<p class="remark">{html_text(remark)}</p>\n'
    for chart in part.charts:
        yield f"<figure>{svg(chart, lang)}</figure>\n"
    if part.definitions:
        means = "".join(f"<li>{html_text(definition_line(one, lang))}</li>\n" for one in part.definitions)
        yield f'<ul class="means">\n{means}</ul>\n'


def index_page(title: str, lines: Sequence[str], entries: Sequence[tuple[str, Report]], lang: str) -> str:
    """A page that leads to the pages of several reports: (file name, report)."""
    out = [_opening(title, lang), f"<h1>{html_text(title)}</h1>\n"]
    out += [f'<p class="head">{html_text(line)}</p>\n' for line in lines]
    out.append("<table>\n<tbody>\n")
    for name, report in entries:
        parts = ("、" if lang == "zh" else ", ").join(part.title.say(lang) for part in report.parts)
        link = f'<a href="{html_text(name)}">{html_text(report.title.say(lang))}</a>'
        out.append(
            f"<tr><td>{link}</td><td>{html_text(report.audience.say(lang))}</td><td>{html_text(parts)}</td></tr>\n"
        )
    out.append("</tbody>\n</table>\n</body>\n</html>\n")
    return "".join(out)


# --------------------------------------------------------------------------- for programs


def part_rows(part: Part, format_: str, lang: str) -> Iterator[str]:
    """One part as CSV or TSV: heads are ids, values as programs want them; no totals."""
    heads = columns_for(part)
    return rows_as(format_, heads, ([file_cell(cell) for cell in row] for row in part.rows), lang=lang)


def file_cell(cell: Cell) -> object:
    """A cell for a file of values."""
    if isinstance(cell, Text):
        return cell.zh or cell.en
    if isinstance(cell, Named):
        return cell.label.zh or cell.label.en
    return cell.text if isinstance(cell, Small) else cell


def report_json(report: Report) -> Json:
    """The whole report, its definitions among it."""
    return {
        "report": report.id,
        "title": _both(report.title),
        "pack": report.pack,
        "book": report.book,
        "period": {
            "kind": report.period.kind,
            "start": report.period.start.isoformat(),
            "end": report.period.end.isoformat(),
            "label": _both(report.period.label),
            "unfinished": report.unfinished,
        },
        "as_of": report.as_of.isoformat(timespec="seconds"),
        "commit": report.commit,
        "cadence": list(report.cadence),
        "audience": _both(report.audience),
        "source": report.source,
        "parts": [_part_json(part) for part in report.parts],
    }


def _part_json(part: Part) -> Json:
    names = [column.id for column in part.columns]
    return {
        "part": part.id,
        "title": _both(part.title),
        "kind": part.kind,
        "columns": [{"id": c.id, "label": _both(c.label), "type": c.type, "key": c.key} for c in part.columns],
        "rows": [dict(zip(names, map(plain, row), strict=True)) for row in part.rows],
        "totals": None
        if part.totals is None
        else {n: plain(cell) for n, cell, c in zip(names, part.totals, part.columns, strict=True) if not c.key},
        "definitions": [_definition_json(one) for one in part.definitions],
        "note": _both(part.note) if part.note is not None else None,
        "left_out": part.more,
        "suppressed": part.suppressed,
    }


def _definition_json(one: Definition) -> Json:
    return {
        "column": one.id,
        "label": _both(one.label),
        "says": _both(one.says),
        "numerator": _both(one.numerator) if one.numerator is not None else None,
        "denominator": _both(one.denominator) if one.denominator is not None else None,
        "target": one.target,
        "period": _both(one.period) if one.period is not None else None,
        "as_of": one.as_of.isoformat(timespec="seconds") if one.as_of is not None else None,
    }


def row_objects(report: Report) -> Iterator[dict[str, Any]]:
    """A line a row, for ``jsonl``."""
    for part in report.parts:
        names = [column.id for column in part.columns]
        for row in part.rows:
            yield {"part": part.id, **dict(zip(names, map(plain, row), strict=True))}


def _both(text: Text) -> Json:
    return {"zh": text.zh, "en": text.en}


def _terminal(chart: Chart, lang: str, width: int | None) -> str:
    from logbook.render import charts

    return charts.terminal(chart, lang=lang, width=min(width or 80, 100))


def svg(chart: Chart, lang: str) -> str:
    """A chart as it is drawn on pages."""
    from logbook.render import charts

    return charts.svg(chart, lang=lang)
