"""The sentences of an inbox, made from kind and parameters in the reader's language."""

from collections.abc import Mapping
from typing import Any, Final

from portal.formats import translations
from portal.words import N_

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
    "approval_asked": N_("“%(title)s” waits for your decision."),
    "approval_answered": N_("The question about “%(title)s” was answered; it waits for your decision again."),
    "approval_nudged": N_("You are reminded of “%(title)s”: it waits for you."),
    "approval_escalated": N_("“%(title)s” is overdue and now waits for you."),
    "approval_handed": N_("“%(title)s” was handed to you for a decision."),
    "approval_late": N_("The decision on “%(title)s” is late; somebody else was asked as well."),
    "approval_approved": N_("“%(title)s” is approved."),
    "approval_refused": N_("“%(title)s” is refused."),
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
    "pool_ended": N_("Your time with a customer from the public pool is over; it is in the pool again."),
    "welcome": N_("Welcome to the portal. Begin with a configuration, or look at the products."),
}
OTHER: Final = N_("There is news about one of your matters.")


class _Gaps(dict[str, Any]):
    """Parameters in which a missing one shows as an ellipsis."""

    def __missing__(self, name: str) -> str:
        return "…"


def sentence(kind: str, params: Mapping[str, Any], locale: str) -> str:
    """Return what a notice says; a kind that is not known yet gets a neutral sentence."""
    text = translations(locale).gettext(SENTENCES.get(kind, OTHER))
    return text % _Gaps(params)
