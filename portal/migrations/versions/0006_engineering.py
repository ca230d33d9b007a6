"""questions to an engineer about missing facts; withdrawn rules; the rules that each step of a configuration followed."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
INSTANT = sa.DateTime(timezone=True)
OPEN = sa.text("state IN ('open', 'checking')")
WALLS = (
    ("rule_withdrawal_no_update", "UPDATE", "rule_withdrawal", "1 = 1", "a withdrawal of rules never changes"),
    ("rule_withdrawal_no_delete", "DELETE", "rule_withdrawal", "1 = 1", "a withdrawal of rules never changes"),
    (
        "engineer_question_frozen", "UPDATE", "engineer_question", "OLD.state IN ('answered', 'withdrawn')",
        "an answered question never changes",
    ),
)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _refuse(name: str, event: str, table: str, condition: str, message: str) -> None:
    """Make `event` on rows of `table` that meet `condition` fail, whoever sends it."""
    if _is_sqlite():
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
                   f"BEGIN SELECT RAISE(ABORT, '{message}'); END")
        return
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23001'; END IF; "
               f"RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def upgrade() -> None:
    """Apply the change; steps taken so far followed the rules of their configuration."""
    op.create_table('rule_withdrawal',
    sa.Column('rule_revision_id', BIG, autoincrement=False, nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('withdrawn_at', INSTANT, nullable=False),
    sa.ForeignKeyConstraint(['rule_revision_id'], ['rule_revision.id'], name=op.f('fk_rule_withdrawal_rule_revision_id')),
    sa.PrimaryKeyConstraint('rule_revision_id', name=op.f('pk_rule_withdrawal'))
    )
    op.create_table('engineer_question',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('configuration_id', BIG, nullable=False),
    sa.Column('rule_revision_id', BIG, nullable=False),
    sa.Column('attribute_key', sa.String(length=200), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('sku', sa.String(length=60), nullable=False),
    sa.Column('columns', JSON, nullable=False),
    sa.Column('text', sa.String(length=2000), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('asked_by_id', BIG, nullable=True),
    sa.Column('asked_at', INSTANT, nullable=False),
    sa.Column('due_at', INSTANT, nullable=False),
    sa.Column('answer', sa.String(length=4000), nullable=False),
    sa.Column('filled', JSON, nullable=False),
    sa.Column('problem_en', sa.String(length=1000), nullable=False),
    sa.Column('problem_zh', sa.String(length=1000), nullable=False),
    sa.Column('answered_by_id', BIG, nullable=True),
    sa.Column('answered_at', INSTANT, nullable=True),
    sa.Column('answered_revision_id', BIG, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.CheckConstraint("state IN ('open', 'checking', 'answered', 'withdrawn')", name=op.f('ck_engineer_question_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_engineer_question_organisation_id')),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_engineer_question_configuration_id')),
    sa.ForeignKeyConstraint(['rule_revision_id'], ['rule_revision.id'], name=op.f('fk_engineer_question_rule_revision_id')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['person.id'], name=op.f('fk_engineer_question_asked_by_id')),
    sa.ForeignKeyConstraint(['answered_by_id'], ['person.id'], name=op.f('fk_engineer_question_answered_by_id')),
    sa.ForeignKeyConstraint(
        ['answered_revision_id'], ['rule_revision.id'], name=op.f('fk_engineer_question_answered_revision_id')
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engineer_question')),
    sa.UniqueConstraint('public_id', name=op.f('uq_engineer_question_public_id'))
    )
    op.create_index('ix_engineer_question_due', 'engineer_question', ['state', 'due_at', 'id'], unique=False)
    op.create_index(
        'ix_engineer_question_configuration_id', 'engineer_question', ['configuration_id', 'id'], unique=False
    )
    op.create_index(
        'uq_engineer_question_open', 'engineer_question', ['configuration_id', 'attribute_key', 'value'],
        unique=True, sqlite_where=OPEN, postgresql_where=OPEN,
    )
    # Said in SQL, for a batch would copy the table on SQLite.
    kind = "INTEGER" if _is_sqlite() else "BIGINT"
    op.execute(
        f"ALTER TABLE configuration_step ADD COLUMN rule_revision_id {kind} "
        "CONSTRAINT fk_configuration_step_rule_revision_id REFERENCES rule_revision (id)"
    )
    op.execute(
        "UPDATE configuration_step SET rule_revision_id = (SELECT configuration.rule_revision_id FROM configuration "
        "WHERE configuration.id = configuration_step.configuration_id)"
    )
    for wall in WALLS:
        _refuse(*wall)


def downgrade() -> None:
    """Take the change back; which rules a step followed is forgotten."""
    op.execute("ALTER TABLE configuration_step DROP COLUMN rule_revision_id")
    op.drop_table('engineer_question')
    op.drop_table('rule_withdrawal')
    if not _is_sqlite():
        for name, *_ in WALLS:
            op.execute(f"DROP FUNCTION {name}() CASCADE")
