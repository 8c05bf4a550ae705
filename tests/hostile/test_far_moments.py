"""One record with a moment at the end of time must not stop the list of what is late."""

from __future__ import annotations

import pytest

from tests.cli.line import Line
from tests.hostile.test_files import FOLDER
from tests.hostile.test_files import GOOD
from tests.hostile.test_files import ID
from tests.hostile.test_files import PATH
from tests.hostile.test_files import commit

NOW = ("--now", "2026-11-24 09:00")
FAR = ["9999-12-30T10:00:00+08:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]


@pytest.mark.parametrize("moment", FAR)
def test_a_far_moment_in_a_field(cli: Line, moment: str) -> None:
    assert PATH.startswith(FOLDER)
    refused = cli("add", "complaint", "name=x", "summary=x", f"demanded_by={moment}", *NOW)
    assert (refused.code, refused.out) == (1, "")
    (cli.root / PATH).write_text(GOOD.replace("level: minor", f"demanded_by: {moment}\nlevel: minor"))
    commit(cli.root)
    assert [row["rule"] for row in cli("validate", PATH, "--format", "json", *NOW).json][:1] == ["field.datetime"]
    assert "CP-20261121-A001" in cli.ok("overdue", "--format", "ids", *NOW).lines
    cli.ok("show", ID, *NOW)
    cli.ok("list", *NOW)
    cli.ok("overdue", "--now", "2199-12-31 10:00")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("words", [("shift",), ("roster",), ("agenda",), ("report", "complaints", "--day")], ids=" ".join)
def test_a_far_day_is_refused_at_once(cli: Line, words: tuple[str, ...], day: str) -> None:
    answer = cli(*words, day, *NOW)
    assert answer.code == (2 if words[0] == "report" else 1) and answer.out == ""
    assert day in answer.err and "error-20" not in answer.err
