"""The roles of the people of the tests in groups that may do the same, and what a line of the table says."""

from dataclasses import dataclass, field

PARTNERS = {"north.owner", "north.sales", "north.engineer"}
CUSTOMERS = {"hospital.owner", "hospital.customer"}
INTERNAL = {
    f"supplier.{role}"
    for role in (
        "channel_manager", "approver", "support_agent", "field_engineer", "finance", "product_manager", "data_steward",
        "executive", "administrator", "support_lead",
    )
}  # fmt: skip
KEEPS_CALENDARS = {"supplier.administrator", "supplier.support_lead"}
ANSWERS_CALLS = {"supplier.support_agent", "supplier.support_lead"}
WORKS_ON_LEADS = {"supplier.channel_manager", "supplier.support_lead"}
SEES_LEADS = WORKS_ON_LEADS | {"supplier.executive"}
EVERYBODY = PARTNERS | CUSTOMERS | INTERNAL
SELLERS = {"north.owner", "north.sales"}
DEAL_READERS = {"supplier.channel_manager", "supplier.approver", "supplier.executive"}
CONFIGURES = PARTNERS | CUSTOMERS
SEES_TICKETS = PARTNERS | CUSTOMERS | {
    "supplier.channel_manager", "supplier.support_agent", "supplier.support_lead", "supplier.field_engineer",
    "supplier.product_manager", "supplier.executive",
}  # fmt: skip
WORKS_ON_TICKETS = {"supplier.support_agent", "supplier.support_lead", "supplier.field_engineer"}
TALKS = PARTNERS | CUSTOMERS | WORKS_ON_TICKETS
SUPPORT_LEAD = {"supplier.support_lead"}
ON_SITE = {"supplier.field_engineer"}
OPENS_TICKETS = PARTNERS | CUSTOMERS | {"supplier.support_agent", "supplier.support_lead"}
ASKS_FOR_HELP = PARTNERS | CUSTOMERS
REVIEWS_ARTICLES = {"supplier.support_lead", "supplier.product_manager"}
WRITES_ARTICLES = {"supplier.support_agent", "supplier.support_lead", "supplier.product_manager"}
SEES_CONFIGURATIONS = CONFIGURES | DEAL_READERS | {
    "supplier.support_agent", "supplier.support_lead", "supplier.field_engineer", "supplier.product_manager",
}  # fmt: skip
SEES_QUOTES = PARTNERS | DEAL_READERS | {"supplier.finance"}
SEES_PARTIES = EVERYBODY - CUSTOMERS
EDITS_PARTIES = SELLERS | {"supplier.data_steward"}
STEWARDS = {"supplier.data_steward"}
SEES_PEOPLE = PARTNERS | CUSTOMERS | {"supplier.channel_manager", "supplier.administrator"}
MANAGES_PEOPLE = {"north.owner", "hospital.owner", "supplier.administrator"}
READS_RULES = {"supplier.product_manager", "supplier.administrator"}
ANSWERS = {"supplier.product_manager"}
ADMINISTRATOR = {"supplier.administrator"}
SEES_REGISTRATIONS = PARTNERS | DEAL_READERS | ADMINISTRATOR
MANAGES_REGISTRATIONS = {"supplier.channel_manager", "supplier.administrator"}
SIMULATES = {"supplier.channel_manager", "supplier.executive", "supplier.administrator"}
CLAIMS = SELLERS | {"supplier.channel_manager"}
GIVES = {"north.owner", "supplier.channel_manager"}
SEES_APPROVALS = PARTNERS | DEAL_READERS | ADMINISTRATOR
DECIDES = {"supplier.channel_manager", "supplier.approver"}
READS_HISTORY = {"supplier.administrator", "supplier.executive"}

DONE = {200, 204, 302, 303, 409, 422}  # what a POST may be answered that is allowed
RENDERED_ELSEWHERE = {404}  # not rendered or uploaded yet; its own test does
OWN_DRAFT = {204, 303, 404}  # one's own draft, and a message that the form names
FIRST_TAKES = {200, 303, 404}  # whoever comes first takes it


@dataclass(frozen=True)
class Route:
    """Who may use a route, with which method, and which kind of row its address names."""

    allowed: set[str]
    method: str = "GET"
    thing: str = ""
    form: dict[str, str] = field(default_factory=dict)
    doers: set[str] | None = None  # who of those allowed may do it with a row that is not shared; the rest is refused
    done: set[int] = field(default_factory=set)  # other answers than usual where it is allowed

    def answers(self) -> set[int]:
        """Return what may be answered where it is allowed."""
        return self.done or (DONE if self.method == "POST" else {200})
