"""how people want to be told."""

from alembic import op
import sqlalchemy as sa

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
WAITS = sa.text("digest_at IS NOT NULL")


def upgrade() -> None:
    """Apply the change; what stands in inboxes already is in no mail."""
    op.add_column('notice', sa.Column('digest_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_notice_digest_at', 'notice', ['digest_at', 'person_id'], unique=False,
                    sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_table('notice_preference',
    sa.Column('id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('topic', sa.String(length=20), nullable=False),
    sa.Column('way', sa.String(length=10), nullable=False),
    sa.CheckConstraint("way IN ('at_once', 'digest', 'inbox')", name=op.f('ck_notice_preference_way')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notice_preference_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_preference')),
    sa.UniqueConstraint('person_id', 'topic', name=op.f('uq_notice_preference_person_id_topic'))
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table('notice_preference')
    op.drop_index('ix_notice_digest_at', table_name='notice')
    op.drop_column('notice', 'digest_at')
