"""Whatever refers to a row that can be deleted is found by it: otherwise each deletion reads the whole table."""

from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

INDEXES = {
    'ix_registration_evidence_quote': ('registration_evidence', 'quote_id'),
    'ix_simulation_change_registration': ('simulation_change', 'registration_id'),
}


def upgrade() -> None:
    for name, (table, column) in INDEXES.items():
        op.create_index(name, table, [column])


def downgrade() -> None:
    for name, (table, _column) in INDEXES.items():
        op.drop_index(name, table_name=table)
