"""The lease, tags of objects, withdrawn articles, versions of open list pages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lease = op.create_table(
        "lease",
        sa.Column("name", sa.String(10), primary_key=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(300), nullable=False),
        sa.Column("expires_at", sa.String(26)),
    )
    op.bulk_insert(lease, [{"name": "site", "fence": 0, "holder": "", "expires_at": None}])
    op.add_column("objects", sa.Column("body_digest", sa.String(64)))
    op.add_column("objects", sa.Column("tag", sa.String(200)))
    op.add_column("articles", sa.Column("withdrawn_at", sa.String(26)))
    op.add_column("articles", sa.Column("withdrawal_reason", sa.String(10)))
    op.create_table(
        "holes",
        sa.Column("kind", sa.String(10), primary_key=True),
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("article", sa.String(64), nullable=False, index=True),
    )
    op.create_table(
        "versions",
        sa.Column("key", sa.String(600), primary_key=True),
        sa.Column("generation", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content_type", sa.String(200), nullable=False),
        sa.Column("cache_control", sa.String(200), nullable=False),
        sa.Column("encoding", sa.String(20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
