"""the head of support."""

from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

BEFORE = (
    "role IN ('owner', 'sales', 'engineer', 'customer', 'channel_manager', 'approver', 'support_agent', "
    "'field_engineer', 'finance', 'product_manager', 'data_steward', 'executive', 'administrator')"
)
AFTER = BEFORE.replace("'support_agent', ", "'support_agent', 'support_lead', ")


def _only(roles: str) -> None:
    with op.batch_alter_table('person_role', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_person_role_role'), type_='check')
        batch_op.create_check_constraint(batch_op.f('ck_person_role_role'), roles)


def upgrade() -> None:
    """Apply the change."""
    _only(AFTER)


def downgrade() -> None:
    """Take it back; a head of support is an agent then."""
    op.execute(
        "INSERT INTO person_role (person_id, role) SELECT person_id, 'support_agent' FROM person_role AS lead "
        "WHERE role = 'support_lead' AND NOT EXISTS (SELECT 1 FROM person_role AS agent "
        "WHERE agent.person_id = lead.person_id AND agent.role = 'support_agent')"
    )
    op.execute("DELETE FROM person_role WHERE role = 'support_lead'")
    _only(BEFORE)
