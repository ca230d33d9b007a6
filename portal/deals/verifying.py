"""The second check before anything binding, by python-constraint2; a difference raises an alarm."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.configurator.engine.results import BomLine
from portal.configurator.engines import Engine
from portal.configurator.verification import VerificationFailed, verify
from portal.db import as_actor
from portal.deals.models import Quote, QuoteLine
from portal.errors import Conflict
from portal.history import record
from portal.notify.operations import tell
from portal.policy import SYSTEM, Role
from portal.words import N_

RULES_PAGE = "/administration/rules"
log = structlog.get_logger("portal.deals")


class NotVerified(Conflict):
    """The independent check disagrees with the configurator; nothing may be issued or ordered."""

    def __init__(self, rules: Sequence[str]) -> None:
        super().__init__(
            N_("The independent check of this configuration failed. Nothing was saved; the product manager is told.")
        )
        self.rules = tuple(rules)


def check_configuration(quote: Quote, lines: Sequence[QuoteLine], built: Engine) -> None:
    """Verify the frozen assignment and its bill by python-constraint2, from the authored rules and not the encoding.

    The lines of the quote must be that bill, product by product.
    """
    bill = [BomLine(**line) for line in quote.snapshot["bill"]]
    if [(line.sku, line.quantity) for line in bill] != [(line.sku, line.quantity) for line in lines]:
        raise NotVerified(["lines"])
    try:
        verify(built.ruleset, quote.snapshot["assignment"], bill)
    except VerificationFailed as failed:
        raise NotVerified(failed.rules) from None


def raise_alarm(session: Session, quote: Quote, error: NotVerified, *, now: datetime) -> None:
    """Tell the product managers that configurator and verification disagree, and keep it in the history.

    The caller commits it although the step itself is refused.
    """
    log.error("verification failed", quote=quote.public_id, rules=error.rules)
    record(session, quote, "verification failed", now=now, after={"rules": list(error.rules)})
    with as_actor(session, SYSTEM):
        managers = select(PersonRole.person_id).join(Person, Person.id == PersonRole.person_id)
        wanted = managers.where(PersonRole.role == Role.PRODUCT_MANAGER.value, Person.disabled_at.is_(None))
        for person_id in session.scalars(wanted).all():
            params = {"title": quote.title, "rules": ", ".join(error.rules)}
            tell(session, person_id, "verification_failed", params, RULES_PAGE, now=now)
