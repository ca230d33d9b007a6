"""resale quotations, letterheads and links."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')

FROZEN = (
    "organisation_id", "quote_id", "number", "revision", "predecessor_id", "customer_id", "customer_name", "title",
    "note", "payment_terms", "delivery_terms", "currency", "tax_bps", "validity_days", "issued_on", "valid_until",
    "basis", "markup_bps", "fixed_net_minor", "net_minor", "tax_minor", "gross_minor", "logo_id", "snapshot",
    "issued_at", "issued_by_id",
)
LINE_EVENTS = {"INSERT": "NEW", "UPDATE": "OLD", "DELETE": "OLD"}
TABLES = ("offer_link", "resale_document", "resale_line", "resale", "letterhead", "logo")
WALLS = (
    ("quote_snapshot_frozen", "quote"), ("resale_frozen", "resale"), ("resale_kept", "resale"), ("logo_kept", "logo"),
    *((f"resale_line_frozen_{event.lower()}", "resale_line") for event in LINE_EVENTS),
)


def _refuse(name: str, event: str, table: str, condition: str, message: str) -> None:
    """Make `event` on rows of `table` that meet `condition` fail, whoever sends it."""
    if op.get_bind().dialect.name == "sqlite":
        condition = condition.replace("IS DISTINCT FROM", "IS NOT")
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
                   f"BEGIN SELECT RAISE(ABORT, '{message}'); END")
        return
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23001'; END IF; "
               f"RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $$")
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _walls() -> None:
    """Issued offers and logos never change, nor does what an issued quote was made from."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
    message = "an issued offer never changes"
    _refuse("resale_frozen", "UPDATE", "resale", f"OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed})", message)
    _refuse("resale_kept", "DELETE", "resale", "OLD.state <> 'draft'", message)
    for event, row in LINE_EVENTS.items():
        state = f"(SELECT state FROM resale WHERE id = {row}.resale_id) <> 'draft'"
        _refuse(f"resale_line_frozen_{event.lower()}", event, "resale_line", state, message)
    _refuse("logo_kept", "UPDATE", "logo", "1 = 1", "a logo never changes; another one is another row")
    snapshot = "OLD.state <> 'draft' AND NEW.snapshot IS DISTINCT FROM OLD.snapshot"
    _refuse("quote_snapshot_frozen", "UPDATE", "quote", snapshot, "an issued quote never changes")


