"""Steps of approvals, leads and questions to engineers know by which version of the calendar their ends were counted."""

from alembic import op
import sqlalchemy as sa

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
INSTANT = sa.DateTime(timezone=True)
# Table, index, and the condition under which an end may move.
COUNTED = (
    ('approval_request', 'ix_approval_request_calendar', "state = 'in_review' AND escalated_at IS NULL"),
    ('lead', 'ix_lead_calendar', "state = 'new' AND escalated_at IS NULL"),
    ('engineer_question', 'ix_engineer_question_calendar', "state = 'open'"),
)
EVENTS = (
    'ask', 'automatic', 'fall back', 'endorse', 'approve', 'refuse', 'return', 'research', 'escalate', 'reassign',
    'amend', 'answer', 'nudge', 'withdraw',
)
RETIMED = ('ask', 'automatic', 'fall back', 'retime', *EVENTS[3:])


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == 'sqlite'


def _allow(events: tuple[str, ...]) -> None:
    """Let the history of a request say these; SQLite makes the table anew, with its walls as they stood."""
    walls = []
    if _is_sqlite():
        said = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'approval_event'")
        walls = list(op.get_bind().execute(said).scalars())
    with op.batch_alter_table('approval_event', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_approval_event_action'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_approval_event_action'), f"action IN {events}")
    for wall in walls:
        op.get_bind().exec_driver_sql(wall)  # as it stands, whatever signs are in it


def _forget() -> None:
    """Take out what the history of a request cannot say any more; for this once its wall is open."""
    wall, sqlite = 'approval_event_no_delete', _is_sqlite()
    said = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    sql = op.get_bind().execute(said, {'name': wall}).scalar_one() if sqlite else ''
    op.execute(f"DROP TRIGGER {wall}" if sqlite else f"ALTER TABLE approval_event DISABLE TRIGGER {wall}")
    op.execute("DELETE FROM approval_event WHERE action = 'retime'")
    op.get_bind().exec_driver_sql(sql if sqlite else f"ALTER TABLE approval_event ENABLE TRIGGER {wall}")


def upgrade() -> None:
    for table, index, runs in COUNTED:
        op.add_column(table, sa.Column('calendar_version', BIG, nullable=False, server_default='0'))
        where = sa.text(runs)
        op.create_index(index, table, ['state', 'calendar_version', 'id'], sqlite_where=where, postgresql_where=where)
    op.add_column('approval_request', sa.Column('research_from', INSTANT, nullable=True))
    op.add_column('approval_request', sa.Column('research_days', BIG, nullable=True))
    op.add_column('lead', sa.Column('waits_from', INSTANT, nullable=True))
    op.add_column('lead', sa.Column('answer_hours', BIG, nullable=True))
    _allow(RETIMED)


def downgrade() -> None:
    """Take it back; that a calendar moved an end stays in the history of the house."""
    _forget()
    _allow(EVENTS)
    op.drop_column('lead', 'answer_hours')
    op.drop_column('lead', 'waits_from')
    op.drop_column('approval_request', 'research_days')
    op.drop_column('approval_request', 'research_from')
    for table, index, _runs in COUNTED:
        op.drop_index(index, table_name=table)
        op.drop_column(table, 'calendar_version')
