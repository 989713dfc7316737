"""Pictures that the site keeps itself."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.String(26), nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("extension", sa.String(4)),
        sa.Column("sizes", sa.Text()),
        sa.Column("fetched_at", sa.String(26)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.String(26)),
        sa.Column("error", sa.Text()),
    )
    op.create_index("pictures_digest", "pictures", ["digest"])
    missing = sa.text("digest IS NULL")
    op.create_index("pictures_missing", "pictures", ["wanted_at", "id"], sqlite_where=missing, postgresql_where=missing)
    op.create_table(
        "picture_uses",
        sa.Column("article", sa.String(64), primary_key=True),
        sa.Column("picture", sa.String(64), primary_key=True, index=True),
    )
