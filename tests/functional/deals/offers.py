"""Offers for tests, made through the pages as a person makes them."""

import re
from collections.abc import Iterable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import Database
from portal.deals.models import Quote, QuoteLine
from portal.deals.resale_models import Resale, ResaleLine
from portal.policy import SYSTEM


def resale_of(database: Database, public_id: str) -> Resale:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Resale).where(Resale.public_id == public_id)).one()


def lines_of(database: Database, resale: Resale) -> list[ResaleLine]:
    with database.reading(SYSTEM) as session:
        found = select(ResaleLine).where(ResaleLine.resale_id == resale.id).order_by(ResaleLine.position)
        return list(session.scalars(found))


def bought_of(database: Database, resale: Resale) -> dict[int, QuoteLine]:
    with database.reading(SYSTEM) as session:
        found = session.scalars(select(QuoteLine).where(QuoteLine.quote_id == resale.quote_id))
        return {line.position: line for line in found}


def purchases_of(lines: Iterable[QuoteLine]) -> re.Pattern[str]:
    """Return what finds any purchase price of these lines, in minor units or as people write it."""
    units = {line.unit_minor for line in lines} | {line.net_minor for line in lines}
    found = [f"{unit}" for unit in units if unit > 9_999]
    found += [f"{unit / 100:.2f}" for unit in units] + [f"{unit / 100:,.2f}" for unit in units]
    return re.compile(r"(?<![\d,.])(?:" + "|".join(map(re.escape, found)) + r")(?![\d])")


def quote_of(database: Database, public_id: str) -> Quote:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(Quote).where(Quote.public_id == public_id)).one()


def begin(seller: FlaskClient, quote: str) -> str:
    """Tap "Resale quotation" and return where it leads."""
    answer = seller.post(f"/quotes/{quote}/resale")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"].rsplit("/", 1)[1])


def form_of(database: Database, resale: str, **changes: str) -> dict[str, Any]:
    """Return the form as the draft stands, with changes."""
    row = resale_of(database, resale)
    form = {
        "customer": str(row.customer_id or ""), "markup": "20", "basis": "partner", "validity_days": "20", "total": "",
        "tax": "13", "title": row.title, "payment_terms": "", "delivery_terms": "", "note": "",
        "version": str(row.version), "then": "save",
    }  # fmt: skip
    return form | changes


def save(seller: FlaskClient, database: Database, resale: str, **changes: str) -> Any:
    return seller.post(f"/resale/{resale}", data=form_of(database, resale, **changes))


def issue(seller: FlaskClient, database: Database, quote: str, **changes: str) -> str:
    """Return an issued offer of a quote."""
    made = begin(seller, quote)
    answer = save(seller, database, made, then="issue", **changes)
    assert answer.status_code == 303, answer.text
    return made


def link(seller: FlaskClient, resale: str, until: str) -> str:
    """Return the token of a new link."""
    page = seller.post(f"/resale/{resale}/links", data={"expires_on": until})
    assert page.status_code == 200, page.text
    return str(page.text.split("/offers/", 1)[1].split('"', 1)[0])
