"""who else may see a configuration, and what people say about its lines."""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
SHARE_KEPT = (
    "id", "public_id", "organisation_id", "kind", "thing_id", "with_organisation_id", "with_person_id",
    "person_organisation_id", "access", "message", "created_by_id", "created_at",
)
COMMENT_KEPT = ("id", "public_id", "organisation_id", "thread_id", "kind", "thing_id", "author_id", "created_at")


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
    """A share is revoked once and otherwise kept; a comment is withdrawn once, never changed nor removed."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in SHARE_KEPT)
    _refuse("share_kept", "UPDATE", "share", f"OLD.revoked_at IS NOT NULL OR {changed}", "a share is only ever revoked")
    _refuse("share_no_delete", "DELETE", "share", "1 = 1", "a share is only ever revoked")
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in COMMENT_KEPT)
    other = "NEW.body IS DISTINCT FROM OLD.body AND NEW.body <> ''"
    condition = f"OLD.withdrawn_at IS NOT NULL OR {changed} OR ({other})"
    _refuse("comment_kept", "UPDATE", "comment", condition, "a comment never changes")
    _refuse("comment_no_delete", "DELETE", "comment", "1 = 1", "a comment never changes")


def _drop_walls() -> None:
    """Take the walls down again; on SQLite they go with the tables."""
    if op.get_bind().dialect.name != "sqlite":
        for name in ("share_kept", "share_no_delete", "comment_kept", "comment_no_delete"):
            op.execute(f"DROP FUNCTION {name}() CASCADE")


def upgrade() -> None:
    """Apply the change."""
    op.create_table('share',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('thing_id', BIG, nullable=False),
    sa.Column('with_organisation_id', BIG, nullable=True),
    sa.Column('with_person_id', BIG, nullable=True),
    sa.Column('person_organisation_id', BIG, nullable=True),
    sa.Column('access', sa.String(length=10), nullable=False),
    sa.Column('message', sa.String(length=500), nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_by_id', BIG, nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('configuration')", name=op.f('ck_share_kind')),
    sa.CheckConstraint("access IN ('view', 'edit')", name=op.f('ck_share_access')),
    sa.CheckConstraint("(with_organisation_id IS NULL) <> (with_person_id IS NULL)", name=op.f('ck_share_receiver')),
    sa.CheckConstraint("(with_person_id IS NULL) = (person_organisation_id IS NULL)",
                       name=op.f('ck_share_person_organisation')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_share_organisation_id')),
    sa.ForeignKeyConstraint(['with_organisation_id'], ['organisation.id'], name=op.f('fk_share_with_organisation_id')),
    sa.ForeignKeyConstraint(['with_person_id'], ['person.id'], name=op.f('fk_share_with_person_id')),
    sa.ForeignKeyConstraint(['person_organisation_id'], ['organisation.id'],
                            name=op.f('fk_share_person_organisation_id')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_share_created_by_id')),
    sa.ForeignKeyConstraint(['revoked_by_id'], ['person.id'], name=op.f('fk_share_revoked_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_share')),
    sa.UniqueConstraint('public_id', name=op.f('uq_share_public_id'))
    )
    op.create_index('ix_share_thing', 'share', ['kind', 'thing_id', 'id'], unique=False)
    live = sa.text('revoked_at IS NULL')
    for receiver in ('organisation', 'person'):
        op.create_index(f'uq_share_live_{receiver}', 'share', [f'with_{receiver}_id', 'kind', 'thing_id'], unique=True,
                        sqlite_where=live, postgresql_where=live)
    away = sa.text('archived_at IS NOT NULL')
    op.create_index('ix_configuration_archived', 'configuration', ['organisation_id', 'id'], unique=False,
                    sqlite_where=away, postgresql_where=away)
    op.create_table('comment_thread',
    sa.Column('id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('thing_id', BIG, nullable=False),
    sa.Column('line_key', sa.String(length=60), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by_id', BIG, nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('configuration')", name=op.f('ck_comment_thread_kind')),
    sa.CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name=op.f('ck_comment_thread_resolved')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_comment_thread_organisation_id')),
    sa.ForeignKeyConstraint(['resolved_by_id'], ['person.id'], name=op.f('fk_comment_thread_resolved_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment_thread')),
    sa.UniqueConstraint('kind', 'thing_id', 'line_key', name=op.f('uq_comment_thread_kind_thing_id_line_key'))
    )
    op.create_table('comment',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('thread_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('thing_id', BIG, nullable=False),
    sa.Column('body', sa.String(length=2000), nullable=False),
    sa.Column('author_id', BIG, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('configuration')", name=op.f('ck_comment_kind')),
    sa.CheckConstraint("(withdrawn_at IS NULL) = (body <> '')", name=op.f('ck_comment_withdrawn')),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_comment_author_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_comment_organisation_id')),
    sa.ForeignKeyConstraint(['thread_id'], ['comment_thread.id'], name=op.f('fk_comment_thread_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment')),
    sa.UniqueConstraint('public_id', name=op.f('uq_comment_public_id'))
    )
    op.create_index('ix_comment_thread_id', 'comment', ['thread_id', 'id'], unique=False)
    _walls()


def downgrade() -> None:
    """Take it back."""
    _drop_walls()
    op.drop_index('ix_configuration_archived', table_name='configuration')
    op.drop_table('comment')
    op.drop_table('comment_thread')
    op.drop_table('share')
