"""docs/packs.md: its workflow can be loaded, and it names every key of one."""

from __future__ import annotations

import re
from pathlib import Path

from logbook.core.workflowfile import STEP_KEYS
from logbook.core.workflowfile import WORKFLOW_KEYS
from logbook.core.workflowfile import workflows_of
from logbook.store.library import check_files

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/packs.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))


def test_the_workflow_of_the_page_can_be_loaded() -> None:
    files = {f"templates/core/{file.name}": file.read_bytes() for file in sorted((ROOT / "templates/core").glob("*.yaml"))}
    library, issues = check_files({**files, **{path: text.encode() for path, text in FILES.items()}})
    assert [issue for issue in issues if issue.path in FILES] == []
    assert "wf_parcel" in workflows_of(library)


def test_every_key_is_shown() -> None:
    text = "".join(FILES.values())
    assert [key for key in (*WORKFLOW_KEYS, *STEP_KEYS) if f"{key}: " not in text and f"{key}:\n" not in text] == []
