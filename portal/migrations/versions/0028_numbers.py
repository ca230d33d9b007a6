"""Numbers for the head of support: facts of tickets, counts of days, and what is still to be counted."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
AT = sa.DateTime(timezone=True)
INDEXES = {
    'ix_ticket_facts_opened': ['opened_on', 'ticket_id', 'ended_on', 'product_line', 'queue_id'],
    'ix_ticket_facts_lingering': ['lingering_from', 'ticket_id', 'ended_on', 'product_line', 'queue_id'],
    'ix_ticket_facts_answered': ['answered_on', 'ticket_id'],
    'ix_ticket_facts_solved': ['solved_on', 'ticket_id'],
    'ix_ticket_facts_rated': ['rated_on', 'ticket_id'],
    'ix_ticket_facts_own': ['organisation_id', 'last_on'],
    'ix_ticket_facts_partner': ['partner_organisation_id', 'last_on'],
    'ix_ticket_facts_about': ['about', 'opened_at'],
}


def upgrade() -> None:
    """Apply the change; the worker counts what is there already."""
    op.create_table('ticket_facts',
    sa.Column('ticket_id', BIG, autoincrement=False, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('partner_organisation_id', BIG, nullable=True),
    sa.Column('product_line', sa.String(length=40), nullable=False),
    sa.Column('queue_id', BIG, nullable=False),
    sa.Column('priority', sa.String(length=20), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('origin', sa.String(length=10), nullable=False),
    sa.Column('about', BIG, nullable=True),
    sa.Column('is_repeat', sa.Boolean(), nullable=False),
    sa.Column('was_reopened', sa.Boolean(), nullable=False),
    sa.Column('opened_at', AT, nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=False),
    sa.Column('lingering_from', sa.Date(), nullable=True),
    sa.Column('answered_on', sa.Date(), nullable=True),
    sa.Column('answer_minutes', BIG, nullable=True),
    sa.Column('answer_kept', sa.Boolean(), nullable=True),
    sa.Column('solved_at', AT, nullable=True),
    sa.Column('solved_on', sa.Date(), nullable=True),
    sa.Column('solve_minutes', BIG, nullable=True),
    sa.Column('solve_kept', sa.Boolean(), nullable=True),
    sa.Column('rated_on', sa.Date(), nullable=True),
    sa.Column('points', BIG, nullable=True),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_facts_organisation_id')),
    sa.ForeignKeyConstraint(['partner_organisation_id'], ['organisation.id'], name=op.f('fk_ticket_facts_partner_organisation_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_facts_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_ticket_facts'))
    )
    for name, columns in INDEXES.items():
        op.create_index(name, 'ticket_facts', columns)
    op.create_table('support_day',
    sa.Column('product_line', sa.String(length=40), nullable=False),
    sa.Column('queue_id', BIG, autoincrement=False, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('counts', JSON, nullable=False),
    sa.PrimaryKeyConstraint('product_line', 'queue_id', 'day', name=op.f('pk_support_day'))
    )
    op.create_index('ix_support_day_day', 'support_day', ['day'])
    op.create_table('support_change',
    sa.Column('id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('row_id', BIG, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_change'))
    )
    op.create_table('support_uncounted',
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_support_uncounted'))
    )
    op.create_table('support_counting',
    sa.Column('id', BIG, autoincrement=False, nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('counted_to', sa.Date(), nullable=False),
    sa.Column('counted_at', AT, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_counting'))
    )
    op.create_index('ix_phone_call_at', 'phone_call', ['at', 'id'])
    for kind, table in (('ticket', 'ticket'), ('deflection', 'deflection'), ('call', 'phone_call')):
        op.execute(f"INSERT INTO support_change (kind, row_id) SELECT '{kind}', id FROM {table} ORDER BY id")


def downgrade() -> None:
    """Take it back."""
    op.drop_index('ix_phone_call_at', table_name='phone_call')
    for table in ('support_counting', 'support_uncounted', 'support_change', 'support_day', 'ticket_facts'):
        op.drop_table(table)
