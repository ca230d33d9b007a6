"""orders frozen from quotes."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')


FROZEN = "a placed order never changes"


def _refuse(name: str, event: str, table: str, condition: str, message: str) -> None:
    """Make `event` on rows of `table` that meet `condition` fail, whoever sends it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
                   f"BEGIN SELECT RAISE(ABORT, '{message}'); END")
        return
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23001'; END IF; "
               f"RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _walls() -> None:
    """Orders never change and take no lines beyond those they were placed with: held by the database itself."""
    for event in ("UPDATE", "DELETE"):
        _refuse(f"sales_order_no_{event.lower()}", event, "sales_order", "1 = 1", FROZEN)
        _refuse(f"sales_order_line_no_{event.lower()}", event, "sales_order_line", "1 = 1", FROZEN)
    beyond = "NEW.position > (SELECT line_count FROM sales_order WHERE id = NEW.order_id)"
    _refuse("sales_order_line_no_insert", "INSERT", "sales_order_line", beyond, FROZEN)


def _drop_walls() -> None:
    """Take the walls down again; in SQLite triggers go with their tables."""
    if op.get_bind().dialect.name == "sqlite":
        return
    names = [f"{table}_no_{event}" for table in ("sales_order", "sales_order_line") for event in ("update", "delete")]
    for name in [*names, "sales_order_line_no_insert"]:
        op.execute(f"DROP FUNCTION {name}() CASCADE")


def _add_order_line() -> None:
    """Let an installed item name the order line it came from; SQLite adds a reference only together with its column."""
    name = "fk_installed_item_order_line_id"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE installed_item ADD COLUMN order_line_id INTEGER "
                   f"CONSTRAINT {name} REFERENCES sales_order_line(id)")
        return
    op.add_column('installed_item', sa.Column('order_line_id', BIG, nullable=True))
    op.create_foreign_key(name, 'installed_item', 'sales_order_line', ['order_line_id'], ['id'])


def upgrade() -> None:
    """Apply the change."""
    op.create_table('sales_order',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', KEY, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('quote_id', BIG, nullable=False),
    sa.Column('quote_number', sa.String(length=20), nullable=False),
    sa.Column('quote_revision', BIG, nullable=False),
    sa.Column('configuration_id', BIG, nullable=False),
    sa.Column('customer_id', BIG, nullable=True),
    sa.Column('customer_name', sa.String(length=200), nullable=False),
    sa.Column('customer_key', KEY, nullable=False),
    sa.Column('site_id', BIG, nullable=True),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('purchase_number', sa.String(length=60), nullable=False),
    sa.Column('purchase_key', KEY, nullable=False),
    sa.Column('wanted_on', sa.Date(), nullable=False),
    sa.Column('delivery_address', sa.String(length=400), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('tax_mode', sa.String(length=5), nullable=False),
    sa.Column('tax_bps', BIG, nullable=False),
    sa.Column('list_minor', BIG, nullable=False),
    sa.Column('net_minor', BIG, nullable=False),
    sa.Column('tax_minor', BIG, nullable=False),
    sa.Column('gross_minor', BIG, nullable=False),
    sa.Column('line_count', BIG, nullable=False),
    sa.Column('snapshot', JSON, nullable=False),
    sa.Column('placed_on', sa.Date(), nullable=False),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('placed_by_id', BIG, nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state IN ('placed')", name=op.f('ck_sales_order_state')),
    sa.CheckConstraint("tax_mode IN ('net', 'gross')", name=op.f('ck_sales_order_tax_mode')),
    sa.CheckConstraint('line_count > 0', name=op.f('ck_sales_order_line_count')),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_sales_order_configuration_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_sales_order_customer_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_sales_order_organisation_id')),
    sa.ForeignKeyConstraint(['placed_by_id'], ['person.id'], name=op.f('fk_sales_order_placed_by_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_sales_order_quote_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_sales_order_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sales_order')),
    sa.UniqueConstraint('number', name=op.f('uq_sales_order_number')),
    sa.UniqueConstraint('public_id', name=op.f('uq_sales_order_public_id')),
    sa.UniqueConstraint('quote_id', name=op.f('uq_sales_order_quote_id'))
    )
    op.create_index('ix_sales_order_all_customer', 'sales_order', ['customer_key', 'id'], unique=False)
    op.create_index('ix_sales_order_all_purchase', 'sales_order', ['purchase_key', 'id'], unique=False)
    op.create_index('ix_sales_order_own', 'sales_order', ['organisation_id', 'id'], unique=False)
    op.create_index('ix_sales_order_own_customer', 'sales_order', ['organisation_id', 'customer_key', 'id'], unique=False)
    op.create_index('ix_sales_order_own_purchase', 'sales_order', ['organisation_id', 'purchase_key', 'id'], unique=False)
    op.create_table('order_document',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('order_id', BIG, nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('size', BIG, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=400), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f('ck_order_document_locale')),
    sa.CheckConstraint("state IN ('waiting', 'rendering', 'ready', 'failed')", name=op.f('ck_order_document_state')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_order_document_order_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_order_document_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_document')),
    sa.UniqueConstraint('order_id', 'locale', name=op.f('uq_order_document_order_id_locale')),
    sa.UniqueConstraint('public_id', name=op.f('uq_order_document_public_id'))
    )
    op.create_table('sales_order_line',
    sa.Column('id', BIG, nullable=False),
    sa.Column('order_id', BIG, nullable=False),
    sa.Column('position', BIG, nullable=False),
    sa.Column('group_en', sa.String(length=80), nullable=False),
    sa.Column('group_zh', sa.String(length=80), nullable=False),
    sa.Column('product_id', BIG, nullable=False),
    sa.Column('sku', sa.String(length=60), nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.Column('quantity', BIG, nullable=False),
    sa.Column('list_unit_minor', BIG, nullable=False),
    sa.Column('unit_minor', BIG, nullable=False),
    sa.Column('special_unit_minor', BIG, nullable=True),
    sa.Column('tax_bps', BIG, nullable=False),
    sa.Column('list_minor', BIG, nullable=False),
    sa.Column('net_minor', BIG, nullable=False),
    sa.Column('tax_minor', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint('list_unit_minor >= 0 AND unit_minor >= 0', name=op.f('ck_sales_order_line_prices')),
    sa.CheckConstraint('position > 0', name=op.f('ck_sales_order_line_position')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_sales_order_line_quantity')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_sales_order_line_order_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_sales_order_line_organisation_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_sales_order_line_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sales_order_line')),
    sa.UniqueConstraint('order_id', 'position', name=op.f('uq_sales_order_line_order_id_position'))
    )
    op.create_index('ix_site_own_party', 'site', ['organisation_id', 'party_id', 'id'], unique=False)
    _add_order_line()
    op.create_index(op.f('ix_installed_item_order_line_id'), 'installed_item', ['order_line_id'], unique=False)
    _walls()


def downgrade() -> None:
    """Take it back."""
    _drop_walls()
    op.drop_index(op.f('ix_installed_item_order_line_id'), table_name='installed_item')
    op.drop_column('installed_item', 'order_line_id')
    op.drop_index('ix_site_own_party', table_name='site')
    op.drop_table('order_document')
    op.drop_table('sales_order_line')
    op.drop_table('sales_order')
