"""tickets and what belongs to them."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')
AT = sa.DateTime(timezone=True)
TABLES = ('ticket_rating', 'ticket_note', 'ticket_message', 'ticket_link', 'ticket_follower', 'ticket_event', 'ticket_clock', 'ticket', 'ticket_queue_member', 'ticket_target', 'ticket_queue', 'ticket_macro', 'support_terms')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('support_terms',
    sa.Column('id', BIG, nullable=False),
    sa.Column('party_id', BIG, nullable=False),
    sa.Column('calendar', sa.String(length=40), nullable=False),
    sa.Column('contract', sa.String(length=20), nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('changed_at', AT, nullable=False),
    sa.Column('changed_by_id', BIG, nullable=True),
    sa.CheckConstraint("contract IN ('standard', 'plus', 'premium')", name=op.f('ck_support_terms_contract')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_support_terms_changed_by_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_support_terms_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_terms')),
    sa.UniqueConstraint('party_id', name=op.f('uq_support_terms_party_id'))
    )
    op.create_table('ticket_macro',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.Column('name_zh', sa.String(length=80), nullable=False),
    sa.Column('body_en', sa.String(length=4000), nullable=False),
    sa.Column('body_zh', sa.String(length=4000), nullable=False),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('position', BIG, nullable=False),
    sa.Column('archived_at', AT, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('changed_at', AT, nullable=False),
    sa.Column('changed_by_id', BIG, nullable=True),
    sa.CheckConstraint("action IN ('answer', 'ask', 'hold', 'solve')", name=op.f('ck_ticket_macro_action')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_ticket_macro_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_macro')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ticket_macro_public_id'))
    )
    op.create_index('ix_ticket_macro_position', 'ticket_macro', ['position', 'id'], unique=False)
    op.create_table('ticket_queue',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.Column('name_zh', sa.String(length=80), nullable=False),
    sa.Column('position', BIG, nullable=False),
    sa.Column('lines', JSON, nullable=False),
    sa.Column('regions', JSON, nullable=False),
    sa.Column('kinds', JSON, nullable=False),
    sa.Column('skills', JSON, nullable=False),
    sa.Column('assigns', sa.Boolean(), nullable=False),
    sa.Column('archived_at', AT, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('changed_at', AT, nullable=False),
    sa.Column('changed_by_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_ticket_queue_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_queue')),
    sa.UniqueConstraint('key', name=op.f('uq_ticket_queue_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ticket_queue_public_id'))
    )
    op.create_table('ticket_target',
    sa.Column('id', BIG, nullable=False),
    sa.Column('contract', sa.String(length=20), nullable=False),
    sa.Column('priority', sa.String(length=20), nullable=False),
    sa.Column('first_response', BIG, nullable=False),
    sa.Column('next_update', BIG, nullable=False),
    sa.Column('solution', BIG, nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('changed_at', AT, nullable=False),
    sa.Column('changed_by_id', BIG, nullable=True),
    sa.CheckConstraint("contract IN ('standard', 'plus', 'premium')", name=op.f('ck_ticket_target_contract')),
    sa.CheckConstraint("priority IN ('urgent', 'high', 'medium', 'low')", name=op.f('ck_ticket_target_priority')),
    sa.CheckConstraint('first_response > 0 AND next_update > 0 AND solution > 0', name=op.f('ck_ticket_target_minutes')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['person.id'], name=op.f('fk_ticket_target_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_target')),
    sa.UniqueConstraint('contract', 'priority', name=op.f('uq_ticket_target_contract_priority'))
    )
    op.create_table('ticket_queue_member',
    sa.Column('id', BIG, nullable=False),
    sa.Column('queue_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('skills', JSON, nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_queue_member_person_id')),
    sa.ForeignKeyConstraint(['queue_id'], ['ticket_queue.id'], name=op.f('fk_ticket_queue_member_queue_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_queue_member')),
    sa.UniqueConstraint('queue_id', 'person_id', name=op.f('uq_ticket_queue_member_queue_id_person_id'))
    )
    op.create_index('ix_ticket_queue_member_person', 'ticket_queue_member', ['person_id'], unique=False)
    op.create_table('ticket',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', KEY, nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('impact', sa.String(length=20), nullable=False),
    sa.Column('contract', sa.String(length=20), nullable=False),
    sa.Column('priority', sa.String(length=20), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('partner_organisation_id', BIG, nullable=True),
    sa.Column('customer_id', BIG, nullable=False),
    sa.Column('requester_id', BIG, nullable=True),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('site_id', BIG, nullable=True),
    sa.Column('installed_item_id', BIG, nullable=True),
    sa.Column('product_id', BIG, nullable=True),
    sa.Column('product_line', sa.String(length=40), nullable=False),
    sa.Column('serial', KEY, nullable=False),
    sa.Column('firmware', sa.String(length=60), nullable=False),
    sa.Column('fault', sa.String(length=60), nullable=False),
    sa.Column('error_code', sa.String(length=60), nullable=False),
    sa.Column('region', sa.String(length=20), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('queue_id', BIG, nullable=True),
    sa.Column('assignee_id', BIG, nullable=True),
    sa.Column('merged_into_id', BIG, nullable=True),
    sa.Column('solution', sa.String(length=4000), nullable=False),
    sa.Column('solved_by_id', BIG, nullable=True),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('updated_at', AT, nullable=False),
    sa.Column('last_message_at', AT, nullable=False),
    sa.Column('first_answered_at', AT, nullable=True),
    sa.Column('solved_at', AT, nullable=True),
    sa.Column('closes_at', AT, nullable=True),
    sa.Column('closed_at', AT, nullable=True),
    sa.Column('reopened', BIG, nullable=False),
    sa.Column('nudged_at', AT, nullable=True),
    sa.Column('escalated_at', AT, nullable=True),
    sa.Column('sort_at', AT, nullable=False),
    sa.Column('rating', BIG, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f('ck_ticket_merged')),
    sa.CheckConstraint("(state = 'solved') = (closes_at IS NOT NULL)", name=op.f('ck_ticket_closes')),
    sa.CheckConstraint("channel IN ('web', 'mail', 'phone', 'visit')", name=op.f('ck_ticket_channel')),
    sa.CheckConstraint("contract IN ('standard', 'plus', 'premium')", name=op.f('ck_ticket_contract')),
    sa.CheckConstraint("impact IN ('all', 'part', 'question')", name=op.f('ck_ticket_impact')),
    sa.CheckConstraint("kind IN ('fault', 'question', 'complaint', 'suggestion')", name=op.f('ck_ticket_kind')),
    sa.CheckConstraint("priority IN ('urgent', 'high', 'medium', 'low')", name=op.f('ck_ticket_priority')),
    sa.CheckConstraint("state IN ('new', 'open', 'waiting_customer', 'waiting_us', 'solved', 'closed', 'merged')", name=op.f('ck_ticket_state')),
    sa.CheckConstraint('merged_into_id IS NULL OR merged_into_id <> id', name=op.f('ck_ticket_itself')),
    sa.CheckConstraint('rating IS NULL OR rating BETWEEN 1 AND 5', name=op.f('ck_ticket_rating')),
    sa.ForeignKeyConstraint(['assignee_id'], ['person.id'], name=op.f('fk_ticket_assignee_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_ticket_created_by_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_ticket_customer_id')),
    sa.ForeignKeyConstraint(['installed_item_id'], ['installed_item.id'], name=op.f('fk_ticket_installed_item_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['ticket.id'], name=op.f('fk_ticket_merged_into_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_organisation_id')),
    sa.ForeignKeyConstraint(['partner_organisation_id'], ['organisation.id'], name=op.f('fk_ticket_partner_organisation_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_ticket_product_id')),
    sa.ForeignKeyConstraint(['queue_id'], ['ticket_queue.id'], name=op.f('fk_ticket_queue_id')),
    sa.ForeignKeyConstraint(['requester_id'], ['person.id'], name=op.f('fk_ticket_requester_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_ticket_site_id')),
    sa.ForeignKeyConstraint(['solved_by_id'], ['person.id'], name=op.f('fk_ticket_solved_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket')),
    sa.UniqueConstraint('number', name=op.f('uq_ticket_number')),
    sa.UniqueConstraint('organisation_id', 'form_key', name=op.f('uq_ticket_organisation_id_form_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ticket_public_id'))
    )
    op.create_index('ix_ticket_assignee', 'ticket', ['assignee_id', 'sort_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us')"), postgresql_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us')"))
    op.create_index('ix_ticket_closing', 'ticket', ['closes_at', 'id'], unique=False, sqlite_where=sa.text("state = 'solved'"), postgresql_where=sa.text("state = 'solved'"))
    op.create_index('ix_ticket_customer', 'ticket', ['customer_id', 'id'], unique=False)
    op.create_index('ix_ticket_item', 'ticket', ['installed_item_id', 'id'], unique=False)
    op.create_index('ix_ticket_merged_into', 'ticket', ['merged_into_id'], unique=False)
    op.create_index('ix_ticket_own', 'ticket', ['organisation_id', 'id'], unique=False)
    op.create_index('ix_ticket_partner', 'ticket', ['partner_organisation_id', 'id'], unique=False)
    op.create_index('ix_ticket_queue', 'ticket', ['queue_id', 'sort_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us')"), postgresql_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us')"))
    op.create_index('ix_ticket_serial', 'ticket', ['serial', 'id'], unique=False)
    op.create_index('ix_ticket_sorted', 'ticket', ['sort_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us')"), postgresql_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us')"))
    op.create_index('ix_ticket_state', 'ticket', ['state', 'id'], unique=False)
    op.create_index('ix_ticket_unassigned', 'ticket', ['sort_at', 'id'], unique=False, sqlite_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us') AND assignee_id IS NULL"), postgresql_where=sa.text("state IN ('new', 'open', 'waiting_customer', 'waiting_us') AND assignee_id IS NULL"))
    op.create_table('ticket_clock',
    sa.Column('id', BIG, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('calendar', sa.String(length=40), nullable=False),
    sa.Column('target_seconds', BIG, nullable=False),
    sa.Column('used_seconds', BIG, nullable=False),
    sa.Column('started_at', AT, nullable=False),
    sa.Column('running_since', AT, nullable=True),
    sa.Column('warn_at', AT, nullable=True),
    sa.Column('due_at', AT, nullable=True),
    sa.Column('paused_at', AT, nullable=True),
    sa.Column('stopped_at', AT, nullable=True),
    sa.Column('warned_at', AT, nullable=True),
    sa.Column('breached_at', AT, nullable=True),
    sa.Column('breaches', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('first_response', 'next_update', 'solution')", name=op.f('ck_ticket_clock_kind')),
    sa.CheckConstraint('(paused_at IS NULL) OR (running_since IS NULL)', name=op.f('ck_ticket_clock_paused')),
    sa.CheckConstraint('(running_since IS NULL) OR (due_at IS NOT NULL AND warn_at IS NOT NULL)', name=op.f('ck_ticket_clock_due')),
    sa.CheckConstraint('running_since IS NULL OR stopped_at IS NULL', name=op.f('ck_ticket_clock_stopped')),
    sa.CheckConstraint('target_seconds > 0', name=op.f('ck_ticket_clock_target')),
    sa.CheckConstraint('used_seconds >= 0', name=op.f('ck_ticket_clock_used')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_clock_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_clock')),
    sa.UniqueConstraint('ticket_id', 'kind', name=op.f('uq_ticket_clock_ticket_id_kind'))
    )
    op.create_index('ix_ticket_clock_due', 'ticket_clock', ['due_at', 'id'], unique=False, sqlite_where=sa.text('running_since IS NOT NULL AND breached_at IS NULL'), postgresql_where=sa.text('running_since IS NOT NULL AND breached_at IS NULL'))
    op.create_index('ix_ticket_clock_warn', 'ticket_clock', ['warn_at', 'id'], unique=False, sqlite_where=sa.text('running_since IS NOT NULL AND warned_at IS NULL'), postgresql_where=sa.text('running_since IS NOT NULL AND warned_at IS NULL'))
    op.create_table('ticket_event',
    sa.Column('id', BIG, nullable=False),
    sa.Column('at', AT, nullable=False),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('internal', sa.Boolean(), nullable=False),
    sa.Column('details', JSON, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_event_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_event_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_event_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_event'))
    )
    op.create_index('ix_ticket_event_ticket', 'ticket_event', ['ticket_id', 'id'], unique=False)
    op.create_table('ticket_follower',
    sa.Column('id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_follower_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_follower_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_follower_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_follower')),
    sa.UniqueConstraint('ticket_id', 'person_id', name=op.f('uq_ticket_follower_ticket_id_person_id'))
    )
    op.create_index('ix_ticket_follower_person', 'ticket_follower', ['person_id'], unique=False)
    op.create_table('ticket_link',
    sa.Column('id', BIG, nullable=False),
    sa.Column('other_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('related', 'follow_up', 'split', 'duplicate')", name=op.f('ck_ticket_link_kind')),
    sa.CheckConstraint('ticket_id <> other_id', name=op.f('ck_ticket_link_itself')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_ticket_link_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_link_organisation_id')),
    sa.ForeignKeyConstraint(['other_id'], ['ticket.id'], name=op.f('fk_ticket_link_other_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_link_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_link')),
    sa.UniqueConstraint('ticket_id', 'other_id', name=op.f('uq_ticket_link_ticket_id_other_id'))
    )
    op.create_index('ix_ticket_link_other', 'ticket_link', ['other_id', 'id'], unique=False)
    op.create_table('ticket_message',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('author_id', BIG, nullable=True),
    sa.Column('author_name', sa.String(length=120), nullable=False),
    sa.Column('side', sa.String(length=20), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('body', sa.String(length=10000), nullable=False),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("channel IN ('web', 'mail', 'phone', 'visit')", name=op.f('ck_ticket_message_channel')),
    sa.CheckConstraint("side IN ('customer', 'partner', 'house')", name=op.f('ck_ticket_message_side')),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_ticket_message_author_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_message_organisation_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_message_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_message')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ticket_message_public_id')),
    sa.UniqueConstraint('ticket_id', 'form_key', name=op.f('uq_ticket_message_ticket_id_form_key'))
    )
    op.create_index('ix_ticket_message_ticket', 'ticket_message', ['ticket_id', 'id'], unique=False)
    op.create_table('ticket_note',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('author_id', BIG, nullable=True),
    sa.Column('body', sa.String(length=4000), nullable=False),
    sa.Column('created_at', AT, nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_ticket_note_author_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_note_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_note')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ticket_note_public_id')),
    sa.UniqueConstraint('ticket_id', 'form_key', name=op.f('uq_ticket_note_ticket_id_form_key'))
    )
    op.create_index('ix_ticket_note_ticket', 'ticket_note', ['ticket_id', 'id'], unique=False)
    op.create_table('ticket_rating',
    sa.Column('id', BIG, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', AT, nullable=False),
    sa.Column('asked_at', AT, nullable=False),
    sa.Column('points', BIG, nullable=True),
    sa.Column('comment', sa.String(length=1000), nullable=False),
    sa.Column('rated_at', AT, nullable=True),
    sa.Column('rated_by_id', BIG, nullable=True),
    sa.CheckConstraint('(points IS NULL) = (rated_at IS NULL)', name=op.f('ck_ticket_rating_rated')),
    sa.CheckConstraint('points IS NULL OR points BETWEEN 1 AND 5', name=op.f('ck_ticket_rating_points')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_rating_organisation_id')),
    sa.ForeignKeyConstraint(['rated_by_id'], ['person.id'], name=op.f('fk_ticket_rating_rated_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_rating_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_rating')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_ticket_rating_token_hash'))
    )
    op.create_index('ix_ticket_rating_ticket', 'ticket_rating', ['ticket_id', 'id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    for table in TABLES:
        op.drop_table(table)
