"""What alerts keeps: rules and channels added by command, alerts, deliveries with every attempt, what feeds came to.

Every row has a key computed from content, so what comes twice is written once. Methods raise InfrastructureError while
the database is away. The store is an `outbox.Outbox` for the delivery loop and an `outbox.Ledger` for the page.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from alerts.channels import parse_target
from alerts.outbox import AlertRecord, Delivery, DeliveryRecord, Outcome
from alerts.rules import ChannelDefinition, Rule
from alerts.tables import ALERTS, ATTEMPTS, CHANNELS, DELIVERIES, FEED_STATUSES, RULES, VERSIONS
from streams import database
from streams.messages import Alert, FeedStatus, content_id, decode, encode, utc
from streams.settings import Settings

STORE = "alerts"
MIGRATIONS = Path(__file__).parent / "migrations"
RULE_FIELDS = ("name", "query", "severity", "enabled", "description", "owner")


def migrate(settings: Settings) -> None:
    """Bring the store's tables up to date; before an event loop runs."""
    database.migrate(settings, STORE, MIGRATIONS)


class Store:
    """One installation's store; several processes share it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def connect(cls, settings: Settings) -> "Store":
        """The store that the settings name; `migrate` comes first."""
        return cls(database.connect(settings, STORE))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    # Rules and channels

    async def catalog_version(self) -> int:
        """A number that grows with every change of a rule or channel."""
        async with database.reading(self._engine) as connection:
            return int(await connection.scalar(sa.select(VERSIONS.c.number)) or 0)

    async def rules(self) -> list[Rule]:
        """The rules added by command, by name."""
        async with database.reading(self._engine) as connection:
            rows = await connection.execute(sa.select(RULES).order_by(RULES.c.name))
            return [
                Rule(
                    notify=tuple(row["notify"]),
                    tags=tuple(row["tags"]),
                    **{field: row[field] for field in RULE_FIELDS},
                )
                for row in rows.mappings()
            ]

    async def channels(self) -> list[ChannelDefinition]:
        """The channels added by command, by name. Raises TargetError when one is of another version's making."""
        async with database.reading(self._engine) as connection:
            rows = await connection.execute(sa.select(CHANNELS).order_by(CHANNELS.c.name))
            return [ChannelDefinition(row.name, row.kind, parse_target(row.kind, row.target)) for row in rows]

    async def add_definitions(
        self, rules: Iterable[Rule], channels: Iterable[ChannelDefinition], now: datetime, *, replace: bool = False
    ) -> list[str]:
        """Add rules and channels, all or none: the names that are taken, unless `replace`; none when it was done."""
        rule_rows = [_rule_row(rule, now) for rule in rules]
        channel_rows = [_channel_row(channel, now) for channel in channels]
        async with database.writing(self._engine) as connection:
            taken = await _taken(connection, RULES, rule_rows) + await _taken(connection, CHANNELS, channel_rows)
            if taken and not replace:
                return taken
            for table, key, rows in ((RULES, "id", rule_rows), (CHANNELS, "name", channel_rows)):
                if rows:
                    await connection.execute(self._upsert(table, key), rows)
            await self._count_version(connection)
            return []

    async def remove_rule(self, name: str) -> bool:
        """Remove a rule; alerts that it raised stay, and are delivered. False when there was none."""
        return await self._remove(RULES, name)

    async def remove_channel(self, name: str) -> bool:
        """Remove a channel; False when there was none."""
        return await self._remove(CHANNELS, name)

    async def _remove(self, table: sa.Table, name: str) -> bool:
        async with database.writing(self._engine) as connection:
            gone = await connection.execute(sa.delete(table).where(table.c.name == name))
            if gone.rowcount:
                await self._count_version(connection)
            return gone.rowcount > 0

    async def _count_version(self, connection: AsyncConnection) -> None:
        insert = self._dialect.insert(VERSIONS)
        counted = insert.on_conflict_do_update(index_elements=["what"], set_={"number": VERSIONS.c.number + 1})
        await connection.execute(counted, {"what": "catalog", "number": 1})

    # Alerts

    async def put_alert(self, alert: Alert, notify: Sequence[str], now: datetime) -> bool:
        """Keep an alert and whom to notify; False, and nothing changes, when it is there already."""
        row = {
            "id": alert.id,
            "rule": alert.rule.id,
            "article": alert.article.id,
            "severity": alert.rule.severity,
            "notify": list(notify),
            "stored": utc(now),
            "queued": False,
            "body": encode(alert),
        }
        async with database.writing(self._engine) as connection:
            done = await connection.execute(self._dialect.insert(ALERTS).on_conflict_do_nothing(), row)
            return bool(done.rowcount > 0)

    async def alert(self, alert_id: str) -> Alert | None:
        """One alert."""
        async with database.reading(self._engine) as connection:
            body = await connection.scalar(sa.select(ALERTS.c.body).where(ALERTS.c.id == alert_id))
            return None if body is None else decode(bytes(body), Alert)

    async def notify_of(self, alert_id: str) -> tuple[str, ...] | None:
        """Whom an alert notifies, as its rule said when it fired; None when there is no such alert."""
        async with database.reading(self._engine) as connection:
            notify = await connection.scalar(sa.select(ALERTS.c.notify).where(ALERTS.c.id == alert_id))
            return None if notify is None else tuple(notify)

    async def alerts_since(self, start: datetime) -> int:
        """How many alerts were stored from a time on."""
        async with database.reading(self._engine) as connection:
            counted = sa.select(sa.func.count()).select_from(ALERTS).where(ALERTS.c.stored >= utc(start))
            return int(await connection.scalar(counted) or 0)

    # Deliveries

    async def enqueue(self, alert_id: str, channels: Sequence[str], now: datetime) -> int:
        """Write a delivery for each channel, due at once; how many were new."""
        rows = [
            {
                "id": content_id("msg", alert_id, channel),
                "alert": alert_id,
                "channel": channel,
                "state": "waiting",
                "attempts": 0,
                "created": utc(now),
                "next_attempt": utc(now),
                "lease": 0,
                "answer": "",
            }
            for channel in channels
        ]
        new = 0
        async with database.writing(self._engine) as connection:
            for row in rows:
                done = await connection.execute(self._dialect.insert(DELIVERIES).on_conflict_do_nothing(), row)
                new += max(0, done.rowcount)
            await connection.execute(sa.update(ALERTS).where(ALERTS.c.id == alert_id).values(queued=True))
        return new

    async def strays(self, before: datetime, limit: int) -> list[tuple[str, tuple[str, ...]]]:
        """Alerts stored before a time for which `enqueue` was never called, the oldest first, and whom they notify."""
        stray = sa.and_(ALERTS.c.queued.is_(False), ALERTS.c.stored < utc(before))
        chosen = sa.select(ALERTS.c.id, ALERTS.c.notify).where(stray).order_by(ALERTS.c.stored).limit(limit)
        async with database.reading(self._engine) as connection:
            return [(row.id, tuple(row.notify)) for row in await connection.execute(chosen)]

    async def lease_due(
        self, now: datetime, limit: int, lease_for: timedelta, busy: Mapping[str, int], per_endpoint: int
    ) -> list[Delivery]:
        """See outbox.Outbox."""
        now = utc(now)
        async with database.reading(self._engine) as connection:
            chosen = await _choose_due(connection, now, limit, busy, per_endpoint)
        if not chosen:
            return []  # the writer's lock is not for looking
        due = sa.select(DELIVERIES.c.id).where(DELIVERIES.c.id.in_(chosen), _is_due(now))
        async with database.writing(self._engine) as connection:
            free = (await connection.scalars(due.with_for_update(skip_locked=True))).all()
            taken = DELIVERIES.c.id.in_(free)
            lease = {"lease": DELIVERIES.c.lease + 1, "leased_until": now + lease_for}
            await connection.execute(sa.update(DELIVERIES).where(taken).values(lease))
            rows = await connection.execute(
                sa.select(DELIVERIES, ALERTS.c.body)
                .join(ALERTS, ALERTS.c.id == DELIVERIES.c.alert)
                .where(taken)
                .order_by(DELIVERIES.c.next_attempt, DELIVERIES.c.created, DELIVERIES.c.id)
            )
            return [_delivery(row) for row in rows]

    async def record(self, delivery: Delivery, outcome: Outcome) -> bool:
        """See outbox.Outbox."""
        ours = sa.and_(
            DELIVERIES.c.id == delivery.id,
            DELIVERIES.c.lease == delivery.lease,
            DELIVERIES.c.leased_until.is_not(None),
        )
        told = {"answer": outcome.answer, "status": outcome.status, "seconds": outcome.seconds, "state": outcome.state}
        attempts = delivery.attempts + outcome.attempted
        row = {"attempts": attempts, "next_attempt": outcome.next_attempt, "leased_until": None}
        async with database.writing(self._engine) as connection:
            done = await connection.execute(
                sa.update(DELIVERIES).where(ours).values({**told, **row, "answered": outcome.at})
            )
            if done.rowcount and outcome.attempted:
                attempt = {"delivery": delivery.id, "number": attempts, "at": outcome.at}
                await connection.execute(sa.insert(ATTEMPTS).values({**told, **attempt}))
            return bool(done.rowcount)

    async def next_due(self, now: datetime) -> datetime | None:
        """See outbox.Outbox."""
        until, due = DELIVERIES.c.leased_until, DELIVERIES.c.next_attempt
        when = sa.case((until > due, until), else_=due)
        async with database.reading(self._engine) as connection:
            free = await connection.scalar(sa.select(sa.func.min(due)).where(_WAITING, until.is_(None)))
            leased = await connection.scalar(sa.select(sa.func.min(when)).where(_WAITING, until.is_not(None)))
            return min((moment for moment in (free, leased) if moment is not None), default=None)

    async def counts(self) -> Mapping[str, int]:
        """Deliveries by state."""
        async with database.reading(self._engine) as connection:
            state = DELIVERIES.c.state
            rows = await connection.execute(sa.select(state, sa.func.count()).group_by(state))
            return {str(name): int(number) for name, number in rows}

    # The page

    async def recent_alerts(self, limit: int, before: datetime | None = None) -> Sequence[AlertRecord]:
        """See outbox.Ledger."""
        chosen = sa.select(ALERTS).order_by(ALERTS.c.stored.desc(), ALERTS.c.id).limit(limit)
        return await self._alert_records(chosen if before is None else chosen.where(ALERTS.c.stored < utc(before)))

    async def alert_record(self, alert_id: str) -> AlertRecord | None:
        """See outbox.Ledger."""
        found = await self._alert_records(sa.select(ALERTS).where(ALERTS.c.id == alert_id))
        return found[0] if found else None

    async def _alert_records(self, chosen: sa.Select[Any]) -> list[AlertRecord]:
        async with database.reading(self._engine) as connection:
            rows = (await connection.execute(chosen)).all()
            of_these = DELIVERIES.c.alert.in_([row.id for row in rows])
            listed = sa.select(DELIVERIES).where(of_these).order_by(DELIVERIES.c.channel)
            deliveries: dict[str, list[DeliveryRecord]] = {}
            for delivery in await connection.execute(listed):
                deliveries.setdefault(delivery.alert, []).append(_delivery_record(delivery))
        return [AlertRecord(_alert(row.body), row.stored, tuple(deliveries.get(row.id, ()))) for row in rows]

    async def recent_deliveries(self, limit: int) -> Sequence[tuple[DeliveryRecord, Alert]]:
        """See outbox.Ledger."""
        chosen = sa.select(DELIVERIES, ALERTS.c.body).join(ALERTS, ALERTS.c.id == DELIVERIES.c.alert)
        newest = chosen.order_by(DELIVERIES.c.created.desc()).limit(limit)
        rows: dict[str, list[Any]] = {}
        async with database.reading(self._engine) as connection:
            for state in ("waiting", "failed", "delivered"):  # one by one: the index has them in order
                rows[state] = list(await connection.execute(newest.where(DELIVERIES.c.state == state)))
        first = sorted((*rows["waiting"], *rows["failed"]), key=lambda row: row.created, reverse=True)
        return [(_delivery_record(row), _alert(row.body)) for row in (*first, *rows["delivered"])[:limit]]

    # Feeds

    async def put_feed_status(self, status: FeedStatus) -> None:
        """Keep what the last fetch of a feed came to; an older one than is known changes nothing."""
        row = {"feed": status.feed, "checked": utc(status.checked), "body": encode(status)}
        insert = self._dialect.insert(FEED_STATUSES)
        newer = insert.on_conflict_do_update(
            index_elements=["feed"],
            set_={"checked": insert.excluded.checked, "body": insert.excluded.body},
            where=FEED_STATUSES.c.checked <= insert.excluded.checked,
        )
        async with database.writing(self._engine) as connection:
            await connection.execute(newer, row)

    async def feed_statuses(self) -> Sequence[FeedStatus]:
        """See outbox.Ledger."""
        async with database.reading(self._engine) as connection:
            rows = await connection.execute(sa.select(FEED_STATUSES.c.body).order_by(FEED_STATUSES.c.feed))
            return [decode(bytes(row.body), FeedStatus) for row in rows]

    @property
    def _dialect(self) -> Any:
        return postgresql if self._engine.dialect.name == "postgresql" else sqlite

    def _upsert(self, table: sa.Table, key: str) -> Any:
        insert = self._dialect.insert(table)
        changes = {column.name: insert.excluded[column.name] for column in table.c if column.name != key}
        return insert.on_conflict_do_update(index_elements=[key], set_=changes)


