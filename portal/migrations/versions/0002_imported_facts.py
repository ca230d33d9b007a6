"""imported facts: sources, device types, their facts; products known only from an import."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
# All that an imported row says; only superseded_at may move.
KEPT = (
    "source_revision_id", "product_id", "source", "form", "path", "digest", "reader", "maker", "model", "part_number",
    "slug", "description", "notices",
)
WALLS = ("source_revision_no_update", "source_revision_no_delete", "device_fact_no_update", "device_fact_no_delete",
         "device_type_kept", "device_type_no_delete")


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
    """Imported facts never change: held by the database itself."""
    message = "imported facts never change"
    for table in ("source_revision", "device_fact"):
        for event in ("UPDATE", "DELETE"):
            _refuse(f"{table}_no_{event.lower()}", event, table, "1 = 1", message)
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in KEPT)
    _refuse("device_type_kept", "UPDATE", "device_type", f"OLD.superseded_at IS NOT NULL OR {changed}", message)
    _refuse("device_type_no_delete", "DELETE", "device_type", "1 = 1", message)


def upgrade() -> None:
    """Apply the change."""
    # Added column by column: copying `product`, as a batch does, would break the rows that refer to it on SQLite.
    op.add_column('product', sa.Column('model', sa.String(length=100), nullable=False, server_default=''))
    op.add_column('product', sa.Column('listed', sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute("UPDATE product SET model = sku")
    op.execute(sa.text("UPDATE product SET listed = :no WHERE archived_at IS NOT NULL").bindparams(no=False))
    op.create_table('source_revision',
    sa.Column('id', BIG, nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('revision', sa.String(length=80), nullable=False),
    sa.Column('licence', sa.String(length=80), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('files', BIG, nullable=False),
    sa.Column('report', JSON, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_source_revision'))
    )
    op.create_index('ix_source_revision_name', 'source_revision', ['name', 'id'], unique=False)
    op.create_table('device_type',
    sa.Column('id', BIG, nullable=False),
    sa.Column('source_revision_id', BIG, nullable=False),
    sa.Column('product_id', BIG, nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('form', sa.String(length=20), nullable=False),
    sa.Column('path', sa.String(length=300), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('reader', BIG, nullable=False),
    sa.Column('maker', sa.String(length=80), nullable=False),
    sa.Column('model', sa.String(length=100), nullable=False),
    sa.Column('part_number', sa.String(length=200), nullable=False),
    sa.Column('slug', sa.String(length=100), nullable=False),
    sa.Column('description', sa.String(length=4000), nullable=False),
    sa.Column('notices', JSON, nullable=False),
    sa.Column('superseded_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("form IN ('device', 'module', 'rack')", name=op.f('ck_device_type_form')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_device_type_product_id')),
    sa.ForeignKeyConstraint(['source_revision_id'], ['source_revision.id'],
                            name=op.f('fk_device_type_source_revision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_type'))
    )
    op.create_index('ix_device_type_product_id', 'device_type', ['product_id', 'superseded_at'], unique=False)
    op.create_index('uq_device_type_current', 'device_type', ['source', 'product_id'], unique=True,
                    sqlite_where=sa.text('superseded_at IS NULL'), postgresql_where=sa.text('superseded_at IS NULL'))
    op.create_table('device_fact',
    sa.Column('id', BIG, nullable=False),
    sa.Column('device_type_id', BIG, nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('number', BIG, nullable=True),
    sa.Column('origin', sa.String(length=20), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('quote', sa.String(length=300), nullable=False),
    sa.CheckConstraint("origin IN ('stated', 'default', 'hint')", name=op.f('ck_device_fact_origin')),
    sa.CheckConstraint("origin <> 'hint' OR (value = '' AND number IS NULL)",
                       name=op.f('ck_device_fact_hint_is_no_value')),
    sa.ForeignKeyConstraint(['device_type_id'], ['device_type.id'], name=op.f('fk_device_fact_device_type_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_device_fact')),
    sa.UniqueConstraint('device_type_id', 'key', name=op.f('uq_device_fact_device_type_id_key'))
    )
    _walls()


def downgrade() -> None:
    """Take the change back; products known only from an import stay for whatever refers to them, archived."""
    op.execute(sa.text("UPDATE product SET archived_at = CURRENT_TIMESTAMP WHERE listed = :no AND archived_at IS NULL")
               .bindparams(no=False))
    op.drop_table('device_fact')
    op.drop_table('device_type')
    op.drop_table('source_revision')
    if op.get_bind().dialect.name != "sqlite":  # SQLite's triggers went with their tables
        for name in WALLS:
            op.execute(f"DROP FUNCTION {name}() CASCADE")
    op.drop_column('product', 'listed')
    op.drop_column('product', 'model')
