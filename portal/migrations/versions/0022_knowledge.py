"""articles, faults and learned wordings."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
KEY = sa.String(length=200, collation='C').with_variant(sa.String(length=200, collation='BINARY'), 'sqlite')
TABLES = ('deflection', 'article_version', 'article_use', 'article_rating', 'article_link', 'article_flag', 'article', 'wording', 'fault_value', 'fault_type')


def upgrade() -> None:
    """Apply the change."""
    op.create_table('fault_type',
    sa.Column('id', BIG, nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('line', sa.String(length=40), nullable=False),
    sa.Column('parent_id', BIG, nullable=True),
    sa.Column('position', BIG, nullable=False),
    sa.Column('name_en', sa.String(length=80), nullable=False),
    sa.Column('name_zh', sa.String(length=80), nullable=False),
    sa.Column('words', sa.String(length=1000), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.CheckConstraint('(parent_id IS NULL) = (key = line)', name=op.f('ck_fault_type_root')),
    sa.ForeignKeyConstraint(['parent_id'], ['fault_type.id'], name=op.f('fk_fault_type_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fault_type')),
    sa.UniqueConstraint('key', name=op.f('uq_fault_type_key'))
    )
    op.create_index('ix_fault_type_line', 'fault_type', ['line', 'position', 'id'], unique=False)
    op.create_index(op.f('ix_fault_type_parent_id'), 'fault_type', ['parent_id'], unique=False)
    op.create_table('fault_value',
    sa.Column('id', BIG, nullable=False),
    sa.Column('line', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.Column('value_key', KEY, nullable=False),
    sa.Column('meaning_en', sa.String(length=200), nullable=False),
    sa.Column('meaning_zh', sa.String(length=200), nullable=False),
    sa.Column('fault_id', BIG, nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('error_code', 'firmware')", name=op.f('ck_fault_value_kind')),
    sa.ForeignKeyConstraint(['fault_id'], ['fault_type.id'], name=op.f('fk_fault_value_fault_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fault_value')),
    sa.UniqueConstraint('line', 'kind', 'value_key', name=op.f('uq_fault_value_line_kind_value_key'))
    )
    op.create_index(op.f('ix_fault_value_fault_id'), 'fault_value', ['fault_id'], unique=False)
    op.create_table('wording',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('case_kind', sa.String(length=20), nullable=False),
    sa.Column('case_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("case_kind IN ('article', 'ticket')", name=op.f('ck_wording_case_kind')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_wording_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wording')),
    sa.UniqueConstraint('case_kind', 'case_id', 'organisation_id', name=op.f('uq_wording_case_kind_case_id_organisation_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_wording_public_id'))
    )
    op.create_table('article',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('visibility', sa.String(length=20), nullable=False),
    sa.Column('product_line', sa.String(length=40), nullable=False),
    sa.Column('title_en', sa.String(length=200), nullable=False),
    sa.Column('title_zh', sa.String(length=200), nullable=False),
    sa.Column('published_version_id', BIG, nullable=True),
    sa.Column('source_key', sa.String(length=300), nullable=True),
    sa.Column('source_ticket_id', BIG, nullable=True),
    sa.Column('helpful', BIG, nullable=False),
    sa.Column('unhelpful', BIG, nullable=False),
    sa.Column('reads', BIG, nullable=False),
    sa.Column('solved', BIG, nullable=False),
    sa.Column('doubts', BIG, nullable=False),
    sa.Column('created_by_id', BIG, nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('article', 'manual')", name=op.f('ck_article_kind')),
    sa.CheckConstraint("state <> 'published' OR published_version_id IS NOT NULL", name=op.f('ck_article_published')),
    sa.CheckConstraint("state IN ('draft', 'published', 'retired')", name=op.f('ck_article_state')),
    sa.CheckConstraint("visibility IN ('public', 'silver', 'gold', 'internal')", name=op.f('ck_article_visibility')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_article_created_by_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_article_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article')),
    sa.UniqueConstraint('public_id', name=op.f('uq_article_public_id')),
    sa.UniqueConstraint('source_key', name=op.f('uq_article_source_key'))
    )
    op.create_index('ix_article_changed', 'article', ['changed_at', 'id'], unique=False)
    op.create_index('ix_article_doubts', 'article', ['changed_at', 'id'], unique=False, sqlite_where=sa.text('doubts > 0'), postgresql_where=sa.text('doubts > 0'))
    op.create_index(op.f('ix_article_source_ticket_id'), 'article', ['source_ticket_id'], unique=False)
    op.create_index('ix_article_state_changed', 'article', ['state', 'changed_at', 'id'], unique=False)
    op.create_index('ix_article_state_line', 'article', ['state', 'product_line', 'changed_at', 'id'], unique=False)
    op.create_table('article_flag',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('article_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_by_id', BIG, nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_flag_article_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_article_flag_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_article_flag_person_id')),
    sa.ForeignKeyConstraint(['settled_by_id'], ['person.id'], name=op.f('fk_article_flag_settled_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_flag')),
    sa.UniqueConstraint('public_id', name=op.f('uq_article_flag_public_id'))
    )
    op.create_index('ix_article_flag_article_id', 'article_flag', ['article_id', 'id'], unique=False)
    op.create_index('uq_article_flag_open', 'article_flag', ['article_id', 'person_id'], unique=True, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
    op.create_table('article_link',
    sa.Column('article_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('thing_id', BIG, nullable=False),
    sa.CheckConstraint("kind IN ('product', 'fault')", name=op.f('ck_article_link_kind')),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_link_article_id')),
    sa.PrimaryKeyConstraint('article_id', 'kind', 'thing_id', name=op.f('pk_article_link'))
    )
    op.create_index('ix_article_link_thing', 'article_link', ['kind', 'thing_id', 'article_id'], unique=False)
    op.create_table('article_rating',
    sa.Column('id', BIG, nullable=False),
    sa.Column('article_id', BIG, nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('helpful', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_rating_article_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_article_rating_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_article_rating_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_rating')),
    sa.UniqueConstraint('article_id', 'person_id', name=op.f('uq_article_rating_article_id_person_id'))
    )
    op.create_table('article_use',
    sa.Column('id', BIG, nullable=False),
    sa.Column('article_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.CheckConstraint("kind IN ('read', 'solved', 'sent')", name=op.f('ck_article_use_kind')),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_use_article_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_article_use_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_article_use_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_use')),
    sa.UniqueConstraint('article_id', 'kind', 'person_id', 'day', name=op.f('uq_article_use_article_id_kind_person_id_day'))
    )
    op.create_index('ix_article_use_day', 'article_use', ['day', 'kind', 'article_id'], unique=False)
    op.create_table('article_version',
    sa.Column('id', BIG, nullable=False),
    sa.Column('article_id', BIG, nullable=False),
    sa.Column('number', BIG, nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('visibility', sa.String(length=20), nullable=False),
    sa.Column('title_en', sa.String(length=200), nullable=False),
    sa.Column('title_zh', sa.String(length=200), nullable=False),
    sa.Column('body_en', sa.String(length=100000), nullable=False),
    sa.Column('body_zh', sa.String(length=100000), nullable=False),
    sa.Column('product_line', sa.String(length=40), nullable=False),
    sa.Column('facts', JSON, nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('answer', sa.String(length=500), nullable=False),
    sa.Column('authors', JSON, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_by_id', BIG, nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by_id', BIG, nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', BIG, nullable=False),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("state IN ('draft', 'in_review', 'published', 'replaced', 'dropped')", name=op.f('ck_article_version_state')),
    sa.CheckConstraint("title_en <> '' OR title_zh <> ''", name=op.f('ck_article_version_title')),
    sa.CheckConstraint("visibility IN ('public', 'silver', 'gold', 'internal')", name=op.f('ck_article_version_visibility')),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], name=op.f('fk_article_version_article_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_article_version_organisation_id')),
    sa.ForeignKeyConstraint(['reviewed_by_id'], ['person.id'], name=op.f('fk_article_version_reviewed_by_id')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['person.id'], name=op.f('fk_article_version_submitted_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_article_version')),
    sa.UniqueConstraint('article_id', 'number', name=op.f('uq_article_version_article_id_number'))
    )
    op.create_index('ix_article_version_state', 'article_version', ['state', 'id'], unique=False)
    op.create_index('uq_article_version_open', 'article_version', ['article_id'], unique=True, sqlite_where=sa.text("state IN ('draft', 'in_review')"), postgresql_where=sa.text("state IN ('draft', 'in_review')"))
    op.create_table('deflection',
    sa.Column('id', BIG, nullable=False),
    sa.Column('public_id', sa.String(length=20), nullable=False),
    sa.Column('form_key', sa.String(length=60), nullable=False),
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('case_kind', sa.String(length=20), nullable=False),
    sa.Column('case_id', BIG, nullable=False),
    sa.Column('product_line', sa.String(length=40), nullable=False),
    sa.Column('product_id', BIG, nullable=True),
    sa.Column('installed_item_id', BIG, nullable=True),
    sa.Column('serial', sa.String(length=80), nullable=False),
    sa.Column('fault', sa.String(length=60), nullable=False),
    sa.Column('error_code', sa.String(length=40), nullable=False),
    sa.Column('firmware', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('settle_on', sa.Date(), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organisation_id', BIG, nullable=False),
    sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f('ck_deflection_settled')),
    sa.CheckConstraint("case_kind IN ('article', 'ticket')", name=op.f('ck_deflection_case_kind')),
    sa.CheckConstraint("state IN ('waiting', 'counted', 'contacted')", name=op.f('ck_deflection_state')),
    sa.ForeignKeyConstraint(['installed_item_id'], ['installed_item.id'], name=op.f('fk_deflection_installed_item_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_deflection_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_deflection_person_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_deflection_product_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deflection')),
    sa.UniqueConstraint('form_key', name=op.f('uq_deflection_form_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_deflection_public_id'))
    )
    op.create_index('ix_deflection_case', 'deflection', ['case_kind', 'case_id', 'id'], unique=False)
    op.create_index('ix_deflection_day', 'deflection', ['day', 'state'], unique=False)
    op.create_index('ix_deflection_own', 'deflection', ['organisation_id', 'id'], unique=False)
    op.create_index('ix_deflection_waiting', 'deflection', ['settle_on', 'id'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))


def downgrade() -> None:
    """Take it back."""
    for table in TABLES:
        op.drop_table(table)
