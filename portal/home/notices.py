"""The sentences of an inbox, made from kind and parameters in the reader's language."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final

from portal.formats import formats, translations
from portal.words import N_, params_in

SENTENCES: Final = {
    "document_ready": N_("The PDFs of quote %(number)s, revision %(revision)s, are ready."),
    "resale_ready": N_("The PDFs of your offer %(number)s, revision %(revision)s, are ready."),
    "offer_seen": N_("%(customer)s opened your offer %(number)s."),
    "order_documents": N_("The confirmation of order %(number)s is ready."),
    "engineer_answered": N_("An engineer answered your question about “%(name)s”."),
    "engineer_asked": N_("A question about “%(name)s” waits for an engineer."),
    "engineer_facts_refused": N_(
        "The facts for “%(name)s” were not taken over: the rules with them did not pass their checks."
    ),
    "shared_view": N_("%(person)s of %(organisation)s shares “%(name)s” with you: to look and comment."),
    "shared_edit": N_("%(person)s of %(organisation)s shares “%(name)s” with you: you may change it."),
    "comment": N_("%(person)s commented on “%(name)s”."),
    "comment_line": N_("%(person)s commented on %(line)s in “%(name)s”."),
    "job_dead": N_("A job of the outbox was given up after several attempts: %(kind)s."),
    "sent": N_("%(organisation)s sent you “%(name)s” and wants an offer."),
    "no_distributor": N_("%(organisation)s looks for a distributor for “%(name)s”."),
    "verification_failed": N_("“%(title)s” was not issued: the independent check disagrees with rule %(rules)s."),
    "ticket_person_called": N_("%(number)s: somebody wants to talk to a person. “%(subject)s”"),
    "ticket_opened": N_("%(number)s is new: “%(subject)s”"),
    "ticket_begun": N_("Your ticket %(number)s, “%(subject)s”, was opened."),
    "ticket_written": N_("%(number)s: the customer wrote. “%(subject)s”"),
    "ticket_colleague": N_("%(number)s: a colleague wrote. “%(subject)s”"),
    "ticket_answered": N_("%(number)s: there is an answer. “%(subject)s”"),
    "ticket_asked": N_("%(number)s: a question waits for your answer. “%(subject)s”"),
    "ticket_noted": N_("%(number)s: there is an internal note. “%(subject)s”"),
    "ticket_assigned": N_("%(number)s was given to you: “%(subject)s”"),
    "ticket_handed": N_("%(number)s was handed to your queue: “%(subject)s”"),
    "ticket_solved": N_("%(number)s is solved: “%(subject)s”. How was it?"),
    "ticket_finished": N_("%(number)s is solved: “%(subject)s”"),
    "ticket_helped": N_("%(number)s: the customer says it is solved. “%(subject)s”"),
    "ticket_reopened": N_("%(number)s is open again: “%(subject)s”"),
    "ticket_closed": N_("%(number)s is closed: “%(subject)s”"),
    "ticket_merged": N_("%(number)s, “%(subject)s”, goes on in %(survivor)s."),
    "ticket_nudged": N_("You are reminded of %(number)s: “%(subject)s”"),
    "ticket_warning": N_("%(number)s: a promised time ends soon. “%(subject)s”"),
    "ticket_breached": N_("%(number)s: a promised time is over. “%(subject)s”"),
    "ticket_escalated": N_("%(number)s needs the head of support: “%(subject)s”"),
    "approval_asked": N_("“%(title)s” waits for your decision."),
    "approval_answered": N_("The question about “%(title)s” was answered; it waits for your decision again."),
    "approval_nudged": N_("You are reminded of “%(title)s”: it waits for you."),
    "approval_escalated": N_("“%(title)s” is overdue and now waits for you."),
    "approval_handed": N_("“%(title)s” was handed to you for a decision."),
    "approval_late": N_("The decision on “%(title)s” is late; somebody else was asked as well."),
    "approval_approved": N_("“%(title)s” is approved."),
    "approval_refused": N_("“%(title)s” is refused: %(reason)s"),
    "approval_returned": N_("“%(title)s” comes back with a question: %(note)s"),
    "approval_delegate": N_("You decide for %(person)s from %(from)s until %(until)s."),
    "registration_approved": N_("%(number)s, %(customer)s, is protected until %(until)s."),
    "registration_refused": N_("%(number)s, %(customer)s, was refused: another registration came first."),
    "registration_taken_up": N_("%(number)s, %(customer)s, is decided on now; expect the result by %(until)s."),
    "registration_reminder": N_("The protection of %(number)s, %(customer)s, ends in %(days)s days, on %(until)s."),
    "registration_expired": N_("The protection of %(number)s, %(customer)s, is over."),
    "registration_lapsed": N_("The protection of %(number)s, %(customer)s, ended without an order."),
    "registration_unanswered": N_("%(number)s, %(customer)s, counts as withdrawn: its question was not answered."),
    "registration_reopened": N_("%(number)s, %(customer)s, was opened again and is decided on once more."),
    "registration_overridden": N_("%(number)s, %(customer)s, lost its protection: it was given to somebody else."),
    "transfer_received": N_("%(person)s handed %(customer)s over to you, with everything open."),
    "transfer_received_book": N_("%(person)s handed %(count)s customers over to you, with everything open."),
    "transfer_given": N_("%(person)s handed %(customer)s over to somebody else."),
    "transfer_given_book": N_("%(person)s handed %(count)s of your customers over to somebody else."),
    "transfer_undone": N_("%(person)s took a transfer of %(count)s customers back."),
    "pool_ended": N_("Your time with a customer from the public pool is over; it is in the pool again."),
    "article_review": N_("The article “%(title)s” waits for your review."),
    "article_given_back": N_("The article “%(title)s” comes back to be written on."),
    "article_published": N_("Your article “%(title)s” is published."),
    "article_doubted": N_("A reader says that the article “%(title)s” is out of date."),
    "lead_new": N_("A new lead waits for a call: %(name)s (%(number)s)."),
    "lead_late": N_("Nobody has called this lead back yet: %(name)s (%(number)s)."),
    "return_asked": N_("A return is asked for: %(number)s. “%(subject)s”"),
    "return_begun": N_("The return %(number)s was begun for you. “%(subject)s”"),
    "return_authorised": N_("The return %(number)s is authorised; send the device within 14 days. “%(subject)s”"),
    "return_refused": N_("The return %(number)s was refused. “%(subject)s”"),
    "return_received": N_("The device of the return %(number)s has come. “%(subject)s”"),
    "return_repaired": N_("The device of the return %(number)s is repaired. “%(subject)s”"),
    "return_swapped": N_("The device of the return %(number)s was swapped. “%(subject)s”"),
    "return_sent_back": N_("The return %(number)s is on its way back to you. “%(subject)s”"),
    "return_closed": N_("The return %(number)s is closed. “%(subject)s”"),
    "return_expired": N_("The number %(number)s expired before the device came. “%(subject)s”"),
    "visit_planned": N_("An engineer comes to you: %(number)s. “%(subject)s”"),
    "visit_given": N_("A visit was given to you: %(number)s. “%(subject)s”"),
    "visit_cancelled": N_("The visit %(number)s was cancelled. “%(subject)s”"),
    "visit_arrived": N_("The engineer is on site: %(number)s. “%(subject)s”"),
    "visit_done": N_("The visit %(number)s is over. “%(subject)s”"),
    "visit_report": N_("The report of the visit %(number)s is ready. “%(subject)s”"),
    "welcome": N_("Welcome to the portal. Begin with a configuration, or look at the products."),
}
DAYS: Final = ("from", "until")  # parameters that are days, kept as `2026-11-24`
OTHER: Final = N_("There is news about one of your matters.")


class _Gaps(dict[str, Any]):
    """Parameters in which a missing one shows as an ellipsis."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(kind: str, params: Mapping[str, Any], locale: str) -> str:
    """Return what a notice says; a kind that is not known yet gets a neutral sentence."""
    text = translations(locale).gettext(SENTENCES.get(kind, OTHER))
    return text % _Gaps({name: _shown(name, value, locale) for name, value in params_in(locale, params).items()})


def _shown(name: str, value: Any, locale: str) -> Any:
    """Return a parameter as people read it: a day is written like every other day on the page."""
    if name not in DAYS:
        return value
    with suppress(TypeError, ValueError):
        return formats(locale).date(date.fromisoformat(value))
    return value
