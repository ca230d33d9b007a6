"""What a token may be allowed to do: scopes, and the permissions that they bring. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from portal.policy import GRANTS, Grants, OrganisationKind, Permission, Role
from portal.words import N_


class Scope(StrEnum):
    """One thing that programs may be let do."""

    CONFIGURATIONS_READ = "configurations:read"
    CONFIGURATIONS_WRITE = "configurations:write"
    QUOTES_READ = "quotes:read"
    QUOTES_WRITE = "quotes:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    CALLS_WRITE = "calls:write"


LABELS: Final[Mapping[Scope, str]] = {
    Scope.CONFIGURATIONS_READ: N_("Read configurations, with list prices"),
    Scope.CONFIGURATIONS_WRITE: N_("Make and change configurations, with list prices"),
    Scope.QUOTES_READ: N_("Read quotes, and see purchase prices"),
    Scope.QUOTES_WRITE: N_("Make and issue quotes, and see purchase prices"),
    Scope.ORDERS_READ: N_("Read orders, and see purchase prices"),
    Scope.ORDERS_WRITE: N_("Place orders, and see purchase prices"),
    Scope.CALLS_WRITE: N_("Say who calls: names and open matters of every customer"),
}
P = Permission
_DEALS: Final = (P.PRICE_PARTNER, P.CONFIGURATION_VIEW)
PERMISSIONS: Final[Mapping[Scope, tuple[Permission, ...]]] = {
    Scope.CONFIGURATIONS_READ: (P.CONFIGURATION_VIEW,),
    Scope.CONFIGURATIONS_WRITE: (P.CONFIGURATION_VIEW, P.CONFIGURATION_EDIT),
    Scope.QUOTES_READ: (*_DEALS, P.QUOTE_VIEW),
    Scope.QUOTES_WRITE: (*_DEALS, P.QUOTE_VIEW, P.QUOTE_EDIT),
    Scope.ORDERS_READ: (*_DEALS, P.ORDER_VIEW),
    Scope.ORDERS_WRITE: (*_DEALS, P.ORDER_VIEW, P.ORDER_PLACE, P.QUOTE_VIEW, P.CONFIGURATION_EDIT),
    Scope.CALLS_WRITE: (P.PHONE_USE,),
}
ALWAYS: Final = (P.PRODUCT_VIEW, P.PARTY_VIEW)
NEEDED: Final[Mapping[Scope, Permission]] = {  # by whoever does the same on a page
    Scope.CONFIGURATIONS_READ: P.CONFIGURATION_VIEW,
    Scope.CONFIGURATIONS_WRITE: P.CONFIGURATION_EDIT,
    Scope.QUOTES_READ: P.QUOTE_VIEW,
    Scope.QUOTES_WRITE: P.QUOTE_EDIT,
    Scope.ORDERS_READ: P.ORDER_VIEW,
    Scope.ORDERS_WRITE: P.ORDER_PLACE,
    Scope.CALLS_WRITE: P.PHONE_USE,
}
# What programs of an organisation may be let do at most, by its kind, and as whom: never more than such a person may.
OFFERED: Final[Mapping[OrganisationKind, tuple[Scope, ...]]] = {
    OrganisationKind.PARTNER: tuple(scope for scope in Scope if scope is not Scope.CALLS_WRITE),
    OrganisationKind.SUPPLIER: (Scope.CALLS_WRITE,),
    OrganisationKind.CUSTOMER: (),
}
_AS: Final[Mapping[OrganisationKind, Role]] = {
    OrganisationKind.PARTNER: Role.SALES,
    OrganisationKind.SUPPLIER: Role.SUPPORT_AGENT,
}


def grants_of_scopes(scopes: Iterable[str], kind: OrganisationKind = OrganisationKind.PARTNER) -> Grants:
    """Return the grants of a token of such an organisation: what its scopes bring, as far as they are offered.

    A partner's token never has more than his salespeople, the supplier's never more than an agent on the telephone.
    """
    asked = set(scopes)
    known = [scope for scope in OFFERED[kind] if scope.value in asked]
    if kind not in _AS:
        return {}
    person = GRANTS[kind][_AS[kind]]
    wanted = {*ALWAYS, *(held for scope in known for held in PERMISSIONS[scope])}
    return {permission: person[permission] for permission in wanted if permission in person}
