"""The contracts of stores have teeth: what is wrong in one way fails the tests that state that rule."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import stores

from glowtify_core.testing.guard import GUARD, contract_tests

MUTANTS = Path(__file__).parent / "mutants"

SOUND = (
    "MemoryCampaigns",
    "MemoryConnections",
    "MemoryCredentials",
    "MemoryFigures",
    "ReadOnly",
    "RollingGate",
    "Wrong",
)

HANDED_OUT = {
    "c95_what_is_due_is_handed_out_the_longest_due_first",
    "c95_what_was_handed_out_comes_back",
    "c95_of_many_who_ask_at_once_one_gets_it",
    "c96_what_somebody_holds_is_not_handed_out",
    "c96_what_is_handed_out_tells_its_fence",
    "c97_saving_decides_when_it_is_due",
    "c97_plans_are_kept_and_may_be_none",
}
"""The tests in which something is handed out after a claim on it was given back."""

CAUGHT_BY = {
    # publications
    "SaysNothingToDo": {"c70_what_was_never_added_is_not_found"},
    "AddsBySaving": {"c70_saving_what_was_never_added_is_refused"},
    "LosesTheZone": {"c71_every_field_of_a_publication_comes_back"},
    "LosesTheLanguage": {"c71_every_field_of_the_content_comes_back"},
    "EmptiesTheContent": {"c71_content_changes_only_when_it_is_given"},
    "SharesItsCampaigns": {"c71_what_is_changed_later_outside_is_not_changed_in_the_store"},
    "AddsASecond": {"c72_a_second_open_publication_is_refused"},
    "NeverReopens": {"c72_another_may_follow_a_closed_one"},
    "ReopensBesideAnother": {"c72_a_closed_one_is_not_opened_again_beside_another"},
    "ChangesOtherCampaigns": {"c73_a_claim_changes_its_own_campaign_only"},
    "LatestByTheClock": {"c74_latest_is_the_last_that_was_added"},
    "NewestFirst": {
        "c75_find_gives_what_meets_every_condition",
        "c75_the_newest_are_the_last_that_were_added",
        "c89_closed_publications_are_in_doubt_too",  # which are given oldest first as well
    },
    "TakesNoneForAll": {"c75_an_empty_choice_finds_nothing"},
    # claims
    "IgnoresALivingClaim": {
        "c76_a_living_claim_keeps_others_out",
        "c76_of_many_threads_one_gets_the_claim",
        "c76_campaigns_are_claimed_independently",
        "c79_renewing_keeps_others_out_again",
    },
    "LooksThenClaims": {"c76_of_many_threads_one_gets_the_claim"},
    "KeepsTheFence": {"c77_every_claim_raises_the_fence"},
    "SavesWithoutTheFence": {"c77_who_was_taken_over_from_writes_nothing_more"},
    "BeginsWithoutTheFence": {"c77_who_was_taken_over_from_writes_nothing_more"},
    "TakesOverFromSomebodyOnly": {"c77_a_free_campaign_may_be_taken_over_too"},
    "ReleasesSlowly": {
        "c77_every_claim_raises_the_fence",  # after a release, too
        "c78_what_was_given_back_can_be_claimed_at_once",
        "c78_a_claim_that_was_given_back_is_not_renewed",
        *HANDED_OUT,
    },
    "RenewsWhatWasGivenBack": {"c78_a_claim_that_was_given_back_is_not_renewed"},
    "DropsTheNewClaim": {"c78_giving_back_a_lost_claim_leaves_the_new_one_alone"},
    "HoldsForever": {
        "c79_a_claim_that_nobody_renews_runs_out",
        "c96_what_somebody_holds_is_not_handed_out",  # and is once they are gone
    },
    "WritesByTheTime": {
        "c79_what_ran_out_may_still_write_until_another_claims",
        "c79_renewing_keeps_others_out_again",
    },
    "RenewsFromTheOldEnd": {"c79_renewing_keeps_others_out_again"},
    # steps and doubts
    "LosesTheZoneOfSince": {"c80_what_was_begun_is_known_to_the_next_worker"},
    "RestartsSince": {"c81_a_later_begin_keeps_since_and_restarts_age"},
    "TheLastIdStands": {"c82_the_first_recorded_id_stands"},
    "FencesEveryRecord": {
        "c83_what_was_created_is_recorded_whoever_holds_the_campaign",
        "c83_an_id_that_comes_after_a_clear_is_kept",
    },
    "ForgetsClearedRows": {"c83_an_id_that_comes_after_a_clear_is_kept"},
    "RecordsALateCommit": {"c84_what_creates_nothing_is_recorded_under_the_fence_only"},
    "InventsSteps": {"c85_recording_what_was_never_begun_is_refused"},
    "KeepsTheIdOfAClearedStep": {"c86_a_cleared_step_is_as_if_it_had_never_been_begun"},
    "ByTheFirstBeginEver": {"c87_steps_of_every_operation_are_seen_oldest_first"},
    "MixesOperations": {
        "c87_steps_of_every_operation_are_seen_oldest_first",
        "c87_a_name_is_one_step_in_each_operation",
    },
    "ShowsOldSteps": {"c87_steps_of_other_publications_are_not_seen"},
    "SaysNothingOfAnEnd": {"c88_recording_tells_that_the_publication_was_closed"},
    "KnowsNoCommitThatCreates": {"c89_what_creates_is_in_doubt_until_it_is_recorded"},
    "TrustsTheFirstId": {"c89_what_was_begun_again_stays_in_doubt_once_it_is_recorded"},
    "DoubtsEverything": {"c89_what_makes_nothing_or_was_cleared_is_not_in_doubt"},
    "DoubtsForever": {"c89_a_doubt_ends_with_the_time_that_is_asked_about"},
    "ForgetsTheDoubtsOfClosedOnes": {"c89_closed_publications_are_in_doubt_too"},
    # what is due
    "GivesTheOldest": {"c75_the_newest_are_the_last_that_were_added"},
    "HandsOutTheNewestFirst": {
        "c95_what_is_due_is_handed_out_the_longest_due_first",
        "c97_plans_are_kept_and_may_be_none",  # which are kept in that order
    },
    "HandsOutEverything": {"c95_what_is_due_is_handed_out_the_longest_due_first"},
    "HandsOutForGood": {
        "c95_what_was_handed_out_comes_back",
        "c96_what_somebody_holds_is_not_handed_out",  # nor when it comes back
        "c97_plans_are_kept_and_may_be_none",
    },
    "HandsOutAgainAndAgain": {
        "c95_what_is_due_is_handed_out_the_longest_due_first",
        "c95_what_was_handed_out_comes_back",
        "c95_of_many_who_ask_at_once_one_gets_it",
        "c97_plans_are_kept_and_may_be_none",
    },
    "LooksThenHandsOut": {"c95_of_many_who_ask_at_once_one_gets_it"},
    "HandsOutWhatIsHeld": {"c96_what_somebody_holds_is_not_handed_out"},
    "HidesTheFence": {"c96_what_is_handed_out_tells_its_fence"},
    "SavesBesideThePlan": {"c97_saving_decides_when_it_is_due", "c97_what_has_ended_is_never_due"},
    "NeverLeavesAlone": {"c97_what_has_ended_is_never_due"},
    "PlansNoNever": {"c97_plans_are_kept_and_may_be_none"},
    "ForgetsThatItAsked": {"c97_a_plan_may_tell_that_the_platform_was_asked"},
    # connections
    "TakesNoForUnknown": {"c65_every_field_comes_back"},
    "OneForAllStores": {"c65_what_was_never_saved_is_none"},
    "MergesSettings": {"c66_saving_takes_the_place_of_what_was_there"},
    "InAnyOrder": {"c67_all_are_sorted_and_can_be_narrowed_to_a_store"},
    "DeletesOnlyWhatIsThere": {"c68_deleting_forgets_one_and_minds_nothing"},
    "SharesSettings": {"c69_what_is_changed_later_outside_is_not_changed_in_the_store"},
    # credentials
    "TrimsSecrets": {"c60_what_is_stored_comes_back"},
    "IgnoresCapitals": {"c60_what_is_stored_comes_back", "c60_putting_again_replaces_all_of_it"},
    "MergesFields": {"c60_putting_again_replaces_all_of_it"},
    "SharesMappings": {"c60_what_is_changed_later_outside_is_not_changed_in_the_store"},
    "SaysOnlyThatThereAreNone": {"c61_what_is_not_stored_is_missing"},
    "ListsAsTheyCame": {"c61_everything_that_is_stored_is_listed"},
    "RaisesOnNothing": {"c61_deleting_forgets_one_and_minds_nothing"},
    "ReplacesUnasked": {
        "c62_replacing_needs_exactly_what_is_stored_now",
        "c62_of_many_who_replace_at_once_one_succeeds",
    },
    "LooksThenReplaces": {"c62_of_many_who_replace_at_once_one_succeeds"},
    "DropsWhatItIsGiven": {"c63_nothing_can_be_changed"},
    "RefusesToForgetNothing": {"c63_deleting_what_is_not_there_is_fine"},
    "ShowsSecrets": {"c64_no_secret_is_said"},
    "LogsSecrets": {"c64_no_secret_is_said_while_writing"},
    "KeepsThemPlain": {"c64_stored_secrets_cannot_be_read"},
    # figures
    "TakesZeroForNothing": {"c98_every_figure_comes_back"},
    "RoundsMoney": {"c98_every_figure_comes_back"},
    "InventsFigures": {"c98_what_was_never_read_has_no_figures"},
    "TellsOfAll": {"c98_campaigns_do_not_mix"},
    "KeepsEveryReading": {
        "c99_the_same_figures_again_only_move_the_time_on",
        "c100_older_figures_change_nothing",
        "c100_workers_that_record_at_once_leave_one_reading",
    },
    "MovesTheBegin": {
        "c99_the_same_figures_again_only_move_the_time_on",
        "c100_older_figures_change_nothing",
    },
    "KnowsThemAlready": {"c99_other_figures_are_another_reading"},
    "ShowsNewestFirst": {"c99_other_figures_are_another_reading"},
    "TakesOlderForNewer": {"c100_older_figures_change_nothing"},
    "LooksThenRecords": {"c100_workers_that_record_at_once_leave_one_reading"},
    # gates
    "FixedWindows": {"c90_no_window_is_ever_exceeded"},
    "TakesLongerWindows": {"c90_who_finds_room_goes_at_once"},
    "RefusesTooLate": {
        "c91_a_wait_beyond_the_budget_is_refused",
        "c91_who_was_refused_has_taken_nothing",  # nor waited for it
        "c92_a_block_beyond_the_budget_is_refused",
    },
    "TakesAndRefuses": {"c91_who_was_refused_has_taken_nothing"},
    "ForgetsItsBlock": {
        "c92_a_block_holds_everybody_and_nobody_leaves_early",
        "c92_a_block_beyond_the_budget_is_refused",
        "c92_a_block_holds_those_who_wait_already",
    },
    "LeavesEarly": {"c92_a_block_holds_everybody_and_nobody_leaves_early"},
    "HoldsNewcomersOnly": {"c92_a_block_holds_those_who_wait_already"},
    "OneLaneForAll": {"c93_keys_do_not_wait_for_each_other"},
    "LooksThenTakes": {"c94_threads_share_the_windows"},
    "LastComeFirstServed": {"c94_first_come_first_served"},
}
"""The tests that each mutant is failed by; all others of its contract pass."""


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Mapping[str, set[str]]:
    """The tests that failed for each mutant, run by pytest with no plugin, as an author may have it."""
    folder = tmp_path_factory.mktemp("teeth")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = -q --tb=no -p no:cacheprovider --noconftest --import-mode=importlib\n"
    )
    report = folder / "report.xml"
    options = ["-c", str(folder / "pytest.ini"), f"--junitxml={report}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(MUTANTS / "stores.py")],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(MUTANTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    found = defaultdict(set)
    for case in ET.parse(report).iter("testcase"):
        mutant = found[case.attrib["classname"].rpartition(".Test")[2]]
        if case.find("failure") is not None or case.find("error") is not None:
            mutant.add(case.attrib["name"].partition("[")[0].removeprefix("test_"))
    return found


def test_every_mutant_is_in_the_table():
    assert set(CAUGHT_BY) | set(SOUND) == set(stores.MUTANTS)


@pytest.mark.parametrize("mutant", CAUGHT_BY)
def test_a_mutant_fails_the_tests_that_state_its_rule_and_no_other(mutant, failed):
    assert failed[mutant] == CAUGHT_BY[mutant]


@pytest.mark.parametrize("store", SOUND)
def test_what_the_mutants_are_made_of_passes_all(store, failed):
    assert store in failed
    assert failed[store] == set()


def test_every_test_of_these_contracts_fails_some_mutant():
    stated = {name for contract in stores.KINDS.values() for name, _ in contract_tests(contract)}
    assert {f"test_{name}" for names in CAUGHT_BY.values() for name in names} == stated - {GUARD}
