"""What answers said of themselves, robots.txt, the pace of hosts, and what is not to be asked yet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("reader", sa.String(64), nullable=False),
        sa.Column("answered_url", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.String(26), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=False),
    )
    op.create_table(
        "askings",
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("asking", sa.Text(), nullable=False),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.String(300), primary_key=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.String(26), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("validators", sa.Text(), nullable=False),
        sa.Column("failing_since", sa.String(26)),
    )
    op.create_table(
        "paces",
        sa.Column("host", sa.String(300), primary_key=True),
        sa.Column("next_at", sa.String(26), nullable=False),
        sa.Column("turns", sa.Text(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("scope", sa.String(10), primary_key=True),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until", sa.String(26), nullable=False),
    )
