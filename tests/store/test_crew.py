"""Work spread over forked helpers: in order, nothing lost when a helper is, nothing hidden when work fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from logbook.store import crew
from logbook.store.crew import spread


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "helpers", lambda: 3)


def test_results_come_in_order_and_from_others() -> None:
    done = list(spread(20, lambda job: (job, os.getpid(), "字" * 100_000)))
    assert [job for job, *_ in done] == list(range(20))
    assert len({process for _, process, _ in done}) == 3
    assert os.getpid() not in {process for _, process, _ in done}


def test_what_a_killed_helper_owed_is_done_here() -> None:
    here = os.getpid()

    def work(job: int) -> tuple[int, bool]:
        if job == 4 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return job, os.getpid() == here

    done = list(spread(9, work))
    assert [job for job, _ in done] == list(range(9))
    assert [job for job, own in done if own] == [4, 7]  # what the second of three had left to do


def test_a_fault_of_the_work_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(spread(6, lambda job: 1 // (3 - job)))


def test_each_helper_begins_and_ends_and_the_caller_does_not(tmp_path: Path) -> None:
    begun: list[int] = []

    def begin() -> Callable[[], object]:
        begun.append(1)
        return (tmp_path / str(os.getpid())).touch

    assert list(spread(7, lambda job: len(begun), begin=begin)) == [1] * 7
    assert begun == []
    assert len(list(tmp_path.iterdir())) == 3


def test_helpers_end_with_whoever_stops_taking() -> None:
    taken = spread(1000, lambda job: (os.getpid(), "字" * 1_000_000))
    process, _ = next(taken)
    taken.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
