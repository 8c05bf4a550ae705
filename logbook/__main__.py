"""``python -m logbook`` and the ``logbook`` command."""

from __future__ import annotations

import gc
import sys

# Collecting while modules load costs a tenth of a short command; a long one reaches the threshold.
gc.set_threshold(100_000, 20, 20)


def main() -> None:
    """Run the command line and leave with its exit code."""
    from logbook.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
