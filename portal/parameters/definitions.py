"""The one table of numbers that the business rules take from: what each means, its bounds and its default. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from portal.words import N_

Kind = Literal["integer", "flag", "money", "basis_points"]
MOST_MONEY: Final = 10**13  # minor units


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the rules; money is in minor units of the supplier's currency, a flag is 0 or 1."""

    key: str
    kind: Kind
    default: int
    minimum: int
    maximum: int
    unit: str  # gettext ids, like the two below
    label: str
    hint: str
    group: str

    def __post_init__(self) -> None:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError(f"the default of {self.key} lies outside its bounds")


GROUPS: Final[Mapping[str, str]] = {
    "registration": N_("Registrations"),
    "pool": N_("Public pool"),
    "transfer": N_("Customer transfer"),
    "special_price": N_("Special prices"),
    "ticket": N_("Fault tickets"),
    "lead": N_("Leads"),
    "files": N_("Uploaded files"),
}
DAYS: Final = N_("days")
HOURS: Final = N_("hours")
BUSINESS_HOURS: Final = N_("business hours")
BUSINESS_DAYS: Final = N_("business days")
MONTHS: Final = N_("months")
TIMES: Final = N_("times")
PER_CENT: Final = N_("per cent")
CUSTOMERS: Final = N_("customers")
A_DAY: Final = N_("a day for each person")
MEGABYTES: Final = N_("megabytes")
FILES: Final = N_("files")


def _whole(key: str, default: int, bounds: tuple[int, int], unit: str, label: str, hint: str) -> Parameter:
    return Parameter(key, "integer", default, *bounds, unit, label, hint, key.partition(".")[0])


def _money(key: str, default: int, label: str, hint: str) -> Parameter:
    return Parameter(key, "money", default, 0, MOST_MONEY, "", label, hint, key.partition(".")[0])


def _share(key: str, default: int, label: str, hint: str) -> Parameter:
    return Parameter(key, "basis_points", default, 0, 10_000, PER_CENT, label, hint, key.partition(".")[0])


_ALL: Final = (
    _whole("registration.protection_days", 90, (1, 730), DAYS, N_("Protection period"),
           N_("From the day of approval; it ends with the last day, in the supplier's time zone.")),
    _whole("registration.extension_days", 30, (1, 365), DAYS, N_("Length of an extension"),
           N_("Added to the end of the protection, with evidence.")),
    _whole("registration.extensions", 2, (0, 20), TIMES, N_("Extensions of one registration"),
           N_("0 allows none.")),
    _whole("registration.decision_hours", 16, (1, 400), BUSINESS_HOURS, N_("Time for a decision"),
           N_("Counted in the working hours of the calendar; at its end the request is escalated.")),
    _whole("registration.nudge_hours", 4, (1, 100), BUSINESS_HOURS, N_("Between two nudges"),
           N_("The first nudge is possible at once.")),
    _whole("registration.research_days", 3, (1, 30), BUSINESS_DAYS, N_("Research"),
           N_("What an approver may add to his time for a decision, once.")),
    _whole("registration.resubmissions", 3, (0, 20), TIMES, N_("Resubmissions of one registration"),
           N_("How often a refused registration may be handed in again.")),
    _whole("registration.answer_days", 14, (1, 365), DAYS, N_("Time for an answer"),
           N_("A returned registration nobody answers for so long counts as withdrawn.")),
    _whole("registration.withdraw_hours", 24, (0, 240), HOURS, N_("Undo of a withdrawal"),
           N_("So long a withdrawal may be taken back; then it is final.")),
    _whole("registration.value_growth_percent", 20, (0, 1000), PER_CENT, N_("Growth of the value"),
           N_("A value that grows by more than this needs a new approval.")),
    _money("registration.auto_approve_below", 0, N_("Automatic approval below"),
           N_("A registration of a smaller value is approved at once; 0 approves none by itself.")),
    _whole("registration.holding_cap", 20, (1, 10_000), CUSTOMERS, N_("Holding cap"),
           N_("Open customers that one internal account manager may take on; signed customers do not count.")),
    _whole("registration.holding_months", 3, (1, 36), MONTHS, N_("Period of the holding cap"),
           N_("The cap looks back over so many months.")),
    _whole("registration.probes_a_day", 30, (1, 1000), A_DAY, N_("Questions whether a customer is free"),
           N_("Chosen identities that are answered with “free” or “claimed”.")),
    _whole("pool.days_unworked", 60, (1, 730), DAYS, N_("Unworked before the pool"),
           N_("A customer nobody worked on for so long falls into the public pool.")),
    _whole("pool.claims_a_day", 3, (0, 1000), A_DAY, N_("Claims from the pool"), N_("0 closes the pool.")),
    _whole("pool.views_a_day", 20, (1, 10_000), A_DAY, N_("Views of customers in the pool"),
           N_("How many different customers of the pool a person may open.")),
    _whole("pool.claim_days", 10, (1, 365), DAYS, N_("Length of a claim"),
           N_("After it the customer falls back, unless an activity extends it.")),
    _whole("pool.activity_days", 3, (0, 365), DAYS, N_("Extension by an activity"),
           N_("The claim lasts at least so long after an activity.")),
    _whole("pool.hard_days", 20, (1, 730), DAYS, N_("Hard end of a claim"),
           N_("No activity extends a claim beyond this, counted from its beginning.")),
    _whole("transfer.undo_hours", 72, (0, 720), HOURS, N_("Undo of a transfer"),
           N_("So long a transfer may be taken back.")),
    _share("special_price.discount_bps", 1_000, N_("Discount without approval"),
           N_("A larger discount on the partner price asks for approval.")),
    _whole("special_price.nudge_hours", 0, (0, 100), BUSINESS_HOURS, N_("Between two nudges about a special price"),
           N_("0: as for registrations.")),
    _whole("special_price.research_days", 0, (0, 30), BUSINESS_DAYS, N_("Research for a special price"),
           N_("0: as for registrations.")),
    _whole("ticket.nudge_hours", 4, (1, 100), BUSINESS_HOURS, N_("Between two nudges about a ticket"),
           N_("The first nudge is possible at once.")),
    _whole("ticket.close_days", 4, (1, 90), DAYS, N_("Closing of a solved ticket"),
           N_("So long a solved ticket waits for an answer before it is closed.")),
    _whole("ticket.rating_days", 30, (1, 365), DAYS, N_("Link for a rating"),
           N_("How long the link in the mail is good.")),
    _whole("ticket.mail_days", 180, (7, 3_650), DAYS, N_("Original mails"),
           N_("How long mails are kept as they came, as evidence; what they said stays in the ticket.")),
    _whole("lead.answer_hours", 4, (1, 400), BUSINESS_HOURS, N_("Time to call a lead back"),
           N_("After it everybody who works on leads is told.")),
    _whole("files.megabytes", 1_000, (1, 1_000_000), MEGABYTES, N_("Room for files"),
           N_("What one organisation may upload in all.")),
    _whole("files.most", 5_000, (1, 1_000_000), FILES, N_("Number of files"),
           N_("How many one organisation may keep.")),
)  # fmt: skip
DEFINITIONS: Final[Mapping[str, Parameter]] = {each.key: each for each in _ALL}


def grouped() -> Iterator[tuple[str, list[Parameter]]]:
    """Return the groups in their order, each with its label and its parameters."""
    for group, label in GROUPS.items():
        yield label, [each for each in _ALL if each.group == group]
