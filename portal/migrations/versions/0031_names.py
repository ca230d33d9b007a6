"""A frozen name of a customer keeps the one in the other script beside it."""

from alembic import op
import sqlalchemy as sa

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

OTHER_NAMES = {
    'customer_transfer': 'title_en',
    'transferred_customer': 'name_en',
    'simulation_change': 'customer_en',
}


def upgrade() -> None:
    for table, column in OTHER_NAMES.items():
        op.add_column(table, sa.Column(column, sa.String(length=200), nullable=True))


def downgrade() -> None:
    for table, column in OTHER_NAMES.items():
        op.drop_column(table, column)
