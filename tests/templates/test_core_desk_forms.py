"""The desk's own registers, visits, reports and plans: each runs through its steps, each check has a record that breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.locale.catalogue import Catalogue
from logbook.operations.writing import Written
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from logbook.store.git import Repository
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"
NEXT = "2026-11-23 09:00"  # a Monday

Step = tuple[str, ...]


@pytest.fixture(scope="module")
def book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with the reports and plans of the office, a customer and her flat."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("desk_forms") / "book")
    files = [
        Change(f"templates/office/{name}.yaml", (TEMPLATES / "office" / f"{name}.yaml").read_bytes())
        for name in ("work_report", "work_plan", "settings")
    ]
    session = desk.session(START)
    made = Commit(files, "book: office", ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"), moment(START))
    publish(session.book.repository, [made])
    desk.add("customer", "id=wangfang", "name=王芳", "phone=13800001111", now=START)
    desk.step("3-502", "update", "occupant=wangfang", now=START)
    return desk


# What a person types at least, at the first entry of each form.
LEAST = {
    "phone_log": ["caller=王芳", "matter=请工程部回电"],
    "visitor": ["name=张三", "purpose=洽谈保洁合同"],
    "inquiry": ["asked_by=王芳", "question=装修押金何时退还"],
    "mail": ["addressee=王芳"],
    "lost_found": ["place=大堂", "item=黑色皮夹，内有公交卡"],
    "client_visit": ["customer=wangfang", "topic=节前走访"],
    "work_report": ["branch=客服部", "period_from=2026-11-16", "period_to=2026-11-22"],
    "work_plan": ["dept=客服部", "period_from=2026-11-23", "period_to=2026-11-29"],
}


def made(desk: Desk, form: str, *words: str, now: str = AT, by: str = "lina", **more: str) -> Written:
    names = {word.partition("=")[0] for word in words}
    usual = [word for word in LEAST[form] if word.partition("=")[0] not in names]
    return desk.add(form, *usual, *words, now=now, by=by, **more)
