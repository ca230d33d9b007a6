"""uploaded files."""

from alembic import op
import sqlalchemy as sa

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
INSTANT = sa.DateTime(timezone=True)
TO_ERASE = sa.text("removed_at IS NOT NULL AND erased_at IS NULL")


def upgrade() -> None:
    """Apply the change."""
    op.create_table('upload',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('thing_kind', sa.String(length=40), nullable=False),
    sa.Column('thing_id', BIG, nullable=False),
    sa.Column('name', sa.String(length=150), nullable=False),
    sa.Column('content_type', sa.String(length=100), nullable=False),
    sa.Column('size', BIG, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('stored_name', sa.String(length=40), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', INSTANT, nullable=False),
    sa.Column('removed_at', INSTANT, nullable=True),
    sa.Column('erased_at', INSTANT, nullable=True),
    sa.CheckConstraint("thing_kind IN ('registration')", name=op.f('ck_upload_thing_kind')),
    sa.CheckConstraint('size > 0', name=op.f('ck_upload_size')),
    sa.CheckConstraint('erased_at IS NULL OR removed_at IS NOT NULL', name=op.f('ck_upload_erased')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_upload_organisation_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_upload_created_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload')),
    sa.UniqueConstraint('public_id', name=op.f('uq_upload_public_id')),
    sa.UniqueConstraint('stored_name', name=op.f('uq_upload_stored_name'))
    )
    op.create_index('ix_upload_thing', 'upload', ['thing_kind', 'thing_id', 'id'], unique=False)
    op.create_index('ix_upload_own', 'upload', ['organisation_id', 'erased_at', 'size'], unique=False)
    op.create_index(
        'ix_upload_to_erase', 'upload', ['removed_at', 'id'], unique=False,
        sqlite_where=TO_ERASE, postgresql_where=TO_ERASE,
    )


def downgrade() -> None:
    """Take it back; the contents stay in the instance folder until they are tidied up."""
    op.drop_table('upload')
