"""deal registrations, the public pool and who looked."""

from alembic import op
import sqlalchemy as sa

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')
AT = sa.DateTime(timezone=True)
TABLES = ("registration_evidence", "holding_activity", "customer_holding", "pool_entry", "inquiry", "daily_use", "registration")


def upgrade() -> None:
    """Apply the change."""
    op.create_table('pool_entry',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('customer_id', BIG, nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('from_organisation_id', BIG, nullable=True),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.CheckConstraint("reason IN ('expired', 'unworked', 'released')", name=op.f('ck_pool_entry_reason')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_pool_entry_customer_id')),
    sa.ForeignKeyConstraint(['from_organisation_id'], ['organisation.id'], name=op.f('fk_pool_entry_from_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pool_entry')),
    sa.UniqueConstraint('public_id', name=op.f('uq_pool_entry_public_id'))
    )
    op.create_index(op.f('ix_pool_entry_customer_id'), 'pool_entry', ['customer_id'], unique=False)
    op.create_index('ix_pool_entry_waiting', 'pool_entry', ['id'], unique=False, sqlite_where=sa.text('left_on IS NULL'), postgresql_where=sa.text('left_on IS NULL'))
    op.create_index('uq_pool_entry_waiting', 'pool_entry', ['customer_id'], unique=True, sqlite_where=sa.text('left_on IS NULL'), postgresql_where=sa.text('left_on IS NULL'))
    op.create_table('customer_holding',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('customer_id', BIG, nullable=False),
    sa.Column('source', sa.String(length=20), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("source IN ('assigned', 'claim', 'transfer')", name=op.f('ck_customer_holding_source')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_customer_holding_customer_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_customer_holding_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_customer_holding_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_holding')),
    sa.UniqueConstraint('public_id', name=op.f('uq_customer_holding_public_id'))
    )
    op.create_index('ix_customer_holding_customer', 'customer_holding', ['customer_id', 'id'], unique=False)
    op.create_index('ix_customer_holding_ending', 'customer_holding', ['ends_on', 'id'], unique=False, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
    op.create_index('ix_customer_holding_person', 'customer_holding', ['person_id', 'since', 'id'], unique=False)
    op.create_index('ix_customer_holding_worked', 'customer_holding', ['worked_on', 'id'], unique=False, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
    op.create_index('uq_customer_holding_claim', 'customer_holding', ['customer_id'], unique=True, sqlite_where=sa.text("ended_on IS NULL AND source = 'claim'"), postgresql_where=sa.text("ended_on IS NULL AND source = 'claim'"))
    op.create_index('uq_customer_holding_own', 'customer_holding', ['organisation_id', 'customer_id'], unique=True, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
    op.create_table('daily_use',
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('uses', BIG, nullable=False),
    sa.CheckConstraint("purpose IN ('probe', 'pool_view', 'pool_claim')", name=op.f('ck_daily_use_purpose')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_daily_use_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'day', 'purpose', name=op.f('pk_daily_use'))
    )
    op.create_table('inquiry',
    sa.Column('id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('about', KEY, nullable=False),
    sa.Column('customer_id', BIG, nullable=True),
    sa.Column('product_line', sa.String(length=20), nullable=False),
    sa.Column('at', AT, nullable=False),
    sa.CheckConstraint("purpose IN ('probe', 'pool_view', 'pool_claim')", name=op.f('ck_inquiry_purpose')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_inquiry_customer_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_inquiry_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_inquiry_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inquiry')),
    sa.UniqueConstraint('person_id', 'day', 'purpose', 'about', name=op.f('uq_inquiry_person_id_day_purpose_about'))
    )
    op.create_index('ix_inquiry_customer', 'inquiry', ['customer_id', 'day'], unique=False)
    op.create_table('holding_activity',
    sa.Column('id', BIG, nullable=False),
    sa.Column('holding_id', BIG, nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_holding_activity_created_by_id')),
    sa.ForeignKeyConstraint(['holding_id'], ['customer_holding.id'], name=op.f('fk_holding_activity_holding_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_holding_activity_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holding_activity'))
    )
    op.create_index('ix_holding_activity_of', 'holding_activity', ['holding_id', 'id'], unique=False)
    op.create_table('registration',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', KEY, nullable=True),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('standing', sa.String(length=20), nullable=False),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('customer_id', BIG, nullable=False),
    sa.Column('customer_name', sa.String(length=200), nullable=False),
    sa.Column('customer_key', KEY, nullable=False),
    sa.Column('identity_id', BIG, nullable=True),
    sa.Column('product_line', sa.String(length=20), nullable=False),
    sa.Column('site', sa.String(length=400), nullable=False),
    sa.Column('site_key', KEY, nullable=False),
    sa.Column('closing_month', sa.Date(), nullable=True),
    sa.Column('value_band', sa.String(length=10), nullable=False),
    sa.Column('value_minor', BIG, nullable=False),
    sa.Column('asked_minor', BIG, nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('competitors', sa.String(length=400), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('configuration_id', BIG, nullable=True),
    sa.Column('submitted_at', AT, nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('decided_at', AT, nullable=True),
    sa.Column('protected_from', sa.Date(), nullable=True),
    sa.Column('protected_until', sa.Date(), nullable=True),
    sa.Column('next_step_on', sa.Date(), nullable=True),
    sa.Column('extensions', BIG, nullable=False),
    sa.Column('resubmissions', BIG, nullable=False),
    sa.Column('withdrawn_at', AT, nullable=True),
    sa.Column('withdrawn_from', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('reason_note', sa.String(length=1000), nullable=False),
    sa.Column('approval_request_id', BIG, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('updated_at', AT, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("product_line IN ('', 'video', 'room', 'cabling', 'network')", name=op.f('ck_registration_product_line')),
    sa.CheckConstraint("standing IN ('draft', 'review', 'your_turn', 'protected', 'closed')", name=op.f('ck_registration_standing')),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'in_review', 'returned', 'approved', 'rejected', 'withdrawn', 'expired', 'converted', 'won', 'lost')", name=op.f('ck_registration_state')),
    sa.CheckConstraint("state NOT IN ('approved', 'converted') OR protected_until IS NOT NULL", name=op.f('ck_registration_protected')),
    sa.CheckConstraint("submitted_at IS NULL OR (identity_id IS NOT NULL AND product_line <> '' AND number IS NOT NULL)", name=op.f('ck_registration_complete')),
    sa.CheckConstraint("value_band IN ('', 'xs', 's', 'm', 'l', 'xl')", name=op.f('ck_registration_value_band')),
    sa.CheckConstraint('value_minor >= 0', name=op.f('ck_registration_value_minor')),
    sa.ForeignKeyConstraint(['approval_request_id'], ['approval_request.id'], name=op.f('fk_registration_approval_request_id')),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_registration_configuration_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_registration_created_by_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_registration_customer_id')),
    sa.ForeignKeyConstraint(['identity_id'], ['party.id'], name=op.f('fk_registration_identity_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_registration_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_registration_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    sa.UniqueConstraint('number', name=op.f('uq_registration_number')),
    sa.UniqueConstraint('organisation_id', 'form_key', name=op.f('uq_registration_organisation_id_form_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_registration_public_id'))
    )
    op.create_index('ix_registration_all_both', 'registration', ['standing', 'product_line', 'id'], unique=False)
    op.create_index('ix_registration_all_customer', 'registration', ['customer_key', 'id'], unique=False)
    op.create_index('ix_registration_all_ending', 'registration', ['standing', 'protected_until', 'id'], unique=False, sqlite_where=sa.text("standing = 'protected'"), postgresql_where=sa.text("standing = 'protected'"))
    op.create_index('ix_registration_all_line', 'registration', ['product_line', 'id'], unique=False)
    op.create_index('ix_registration_all_standing', 'registration', ['standing', 'id'], unique=False)
    op.create_index(op.f('ix_registration_customer_id'), 'registration', ['customer_id'], unique=False)
    op.create_index('ix_registration_identity', 'registration', ['identity_id', 'id'], unique=False)
    op.create_index('ix_registration_open', 'registration', ['identity_id', 'product_line', 'site_key', 'submitted_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('submitted', 'in_review', 'returned', 'approved', 'converted')"), postgresql_where=sa.text("state IN ('submitted', 'in_review', 'returned', 'approved', 'converted')"))
    op.create_index('ix_registration_own', 'registration', ['organisation_id', 'id'], unique=False)
    op.create_index('ix_registration_own_both', 'registration', ['organisation_id', 'standing', 'product_line', 'id'], unique=False)
    op.create_index('ix_registration_own_customer', 'registration', ['organisation_id', 'customer_key', 'id'], unique=False)
    op.create_index('ix_registration_own_ending', 'registration', ['organisation_id', 'standing', 'protected_until', 'id'], unique=False, sqlite_where=sa.text("standing = 'protected'"), postgresql_where=sa.text("standing = 'protected'"))
    op.create_index('ix_registration_own_line', 'registration', ['organisation_id', 'product_line', 'id'], unique=False)
    op.create_index('ix_registration_own_standing_customer', 'registration', ['organisation_id', 'standing', 'customer_key', 'id'], unique=False)
    op.create_index('ix_registration_all_standing_customer', 'registration', ['standing', 'customer_key', 'id'], unique=False)
    op.create_index('ix_registration_own_line_customer', 'registration', ['organisation_id', 'product_line', 'customer_key', 'id'], unique=False)
    op.create_index('ix_registration_all_line_customer', 'registration', ['product_line', 'customer_key', 'id'], unique=False)
    op.create_index('ix_registration_own_standing', 'registration', ['organisation_id', 'standing', 'id'], unique=False)
    op.create_index('ix_registration_step', 'registration', ['next_step_on', 'id'], unique=False, sqlite_where=sa.text('next_step_on IS NOT NULL'), postgresql_where=sa.text('next_step_on IS NOT NULL'))
    op.create_index('uq_registration_held', 'registration', ['identity_id', 'product_line', 'site_key'], unique=True, sqlite_where=sa.text("state IN ('approved', 'converted')"), postgresql_where=sa.text("state IN ('approved', 'converted')"))
    op.create_table('registration_evidence',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('registration_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('happened_on', sa.Date(), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('quote_id', BIG, nullable=True),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("(kind = 'quote') = (quote_id IS NOT NULL)", name=op.f('ck_registration_evidence_quote')),
    sa.CheckConstraint("kind IN ('visit', 'demonstration', 'quote')", name=op.f('ck_registration_evidence_kind')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_registration_evidence_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_registration_evidence_organisation_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_registration_evidence_quote_id')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_registration_evidence_registration_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_evidence')),
    sa.UniqueConstraint('public_id', name=op.f('uq_registration_evidence_public_id')),
    sa.UniqueConstraint('registration_id', 'quote_id', name=op.f('uq_registration_evidence_registration_id_quote_id'))
    )
    op.create_index('ix_registration_evidence_of', 'registration_evidence', ['registration_id', 'id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    for table in TABLES:
        op.drop_table(table)
