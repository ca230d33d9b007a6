"""messages, and uploads of more kinds."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
INSTANT = sa.DateTime(timezone=True)
KINDS = (
    "registration", "ticket", "ticket_message", "ticket_note", "ticket_draft", "article", "article_version", "manual",
    "mail_in", "rma", "dispatch", "visit", "signature",
)

HELD = ("bounce", "forged", "foreign", "no_access", "unknown", "doubtful", "too_large", "flood", "failed")
OUTCOMES = ("reply", "opened", "automatic", "loop", *HELD)
WAITS = sa.text(f"outcome IN {HELD} AND done_at IS NULL")


def upgrade() -> None:
    """Apply the change."""
    _widen_uploads()
    op.create_table('ticket_read',
    sa.Column('id', BIG, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('message_id', BIG, nullable=False),
    sa.Column('read_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['ticket_message.id'], name=op.f('fk_ticket_read_message_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_read_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_read_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_read')),
    sa.UniqueConstraint('ticket_id', 'person_id', name=op.f('uq_ticket_read_ticket_id_person_id'))
    )
    op.create_index('ix_ticket_read_person', 'ticket_read', ['person_id'], unique=False)
    op.create_table('ticket_draft',
    sa.Column('id', BIG, nullable=False),
    sa.Column('ticket_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('body', sa.String(length=10000), nullable=False),
    sa.Column('target', sa.String(length=10), nullable=False),
    sa.Column('saved_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ticket_draft_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_draft_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_draft_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_draft')),
    sa.UniqueConstraint('person_id', 'ticket_id', name=op.f('uq_ticket_draft_person_id_ticket_id'))
    )
    op.create_index('ix_ticket_draft_ticket', 'ticket_draft', ['ticket_id'], unique=False)
    op.create_table('mail_in',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('received_at', INSTANT, nullable=False),
    sa.Column('sender', sa.String(length=254), nullable=False),
    sa.Column('sender_name', sa.String(length=120), nullable=False),
    sa.Column('recipient', sa.String(length=254), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('text', sa.String(length=4000), nullable=False),
    sa.Column('size', BIG, nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('ticket_id', BIG, nullable=True),
    sa.Column('message_id', BIG, nullable=True),
    sa.Column('person_id', BIG, nullable=True),
    sa.Column('done_at', INSTANT, nullable=True),
    sa.Column('done_by_id', BIG, nullable=True),
    sa.CheckConstraint(f"outcome IN {OUTCOMES}", name=op.f('ck_mail_in_outcome')),
    sa.ForeignKeyConstraint(['done_by_id'], ['person.id'], name=op.f('fk_mail_in_done_by_id')),
    sa.ForeignKeyConstraint(['message_id'], ['ticket_message.id'], name=op.f('fk_mail_in_message_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_mail_in_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_mail_in_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_in')),
    sa.UniqueConstraint('key', name=op.f('uq_mail_in_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_mail_in_public_id'))
    )
    op.create_index('ix_mail_in_waiting', 'mail_in', ['id'], unique=False, sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_index('ix_mail_in_sender', 'mail_in', ['sender', 'received_at'], unique=False)
    op.create_index('ix_mail_in_message', 'mail_in', ['message_id'], unique=False)


def _widen_uploads() -> None:
    """Files of more kinds of things; `upload` has no triggers, and nothing refers to it."""
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.add_column(sa.Column('room_of_id', BIG, nullable=True))
        batch_op.add_column(sa.Column('thumbnail_name', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('width', BIG, nullable=True))
        batch_op.add_column(sa.Column('height', BIG, nullable=True))
        batch_op.drop_constraint(batch_op.f('ck_upload_thing_kind'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_upload_thing_kind'), f"thing_kind IN {KINDS}")
    op.execute("UPDATE upload SET room_of_id = organisation_id")
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.alter_column('room_of_id', existing_type=BIG, nullable=False)
        batch_op.create_foreign_key(
            batch_op.f('fk_upload_room_of_id'), 'organisation', ['room_of_id'], ['id']
        )
        batch_op.drop_index('ix_upload_own')
        batch_op.create_index('ix_upload_own', ['room_of_id', 'erased_at', 'size'], unique=False)
        batch_op.create_index('ix_upload_thumbnail_name', ['thumbnail_name'], unique=False)


def downgrade() -> None:
    """Take it back; files of the other kinds go, their contents are tidied up later."""
    op.drop_table('mail_in')
    op.drop_table('ticket_draft')
    op.drop_table('ticket_read')
    op.execute("DELETE FROM upload WHERE thing_kind <> 'registration'")
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.drop_index('ix_upload_thumbnail_name')
        batch_op.drop_index('ix_upload_own')
        batch_op.create_index('ix_upload_own', ['organisation_id', 'erased_at', 'size'], unique=False)
        batch_op.drop_constraint(batch_op.f('fk_upload_room_of_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('ck_upload_thing_kind'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_upload_thing_kind'), "thing_kind IN ('registration')")
        batch_op.drop_column('height')
        batch_op.drop_column('width')
        batch_op.drop_column('thumbnail_name')
        batch_op.drop_column('room_of_id')
