"""Two hundred partners and any number of quotes, written by the database itself."""

from dataclasses import replace

from sqlalchemy import Connection, text

from portal.config import Settings
from portal.db import Database
from portal.policy import OrganisationKind
from tests.factories.world import World

PARTNERS = 200
CUSTOMERS = 20  # of each partner
SEARCHED = "hospital"  # four in ten customers begin like this
PARTNER, INTERNAL = "north.sales", "supplier.channel_manager"

# One row in five belongs to the partner who is measured, the rest is spread unevenly: the square of an even share.
# Of twenty rows six are drafts, three were superseded and the rest is issued, three of these as second revisions.
QUOTES = """
INSERT INTO quote (organisation_id, public_id, number, revision, predecessor_id, state, configuration_id,
    rule_revision_id, customer_id, customer_name, customer_key, title, note, currency, tax_mode, tax_bps, validity_days,
    issued_on, valid_until, list_minor, net_minor, tax_minor, gross_minor, snapshot, version, created_by_id, created_at,
    updated_at, issued_by_id, issued_at)
SELECT o.organisation_id, substr(md5('quote' || i), 1, 16), CASE WHEN k > 5 THEN 'Q-2026-' || lpad(origin::text, 6, '0')
    END, CASE WHEN k BETWEEN 9 AND 11 THEN 2 ELSE 1 END, CASE WHEN k BETWEEN 9 AND 11 THEN origin END,
    CASE WHEN k < 6 THEN 'draft' WHEN k < 9 THEN 'superseded' ELSE 'issued' END, o.configuration_id,
    :revision, c.party_id, c.name, c.name_key, 'Site ' || origin || ' of ' || c.name, '', 'CNY', 'net', 1300, 30,
    issued_on, issued_on + 30, net * 5 / 4, net, net * 13 / 100, net + net * 13 / 100, CAST(:snapshot AS jsonb), 1,
    :person, made, made, CASE WHEN k > 5 THEN :person END, CASE WHEN k > 5 THEN made + interval '2 hours' END
FROM generate_series(1, :rows) AS i
CROSS JOIN LATERAL (SELECT i % 20 AS k, CASE WHEN i % 20 BETWEEN 9 AND 11 THEN i - 3 ELSE i END AS origin) AS a
CROSS JOIN LATERAL (SELECT (hashint8extended(origin, 1) & 1048575) / 1048576.0 AS whose,
    (hashint8extended(origin, 2) & 1048575) / 1048576.0 AS customer,
    (hashint8extended(i, 3) & 1048575) / 1048576.0 AS size) AS b
CROSS JOIN LATERAL (SELECT now() - (:rows - i) * (interval '3 years' / :rows) AS made,
    (50000 + 400000000 * size * size * size)::bigint AS net) AS d
CROSS JOIN LATERAL (SELECT CASE WHEN k > 5 THEN (made + interval '2 hours')::date END AS issued_on) AS e
JOIN bench_partner AS o
    ON o.place = CASE WHEN whose < 0.2 THEN 0 ELSE 1 + floor((:partners - 1) * ((whose - 0.2) / 0.8) ^ 2) END
JOIN bench_customer AS c ON c.partner = o.place AND c.place = floor(:customers * customer)
ORDER BY i
"""
PARTIES = """
INSERT INTO party (public_id, kind, name, name_en, name_key, email, phone, address, created_at)
SELECT substr(md5(:what || i), 1, 16), 'organisation', name, '', lower(name), '', '', '', now()
FROM generate_series(0, :rows - 1) AS i CROSS JOIN LATERAL (SELECT CASE WHEN :what = 'partner' THEN 'Partner ' || i ELSE
    (CASE WHEN i % 5 < 2 THEN 'Hospital' WHEN i % 5 = 2 THEN 'School' WHEN i % 5 = 3 THEN 'Port' ELSE '港务局' END)
    || ' ' || substr(md5(i::text), 1, 6) || ' No. ' || i END AS name) AS n
RETURNING id
"""


def fill(database: Database, settings: Settings, rows: int) -> World:
    """Write a world with `rows` quotes into a migrated, empty database."""
    world = World.build(database, replace(settings, database_url=database.url.render_as_string(hide_password=False)))
    person = world.people[PARTNER]
    with database.engine.begin() as connection:
        revision = begin(connection, world)
        indexes = take_indexes(connection, "quote")
        sizes = {"rows": rows, "partners": PARTNERS, "customers": CUSTOMERS}
        connection.execute(text(QUOTES), {**sizes, "revision": revision, "person": person, "snapshot": _snapshot()})
        for definition in indexes:
            connection.exec_driver_sql(definition)
    finish(database)
    return world


