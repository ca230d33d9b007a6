"""Who may use the routes of the numbers of the support."""

from tests.functional.rights.roles import Route

READS_NUMBERS = {"supplier.support_lead", "supplier.executive"}
ROUTES = {
    "numbers.numbers": Route(READS_NUMBERS),
    "numbers.tickets": Route(READS_NUMBERS),
    "numbers.calls": Route(READS_NUMBERS),
    "numbers.deflections": Route(READS_NUMBERS),
}
