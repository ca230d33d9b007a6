"""Where the attacks of our list are tested, as far as configurations, offers, orders and their files meet them.

A: access, J: injection, F: files, M: money. Each line names a test that fails with the hole open; one that is renamed
or gone is noticed here.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
WALK, MATRIX = "functional/rights/test_foreign_words.py", "functional/rights/test_matrix.py"
MARKUP = "unit/support/knowledge/test_markup.py"
SHARING, LOGOS, PAPER = "functional/sharing/test_pages.py", "unit/deals/test_logos.py", "unit/pdf/test_hostile.py"
PEOPLE, LETTERHEAD = "functional/accounts/test_people.py", "functional/deals/test_letterhead.py"
RESALE, SOLD = "functional/deals/test_resale.py", "unit/deals/test_reselling.py"
TALK, MAIL = "functional/support/conversation/test_talking.py", "functional/support/mailing/test_receiving.py"
MEDIA, STORES = "unit/files/test_media.py", "functional/files/test_stores.py"
CASES = {
    "A2 files of another ticket": (TALK, "test_a_file_under_another_ticket_is_missing"),
    "A11 notes of the house": (TALK, "test_a_note_of_the_house_reaches_no_customer"),
    "A11 notes in mails": (
        "functional/support/mailing/test_outgoing.py", "test_an_answer_to_a_mail_of_ours_lands_in_the_ticket"
    ),
    "A12 the chat of another ticket": (TALK, "test_the_ticket_of_another_organisation_is_missing"),
    "A12 access revoked in the middle": (TALK, "test_access_that_is_revoked_ends_with_the_next_look"),
    "A12 by mail": (MAIL, "test_whoever_lost_his_access_writes_no_more"),
    "J4 in conversations": (TALK, "test_what_people_write_is_text"),
    "J12 J14 broken mails": (MAIL, "test_broken_mails_are_noted_and_stop_nobody"),
    "J14 lengths in conversations": (TALK, "test_bad_input_is_said_and_changes_nothing"),
    "forged senders and addresses": (MAIL, "test_forged_and_foreign_answers_never_reach_a_ticket"),
    "mails of machines": (MAIL, "test_machines_are_never_answered"),
    "mails of 40 MB": (MAIL, "test_too_large_a_mail_is_refused_politely_and_unread"),
    "F1 boxes that never end": (MEDIA, "test_boxes_that_never_end_take_no_time"),
    "F3 clips that are something else": (MEDIA, "test_what_is_not_whole_or_nothing_of_the_kind_is_refused"),
    "F4 in both stores": (STORES, "test_rows_and_contents_live_and_die_together"),
    "F4 a cut upload": (STORES, "test_a_content_that_breaks_off_is_not_kept"),
    "2 GB": (MEDIA, "test_a_large_clip_stays_on_the_disk"),
    "A1 a foreign row": (WALK, "test_a_thousand_looks_at_somebody_elses_rows"),
    "A1 for every role": (MATRIX, "test_a_foreign_row_looks_exactly_like_a_missing_one"),
    "A2 an own parent with a foreign child": (WALK, "test_a_thousand_looks_at_somebody_elses_rows"),
    "A3 lists, counts, search, suggestions": (WALK, "test_lists_and_search_name_nobody_elses"),
    "A4 A11 A12 words among others": (SHARING, "test_strangers_neither_read_nor_write_comments"),
    "A5 news after access has ended": (
        SHARING, "test_no_mail_about_what_was_revoked_or_withdrawn_before_it_was_written"
    ),
    "A6 A9 foreign ids and forged owners": (WALK, "test_forms_take_nobody_elses_rows"),
    "A2 A3 tickets of others": ("functional/support/tickets/test_pages.py", "test_lists"),
    "A5 following a foreign ticket": (
        "functional/support/tickets/test_working.py", "test_whoever_follows_hears_of_it_while_he_may"
    ),
    "A6 a ticket linked to a foreign one": (
        "functional/support/tickets/test_working.py", "test_foreign_things_look_like_missing_ones"
    ),
    "A11 internal notes": (
        "functional/support/tickets/test_working.py", "test_notes_are_for_those_who_work_on_tickets"
    ),
    "A7 rights after a migration": (MATRIX, "test_every_route_for_every_role_and_row"),
    "A8 granting oneself a role": (PEOPLE, "test_nobody_changes_his_own_rights"),
    "A10 an action without its button": (MATRIX, "test_every_route_for_every_role_and_row"),
    "A13 prices that a customer may not know": (
        WALK, "test_a_customer_finds_no_partner_price_of_what_is_shared_with_him"
    ),
    "A13 in files": (WALK, "test_a_customer_reads_no_partner_price_in_files_of_an_offer"),
    "A14 HEAD, OPTIONS, slash, case, override": (WALK, "test_a_thousand_looks_at_somebody_elses_rows"),
    "A15 a link again, over, revoked": (WALK, "test_links_show_one_offer_and_nothing_else_and_end"),
    "A15 a link that is over": (WALK, "test_a_link_that_is_over_shows_nothing"),
    "A16 disabled": (WALK, "test_whoever_is_disabled_is_out_with_his_next_request"),
    "A17 moved": (WALK, "test_whoever_moves_sees_only_the_new_organisation_with_his_next_request"),
    "A17 a share revoked in the middle": (
        "functional/configurator/test_shared_flows.py", "test_the_share_decides_who_finishes_and_upgrades"
    ),
    "J4 markup in every stored text": (SHARING, "test_what_people_write_is_text_everywhere"),
    "J4 in orders": ("functional/deals/test_orders.py", "test_hostile_text_stays_text"),
    "J4 in documents": (PAPER, "test_markup_in_what_people_type_is_text"),
    "J5 Markdown": (MARKUP, "test_whatever_is_written_is_harmless_and_clean_already"),
    "J5 Markdown cleaned twice": (MARKUP, "test_cleaning_html_twice_changes_nothing"),
    "J5 links in Markdown": (MARKUP, "test_links_that_are_refused"),
    "J6 htmx in Markdown": (MARKUP, "test_a_page_shows_it_where_htmx_looks_for_nothing"),
    "J14 Markdown that takes long": (MARKUP, "test_hostile_texts_take_no_time"),
    "A3 A6 serial numbers of others": (
        "functional/support/matching/test_faults.py", "test_a_foreign_serial_number_looks_exactly_like_an_unknown_one"
    ),
    "A3 articles and cases of others": (
        "functional/support/knowledge/test_articles.py",
        "test_who_reads_which_on_the_page_in_the_database_and_in_the_index",
    ),
    "M4 four eyes on articles": (
        "functional/support/knowledge/test_articles.py",
        "test_nobody_publishes_what_he_wrote_alone_nor_with_a_second_account",
    ),
    "J8 fault types as rule files": (
        "functional/support/knowledge/test_fault_tree.py", "test_every_mistake_of_a_file_is_named"
    ),
    "J5 J6 no markup is ever made of what people write": (SHARING, "test_what_people_write_is_text_everywhere"),
    "J7 templates in texts": ("functional/configurator/test_clicks.py", "test_hostile_names_are_shown_inertly"),
    "J8 code in rule files": ("unit/configurator/test_broken_folders.py", "test_the_mistake_is_named_at_its_line"),
    "J8 bombs of aliases": (
        "unit/configurator/test_broken_files.py", "test_a_bomb_of_aliases_is_refused_before_it_unfolds"
    ),
    "J9 formulas in workbooks": (
        "unit/deals/test_spreadsheets.py", "test_a_text_that_looks_like_a_formula_is_a_text"
    ),
    "J9 formulas in orders": ("functional/deals/test_orders.py", "test_texts_that_look_like_formulas_stay_texts"),
    "J10 addresses in documents": (PAPER, "test_the_second_wall_fetches_nothing_even_if_markup_came_through"),
    "J10 under a letterhead": ("unit/pdf/test_resale_pages.py", "test_what_people_type_is_text_and_nothing_is_fetched"),
    "F1 pictures of 60,000 pixels": (LOGOS, "test_sizes_are_read_before_anything_is_decoded"),
    "F1 memory": (LOGOS, "test_the_largest_picture_needs_bounded_memory"),
    "F1 ten thousand frames": (LOGOS, "test_a_gif_of_ten_thousand_frames_is_not_even_opened"),
    "F2 other files than pictures": (LOGOS, "test_other_files_are_no_pictures"),
    "F3 two things at once": (LOGOS, "test_files_that_are_two_things_at_once"),
    "F4 half an upload": (LETTERHEAD, "test_half_an_upload_leaves_nothing"),
    "F5 names of files": (LETTERHEAD, "test_the_name_of_a_file_means_nothing"),
    "M6 the total is the sum of rounded lines": (SOLD, "test_the_total_is_the_sum_of_rounded_lines"),
    "M6 cents and three ways": (SOLD, "test_one_cent_lines_and_a_three_way_split"),
    "M7 markups out of range": (RESALE, "test_a_bad_markup_is_422_and_keeps_everything_typed"),
    "M7 amounts": (RESALE, "test_a_bad_amount_is_422_at_its_field"),
    "M7 10^9 cameras": ("functional/configurator/test_clicks.py", "test_bad_numbers_keep_what_was_typed"),
    "M8 expired prices": ("functional/deals/test_stale_prices.py", "test_the_new_price_stands_beside_the_old_one"),
    "M8 an expired quote": ("functional/deals/test_orders.py", "test_the_last_day_counts_and_the_next_one_does_not"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_test(case: str) -> None:
    file, name = CASES[case]
    assert re.search(rf"^def {name}\(", (TESTS / file).read_text("utf-8"), re.MULTILINE)