def begin(connection: Connection, world: World) -> int:
    """Write partners, customers and notices; return the key of the rules that configurations were made with."""
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL work_mem = '64MB'")
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # foreign keys hold by construction
    revision = connection.execute(
        text(
            "INSERT INTO rule_revision (key, number, content_hash, content, effective_on, published_at) "
            "VALUES ('bench', 1, 'none', '{}', '2026-01-01', now()) RETURNING id"
        )
    ).scalar_one()
    _parties(connection, world.organisations["north"], revision)
    _notices(connection, (world.people[PARTNER], world.people[INTERNAL]))
    return int(revision)


def finish(database: Database) -> None:
    """Let the planner know what there is."""
    with database.engine.connect().execution_options(portal_reads=True) as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM (ANALYZE)")
        connection.exec_driver_sql("RESET statement_timeout")


def _parties(connection: Connection, measured: int, revision: int) -> None:
    """Write partners with one configuration each, and their customers."""
    connection.exec_driver_sql(
        "CREATE TEMP TABLE bench_partner (place int, organisation_id bigint, configuration_id bigint)"
    )
    connection.exec_driver_sql(
        "CREATE TEMP TABLE bench_customer (partner int, place int, party_id bigint, name varchar, name_key varchar)"
    )
    made = connection.execute(text(PARTIES), {"what": "partner", "rows": PARTNERS - 1}).scalars().all()
    partners = [measured, *made]
    terms = {"kind": OrganisationKind.PARTNER.value}
    for place, partner in enumerate(partners):
        if place:
            connection.execute(
                text(
                    "INSERT INTO organisation (id, kind, tier, currency, tax_bps, locale, time_zone) "
                    "VALUES (:id, :kind, 'silver', 'CNY', 1300, 'en', 'Asia/Shanghai')"
                ),
                {"id": partner, **terms},
            )
        configuration = connection.scalar(
            text(
                "INSERT INTO configuration (organisation_id, public_id, name, rule_revision_id, choices, step, "
                "last_step, version, created_at, updated_at) VALUES (:partner, substr(md5('c' || :partner), 1, 16), "
                "'Site', :revision, '{}', 0, 0, 1, now(), now()) RETURNING id"
            ),
            {"partner": partner, "revision": revision},
        )
        connection.execute(
            text("INSERT INTO bench_partner VALUES (:place, :partner, :configuration)"),
            {"place": place, "partner": partner, "configuration": configuration},
        )
    customers = connection.execute(text(PARTIES), {"what": "customer", "rows": PARTNERS * CUSTOMERS}).scalars().all()
    connection.execute(
        text(
            "INSERT INTO bench_customer SELECT (id - :first) / :each, (id - :first) % :each, id, name, name_key "
            "FROM party WHERE id BETWEEN :first AND :last"
        ),
        {"first": min(customers), "last": max(customers), "each": CUSTOMERS},
    )
    connection.exec_driver_sql(
        "INSERT INTO relation (organisation_id, party_id, kind, created_at) SELECT p.organisation_id, c.party_id, "
        "'customer', now() FROM bench_customer AS c JOIN bench_partner AS p ON p.place = c.partner"
    )
    connection.exec_driver_sql("ANALYZE bench_partner; ANALYZE bench_customer")


def _notices(connection: Connection, people: tuple[int, ...]) -> None:
    """Give everybody who is measured 150 notices, a dozen of them unread."""
    for person in people:
        connection.execute(
            text(
                "INSERT INTO notice (public_id, person_id, kind, params, path, created_at, read_at) SELECT "
                "substr(md5(:person || 'notice' || i), 1, 16), :person, 'quote_ready', '{}', '/', now(), "
                "CASE WHEN i % 12 > 0 THEN now() END FROM generate_series(1, 150) AS i"
            ),
            {"person": person},
        )


def take_indexes(connection: Connection, table: str) -> list[str]:
    """Drop the plain indexes of a table and return how to make them again: a sort is faster than a million inserts."""
    found = connection.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint) ORDER BY indexname"
        ),
        {"table": table},
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _snapshot() -> str:
    """Return a snapshot of ordinary size."""
    choices = ", ".join(f'"choice_{number}": "value_{number}"' for number in range(12))
    return f'{{"choices": {{{choices}}}, "assumptions": []}}'
