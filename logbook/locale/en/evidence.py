"""Words of the folder that proves one record."""

from __future__ import annotations

MESSAGES = {
    "evidence.shallow": "this clone lacks the beginning of the history: {path}",
    "evidence.no-commit": "nothing was committed yet in {path}",
    "evidence.no-receipts": "there is no receipt log {path}",
    "evidence.not-empty": "{path} is not empty",
    "evidence.exists": "{path} is there already",
    "evidence.cannot-write": "cannot write {path}: {why}",
    "evidence.written": "{count} files, {size} kB: {path}",
    "evidence.uncommitted": "templates or settings differ from the commit; what is printed follows the files as they are",
    "evidence.clear": "record.yaml, book.bundle, attachments and the originals of linked records hold what was recorded in clear,"
    " of everybody in the book",
    "evidence.attachment-wrong": "the attachment {file} is {state}",
    "evidence.state_good": "as recorded",
    "evidence.state_missing": "missing",
    "evidence.state_changed": "changed",
    "evidence.valid": "valid",
    "evidence.stale": "stale: what it covers was changed afterwards",
    "evidence.signed": "signed, not checked here",
    "evidence.unsigned": "unsigned",
    "evidence.unknown": "not known here",
    "evidence.way_out": "named by this record",
    "evidence.way_in": "names this record",
    "evidence.verdict_met": "met",
    "evidence.verdict_breached": "breached",
    "evidence.verdict_running": "running",
    "evidence.verdict_cancelled": "cancelled",
    "evidence.verdict_overdue": "overdue",
    "evidence.verdict_soon": "running",
    "evidence.verdict_paused": "paused",
    "evidence.verdict_pause_expired": "pause has run out",
    "evidence.verdict_waiting": "waiting",
    "evidence.none": "none",
    "evidence.head_record": "Record",
    "evidence.head_commits": "Commits, and the times of each side by side",
    "evidence.head_changes": "What each commit changed",
    "evidence.head_signatures": "Signatures on the record",
    "evidence.head_amendments": "Amendments",
    "evidence.head_clocks": "Deadlines, as of {moment}",
    "evidence.head_linked": "Linked records",
    "evidence.head_attachments": "Attachments",
    "evidence.seal": "Seal of {at} by {by} over {count} records: {state}",
    "evidence.title": "Evidence for {id}, {form}",
    "evidence.intro": "Book: {book}\nRecord: {path}\nAs of commit: {head}\nCommitted: {moment}",
    "evidence.files": "What is here\n"
    "  record.html, record.txt   the record on its form, in print\n"
    "  history.txt .csv .json    every commit of the record: who, when, what was there and what is there\n"
    "  summary.txt               signatures, amendments, deadlines with verdicts, linked records, attachments\n"
    "  evidence.json             the same for programs\n"
    "  SHA256SUMS                the SHA-256 of every file",
    "evidence.files_raw": "  record.yaml               the record as it was committed, byte for byte\n"
    "  book.bundle               the whole history of the book up to that commit, for Git ({size} kB)",
    "evidence.files_attachments": "  attachments/              the files the record names, by their SHA-256",
    "evidence.files_linked": "  linked/                   the records one step away, in print",
    "evidence.masked": "Private values (masked as *** in what is printed): {fields}",
    "evidence.unmasked": "Private values. {by} asked for them and may see them. In clear in what is printed: {fields}",
    "evidence.no_private": "Private values: the form has none.",
    "evidence.in_clear": "record.yaml, book.bundle, attachments and the originals below linked/ are as committed: whatever is"
    " private in them stands there\nas it was committed, and book.bundle holds every record of the book. Who may not see that gets a folder made with"
    " --print-only.",
    "evidence.print_only": "This folder was made with --print-only: the record as committed, its attachments and the history for Git"
    " are left out.\nIt can be read; it proves itself by SHA256SUMS alone.",
    "evidence.check": "How to check it with Git alone\nIn this folder (Git 2.30 or newer), line by line:",
    "evidence.check_short": "How to check it\nIn this folder:",
    "evidence.expect": "They say, one by one: every file OK; the clone is done; the bundle is okay, it names the commit above, and it"
    " records a complete history; nothing is broken (no output but progress); the commits of history.txt; nothing (record.yaml is the"
    " record of that commit).\nA commit's id is a checksum over its content and over the commit before it: nobody can change an old one and keep"
    " the ids that follow.\nCompare the id above with another clone of the book, or with what a receiving repository noted.",
    "evidence.limits": "What it does not prove\nThe author of a commit is who was signed on or named at that desk; only a good SSH signature proves a key."
    "\nAuthored and committed are clocks of the desk's computer; received is the shared repository's, where its log was at hand.",
    "evidence.col_commit": "Commit",
    "evidence.col_action": "Action",
    "evidence.col_by": "By",
    "evidence.col_author": "Author",
    "evidence.col_committer": "Desk",
    "evidence.col_happened": "Happened",
    "evidence.col_recorded": "Recorded",
    "evidence.col_authored": "Authored",
    "evidence.col_committed": "Committed",
    "evidence.col_received": "Received",
    "evidence.col_signature": "SSH signature",
    "evidence.col_field": "Field",
    "evidence.col_from": "From",
    "evidence.col_to": "To",
    "evidence.col_reason": "Reason",
    "evidence.col_approved": "Approved by",
    "evidence.col_at": "At",
    "evidence.col_meaning": "As",
    "evidence.col_state": "State",
    "evidence.col_clock": "Deadline",
    "evidence.col_started": "Started",
    "evidence.col_due": "Due",
    "evidence.col_stopped": "Stopped",
    "evidence.col_strict": "By the first due",
    "evidence.col_adjusted": "By the agreed due",
    "evidence.col_id": "Id",
    "evidence.col_form": "Form",
    "evidence.col_way": "How",
    "evidence.col_title": "Title",
    "evidence.col_sha256": "SHA-256",
    "evidence.col_file": "File",
}

FIXES = {
    "evidence.shallow": "fetch it first: git fetch --unshallow",
    "evidence.no-commit": "make a record first",
    "evidence.no-receipts": "copy receipts.log from the receiving repository, or leave --receipts out",
    "evidence.not-empty": "name a new folder: evidence is never mixed with other files",
    "evidence.exists": "name a new file",
    "evidence.cannot-write": "name a folder you may write in, with room enough",
    "evidence.uncommitted": "commit them first, or name the commit: --rev HEAD",
    "evidence.clear": "for a reader who may not see that, make it with --print-only",
    "evidence.attachment-wrong": "look for it in another clone or a backup; see logbook validate",
}
