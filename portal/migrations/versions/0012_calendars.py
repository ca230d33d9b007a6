"""business calendars and parameters."""

import os
import secrets
from datetime import UTC, datetime

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
INSTANT = sa.DateTime(timezone=True)
WEEK = [[[540, 1110]]] * 5 + [[], []]  # Monday to Friday from 09:00 to 18:30


def _first_calendar(table: sa.Table) -> None:
    """Write the supplier's working hours, in the zone in which he signs his dates."""
    connection = op.get_bind()
    organisation = sa.table("organisation", sa.column("kind"), sa.column("time_zone"), sa.column("id"))
    known = sa.select(organisation.c.time_zone).where(organisation.c.kind == "supplier").order_by(organisation.c.id)
    zone = os.environ.get("PORTAL_SUPPLIER_ZONE") or connection.scalar(known.limit(1)) or "Asia/Shanghai"
    now = datetime.now(UTC)
    connection.execute(table.insert().values(
        public_id=secrets.token_hex(8), key="supplier", name_en="Supplier's working hours", name_zh="厂商工作时间",
        zone=zone, week=WEEK, version=1, created_at=now, changed_at=now,
    ))


def upgrade() -> None:
    """Apply the change."""
    op.create_table('parameter_value',
    sa.Column('id', BIG, nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', BIG, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('changed_at', INSTANT, nullable=False),
    sa.Column('changed_by_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_parameter_value_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parameter_value')),
    sa.UniqueConstraint('key', name=op.f('uq_parameter_value_key'))
    )
    calendar = op.create_table('calendar',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.Column('name_zh', sa.String(length=80), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('week', JSON, nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.Column('changed_at', INSTANT, nullable=False),
    sa.Column('changed_by_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_calendar_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar')),
    sa.UniqueConstraint('key', name=op.f('uq_calendar_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_calendar_public_id'))
    )
    op.create_table('calendar_day',
    sa.Column('id', BIG, nullable=False),
    sa.Column('calendar_id', BIG, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('slots', JSON, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.CheckConstraint("source IN ('hand', 'ics')", name=op.f('ck_calendar_day_source')),
    sa.ForeignKeyConstraint(['calendar_id'], ['calendar.id'], name=op.f('fk_calendar_day_calendar_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_day')),
    sa.UniqueConstraint('calendar_id', 'day', name=op.f('uq_calendar_day_calendar_id_day'))
    )
    _first_calendar(calendar)


def downgrade() -> None:
    """Take it back."""
    op.drop_table('calendar_day')
    op.drop_table('calendar')
    op.drop_table('parameter_value')
