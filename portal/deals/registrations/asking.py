"""Which rules of the decision look at the value, so that a form asks for it only then and says why."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.approvals.definitions import When, read
from portal.approvals.files import shipped_definition
from portal.approvals.publishing import newest
from portal.approvals.routing import Numbers
from portal.parameters.queries import values
from portal.words import Text

KIND = "registration"


def rules_about_value(session: Session, currency: str) -> list[Text]:
    """Return the titles of the rules in force that decide by a value in this currency; none when it plays no part.

    A rule without a limit in the currency applies whatever the value is.
    """
    found = newest(session, KIND)
    content = found.content if found else (shipped_definition(KIND) or ("", {}))[1]
    definition, numbers = read(content), values(session)
    titles = [step.title for step in definition.steps if _by_value(step.when, currency, numbers)]
    titles += [rule.because for rule in definition.automatic if _by_value(rule.when, currency, numbers)]
    return titles


def value_hint(session: Session, currency: str, locale: str, because: str = "") -> str:
    """Return which rules decide by the value and where the chosen one comes from; empty when no rule needs it."""
    rules = rules_about_value(session, currency)
    if not rules:
        return ""
    named = ", ".join(rule.to(locale) for rule in rules)
    said = str(_("Some rules decide by the value: %(rules)s. Without it they all apply.", rules=named))
    return f"{said} {_(because)}" if because else said


def _by_value(when: When, currency: str, numbers: Numbers) -> bool:
    """Whether a value in this currency can make a difference: nothing is ever below zero."""
    below = when.value_below.get(currency, 0)
    limit = numbers[below] if isinstance(below, str) else below
    return currency in when.value_from or limit > 0