_WAITING = DELIVERIES.c.state == "waiting"


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    free = sa.or_(DELIVERIES.c.leased_until.is_(None), DELIVERIES.c.leased_until <= now)
    return sa.and_(_WAITING, DELIVERIES.c.next_attempt <= now, free)


async def _choose_due(
    connection: AsyncConnection, now: datetime, limit: int, busy: Mapping[str, int], per_endpoint: int
) -> list[str]:
    """The oldest due ids of each channel that has room: one query a channel, however long its queue is."""
    found: list[tuple[datetime, datetime, str]] = []
    for channel in await connection.scalars(_channels_waiting()):
        room = min(limit, per_endpoint - busy.get(channel or "", 0))
        if channel is not None and room > 0:
            due = sa.select(DELIVERIES.c.next_attempt, DELIVERIES.c.created, DELIVERIES.c.id)
            due = due.where(DELIVERIES.c.channel == channel, _is_due(now)).order_by(DELIVERIES.c.next_attempt)
            found.extend((row[0], row[1], row[2]) for row in await connection.execute(due.limit(room)))
    return [delivery for _, _, delivery in sorted(found)[:limit]]


def _channels_waiting() -> sa.Select[Any]:
    """Each channel that has waiting deliveries, found by stepping through the index from one to the next."""
    least = sa.func.min(DELIVERIES.c.channel)
    steps = sa.select(least.label("channel")).where(_WAITING).cte("steps", recursive=True)
    after = sa.select(least).where(_WAITING, DELIVERIES.c.channel > steps.c.channel).scalar_subquery()
    steps = steps.union_all(sa.select(after).where(steps.c.channel.is_not(None)))
    return sa.select(steps.c.channel).where(steps.c.channel.is_not(None))


