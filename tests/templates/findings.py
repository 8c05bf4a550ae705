"""What speaks against a record and what is remarked on it, as rule and Chinese sentence."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import pytest

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.locale.catalogue import Catalogue

ZH = Catalogue("zh")
Said = list[tuple[str, str]]


def sentences(issues: Iterable[Issue]) -> Said:
    """Rule and sentence of each."""
    return [(issue.rule, ZH.issue(issue)[0]) for issue in issues]


def said(action: Callable[[], Any]) -> Said:
    """Rule and sentence of everything that speaks against it."""
    with pytest.raises(Refused) as caught:
        action()
    return sentences(issue for issue in caught.value.issues if issue.is_error)


def told(written: Any) -> Said:
    """Rule and sentence of every warning."""
    return sentences(written.warnings)


def said_briefly(action: Callable[[], Any]) -> Said:
    """The same with the rule's own name alone, without the form's."""
    return [(rule.split(".")[-1], sentence) for rule, sentence in said(action)]


def told_briefly(written: Any) -> Said:
    """The same of every warning."""
    return [(rule.split(".")[-1], sentence) for rule, sentence in told(written)]
