"""identifiers, aliases, addresses, merges and reviews of parties."""

from typing import Any

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')
AT = sa.DateTime(timezone=True)

REVIEW_STATES = "review_state IN ('new', 'reviewed', 'needs_work')"
PARTY_TEXTS = {"industry": 20, "region": 20, "size": 20, "review_note": 400}
RELATION_TEXTS = {
    "party_kind": 20, "name": 200, "name_en": 200, "phone": 40, "email": 254, "address": 400, "industry": 20,
    "region": 20, "size": 20,
}
QUOTE_FROZEN = (
    "organisation_id", "number", "revision", "predecessor_id", "configuration_id", "rule_revision_id", "customer_id",
    "customer_name", "title", "note", "currency", "tax_mode", "tax_bps", "validity_days", "issued_on", "valid_until",
    "list_minor", "net_minor", "tax_minor", "gross_minor", "issued_at", "issued_by_id",
)
RESALE_FROZEN = (
    "organisation_id", "quote_id", "number", "revision", "predecessor_id", "customer_id", "customer_name", "title",
    "note", "payment_terms", "delivery_terms", "currency", "tax_bps", "validity_days", "issued_on", "valid_until",
    "basis", "markup_bps", "fixed_net_minor", "net_minor", "tax_minor", "gross_minor", "logo_id", "snapshot",
    "issued_at", "issued_by_id",
)
# The customer of a frozen document may follow its party into a merge and back; nothing else of it changes.
FOLLOWS = (
    "EXISTS (SELECT 1 FROM party_merge WHERE (merged_id = OLD.customer_id AND survivor_id = NEW.customer_id) "
    "OR (merged_id = NEW.customer_id AND survivor_id = OLD.customer_id))"
)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _wall_anew(name: str, table: str, condition: str, message: str) -> None:
    """Give a trigger that refuses UPDATE another condition."""
    if _is_sqlite():
        condition = condition.replace("IS NOT DISTINCT FROM", "IS").replace("IS DISTINCT FROM", "IS NOT")
        op.execute(f"DROP TRIGGER {name}")
        op.execute(f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN {condition} "
                   f"BEGIN SELECT RAISE(ABORT, '{message}'); END")
        return
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = '23001'; END IF; RETURN NEW; END $$")


def _frozen(columns: tuple[str, ...], follows: bool) -> str:
    """Return when a change of an issued document is refused."""
    changed = {column: f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns}
    if follows:
        changed["customer_id"] = f"({changed['customer_id']} AND NOT {FOLLOWS})"
    return f"OLD.state <> 'draft' AND (NEW.state = 'draft' OR {' OR '.join(changed.values())})"


def _order_frozen(follows: bool) -> str:
    """Return when a change of an order is refused: always, unless only its customer follows a merge."""
    if not follows:
        return "1 = 1"
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("sales_order")]
    same = [f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in columns if column != "customer_id"]
    return f"NOT ({' AND '.join(same)} AND {FOLLOWS})"


def _walls(follows: bool) -> None:
    _wall_anew("quote_frozen", "quote", _frozen(QUOTE_FROZEN, follows), "an issued quote never changes")
    _wall_anew("resale_frozen", "resale", _frozen(RESALE_FROZEN, follows), "an issued offer never changes")
    _wall_anew("sales_order_no_update", "sales_order", _order_frozen(follows), "a placed order never changes")


def _references(table: str, column: str, target: str) -> None:
    """Add a column that refers to another table; SQLite takes the reference only together with the column."""
    name = f"fk_{table}_{column}"
    if _is_sqlite():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target}(id)")
        return
    op.add_column(table, sa.Column(column, BIG, nullable=True))
    op.create_foreign_key(name, table, target, [column], ['id'])


def _review_state() -> None:
    """Add the state of a customer's file; SQLite takes the condition only together with the column."""
    if _is_sqlite():
        op.execute("ALTER TABLE party ADD COLUMN review_state VARCHAR(20) NOT NULL DEFAULT 'new' "
                   f"CONSTRAINT ck_party_review_state CHECK ({REVIEW_STATES})")
        return
    op.add_column('party', sa.Column('review_state', sa.String(length=20), server_default='new', nullable=False))
    op.create_check_constraint(op.f('ck_party_review_state'), 'party', REVIEW_STATES)


