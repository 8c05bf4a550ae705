"""An export read with DuckDB: its tables, and the views of the group report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from logbook.core.errors import UsageError
from logbook.operations.fleet.layout import CLOCK
from logbook.operations.fleet.layout import RECORD
from logbook.store.installed import install_command

PARTITIONS = ("site", "form", "month")


def views() -> list[str]:
    """The statements of the group report, one after the other."""
    text = Path(__file__).with_name("views.sql").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [one.strip() for one in "\n".join(lines).split(";") if one.strip()]


def connect(folder: Path, *, now: datetime | None = None) -> Any:
    """A DuckDB connection with the tables of an export and the views of the group report, as of ``now``.

    UsageError ``fleet.no-library``."""
    try:
        import duckdb
    except ImportError as error:
        raise UsageError("fleet.no-library", package="duckdb", command=install_command("analytics")) from error
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for table, columns in (("records", RECORD), ("clocks", CLOCK)):
        files = str(folder / table / "*" / "*" / "*" / "*.parquet").replace("'", "''")
        names = ", ".join(f'"{name}"' for name in (*PARTITIONS, *columns))
        connection.execute(
            f"create or replace temporary view {table} as select {names} from read_parquet('{files}',"
            " hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
        )
    for statement in views():
        connection.execute(statement)
    if now is not None:
        connection.execute(
            f"create or replace temporary view moment as select timestamptz '{now.isoformat()}' as now"
        )
    return connection
