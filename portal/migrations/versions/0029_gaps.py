"""Clocks know by which version of their calendar they count; original mails are found by their age."""

from alembic import op
import sqlalchemy as sa

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

RUNS = sa.text('running_since IS NOT NULL')
LIES = sa.text("thing_kind = 'mail_in' AND removed_at IS NULL")
BY_VERSION = ['calendar', 'calendar_version', 'ticket_id']


def upgrade() -> None:
    version = sa.Column(
        'calendar_version', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False, server_default='0'
    )
    op.add_column('ticket_clock', version)
    op.create_index(
        'ix_ticket_clock_calendar', 'ticket_clock', BY_VERSION, sqlite_where=RUNS, postgresql_where=RUNS
    )
    op.create_index('ix_upload_mail', 'upload', ['created_at', 'id'], sqlite_where=LIES, postgresql_where=LIES)


def downgrade() -> None:
    op.drop_index('ix_upload_mail', table_name='upload')
    op.drop_index('ix_ticket_clock_calendar', table_name='ticket_clock')
    op.drop_column('ticket_clock', 'calendar_version')
