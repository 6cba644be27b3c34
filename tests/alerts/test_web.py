"""The page, asked without a browser: what it shows, and that nothing it shows or lacks breaks it."""

import asyncio
import re
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from alerts.outbox import AlertRecord, DeliveryRecord
from alerts.settings import Settings
from alerts.web import words
from alerts.web.app import create_app, serve
from alerts.web.lag import Lag
from streams.broker import TopicState
from streams.errors import InfrastructureError, UsageError
from streams.messages import Alert, FeedState, FeedStatus, Matched, Span
from streams.service import Service
from tests.factories import an_alert, an_event
from tests.fakes import MemoryLedger

NOW = datetime(2023, 9, 5, 11, 4, 12, tzinfo=UTC)
NARROW = "\u202f"


def a_record(alert: Alert, minutes: float = 5, *deliveries: DeliveryRecord) -> AlertRecord:
    return AlertRecord(alert, NOW - timedelta(minutes=minutes), deliveries)


def a_delivery(**values: object) -> DeliveryRecord:
    usual: dict[str, object] = {
        "id": "msg_1", "alert_id": "al_1", "channel": "desk-webhook", "state": "delivered", "attempts": 1, "created": NOW,
        "next_attempt": None, "answered": NOW, "answer": "200 OK", "status": 200, "seconds": 0.178,
    }  # fmt: skip
    return DeliveryRecord(**(usual | values))  # type: ignore[arg-type]


def a_feed(feed: str = "https://morgenblatt.example/rss", state: FeedState = "well", **values: object) -> FeedStatus:
    return FeedStatus(feed=feed, state=state, checked=NOW, **values)  # type: ignore[arg-type]


async def topics() -> Sequence[TopicState]:
    return [
        TopicState("articles", 8, 88_214, {"detect": 3}, NOW - timedelta(seconds=72)),
        TopicState("dead-letters", 1, 7, {}, None),
    ]


async def ask(ledger: MemoryLedger, path: str = "/", host: str = "127.0.0.1:8080", **options: object) -> httpx.Response:
    measure = options.pop("measure", topics)
    settings = Settings.model_validate(options)
    app = create_app(settings, ledger, measure, lambda: NOW)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        return await client.get(path, headers={"host": host})


