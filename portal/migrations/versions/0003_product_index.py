"""what lists and search of products read, derived from the catalogue; prices by amount."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')


def upgrade() -> None:
    """Apply the change; the tables are filled by the next start, load or import."""
    op.create_table('product_entry',
    sa.Column('product_id', BIG, autoincrement=False, nullable=False),
    sa.Column('standing', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('shelf_key', KEY, nullable=False),
    sa.Column('number_key', KEY, nullable=False),
    sa.Column('name_en_key', KEY, nullable=False),
    sa.Column('name_zh_key', KEY, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('brief', JSON, nullable=False),
    sa.CheckConstraint("standing IN ('sold', 'known', 'archived')", name=op.f('ck_product_entry_standing')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_entry_product_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_product_entry'))
    )
    for name, columns in (
        ('shelf', ['shelf_key']),
        ('kind', ['kind', 'shelf_key']),
        ('maker', ['maker', 'shelf_key']),
        ('number', ['number_key']),
        ('name_en', ['name_en_key']),
        ('name_zh', ['name_zh_key']),
    ):
        op.create_index(f'ix_product_entry_{name}', 'product_entry', ['standing', *columns, 'product_id'], unique=False)
    op.create_table('product_word',
    sa.Column('word', KEY, nullable=False),
    sa.Column('product_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_word_product_id')),
    sa.PrimaryKeyConstraint('word', 'product_id', name=op.f('pk_product_word'))
    )
    op.create_index('ix_product_word_product_id', 'product_word', ['product_id'], unique=False)
    op.create_table('product_trait',
    sa.Column('product_id', BIG, nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('word', KEY, nullable=False),
    sa.Column('number', BIG, nullable=True),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_trait_product_id')),
    sa.PrimaryKeyConstraint('product_id', 'key', 'word', name=op.f('pk_product_trait'))
    )
    op.create_index('ix_product_trait_number', 'product_trait', ['key', 'number', 'product_id'], unique=False)
    op.create_index('ix_product_trait_word', 'product_trait', ['key', 'word', 'product_id'], unique=False)
    op.create_table('product_shelf',
    sa.Column('standing', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('products', BIG, nullable=False),
    sa.PrimaryKeyConstraint('standing', 'kind', 'maker', name=op.f('pk_product_shelf'))
    )
    op.create_index('ix_price_amount', 'price', ['price_book_id', 'amount_minor', 'product_id'], unique=False)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index('ix_price_amount', table_name='price')
    op.drop_table('product_shelf')
    op.drop_table('product_trait')
    op.drop_table('product_word')
    op.drop_table('product_entry')
