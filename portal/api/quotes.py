"""/api/v1/quotes: draft from a configuration, issue, read, list, PDF."""

from typing import Any, Final

from flask import Response

from portal.api.deal_shapes import QUOTE, QUOTES, day, quote_shape
from portal.api.endpoint import PREFIX, Reply, actor, component, endpoint
from portal.api.problems import Problem, body_of, sentence
from portal.api.schema import obj, one_of, text
from portal.api.scopes import Scope
from portal.api.shapes import ID, VERSION
from portal.configurator import queries as configurations
from portal.deals import operations, queries
from portal.deals.models import QUOTE_STATES, Quote
from portal.deals.queries import QuoteFilter
from portal.deals.repricing import PricesChanged
from portal.deals.verifying import NotVerified, raise_alarm
from portal.downloads import PDF, attached
from portal.errors import NotFound
from portal.web import db, now, today
from portal.words import LOCALES, N_

READ, WRITE = Scope.QUOTES_READ, Scope.QUOTES_WRITE
NEW: Final = component("NewQuote", obj({"configuration": ID}))
ISSUE: Final = component("Issue", obj({"version": VERSION}))


def shown(row: Quote, status: int = 200, location: str = "") -> Reply:
    """Return a quote as an answer."""
    db().flush()
    shape = quote_shape(db(), row, operations.lines_of(db(), row), queries.documents(db(), row.id))
    return Reply(shape, status, location)


@endpoint("GET", "/quotes", scope=READ, gives=QUOTES, summary=N_("List quotes, newest first, or found by q"),
          query={"after": text(600), "state": one_of(*QUOTE_STATES), "q": text(100)})  # fmt: skip
def list_quotes(after: str, state: str, q: str) -> Reply:
    """List quotes, newest first, or found by number or the beginning of the customer's name."""
    page = queries.quotes(db(), QuoteFilter.read(state, "newest", q, after))
    items = [
        {
            "id": row.public_id,
            "number": row.number,
            "revision": row.revision,
            "state": row.state,
            "title": row.title,
            "customer": row.customer_name,
            "currency": row.currency,
            "gross_minor": row.gross_minor,
            "valid_until": day(row.valid_until),
        }
        for row in page.rows
    ]
    return Reply({"items": items, "next": page.next_after or None})


@endpoint("POST", "/quotes", scope=WRITE, takes=NEW, gives=QUOTE, status=201,
          summary=N_("Make a draft quote of a configuration"))  # fmt: skip
def draft_quote(body: dict[str, Any]) -> Reply:
    """Make a draft quote of a configuration, or bring the one there is up to date."""
    configuration = configurations.configuration(db(), body["configuration"])
    terms = configurations.terms_of(db(), configuration.organisation_id)
    row = queries.open_draft(db(), configuration.id)
    if row is not None:
        operations.refresh_quote(db(), actor(), row, terms, version=row.version, now=now(), today=today())
    else:
        row = operations.draft_quote(db(), actor(), configuration, terms, now=now(), today=today())
    return shown(row, 201, f"{PREFIX}/quotes/{row.public_id}")


@endpoint("GET", "/quotes/<public_id>", scope=READ, gives=QUOTE, summary=N_("Read a quote"))
def read_quote(public_id: str) -> Reply:
    """Read a quote."""
    return shown(queries.quote(db(), public_id))


@endpoint("POST", "/quotes/<public_id>/issue", scope=WRITE, takes=ISSUE, gives=QUOTE,
          summary=N_("Issue a draft: checked again, numbered, frozen"))  # fmt: skip
def issue_quote(public_id: str, body: dict[str, Any]) -> Reply:
    """Issue a draft."""
    row = queries.quote(db(), public_id, for_update=True)
    terms = configurations.terms_of(db(), row.organisation_id)
    if row.state == "draft" and row.version != body["version"]:
        message = N_("Somebody else changed this quote while your page was open. Look at it again.")
        raise Problem(409, "stale", message, yours=body["version"], current=row.version)
    try:
        operations.issue_quote(db(), actor(), row, terms, version=body["version"], now=now(), today=today())
    except PricesChanged as error:
        prices = {"before_minor": error.before.minor, "now_minor": error.now.minor if error.now else None}
        raise Problem(409, "prices_changed", error.message, currency=row.currency, **prices) from None
    except NotVerified as error:
        return alarmed(row, error)
    return shown(row)


def alarmed(row: Quote, error: NotVerified) -> Reply:
    """Keep the alarm, although nothing was done."""
    raise_alarm(db(), row, error, now=now())
    return Reply(body_of(409, "not_verified", sentence(error.message)), 409, keep=True)


@endpoint("GET", "/quotes/<public_id>/documents/<wanted>", scope=READ, gives=PDF,
          summary=N_("Download the PDF of a quote: en or zh"))  # fmt: skip
def quote_document(public_id: str, wanted: str) -> Response:
    """Download the PDF of a quote."""
    row = queries.quote(db(), public_id)
    if wanted not in LOCALES:
        raise NotFound
    content, digest = queries.document_content(db(), row.id, wanted)
    return attached(content, PDF, f"{row.number}-R{row.revision}-{wanted}.pdf", digest)
