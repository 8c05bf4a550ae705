"""Laws of encryption: what goes in comes out, in its own place only, and nothing else of a record changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.secret import change_record
from logbook.core.secret import is_secret
from logbook.core.value import replace
from logbook.store.vault import Vault
from tests.core.rules_kit import form

FEW = settings(max_examples=60, deadline=None)
AT = "2026-11-22T09:00:00+08:00"

FORM = form("visit", "open", note="text", who="text", lists={"calls": {"name": "text", "words": "text"}})
_CALLS = FORM.fields["calls"]
FORM = replace(
    FORM,
    fields={
        **FORM.fields,
        "who": replace(FORM.fields["who"], private=True),
        "calls": replace(
            _CALLS, columns={**_CALLS.columns, "name": replace(_CALLS.columns["name"], private=True)}
        ),
    },
)

text = st.text(min_size=1, max_size=20)
row = st.fixed_dictionaries({}, optional={"name": text, "words": text})
values = st.fixed_dictionaries({}, optional={"note": text, "who": text, "calls": st.lists(row, max_size=3)})


@st.composite
def records(draw: st.DrawFn) -> Record:
    fields = draw(values)
    given_: dict[str, Stored] = {**draw(values)}
    if draw(st.booleans()):
        given_["calls+"] = draw(st.lists(row, min_size=1, max_size=2))
        given_["calls.1.name"] = draw(text)
    events = (Event(AT, "lina", "open"), Event(AT, "lina", "close", set=given_))
    corrected = Amendment(AT, "lina", "who", draw(text), draw(text), "写错")
    return Record("VI-20261122-A001", "visit", 1, "open", AT, "lina", fields, events, (), (corrected,))


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(tmp_path_factory.mktemp("keys"))


@FEW
@given(record=records())
def test_a_record_encrypted_and_opened_is_the_same_record(vault: Vault, record: Record) -> None:
    name = (vault.keys_of("visit/1") or [vault.make("visit/1")])[0]

    def write(place: str, plain: str) -> str:
        return vault.write(plain, name, "visit", record.id, place)

    def read(place: str, stored: str) -> str:
        return vault.read(stored, "visit", record.id, place) or ""

    once = change_record(FORM, record, write)
    assert change_record(FORM, once, read) == record
    assert change_record(FORM, record, write) == once
    assert once.fields.get("note") == record.fields.get("note")
    for stored, plain in zip(once.fields.get("calls") or [], record.fields.get("calls") or [], strict=True):
        assert stored.get("words") == plain.get("words")  # type: ignore[union-attr]
        assert is_secret(stored.get("name")) == ("name" in plain)  # type: ignore[union-attr, operator]
    assert is_secret(once.amendments[0].old)
    assert is_secret(once.amendments[0].new)


@FEW
@given(first=text, second=text)
def test_secrets_are_equal_exactly_when_texts_are(vault: Vault, first: str, second: str) -> None:
    name = (vault.keys_of("visit/2") or [vault.make("visit/2")])[0]
    one, two = (vault.write(plain, name, "visit", "V-1", "who") for plain in (first, second))
    assert (one == two) == (first == second)
    assert vault.read(one, "visit", "V-1", "who") == first
