"""Changes that caches, hubs and search engines have not heard of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("key", sa.String(600), primary_key=True),
        sa.Column("cached", sa.Boolean(), nullable=False),
        sa.Column("new", sa.Boolean(), nullable=False),
    )
