"""The tables of the alerts store, on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(sa.TypeDecorator[datetime]):
    """A time as whole microseconds since 1970 UTC: exact, ordered, and the same on both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        """To the database."""
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else EPOCH + int(value) * MICROSECOND


NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
METADATA = sa.MetaData()

RULES = sa.Table(
    "rules",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("notify", sa.JSON, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("changed", Moment, nullable=False),
)
CHANNELS = sa.Table(
    "channels",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", sa.JSON, nullable=False),
    sa.Column("changed", Moment, nullable=False),
)
VERSIONS = sa.Table(
    "catalog_versions",
    METADATA,
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("article", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("notify", sa.JSON, nullable=False),
    sa.Column("stored", Moment, nullable=False),
    sa.Column("queued", sa.Boolean, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("alerts_by_stored", "stored"),
    sa.Index("alerts_stray", "queued", "stored"),
)
DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("alert", sa.Text, sa.ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("next_attempt", Moment),
    sa.Column("lease", sa.BigInteger, nullable=False),
    sa.Column("leased_until", Moment),
    sa.Column("answered", Moment),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("seconds", sa.Double),
    sa.UniqueConstraint("alert", "channel", name="deliveries_once"),
    sa.Index("deliveries_due", "state", "channel", "next_attempt"),
    sa.Index("deliveries_next", "state", "leased_until", "next_attempt"),
    sa.Index("deliveries_by_created", "state", "created"),
)
ATTEMPTS = sa.Table(
    "attempts",
    METADATA,
    sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
    sa.Column("delivery", sa.Text, sa.ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("seconds", sa.Double, nullable=False),
    sa.Index("attempts_by_delivery", "delivery", "number"),
)
FEED_STATUSES = sa.Table(
    "feed_statuses",
    METADATA,
    sa.Column("feed", sa.Text, primary_key=True),
    sa.Column("checked", Moment, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
