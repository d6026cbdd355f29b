//! What every store must do, as functions that take one and panic where it does not.
//!
//! `store_suite!` lists them once. A store's own test file hands over a function that makes a fresh
//! store and runs a test on it; each then becomes a `#[test]` of its own.

pub(crate) mod actions;
pub(crate) mod alone;
pub(crate) mod anonymise;
pub(crate) mod answers;
pub(crate) mod build;
pub(crate) mod commit;
pub(crate) mod counts;
pub(crate) mod due;
pub(crate) mod erase;
pub(crate) mod filters;
pub(crate) mod integrations;
pub(crate) mod kin;
pub(crate) mod lists;
pub(crate) mod lock;
pub(crate) mod log;
pub(crate) mod merges;
pub(crate) mod mirror;
pub(crate) mod naive;
pub(crate) mod outbox;
pub(crate) mod outbox_causes;
pub(crate) mod passes;
pub(crate) mod property;
pub(crate) mod records;
pub(crate) mod requests;
pub(crate) mod rivals;
pub(crate) mod sweep;
pub(crate) mod tenancy;
pub(crate) mod webhooks;

/// Makes the suite's tests: `$run` gets each function and a store to be made for it.
macro_rules! store_suite {
    ($run:ident) => {
        store_suite! { @ $run;
            integrations {
                an_integration_comes_back_as_it_was_saved
                saving_again_replaces_all_but_the_beginning
                integrations_stand_by_connector_and_name
                an_unknown_integration_is_named
                what_is_tracked_is_kept_once
                a_walk_that_was_under_way_does_not_bring_a_forgotten_checkpoint_back
                tracking_something_new_lets_the_named_streams_be_read_again
                the_latest_moment_moves_with_everything_and_never_back
            }
            passes {
                a_pass_comes_back_with_its_walks
                passes_come_latest_first_and_each_to_its_own
                what_was_asked_of_the_vendor_adds_up
                an_interrupted_pass_goes_on_where_it_stopped
                a_restarted_walk_counts_from_zero_and_has_seen_nothing
                a_checkpoint_moves_only_when_its_walk_is_complete
                only_a_whole_pass_from_the_beginning_is_a_full_pass
            }
            commit {
                a_new_record_is_created_and_comes_back
                a_record_that_differs_is_updated_and_any_other_is_left_alone
                a_bundle_is_kept_as_it_last_came
                bundles_are_paged_in_the_order_of_their_ids
                states_come_in_the_order_that_was_asked
                a_bundle_that_was_not_mapped_counts_its_records_as_unchanged
                a_bundle_that_was_not_mapped_although_it_changed_is_due
                a_mapping_of_documents_that_are_no_longer_there_is_not_taken
                a_bundle_that_should_be_there_and_is_not_is_read_again
                a_bundle_that_comes_twice_in_one_commit_shows_what_came_last
                a_record_that_a_bundle_gives_twice_shows_the_last
                a_commit_that_fails_leaves_nothing
                join_records_are_diffed_for_each_parent
            }
            counts {
                losses_are_those_of_the_bundles_as_they_are_mapped_now
                losses_and_rejects_are_counted_for_the_model_of_the_stream
                rejects_are_those_of_the_last_walk_of_each_stream
                documents_can_be_dropped_and_come_back
                what_is_due_without_documents_has_to_be_read_again
                everything_can_be_made_due
                a_layout_is_shared_by_the_records_that_name_it
            }
            log {
                every_change_has_a_line_and_nothing_else_has_one
                a_line_names_the_fields_that_differ
                showing_raw_documents_or_not_is_no_change
                moved_documents_are_found_and_are_no_change
                the_cause_is_that_of_the_bundle
                the_log_can_be_asked_for_a_part
                what_moves_within_one_commit_did_not_go
            }
            rivals {
                the_last_in_the_order_of_stream_and_id_wins_whoever_comes_first
                order_is_that_of_bytes
                who_comes_too_late_changes_nothing
                the_next_one_takes_over_once_the_winner_gives_no_more
                taking_over_the_same_content_is_no_change
                a_rival_that_gives_no_more_is_not_asked
                one_that_took_over_and_gives_nothing_passes_it_on
                a_new_winner_of_a_record_that_was_handed_over_wins
                records_of_integrations_are_no_rivals
            }
            due {
                who_looked_a_bundle_up_is_due_when_it_changes
                a_bundle_that_was_mapped_is_no_longer_due
                a_miss_that_arrives_later_makes_due
                who_looked_a_group_up_is_due_when_a_member_comes_changes_or_leaves
                what_is_looked_up_no_more_makes_nothing_due
                what_is_not_shared_makes_nothing_due
                what_was_swept_makes_due_who_looked_it_up
                within_one_commit_only_what_came_before_the_change_is_due
                other_integrations_are_not_made_due
                a_bundle_that_was_swept_is_not_due
                documents_that_come_or_go_make_due_who_looked_them_up
            }
            sweep {
                what_a_complete_walk_did_not_bring_gets_a_tombstone
                a_sweep_goes_in_rounds
                a_purge_takes_the_tombstones_of_the_named_models_and_nothing_else
                what_would_go_is_counted_by_model
                a_record_that_another_bundle_gives_is_not_missing
                a_record_that_only_missing_bundles_give_is_missing_once
                what_comes_back_lives_again_under_its_id
                the_reason_is_kept
                only_an_ended_walk_from_the_beginning_sweeps
                a_walk_in_several_pages_and_passes_sees_all_of_them
                an_archived_record_has_a_tombstone_while_it_is_given
                a_gone_record_that_comes_back_archived_keeps_its_tombstone
            }
            anonymise {
                what_has_been_gone_for_long_keeps_its_ids_and_nothing_else
                what_comes_back_has_everything_again_and_may_go_again
                what_the_vendor_still_has_as_archived_is_left_as_it_is
            }
            merges {
                a_gone_candidate_whose_application_moved_was_merged
                a_move_alone_merges_nobody
                a_change_of_the_candidate_between_move_and_end_keeps_the_alias
                a_chain_of_merges_leads_to_its_end
                a_candidate_that_comes_back_forgets_that_it_was_merged
                an_application_that_moves_back_takes_the_alias_with_it
                only_the_latest_line_of_the_log_says_merged
                nothing_but_an_application_makes_an_alias
                merges_are_settled_for_one_integration
            }
            records {
                records_are_paged_by_their_keys
                records_with_a_tombstone_are_left_out_unless_wanted
                only_what_changed_since_a_moment_can_be_asked_for
                a_record_belongs_to_its_integration
                records_are_counted_by_model
                a_record_reads_as_the_api_shows_it
                raw_documents_are_shown_by_their_endpoint
                raw_documents_of_another_bundle_are_found_in_their_place
                a_raw_document_that_no_bundle_holds_is_kept_with_its_record
            }
            erase {
                erasing_takes_all_of_one_integration_and_nothing_of_another
                an_integration_that_was_erased_can_be_connected_again
            }
            webhooks {
                a_subscription_comes_back_as_it_was_saved
                a_segment_belongs_to_one_subscription
                a_delivery_is_taken_once
                deliveries_wait_in_their_order_until_their_moment
                old_deliveries_are_forgotten
            }
            lock {
                a_second_taker_is_told_who_has_it
                rights_by_name_stand_beside_each_other
                one_holder_may_take_as_many_names_as_it_likes
                a_right_that_passes_from_one_to_another_has_one_holder_at_a_time
            }
            actions {
                an_action_is_written_down_as_it_begins_and_as_it_ends
                an_idempotency_key_stands_for_one_action
                the_key_of_another_integration_is_another_one
                without_a_key_every_action_is_one_of_its_own
                actions_come_latest_first_and_each_to_its_own
                a_step_is_remembered_until_it_is_taken_away
                a_step_that_is_confirmed_stays_so
                the_first_step_that_is_sent_moves_the_action
                erasing_takes_actions_and_their_steps
            }
            alone {
                what_is_read_alone_is_not_swept_by_the_walk_under_way
                what_is_read_alone_between_the_parts_of_a_pass_is_not_swept
                what_is_read_alone_before_a_walk_is_swept_if_that_does_not_bring_it
                mapping_again_shows_nothing_to_a_walk
                a_bundle_that_is_removed_leaves_tombstones_and_makes_due_who_looked_it_up
                a_bundle_that_is_removed_hands_its_record_to_the_next
                a_bundle_that_is_not_there_is_removed_without_an_error
                a_merge_that_is_written_down_gives_its_reason_once_the_candidate_is_gone
                the_records_of_a_candidate_are_its_applications_and_tags_that_live
                candidates_are_found_by_any_address_in_any_case
            }
            property {
                random_commits_and_sweeps_equal_a_naive_model
            }
            lists {
                a_list_is_paged_to_its_end_in_the_order_of_keys
                a_list_by_moments_stands_in_their_order
                moments_rise_whatever_the_engine_says
                a_walk_sees_what_changes_under_it
                what_belongs_to_a_record_counts_as_its_change
                before_the_first_pass_is_over_everything_counts_as_changed
                children_and_named_records_come_in_the_order_that_was_asked
            }
            filters {
                ids_lead_to_their_records
                texts_are_compared_as_the_filter_says
                moments_in_a_field_can_be_asked_for
                references_lead_to_their_records
                what_refers_to_several_is_found_once_and_in_order
                many_applications_of_a_job_are_found_as_few_are
            }
            answers {
                a_page_is_made_of_answers_as_far_as_there_are_any
                an_answer_of_a_state_that_is_over_is_not_taken
                answers_belong_to_their_integration
                answers_go_with_the_settings_that_they_were_made_by
                records_without_an_answer_are_paged
                an_answer_goes_with_what_it_shows
                an_answer_goes_with_the_raw_documents_of_its_record
                erasing_takes_answers_and_links_too
            }
            kin {
                random_changes_of_what_belongs_together_equal_a_naive_model
            }
        }
    };
    (@ $run:ident; $($theme:ident { $($name:ident)* })*) => {
        $(mod $theme { $(
            #[test]
            fn $name() {
                crate::$run(crate::suite::$theme::$name);
            }
        )* })*
    };
}

