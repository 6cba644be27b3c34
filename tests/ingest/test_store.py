"""The store on both databases: due feeds and leases, what is new, and an outbox that loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from ingest import store as store_module
from ingest.feeds import Feed
from ingest.store import MAX_REVISIONS, OUTBOX, Store, migrate
from streams import database
from streams.messages import Article, FeedStatus, decode
from streams.settings import Settings
from streams.topics import ARTICLES, FEED_STATUS

NOW = datetime(2023, 9, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
URL = "https://a.example/feed"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a migrated store on each database."""
    values: dict[str, Any] = {"data_dir": tmp_path}
    if request.param == "postgresql":
        values["database"] = {"url": request.getfixturevalue("postgresql_url")}
    made = Settings.model_validate(values)
    migrate(made)
    return made


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    opened = Store.connect(settings)
    yield opened
    await opened.aclose()


def _article(number: int, text: str = "text") -> Article:
    return Article(id=f"ar_{number}", title=f"Title {number}", text=text, fetched=NOW)


async def _leased(store: Store, now: datetime = NOW) -> Feed:
    (feed,) = await store.lease_due(now, 10, MINUTE)
    return feed


async def _sent(store: Store) -> list[Article]:
    return [decode(m.value, Article) for m in await store.outbox(1000) if m.topic == ARTICLES.name]


async def test_feeds_are_added_once_and_removed(store: Store) -> None:
    assert await store.add([Feed(URL), Feed(URL), Feed("https://b.example/")], NOW) == [URL, "https://b.example/"]
    assert await store.add([Feed(URL, title="Other")], NOW) == []
    assert [(f.url, f.title, f.state) for f in await store.feeds()] == [
        (URL, None, "new"),
        ("https://b.example/", None, "new"),
    ]
    assert await store.counts() == {"new": 2}
    assert await store.remove(URL)
    assert not await store.remove(URL)
    assert [f.url for f in await store.feeds()] == ["https://b.example/"]


async def test_many_feeds_are_added(store: Store) -> None:
    feeds = [Feed(f"https://a.example/{n}") for n in range(1_200)]
    assert len(await store.add(feeds, NOW)) == 1_200
    assert await store.add(feeds, NOW) == []


async def test_a_due_feed_is_leased_to_one(store: Store, settings: Settings) -> None:
    await store.add([Feed(f"https://a.example/{n}") for n in range(20)], NOW)
    other = Store.connect(settings)
    taken = await asyncio.gather(*(s.lease_due(NOW, 7, MINUTE) for s in (store, other, store, other)))
    urls = [feed.url for feeds in taken for feed in feeds]
    assert len(urls) == len(set(urls))
    rest = await store.lease_due(NOW, 100, MINUTE)
    assert len(urls) + len(rest) == 20
    assert await other.lease_due(NOW, 100, MINUTE) == []
    assert len(await other.lease_due(NOW + 2 * MINUTE, 100, MINUTE)) == 20
    await other.aclose()


