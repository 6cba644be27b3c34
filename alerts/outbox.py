"""Deliveries as rows: what the store keeps for the delivery loop, and what it shows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from streams.messages import Alert, FeedStatus

State = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert on its way to one channel, leased to this process.

    `id` stays the same over all attempts: it is the `webhook-id` and the `Message-ID`. `attempts` counts those made
    before. `created` is when the row was written and never changes. `lease` is the fencing token: the store counts it
    up with each lease, and takes an outcome only from the newest.
    """

    id: str
    alert_id: str
    channel: str
    attempts: int
    created: datetime
    alert: Alert
    lease: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to. `next_attempt` is set exactly while the state is `waiting`.

    `attempted` is False when nothing was sent (the channel is not defined, no mail server is set): such an outcome
    changes state, answer and next attempt, but does not count as an attempt. `answer` is one sentence for people, at
    most 500 characters; `status` is the HTTP or SMTP code; `seconds` is how long it took.
    """

    state: State
    at: datetime
    next_attempt: datetime | None
    answer: str
    status: int | None
    seconds: float
    attempted: bool = True


class Outbox(Protocol):
    """Where deliveries are kept. All methods raise InfrastructureError while the database is away."""

    async def lease_due(
        self, now: datetime, limit: int, lease_for: timedelta, busy: Mapping[str, int], per_endpoint: int
    ) -> list[Delivery]:
        """Take up to `limit` waiting deliveries that are due, oldest due first, until `now + lease_for`.

        `busy` says how many attempts of a channel are under way in this process; no channel gets more than
        `per_endpoint` in all, so that the others' deliveries behind it are reached. What another process holds under a
        lease that has not ended is left alone; a lease that has ended is free, and the new one fences off the old.
        """

    async def record(self, delivery: Delivery, outcome: Outcome) -> bool:
        """Store an outcome and end the lease; False, and nothing written, when a newer lease was given meanwhile.

        A lease that has ended but was not given anew still counts as ours.
        """

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next waiting delivery is due (or its lease ends): in the past when one is due already, else None."""

    async def counts(self) -> Mapping[str, int]:
        """Deliveries by state."""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery as people see it. `answered` is the time of the last outcome."""

    id: str
    alert_id: str
    channel: str
    state: State
    attempts: int
    created: datetime
    next_attempt: datetime | None
    answered: datetime | None
    answer: str
    status: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One alert as people see it: when it was stored, and what became of its deliveries."""

    alert: Alert
    stored: datetime
    deliveries: Sequence[DeliveryRecord]


class Ledger(Protocol):
    """What the page reads. All methods raise InfrastructureError while the database is away."""

    async def recent_alerts(self, limit: int, before: datetime | None = None) -> Sequence[AlertRecord]:
        """Alerts, newest first; only those stored before `before`."""

    async def alert_record(self, alert_id: str) -> AlertRecord | None:
        """One alert."""

    async def recent_deliveries(self, limit: int) -> Sequence[tuple[DeliveryRecord, Alert]]:
        """Deliveries with their alerts: those that wait or failed first, then the last delivered ones."""

    async def feed_statuses(self) -> Sequence[FeedStatus]:
        """What the last fetch of each feed came to."""

    async def counts(self) -> Mapping[str, int]:
        """Deliveries by state."""
