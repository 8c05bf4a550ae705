"""The pack `core`: it loads clean, says all that the handbooks say, and its sentences mean what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from logbook.core.checking import check_issues
from logbook.core.clocks import clocks_of
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.lifecycle import state_of
from logbook.core.rules import value
from logbook.core.settled import settled
from logbook.core.view import View
from logbook.locale.catalogue import Catalogue
from logbook.store.library import check_folder
from logbook.store.library import load
from logbook.store.records import record_from

PRODUCT = Path(__file__).resolve().parents[2]
PACK = PRODUCT / "templates" / "core"
ZH = Catalogue("zh")

# What the handbooks ask of each form, by id. A list's columns `from`, `to`, `as` are words of the rule
# language and bear other names here.
HANDBOOKS = {
    "staff": """
        fields: name work_no department post roles phone address employed_on post_since
            prejob_trained_on left_on
        roles is one of: director cs_supervisor cs_officer front_desk admin_supervisor finance_clerk
            finance night_duty repair_worker repair_supervisor guard guard_supervisor dept_supervisor
            dept_staff marketing
        states: active left
        final: left
        steps: enter update leave
    """,
    "room": """
        fields: room_no kind area_m2 occupancy owner occupant water_meter power_meter gas_meter
            warranties fee_paid_until
        kind is one of: house shop office other
        occupancy is one of: unsold not_taken taken renovating renovated lived_in custody vacant
        warranties has: part until vendor
        states: active retired
        final: retired
        steps: enter update retire
    """,
    "customer": """
        fields: kind name contact_person id_no phone emergency_contact rooms members key_account needs
            papers holiday_contact
        kind is one of: owner resident tenant merchant unit
        rooms has: room held_as
        rooms.held_as is one of: owner occupant
        members has: name relation phone
        papers has: paper file
        holiday_contact has: holiday person phone
        states: active left
        final: left
        steps: enter update leave
    """,
    "contractor": """
        fields: name service contact phone contract from_date to_date issued_items
        service is one of: cleaning greening pest security fitout maker utility authority other
        issued_items has: item qty back_on
        states: active ended
        final: ended
        steps: enter end
    """,
    "area": """
        fields: name kind order_no in_charge checklist
        kind is one of: floor hall outside parking plant_room office sales bar show_flat washroom
            facility other
        states: active retired
        final: retired
        steps: enter retire
    """,
    "key": """
        fields: key_no opens room area kind copies hook custodian in_cabinet
        kind is one of: unit public plant office store locker master
        states: active void
        final: void
        steps: enter change void
    """,
    "duty_log": """
        fields: date post shift start end person entries nothing review_note reviewed_at reviewed
        shift is one of: day noon opening other
        entries has: at how kind who phone room content told told_at record outcome open why_open
        entries.how is one of: call visit letter online patrol
        entries.kind is one of: inquiry repair complaint service business fee goods other
        states: open closed reviewed
        final: reviewed
        steps: open note close review
    """,
    "night_log": """
        fields: date person start end entries nothing open_items covers reviewed_at
        entries has: at how kind who phone room content emergency told told_at solved action
            told_next_day converted converted_by converted_at
        entries.how is one of: call visit
        entries.kind is one of: repair complaint entrust inquiry other
        covers has: guard from_at to_at reason
        states: open closed reviewed
        final: reviewed
        steps: open note convert close review
    """,
    "handover": """
        fields: post shift_start out_person in_person arrived_at open_items attention written log tools
            key_count clean_ok clean_fixed_at relief_late completed_at checklist
        open_items has: text record why
        written has: record
        tools has: item expected actual why liable loan
        tools.why is one of: ok lost lent
        states: prepared refused accepted checked
        final: checked
        steps: prepare refuse fix accept inspect
    """,
    "roster": """
        fields: post from_date to_date kind season lines covers
        kind is one of: shift rotation holiday_contact
        season is one of: normal summer
        lines has: date shift start end person role
        lines.shift is one of: day noon night other
        covers has: from_at to_at away cover reason
        states: draft approved published closed
        final: closed
        steps: draft approve publish cover close
    """,
    "leave": """
        fields: person kind applied_at from_at to_at reason cover returned_at
        kind is one of: personal sick annual shift other
        states: applied approved refused returned
        final: returned refused
        steps: apply approve refuse return
    """,
    "key_checkout": """
        fields: key copies borrower_kind borrower unit_or_dept phone purpose consent approved_by out_at
            lender due_at returned_at returned_copies taken_back_by loss
        borrower_kind is one of: staff contractor customer other
        states: out returned lost
        final: returned lost
        steps: out extend return lose
    """,
    "key_loss": """
        fields: key copies lost_by found_out_at reported_at how relock relocked_at cost charged_to
            owner_told_at found_again
        states: reported decided closed
        final: closed
        steps: report decide close
    """,
    "key_count": """
        fields: counted_at scope lines counted_by watched_by
        scope is one of: all desk
        lines has: key registered in_cabinet out issued diff why loss
        states: counted settled
        final: settled
        steps: count settle
    """,
    "key_duplicate": """
        fields: key qty applicant reason made_on fee payment given_to
        states: applied approved refused made
        final: made refused
        steps: apply approve refuse make
    """,
    "loan": """
        fields: item asset qty kind borrower purpose lender approved_by out_at due_at returned_at condition
            liable
        kind is one of: tool radio scene machine other
        condition is one of: ok damaged lost
        states: out returned lost
        final: returned lost
        steps: out back lose
    """,
    "incident": """
        fields: happened_at found_at area kind reporter persons course first_action within_power told_to
            told_at damage customer_signed decision decided_by decided_at customer_left_at unclear
            compensation payment follow_up photos
        kind is one of: breakage water power fire injury theft fight lift harm_interest leak_info other
        persons has: name phone part
        damage has: item qty value stock
        states: open reported decided settled closed
        final: closed
        steps: log report decide settle close
    """,
    "attendance": """
        fields: kind month department lines submitted_on
        kind is one of: month_sheet day payroll
        lines has: person due actual late early leave absent note
        states: open submitted audited
        final: audited
        steps: draft submit audit
    """,
    "meeting": """
        fields: kind held_at place chair present recorder agenda heard decisions passed_on_at
        kind is one of: department office managers morning company other
        present has: person ok
        decisions has: text item
        states: draft confirmed filed
        final: filed
        steps: write confirm file
    """,
    "action_item": """
        fields: meeting text owner due_on progress done_on checked_by
        states: open done closed
        final: closed
        steps: set progress done check
    """,
    "conduct_check": """
        fields: kind checked_at checker person area level items fails whereabouts penalty
        kind is one of: appearance speech day_end front_area office post records standard department
            mall self
        level is one of: supervisor centre company
        fails has: item note rectification
        states: checked confirmed closed
        final: closed
        steps: check confirm close
    """,
    "rectification": """
        fields: source kind problem area to_dept to_person contractor issued_at due_at cause action
            done_at recheck reported_to
        kind is one of: correct prevent
        recheck is one of: ok not_ok
        states: open failed fixed closed
        final: closed
        steps: issue fix recheck_ok recheck_fail escalate
    """,
    "task": """
        fields: kind given_by given_at owner content area due_at done_at result
        kind is one of: order cleaning staff_talk canteen client_info other
        states: open done confirmed cancelled
        final: confirmed cancelled
        steps: give done confirm cancel
    """,
    "notice": """
        fields: title kind text drafted_by proofread_by ways places receivers issued_at valid_until
        kind is one of: notice accounts fees services holiday outage letter other
        ways is one of: board call letter visit post sms
        places has: area at off_at
        receivers has: room at by
        states: draft approved issued filed
        final: filed
        steps: draft approve issue withdraw
    """,
    "phone_log": """
        fields: called_at answered_by rings caller company phone room matter details kind for_person
            relayed_at record result
        kind is one of: inquiry complaint repair message transfer appointment other
        states: open relayed closed
        final: closed
        steps: log relay close
    """,
    "visitor": """
        fields: arrived_at name company phone people host appointed purpose outcome refused_why helped_by
            left_at
        outcome is one of: received referred waiting refused
        refused_why is one of: unrelated peddler trouble
        states: in closed
        final: closed
        steps: log leave
    """,
    "inquiry": """
        fields: asked_at asked_by phone room question kind technical expert reply_due replied_at reply
        kind is one of: question suggestion need help
        states: open asked answered
        final: answered
        steps: log ask answer
    """,
    "mail": """
        fields: received_at dir kind item_no sender addressee room handled_by passed_to taken_at taken_by
        dir is one of: in out
        kind is one of: letter parcel paper document
        states: waiting taken returned
        final: taken returned
        steps: log hand return
    """,
    "lost_found": """
        fields: kind happened_at place item person phone kept_at match claimed_at claimed_by proof
        kind is one of: found lost
        states: open claimed disposed
        final: claimed disposed
        steps: log claim dispose
    """,
    "client_visit": """
        fields: kind planned_on customer room way visitors called_at agreed_at arrived_at outcome entered
            consent note_left topic opinions handling result manners
        kind is one of: plan interview key_client after_move_in renewal fee other
        way is one of: home phone
        visitors has: person
        outcome is one of: done nobody refused
        states: planned agreed visited reported void
        final: reported void
        steps: plan agree visit report fail
    """,
    "waiver": """
        fields: duty subject from_date to_date slot reason
        states: asked approved refused
        final: approved refused
        steps: ask approve refuse
    """,
    "audit_review": """
        fields: month head errors warnings items conclusion reviewer confirmed_by
        items has: kind record who done_at remark
        states: reviewed confirmed
        final: confirmed
        steps: review confirm
    """,
    "erasure": """
        fields: about basis reason record_count value_count keys
        basis is one of: request purpose_ended period_over consent_withdrawn unlawful other
        keys has: key
        states: done
        final: done
        steps: erase
    """,
    "complaint": """
        fields: received_at received_by station way kind customer name phone room happened_at place
            against departments summary course demand demanded_by level side valid harm harm_stopped_at
            agitated forwarded_to forwarded_at sheets first_contact_at plans delay_explained_at decision
            replied_at reply cause handled_at result told_at told_by visit filed_at repeat_of
        way is one of: letter phone fax visit online other
        kind is one of: complaint opinion
        departments has: dept
        level is one of: major important minor
        side is one of: building company resident shared
        forwarded_to is one of: director dept_supervisor
        sheets has: sheet
        plans has: plan cost
        told_by is one of: phone home
        states: registered forwarded assigned handled told visited closed
        final: closed
        steps: register forward assign decide reply handle tell visit close reopen
    """,
    "contact_sheet": """
        fields: about to_dept to_person demand round issued_at due_at received_at contacted_at action
            done_at cannot verified
        verified is one of: ok still
        states: issued received done verified escalated
        final: verified escalated
        steps: issue receive reply escalate verify
    """,
    "repair": """
        fields: received_at received_by origin name room area phone content good_time kind trade
            in_warranty paid doer vendor worker dispatched_at agreed_at arrived_at work materials labour
            total payment done_at leak_test_at accepted visit visited_at stuck_why
        origin is one of: call visit night patrol acceptance complaint return_visit other
        kind is one of: safety leak other
        trade is one of: civil window door intercom lift heating fire plumbing power other
        doer is one of: own developer maker
        materials has: item qty price amount
        accepted is one of: ok not_ok
        stuck_why is one of: out_of_warranty maker_absent owner_refuses not_found parts other
        states: open dispatched stuck done accepted visited closed cancelled
        final: closed cancelled
        steps: register dispatch stick finish leak_test accept visit close cancel
    """,
    "return_visit": """
        fields: about record name room phone due_at used_on way visitor visited_at reached satisfied
            problem findings passed_to passed_at opinion result promise special special_at sampled
            next_on
        about is one of: repair complaint service move_in user hotline other
        way is one of: home phone sms letter
        satisfied is one of: satisfied fair unsatisfied
        states: due tried done reviewed
        final: reviewed
        steps: plan try visit review
    """,
    "patrol": """
        fields: kind date start end person points checklist findings reported_at
        kind is one of: estate supervisor building floor hygiene public ward safety
        points has: area at ok note
        findings has: area problem serious fixed told record photo
        states: walking done reviewed
        final: reviewed
        steps: start finish review
    """,
}

# The numbers of the handbooks; `-` is a clock that sleeps: the site sets one (the text says "promptly").
CLOCKS = {
    "duty_log.review_next_day": "1 day",
    "night_log.convert_at_handover": "same day",
    "night_log.review_next_day": "1 day",
    "handover.acknowledge": "30 minutes or shift_start",
    "handover.early_15": "15 minutes before shift_start",
    "handover.checked_daily": "1 day",
    "leave.back_in_time": "by to_at",
    "key_checkout.back": "by due_at",
    "key_loss.report_day": "same day",
    "loan.back": "by due_at",
    "incident.report_now": "-",
    "incident.written_day": "same day",
    "complaint.forward": {"level": {"major": "same day", "important": "1 hour"}},
    "complaint.answer": "2 days",
    "complaint.resolve": {
        "level": {"major": "10 days", "important": "3 days", "minor": "2 days or demanded_by"}
    },
    "complaint.tell": "same day",
    "contact_sheet.due": "by due_at",
    "repair.on_time": "by agreed_at",
    "repair.visit": {"kind": {"safety": "2 days", "other": "2 days"}},
    "repair.visit_leak": "3 days",
    "return_visit.visit": "-",  # counted on the repair: one unvisited repair is late once
    "return_visit.leak_3": "-",
    "return_visit.week": "1 week",
    "return_visit.special_now": "-",
    "patrol.serious_up": "-",
    "inquiry.reply_agreed": "by reply_due",
    "client_visit.appointment": "by agreed_at",
    "attendance.by_30th": "day 30 of month",
    "action_item.due": "by due_on",
    "rectification.due": "by due_at",
    "task.due": "by due_at",
    "notice.take_down": "by valid_until",
}

REQUIRED_ON_ADD = {
    "staff": ["name", "roles"],
    "room": [],
    "customer": ["name", "phone"],
    "contractor": ["name"],
    "area": ["name"],
    "key": ["opens"],
    "duty_log": [],
    "night_log": [],
    "handover": ["in_person"],
    "roster": ["post", "from_date", "to_date", "kind", "season"],
    "leave": ["kind", "from_at", "to_at", "reason"],
    "key_checkout": ["key", "borrower", "purpose"],
    "key_loss": ["key", "lost_by", "how"],
    "key_count": ["lines"],
    "key_duplicate": ["key", "qty", "applicant", "reason"],
    "loan": ["item", "borrower"],
    "incident": ["kind", "course", "first_action", "within_power"],
    "attendance": ["month", "department", "lines"],
    "meeting": ["chair", "present", "agenda"],
    "action_item": ["meeting", "text", "owner", "due_on"],
    "conduct_check": ["kind"],
    "rectification": ["problem", "to_dept", "due_at"],
    "task": ["given_by", "owner", "content"],
    "notice": ["title", "text"],
    "phone_log": ["caller", "matter"],
    "visitor": ["name", "purpose"],
    "inquiry": ["asked_by", "question"],
    "mail": ["addressee"],
    "lost_found": ["place", "item"],
    "client_visit": ["customer", "visitors", "topic"],
    "waiver": ["duty", "from_date", "reason"],
    "audit_review": ["month"],
    "complaint": ["name", "summary"],
    "erasure": ["about", "basis", "reason", "record_count", "value_count", "keys"],
    "contact_sheet": ["about", "to_dept", "demand"],
    "repair": ["content"],
    "return_visit": ["record"],
    "patrol": ["area"],
}


@pytest.fixture(scope="module")
def library() -> Library:
    found, _ = load(PRODUCT)
    return found


def test_every_file_of_the_pack_loads_without_a_finding() -> None:
    ours = [issue for issue in check_folder(PRODUCT) if str(issue.path).startswith("templates/core/")]
    assert [(issue.path, issue.line, issue.rule, issue.field) for issue in ours] == []


@pytest.mark.parametrize("name", HANDBOOKS)
def test_a_form_has_all_the_handbooks_ask(library: Library, name: str) -> None:
    form = library.forms[name]
    missing = []
    for line in re.sub(r"\n +(?=[a-z_0-9 ]+(?:\n|$))", " ", HANDBOOKS[name]).strip().splitlines():
        what, _, words = line.strip().partition(": ")
        missing += [f"{what}: {word}" for word in words.split() if word not in _known(form, what)]
    assert missing == []


def _known(form: Form, what: str) -> set[str]:
    sections: dict[str, Any] = {
        "fields": form.fields,
        "states": form.states,
        "final": form.final,
        "steps": form.steps,
    }
    if what in sections:
        return set(sections[what])
    path, _, relation = what.partition(" ")
    name, _, column = path.partition(".")
    field = form.fields[name].columns[column] if column else form.fields[name]
    return set(field.choices if relation == "is one of" else field.columns)


def test_the_pack_has_these_forms_and_no_other(library: Library) -> None:
    assert {form.name for form in library.forms.values() if form.pack == "core"} == set(HANDBOOKS)


def test_required_on_add(library: Library) -> None:
    required = {
        name: [field.id for field in library.forms[name].fields.values() if field.required]
        for name in HANDBOOKS
    }
    assert required == REQUIRED_ON_ADD


def test_budgets_are_those_of_the_handbooks() -> None:
    found = {}
    yaml = YAML(typ="safe", pure=True)
    settings = yaml.load((PACK / "settings.yaml").read_text(encoding="utf-8"))["settings"]
    for name in HANDBOOKS:
        plain = settled(yaml.load((PACK / f"{name}.yaml").read_text(encoding="utf-8")), settings)
        for clock, its in (plain.get("clocks") or {}).items():
            found[f"{name}.{clock}"] = "-" if its.get("off") else its["within"]
    assert found == CLOCKS


def test_a_clock_that_runs_names_its_source_or_is_our_proposal(library: Library) -> None:
    unsourced = [
        f"{name}.{clock.id}"
        for name in HANDBOOKS
        for clock in library.forms[name].clocks.values()
        if not clock.source and not clock.inferred
    ]
    assert unsourced == []


def test_every_label_is_there_in_both_languages(library: Library) -> None:
    bare = [
        place
        for name in HANDBOOKS
        for place, text in _labels(library.forms[name])
        if text is None or not (text.zh and text.en)
    ]
    assert bare == []


def _labels(form: Form) -> Iterator[tuple[str, Any]]:
    yield f"{form.name} title", form.title
    yield f"{form.name} purpose", form.purpose
    for section in (form.fields, form.steps, form.clocks, form.signatures):
        for one in section.values():
            yield f"{form.name} {one.id}", one.label
            if isinstance(one, Field):
                yield from _inside(form.name, one)
    for state, label in form.states.items():
        yield f"{form.name} {state}", label
    for check in form.checks:
        yield f"{form.name} {check.id}", check.say


def _inside(form: str, field: Field) -> Iterator[tuple[str, Any]]:
    for choice, label in field.choices.items():
        yield f"{form} {field.id} {choice}", label
    if field.note is not None:
        yield f"{form} {field.id} note", field.note
    for column in field.columns.values():
        yield f"{form} {field.id}.{column.id}", column.label
        yield from _inside(f"{form} {field.id}", column)


def test_every_field_has_its_place_on_the_sheet(library: Library) -> None:
    for name in HANDBOOKS:
        form = library.forms[name]
        cells = [cell.field for row in form.sheet for cell in row if cell.field != "signatures"]
        assert sorted(cells) == sorted(form.fields), name
        assert max(len(row) for row in form.sheet) <= 4, name


# --------------------------------------------------------------------------- what the sentences mean


class Site:
    """A few records the sentences may look at, without a book."""

    def __init__(
        self, library: Library, *records: Mapping[str, Any], now: str = "2026-11-23T12:00:00+08:00"
    ) -> None:
        self.library = library
        self.now = datetime.fromisoformat(now)
        self.today: date = self.now.date()
        self.views: dict[tuple[str, str], View] = {}
        for plain in records:
            record, issues = record_from(dict(plain))
            assert record is not None, issues
            form = library.forms[record.form]
            self.views[form.name, record.id] = View(state_of(form, record), self)

    def find(self, form: str, id: str) -> View | None:
        return self.views.get((form, id))

    def all(self, form: str, **equal: Any) -> list[View]:
        return [view for (name, _), view in self.views.items() if name == form]

    def setting(self, path: tuple[str, ...]) -> Any:
        found: Any = self.library.settings
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def roles(self, staff_id: str) -> frozenset[str]:
        view = self.find("staff", staff_id)
        return frozenset(view.get("roles") or ()) if view is not None else frozenset()  # type: ignore[arg-type]

    def is_holiday(self, day: date) -> bool:
        return False

    def is_workday(self, day: date) -> bool:
        return True

    def signed(self, view: View, meaning: str) -> bool:
        return any(one.meaning == meaning for one in view.state_of.record.signatures)

    def as_of(self, view: View, name: str, moment: datetime) -> Any:
        return view.state if name == "state" else view.get(name)

    def broken(self, form: str, id: str) -> list[str]:
        """The ids of the checks that a record breaks at its latest step."""
        return [check for check, _ in self.said(form, id)]

    def said(self, form: str, id: str) -> list[tuple[str, str]]:
        """Check and sentence of all that a record breaks at its latest step."""
        view = self.views[form, id]
        issues = check_issues(view.form, view, self)
        return [(issue.rule.removeprefix(f"{form}."), ZH.issue(issue)[0]) for issue in issues]


def record(
    form: str, id: str, status: str, *events: tuple[str, str, dict[str, Any]], **fields: Any
) -> dict[str, Any]:
    """A record's plain text; events are (`dd hh:mm` of November 2026, step, what it set), all by lina."""
    told = [
        {
            "at": f"2026-11-{at[:2]}T{at[3:]}:00+08:00",
            "by": "lina",
            "step": step,
            **({"set": set_} if set_ else {}),
        }
        for at, step, set_ in events
    ]
    head = {"id": id, "form": f"{form}@1", "status": status, "at": told[0]["at"], "by": "lina"}
    return {**head, **fields, "events": told}


