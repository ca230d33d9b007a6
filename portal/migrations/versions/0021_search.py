"""what the search index still has to read."""

from alembic import op
import sqlalchemy as sa

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('search_change',
    sa.Column('id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('row_id', BIG, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_change'))
    )
    op.create_index('ix_search_change_at', 'search_change', ['at', 'id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table('search_change')
