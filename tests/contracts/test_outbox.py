"""What every outbox must do, so that deliveries are made once, in turn, and never by a process that lost its lease."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from pydantic import SecretStr

from alerts.outbox import Delivery, Outbox, Outcome
from alerts.settings import Settings
from alerts.store import Store, migrate
from streams.messages import Alert, content_id
from streams.settings import Database
from tests.factories import an_alert
from tests.fakes import MemoryOutbox

NOW = datetime(2023, 9, 5, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=25)


class Bench(Outbox, Protocol):
    """An outbox, and how a test puts deliveries into it."""

    async def put(self, alert: Alert, channel: str, now: datetime) -> str: ...


class MemoryBench(MemoryOutbox):
    async def put(self, alert: Alert, channel: str, now: datetime) -> str:
        return self.add(alert, channel, now)


class StoreBench(Store):
    async def put(self, alert: Alert, channel: str, now: datetime) -> str:
        await self.put_alert(alert, (channel,), now)
        await self.enqueue(alert.id, (channel,), now)
        return content_id("msg", alert.id, channel)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "memory":
        yield MemoryBench()
        return
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    settings = Settings(data_dir=tmp_path, database=Database(url=SecretStr(url)))
    await asyncio.to_thread(migrate, settings)
    bench = StoreBench.connect(settings)
    yield bench
    await bench.aclose()


async def lease(outbox: Bench, now: datetime, limit: int = 10, busy: dict[str, int] | None = None) -> list[Delivery]:
    return await outbox.lease_due(now, limit, LEASE, busy or {}, 2)


def waiting(at: datetime, next_attempt: datetime, *, attempted: bool = True) -> Outcome:
    return Outcome("waiting", at, next_attempt, "503 Service Unavailable", 503, 0.2, attempted)


def delivered(at: datetime) -> Outcome:
    return Outcome("delivered", at, None, "200 OK", 200, 0.1)


async def test_a_new_delivery_is_due_at_once(outbox: Bench) -> None:
    alert = an_alert()
    delivery_id = await outbox.put(alert, "desk", NOW)
    assert await outbox.next_due(NOW) == NOW
    [delivery] = await lease(outbox, NOW)
    assert (delivery.id, delivery.alert_id, delivery.channel, delivery.attempts) == (delivery_id, alert.id, "desk", 0)
    assert (delivery.alert, delivery.created) == (alert, NOW)


async def test_what_is_leased_is_not_given_again_before_the_lease_ends(outbox: Bench) -> None:
    await outbox.put(an_alert(), "desk", NOW)
    [first] = await lease(outbox, NOW)
    assert await lease(outbox, NOW + LEASE / 2) == []
    assert await outbox.next_due(NOW) == NOW + LEASE
    [second] = await lease(outbox, NOW + LEASE)
    assert second.id == first.id
    assert second.lease > first.lease


async def test_a_process_that_lost_its_lease_writes_nothing(outbox: Bench) -> None:
    await outbox.put(an_alert(), "desk", NOW)
    [frozen] = await lease(outbox, NOW)
    [awake] = await lease(outbox, NOW + MINUTE)
    assert await outbox.record(frozen, delivered(NOW + MINUTE)) is False
    assert await outbox.counts() == {"waiting": 1}
    assert await outbox.record(awake, delivered(NOW + MINUTE)) is True
    assert await outbox.record(awake, delivered(NOW + MINUTE)) is False


async def test_an_outcome_after_the_end_of_a_lease_that_nobody_took_counts(outbox: Bench) -> None:
    await outbox.put(an_alert(), "desk", NOW)
    [delivery] = await lease(outbox, NOW)
    assert await outbox.record(delivery, delivered(NOW + 10 * MINUTE)) is True
    assert await lease(outbox, NOW + 20 * MINUTE) == []


async def test_a_delivery_that_waits_comes_again_when_it_is_due(outbox: Bench) -> None:
    await outbox.put(an_alert(), "desk", NOW)
    [delivery] = await lease(outbox, NOW)
    assert await outbox.record(delivery, waiting(NOW, NOW + 5 * MINUTE)) is True
    assert await outbox.next_due(NOW) == NOW + 5 * MINUTE
    assert await lease(outbox, NOW + 4 * MINUTE) == []
    [again] = await lease(outbox, NOW + 5 * MINUTE)
    assert (again.id, again.attempts, again.created) == (delivery.id, 1, NOW)


async def test_what_was_not_attempted_does_not_count_as_an_attempt(outbox: Bench) -> None:
    await outbox.put(an_alert(), "desk", NOW)
    [delivery] = await lease(outbox, NOW)
    await outbox.record(delivery, waiting(NOW, NOW + MINUTE, attempted=False))
    [again] = await lease(outbox, NOW + MINUTE)
    assert again.attempts == 0


@pytest.mark.parametrize("state", ["delivered", "failed"])
async def test_what_is_done_is_not_given_again(outbox: Bench, state: str) -> None:
    await outbox.put(an_alert(), "desk", NOW)
    [delivery] = await lease(outbox, NOW)
    await outbox.record(delivery, Outcome(state, NOW, None, "410 Gone", 410, 0.1))  # type: ignore[arg-type]
    assert await lease(outbox, NOW + timedelta(days=9)) == []
    assert await outbox.next_due(NOW) is None
    assert {key: number for key, number in (await outbox.counts()).items() if number} == {state: 1}


async def test_the_oldest_due_come_first_and_not_more_than_asked_for(outbox: Bench) -> None:
    for minute, name in ((3, "c"), (1, "a"), (2, "b")):
        await outbox.put(an_alert(id=f"al_{name}"), f"channel-{name}", NOW + minute * MINUTE)
    now = NOW + 10 * MINUTE
    assert [d.channel for d in await lease(outbox, now, 2)] == ["channel-a", "channel-b"]
    assert [d.channel for d in await lease(outbox, now, 2)] == ["channel-c"]


async def test_a_full_endpoint_is_passed_over(outbox: Bench) -> None:
    for number in range(5):
        await outbox.put(an_alert(id=f"al_{number}"), "slow", NOW)
    await outbox.put(an_alert(), "quick", NOW + MINUTE)
    now = NOW + 2 * MINUTE
    assert sorted(d.channel for d in await lease(outbox, now, busy={"slow": 1})) == ["quick", "slow"]
    assert [d.channel for d in await lease(outbox, now, busy={"slow": 2, "quick": 1})] == []
    assert [d.channel for d in await lease(outbox, now, busy={})] == ["slow", "slow"]


async def test_a_full_endpoint_with_a_long_queue_hides_nobody(outbox: Bench) -> None:
    for number in range(300):
        await outbox.put(an_alert(id=f"al_{number}"), "dead", NOW)
    await outbox.put(an_alert(), "quick", NOW + MINUTE)
    assert [d.channel for d in await lease(outbox, NOW + 2 * MINUTE, 5, {"dead": 2})] == ["quick"]


async def test_nothing_is_due_in_an_empty_outbox(outbox: Bench) -> None:
    assert await lease(outbox, NOW) == []
    assert await outbox.next_due(NOW) is None
    assert not any((await outbox.counts()).values())