/// The same for what a server keeps beside the mirror: its functions take the whole platform.
macro_rules! platform_suite {
    ($run:ident) => {
        store_suite! { @ $run;
            tenancy {
                a_key_opens_its_environment_until_it_is_revoked
                what_is_no_key_opens_nothing
                when_a_key_was_last_used_is_noted_now_and_then
                scope_configs_come_back_as_they_were_saved
                an_environment_has_one_default
                a_name_is_given_once_in_an_environment
                a_link_is_used_once
                a_link_that_expired_is_not_used
                an_activation_token_is_good_for_a_while
                a_session_lasts_until_it_ends_or_expires
                custom_fields_stand_by_model_and_key
                a_custom_field_is_mapped_for_each_integration
                fields_are_passed_through_for_each_integration
                what_belongs_to_an_unknown_integration_is_named
            }
            requests {
                an_entry_comes_back_as_it_was_written
                entries_are_written_together_or_not_at_all
                entries_are_found_by_what_they_say
                entries_are_paged
                what_is_older_is_pruned
                what_is_about_an_integration_is_erased_with_it
            }
            outbox {
                endpoints_come_back_as_they_were_saved
                an_event_goes_to_all_who_listen_to_it
                events_of_one_integration_keep_their_order
                changes_are_told_once_and_none_is_left_out
                what_was_sent_can_be_sent_again
                what_is_old_is_forgotten_once_nobody_waits_for_it
                an_issue_is_told_when_it_begins_and_when_it_ends
                erasing_takes_events_but_the_one_that_tells_of_it
            }
            outbox_causes {
                what_a_link_makes_is_kept_with_its_event_or_not_at_all
                a_used_link_is_erased_with_what_it_made
                an_integration_is_changed_with_its_event_or_not_at_all
                an_integration_is_erased_with_its_event_or_not_at_all
                the_end_of_a_pass_is_told_once_whatever_stands_in_between
            }
        }
    };
}
