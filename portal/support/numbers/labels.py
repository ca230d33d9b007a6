"""What the numbers are called, and what each of them counts, in one sentence."""

from typing import Final

from portal.words import N_

AGE_LABELS: Final = {
    0: N_("Opened the same day"), 1: N_("1 to 3 days"), 4: N_("4 to 7 days"), 8: N_("8 to 30 days"),
    31: N_("More than 30 days"),
}  # fmt: skip
STATES: Final = {
    "counted": N_("Solved without contact"), "waiting": N_("Still within the seven days"),
    "contacted": N_("Came back all the same"),
}  # fmt: skip
TITLES: Final = {
    "contacts": N_("Support contacts"), "tickets": N_("Tickets opened"), "repeats": N_("Tickets that came again"),
    "answered": N_("First answers"), "solved": N_("Tickets solved"), "rated": N_("Ratings"), "open": N_("Open tickets"),
}  # fmt: skip
SAYS: Final = {
    "contacts": N_("Tickets opened and telephone calls. A ticket that was written down during a call counts as that call; what we split off ourselves does not count."),  # noqa: E501
    "repeats": N_("Of the tickets opened, those that came within seven days after the same device and fault of the same customer had been solved, and those that had to be reopened."),  # noqa: E501
    "deflected": N_("Of all matters, those that an article or a solved case cured: somebody said so, and his organisation did not turn to us about the same device and fault in seven days."),  # noqa: E501
    "answered": N_("Working time until the first answer, as its clock counts it: one half took no longer, and nine of ten."),  # noqa: E501
    "solved": N_("Working time until the solution, without the time in which we waited for the customer: one half took no longer, and nine of ten."),  # noqa: E501
    "open": N_("Tickets that were neither solved nor closed at the end of the last day. One that was reopened counts as open all the while."),  # noqa: E501
    "rated": N_("One to five stars that customers gave solved tickets; the last rating of a ticket counts."),
}  # fmt: skip

GIVEN: Final = {
    "answered": N_("On the day of the answer: within the promised time, or later."),
    "solved": N_("On the day of the solution: within the promised time, or later."),
}
