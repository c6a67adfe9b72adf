"""The named scenarios of the rules that make sense on a real account: without invented fills, prices or clocks."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from tests.core import (
    test_rules_02_closes,
    test_rules_03_entries,
    test_rules_04_sizes,
    test_rules_05_epochs,
    test_rules_06_own_exits,
    test_rules_07_own_share,
    test_rules_10_limits,
)

Scenario = Callable[..., None]
TABLE: dict[ModuleType, tuple[str, ...]] = {
    test_rules_02_closes: (
        "a_confirmed_close_is_sent_only_once",
        "a_holding_a_young_memory_never_saw_is_not_closed_by_an_empty_book_read_again",
        "a_holding_a_young_memory_never_saw_needs_the_same_confirmation",
        "a_position_without_an_id_closed_and_reopened_is_two_epochs",
        "a_reopening_without_an_id_before_the_close_was_confirmed_moves_the_holding",
        "a_symbol_that_comes_back_is_not_closed",
        "a_vanished_position_that_is_not_held_needs_no_confirmation",
        "a_whole_book_gone_at_once_needs_another_record_however_long_it_takes",
        "an_explicit_zero_closes_at_once",
        "an_older_record_in_between_does_not_close_early",
        "more_confirmations_wait_for_more_records",
        "one_confirmation_closes_with_the_first_record_that_lacks_it",
        "the_same_record_served_on_closes_once_twenty_seconds_have_passed",
        "the_second_newer_record_without_the_symbol_closes_it",
        "time_alone_does_not_close_without_two_further_reads",
    ),
    test_rules_03_entries: (
        "a_mark_past_the_agents_target_is_refused",
        "a_position_opened_after_the_start_is_not_one_that_was_held",
        "a_price_too_far_off_is_watched_and_entered_when_it_returns",
        "a_tolerance_of_its_own_holds_for_its_symbol_alone",
        "an_entry_is_sent_once",
        "an_epoch_not_handled_yet_is_entered",
        "just_before_stop_and_target_it_is_entered",
        "the_agents_own_close_starts_no_cooldown",
        "what_the_agent_held_before_can_be_ignored_for_good",
    ),
    test_rules_04_sizes: (
        "a_full_close_is_never_held_back",
        "an_increase_below_the_minimum_is_carried_until_it_is_enough",
        "an_increase_is_followed_in_proportion",
        "an_increase_is_judged_against_the_price_of_what_was_added",
        "the_agents_leverage_is_told_and_not_followed",
    ),
    test_rules_05_epochs: (
        "a_change_of_sides_closes_then_opens",
        "a_change_of_sides_with_the_same_id_is_still_another_epoch",
        "a_foreign_share_does_not_keep_a_flip_from_being_flat",
        "a_new_epoch_that_cannot_be_sized_closes_the_old",
        "a_paused_credential_takes_over_and_reduces_but_does_not_add",
        "rebalance_below_the_minimum_still_reduces",
        "rebalance_keeps_the_holdings_leverage",
        "rebalance_to_the_same_size_sends_nothing",
        "reopen_closes_and_opens_again",
    ),
    test_rules_06_own_exits: (
        "reverse_takes_the_agents_stop_for_the_target",
        "the_profit_target_is_of_the_own_fills_not_of_the_agents_entry",
    ),
    test_rules_07_own_share: (
        "a_position_of_the_owner_on_the_other_side_refuses_the_entry",
        "an_increase_against_the_owners_later_trade_is_refused_too",
        "in_hedge_mode_the_other_side_is_no_obstacle",
        "in_hedge_mode_the_other_sides_quantity_is_not_closed",
        "the_owners_share_on_the_same_side_stays_after_the_close",
    ),
    test_rules_10_limits: (
        "a_cap_on_leverage_shrinks_the_quantity",
        "a_fixed_size_below_the_minimum_is_refused_without_a_total_that_would_do",
        "an_amount_cap_below_the_minimum_refuses",
        "an_increase_whose_stop_lies_beyond_liquidation_is_refused",
        "below_the_minimum_may_be_raised_to_it",
        "below_the_minimum_may_wait_until_the_agent_adds_enough",
        "entries_of_one_cycle_are_cut_by_the_same_share",
        "no_more_positions_than_allowed",
        "nothing_is_entered_once_the_budget_is_in_use",
        "risk_at_stop_needs_a_stop",
    ),
}
SHORT = {
    "the_second_newer_record_without_the_symbol_closes_it",
    "a_whole_book_gone_at_once_needs_another_record_however_long_it_takes",
    "a_mark_past_the_agents_target_is_refused",
    "a_full_close_is_never_held_back",
    "an_increase_is_followed_in_proportion",
    "a_change_of_sides_closes_then_opens",
    "a_new_epoch_that_cannot_be_sized_closes_the_old",
    "rebalance_keeps_the_holdings_leverage",
    "reopen_closes_and_opens_again",
    "a_position_of_the_owner_on_the_other_side_refuses_the_entry",
    "the_owners_share_on_the_same_side_stays_after_the_close",
    "reverse_takes_the_agents_stop_for_the_target",
}
"""those that are quick to tell whether something broke; `make prove` plays all"""


def scenarios(*, short: bool) -> list[tuple[str, Scenario]]:
    """Return names and scenarios of the table, or of its short form."""
    rows = [(name, getattr(module, f"test_{name}")) for module, names in TABLE.items() for name in names]
    return [(name, scenario) for name, scenario in rows if name in SHORT or not short]