async def test_a_feed_is_not_due_before_its_time(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    assert await store.lease_due(NOW - MINUTE, 10, MINUTE) == []
    feed = await _leased(store)
    await store.record(replace(feed, state="well", next=NOW + 15 * MINUTE), [], NOW)
    assert await store.lease_due(NOW + 14 * MINUTE, 10, MINUTE) == []
    assert (await _leased(store, NOW + 15 * MINUTE)).state == "well"


async def test_what_was_leased_by_a_stranger_is_not_written(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    late = await _leased(store)
    again = await _leased(store, NOW + 2 * MINUTE)
    assert await store.record(late, [_article(1)], NOW) is None
    assert await store.outbox(10) == []
    assert await store.record(again, [_article(1)], NOW) == 1


@pytest.mark.parametrize("change", ["remove", "pause"])
async def test_a_feed_that_was_taken_away_meanwhile_writes_nothing(store: Store, change: str) -> None:
    await store.add([Feed(URL)], NOW)
    feed = await _leased(store)
    assert await getattr(store, change)(URL)
    assert await store.record(feed, [_article(1)], NOW) is None
    assert await store.outbox(10) == []


async def test_pause_and_resume(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    assert await store.pause(URL)
    assert await store.lease_due(NOW + 10 * MINUTE, 10, MINUTE) == []
    assert await store.resume(URL, NOW)
    assert (await _leased(store)).url == URL
    assert not await store.pause("https://unknown.example/")
    assert not await store.resume("https://unknown.example/", NOW)


async def test_only_news_goes_out_and_revisions_are_numbered(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    found = [[_article(2), _article(1)], [_article(3), _article(2), _article(1)], [_article(3, "edited"), _article(1)]]
    counts = []
    for number, articles in enumerate(found):
        feed = await _leased(store, NOW + number * MINUTE)
        counts.append(await store.record(replace(feed, next=NOW), articles, NOW))
    assert counts == [2, 1, 1]
    assert [(a.id, a.revision) for a in await _sent(store)] == [("ar_1", 1), ("ar_2", 1), ("ar_3", 1), ("ar_3", 2)]


async def test_an_article_that_never_stays_the_same_is_not_news_for_ever(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    for number in range(MAX_REVISIONS + 5):
        feed = await _leased(store)
        await store.record(replace(feed, next=NOW), [_article(1, f"clock {number}")], NOW)
    assert [a.revision for a in await _sent(store)] == list(range(1, MAX_REVISIONS + 1))


async def test_the_same_entry_of_two_feeds_is_new_in_both(store: Store) -> None:
    await store.add([Feed(URL), Feed("https://b.example/")], NOW)
    for feed in await store.lease_due(NOW, 10, MINUTE):
        assert await store.record(feed, [_article(1)], NOW) == 1


async def test_the_last_status_of_a_feed_goes_out(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    for reason in ("first", "second"):
        feed = await _leased(store)
        told = replace(feed, state="failing", reason=reason, failures=2, next=NOW, checked=NOW)
        await store.record(told, [], NOW)
    (message,) = await store.outbox(10)
    status = decode(message.value, FeedStatus)
    assert (message.topic, message.key) == (FEED_STATUS.name, URL)
    assert (status.state, status.reason, status.failures, status.next) == ("failing", "second", 2, NOW)


async def test_a_status_that_is_renewed_while_it_is_sent_is_not_lost(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    await store.record(replace(await _leased(store), reason="first", next=NOW), [], NOW)
    sending = await store.outbox(10)
    await store.record(replace(await _leased(store), reason="second", next=NOW), [], NOW)
    await store.acknowledge(sending)
    assert [decode(m.value, FeedStatus).reason for m in await store.outbox(10)] == ["second"]


async def test_acknowledged_messages_are_dropped_and_others_stay(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    await store.record(await _leased(store), [_article(n) for n in range(5)], NOW)
    first = await store.outbox(2)
    await store.acknowledge(first)
    rest = await store.outbox(100)
    assert len(rest) == 4
    assert not {m.id for m in first} & {m.id for m in rest}


async def test_a_broken_transaction_writes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the seen ids and the outbox: both or neither, so the next fetch finds the article new."""
    await store.add([Feed(URL)], NOW)
    feed = await _leased(store)

    def broken(_message: object) -> bytes:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(store_module, "encode", broken)
        with pytest.raises(RuntimeError):
            await store.record(feed, [_article(1)], NOW)
    assert await store.outbox(10) == []
    assert await store.record(feed, [_article(1)], NOW) == 1
    assert [a.id for a in await _sent(store)] == ["ar_1"]


async def test_entries_are_forgotten_only_when_their_feed_dropped_them_long_ago(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    await store.record(replace(await _leased(store), next=NOW), [_article(1), _article(2)], NOW)
    later = NOW + timedelta(days=50)
    await store.record(replace(await _leased(store, later), next=NOW), [_article(1)], later)
    assert await store.forget(NOW + timedelta(days=61)) == 1
    much_later = NOW + timedelta(days=62)
    assert await store.record(await _leased(store, much_later), [_article(1), _article(2)], much_later) == 1


async def test_leases_of_the_dead_are_freed_and_those_of_the_living_are_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.add([Feed(URL)], NOW)
    await _leased(store)
    await store.free_leases_of_the_dead()
    assert await store.lease_due(NOW, 10, MINUTE) == []
    monkeypatch.setattr(store_module, "_is_dead", lambda holder: holder == store_module.owner())
    await store.free_leases_of_the_dead()
    assert len(await store.lease_due(NOW, 10, MINUTE)) == 1


@pytest.mark.parametrize(
    ("holder", "dead"),
    [("elsewhere:1", False), ("nonsense", False), (":", False), ("here:99999999999999999999", False)],
)
def test_holders_of_leases_elsewhere_are_taken_to_live(holder: str, dead: bool) -> None:
    assert store_module._is_dead(holder) == dead


async def test_a_released_feed_is_due_at_once(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    await store.release(await _leased(store))
    assert (await _leased(store)).url == URL


async def test_all_fields_of_a_feed_survive(store: Store) -> None:
    await store.add([Feed(URL, folder="Asia/Korea")], NOW)
    leased = await _leased(store)
    wanted = replace(
        replace(leased, title="T", language="de", etag="e", modified="m", body_hash="h", reason="r"),
        state="well",
        failures=3,
        http_status=200,
        entries=9,
        **dict.fromkeys(("checked", "last_success", "last_article", "next"), NOW),
    )
    await store.record(wanted, [], NOW)
    assert await store.feeds() == [wanted]


def test_tables_are_as_declared_and_can_be_taken_back(tmp_path: Path) -> None:
    """Upgrade, compare with the declared tables, downgrade, upgrade."""
    from alembic import command
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext

    settings = Settings(data_dir=tmp_path)
    migrate(settings)
    synchronous = database.url(settings, "ingest")
    engine = sa.create_engine(synchronous.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "ingest_version"})
        assert compare_metadata(context, store_module.METADATA) == []
        config = Config()
        config.set_main_option("script_location", str(store_module.MIGRATIONS))
        config.attributes.update(connection=connection, version_table="ingest_version")
        command.downgrade(config, "base")
        assert not sa.inspect(connection).has_table("feeds")
        command.upgrade(config, "head")
        assert connection.execute(sa.select(sa.func.count()).select_from(OUTBOX)).scalar() == 0
    engine.dispose()


async def test_articles_travel_whole_through_the_outbox(store: Store) -> None:
    await store.add([Feed(URL)], NOW)
    article = msgspec.structs.replace(_article(1, "Ünïcödé 한국어 😀"), published=NOW, tags=("a",), authors=("b",))
    await store.record(await _leased(store), [article], NOW)
    assert await _sent(store) == [article]
