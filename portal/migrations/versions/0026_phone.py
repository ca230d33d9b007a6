"""calls and leads."""

from alembic import op
import sqlalchemy as sa

from portal.parties.identity.phones import normal_phone

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')


def _fill() -> None:
    """Write down the numbers of the contacts that are known; afterwards the portal keeps them in step."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT phone, id FROM party WHERE kind = 'contact' AND archived_at IS NULL AND phone <> '' "
            "UNION SELECT relation.phone, relation.party_id FROM relation JOIN party ON party.id = relation.party_id "
            "WHERE party.kind = 'contact' AND party.archived_at IS NULL AND relation.phone <> ''"
        )
    )
    rows = {(normal_phone(phone), party_id) for phone, party_id in found}
    made = [{"value": value, "party_id": party_id} for value, party_id in sorted(rows) if value]
    if made:
        table = sa.table('contact_phone', sa.column('value'), sa.column('party_id'))
        connection.execute(sa.insert(table), made)


def upgrade() -> None:
    """Apply the change."""
    op.create_table('contact_phone',
    sa.Column('value', KEY, nullable=False),
    sa.Column('party_id', BIG, autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_contact_phone_party_id')),
    sa.PrimaryKeyConstraint('value', 'party_id', name=op.f('pk_contact_phone'))
    )
    op.create_index('ix_contact_phone_party_id', 'contact_phone', ['party_id'], unique=False)
    _fill()
    op.create_table('lead',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', KEY, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('phone_key', KEY, nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('industry', sa.String(length=20), nullable=False),
    sa.Column('region', sa.String(length=20), nullable=False),
    sa.Column('wish', sa.String(length=1000), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('assignee_id', BIG, nullable=True),
    sa.Column('party_id', BIG, nullable=True),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.CheckConstraint("(state = 'converted') = (party_id IS NOT NULL)", name=op.f('ck_lead_converted')),
    sa.CheckConstraint("state IN ('new', 'contacted', 'converted', 'dropped')", name=op.f('ck_lead_state')),
    sa.ForeignKeyConstraint(['assignee_id'], ['person.id'], name=op.f('fk_lead_assignee_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_lead_created_by_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_lead_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead')),
    sa.UniqueConstraint('number', name=op.f('uq_lead_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_lead_public_id'))
    )
    op.create_index('ix_lead_assignee', 'lead', ['assignee_id', 'state', 'id'], unique=False)
    op.create_index('ix_lead_party', 'lead', ['party_id'], unique=False)
    op.create_index('ix_lead_state', 'lead', ['state', 'id'], unique=False)
    op.create_index('ix_lead_unseen', 'lead', ['due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'new' AND escalated_at IS NULL"), postgresql_where=sa.text("state = 'new' AND escalated_at IS NULL"))
    op.create_index('uq_lead_waiting_phone', 'lead', ['phone_key'], unique=True, sqlite_where=sa.text("state IN ('new', 'contacted') AND phone_key <> ''"), postgresql_where=sa.text("state IN ('new', 'contacted') AND phone_key <> ''"))
    op.create_table('lead_route',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('industry', sa.String(length=20), nullable=False),
    sa.Column('region', sa.String(length=20), nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_lead_route_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead_route')),
    sa.UniqueConstraint('industry', 'region', name=op.f('uq_lead_route_industry_region')),
    sa.UniqueConstraint('public_id', name=op.f('uq_lead_route_public_id'))
    )
    op.create_table('phone_call',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('call_key', KEY, nullable=False),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('number_key', KEY, nullable=False),
    sa.Column('party_id', BIG, nullable=True),
    sa.Column('lead_id', BIG, nullable=True),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("source IN ('page', 'api')", name=op.f('ck_phone_call_source')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_phone_call_lead_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_phone_call_party_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_phone_call_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_call')),
    sa.UniqueConstraint('call_key', name=op.f('uq_phone_call_call_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_phone_call_public_id'))
    )
    op.create_index('ix_phone_call_lead', 'phone_call', ['lead_id', 'id'], unique=False)
    op.create_index('ix_phone_call_number', 'phone_call', ['number_key', 'id'], unique=False)
    op.create_index('ix_phone_call_party', 'phone_call', ['party_id', 'id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table('phone_call')
    op.drop_table('lead_route')
    op.drop_table('lead')
    op.drop_table('contact_phone')