def a_key(**fields: Any) -> dict[str, Any]:
    return record(
        "key",
        "K-1",
        "active",
        ("01 09:00", "enter", {}),
        **{"opens": "泵房", "kind": "plant", "copies": "2"} | fields,
    )


def a_checkout(
    id: str, *events: tuple[str, str, dict[str, Any]], status: str = "out", **fields: Any
) -> dict[str, Any]:
    usual = {
        "key": "K-1", "copies": "1", "borrower_kind": "staff", "borrower": "王强", "purpose": "检修",
        "due_at": "2026-11-23T23:59:00+08:00",
    }  # fmt: skip
    return record("key_checkout", id, status, *(events or (("23 09:00", "out", {}),)), **usual | fields)


def test_more_keys_than_there_are_cannot_go_out(library: Library) -> None:
    one, two, three = (a_checkout(id) for id in ("KC-1", "KC-2", "KC-3"))
    back = a_checkout(
        "KC-1", ("23 09:00", "out", {}), ("23 10:00", "return", {"returned_copies": "1"}), status="returned"
    )
    assert "available" not in Site(library, a_key(), one, two).broken("key_checkout", "KC-2")
    assert "available" in Site(library, a_key(), one, two, three).broken("key_checkout", "KC-3")
    assert "available" not in Site(library, a_key(), back, two, three).broken("key_checkout", "KC-3")


