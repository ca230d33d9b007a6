"""Which rules of the decision look at the value, so that a form asks for it only then and says why."""

from sqlalchemy.orm import Session

from portal.approvals.definitions import When, read
from portal.approvals.files import shipped_definition
from portal.approvals.publishing import newest
from portal.parameters.queries import values
from portal.words import Text

KIND = "registration"
AUTOMATIC = "registration.auto_approve_below"


def rules_about_value(session: Session) -> list[Text]:
    """Return the titles of the rules in force that decide by value; none of them when the value plays no part."""
    found = newest(session, KIND)
    content = found.content if found else (shipped_definition(KIND) or ("", {}))[1]
    definition, numbers = read(content), values(session)
    titles = [step.title for step in definition.steps if _by_value(step.when)]
    if any(_by_value(rule.when) for rule in definition.automatic) and numbers[AUTOMATIC]:
        titles += [rule.because for rule in definition.automatic if _by_value(rule.when)]
    return titles


def _by_value(when: When) -> bool:
    return bool(when.value_from or when.value_below)
