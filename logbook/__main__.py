"""``python -m logbook`` and the ``logbook`` command."""

from __future__ import annotations

import gc
import os
import sys

# Collecting while modules load costs a tenth of a short command; a long one reaches the threshold.
gc.set_threshold(100_000, 20, 20)


def main() -> None:
    """Run the command line and leave with its exit code."""
    from logbook.cli.main import run

    try:
        code: object = run()
    except SystemExit as done:  # how click leaves after completion
        code = done.code
    _leave(code)
    sys.exit(code)  # type: ignore[arg-type]


def _leave(code: object) -> None:
    """End the process at once. Taking the interpreter apart, module by module, takes a short command a tenth of its
    time, and the system does it as well. Where anything may still be at work the interpreter has to see to it."""
    threads = sys.modules.get("threading")
    if not isinstance(code, int | None) or "atexit" in sys.modules or (threads and threads.active_count() > 1):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # closed, or nobody reads: the interpreter knows what to say
        return
    os._exit(code or 0)


if __name__ == "__main__":
    main()