def test_a_lost_copy_is_missing_in_the_cabinet_until_found(library: Library) -> None:
    lost = record(
        "key_loss",
        "KL-1",
        "reported",
        ("23 09:00", "report", {}),
        key="K-1",
        copies="1",
        lost_by="王强",
        how="…",
    )
    for loss, left in ((lost, 0), (lost | {"found_again": "true"}, 1)):
        site = Site(library, a_key(), a_checkout("KC-1"), loss)
        key = site.views["key", "K-1"]
        assert (
            value(key.form.fields["in_cabinet"].derived, key, site, field=key.form.fields["in_cabinet"])
            == left
        )  # type: ignore[arg-type]


def test_a_plant_key_needs_another_persons_approval(library: Library) -> None:
    assert "master_approved" in Site(library, a_key(), a_checkout("KC-1")).broken("key_checkout", "KC-1")
    approved = a_checkout("KC-1", borrower="lina")
    approved["events"][0]["approved_by"] = "lina"
    assert Site(library, a_key(), approved).broken("key_checkout", "KC-1") == ["master_other"]
    approved["events"][0]["approved_by"] = "chen"
    assert Site(library, a_key(), approved).broken("key_checkout", "KC-1") == []


def test_a_complaint_and_a_repair_are_taken_with_very_little(library: Library) -> None:
    complaint = record(
        "complaint", "CP-1", "registered", ("22 09:00", "register", {}), name="张三", summary="漏水"
    )
    repair = record("repair", "RP-1", "open", ("22 09:00", "register", {}), content="水管漏水")
    site = Site(library, complaint, repair)
    assert site.broken("complaint", "CP-1") == []
    assert site.broken("repair", "RP-1") == []


