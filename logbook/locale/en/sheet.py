"""Words on printed forms."""
from __future__ import annotations

MESSAGES = {
    "sheet.number": "No.: {number}",
    "sheet.status": "Status: {status}",
    "sheet.moment": "{label}: {moment}",
    "sheet.recorded": "Recorded at",
    "sheet.blank_moment": "____-__-__ __:__",
    "sheet.blank_date": "date: ____________",
    "sheet.void": "VOID",
    "sheet.voided": "void",
    "sheet.with_unit": "{label} ({unit})",
    "sheet.yes": "yes",
    "sheet.no": "no",
    "sheet.row": "no.",
    "sheet.item": "Item",
    "sheet.result": "Result",
    "sheet.remark": "Remark",
    "sheet.pass": "pass",
    "sheet.fail": "fail",
    "sheet.na": "n/a",
    "sheet.head_id": "No.",
    "sheet.head_status": "Status",
    "sheet.head_at": "Recorded at",
    "sheet.head_by": "Recorded by",
    "sheet.head_form": "Form",
    "sheet.head_due": "Due",
    "sheet.stale": "changed since signing, sign again",
    "sheet.through": "recorded by {name}",
    "sheet.amended": "Corrected: {field} from “{old}” to “{new}”, {moment} {name}, reason: {reason}",
    "sheet.nothing": "empty",
    "sheet.masked": "*** is private and left out.",
    "sheet.source": "Source: {source}",
    "sheet.printed": "printed {moment}",
    "sheet.page": "page {page} of {pages}",
}

FIXES: dict[str, str] = {}
