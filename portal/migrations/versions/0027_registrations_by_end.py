"""The indexes of registrations by end hold all of them, so that their pages are looked up whole."""

from alembic import op
import sqlalchemy as sa

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

PROTECTED = sa.text("standing = 'protected'")
INDEXES = {
    'ix_registration_own_ending': ['organisation_id', 'standing', 'protected_until', 'id'],
    'ix_registration_all_ending': ['standing', 'protected_until', 'id'],
}


def _make(where: sa.TextClause | None) -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, table_name='registration')
        op.create_index(name, 'registration', columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    _make(None)


def downgrade() -> None:
    _make(PROTECTED)
