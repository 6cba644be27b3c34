"""When a feed is asked again."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest import schedule
from ingest.feeds import Failed, Feed, Fetched, NotModified

NOW = datetime(2023, 9, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RHYTHM = schedule.Rhythm(15 * MINUTE, MINUTE, timedelta(hours=24))


@pytest.mark.parametrize(
    ("asked", "chance", "minutes"),
    [
        (None, 0.5, 15),
        (None, 0.0, 13.5),
        (None, 1.0, 16.5),
        (60 * MINUTE, 0.5, 60),
        (1 * MINUTE, 0.5, 15),
        (timedelta(days=365), 0.5, 24 * 60),
    ],
)
def test_after_success(asked: timedelta | None, chance: float, minutes: float) -> None:
    assert schedule.after_success(NOW, RHYTHM, asked=asked, chance=chance) == NOW + minutes * MINUTE


@pytest.mark.parametrize(
    ("failures", "asked", "minutes"),
    [
        (1, None, 15),
        (2, None, 30),
        (3, None, 60),
        (7, None, 960),
        (8, None, 1440),
        (10_000, None, 1440),
        (1, 120 * MINUTE, 120),
        (3, MINUTE, 60),
        (1, timedelta(days=9), 1584),
    ],
)
def test_after_failures(failures: int, asked: timedelta | None, minutes: float) -> None:
    found = schedule.after_failure(NOW, RHYTHM, failures=failures, asked=asked, chance=0.5)
    assert found == NOW + minutes * MINUTE


def test_an_interval_below_the_bound_is_raised_to_it() -> None:
    fast = schedule.Rhythm(timedelta(seconds=1), MINUTE, timedelta(hours=24))
    assert schedule.after_success(NOW, fast, asked=None, chance=0.5) == NOW + MINUTE


def test_a_fetch_settles_the_state_of_its_feed() -> None:
    feed = Feed("https://a.example/", etag='"old"', failures=2, state="failing", reason="x")
    fetched = Fetched(b"x", "text/xml", feed.url, 200, etag='"new"', modified=None)
    well = schedule.settled(feed, fetched, NOW, RHYTHM, 0.5)
    assert (well.state, well.failures, well.reason, well.etag) == ("well", 0, None, '"new"')
    assert (well.last_success, well.next) == (NOW, NOW + 15 * MINUTE)
    same = schedule.settled(well, NotModified(), NOW + MINUTE, RHYTHM, 0.5)
    assert (same.state, same.etag, same.http_status) == ("well", '"new"', 304)
    failing = schedule.settled(well, Failed("broke", 500), NOW, RHYTHM, 0.5)
    assert (failing.state, failing.failures, failing.reason, failing.etag) == ("failing", 1, "broke", '"new"')
    assert (failing.next, failing.last_success) == (NOW + 15 * MINUTE, NOW)


def test_a_feed_that_is_gone_is_asked_no_more() -> None:
    gone = schedule.settled(Feed("https://a.example/"), Failed("gone", 410, gone=True), NOW, RHYTHM, 0.5)
    assert (gone.state, gone.next) == ("gone", None)