def the_complaint(*more: tuple[str, str, dict[str, Any]], status: str, **fields: Any) -> dict[str, Any]:
    events = (
        ("22 09:00", "register", {}),
        (
            "22 10:00",
            "assign",
            {"departments": [{"dept": "维修部"}], "demand": "修好", "sheets": [{"sheet": "CS-1"}]},
        ),
        *more,
    )
    usual = {"name": "张三", "summary": "漏水", "level": "minor", "harm": "false", "round": "1"}
    return record("complaint", "CP-1", status, *events, **usual | fields)


def a_sheet(id: str, status: str, *events: tuple[str, str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    usual = {"about": "CP-1", "to_dept": "维修部", "demand": "修好", "round": "1"}
    return record("contact_sheet", id, status, ("22 09:30", "issue", {}), *events, **usual | fields)


HANDLED = ("22 16:00", "handle", {"cause": "管道老化", "result": "已换管"})
TOLD = ("22 17:00", "tell", {"told_by": "phone"})


def test_a_complaint_is_handled_once_every_department_has_answered(library: Library) -> None:
    handled = the_complaint(HANDLED, status="handled")
    answered = a_sheet(
        "CS-1",
        "done",
        ("22 10:30", "receive", {"to_person": "chen"}),
        ("22 15:00", "reply", {"action": "已修"}),
    )
    assert Site(library, handled, a_sheet("CS-1", "issued")).broken("complaint", "CP-1") == ["sheet_each"]
    assert Site(library, handled, answered).broken("complaint", "CP-1") == []


def test_a_reopened_complaint_needs_a_sheet_of_the_next_round(library: Library) -> None:
    again = the_complaint(
        HANDLED,
        TOLD,
        ("23 09:00", "reopen", {}),
        ("23 11:00", "handle", {"result": "再修"}),
        status="handled",
    )
    answered = (("22 10:30", "receive", {"to_person": "chen"}), ("23 10:30", "reply", {"action": "已修"}))
    first, second = a_sheet("CS-1", "done", *answered), a_sheet("CS-2", "done", *answered, round="2")
    assert Site(library, again, first).broken("complaint", "CP-1") == ["sheet_each"]
    assert Site(library, again, first, second).broken("complaint", "CP-1") == []


def test_a_complaint_is_filed_only_after_a_good_visit_about_it(library: Library) -> None:
    closed = the_complaint(
        HANDLED, TOLD, ("23 09:00", "visit", {"visit": "RV-1"}), ("23 10:00", "close", {}), status="closed"
    )
    visited = ("23 08:30", "visit", {"reached": "true", "satisfied": "satisfied", "problem": "false"})

    def visit(*events: tuple[str, str, dict[str, Any]], status: str, **fields: Any) -> dict[str, Any]:
        usual = {"about": "complaint", "record": "CP-1"}
        return record("return_visit", "RV-1", status, ("23 08:00", "plan", {}), *events, **usual | fields)

    def broken(return_visit: dict[str, Any]) -> list[str]:
        return Site(library, closed, return_visit).broken("complaint", "CP-1")

    assert broken(visit(visited, status="done")) == []
    assert broken(visit(status="due")) == ["close_after_visit"]
    assert broken(visit(visited, status="done", record="CP-9")) == ["close_after_visit"]
    unhappy = (visited[0], visited[1], visited[2] | {"satisfied": "unsatisfied"})
    assert broken(visit(unhappy, status="done")) == ["again"]


def test_a_major_complaint_goes_to_the_director_before_it_is_assigned(library: Library) -> None:
    straight = the_complaint(status="assigned", level="major")
    assert Site(library, straight, a_sheet("CS-1", "issued")).broken("complaint", "CP-1") == [
        "right_desk_first"
    ]
    wrong = record(
        "complaint", "CP-1", "forwarded",
        ("22 09:00", "register", {}), ("22 09:10", "forward", {"forwarded_to": "dept_supervisor"}),
        name="张三", summary="漏水", level="major",
    )  # fmt: skip
    assert Site(library, wrong).broken("complaint", "CP-1") == ["right_desk"]


def test_the_night_ends_with_its_leftovers_turned_into_orders(library: Library) -> None:
    entries = [
        {
            "kind": "repair",
            "content": "灯坏",
            "solved": "false",
            "emergency": "false",
            "told_next_day": "true",
        }
    ]
    night = record(
        "night_log", "NL-1", "open", ("22 17:30", "open", {}), ("23 08:20", "convert", {}), entries=entries
    )
    assert Site(library, night).broken("night_log", "NL-1") == ["leftovers_converted"]
    site = Site(library, night | {"entries": [entries[0] | {"converted": "RP-1"}]})
    assert site.broken("night_log", "NL-1") == []


def a_handover(by: str = "chen", **fields: Any) -> dict[str, Any]:
    accept = {
        "shift_start": "2026-11-23T08:30:00+08:00", "arrived_at": "2026-11-23T08:15:00+08:00", "log": "NL-1",
        "tools": [{"item": "手电", "expected": "2", "actual": "2"}],
    }  # fmt: skip
    events = (("23 08:10", "prepare", {}), ("23 08:30", "accept", accept | fields))
    told = record("handover", "HO-2", "accepted", *events, post="客服中心", in_person="chen", clean_ok="true")
    told["events"][1]["by"] = by
    return told


def a_night(*entries: dict[str, Any]) -> dict[str, Any]:
    return record("night_log", "NL-1", "open", ("22 17:30", "open", {}), entries=list(entries))


def test_a_shift_is_taken_over_with_everything_in_writing(library: Library) -> None:
    before = record(
        "handover", "HO-1", "accepted", ("22 17:20", "prepare", {}), ("22 17:30", "accept", {}),
        post="客服中心", in_person="lina", clean_ok="true",
    )  # fmt: skip
    call = record("repair", "RP-1", "open", ("22 20:00", "register", {}), content="灯坏")
    left = {"kind": "repair", "content": "灯坏", "solved": "false"}

    def broken(night: dict[str, Any], handover: dict[str, Any]) -> list[str]:
        return Site(library, before, call, night, handover).broken("handover", "HO-2")

    written = [{"record": "RP-1"}]
    assert broken(a_night(left), a_handover()) == ["all_written", "night_done"]
    assert broken(a_night(left | {"converted": "RP-1"}), a_handover(written=written)) == []
    short = [{"item": "手电", "expected": "2", "actual": "1", "why": "lent"}]
    assert broken(a_night(), a_handover(written=written, tools=short)) == ["tool_liable_who", "tool_lent"]
    assert broken(a_night(), a_handover("lina", written=written)) == ["accepted_by_relief"]
    late = a_handover(written=written, arrived_at="2026-11-23T08:16:00+08:00")
    assert broken(a_night(), late) == ["early"]


def test_an_open_entry_of_the_day_goes_into_the_handover(library: Library) -> None:
    day = record(
        "duty_log", "NL-1", "open", ("23 07:00", "open", {}),
        entries=[{"kind": "inquiry", "content": "问停车", "open": "true", "why_open": "等答复"}],
    )  # fmt: skip
    assert Site(library, day, a_handover()).broken("handover", "HO-2") == ["all_open"]
    named = a_handover(open_items=[{"text": "问停车", "why": "等答复"}])
    assert Site(library, day, named).broken("handover", "HO-2") == []


def test_a_repair_dispatched_twice_is_judged_by_its_second_round(library: Library) -> None:
    agreed = {"agreed_at": "2026-11-22T10:00:00+08:00"}
    first = {"arrived_at": "2026-11-22T10:00:00+08:00", "work": "换管"}
    second = {"arrived_at": "2026-11-23T10:00:00+08:00", "work": "重做"}
    events = (
        ("22 08:00", "register", {}), ("22 09:00", "dispatch", agreed), ("22 11:00", "finish", first),
        ("22 12:00", "accept", {"accepted": "not_ok"}), ("23 09:00", "dispatch", agreed),
    )  # fmt: skip
    usual = {"content": "漏水", "area": "A-1"}
    good = record("repair", "RP-1", "done", *events, ("23 11:00", "finish", second), **usual)
    stale = record("repair", "RP-1", "done", *events, ("23 11:00", "finish", {"work": "重做"}), **usual)
    assert Site(library, good).broken("repair", "RP-1") == []
    assert Site(library, stale).broken("repair", "RP-1") == ["order_finish"]


def test_the_total_of_a_repair_is_counted(library: Library) -> None:
    paid = record(
        "repair", "RP-1", "open", ("22 08:00", "register", {}),
        content="换锁", labour="20",
        materials=[{"item": "锁", "amount": "35.50"}, {"item": "螺丝", "amount": "1.20"}],
    )  # fmt: skip
    site = Site(library, paid)
    assert str(site.views["repair", "RP-1"].get("total")) == "56.70"


def test_a_route_is_walked_point_by_point(library: Library) -> None:
    route = record("area", "夜巡", "active", ("01 09:00", "enter", {}), name="夜巡路线", kind="patrol_route")
    points = [
        record("area", id, "active", ("01 09:00", "enter", {}), name=id, kind="floor", route="夜巡")
        for id in ("一层", "二层")
    ]

    def walked(*rows: tuple[str, str]) -> list[str]:
        told = [{"area": area, "at": f"2026-11-23T{at}:00+08:00", "ok": "true"} for area, at in rows]
        patrol = record(
            "patrol", "PT-1", "done", ("23 09:00", "start", {}), ("23 09:30", "finish", {}),
            area="夜巡", kind="estate", points=told,
        )  # fmt: skip
        return Site(library, route, *points, patrol).broken("patrol", "PT-1")

    assert walked(("一层", "09:05"), ("二层", "09:15")) == []
    assert walked(("一层", "09:05")) == ["all_points"]
    assert walked(("一层", "09:15"), ("二层", "09:05")) == ["in_turn"]
    assert walked(("一层", "09:05"), ("二层", "09:45")) == ["in_time"]


def test_three_supervisor_rounds_at_the_same_hour_are_noticed(library: Library) -> None:
    def rounds(*starts: str) -> list[str]:
        made = [
            record("patrol", f"PT-{n}", "walking", (start, "start", {}), area="A-1", kind="supervisor")
            for n, start in enumerate(starts)
        ]
        return Site(library, *made).broken("patrol", f"PT-{len(starts) - 1}")

    assert rounds("20 09:00", "21 09:05", "22 09:02") == ["irregular"]
    assert rounds("20 09:00", "21 15:00", "22 09:02") == []


def test_a_full_count_lists_every_key_once(library: Library) -> None:
    def count(*keys: str) -> list[str]:
        lines = [{"key": key, "in_cabinet": "2", "issued": "0"} for key in keys]
        counted = record("key_count", "KN-1", "counted", ("23 09:00", "count", {}), scope="all", lines=lines)
        return Site(library, a_key(), counted).broken("key_count", "KN-1")

    assert count("K-1") == []
    assert count() == ["full"]
    assert count("K-1", "K-1") == ["full"]


def test_a_missing_key_of_a_count_needs_its_reason_and_its_report(library: Library) -> None:
    def settle(**line: str) -> list[str]:
        lines = [{"key": "K-1", "in_cabinet": "1", "issued": "0", **line}]
        counted = record(
            "key_count",
            "KN-1",
            "settled",
            ("23 09:00", "count", {}),
            ("23 10:00", "settle", {}),
            scope="all",
            lines=lines,
        )
        return Site(library, a_key(), counted).broken("key_count", "KN-1")

    assert settle() == ["balance", "missing_loss"]
    assert settle(why="找不到", loss="KL-1") == []


def test_warranty_agrees_with_the_unit_register(library: Library) -> None:
    room = record(
        "room",
        "3-502",
        "active",
        ("01 09:00", "enter", {}),
        warranties=[{"part": "防水", "until": "2027-01-01"}],
    )

    def repair(**fields: str) -> list[str]:
        made = record(
            "repair", "RP-1", "open", ("22 08:00", "register", {}), content="漏水", room="3-502", **fields
        )
        return Site(library, room, made).broken("repair", "RP-1")

    assert repair(in_warranty="true", paid="false") == []
    assert repair(in_warranty="false", paid="false") == ["warranty"]
    assert repair(in_warranty="true", paid="true") == ["warranty_free"]


# --------------------------------------------------------------------------- what the clocks say


def clocks(library: Library, plain: Mapping[str, Any]) -> list[tuple[str, str | None, str]]:
    """(clock, due as `dd hh:mm`, what became of it) of a record that points at no other."""
    found, issues = record_from(dict(plain))
    assert found is not None, issues
    form = library.forms[found.form]
    zone = ZoneInfo("Asia/Shanghai")
    made = clocks_of(form, state_of(form, found), zone=zone, calendars={}, link=lambda field, path: None)
    return [
        (
            one.clock,
            None if one.due is None else datetime.fromtimestamp(one.due, zone).strftime("%d %H:%M"),
            one.state,
        )
        for one in made
    ]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("minor", [("resolve", "25 00:00", "running")]),
        ("important", [("forward", "22 10:00", "running"), ("resolve", "26 00:00", "running")]),
        (
            "major",
            [
                ("forward", "23 00:00", "running"),
                ("answer", "25 00:00", "running"),
                ("resolve", "03 00:00", "running"),
            ],
        ),
    ],
)
def test_a_complaint_is_due_by_its_level(
    library: Library, level: str, expected: list[tuple[str, str, str]]
) -> None:
    taken = record(
        "complaint",
        "CP-1",
        "registered",
        ("22 09:00", "register", {}),
        name="张三",
        summary="漏水",
        level=level,
    )
    assert clocks(library, taken) == expected


