"""What the alerts store must keep, on SQLite and on a real PostgreSQL: everything once, and nothing half."""

import asyncio
import collections
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr

from alerts.channels import parse_target
from alerts.outbox import Delivery, Outcome
from alerts.rules import ChannelDefinition, Rule
from alerts.settings import Settings
from alerts.store import MIGRATIONS, Store, migrate
from alerts.tables import ATTEMPTS, METADATA
from streams import database
from streams.errors import InfrastructureError
from streams.messages import Alert, FeedStatus, content_id
from streams.settings import Database
from tests.factories import an_alert

T = TypeVar("T")
NOW = datetime(2023, 9, 5, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=25)
RULE = Rule("Leaders meet", "event:leader_meeting", "high", ("desk",), description="of two states", tags=("east",))
DESK = ChannelDefinition(
    "desk",
    "webhook",
    parse_target("webhook", {"url": "https://example.org/hook", "secret": "whsec_" + "c2VjcmV0" * 4}),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    made = Settings(data_dir=tmp_path, database=Database(url=SecretStr(url)))
    migrate(made)
    return made


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    opened = Store.connect(settings)
    yield opened
    await opened.aclose()


async def fill(store: Store, number: int, channels: tuple[str, ...] = ("desk",)) -> list[Alert]:
    alerts = [an_alert(id=f"al_{index:03}") for index in range(number)]
    for alert in alerts:
        await store.put_alert(alert, channels, NOW)
        await store.enqueue(alert.id, channels, NOW)
    return alerts


async def test_an_alert_is_kept_once_as_it_first_was(store: Store) -> None:
    first, again = an_alert(rule_name="Leaders meet"), an_alert(rule_name="Leaders met")
    assert await store.put_alert(first, ("desk", "mail:a@example.org"), NOW) is True
    assert await store.put_alert(again, ("other",), NOW + MINUTE) is False
    assert await store.alert(first.id) == first
    assert await store.notify_of(first.id) == ("desk", "mail:a@example.org")
    assert await store.alert("al_unknown") is None
    assert await store.notify_of("al_unknown") is None
    assert await store.alerts_since(NOW) == 1
    assert await store.alerts_since(NOW + MINUTE) == 0


async def test_an_alert_that_two_processes_keep_at_once_is_new_to_one_of_them(store: Store) -> None:
    answers = await asyncio.gather(*(store.put_alert(an_alert(), ("desk",), NOW) for _ in range(8)))
    assert sorted(answers) == [False] * 7 + [True]


async def test_a_delivery_is_written_once_under_a_constant_id(store: Store) -> None:
    alert = an_alert()
    await store.put_alert(alert, ("desk", "mail:a@example.org"), NOW)
    assert await store.enqueue(alert.id, ("desk",), NOW) == 1
    assert await store.enqueue(alert.id, ("desk", "mail:a@example.org"), NOW + MINUTE) == 1
    assert await store.enqueue(alert.id, (), NOW) == 0
    leased = await store.lease_due(NOW + MINUTE, 10, LEASE, {}, 4)
    assert {d.id for d in leased} == {content_id("msg", alert.id, c) for c in ("desk", "mail:a@example.org")}
    assert {d.created for d in leased if d.channel == "desk"} == {NOW}


async def test_a_delivery_wants_its_alert(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        await store.enqueue("al_unknown", ("desk",), NOW)


async def test_two_leasers_never_get_the_same_delivery(settings: Settings, store: Store) -> None:
    await fill(store, 40, ("a", "b", "c"))
    other = Store.connect(settings)
    taken: list[Delivery] = []
    for _ in range(30):
        batches = await asyncio.gather(*(s.lease_due(NOW, 7, LEASE, {}, 50) for s in (store, other, store, other)))
        taken.extend(delivery for batch in batches for delivery in batch)
        if len(taken) == 120:
            break
    await other.aclose()
    counted = collections.Counter(delivery.id for delivery in taken)
    assert len(counted) == 120
    assert set(counted.values()) == {1}


async def test_a_stale_lease_is_refused_and_leaves_no_trace(store: Store) -> None:
    await fill(store, 1)
    [stale] = await store.lease_due(NOW, 1, LEASE, {}, 4)
    [fresh] = await store.lease_due(NOW + MINUTE, 1, LEASE, {}, 4)
    sent = Outcome("delivered", NOW + MINUTE, None, "200 OK", 200, 0.1)
    assert await store.record(stale, sent) is False
    assert await store.record(fresh, Outcome("waiting", NOW, NOW + 9 * MINUTE, "503", 503, 0.2)) is True
    [(record, _)] = await store.recent_deliveries(10)
    assert (record.state, record.attempts, record.answer, record.next_attempt) == (
        "waiting",
        1,
        "503",
        NOW + 9 * MINUTE,
    )


async def test_two_processes_that_record_the_same_lease_write_it_once(settings: Settings, store: Store) -> None:
    await fill(store, 1)
    [delivery] = await store.lease_due(NOW, 1, LEASE, {}, 4)
    sent = Outcome("delivered", NOW, None, "200 OK", 200, 0.1)
    assert sorted(await asyncio.gather(*(store.record(delivery, sent) for _ in range(5)))) == [False] * 4 + [True]
    engine = database.connect(settings, "alerts")
    async with database.reading(engine) as connection:
        rows = (await connection.execute(sa.select(ATTEMPTS))).all()
    await engine.dispose()
    assert [(row.delivery, row.number, row.state, row.status) for row in rows] == [(delivery.id, 1, "delivered", 200)]


async def test_rules_and_channels_come_back_as_they_were_added(store: Store) -> None:
    before = await store.catalog_version()
    assert await store.add_definitions([RULE], [DESK], NOW) == []
    assert await store.rules() == [RULE]
    assert await store.channels() == [DESK]
    assert await store.catalog_version() > before


async def test_a_taken_name_is_refused_and_nothing_is_added(store: Store) -> None:
    await store.add_definitions([RULE], [], NOW)
    version = await store.catalog_version()
    changed = Rule("Leaders meet", "summit", enabled=False)
    assert await store.add_definitions([Rule("New", "x"), changed], [DESK], NOW) == ["Leaders meet"]
    assert (await store.rules(), await store.channels(), await store.catalog_version()) == ([RULE], [], version)
    assert await store.add_definitions([changed], [], NOW, replace=True) == []
    assert await store.rules() == [changed]


async def test_what_is_removed_is_gone_and_counted(store: Store) -> None:
    await store.add_definitions([RULE], [DESK], NOW)
    version = await store.catalog_version()
    assert await store.remove_rule("Leaders meet") is True
    assert await store.remove_rule("Leaders meet") is False
    assert await store.remove_channel("desk") is True
    assert (await store.rules(), await store.channels()) == ([], [])
    assert await store.catalog_version() == version + 2


async def test_many_rules_go_in_at_once(store: Store) -> None:
    rules = [Rule(f"Rule {number:05}", f"word{number}") for number in range(2_500)]
    assert await store.add_definitions(rules, [], NOW) == []
    assert await store.rules() == rules


async def test_the_page_sees_alerts_newest_first_with_their_deliveries(store: Store) -> None:
    for number in range(3):
        alert = an_alert(id=f"al_{number}")
        await store.put_alert(alert, ("b", "a"), NOW + number * MINUTE)
        await store.enqueue(alert.id, ("b", "a"), NOW + number * MINUTE)
    records = await store.recent_alerts(2)
    assert [(record.alert.id, record.stored) for record in records] == [
        ("al_2", NOW + 2 * MINUTE),
        ("al_1", NOW + MINUTE),
    ]
    assert [delivery.channel for delivery in records[0].deliveries] == ["a", "b"]
    older = await store.recent_alerts(10, before=records[-1].stored)
    assert [record.alert.id for record in older] == ["al_0"]
    found = await store.alert_record("al_1")
    assert found == records[1]
    assert await store.alert_record("al_9") is None


async def test_the_page_sees_what_waits_or_failed_before_what_was_delivered(store: Store) -> None:
    for number, name in enumerate(("al_failed", "al_waiting", "al_delivered")):
        await store.put_alert(an_alert(id=name), ("desk",), NOW)
        await store.enqueue(name, ("desk",), NOW + number * MINUTE)
    for delivery in await store.lease_due(NOW + 3 * MINUTE, 3, LEASE, {}, 4):
        if (state := delivery.alert_id.removeprefix("al_")) != "waiting":
            await store.record(delivery, Outcome(state, NOW, None, "answer", 200, 0.1))  # type: ignore[arg-type]
    listed = [(record.state, alert.id) for record, alert in await store.recent_deliveries(10)]
    assert listed == [("waiting", "al_waiting"), ("failed", "al_failed"), ("delivered", "al_delivered")]
    assert len(await store.recent_deliveries(2)) == 2
    assert await store.counts() == {"failed": 1, "waiting": 1, "delivered": 1}


async def test_the_newest_status_of_a_feed_is_kept(store: Store) -> None:
    newest = FeedStatus(feed="https://a.example/rss", state="failing", checked=NOW + MINUTE, reason="no answer")
    other = FeedStatus(feed="https://b.example/rss", state="well", checked=NOW)
    older = FeedStatus(feed="https://a.example/rss", state="well", checked=NOW)
    for status in (newest, other, older):
        await store.put_feed_status(status)
    assert await store.feed_statuses() == [newest, other]


async def test_migrations_make_the_tables_that_the_store_uses(settings: Settings) -> None:
    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"version_table": "alerts_version"})
        return list(compare_metadata(context, METADATA))

    assert await on_connection(settings, differences) == []


