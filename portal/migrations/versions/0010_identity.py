"""names, words and marks by which parties are found."""

from alembic import op
import sqlalchemy as sa

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')


def upgrade() -> None:
    """Apply the change; the rows are derived, `portal migrate` writes them afterwards."""
    op.create_table('party_name',
    sa.Column('organisation_id', BIG, autoincrement=False, nullable=False),
    sa.Column('party_id', BIG, autoincrement=False, nullable=False),
    sa.Column('place', BIG, autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('letters', KEY, nullable=False),
    sa.Column('key', KEY, nullable=False),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_party_name_party_id')),
    sa.PrimaryKeyConstraint('organisation_id', 'party_id', 'place', name=op.f('pk_party_name'))
    )
    op.create_index('ix_party_name_party_id', 'party_name', ['party_id'], unique=False)
    op.create_table('party_word',
    sa.Column('organisation_id', BIG, autoincrement=False, nullable=False),
    sa.Column('word', KEY, nullable=False),
    sa.Column('party_id', BIG, autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_party_word_party_id')),
    sa.PrimaryKeyConstraint('organisation_id', 'word', 'party_id', name=op.f('pk_party_word')),
    sqlite_with_rowid=False
    )
    op.create_table('party_mark',
    sa.Column('organisation_id', BIG, autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('value', KEY, nullable=False),
    sa.Column('party_id', BIG, autoincrement=False, nullable=False),
    sa.CheckConstraint("kind IN ('name', 'code', 'tax', 'domain', 'phone')", name=op.f('ck_party_mark_kind')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_party_mark_party_id')),
    sa.PrimaryKeyConstraint('organisation_id', 'kind', 'value', 'party_id', name=op.f('pk_party_mark'))
    )
    op.create_index('ix_party_mark_party_id', 'party_mark', ['party_id'], unique=False)
    op.create_table('name_word',
    sa.Column('word', KEY, nullable=False),
    sa.Column('reversed', KEY, nullable=False),
    sa.PrimaryKeyConstraint('word', name=op.f('pk_name_word'))
    )
    op.create_index('ix_name_word_reversed', 'name_word', ['reversed'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_table('name_word')
    op.drop_table('party_mark')
    op.drop_table('party_word')
    op.drop_table('party_name')