def test_the_residents_own_limit_replaces_the_two_days_of_a_minor_complaint(library: Library) -> None:
    taken = record(
        "complaint", "CP-1", "registered", ("22 09:00", "register", {}),
        name="张三", summary="漏水", level="minor", demanded_by="2026-11-22T18:00:00+08:00",
    )  # fmt: skip
    assert clocks(library, taken) == [("resolve", "22 18:00", "running")]


def test_leftovers_of_the_night_are_due_the_day_it_ends(library: Library) -> None:
    left = {"kind": "repair", "content": "灯坏", "solved": "false", "emergency": "false"}
    opened, closed = ("22 17:30", "open", {"entries": [left]}), ("23 08:30", "close", {})
    done = {"entries.1.converted": "RP-1"}

    def convert_clock(*events: tuple[str, str, dict[str, Any]]) -> list[tuple[str, str | None, str]]:
        night = record("night_log", "NL-1", "closed", *events)
        return [one for one in clocks(library, night) if one[0] == "convert_at_handover"]

    assert convert_clock(opened, closed) == [("convert_at_handover", "24 00:00", "running")]
    assert convert_clock(opened, closed, ("23 09:00", "convert", done)) == [
        ("convert_at_handover", "24 00:00", "met")
    ]
    assert convert_clock(opened, ("23 08:20", "convert", done), closed) == []


