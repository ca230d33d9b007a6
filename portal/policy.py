"""Who may do what, and how far: the one table of roles, permissions and reach. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, Protocol


class Permission(StrEnum):
    """Everything somebody may be allowed to do."""

    HOME_VIEW = "home.view"
    INBOX_VIEW = "inbox.view"
    SEARCH_USE = "search.use"
    PROFILE_EDIT = "profile.edit"
    PRODUCT_VIEW = "product.view"
    PARTY_VIEW = "party.view"
    PARTY_EDIT = "party.edit"
    PEOPLE_VIEW = "people.view"
    PEOPLE_MANAGE = "people.manage"
    CONFIGURATION_VIEW = "configuration.view"
    CONFIGURATION_EDIT = "configuration.edit"
    PRICE_PARTNER = "price.partner"
    QUOTE_VIEW = "quote.view"
    QUOTE_EDIT = "quote.edit"
    ORDER_VIEW = "order.view"
    ORDER_PLACE = "order.place"
    ENGINEERING_ANSWER = "engineering.answer"
    TOKEN_MANAGE = "token.manage"  # noqa: S105 - a right, no secret
    RULES_VIEW = "rules.view"
    REGISTRATION_VIEW = "registration.view"
    REGISTRATION_EDIT = "registration.edit"
    REGISTRATION_MANAGE = "registration.manage"  # overrides and reopening, each with a reason
    POOL_CLAIM = "pool.claim"
    CUSTOMER_TRANSFER = "customer.transfer"
    POLICY_SIMULATE = "policy.simulate"
    PARTY_STEWARD = "party.steward"  # merging duplicates, reviewing customer files
    APPROVAL_VIEW = "approval.view"
    APPROVAL_DECIDE = "approval.decide"
    APPROVAL_MANAGE = "approval.manage"
    CALENDAR_MANAGE = "calendar.manage"
    PARAMETER_MANAGE = "parameter.manage"
    ARTICLE_VIEW = "article.view"  # which ones, their visibility says
    ARTICLE_EDIT = "article.edit"
    ARTICLE_REVIEW = "article.review"
    FAULT_MANAGE = "fault.manage"  # the fault tree and its words
    EQUIPMENT_VIEW = "equipment.view"  # the installed base
    TICKET_VIEW = "ticket.view"
    TICKET_OPEN = "ticket.open"  # also answering in, closing and rating one's own
    TICKET_WORK = "ticket.work"  # answering for the house, internal notes, assignment
    TICKET_MANAGE = "ticket.manage"  # queues, targets, macros
    RETURN_MANAGE = "return.manage"  # returns for repair and spare parts
    DISPATCH_MANAGE = "dispatch.manage"
    VISIT_WORK = "visit.work"  # the engineer on site
    PHONE_USE = "phone.use"
    LEAD_VIEW = "lead.view"
    LEAD_WORK = "lead.work"  # calling back, making a customer of a lead, whom leads go to
    SUPPORT_NUMBERS = "support.numbers"
    OUTBOX_MANAGE = "outbox.manage"
    HISTORY_VIEW = "history.view"


class Reach(IntEnum):
    """How far a permission carries."""

    NONE = 0
    OWN = 1  # rows of the person's own organisation
    ALL = 2  # rows of every organisation


class OrganisationKind(StrEnum):
    """Which side of the table an organisation sits on."""

    SUPPLIER = "supplier"
    PARTNER = "partner"
    CUSTOMER = "customer"


class Role(StrEnum):
    """What a person is in his organisation."""

    OWNER = "owner"
    SALES = "sales"
    ENGINEER = "engineer"
    CUSTOMER = "customer"
    CHANNEL_MANAGER = "channel_manager"
    APPROVER = "approver"
    SUPPORT_AGENT = "support_agent"
    SUPPORT_LEAD = "support_lead"
    FIELD_ENGINEER = "field_engineer"
    FINANCE = "finance"
    PRODUCT_MANAGER = "product_manager"
    DATA_STEWARD = "data_steward"
    EXECUTIVE = "executive"
    ADMINISTRATOR = "administrator"


ROLES_OF: Final[Mapping[OrganisationKind, tuple[Role, ...]]] = {
    OrganisationKind.PARTNER: (Role.OWNER, Role.SALES, Role.ENGINEER),
    OrganisationKind.CUSTOMER: (Role.OWNER, Role.CUSTOMER),
    OrganisationKind.SUPPLIER: (
        Role.CHANNEL_MANAGER,
        Role.APPROVER,
        Role.SUPPORT_AGENT,
        Role.SUPPORT_LEAD,
        Role.FIELD_ENGINEER,
        Role.FINANCE,
        Role.PRODUCT_MANAGER,
        Role.DATA_STEWARD,
        Role.EXECUTIVE,
        Role.ADMINISTRATOR,
    ),
}

P, OWN, ALL = Permission, Reach.OWN, Reach.ALL
_EVERYBODY: Final = {
    P.HOME_VIEW: OWN,
    P.INBOX_VIEW: OWN,
    P.SEARCH_USE: OWN,
    P.PROFILE_EDIT: OWN,
    P.PRODUCT_VIEW: ALL,
    P.ARTICLE_VIEW: OWN,
}
_ASKS_FOR_HELP: Final = {P.EQUIPMENT_VIEW: OWN, P.TICKET_VIEW: OWN, P.TICKET_OPEN: OWN}
_CONFIGURES: Final = {
    **_ASKS_FOR_HELP,
    P.CONFIGURATION_VIEW: OWN,
    P.CONFIGURATION_EDIT: OWN,
    P.PARTY_VIEW: OWN,
}
_SELLS: Final = {
    **_CONFIGURES,
    P.PARTY_EDIT: OWN,
    P.PRICE_PARTNER: OWN,
    P.QUOTE_VIEW: OWN,
    P.QUOTE_EDIT: OWN,
    P.ORDER_VIEW: OWN,
    P.ORDER_PLACE: OWN,
    P.REGISTRATION_VIEW: OWN,
    P.REGISTRATION_EDIT: OWN,
    P.POOL_CLAIM: OWN,
    P.APPROVAL_VIEW: OWN,
}
_READS_DEALS: Final = {
    P.PARTY_VIEW: ALL,
    P.CONFIGURATION_VIEW: ALL,
    P.QUOTE_VIEW: ALL,
    P.PRICE_PARTNER: ALL,
    P.ORDER_VIEW: ALL,
    P.REGISTRATION_VIEW: ALL,
    P.APPROVAL_VIEW: ALL,
}
_HELPS: Final = {
    P.ARTICLE_VIEW: ALL,
    P.PARTY_VIEW: ALL,
    P.CONFIGURATION_VIEW: ALL,
    P.EQUIPMENT_VIEW: ALL,
    P.TICKET_VIEW: ALL,
    P.TICKET_WORK: ALL,
}
_ANSWERS: Final = {
    **_HELPS,
    P.ARTICLE_EDIT: ALL,
    P.TICKET_OPEN: ALL,
    P.RETURN_MANAGE: ALL,
    P.DISPATCH_MANAGE: ALL,
    P.PHONE_USE: ALL,
}

Grants = Mapping[Permission, Reach]
# Partner and customer roles differ by the kind of organisation: an owner of a customer does not sell.
_PARTNER: Final[Mapping[Role, Grants]] = {
    Role.OWNER: {
        **_EVERYBODY,
        **_SELLS,
        P.PEOPLE_VIEW: OWN,
        P.PEOPLE_MANAGE: OWN,
        P.TOKEN_MANAGE: OWN,
        P.CUSTOMER_TRANSFER: OWN,
    },
    Role.SALES: {**_EVERYBODY, **_SELLS, P.PEOPLE_VIEW: OWN},
    Role.ENGINEER: {
        **_EVERYBODY,
        **_CONFIGURES,
        P.QUOTE_VIEW: OWN,
        P.ORDER_VIEW: OWN,
        P.REGISTRATION_VIEW: OWN,
        P.APPROVAL_VIEW: OWN,
        P.PRICE_PARTNER: OWN,
        P.PEOPLE_VIEW: OWN,
    },
}
_CUSTOMER: Final[Mapping[Role, Grants]] = {
    Role.OWNER: {**_EVERYBODY, **_CONFIGURES, P.PEOPLE_VIEW: OWN, P.PEOPLE_MANAGE: OWN},
    Role.CUSTOMER: {**_EVERYBODY, **_CONFIGURES, P.PEOPLE_VIEW: OWN},
}
_SUPPLIER: Final[Mapping[Role, Grants]] = {
    Role.CHANNEL_MANAGER: {
        **_EVERYBODY,
        **_READS_DEALS,
        P.PEOPLE_VIEW: ALL,
        P.REGISTRATION_MANAGE: ALL,
        P.POOL_CLAIM: ALL,
        P.CUSTOMER_TRANSFER: ALL,
        P.POLICY_SIMULATE: ALL,
        P.APPROVAL_DECIDE: ALL,
        P.TICKET_VIEW: ALL,
        P.EQUIPMENT_VIEW: ALL,
        P.LEAD_VIEW: ALL,
        P.LEAD_WORK: ALL,
    },
    Role.APPROVER: {**_EVERYBODY, **_READS_DEALS, P.APPROVAL_DECIDE: ALL},
    Role.SUPPORT_AGENT: {**_EVERYBODY, **_ANSWERS},
    Role.SUPPORT_LEAD: {
        **_EVERYBODY,
        **_ANSWERS,
        P.ARTICLE_REVIEW: ALL,
        P.FAULT_MANAGE: ALL,
        P.TICKET_MANAGE: ALL,
        P.CALENDAR_MANAGE: ALL,
        P.LEAD_VIEW: ALL,
        P.LEAD_WORK: ALL,
        P.SUPPORT_NUMBERS: ALL,
    },
    Role.FIELD_ENGINEER: {**_EVERYBODY, **_HELPS, P.VISIT_WORK: ALL},
    Role.FINANCE: {**_EVERYBODY, P.PARTY_VIEW: ALL, P.QUOTE_VIEW: ALL, P.ORDER_VIEW: ALL, P.PRICE_PARTNER: ALL},
    Role.PRODUCT_MANAGER: {
        **_EVERYBODY,
        P.RULES_VIEW: ALL,
        P.CONFIGURATION_VIEW: ALL,
        P.PARTY_VIEW: ALL,
        P.ENGINEERING_ANSWER: ALL,
        P.ARTICLE_VIEW: ALL,
        P.ARTICLE_EDIT: ALL,
        P.ARTICLE_REVIEW: ALL,
        P.FAULT_MANAGE: ALL,
        P.TICKET_VIEW: ALL,
        P.EQUIPMENT_VIEW: ALL,
    },
    Role.DATA_STEWARD: {**_EVERYBODY, P.PARTY_VIEW: ALL, P.PARTY_EDIT: ALL, P.PARTY_STEWARD: ALL},
    Role.EXECUTIVE: {
        **_EVERYBODY,
        **_READS_DEALS,
        P.HISTORY_VIEW: ALL,
        P.POLICY_SIMULATE: ALL,
        P.TICKET_VIEW: ALL,
        P.EQUIPMENT_VIEW: ALL,
        P.SUPPORT_NUMBERS: ALL,
        P.LEAD_VIEW: ALL,
    },
    Role.ADMINISTRATOR: {
        **_EVERYBODY,
        P.PARTY_VIEW: ALL,
        P.PEOPLE_VIEW: ALL,
        P.PEOPLE_MANAGE: ALL,
        P.TOKEN_MANAGE: OWN,
        P.RULES_VIEW: ALL,
        P.APPROVAL_VIEW: ALL,
        P.APPROVAL_MANAGE: ALL,
        P.CALENDAR_MANAGE: ALL,
        P.PARAMETER_MANAGE: ALL,
        P.POLICY_SIMULATE: ALL,  # who sets the rules may try them out first
        P.REGISTRATION_VIEW: ALL,
        P.REGISTRATION_MANAGE: ALL,
        P.OUTBOX_MANAGE: ALL,
        P.HISTORY_VIEW: ALL,
    },
}
GRANTS: Final[Mapping[OrganisationKind, Mapping[Role, Grants]]] = {
    OrganisationKind.PARTNER: _PARTNER,
    OrganisationKind.CUSTOMER: _CUSTOMER,
    OrganisationKind.SUPPLIER: _SUPPLIER,
}


class OwnedThing(Protocol):
    """Anything that belongs to an organisation."""

    organisation_id: int


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something happens: a person as he is now, or the house itself (`SYSTEM`)."""

    person_id: int | None
    organisation_id: int | None
    grants: Grants = field(default_factory=dict)
    is_system: bool = False

    def reach(self, permission: Permission) -> Reach:
        """Return how far `permission` carries for this actor."""
        return Reach.ALL if self.is_system else self.grants.get(permission, Reach.NONE)

    def can(self, permission: Permission) -> bool:
        """Return whether the actor has `permission` for anything at all."""
        return self.reach(permission) > Reach.NONE


SYSTEM: Final = Actor(person_id=None, organisation_id=None, is_system=True)
NOBODY: Final = Actor(person_id=None, organisation_id=None)


def grants_of(kind: OrganisationKind, roles: Iterable[Role]) -> Grants:
    """Merge the grants of `roles` in an organisation of `kind`; a role of another kind grants nothing."""
    table, merged = GRANTS[kind], dict[Permission, Reach]()
    for role in roles:
        for permission, reach in table.get(role, {}).items():
            merged[permission] = max(reach, merged.get(permission, Reach.NONE))
    return merged


def allows(actor: Actor, permission: Permission, thing: OwnedThing) -> bool:
    """Return whether `actor` may do `permission` with `thing`."""
    reach = actor.reach(permission)
    return reach is Reach.ALL or (reach is Reach.OWN and thing.organisation_id == actor.organisation_id)
