"""Any number of registrations of two hundred partners, written by the database itself."""

from dataclasses import replace

from sqlalchemy import text

from benchmarks.page_parts.quotes import CUSTOMERS, PARTNER, PARTNERS, begin, finish, take_indexes
from portal.config import Settings
from portal.db import Database
from tests.factories.world import World

# Of twenty rows one is a draft, two are in review, one waits for its partner, eight are protected, eight closed.
# Partner and customer are chosen as those of the quotes: one row in five belongs to the partner who is measured.
REGISTRATIONS = """
INSERT INTO registration (organisation_id, public_id, number, form_key, state, standing, person_id, customer_id,
    customer_name, customer_key, identity_id, product_line, site, site_key, closing_month, value_band, value_minor,
    asked_minor, currency, competitors, note, submitted_at, due_on, decided_at, protected_from, protected_until,
    next_step_on, extensions, resubmissions, withdrawn_from, reason, reason_note, version, created_at, updated_at)
SELECT o.organisation_id, substr(md5('registration' || i), 1, 16), CASE WHEN k > 0 THEN 'R-' ||
    2020 + i / 1000000 || '-' || lpad((i % 1000000)::text, 6, '0') END,
    'bench ' || i, state, CASE WHEN k = 0 THEN 'draft' WHEN k < 3 THEN 'review'
    WHEN k = 3 THEN 'your_turn' WHEN k < 12 THEN 'protected' ELSE 'closed' END, :person, c.party_id, c.name, c.name_key,
    CASE WHEN k > 0 THEN c.party_id END, CASE WHEN line < 0.5 THEN 'video' WHEN line < 0.7 THEN 'room'
    WHEN line < 0.9 THEN 'cabling' ELSE 'network' END, 'Block ' || i || ', ' || c.name, 'block' || i,
    date_trunc('month', made)::date, 'm', 20000000 + (line * 50000000)::bigint, 20000000, 'CNY', '', '',
    CASE WHEN k > 0 THEN made END, CASE WHEN k BETWEEN 1 AND 2 THEN current_date + 2 END,
    CASE WHEN k > 3 THEN made + interval '1 day' END, CASE WHEN k > 3 THEN current_date - 90 + days END,
    CASE WHEN k BETWEEN 4 AND 11 THEN current_date + days WHEN k > 11 THEN current_date - 1 - days END,
    CASE WHEN k BETWEEN 4 AND 11 THEN current_date + days + 1 END, 0, 0, '', CASE WHEN state = 'rejected' THEN
    'too_early' ELSE '' END, '', 1, made, made
FROM generate_series(1, :rows) AS i
CROSS JOIN LATERAL (SELECT i % 20 AS k, (hashint8extended(i, 1) & 1048575) / 1048576.0 AS whose,
    (hashint8extended(i, 2) & 1048575) / 1048576.0 AS customer, (hashint8extended(i, 3) & 1048575) / 1048576.0 AS line,
    (hashint8extended(i, 4) & 63)::int AS days) AS a
CROSS JOIN LATERAL (SELECT now() - (:rows - i) * (interval '3 years' / :rows) AS made, (ARRAY['draft', 'in_review',
    'in_review', 'returned', 'approved', 'approved', 'approved', 'approved', 'approved', 'approved', 'converted',
    'converted', 'rejected', 'rejected', 'withdrawn', 'expired', 'expired', 'won', 'won', 'lost'])[k + 1] AS state) AS b
JOIN bench_partner AS o
    ON o.place = CASE WHEN whose < 0.2 THEN 0 ELSE 1 + floor((:partners - 1) * ((whose - 0.2) / 0.8) ^ 2) END
JOIN bench_customer AS c ON c.partner = o.place AND c.place = floor(:customers * customer)
ORDER BY i
"""


def fill(database: Database, settings: Settings, rows: int) -> World:
    """Write a world with `rows` registrations into a migrated, empty database."""
    world = World.build(database, replace(settings, database_url=database.url.render_as_string(hide_password=False)))
    with database.engine.begin() as connection:
        begin(connection, world)
        indexes = take_indexes(connection, "registration")
        sizes = {"rows": rows, "partners": PARTNERS, "customers": CUSTOMERS}
        connection.execute(text(REGISTRATIONS), {**sizes, "person": world.people[PARTNER]})
        for definition in indexes:
            connection.exec_driver_sql(definition)
    finish(database)
    return world
