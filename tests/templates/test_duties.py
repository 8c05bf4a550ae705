"""The duties of all packs: none is lost, each is fulfilled by its form, and every one of them loads."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from logbook.core.duties import CADENCES
from logbook.core.dutyfile import check_duties
from logbook.core.dutyfile import duties_of
from logbook.core.form import Library
from logbook.core.text import Text
from logbook.store.library import load

PRODUCT = Path(__file__).resolve().parents[2]

# What the handbooks ask for again and again, by pack: duty, how often, and the form whose record fulfils it.
# `vague`: they name no interval.
HANDBOOKS = {
    "core": """
        log_sign on duty_log
        attendance_month monthly attendance
        ward_round daily patrol
        duty_noon shift duty_log
        duty_night shift night_log
        night_convert daily night_log
        shift_handover shift handover
        return_visit_repair on return_visit
        return_visit_complaint on return_visit
        repair_month monthly work_report
        visit_month monthly work_report
        day_end daily conduct_check
        appearance_daily daily conduct_check
        desk_record daily duty_log
        sup_read_logs daily duty_log
        sup_patrol_estate daily patrol
        post_check_daily daily conduct_check
        monday_meeting weekly meeting
        friday_meeting weekly meeting
        satisfaction_weekly weekly return_visit
        building_patrol_day daily patrol
        read_complaints daily duty_log
        visit_product on return_visit
        visit_hotline on return_visit
        visit_report_month monthly work_report
        visit_report_quarter quarterly work_report
        morning_briefing daily meeting
        attendance_daily daily attendance
        roster_make vague roster
        dept_meeting vague meeting
        standard_spot vague conduct_check
        plants_desk vague greening_check
        front_clean vague conduct_check
        rooms_clean vague patrol
        stats_customer vague work_report
        complaint_analysis vague work_report
        visit_plan vague client_visit
        estate_patrol vague patrol
        dept_inspect vague conduct_check
        payroll_check vague attendance
        case_spot vague spot_check
        self_check vague conduct_check
        phone_care vague equipment_check
        owner_interview vague client_visit
        sup_building vague patrol
        service_stats vague work_report
        repair_sampling vague return_visit
        key_count vague key_count
        tower_managers vague meeting
    """,
    "estate": """
        arrears_month monthly dunning
        custody_weekly weekly custody_patrol
        custody_rain on custody_patrol
        bulletin_change weeks bulletin
        owner_survey yearly survey
        phone_fee monthly fee_bill
        quarter_fees quarterly fee_bill
        heating_fee yearly fee_bill
        ledger_close daily cash_handover
        reno_spot daily renovation_patrol
        fee_watch monthly work_report
        publish_accounts vague notice
        culture_events vague event
        tenant_survey vague survey
        prepaid_watch vague prepaid_balance
        rate_report vague work_report
        fitout_watch vague renovation_patrol
    """,
    "tower": """
        ebox_patrol daily equipment_log
        facility_damage monthly work_report
        building_report monthly work_report
        cleaning_daily daily cleaning_check
        holiday_contacts on holiday_contact
        festival_clean on deep_clean
        facade_clean on deep_clean
        floor_tour daily patrol
        read_supervisor daily staff_work_log
        supervisor_log daily staff_work_log
        daily_check_sheet daily daily_check
        cleaner_log shift staff_work_log
        pa_log daily staff_work_log
        appreciation_day monthly event
        holiday_flowers on plant_plan
        contractor_rating vague contractor_rating
        greening_watch vague greening_check
        pest_watch vague pest_control
        vacant_check vague vacant_room
        renewal_contact vague client_visit
        plants_change vague plant_plan
    """,
    "stores": """
        purchase_plan_month monthly purchase_plan
        usage_month monthly consumption
        purchase_plan_year yearly purchase_plan
        purchase_month_tower monthly purchase_plan
        consumables_month monthly consumption
        material_control vague stocktake
        share_utilities vague meter_share
        store_count vague stocktake
        machine_care vague equipment_log
        canteen vague task
    """,
    "sales": """
        bar_opening daily bar_opening
        bar_disinfect daily bar_opening
        bar_refill every service_round
        bar_standing shift service_round
        bar_consumption daily bar_consumption
        bar_stock_count daily stocktake
        bar_food_request daily food_request
        bar_disposal daily food_disposal
        bar_closing daily bar_closing
        bar_handover shift handover
        flat_opening daily show_flat_count
        flat_four_checks daily show_flat_check
        flat_closing daily show_flat_count
        flat_closing_sign daily handover
        flat_log daily duty_log
        sup_patrol_sales daily patrol
        reception_callback on reception
        food_idle vague patrol
        sales_hygiene vague patrol
    """,
    "office": """
        weekly_report weekly work_report
        report_month monthly work_report
        training_plan_year yearly training_plan
        budget_data yearly budget
        rotate_posts half_yearly roster
        training_weekly weekly training
        training_plan_month monthly training_plan
        training_monthly monthly training
        mgmt_report_month monthly work_report
        mgmt_report_year yearly work_report
        archive_month monthly archive_file
        training_slides monthly training_plan
        cs_month_slides monthly work_report
        bonus_month monthly reward_penalty
        summary_month_tower monthly work_report
        plan_month monthly work_plan
        plan_year yearly work_plan
        cost_plan_year yearly budget
        cost_plan_quarter quarterly budget
        appraisal_regular vague appraisal
        gm_report vague work_report
        archive_clients vague archive_file
        staff_talk vague task
    """,
    "kpi": """
        appraise_month monthly agent_appraisal
        spot_weekly weekly spot_check
        branch_daily daily work_report
        branch_monthly monthly work_report
        rank_month monthly ranking
        rank_quarter quarterly ranking
        rank_year yearly ranking
        rectify_plan4 on rectification_plan
        visit_sampling monthly spot_check
    """,
    "mall": """
        mall_records_weekly weekly conduct_check
        mall_daily_sheet daily public_area_check
        mall_open_greet daily duty_log
        night_patrol_hourly every night_patrol
        guard_patrol_day shift guard_patrol
        parking_daily shift parking_check
        fire_display_on daily guard_patrol
        cash_journal monthly cash_handover
        cash_daily daily cash_handover
        safe_daily daily cash_handover
        mall_random vague conduct_check
        equip_mall vague equipment_check
        reconcile_books vague cash_handover
    """,
    "quality": """
        hygiene_weekly weekly hygiene_test
        qc_daily daily quality_inspection
        sterilise_daily daily hygiene_test
        fill_sample every quality_inspection
        stock_retest monthly stored_stock_retest
        qc_report5 monthly quality_report
        qc_meeting9 monthly quality_report
        inspector_spot vague appraisal
        quality_gap vague quality_report
    """,
}
ROWS = [(pack, *line.split()) for pack, text in HANDBOOKS.items() for line in text.strip().splitlines()]


@pytest.fixture(scope="module")
def library() -> Library:
    found, _ = load(PRODUCT)
    return found


@pytest.fixture(scope="module")
def files(library: Library) -> dict[str, dict[str, dict[str, object]]]:
    """What each pack's file says, by pack and duty."""
    return {source.pack: dict(source.plain["duties"]) for source in library.shared["duties"] if source.plain}


