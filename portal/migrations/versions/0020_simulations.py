"""replays of registrations under other rules."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('simulation_run',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('begins', sa.Date(), nullable=False),
    sa.Column('ends', sa.Date(), nullable=False),
    sa.Column('numbers', JSON, nullable=False),
    sa.Column('in_force', JSON, nullable=False),
    sa.Column('definition', JSON, nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('totals', JSON, nullable=False),
    sa.Column('row_count', BIG, nullable=False),
    sa.Column('wrong_count', BIG, nullable=False),
    sa.Column('change_count', BIG, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("source IN ('registrations', 'list')", name=op.f('ck_simulation_run_source')),
    sa.CheckConstraint("state IN ('checked', 'waiting', 'running', 'done', 'failed')", name=op.f('ck_simulation_run_state')),
    sa.CheckConstraint('ends >= begins', name=op.f('ck_simulation_run_period')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_simulation_run_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_simulation_run')),
    sa.UniqueConstraint('public_id', name=op.f('uq_simulation_run_public_id'))
    )
    op.create_table('simulation_change',
    sa.Column('id', BIG, nullable=False),
    sa.Column('run_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('registration_id', BIG, nullable=True),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('customer', sa.String(length=200), nullable=False),
    sa.Column('before', JSON, nullable=False),
    sa.Column('after', JSON, nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_simulation_change_registration_id')),
    sa.ForeignKeyConstraint(['run_id'], ['simulation_run.id'], name=op.f('fk_simulation_change_run_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_simulation_change'))
    )
    op.create_index('ix_simulation_change_of', 'simulation_change', ['run_id', 'id'], unique=False)
    op.create_index('ix_simulation_change_kind', 'simulation_change', ['run_id', 'kind', 'id'], unique=False)
    op.create_table('simulation_line',
    sa.Column('id', BIG, nullable=False),
    sa.Column('run_id', BIG, nullable=False),
    sa.Column('line', BIG, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('cells', JSON, nullable=False),
    sa.Column('problems', JSON, nullable=False),
    sa.CheckConstraint("state IN ('sound', 'wrong')", name=op.f('ck_simulation_line_state')),
    sa.ForeignKeyConstraint(['run_id'], ['simulation_run.id'], name=op.f('fk_simulation_line_run_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_simulation_line'))
    )
    op.create_index('ix_simulation_line_of', 'simulation_line', ['run_id', 'state', 'line'], unique=False)
    op.create_index('ix_registration_touched', 'registration', ['updated_at', 'id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index('ix_registration_touched', table_name='registration')
    op.drop_table('simulation_line')
    op.drop_table('simulation_change')
    op.drop_table('simulation_run')