def test_the_relief_comes_fifteen_minutes_early(library: Library) -> None:
    def early(arrived: str) -> tuple[str, str | None, str]:
        return clocks(library, a_handover(arrived_at=f"2026-11-23T{arrived}:00+08:00"))[0]

    assert early("08:15") == ("early_15", "23 08:15", "met")
    assert early("08:16") == ("early_15", "23 08:15", "breached")


def test_a_key_is_due_back_when_it_was_agreed_and_no_earlier_once_extended(library: Library) -> None:
    longer = {"due_at": "2026-11-24T18:00:00+08:00"}
    assert clocks(library, a_checkout("KC-1")) == [("back", "23 23:59", "running")]
    extended = a_checkout("KC-1", ("23 09:00", "out", {}), ("23 17:00", "extend", longer))
    assert clocks(library, extended) == [("back", "24 18:00", "running")]


@pytest.mark.parametrize("before", [(), (("23 10:00", "visit", {"visit": "RV-1"}), ("23 11:00", "close", {}))])
def test_a_reopened_complaint_has_its_days_again(
    library: Library, before: tuple[tuple[str, str, dict[str, Any]], ...]
) -> None:
    """Reopened after it was told, or after it was filed: `resolve` runs a second cycle."""
    again = the_complaint(HANDLED, TOLD, *before, ("24 09:00", "reopen", {}), status="assigned")
    assert clocks(library, again) == [
        ("resolve", "25 00:00", "met"),
        ("resolve", "27 00:00", "running"),
        ("tell", "23 00:00", "met"),
    ]