async def test_migrating_again_changes_nothing(settings: Settings, store: Store) -> None:
    await store.add_definitions([RULE], [DESK], NOW)
    before = await on_connection(settings, shape), await store.rules(), await store.channels()
    for _ in range(2):
        await asyncio.to_thread(migrate, settings)
    assert (await on_connection(settings, shape), await store.rules(), await store.channels()) == before
    assert before[1:] == ([RULE], [DESK])


def shape(connection: sa.Connection) -> dict[str, list[str]]:
    """The columns of every table, with their types."""
    seen = sa.inspect(connection)
    return {
        table: [f"{column['name']} {column['type']}" for column in seen.get_columns(table)]
        for table in seen.get_table_names()
    }


async def test_migrations_go_back_and_forth(settings: Settings) -> None:
    def back_and_forth(connection: sa.Connection) -> set[str]:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes.update(version_table="alerts_version", connection=connection)
        command.downgrade(config, "base")
        gone = set(METADATA.tables) & set(sa.inspect(connection).get_table_names())
        assert not gone
        command.upgrade(config, "head")
        return set(sa.inspect(connection).get_table_names())

    assert set(METADATA.tables) <= await on_connection(settings, back_and_forth)


async def on_connection(settings: Settings, work: Callable[[sa.Connection], T]) -> T:
    engine = database.connect(settings, "alerts")
    async with database.writing(engine) as connection:
        done = await connection.run_sync(work)
    await engine.dispose()
    return done


async def test_a_database_that_does_not_answer_is_a_fault_of_the_infrastructure(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    store = Store.connect(Settings(data_dir=tmp_path, database=Database(url=SecretStr(url))))
    with pytest.raises(InfrastructureError, match="does not answer"):
        await store.counts()
    await store.aclose()
