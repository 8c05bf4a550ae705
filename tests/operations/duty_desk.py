"""A book with duties of its own: small forms in ``templates/site`` and the rules that ask for them."""

from __future__ import annotations

from pathlib import Path

from logbook.operations import overdue as lateness
from logbook.operations.agenda import agenda
from logbook.operations.agenda import history
from logbook.store.git import Repository
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import Desk
from tests.operations.desk import moment

BEGAN = "2026-10-01 08:00"

FLAT_CHECK = """
form: flat_check
version: 1
prefix: FC
title: {zh: 样板房检查, en: Show flat check}
subject: [area]
fields:
  area: {zh: 样板房, en: Show flat, type: ref area, required: true}
  kind: {zh: 种类, en: Kind, type: choice, choices: {count: 清点 / Count, clean: 清洁 / Clean}, default: count}
  part: {zh: 时段, en: Part of the day, type: choice, choices: {am: 上午 / Morning, pm: 下午 / Afternoon}}
  rounds: {zh: 轮次, en: Rounds, type: list, of: {at: {zh: 时间, en: At, type: datetime}, note: {zh: 备注, en: Note, type: text}}}
states: {open: 在查 / Open, done: 已查 / Done}
final: [done]
steps:
  begin: {zh: 开始, en: Begin, to: open}
  round: {zh: 一轮, en: Round, from: open, to: open, requires: [rounds]}
  finish: {zh: 完成, en: Finish, from: open, to: done}
"""

SITE_LOG = """
form: site_log
version: 1
prefix: SL
title: {zh: 现场日志, en: Site log}
fields:
  weather:
    zh: 天气
    en: Weather
    type: list
    of:
      kind: {zh: 天气, en: Kind, type: choice, choices: {heavy_rain: 大雨 / Heavy rain, snow: 雪 / Snow}}
      from_at: {zh: 起, en: From, type: datetime}
      to_at: {zh: 止, en: To, type: datetime}
states: {open: 在记 / Open, closed: 已结 / Closed}
final: [closed]
steps:
  start: {zh: 开始, en: Start, to: open}
  close: {zh: 结束, en: Close, from: open, to: closed}
"""

PAPER = """
form: paper
version: 1
prefix: PA
title: {zh: 月报, en: Monthly paper}
fields:
  about: {zh: 月份, en: Month, type: text}
  log: {zh: 日志, en: Log, type: ref site_log}
states: {done: 已交 / Done}
final: [done]
steps:
  hand_in: {zh: 交, en: Hand in, to: done}
"""


class DutyDesk(Desk):
    """The desk of a book whose duties stand in ``templates/site/duties.yaml``."""

    def publish(self, *changes: Change, when: str) -> None:
        with Repository(self.root) as repository:
            message = "book: rules\n\nRecord: book\nForm: book\nAction: open\nBy: boss\n"
            author, committer = ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook")
            publish(repository, [Commit(list(changes), message, author, committer, moment(when))])

    def write_duties(self, text: str, *, when: str = BEGAN) -> None:
        self.publish(Change("templates/site/duties.yaml", _duties(text)), when=when)

    def settings(self, text: str, *, when: str = BEGAN) -> None:
        """Lines added to ``logbook.yaml``."""
        plain = (self.root / "logbook.yaml").read_text(encoding="utf-8") + text
        self.publish(Change("logbook.yaml", plain.encode()), when=when)

    def flat(self, name: str, *, at: str = BEGAN) -> None:
        self.add("area", f"id={name}", f"name={name} 样板房", "kind=show_flat", now=at, by="zhao")

    def check(self, area: str, at: str, *words: str, **more: object) -> str:
        return self.add("flat_check", f"area={area}", *words, now=at, **more).record.id  # type: ignore[arg-type]

    def missed(self, now: str, *words: str, expand: bool = False, soon: object = None) -> list[tuple[object, ...]]:
        """Duty, subject, due, how many missed and when last done, of the duties in the overdue list."""
        with_soon = {} if soon is None else {"soon": soon}
        found = lateness.overdue(self.session(now), words, expand=expand, **with_soon)  # type: ignore[arg-type]
        return [
            (one.clock, one.subject, f"{one.due:%m-%d %H:%M}", one.missed,
             f"{one.last_done:%m-%d %H:%M}" if one.last_done else None)
            for one in found
            if one.kind == "duty" and (one.state == "missed" or soon is not None)
        ]  # fmt: skip

    def day(self, now: str, day: str | None = None) -> list[tuple[object, ...]]:
        """The duties of a day: due, duty, subject, slot, state, who."""
        return [
            (f"{one.due:%H:%M}", one.duty, one.subject, one.slot, one.state, one.by)
            for one in agenda(self.session(now), day).items
        ]

    def month(self, now: str, duty: str, month: str | None = None) -> list[tuple[str, str | None, str, str | None]]:
        """When a duty was due in a month, of what, how it stands, and the record that fulfilled it."""
        _, items = history(self.session(now), duty, month)
        return [(f"{one.due:%m-%d %H:%M}", one.subject, one.state, one.record) for one in items]


def duty_desk(book: Desk, root: Path, duties: str, *, when: str = BEGAN) -> DutyDesk:
    """A copy of a practice book that knows these duties and no others."""
    desk = DutyDesk(book.copy(root).root)
    desk.publish(
        Change("templates/core/duties.yaml", b"duties: {}\n"),
        Change("templates/site/flat_check.yaml", FLAT_CHECK.encode()),
        Change("templates/site/site_log.yaml", SITE_LOG.encode()),
        Change("templates/site/paper.yaml", PAPER.encode()),
        Change("templates/site/duties.yaml", _duties(duties)),
        when=when,
    )
    return desk


def _duties(text: str) -> bytes:
    lines = [f"  {line}" if line.strip() else "" for line in text.strip("\n").split("\n")]
    return ("duties:\n" + "\n".join(lines) + "\n").encode()
