"""first schema."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


FROZEN = (
    "organisation_id", "number", "revision", "predecessor_id", "configuration_id", "rule_revision_id", "customer_id",
    "customer_name", "title", "note", "currency", "tax_mode", "tax_bps", "validity_days", "issued_on", "valid_until",
    "list_minor", "net_minor", "tax_minor", "gross_minor", "issued_at", "issued_by_id",
)
LINE_EVENTS = {"INSERT": "NEW", "UPDATE": "OLD", "DELETE": "OLD"}


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
    """History is append-only and issued quotes never change: held by the database itself."""
    for event in ("UPDATE", "DELETE"):
        _refuse(f"history_no_{event.lower()}", event, "history", "1 = 1", "history is append-only")
        _refuse(f"rule_revision_no_{event.lower()}", event, "rule_revision", "1 = 1", "a published revision never changes")
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
    if op.get_bind().dialect.name == "sqlite":
        changed = changed.replace("IS DISTINCT FROM", "IS NOT")
    message = "an issued quote never changes"
    _refuse("quote_frozen", "UPDATE", "quote", f"OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed})", message)
    _refuse("quote_kept", "DELETE", "quote", "OLD.state <> 'draft'", message)
    for event, row in LINE_EVENTS.items():
        state = f"(SELECT state FROM quote WHERE id = {row}.quote_id) <> 'draft'"
        _refuse(f"quote_line_frozen_{event.lower()}", event, "quote_line", state, message)


def _drop_walls() -> None:
    """Take the walls down again; their triggers go with the tables."""
    if op.get_bind().dialect.name == "sqlite":
        return
    names = ["quote_frozen", "quote_kept", *(f"quote_line_frozen_{event.lower()}" for event in LINE_EVENTS)]
    names += [f"{table}_no_{event}" for table in ("history", "rule_revision") for event in ("update", "delete")]
    for name in names:
        op.execute(f"DROP FUNCTION {name}() CASCADE")


def upgrade() -> None:
    """Apply the change."""
    op.create_table('counter',
    sa.Column('series', sa.String(length=40), nullable=False),
    sa.Column('value', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('series', name=op.f('pk_counter'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('payload', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('dedupe_key', sa.String(length=200), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempts', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('worker', sa.String(length=60), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=2000), nullable=False),
    sa.Column('request_id', sa.String(length=60), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'dead')", name=op.f('ck_outbox_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_outbox_dedupe_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_outbox_public_id'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['state', 'available_at', 'id'], unique=False)

    op.create_table('party',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('name_key', sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite'), nullable=False),
    sa.Column('employer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'contact') = (employer_id IS NOT NULL)", name=op.f('ck_party_employer')),
    sa.CheckConstraint("kind IN ('organisation', 'contact')", name=op.f('ck_party_kind')),
    sa.ForeignKeyConstraint(['employer_id'], ['party.id'], name=op.f('fk_party_employer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party')),
    sa.UniqueConstraint('public_id', name=op.f('uq_party_public_id'))
    )
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_party_employer_id'), ['employer_id'], unique=False)
        batch_op.create_index('ix_party_name_key', ['name_key', 'id'], unique=False)

    op.create_table('price_book',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('book', sa.String(length=20), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price_book')),
    sa.UniqueConstraint('book', 'currency', 'valid_from', name=op.f('uq_price_book_book_currency_valid_from'))
    )
    op.create_table('product',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('sku', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product')),
    sa.UniqueConstraint('public_id', name=op.f('uq_product_public_id')),
    sa.UniqueConstraint('sku', name=op.f('uq_product_sku'))
    )
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.create_index('ix_product_kind', ['kind', 'id'], unique=False)

    op.create_table('rule_revision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('content', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_revision')),
    sa.UniqueConstraint('key', 'content_hash', name=op.f('uq_rule_revision_key_content_hash')),
    sa.UniqueConstraint('key', 'number', name=op.f('uq_rule_revision_key_number'))
    )
    op.create_table('throttle',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('window_ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('uses', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_throttle')),
    sa.UniqueConstraint('key', name=op.f('uq_throttle_key'))
    )
    with op.batch_alter_table('throttle', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_throttle_window_ends_at'), ['window_ends_at'], unique=False)

    op.create_table('worker_beat',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker_beat'))
    )
    op.create_table('capability',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_capability_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_capability')),
    sa.UniqueConstraint('product_id', 'key', name=op.f('uq_capability_product_id_key'))
    )
    op.create_table('organisation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('tier', sa.String(length=20), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('tax_bps', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('time_zone', sa.String(length=60), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('supplier', 'partner', 'customer')", name=op.f('ck_organisation_kind')),
    sa.CheckConstraint("tier IN ('', 'silver', 'gold')", name=op.f('ck_organisation_tier')),
    sa.CheckConstraint('tax_bps BETWEEN 0 AND 10000', name=op.f('ck_organisation_tax_bps')),
    sa.ForeignKeyConstraint(['id'], ['party.id'], name=op.f('fk_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation'))
    )
    op.create_table('price',
    sa.Column('price_book_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['price_book_id'], ['price_book.id'], name=op.f('fk_price_price_book_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_price_product_id')),
    sa.PrimaryKeyConstraint('price_book_id', 'product_id', name=op.f('pk_price'))
    )
    op.create_table('person',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('time_zone', sa.String(length=60), nullable=False),
    sa.Column('theme', sa.String(length=10), nullable=False),
    sa.Column('version', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f('ck_person_locale')),
    sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f('ck_person_theme')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_person_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('email', name=op.f('uq_person_email')),
    sa.UniqueConstraint('public_id', name=op.f('uq_person_public_id'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index('ix_person_organisation_id', ['organisation_id', 'id'], unique=False)

    op.create_table('relation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("kind IN ('customer', 'supplier', 'agent', 'competitor')", name=op.f('ck_relation_kind')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_relation_organisation_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_relation_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_relation')),
    sa.UniqueConstraint('organisation_id', 'party_id', 'kind', name=op.f('uq_relation_organisation_id_party_id_kind'))
    )
    with op.batch_alter_table('relation', schema=None) as batch_op:
        batch_op.create_index('ix_relation_party_id', ['party_id'], unique=False)

    op.create_table('site',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_site_organisation_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_site_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site')),
    sa.UniqueConstraint('public_id', name=op.f('uq_site_public_id'))
    )
    op.create_table('configuration',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('rule_revision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('choices', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('step', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last_step', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('step >= 0 AND last_step >= step', name=op.f('ck_configuration_step')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_configuration_customer_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_configuration_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_configuration_person_id')),
    sa.ForeignKeyConstraint(['rule_revision_id'], ['rule_revision.id'], name=op.f('fk_configuration_rule_revision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_configuration')),
    sa.UniqueConstraint('public_id', name=op.f('uq_configuration_public_id'))
    )
    with op.batch_alter_table('configuration', schema=None) as batch_op:
        batch_op.create_index('ix_configuration_organisation_id', ['organisation_id', 'id'], unique=False)

    op.create_table('history',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('thing_kind', sa.String(length=40), nullable=False),
    sa.Column('thing_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('after', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_history_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_history_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history'))
    )
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.create_index('ix_history_thing', ['thing_kind', 'thing_id', 'id'], unique=False)

    op.create_table('invitation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('roles', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('invited_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['invited_by_id'], ['person.id'], name=op.f('fk_invitation_invited_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_invitation_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('public_id', name=op.f('uq_invitation_public_id')),
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index('ix_invitation_organisation_id', ['organisation_id', 'id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('params', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notice_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('public_id', name=op.f('uq_notice_public_id'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index('ix_notice_person_id', ['person_id', 'id'], unique=False)
        batch_op.create_index('ix_notice_unread', ['person_id', 'read_at'], unique=False)

    op.create_table('password_reset',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_password_reset_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_password_reset')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_password_reset_token_hash'))
    )
    with op.batch_alter_table('password_reset', schema=None) as batch_op:
        batch_op.create_index('ix_password_reset_person_id', ['person_id'], unique=False)

    op.create_table('person_role',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.CheckConstraint("role IN ('owner', 'sales', 'engineer', 'customer', 'channel_manager', 'approver', 'support_agent', 'field_engineer', 'finance', 'product_manager', 'data_steward', 'executive', 'administrator')", name=op.f('ck_person_role_role')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_person_role_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'role', name=op.f('pk_person_role'))
    )
    op.create_table('sign_in',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_sign_in_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_sign_in_token_hash'))
    )
    with op.batch_alter_table('sign_in', schema=None) as batch_op:
        batch_op.create_index('ix_sign_in_person_id', ['person_id'], unique=False)

    op.create_table('configuration_step',
    sa.Column('configuration_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('choices', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_configuration_step_configuration_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_configuration_step_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_configuration_step_person_id')),
    sa.PrimaryKeyConstraint('configuration_id', 'number', name=op.f('pk_configuration_step'))
    )
    op.create_table('installed_item',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('site_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('serial', sa.String(length=80), nullable=True),
    sa.Column('configuration_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('configuration_line', sa.String(length=60), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("state IN ('expected', 'installed', 'removed')", name=op.f('ck_installed_item_state')),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_installed_item_configuration_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_installed_item_organisation_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_installed_item_product_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.id'], name=op.f('fk_installed_item_site_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installed_item')),
    sa.UniqueConstraint('product_id', 'serial', name=op.f('uq_installed_item_product_id_serial')),
    sa.UniqueConstraint('public_id', name=op.f('uq_installed_item_public_id'))
    )
    with op.batch_alter_table('installed_item', schema=None) as batch_op:
        batch_op.create_index('ix_installed_item_organisation_id', ['organisation_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_installed_item_site_id'), ['site_id'], unique=False)

    op.create_table('quote',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('number', sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite'), nullable=True),
    sa.Column('revision', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('predecessor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('configuration_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rule_revision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('customer_name', sa.String(length=200), nullable=False),
    sa.Column('customer_key', sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('note', sa.String(length=2000), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('tax_mode', sa.String(length=5), nullable=False),
    sa.Column('tax_bps', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('validity_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('list_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('net_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tax_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('gross_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('snapshot', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('version', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("(state = 'draft') = (issued_at IS NULL)", name=op.f('ck_quote_issued')),
    sa.CheckConstraint("state IN ('draft', 'issued', 'superseded')", name=op.f('ck_quote_state')),
    sa.CheckConstraint("tax_mode IN ('net', 'gross')", name=op.f('ck_quote_tax_mode')),
    sa.CheckConstraint('validity_days BETWEEN 1 AND 365', name=op.f('ck_quote_validity_days')),
    sa.ForeignKeyConstraint(['configuration_id'], ['configuration.id'], name=op.f('fk_quote_configuration_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_quote_created_by_id')),
    sa.ForeignKeyConstraint(['customer_id'], ['party.id'], name=op.f('fk_quote_customer_id')),
    sa.ForeignKeyConstraint(['issued_by_id'], ['person.id'], name=op.f('fk_quote_issued_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_quote_organisation_id')),
    sa.ForeignKeyConstraint(['predecessor_id'], ['quote.id'], name=op.f('fk_quote_predecessor_id')),
    sa.ForeignKeyConstraint(['rule_revision_id'], ['rule_revision.id'], name=op.f('fk_quote_rule_revision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quote')),
    sa.UniqueConstraint('number', 'revision', name=op.f('uq_quote_number_revision')),
    sa.UniqueConstraint('predecessor_id', name=op.f('uq_quote_predecessor_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_quote_public_id'))
    )
    with op.batch_alter_table('quote', schema=None) as batch_op:
        batch_op.create_index('ix_quote_all_customer', ['customer_key', 'id'], unique=False)
        batch_op.create_index('ix_quote_all_gross', ['gross_minor', 'id'], unique=False)
        batch_op.create_index('ix_quote_all_state', ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_quote_configuration_id'), ['configuration_id'], unique=False)
        batch_op.create_index('ix_quote_own', ['organisation_id', 'id'], unique=False)
        batch_op.create_index('ix_quote_own_customer', ['organisation_id', 'customer_key', 'id'], unique=False)
        batch_op.create_index('ix_quote_own_gross', ['organisation_id', 'gross_minor', 'id'], unique=False)
        batch_op.create_index('ix_quote_own_state', ['organisation_id', 'state', 'id'], unique=False)
        batch_op.create_index('ix_quote_own_state_customer', ['organisation_id', 'state', 'customer_key', 'id'], unique=False)
        batch_op.create_index('ix_quote_own_state_gross', ['organisation_id', 'state', 'gross_minor', 'id'], unique=False)

    op.create_table('quote_document',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('quote_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.Column('size', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=400), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f('ck_quote_document_locale')),
    sa.CheckConstraint("state IN ('waiting', 'rendering', 'ready', 'failed')", name=op.f('ck_quote_document_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_quote_document_organisation_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_quote_document_quote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quote_document')),
    sa.UniqueConstraint('public_id', name=op.f('uq_quote_document_public_id')),
    sa.UniqueConstraint('quote_id', 'locale', name=op.f('uq_quote_document_quote_id_locale'))
    )
    op.create_table('quote_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quote_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('group_en', sa.String(length=80), nullable=False),
    sa.Column('group_zh', sa.String(length=80), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sku', sa.String(length=60), nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('name_zh', sa.String(length=200), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.Column('quantity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_unit_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tax_bps', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('net_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tax_minor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('list_unit_minor >= 0 AND unit_minor >= 0', name=op.f('ck_quote_line_prices')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_quote_line_quantity')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_quote_line_organisation_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_quote_line_product_id')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_quote_line_quote_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quote_line')),
    sa.UniqueConstraint('quote_id', 'position', name=op.f('uq_quote_line_quote_id_position'))
    )
    _walls()


def downgrade() -> None:
    """Take the change back."""
    _drop_walls()
    op.drop_table('quote_line')
    op.drop_table('quote_document')
    with op.batch_alter_table('quote', schema=None) as batch_op:
        batch_op.drop_index('ix_quote_own_state_gross')
        batch_op.drop_index('ix_quote_own_state_customer')
        batch_op.drop_index('ix_quote_own_state')
        batch_op.drop_index('ix_quote_own_gross')
        batch_op.drop_index('ix_quote_own_customer')
        batch_op.drop_index('ix_quote_own')
        batch_op.drop_index(batch_op.f('ix_quote_configuration_id'))
        batch_op.drop_index('ix_quote_all_state')
        batch_op.drop_index('ix_quote_all_gross')
        batch_op.drop_index('ix_quote_all_customer')

    op.drop_table('quote')
    with op.batch_alter_table('installed_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_installed_item_site_id'))
        batch_op.drop_index('ix_installed_item_organisation_id')

    op.drop_table('installed_item')
    op.drop_table('configuration_step')
    with op.batch_alter_table('sign_in', schema=None) as batch_op:
        batch_op.drop_index('ix_sign_in_person_id')

    op.drop_table('sign_in')
    op.drop_table('person_role')
    with op.batch_alter_table('password_reset', schema=None) as batch_op:
        batch_op.drop_index('ix_password_reset_person_id')

    op.drop_table('password_reset')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('ix_notice_unread')
        batch_op.drop_index('ix_notice_person_id')

    op.drop_table('notice')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index('ix_invitation_organisation_id')

    op.drop_table('invitation')
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.drop_index('ix_history_thing')

    op.drop_table('history')
    with op.batch_alter_table('configuration', schema=None) as batch_op:
        batch_op.drop_index('ix_configuration_organisation_id')

    op.drop_table('configuration')
    op.drop_table('site')
    with op.batch_alter_table('relation', schema=None) as batch_op:
        batch_op.drop_index('ix_relation_party_id')

    op.drop_table('relation')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index('ix_person_organisation_id')

    op.drop_table('person')
    op.drop_table('price')
    op.drop_table('organisation')
    op.drop_table('capability')
    op.drop_table('worker_beat')
    with op.batch_alter_table('throttle', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_throttle_window_ends_at'))

    op.drop_table('throttle')
    op.drop_table('rule_revision')
    with op.batch_alter_table('product', schema=None) as batch_op:
        batch_op.drop_index('ix_product_kind')

    op.drop_table('product')
    op.drop_table('price_book')
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.drop_index('ix_party_name_key')
        batch_op.drop_index(batch_op.f('ix_party_employer_id'))

    op.drop_table('party')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_due')

    op.drop_table('outbox')
    op.drop_table('counter')