async def _taken(connection: AsyncConnection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    names = [row["name"] for row in rows]
    taken: list[str] = []
    for start in range(0, len(names), 1000):
        some = table.c.name.in_(names[start : start + 1000])
        taken.extend(await connection.scalars(sa.select(table.c.name).where(some).order_by(table.c.name)))
    return taken


def _rule_row(rule: Rule, now: datetime) -> dict[str, Any]:
    row = {field: getattr(rule, field) for field in RULE_FIELDS}
    return {**row, "id": rule.id, "notify": list(rule.notify), "tags": list(rule.tags), "changed": utc(now)}


def _channel_row(channel: ChannelDefinition, now: datetime) -> dict[str, Any]:
    """Secrets are kept in clear: they sign what is sent."""
    target = {
        key: value.get_secret_value() if isinstance(value, SecretStr) else value
        for key, value in channel.target.model_dump(exclude_none=True).items()
    }
    return {"name": channel.name, "kind": channel.kind, "target": target, "changed": utc(now)}


def _alert(body: bytes) -> Alert:
    return decode(bytes(body), Alert)


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        alert_id=row.alert,
        channel=row.channel,
        attempts=row.attempts,
        created=row.created,
        alert=_alert(row.body),
        lease=row.lease,
    )


def _delivery_record(row: Any) -> DeliveryRecord:
    return DeliveryRecord(
        id=row.id,
        alert_id=row.alert,
        channel=row.channel,
        state=row.state,
        attempts=row.attempts,
        created=row.created,
        next_attempt=row.next_attempt,
        answered=row.answered,
        answer=row.answer,
        status=row.status,
        seconds=row.seconds,
    )
