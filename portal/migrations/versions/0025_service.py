"""warranty, returns, parts and visits."""

from alembic import op
import sqlalchemy as sa

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('warranty',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('product_id', BIG, nullable=False),
    sa.Column('serial', KEY, nullable=False),
    sa.Column('installed_item_id', BIG, nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('contract', sa.String(length=20), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.CheckConstraint("contract IN ('standard', 'plus', 'premium')", name=op.f('ck_warranty_contract')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_warranty_ends')),
    sa.ForeignKeyConstraint(['installed_item_id'], ['installed_item.id'], name=op.f('fk_warranty_installed_item_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_warranty_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_warranty')),
    sa.UniqueConstraint('installed_item_id', name=op.f('uq_warranty_installed_item_id')),
    sa.UniqueConstraint('product_id', 'serial', name=op.f('uq_warranty_product_id_serial')),
    sa.UniqueConstraint('public_id', name=op.f('uq_warranty_public_id'))
    )
    op.create_table('rma',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', KEY, nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('installed_item_id', BIG, nullable=True),
    sa.Column('product_id', BIG, nullable=False),
    sa.Column('serial', KEY, nullable=False),
    sa.Column('reason', sa.String(length=2000), nullable=False),
    sa.Column('dead_on_arrival', sa.Boolean(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('requested_by_id', BIG, nullable=True),
    sa.Column('authorised_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tracking', sa.String(length=80), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=2000), nullable=False),
    sa.Column('new_serial', KEY, nullable=False),
    sa.Column('new_item_id', BIG, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state <> 'authorised' OR valid_until IS NOT NULL", name=op.f('ck_rma_valid')),
    sa.CheckConstraint("state IN ('requested', 'authorised', 'received', 'repaired', 'swapped', 'sent_back', 'closed', 'expired', 'refused')", name=op.f('ck_rma_state')),
    sa.ForeignKeyConstraint(['installed_item_id'], ['installed_item.id'], name=op.f('fk_rma_installed_item_id')),
    sa.ForeignKeyConstraint(['new_item_id'], ['installed_item.id'], name=op.f('fk_rma_new_item_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_rma_organisation_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_rma_product_id')),
    sa.ForeignKeyConstraint(['requested_by_id'], ['person.id'], name=op.f('fk_rma_requested_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_rma_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rma')),
    sa.UniqueConstraint('number', name=op.f('uq_rma_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_rma_public_id')),
    sa.UniqueConstraint('ticket_id', 'form_key', name=op.f('uq_rma_ticket_id_form_key'))
    )
    op.create_index('ix_rma_expiring', 'rma', ['valid_until', 'id'], unique=False, sqlite_where=sa.text("state = 'authorised'"), postgresql_where=sa.text("state = 'authorised'"))
    op.create_index('ix_rma_state', 'rma', ['state', 'id'], unique=False)
    op.create_index('ix_rma_ticket', 'rma', ['ticket_id', 'id'], unique=False)
    op.create_index('uq_rma_on_its_way', 'rma', ['product_id', 'serial'], unique=True, sqlite_where=sa.text("state IN ('requested', 'authorised', 'received', 'repaired', 'swapped', 'sent_back')"), postgresql_where=sa.text("state IN ('requested', 'authorised', 'received', 'repaired', 'swapped', 'sent_back')"))
    op.create_table('visit',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', KEY, nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('engineer_id', BIG, nullable=False),
    sa.Column('site_id', BIG, nullable=True),
    sa.Column('place', sa.String(length=600), nullable=False),
    sa.Column('site_latitude', BIG, nullable=True),
    sa.Column('site_longitude', BIG, nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('task', sa.String(length=2000), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('arrived_latitude', BIG, nullable=True),
    sa.Column('arrived_longitude', BIG, nullable=True),
    sa.Column('arrived_metres', BIG, nullable=True),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('left_latitude', BIG, nullable=True),
    sa.Column('left_longitude', BIG, nullable=True),
    sa.Column('work_done', sa.String(length=2000), nullable=False),
    sa.Column('signer', sa.String(length=120), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signature_id', BIG, nullable=True),
    sa.Column('planned_by_id', BIG, nullable=True),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state <> 'done' OR left_at IS NOT NULL", name=op.f('ck_visit_left')),
    sa.CheckConstraint("state IN ('planned', 'under_way', 'done', 'cancelled')", name=op.f('ck_visit_state')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_visit_slot')),
    sa.ForeignKeyConstraint(['engineer_id'], ['person.id'], name=op.f('fk_visit_engineer_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_visit_organisation_id')),
    sa.ForeignKeyConstraint(['planned_by_id'], ['person.id'], name=op.f('fk_visit_planned_by_id')),
    sa.ForeignKeyConstraint(['signature_id'], ['upload.id'], name=op.f('fk_visit_signature_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_visit_site_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_visit_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit')),
    sa.UniqueConstraint('number', name=op.f('uq_visit_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_visit_public_id')),
    sa.UniqueConstraint('ticket_id', 'form_key', name=op.f('uq_visit_ticket_id_form_key'))
    )
    op.create_index('ix_visit_engineer', 'visit', ['engineer_id', 'starts_at'], unique=False)
    op.create_index('ix_visit_site', 'visit', ['site_id', 'id'], unique=False)
    op.create_index('ix_visit_ticket', 'visit', ['ticket_id', 'id'], unique=False)
    op.create_table('spare_part',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('visit_id', BIG, nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('serial', sa.String(length=80), nullable=False),
    sa.Column('quantity', BIG, nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint('quantity BETWEEN 1 AND 999', name=op.f('ck_spare_part_quantity')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_spare_part_organisation_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_spare_part_ticket_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_spare_part_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spare_part')),
    sa.UniqueConstraint('public_id', name=op.f('uq_spare_part_public_id')),
    sa.UniqueConstraint('visit_id', 'form_key', name=op.f('uq_spare_part_visit_id_form_key'))
    )
    op.create_index('ix_spare_part_visit', 'spare_part', ['visit_id', 'id'], unique=False)
    op.create_table('visit_document',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('visit_id', BIG, nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('size', BIG, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=400), nullable=False),
    sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f('ck_visit_document_locale')),
    sa.CheckConstraint("state IN ('waiting', 'rendering', 'ready', 'failed')", name=op.f('ck_visit_document_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_visit_document_organisation_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_document_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_document')),
    sa.UniqueConstraint('public_id', name=op.f('uq_visit_document_public_id')),
    sa.UniqueConstraint('visit_id', 'locale', name=op.f('uq_visit_document_visit_id_locale'))
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table('visit_document')
    op.drop_table('spare_part')
    op.drop_table('visit')
    op.drop_table('rma')
    op.drop_table('warranty')
