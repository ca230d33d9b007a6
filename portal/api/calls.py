"""/api/v1/calls: a telephone system says who calls, and reads who that is."""

from typing import Final

from portal.api.endpoint import Reply, actor, component, endpoint
from portal.api.schema import many, nullable, obj, text
from portal.api.scopes import Scope
from portal.api.shapes import ID, LONG
from portal.support.phone import calling, queries
from portal.web import db, now, portal, today
from portal.words import N_

NEW: Final = component(
    "NewCall",
    obj(
        {
            "number": text(40, description="as the line shows it, best with + and country code"),
            "call": text(100, description="the telephone system's name of this call; the same again is the same call"),
        }
    ),
)
CALL: Final = component(
    "Call",
    obj(
        {
            "id": ID,
            "number": text(40),
            "callers": many(obj({"id": ID, "name": LONG, "name_en": LONG, "contacts": many(LONG, 100)}), 5),
            "lead": nullable(text(40)),
            "screen": text(400, description="the page to open for whoever answers"),
        }
    ),
)


@endpoint("POST", "/calls", scope=Scope.CALLS_WRITE, takes=NEW, gives=CALL, status=201,
          summary=N_("Note a call and learn who it is; an unknown caller becomes a lead"))  # fmt: skip
def take_call(body: dict[str, str]) -> Reply:
    """Note a call; whoever is unknown becomes a lead."""
    call = calling.arrive(db(), actor(), body["number"], now=now(), today=today(), call_key=body["call"], source="api")
    found = queries.callers(db(), call.number_key)
    return Reply(
        {
            "id": call.public_id,
            "number": call.number,
            "callers": [
                {"id": each.public_id, "name": each.name, "name_en": each.name_en, "contacts": list(each.contacts)}
                for each in found
            ],
            "lead": queries.number_of_lead(db(), call.lead_id),
            "screen": f"{portal().settings.base_url}{calling.path_of(call)}",
        },
        201,
    )