def test_there_are_121_dated_and_49_vague_duties(files: dict) -> None:
    said = Counter("vague" in duty for duties in files.values() for duty in duties.values())
    assert said == {False: 121, True: 49}
    assert len({name for duties in files.values() for name in duties}) == 170


@pytest.mark.parametrize(("pack", "name", "often", "form"), ROWS, ids=lambda one: one)
def test_each_duty_of_the_handbooks_is_there(files: dict, pack: str, name: str, often: str, form: str) -> None:
    duty = files[pack][name]
    assert [key for key in (*CADENCES, "vague") if key in duty] == [often]
    done_by = duty["done_by"].split()[0]
    if done_by == "same":
        point = duty["on"]["event"].partition(".")[0] if often == "on" else duty["during"].split()[0]
        assert point == form
    else:
        assert done_by == form


def test_there_is_no_other_duty(files: dict) -> None:
    assert {pack: sorted(duties) for pack, duties in files.items()} == {
        pack: sorted(name for its, name, *_ in ROWS if its == pack) for pack in HANDBOOKS
    }


def test_every_file_loads_and_waits_only_for_forms_that_are_not_there(library: Library) -> None:
    assert check_duties(library.shared["duties"], library) == []
    waiting = {name for _, name, _, form in ROWS if form in library.absent}
    assert set(duties_of(library, {})) == {name for _, name, *_ in ROWS} - waiting


def test_both_languages_a_source_and_a_known_role(library: Library, files: dict) -> None:
    for duties in files.values():
        for name, duty in duties.items():
            assert duty["zh"].strip() and duty["en"].strip(), name
            assert duty["zh"] != duty["en"], name
            assert duty["source"].strip(), name
            assert duty["role"] in library.roles, name


def test_a_vague_duty_carries_the_word_of_the_handbook_and_expects_nothing(library: Library, files: dict) -> None:
    assert files["core"]["key_count"]["vague"] == "未述"
    assert files["core"]["complaint_analysis"]["vague"] == "定期"
    waits = duties_of(library, {})["key_count"]
    assert waits.cadence is None
    assert waits.label == Text("钥匙盘点", "Count all keys")
    monthly = {"duties": {"key_count": {"monthly": {"day": "last"}}}}
    assert duties_of(library, monthly)["key_count"].cadence is not None


def test_only_what_a_clock_lists_already_and_the_ward_stay_off_the_list(files: dict) -> None:
    off = {name for duties in files.values() for name, duty in duties.items() if duty.get("listed") == "no"}
    assert off == {"ward_round", "log_sign", "return_visit_repair", "visit_product"}