def upgrade() -> None:
    """Apply the change."""
    op.add_column('quote_line', sa.Column('special_unit_minor', BIG, nullable=True))
    op.create_table('logo',
    sa.Column('id', BIG, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('width', BIG, nullable=False),
    sa.Column('height', BIG, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_logo_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_logo')),
    sa.UniqueConstraint('organisation_id', 'sha256', name=op.f('uq_logo_organisation_id_sha256'))
    )
    op.create_table('letterhead',
    sa.Column('id', BIG, nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('contact', sa.String(length=200), nullable=False),
    sa.Column('tax_number', sa.String(length=60), nullable=False),
    sa.Column('bank', sa.String(length=600), nullable=False),
    sa.Column('footer', sa.String(length=400), nullable=False),
    sa.Column('payment_terms', sa.String(length=1000), nullable=False),
    sa.Column('delivery_terms', sa.String(length=1000), nullable=False),
    sa.Column('logo_id', BIG, nullable=True),
    sa.Column('basis', sa.String(length=20), nullable=False),
    sa.Column('markup_bps', BIG, nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("basis IN ('list', 'partner')", name=op.f('ck_letterhead_basis')),
    sa.CheckConstraint('markup_bps BETWEEN -9000 AND 90000', name=op.f('ck_letterhead_markup_bps')),
    sa.ForeignKeyConstraint(['logo_id'], ['logo.id'], name=op.f('fk_letterhead_logo_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_letterhead_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letterhead')),
    sa.UniqueConstraint('organisation_id', name=op.f('uq_letterhead_organisation_id'))
    )
    op.create_table('resale',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('quote_id', BIG, nullable=False),
    sa.Column('number', KEY, nullable=True),
    sa.Column('revision', BIG, nullable=False),
    sa.Column('predecessor_id', BIG, nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('customer_id', BIG, nullable=True),
    sa.Column('customer_name', sa.String(length=200), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('payment_terms', sa.String(length=1000), nullable=False),
    sa.Column('delivery_terms', sa.String(length=1000), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('tax_bps', BIG, nullable=False),
    sa.Column('validity_days', BIG, nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('basis', sa.String(length=20), nullable=False),
    sa.Column('markup_bps', BIG, nullable=False),
    sa.Column('fixed_net_minor', BIG, nullable=True),
    sa.Column('net_minor', BIG, nullable=False),
    sa.Column('tax_minor', BIG, nullable=False),
    sa.Column('gross_minor', BIG, nullable=False),
    sa.Column('logo_id', BIG, nullable=True),
    sa.Column('snapshot', JSON, nullable=False),
    sa.Column('version', BIG, nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by_id', BIG, nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("(state = 'draft') = (issued_at IS NULL)", name=op.f('ck_resale_issued')),
    sa.CheckConstraint("basis IN ('list', 'partner')", name=op.f('ck_resale_basis')),
    sa.CheckConstraint("state IN ('draft', 'issued', 'superseded')", name=op.f('ck_resale_state')),
    sa.CheckConstraint('markup_bps BETWEEN -9000 AND 90000', name=op.f('ck_resale_markup_bps')),
    sa.CheckConstraint('tax_bps BETWEEN 0 AND 10000', name=op.f('ck_resale_tax_bps')),
    sa.CheckConstraint('validity_days BETWEEN 1 AND 365', name=op.f('ck_resale_validity_days')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_resale_created_by_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_resale_customer_id')),
    sa.ForeignKeyConstraint(['issued_by_id'], ['person.id'], name=op.f('fk_resale_issued_by_id')),
    sa.ForeignKeyConstraint(['logo_id'], ['logo.id'], name=op.f('fk_resale_logo_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_resale_organisation_id')),
    sa.ForeignKeyConstraint(['predecessor_id'], ['resale.id'], name=op.f('fk_resale_predecessor_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_resale_quote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resale')),
    sa.UniqueConstraint('organisation_id', 'number', 'revision', name=op.f('uq_resale_organisation_id_number_revision')),
    sa.UniqueConstraint('predecessor_id', name=op.f('uq_resale_predecessor_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_resale_public_id'))
    )
    op.create_index('ix_resale_own', 'resale', ['organisation_id', 'id'], unique=False)
    op.create_index(op.f('ix_resale_quote_id'), 'resale', ['quote_id'], unique=False)
    op.create_table('offer_link',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('resale_id', BIG, nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('views', BIG, nullable=False),
    sa.Column('viewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_offer_link_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_offer_link_organisation_id')),
    sa.ForeignKeyConstraint(['resale_id'], ['resale.id'], name=op.f('fk_offer_link_resale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer_link')),
    sa.UniqueConstraint('public_id', name=op.f('uq_offer_link_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_offer_link_token_hash'))
    )
    op.create_index(op.f('ix_offer_link_resale_id'), 'offer_link', ['resale_id'], unique=False)
    op.create_table('resale_document',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('resale_id', BIG, nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('size', BIG, nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=400), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f('ck_resale_document_locale')),
    sa.CheckConstraint("state IN ('waiting', 'rendering', 'ready', 'failed')", name=op.f('ck_resale_document_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_resale_document_organisation_id')),
    sa.ForeignKeyConstraint(['resale_id'], ['resale.id'], name=op.f('fk_resale_document_resale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resale_document')),
    sa.UniqueConstraint('public_id', name=op.f('uq_resale_document_public_id')),
    sa.UniqueConstraint('resale_id', 'locale', name=op.f('uq_resale_document_resale_id_locale'))
    )
    op.create_table('resale_line',
    sa.Column('id', BIG, nullable=False),
    sa.Column('resale_id', BIG, nullable=False),
    sa.Column('quote_line_id', BIG, nullable=False),
    sa.Column('position', BIG, nullable=False),
    sa.Column('group_en', sa.String(length=80), nullable=False),
    sa.Column('group_zh', sa.String(length=80), nullable=False),
    sa.Column('sku', sa.String(length=60), nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.Column('quantity', BIG, nullable=False),
    sa.Column('own_price', sa.Boolean(), nullable=False),
    sa.Column('unit_minor', BIG, nullable=False),
    sa.Column('tax_bps', BIG, nullable=False),
    sa.Column('net_minor', BIG, nullable=False),
    sa.Column('tax_minor', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_resale_line_quantity')),
    sa.CheckConstraint('unit_minor >= 0 AND net_minor >= 0', name=op.f('ck_resale_line_prices')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_resale_line_organisation_id')),
    sa.ForeignKeyConstraint(['quote_line_id'], ['quote_line.id'], name=op.f('fk_resale_line_quote_line_id')),
    sa.ForeignKeyConstraint(['resale_id'], ['resale.id'], name=op.f('fk_resale_line_resale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_resale_line')),
    sa.UniqueConstraint('resale_id', 'position', name=op.f('uq_resale_line_resale_id_position'))
    )
    op.create_index(op.f('ix_resale_line_quote_line_id'), 'resale_line', ['quote_line_id'], unique=False)
    _walls()


def downgrade() -> None:
    """Take it back."""
    for name, table in WALLS:
        op.execute(f"DROP TRIGGER {name}" + ("" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"))
        if op.get_bind().dialect.name != "sqlite":
            op.execute(f"DROP FUNCTION {name}()")
    for table in TABLES:
        op.drop_table(table)
    op.drop_column('quote_line', 'special_unit_minor')
