"""templates that people made of configurations, and configurations sent to a distributor."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('saved_template',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('rule_key', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('choices', JSON, nullable=False),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_saved_template_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_saved_template_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_template')),
    sa.UniqueConstraint('public_id', name=op.f('uq_saved_template_public_id'))
    )
    op.create_index('ix_saved_template_organisation_id', 'saved_template', ['organisation_id', 'rule_key', 'id'],
                    unique=False)
    op.create_table('sending',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('configuration_id', BIG, nullable=False),
    sa.Column('to_organisation_id', BIG, nullable=False),
    sa.Column('share_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_sending_configuration_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_sending_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sending_person_id')),
    sa.ForeignKeyConstraint(['share_id'], ['share.id'], name=op.f('fk_sending_share_id')),
    sa.ForeignKeyConstraint(['to_organisation_id'], ['organisation.id'], name=op.f('fk_sending_to_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sending')),
    sa.UniqueConstraint('public_id', name=op.f('uq_sending_public_id')),
    sa.UniqueConstraint('share_id', name=op.f('uq_sending_share_id'))
    )
    op.create_index('ix_sending_configuration_id', 'sending', ['configuration_id', 'id'], unique=False)
    op.create_index('ix_sending_to_organisation_id', 'sending', ['to_organisation_id', 'id'], unique=False)
    op.create_table('taken_over',
    sa.Column('configuration_id', BIG, autoincrement=False, nullable=False),
    sa.Column('sending_id', BIG, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_taken_over_configuration_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_taken_over_organisation_id')),
    sa.ForeignKeyConstraint(['sending_id'], ['sending.id'], name=op.f('fk_taken_over_sending_id')),
    sa.PrimaryKeyConstraint('configuration_id', name=op.f('pk_taken_over'))
    )
    op.create_index('ix_taken_over_sending_id', 'taken_over', ['sending_id', 'configuration_id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table('taken_over')
    op.drop_table('sending')
    op.drop_table('saved_template')