def text_of(page: str) -> str:
    """The words of a page without its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())


async def test_an_alert_is_told_quoted_and_linked() -> None:
    page = (await ask(MemoryLedger([a_record(an_alert(), 5, a_delivery())]))).text
    assert '<a href="/alerts/al_1" dir="auto">Kim Jong-un and Vladimir Putin plan to meet</a>' in page
    assert '<abbr class="tag" title="North Korea">KP</abbr> <abbr class="tag" title="Russia">RU</abbr>' in page
    assert 'class="chip planned"' in page
    assert 'aria-label="High severity"' in page
    assert '<q lang="de" dir="ltr">Kim Jong-un will noch im September Putin in Russland <mark>' in page
    assert 'href="https://morgenblatt.example/kim?id=1&amp;ref=rss" rel="noreferrer noopener"' in page
    assert "Leaders meet · Morgenblatt · delivered" in text_of(page)


async def test_the_page_of_an_alert_says_why_and_where_to() -> None:
    waiting = a_delivery(
        channel="archive",
        state="waiting",
        attempts=4,
        answer="503 Service Unavailable",
        next_attempt=NOW + timedelta(minutes=22),
    )
    answer = await ask(MemoryLedger([a_record(an_alert(), 5, waiting)]), "/alerts/al_1")
    assert answer.status_code == 200
    assert '<span class="trigger">treffen</span>' in answer.text
    told = text_of(answer.text)
    assert "event:leader_meeting treffen" in told
    assert "1.2 s after it was published" in told
    assert "archive 503 Service Unavailable 11:26" in told
    assert 'aria-label="waiting, 4 attempts"' in answer.text
    assert answer.text.count('class="failed"') == 4


async def test_an_alert_that_is_not_there_is_404() -> None:
    answer = await ask(MemoryLedger(), "/alerts/al_9")
    assert (answer.status_code, "There is no such alert" in answer.text) == (404, True)


async def test_a_page_that_is_not_there_is_404_in_the_frame() -> None:
    answer = await ask(MemoryLedger(), "/nowhere")
    assert (answer.status_code, "There is no such page" in answer.text) == (404, True)


async def test_an_empty_page_says_what_to_do() -> None:
    assert "No feed is read yet. Add one with tocsin feeds add URL" in text_of((await ask(MemoryLedger())).text)
    page = (await ask(MemoryLedger(feeds=[a_feed()]))).text
    assert "1 feed is read. An alert stands here as soon as an article meets a rule." in text_of(page)


async def test_feeds_that_need_a_person_come_first_with_their_reason_and_next_try() -> None:
    feeds = [
        a_feed(title="Well", last_success=NOW - timedelta(minutes=1), last_article=NOW - timedelta(seconds=90)),
        a_feed(
            "https://lequai.example/rss",
            "failing",
            title="Le Quai",
            reason="403 Forbidden; asked again later",
            failures=5,
            next=NOW + timedelta(hours=2),
        ),
    ]
    page = (await ask(MemoryLedger(feeds=feeds))).text
    told = text_of(page)
    assert told.index("Le Quai") < told.index("Well")
    assert "failing, 5 times 403 Forbidden; asked again later 0 never 13:04" in told
    assert "1 of 2 need attention" in told
    assert f"<strong>1.5{NARROW}min</strong> ago" in page


async def test_topics_show_messages_and_lag() -> None:
    page = (await ask(MemoryLedger())).text
    assert "articles 88,214 detect 3" in text_of(page)
    assert f'<span class="verylate">1.2{NARROW}min</span>' in page
    assert '<span class="count bad">7' in page


async def away() -> Sequence[TopicState]:
    raise InfrastructureError("Kafka at 127.0.0.1:9092 does not answer")


async def test_a_broker_that_is_away_is_a_note_and_no_error() -> None:
    answer = await ask(MemoryLedger([a_record(an_alert())]), measure=away)
    assert answer.status_code == 200
    assert "The broker cannot be reached: Kafka at 127.0.0.1:9092 does not answer" in text_of(answer.text)
    assert "Kim Jong-un and Vladimir Putin plan to meet" in answer.text


async def test_a_database_that_is_away_is_told_and_the_rest_stands() -> None:
    answer = await ask(MemoryLedger(away=True))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "The database does not answer, so alerts, feeds and deliveries cannot be shown." in text_of(answer.text)
    assert "articles 88,214" in text_of(answer.text)
    assert (await ask(MemoryLedger(away=True), "/alerts/al_1")).status_code == 503


async def test_older_alerts_are_a_link_away() -> None:
    ledger = MemoryLedger([a_record(an_alert(id=f"al_{n}"), n) for n in range(120)])
    seen: list[str] = []
    path = "/"
    for _ in range(3):
        page = (await ask(ledger, path)).text
        seen += re.findall(r'<article class="row" id="(al_\d+)"', page)
        older = re.search(r'<a href="(/\?before=[^"]+)">Older', page)
        path = older[1] if older else ""
    assert seen == [f"al_{n}" for n in range(120)]
    assert path == ""


@pytest.mark.parametrize("before", ["nonsense", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "%00"])
async def test_a_paging_parameter_that_is_none_shows_a_page(before: str) -> None:
    assert (await ask(MemoryLedger([a_record(an_alert())]), f"/?before={before}")).status_code == 200


async def test_nothing_is_loaded_from_elsewhere_and_nothing_runs() -> None:
    answer = await ask(MemoryLedger([a_record(an_alert(), 5, a_delivery())], [a_feed()]))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert not re.search(r'\s(style|on\w+)="', answer.text)
    loaded = re.findall(r'<(?:link|img|script|iframe)[^>]*(?:href|src)="([^"]+)"', answer.text)
    assert loaded
    assert all(url.startswith("/static/") for url in loaded)
    css = await ask(MemoryLedger(), loaded[0])
    assert css.headers["cache-control"].startswith("public, max-age=")
    assert "url(" not in css.text
    assert "@import" not in css.text


HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\u202e\0\ud800{{ 7*7 }}'


async def test_hostile_text_stays_text() -> None:
    span = Span(field="text", start=0, end=len(HOSTILE), text=HOSTILE)
    alert = an_alert(
        id="al_1",
        title=HOSTILE,
        rule_name=HOSTILE,
        source_title=HOSTILE,
        language='"><script>',
        url="javascript:alert(1)",
        matched=(Matched(field="title", start=0, end=8, text=HOSTILE, clause=HOSTILE),),
        events=(an_event(type=HOSTILE, evidence=span, trigger=span),),
    )
    delivery = a_delivery(channel=HOSTILE, answer=HOSTILE, state="failed")
    feed = a_feed("data:text/html,<script>", "failing", title=HOSTILE, reason=HOSTILE)
    ledger = MemoryLedger([a_record(alert, 5, delivery)], [feed])
    for path in ("/", "/alerts/al_1"):
        page = (await ask(ledger, path)).text
        assert "<script" not in page
        assert "<img" not in page
        assert "49" not in text_of(page).replace("&#49", "")
        assert not re.search(r'href="(javascript|data):', page)


@pytest.mark.parametrize(
    ("host", "options", "status"),
    [
        ("127.0.0.1:8080", {}, 200),
        ("localhost", {}, 200),
        ("[::1]:8080", {}, 200),
        ("evil.example", {}, 421),
        ("127.0.0.1.evil.example", {}, 421),
        ("desk.example", {"web": {"base_url": "https://desk.example/"}}, 200),
        ("anything.example", {"web": {"host": "0.0.0.0"}}, 200),
    ],
)
async def test_other_names_for_this_machine_are_refused(host: str, options: dict[str, object], status: int) -> None:
    assert (await ask(MemoryLedger(), host=host, **options)).status_code == status


async def test_the_broker_is_measured_once_for_many_pages_and_never_waited_for_long() -> None:
    calls, release = 0, asyncio.Event()

    async def slow() -> Sequence[TopicState]:
        nonlocal calls
        calls += 1
        await release.wait()
        return await topics()

    now = NOW
    lag = Lag(slow, lambda: now, patience=0.05)
    first = await asyncio.gather(*(lag.read() for _ in range(5)))
    assert [one.trouble for one in first] == ["The broker has not answered yet."] * 5
    release.set()
    assert [state.topic for state in (await lag.read()).topics] == ["articles", "dead-letters"]
    assert calls == 1
    now += timedelta(seconds=4)
    await lag.read()
    assert calls == 2


async def test_while_the_broker_is_away_the_last_values_stay_with_their_time() -> None:
    now, well = NOW, True

    async def measure() -> Sequence[TopicState]:
        return await (topics() if well else away())

    lag = Lag(measure, lambda: now)
    await lag.read()
    now, well = NOW + timedelta(seconds=10), False
    stale = await lag.read()
    assert (len(stale.topics), stale.at) == (2, NOW)
    assert "cannot be reached" in (stale.trouble or "")


async def test_the_process_serves_until_it_is_stopped(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings.model_validate({"data_dir": tmp_path, "web": {"port": port}})
    service = Service("web", settings)
    serving = asyncio.create_task(serve(service, settings, MemoryLedger([a_record(an_alert())])))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for _ in range(600):
            try:
                answer = await client.get("/")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        assert "Kim Jong-un" in answer.text
        assert "server" not in answer.headers
        with pytest.raises(UsageError, match=f"web.port: port {port} on 127.0.0.1 is in use"):
            await serve(Service("web", settings), settings, MemoryLedger())
    service.stopping.set()
    await asyncio.wait_for(serving, 30)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (0.02, "< 0.1 s"),
        (0.4, "0.4 s"),
        (58.2, "58 s"),
        (84, "1.4 min"),
        (3599, "60 min"),
        (43_200, "12 h"),
        (518_400, "6 d"),
    ],
)
def test_ages(seconds: float, expected: str) -> None:
    assert words.age(seconds).replace(NARROW, " ") == expected


@pytest.mark.parametrize(
    ("moment", "clock", "past", "day"),
    [
        ("2023-09-05T10:58:03+00:00", "10:58", "10:58", "Last hour"),
        ("2023-09-05T09:58:03+00:00", "09:58", "09:58", "Today"),
        ("2023-09-05T12:58:03+05:00", "07:58", "07:58", "Today"),
        ("2023-09-04T21:40:00+00:00", "4 Sep", "4 Sep 21:40", "Yesterday"),
        ("2023-08-04T21:40:00+00:00", "4 Aug", "4 Aug 21:40", "4 Aug"),
        ("2022-09-04T21:40:00+00:00", "4 Sep 2022", "4 Sep 2022 21:40", "4 Sep 2022"),
    ],
)
def test_times(moment: str, clock: str, past: str, day: str) -> None:
    at = datetime.fromisoformat(moment)
    assert (words.clock(at, NOW), words.past(at, NOW), words.day(at, NOW)) == (clock, past, day)