def _widen_party() -> None:
    for name, length in PARTY_TEXTS.items():
        op.add_column('party', sa.Column(name, sa.String(length=length), server_default='', nullable=False))
    op.add_column('party', sa.Column('version', BIG, server_default='1', nullable=False))
    op.add_column('party', sa.Column('reviewed_at', AT, nullable=True))
    _review_state()
    _references('party', 'merged_into_id', 'party')
    op.create_index(op.f('ix_party_merged_into_id'), 'party', ['merged_into_id'], unique=False)
    op.create_index('ix_party_review_state', 'party', ['review_state', 'id'], unique=False)


def _widen_relation() -> None:
    for name, length in RELATION_TEXTS.items():
        op.add_column('relation', sa.Column(name, sa.String(length=length), server_default='', nullable=False))
    op.add_column('relation', sa.Column('name_key', KEY, server_default='', nullable=False))
    op.add_column('relation', sa.Column('version', BIG, server_default='1', nullable=False))
    _fill_relation()
    own_name = ['organisation_id', 'kind', 'party_kind', 'name_key', 'party_id']
    op.create_index('ix_relation_own_name', 'relation', own_name, unique=False)


def _fill_relation() -> None:
    """Let every relation say what stood on the party; one that signs in speaks of itself."""
    named = ("name", "name_en", "name_key")
    from_party = ", ".join(f"{column} = (SELECT {column} FROM party WHERE party.id = party_id)" for column in named)
    op.execute(f"UPDATE relation SET party_kind = (SELECT kind FROM party WHERE party.id = party_id), {from_party}")
    reach = ("phone", "email", "address")
    from_party = ", ".join(f"{column} = (SELECT {column} FROM party WHERE party.id = party_id)" for column in reach)
    op.execute(f"UPDATE relation SET {from_party} WHERE party_id NOT IN (SELECT id FROM organisation)")


