"""A3: decisions carry a good signature of their author, by the keys of the register as it stood before them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

from logbook.core.findings import Finding
from logbook.core.findings import warning
from logbook.core.issues import Issue
from logbook.core.signers import Signer
from logbook.core.signers import key_issues
from logbook.core.signers import needs_signature
from logbook.core.signers import signers_of
from logbook.operations.audit.people import actions_of
from logbook.operations.audit.walk import Change
from logbook.operations.audit.walk import Step
from logbook.operations.audit.walk import Version
from logbook.store.signatures import split_signed
from logbook.store.signatures import verify_commit

_TRAIL = "trail"


class Signed:
    """Verifies commit by commit. ``later``: the keys as they stand at the head, for what is known of
    revocations by now."""

    def __init__(self, later: tuple[Signer, ...]) -> None:
        self._later = tuple(one for one in later if one.revoked is not None)
        self._staff: Mapping[str, Version] = {}
        self._signers: tuple[Signer, ...] = ()

    def findings(self, step: Step) -> Iterator[Finding]:
        """A3 and, of the keys themselves, A14."""
        yield from self._keys(step)
        asked = _asked(step)
        # Nearly every commit of a book without keys: nothing to verify, nothing to import.
        if not asked and b"\ngpgsig" not in step.raw:
            return
        told: dict[str, object] = {"action": asked or step.action, "author": step.entry.author}
        if split_signed(step.raw)[1] is None:
            yield step.find("A3", Issue("audit.unsigned", told))
            return
        verdict = verify_commit(
            step.raw, self._known(step.staff_before), received=step.received, later=self._later
        )
        if verdict.good:
            return
        told["state"] = verdict.why or verdict.state
        told["signer"] = verdict.signer.staff if verdict.signer is not None else verdict.fingerprint
        code = "audit.signature-other" if verdict.state == "other-person" else "audit.signature-bad"
        issue = Issue(code, told)
        # Somebody's own habit of signing is no fault where the book does not ask for it.
        held = asked or verdict.state == "bad"
        yield step.find("A3", issue if held else warning(issue))

    def _known(self, staff: Mapping[str, Version]) -> tuple[Signer, ...]:
        if staff is not self._staff:
            self._staff = staff
            self._signers = signers_of(one.state for one in staff.values() if one.state is not None)
        return self._signers

    def _keys(self, step: Step) -> Iterator[Finding]:
        """A14 of keys: enrolled and revoked by those who may, and changed in no other way."""
        if step.is_merge:
            return
        for change in step.changes:
            state = change.new.state if change.new is not None else None
            if state is None or state.form.name != "staff":
                continue
            before = change.old.state if change.old is not None else None
            if state.fields.get("keys") == (before.fields.get("keys") if before is not None else None):
                continue
            others = [one for one in self._known(step.staff_before) if one.staff != state.record.id]
            found = key_issues(
                before,
                state,
                author=step.author,
                roles=step.world.roles(step.author),
                administrator=step.author == step.before.settings.administrator,
                when=step.received or step.entry.committed,
                others=others,
            )
            for issue in found:
                yield step.find("A14", issue, change)


def _asked(step: Step) -> str:
    """What of a commit must be signed for, by the settings before it; empty where nothing must."""
    settings = step.before.settings
    signing = settings.signing
    if step.is_root:
        return ""
    if dict(settings.trail) != dict(step.rules.settings.trail) and signing != "none":
        return _TRAIL  # who could loosen this unsigned could loosen everything
    if step.is_merge:
        return "sync" if needs_signature(signing, "merge") else ""
    found = [one for change in step.changes for one in _deciding(step, change, signing)]
    return found[0] if found else ""


def _deciding(step: Step, change: Change, signing: str) -> Iterator[str]:
    version = change.new
    form = version.form if version is not None else None
    own = form is not None and form.name == "staff" and version is not None and version.id == step.author
    before = change.old.state if change.old is not None else None
    has_key = bool(before.fields.get("keys")) if before is not None else False
    actions = actions_of(change) if change.is_record else {step.action}
    for action in sorted(actions | {step.action}):
        if needs_signature(signing, action, form=form, own=own, has_key=has_key):
            yield action
