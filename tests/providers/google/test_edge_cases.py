"""What is odd about mail, calendars and files, each with the test that says what becomes of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HERE = "tests/providers/google"

MAIL = {
    "base64url without padding, with - and _": "base64url_is_read_with_and_without_padding",
    "latin-1, windows-1252, ISO-2022-JP, unknown charsets": "a_charset_is_decoded_or_guessed",
    "HTML alone": "html_alone_is_told_as_text_without_scripts_and_styles",
    "one part that is text": "a_mail_that_gmail_parsed_becomes_its_golden",
    "mixed, related and alternative in one another": "the_plain_alternative_is_told_and_html_where_it_is_empty",
    "a mail within the mail": "a_mail_within_a_mail_is_an_attachment_and_its_text_is_not_ours",
    "an inline image": "an_inline_image_is_an_attachment_by_part",
    "no body, no subject, no sender": "without_body_subject_and_sender_the_snippet_is_told",
    "commas in names, groups, other letters": "names_with_commas_groups_and_other_letters_are_people",
    "repeated headers in odd case": "repeated_and_odd_case_headers_do_no_harm",
    "an invitation twice": "an_invitation_is_told_once",
    "a text that has to be fetched": "a_large_mail_is_read_without_the_bytes_of_its_attachments",
    "an attachment id that is stale": "an_attachment_is_asked_for_by_part_with_an_id_that_is_fresh",
    "history that is forgotten": "forgotten_history_begins_anew_and_loses_nothing",
    "history in pages": "history_is_asked_from_the_stored_id_over_all_its_pages",
    "history that repeats a message": "a_message_that_changed_often_is_read_once_for_each_page_of_history",
    "added and deleted at once": "what_came_and_went_between_two_walks_is_a_deletion_and_no_error",
    "gone before it is read": "a_message_that_is_gone_before_it_is_read_is_counted",
    "trash": "trash_and_spam_are_a_deletion_that_can_be_undone",
    "permanent deletion": "a_permanent_deletion_leaves_nothing_but_the_fact",
    "drafts, chats": "drafts_and_chats_are_excluded_and_counted",
    "a push that is older than what is stored": "nothing_new_costs_one_call",
    "a history id as number or text, an address in another case": "a_push_says_whose_mailbox_to_look_at",
    "a push that comes twice": "a_redelivery_is_known_by_its_message_id",
    "another audience, account, issuer, time": "any_other_claim_is_refused",
    "keys that rotate": "a_rotated_key_is_learnt_and_a_made_up_one_asks_google_twice_a_minute_at_most",
    "a watch that ends": "a_watch_is_renewed_every_day_though_it_lives_for_seven",
    "one watch for each project and user": "a_watch_of_an_older_topic_is_replaced",
    "403 for a rate, a quota, a domain's policy": "the_reason_decides_and_not_the_status",
    "a limit in one part of a batch": "a_part_that_meets_a_limit_is_asked_for_apart",
    "a dead grant": "a_dead_grant_ends_the_account_when_it_is_said_twice",
    "503 at the refresh": "an_outage_never_ends_an_account",
    "many refreshes at once": "fifty_callers_in_two_processes_refresh_once",
    "a reply stays in its thread": "a_reply_stays_in_its_thread_and_goes_to_whom_it_answers",
    "sent again after a timeout": "a_mail_with_a_message_id_is_not_sent_twice",
    "a search where headers alone were granted": "the_reason_decides_and_not_the_status",
    "a Date that is long ago or to come": "the_arrival_counts_and_not_what_the_sender_says",
}
CALENDAR = {
    "whole days, the end is free": "a_day_ends_before_its_end",
    "clocks that change, a zone beside the time": "a_moment_without_an_offset_gets_it_from_its_zone",
    "series and instances": "a_series_is_one_item_and_its_exceptions_belong_to_it",
    "instances by themselves": "events_are_listed_by_their_start",
    "a cancelled instance, a deleted event": "an_instance_that_is_cancelled_is_told_and_a_deleted_event_is_gone",
    "a token that is forgotten": "a_forgotten_token_begins_anew_and_buries_only_after_a_whole_walk",
    "no timeMin beside a token": "the_same_question_is_asked_every_time",
    "the token of the last page": "the_token_comes_with_the_last_page_and_every_page_can_be_resumed",
    "a calendar that is gone": "a_calendar_that_is_gone_or_refused_stops_its_own_walk",
    "guests left out, rooms, no": "organizer_and_guests_are_recipients_with_their_part",
    "private, out of office, birthdays": "a_private_event_has_no_title_and_every_kind_is_told",
    "another organizer": "a_new_organizer_is_the_author",
    "a description in HTML": "a_description_is_text_whether_it_was_html_or_not",
    "one UID in two calendars": "one_uid_in_two_events_is_two_items",
    "a channel that speaks before it is known": "the_first_message_says_nothing_and_an_unknown_state_is_unsupported",
    "a wrong token, none, another channel's": "a_channels_token_is_proof_of_itself_and_of_no_other",
    "two channels at once": "a_renewal_opens_the_new_channel_before_it_closes_the_old_one",
    "a message twice": "a_message_is_known_by_its_channel_and_number",
    "deleted before, an id that is there": "an_event_is_made_once_changed_and_deleted",
    "changed by somebody else": "an_event_is_changed_only_as_it_was_read",
    "guests are replaced as a whole": "an_invitation_is_answered_for_oneself_alone",
    "trouble with one calendar of many": "free_and_busy_tells_the_trouble_of_each_calendar",
}
FILES = {
    "removed, out of sight, trashed": "removed_is_a_deletion_and_trashed_is_a_fact",
    "renamed, moved, trashed and back, opened": "moving_and_renaming_are_news_and_being_opened_is_none",
    "documents without a checksum": "a_documents_text_is_its_content",
    "too large to export, abusive, gone": "a_document_that_may_not_be_exported_is_told_without_its_text",
    "the first sheet alone": "a_file_is_read_and_downloaded_and_a_document_exported",
    "shortcuts": "a_shortcut_names_its_target",
    "folders, sizes beyond 2^53": "a_file_is_an_attachment_by_our_own_route_and_a_folder_is_none",
    "no owners, no last user, no address": "who_changed_it_is_the_author_else_its_owner_else_nobody",
    "a change to a shared drive": "a_change_to_a_shared_drive_itself_is_counted",
    "an empty page with a successor": "an_empty_page_with_a_successor_is_followed_and_nothing_new_is_one_call",
    "a file twice": "the_last_state_of_a_file_counts_within_a_page",
    "the place before the list": "what_changes_during_the_walk_falls_into_no_gap",
    "a page token that died": "a_place_in_the_log_that_is_lost_begins_anew",
    "a channel of an hour": "a_channel_is_opened_for_a_week_with_a_token_of_its_own",
    "states of files and of the log": "a_change_is_a_look_at_that_calendar_of_that_account",
    "quotes in a search": "files_are_searched_with_their_quotes",
    "a quota of downloads": "the_reason_decides_and_not_the_status",
    "files of the app alone": "every_product_runs_with_the_scopes_that_are_asked_for_and_not_with_anothers",
}


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of Google's tests, and of those about refreshing."""
    files = [*(ROOT / HERE).glob("test_*.py"), ROOT / "tests/integration/test_refresh.py"]
    return {it for file in files for it in re.findall(r"def test_(\w+)\(", file.read_text())}


@pytest.mark.parametrize("cases", [MAIL, CALENDAR, FILES], ids=["mail", "calendar", "files"])
def test_every_edge_case_has_a_test(cases: dict[str, str], tests: set[str]) -> None:
    assert sorted(set(cases.values()) - tests) == []
