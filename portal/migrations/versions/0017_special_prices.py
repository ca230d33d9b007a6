"""special prices asked for on quotes."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('special_price',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('quote_id', BIG, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('discount_bps', BIG, nullable=False),
    sa.Column('prices', JSON, nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('net_before_minor', BIG, nullable=False),
    sa.Column('net_after_minor', BIG, nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('asked_by_id', BIG, nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state IN ('pending', 'returned', 'granted', 'refused', 'withdrawn', 'reset')", name=op.f('ck_special_price_state')),
    sa.CheckConstraint('discount_bps BETWEEN 0 AND 10000', name=op.f('ck_special_price_discount_bps')),
    sa.CheckConstraint('net_after_minor <= net_before_minor', name=op.f('ck_special_price_net')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_special_price_asked_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_special_price_organisation_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_special_price_quote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_special_price')),
    sa.UniqueConstraint('public_id', name=op.f('uq_special_price_public_id'))
    )
    op.create_index('ix_special_price_quote_id', 'special_price', ['quote_id', 'id'], unique=False)
    op.create_index('uq_special_price_live', 'special_price', ['quote_id'], unique=True, sqlite_where=sa.text("state IN ('pending', 'returned')"), postgresql_where=sa.text("state IN ('pending', 'returned')"))


def downgrade() -> None:
    """Take it back."""
    op.drop_table('special_price')
