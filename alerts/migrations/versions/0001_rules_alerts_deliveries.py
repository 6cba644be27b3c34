"""Rules and channels added by command, alerts, their deliveries with every attempt, and what feeds came to."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the seven tables."""
    _make_catalog()
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("article", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("notify", sa.JSON, nullable=False),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("queued", sa.Boolean, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("alerts_by_stored", "alerts", ["stored"])
    op.create_index("alerts_stray", "alerts", ["queued", "stored"])
    _make_deliveries()
    op.create_table(
        "feed_statuses",
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("checked", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("feed_statuses", "attempts", "deliveries", "alerts", "catalog_versions", "channels", "rules"):
        op.drop_table(table)


def _make_catalog() -> None:
    op.create_table(
        "rules",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("notify", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.JSON, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "catalog_versions",
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("alert", sa.Text, sa.ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("next_attempt", sa.BigInteger),
        sa.Column("lease", sa.BigInteger, nullable=False),
        sa.Column("leased_until", sa.BigInteger),
        sa.Column("answered", sa.BigInteger),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("seconds", sa.Double),
        sa.UniqueConstraint("alert", "channel", name="deliveries_once"),
    )
    op.create_index("deliveries_due", "deliveries", ["state", "channel", "next_attempt"])
    op.create_index("deliveries_next", "deliveries", ["state", "leased_until", "next_attempt"])
    op.create_index("deliveries_by_created", "deliveries", ["state", "created"])
    op.create_table(
        "attempts",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("delivery", sa.Text, sa.ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("seconds", sa.Double, nullable=False),
    )
    op.create_index("attempts_by_delivery", "attempts", ["delivery", "number"])
