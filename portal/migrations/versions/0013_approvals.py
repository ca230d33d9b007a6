"""approval definitions, requests and what happened to them."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
TABLES = ('approval_absence', 'approval_seen', 'approval_event', 'approval_seat', 'approval_request', 'approval_definition')
KEPT = ('approval_event', 'approval_definition')


def _walls() -> None:
    """What happened to a request, and what was published, never changes: held by the database itself."""
    for table in KEPT:
        for event in ("UPDATE", "DELETE"):
            name = f"{table}_no_{event.lower()}"
            message = f"{table} is append-only"
            if op.get_bind().dialect.name == "sqlite":
                op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
                           f"BEGIN SELECT RAISE(ABORT, '{message}'); END")
                continue
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                       f"RAISE EXCEPTION '{message}' USING ERRCODE = '23001'; END $$")
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    """Apply the change."""
    op.create_table('approval_definition',
    sa.Column('id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('number', BIG, nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('content', JSON, nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_by_id', BIG, nullable=True),
    sa.ForeignKeyConstraint(['published_by_id'], ['person.id'], name=op.f('fk_approval_definition_published_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_definition')),
    sa.UniqueConstraint('kind', 'number', name=op.f('uq_approval_definition_kind_number'))
    )
    op.create_table('approval_request',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('thing_kind', sa.String(length=40), nullable=False),
    sa.Column('thing_id', BIG, nullable=False),
    sa.Column('thing_public_id', sa.String(length=20), nullable=False),
    sa.Column('definition_id', BIG, nullable=False),
    sa.Column('title', JSON, nullable=False),
    sa.Column('facts', JSON, nullable=False),
    sa.Column('route', JSON, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('step', BIG, nullable=False),
    sa.Column('round', BIG, nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('researched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('nudged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('assigned_to_id', BIG, nullable=True),
    sa.Column('asked_by_id', BIG, nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', BIG, nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('automatic', sa.Boolean(), nullable=False),
    sa.Column('took_seconds', BIG, nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("(state = 'in_review') = (due_at IS NOT NULL)", name=op.f('ck_approval_request_due')),
    sa.CheckConstraint("(state IN ('in_review', 'returned')) = (decided_at IS NULL)", name=op.f('ck_approval_request_decided')),
    sa.CheckConstraint("state IN ('in_review', 'returned', 'approved', 'refused', 'withdrawn')", name=op.f('ck_approval_request_state')),
    sa.CheckConstraint('step >= 0', name=op.f('ck_approval_request_step')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_approval_request_asked_by_id')),
    sa.ForeignKeyConstraint(['assigned_to_id'], ['person.id'], name=op.f('fk_approval_request_assigned_to_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_approval_request_decided_by_id')),
    sa.ForeignKeyConstraint(['definition_id'], ['approval_definition.id'], name=op.f('fk_approval_request_definition_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_approval_request_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_request')),
    sa.UniqueConstraint('public_id', name=op.f('uq_approval_request_public_id'))
    )
    op.create_index('ix_approval_request_decided', 'approval_request', ['kind', 'decided_at', 'id'], unique=False)
    op.create_index('ix_approval_request_due', 'approval_request', ['state', 'due_at', 'id'], unique=False)
    op.create_index('ix_approval_request_own', 'approval_request', ['organisation_id', 'id'], unique=False)
    op.create_index('ix_approval_request_thing', 'approval_request', ['thing_kind', 'thing_id', 'id'], unique=False)
    op.create_index('uq_approval_request_open', 'approval_request', ['kind', 'thing_kind', 'thing_id'], unique=True, sqlite_where=sa.text("state IN ('in_review', 'returned')"), postgresql_where=sa.text("state IN ('in_review', 'returned')"))
    op.create_table('approval_seat',
    sa.Column('id', BIG, nullable=False),
    sa.Column('request_id', BIG, nullable=False),
    sa.Column('step', BIG, nullable=False),
    sa.Column('round', BIG, nullable=False),
    sa.Column('role', sa.String(length=40), nullable=True),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('escalated', sa.Boolean(), nullable=False),
    sa.Column('approved_by_id', BIG, nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint('(approved_at IS NULL) = (approved_by_id IS NULL)', name=op.f('ck_approval_seat_approved')),
    sa.CheckConstraint('(role IS NULL) <> (person_id IS NULL)', name=op.f('ck_approval_seat_who')),
    sa.ForeignKeyConstraint(['approved_by_id'], ['person.id'], name=op.f('fk_approval_seat_approved_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_approval_seat_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_seat_person_id')),
    sa.ForeignKeyConstraint(['request_id'], ['approval_request.id'], name=op.f('fk_approval_seat_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_seat'))
    )
    op.create_index('ix_approval_seat_person_id', 'approval_seat', ['person_id', 'request_id'], unique=False)
    op.create_index('ix_approval_seat_request_id', 'approval_seat', ['request_id', 'step', 'id'], unique=False)
    op.create_table('approval_event',
    sa.Column('id', BIG, nullable=False),
    sa.Column('request_id', BIG, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('for_person_id', BIG, nullable=True),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('step', BIG, nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('note', sa.String(length=1000), nullable=False),
    sa.Column('internal', sa.Boolean(), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("action IN ('ask', 'automatic', 'fall back', 'endorse', 'approve', 'refuse', 'return', 'research', 'escalate', 'reassign', 'amend', 'answer', 'nudge', 'withdraw')", name=op.f('ck_approval_event_action')),
    sa.ForeignKeyConstraint(['for_person_id'], ['person.id'], name=op.f('fk_approval_event_for_person_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_approval_event_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_event_person_id')),
    sa.ForeignKeyConstraint(['request_id'], ['approval_request.id'], name=op.f('fk_approval_event_request_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_event'))
    )
    op.create_index('ix_approval_event_request_id', 'approval_event', ['request_id', 'id'], unique=False)
    op.create_table('approval_seen',
    sa.Column('request_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_approval_seen_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_seen_person_id')),
    sa.ForeignKeyConstraint(['request_id'], ['approval_request.id'], name=op.f('fk_approval_seen_request_id')),
    sa.PrimaryKeyConstraint('request_id', 'person_id', name=op.f('pk_approval_seen'))
    )
    op.create_table('approval_absence',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('delegate_id', BIG, nullable=True),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('delegate_id IS NULL OR delegate_id <> person_id', name=op.f('ck_approval_absence_delegate')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_approval_absence_days')),
    sa.ForeignKeyConstraint(['delegate_id'], ['person.id'], name=op.f('fk_approval_absence_delegate_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_approval_absence_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approval_absence')),
    sa.UniqueConstraint('public_id', name=op.f('uq_approval_absence_public_id'))
    )
    op.create_index('ix_approval_absence_delegate_id', 'approval_absence', ['delegate_id', 'ends_on'], unique=False)
    op.create_index('ix_approval_absence_live', 'approval_absence', ['ends_on'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_approval_absence_person_id', 'approval_absence', ['person_id', 'ends_on'], unique=False)
    _walls()


def downgrade() -> None:
    """Take it back."""
    if op.get_bind().dialect.name != "sqlite":
        for table in KEPT:
            for event in ("update", "delete"):
                op.execute(f"DROP FUNCTION {table}_no_{event}() CASCADE")
    for table in TABLES:
        op.drop_table(table)
