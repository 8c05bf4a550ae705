"""Every test file of this folder is held to the checks it is said to break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from logbook.core import checking
from logbook.core.issues import Issue
from logbook.locale.catalogue import Catalogue
from tests.templates.raised import table

judge = checking.check_issues
raised: set[str] = set()
LANGUAGES = (Catalogue("zh"), Catalogue("en"))


def listening(*args: Any, **more: Any) -> list[Issue]:
    """What a form's checks say of a record, noted; each is told in the words of the check."""
    issues = judge(*args, **more)
    for issue in issues:
        say = issue.args["say"]
        assert [one.issue(issue)[0] for one in LANGUAGES] == [say.zh, say.en], issue.rule  # type: ignore[union-attr]
        raised.add(issue.rule)
    return issues


# Before a test module takes the name.
checking.check_issues = listening


@pytest.fixture(scope="module", autouse=True)
def breaks_what_it_is_said_to_break(request: pytest.FixtureRequest) -> Iterator[None]:
    """Once all tests of a file have run, the checks that raised.txt lists under it have been broken."""
    raised.clear()
    yield
    file = Path(request.module.__file__).name
    out = os.environ.get("RAISED_CHECKS")
    if out:
        Path(out).mkdir(parents=True, exist_ok=True)
        Path(out, file).write_text("\n".join(sorted(raised)), encoding="utf-8")
        return
    chosen = request.config.option
    if chosen.keyword or chosen.markexpr or any("::" in word for word in request.config.args) or request.session.testsfailed:
        return
    assert sorted(table().get(file, set()) - raised) == []
