"""Kinds of events by topic: what people choose how they want to be told of. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.policy import Actor, Permission
from portal.words import N_


class Way(StrEnum):
    """How somebody is told, beside the inbox, where everything stands."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    INBOX = "inbox"


WAYS: Final[Mapping[Way, str]] = {
    Way.AT_ONCE: N_("by mail at once"),
    Way.DIGEST: N_("in the morning mail"),
    Way.INBOX: N_("only in the inbox"),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """Events that people choose for together; `permission` says who can meet them at all."""

    key: str
    label: str  # gettext ids, like the hint
    hint: str
    usual: Way
    permission: Permission | None = None


_ALL: Final = (
    Topic("approval", N_("Approvals"), N_("What waits for your decision, and what was decided of yours."), Way.AT_ONCE,
          Permission.APPROVAL_VIEW),
    Topic("registration", N_("Registrations"), N_("Decisions, questions, protection that runs out."), Way.AT_ONCE,
          Permission.REGISTRATION_VIEW),
    Topic("pool", N_("Public pool"), N_("Claims that end, customers that fall back."), Way.DIGEST,
          Permission.POOL_CLAIM),
    Topic("transfer", N_("Customer transfer"), N_("Customers that come to you or go."), Way.AT_ONCE,
          Permission.REGISTRATION_VIEW),
    Topic("price", N_("Special prices"), N_("Answers to your requests for a special price."), Way.AT_ONCE,
          Permission.QUOTE_VIEW),
    Topic("documents", N_("Documents"), N_("Quotes, offers and confirmations that are ready; offers that were opened."),
          Way.AT_ONCE, Permission.QUOTE_VIEW),
    Topic("sharing", N_("Shares and comments"), N_("What others share with you, send you or comment on."), Way.AT_ONCE,
          Permission.CONFIGURATION_VIEW),
    Topic("engineering", N_("Engineers"), N_("Questions to engineers and their answers."), Way.DIGEST,
          Permission.CONFIGURATION_VIEW),
    Topic("ticket", N_("Fault tickets"), N_("Answers, questions, promised times, what is given to you."), Way.AT_ONCE,
          Permission.TICKET_VIEW),
    Topic("article", N_("Knowledge base"), N_("Articles to review, yours that are published or doubted."), Way.DIGEST,
          Permission.ARTICLE_EDIT),
    Topic("lead", N_("Leads"), N_("Callers nobody knows that come to you, and those nobody called back."), Way.AT_ONCE,
          Permission.LEAD_WORK),
    Topic("other", N_("Everything else"), N_("News about your customers, files and the portal itself."), Way.DIGEST),
)  # fmt: skip
TOPICS: Final[Mapping[str, Topic]] = {topic.key: topic for topic in _ALL}
# Kinds that do not begin with the key of their topic and an underscore.
_TOPIC_OF: Final[Mapping[str, str]] = {
    "document_ready": "documents",
    "resale_ready": "documents",
    "order_documents": "documents",
    "offer_seen": "documents",
    "shared_view": "sharing",
    "shared_edit": "sharing",
    "comment": "sharing",
    "comment_line": "sharing",
    "sent": "sharing",
    "no_distributor": "sharing",
    "engineer_answered": "engineering",
    "engineer_asked": "engineering",
    "engineer_facts_refused": "engineering",
    "special_price": "price",
}
_PREFIXES: Final[Mapping[str, str]] = {
    "approval": "approval",
    "article": "article",
    "registration": "registration",
    "ticket": "ticket",
    "return": "ticket",
    "visit": "ticket",
    "holding": "registration",
    "pool": "pool",
    "transfer": "transfer",
    "special": "price",
    "price": "price",
    "document": "documents",
    "lead": "lead",
    "order": "documents",
}
# Whose features write a mail of their own at once; they ask `mails_at_once` before.
OWN_MAIL: Final = frozenset(
    {"document_ready", "resale_ready", "shared_view", "shared_edit", "comment", "comment_line", "ticket_solved"}
)
NEVER_MAILED: Final = frozenset({"welcome", "job_dead"})  # a mail about a mail that failed would never end


def topic_of(kind: str) -> Topic:
    """Return the topic of a kind of notice; one that nobody sorted belongs to everything else."""
    return TOPICS[_TOPIC_OF.get(kind) or _PREFIXES.get(kind.partition("_")[0], "other")]


def topics_for(actor: Actor) -> list[Topic]:
    """Return the topics that somebody can meet, in their order."""
    return [topic for topic in _ALL if topic.permission is None or actor.can(topic.permission)]
