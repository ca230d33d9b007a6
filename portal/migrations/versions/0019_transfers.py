"""transfers of customers and books."""

import re

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
AT = sa.DateTime(timezone=True)
# Walls that refuse UPDATE of frozen rows: whose they are may follow their customer into a transfer and back, nothing else.
WALLS = {
    "quote_frozen": "quote",
    "quote_line_frozen_update": "quote_line",
    "sales_order_no_update": "sales_order",
    "sales_order_line_no_update": "sales_order_line",
    "approval_event_no_update": "approval_event",
    "share_kept": "share",
    "comment_kept": "comment",
    "engineer_question_frozen": "engineer_question",
}
HANDED = (
    "EXISTS (SELECT 1 FROM customer_transfer t "
    "WHERE (t.from_organisation_id = OLD.organisation_id AND t.to_organisation_id = NEW.organisation_id) "
    "OR (t.from_organisation_id = NEW.organisation_id AND t.to_organisation_id = OLD.organisation_id))"
)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _follows(table: str) -> str:
    """Return when nothing of a row changes but whose it is, and a transfer says so."""
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    same = "IS" if _is_sqlite() else "IS NOT DISTINCT FROM"
    kept = [f"NEW.{column} {same} OLD.{column}" for column in columns if column != "organisation_id"]
    return f"({' AND '.join(kept)} AND {HANDED})"


def _open(name: str, table: str) -> None:
    """Let rows of a wall follow a transfer."""
    follows = _follows(table)
    if _is_sqlite():
        written = op.get_bind().exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{name}'").scalar_one()
        head, _begin, body = written.rpartition(" BEGIN ")
        head, when, condition = head.partition(" WHEN ")
        asked = f"NOT {follows} AND ({condition})" if when else f"NOT {follows}"
        op.execute(f"DROP TRIGGER {name}")
        op.get_bind().exec_driver_sql(f"{head} WHEN {asked} BEGIN {body}")
        return
    body = _body(name)
    inner = re.fullmatch(r"(?s)\s*BEGIN (.*?)\s*END;?\s*", body)
    assert inner is not None
    end = inner[1] if "RETURN" in inner[1] else f"{inner[1]} RETURN NEW;"
    _write(name, f"BEGIN IF {follows} THEN RETURN NEW; END IF; {end} END")


def _close(name: str, table: str) -> None:
    """Take the exception out of a wall again."""
    follows = _follows(table)
    if _is_sqlite():
        written = op.get_bind().exec_driver_sql(f"SELECT sql FROM sqlite_master WHERE name = '{name}'").scalar_one()
        op.execute(f"DROP TRIGGER {name}")
        alone = written.replace(f" WHEN NOT {follows} BEGIN", " BEGIN")
        op.get_bind().exec_driver_sql(alone.replace(f"NOT {follows} AND ", ""))
        return
    _write(name, _body(name).replace(f"IF {follows} THEN RETURN NEW; END IF; ", ""))


def _body(name: str) -> str:
    return str(op.get_bind().exec_driver_sql(f"SELECT prosrc FROM pg_proc WHERE proname = '{name}'").scalar_one())


def _write(name: str, body: str) -> None:
    op.get_bind().exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $wall$ {body} $wall$"
    )


def _ends(table: str) -> list[sa.Constraint]:
    """Return the references that say from whom and to whom."""
    targets = {"from_organisation_id": "organisation", "to_organisation_id": "organisation",
               "from_person_id": "person", "to_person_id": "person"}
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def upgrade() -> None:
    """Apply the change."""
    op.create_table('customer_transfer',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('from_person_id', BIG, nullable=True),
    sa.Column('to_person_id', BIG, nullable=False),
    sa.Column('customers', BIG, nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('counts', JSON, nullable=False),
    sa.Column('note', sa.String(length=400), nullable=False),
    sa.Column('made_at', AT, nullable=False),
    sa.Column('made_by_id', BIG, nullable=False),
    sa.Column('undo_until', AT, nullable=False),
    sa.Column('undone_at', AT, nullable=True),
    sa.Column('undone_by_id', BIG, nullable=True),
    sa.Column('from_organisation_id', BIG, nullable=False),
    sa.Column('to_organisation_id', BIG, nullable=False),
    sa.CheckConstraint('customers > 0', name=op.f('ck_customer_transfer_customers')),
    sa.CheckConstraint('(undone_at IS NULL) = (undone_by_id IS NULL)', name=op.f('ck_customer_transfer_undone')),
    *_ends('customer_transfer'),
    sa.ForeignKeyConstraint(['made_by_id'], ['person.id'], name=op.f('fk_customer_transfer_made_by_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['person.id'], name=op.f('fk_customer_transfer_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_transfer')),
    sa.UniqueConstraint('made_by_id', 'form_key', name=op.f('uq_customer_transfer_made_by_id_form_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_customer_transfer_public_id'))
    )
    op.create_index('ix_customer_transfer_from', 'customer_transfer', ['from_organisation_id', 'id'], unique=False)
    op.create_index('ix_customer_transfer_to', 'customer_transfer', ['to_organisation_id', 'id'], unique=False)
    op.create_table('transferred_customer',
    sa.Column('id', BIG, nullable=False),
    sa.Column('transfer_id', BIG, nullable=False),
    sa.Column('customer_id', BIG, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('from_person_id', BIG, nullable=True),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('to_person_id', BIG, nullable=False),
    sa.Column('handed_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('from_organisation_id', BIG, nullable=False),
    sa.Column('to_organisation_id', BIG, nullable=False),
    *_ends('transferred_customer'),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_transferred_customer_customer_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['customer_transfer.id'], name=op.f('fk_transferred_customer_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transferred_customer')),
    sa.UniqueConstraint('transfer_id', 'customer_id', name=op.f('uq_transferred_customer_transfer_id_customer_id'))
    )
    op.create_index('ix_transferred_customer_customer_id', 'transferred_customer', ['customer_id', 'id'], unique=False)
    op.create_index('ix_transferred_customer_to_person_id', 'transferred_customer', ['to_person_id', 'id'], unique=False)
    op.create_table('transfer_ledger',
    sa.Column('transfer_id', BIG, autoincrement=False, nullable=False),
    sa.Column('parties', JSON, nullable=False),
    sa.Column('moved', JSON, nullable=False),
    sa.Column('set_aside', JSON, nullable=False),
    sa.Column('made', JSON, nullable=False),
    sa.ForeignKeyConstraint(['transfer_id'], ['customer_transfer.id'], name=op.f('fk_transfer_ledger_transfer_id')),
    sa.PrimaryKeyConstraint('transfer_id', name=op.f('pk_transfer_ledger'))
    )
    for name, table in WALLS.items():
        _open(name, table)


def downgrade() -> None:
    """Take it back; who holds which customer stays as it is."""
    for name, table in WALLS.items():
        _close(name, table)
    op.drop_table('transfer_ledger')
    op.drop_table('transferred_customer')
    op.drop_table('customer_transfer')
