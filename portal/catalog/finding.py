"""Products as the search finds them: by number, maker and name in both languages."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import Product
from portal.search.audience import EVERYBODY
from portal.search.documents import Document
from portal.search.sources import RowSource, itself

NOT_FOR_SALE = 0.7  # known from an import, or no longer sold: found, and behind what is


class ProductSource(RowSource):
    """Every product, for everybody."""

    kind = "product"
    model = Product
    watched = {Product: itself}  # noqa: RUF012 - as the protocol has it

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these products."""
        return [
            Document(
                kind=self.kind,
                id=row.id,
                public_id=row.public_id,
                audience=frozenset({EVERYBODY}),
                title=f"{row.name_en} · {row.sku}",
                title_zh=f"{row.name_zh} · {row.sku}",
                body=f"{row.maker} {row.model}",
                facts={"model": row.sku},
                path=f"/products/{row.public_id}",
                boost=1.0 if row.listed and row.archived_at is None else NOT_FOR_SALE,
            )
            for row in session.scalars(select(Product).where(Product.id.in_(ids)))
        ]
