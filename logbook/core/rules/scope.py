"""What a name means where it stands: the record, a row, another record, a value."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.value import frozen

Asked = Callable[[Any, Any, Any, Any], Any]
FACTS = ("at", "by", "recorded", "approved_by")
HEADER = ("id", "state", "at", "by")


@frozen
class Scope:
    """Whose names the bare ones are: ``kind`` record (this), row, view, value or day.

    ``fields`` are the fields or columns, where they are known without looking at a record.
    """

    form: Form
    kind: str = "record"
    fields: Mapping[str, Field] | None = None
    siblings: Asked | None = None