def _noted(table: str, *columns: sa.Column[Any], unique: tuple[str, ...] = (), checks: tuple[sa.Constraint, ...] = ()) -> None:
    """Make a table of what organisations note of a party."""
    uniques = [sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_{'_'.join(unique)}"))] if unique else []
    op.create_table(table,
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('party_id', BIG, nullable=False),
    *columns,
    sa.Column('created_at', AT, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f(f'fk_{table}_organisation_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f(f'fk_{table}_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
    sa.UniqueConstraint('public_id', name=op.f(f'uq_{table}_public_id')),
    *uniques,
    *checks,
    )
    op.create_index(f'ix_{table}_party_id', table, ['party_id'], unique=False)


def _notes() -> None:
    _noted('party_identifier',
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('value_key', KEY, nullable=False),
    unique=('organisation_id', 'party_id', 'kind', 'value_key'),
    checks=(sa.CheckConstraint("kind IN ('credit_code', 'tax_number', 'domain', 'phone')",
                               name=op.f('ck_party_identifier_kind')),),
    )
    op.create_index('ix_party_identifier_value', 'party_identifier', ['kind', 'value_key'], unique=False)
    _noted('party_alias',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_key', KEY, nullable=False),
    unique=('organisation_id', 'party_id', 'name_key'),
    )
    op.create_index('ix_party_alias_name_key', 'party_alias', ['name_key'], unique=False)
    _noted('party_address', sa.Column('address', sa.String(length=400), nullable=False))


def _steward() -> None:
    op.create_table('party_pair',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('left_id', BIG, nullable=False),
    sa.Column('right_id', BIG, nullable=False),
    sa.Column('score', BIG, nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('found_at', AT, nullable=False),
    sa.Column('decided_at', AT, nullable=True),
    sa.Column('decided_by_id', BIG, nullable=True),
    sa.CheckConstraint("state IN ('open', 'different', 'merged')", name=op.f('ck_party_pair_state')),
    sa.CheckConstraint('left_id < right_id', name=op.f('ck_party_pair_order')),
    sa.CheckConstraint('score BETWEEN 0 AND 100', name=op.f('ck_party_pair_score')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_party_pair_decided_by_id')),
    sa.ForeignKeyConstraint(['left_id'], ['party.id'], name=op.f('fk_party_pair_left_id')),
    sa.ForeignKeyConstraint(['right_id'], ['party.id'], name=op.f('fk_party_pair_right_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_pair')),
    sa.UniqueConstraint('left_id', 'right_id', name=op.f('uq_party_pair_left_id_right_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_party_pair_public_id'))
    )
    op.create_index('ix_party_pair_queue', 'party_pair', ['state', 'score', 'id'], unique=False)
    op.create_index('ix_party_pair_right_id', 'party_pair', ['right_id'], unique=False)
    op.create_table('party_merge',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('survivor_id', BIG, nullable=False),
    sa.Column('merged_id', BIG, nullable=False),
    sa.Column('survivor_name', sa.String(length=200), nullable=False),
    sa.Column('merged_name', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('moved', JSON, nullable=False),
    sa.Column('set_aside', JSON, nullable=False),
    sa.Column('made', JSON, nullable=False),
    sa.Column('knew', JSON, nullable=False),
    sa.Column('merged_at', AT, nullable=False),
    sa.Column('merged_by_id', BIG, nullable=True),
    sa.Column('undone_at', AT, nullable=True),
    sa.Column('undone_by_id', BIG, nullable=True),
    sa.CheckConstraint('survivor_id <> merged_id', name=op.f('ck_party_merge_two')),
    sa.ForeignKeyConstraint(['merged_by_id'], ['person.id'], name=op.f('fk_party_merge_merged_by_id')),
    sa.ForeignKeyConstraint(['merged_id'], ['party.id'], name=op.f('fk_party_merge_merged_id')),
    sa.ForeignKeyConstraint(['survivor_id'], ['party.id'], name=op.f('fk_party_merge_survivor_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['person.id'], name=op.f('fk_party_merge_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_merge')),
    sa.UniqueConstraint('public_id', name=op.f('uq_party_merge_public_id'))
    )
    op.create_index('ix_party_merge_merged_id', 'party_merge', ['merged_id', 'survivor_id'], unique=False)
    op.create_index('ix_party_merge_survivor_id', 'party_merge', ['survivor_id', 'id'], unique=False)


def _imports() -> None:
    op.create_table('party_import',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('recognised', JSON, nullable=False),
    sa.Column('ignored', JSON, nullable=False),
    sa.Column('row_count', BIG, nullable=False),
    sa.Column('new_count', BIG, nullable=False),
    sa.Column('known_count', BIG, nullable=False),
    sa.Column('wrong_count', BIG, nullable=False),
    sa.Column('saved_count', BIG, nullable=False),
    sa.Column('created_at', AT, nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('finished_at', AT, nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state IN ('checked', 'waiting', 'done', 'failed', 'discarded')",
                       name=op.f('ck_party_import_state')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_party_import_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_party_import_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_import')),
    sa.UniqueConstraint('public_id', name=op.f('uq_party_import_public_id'))
    )
    op.create_index('ix_party_import_own', 'party_import', ['organisation_id', 'id'], unique=False)
    op.create_table('party_import_row',
    sa.Column('id', BIG, nullable=False),
    sa.Column('import_id', BIG, nullable=False),
    sa.Column('line', BIG, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('cells', JSON, nullable=False),
    sa.Column('problems', JSON, nullable=False),
    sa.Column('party_id', BIG, nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state IN ('new', 'known', 'wrong', 'skipped', 'saved')", name=op.f('ck_party_import_row_state')),
    sa.ForeignKeyConstraint(['import_id'], ['party_import.id'], name=op.f('fk_party_import_row_import_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_party_import_row_organisation_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_party_import_row_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_import_row')),
    sa.UniqueConstraint('import_id', 'line', name=op.f('uq_party_import_row_import_id_line'))
    )
    op.create_index('ix_party_import_row_state', 'party_import_row', ['import_id', 'state', 'line'], unique=False)
    op.create_index('ix_party_import_row_party_id', 'party_import_row', ['party_id'], unique=False)


def upgrade() -> None:
    """Apply the change."""
    _widen_party()
    _widen_relation()
    _notes()
    _steward()
    _imports()
    _walls(follows=True)
    op.create_index('ix_quote_customer_id', 'quote', ['customer_id', 'id'], unique=False)


def downgrade() -> None:
    """Take it back."""
    op.drop_index('ix_quote_customer_id', table_name='quote')
    _walls(follows=False)
    for table in ('party_import_row', 'party_import', 'party_merge', 'party_pair', 'party_address', 'party_alias',
                  'party_identifier'):
        op.drop_table(table)
    op.drop_index('ix_relation_own_name', table_name='relation')
    for column in (*RELATION_TEXTS, 'name_key', 'version'):
        op.drop_column('relation', column)
    op.drop_index('ix_party_review_state', table_name='party')
    op.drop_index(op.f('ix_party_merged_into_id'), table_name='party')
    for column in (*PARTY_TEXTS, 'version', 'reviewed_at', 'merged_into_id', 'review_state'):
        op.drop_column('party', column)
