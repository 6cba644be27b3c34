"""The page in a real Chromium: both sizes, both themes, hostile text; nothing overflows, nothing runs."""

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, Request, async_playwright

from alerts.outbox import AlertRecord, DeliveryRecord
from alerts.settings import Settings
from alerts.web.app import serve
from streams.broker import TopicState
from streams.messages import Alert, FeedState, FeedStatus, Filler, Matched, Span
from streams.service import Service
from tests.factories import an_alert, an_event
from tests.fakes import MemoryLedger

pytestmark = pytest.mark.browser

SIZES = ((1440, 900), (390, 844), (320, 640))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

HOSTILE = (
    '<script>document.title="taken"</script><img src=x onerror="document.title=1">\u202e\u2066 javascript:alert(1) \0'
)
LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 240
ARABIC = "إيران تنفي تزويد روسيا بطائرات مسيّرة في الحرب على أوكرانيا وتصف التقارير بأنها مزاعم لا أساس لها " * 4


def executable() -> str:
    """A Chromium of this machine; without one the tests are skipped, but never in continuous integration."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"none of {', '.join(names)} is installed, and in continuous integration the page must be tried")
    if found is None:
        pytest.skip(f"none of {', '.join(names)} is installed")
    return found


def told(text: str, number: int, language: str) -> AlertRecord:
    """An alert made of one text everywhere."""
    now = datetime.now(UTC)
    span = Span(field="text", start=0, end=len(text), text=text)
    trigger = Span(field="text", start=3, end=9, text=text[3:9])
    event = an_event(
        roles={"participant": (Filler(name=text, country="KP"), Filler(name="Putin", country="RU"))},
        trigger=trigger,
        evidence=span,
    )
    alert: Alert = an_alert(
        id=f"al_{number}",
        title=text,
        rule_name=text,
        source_title=text,
        language=language,
        url="javascript:alert(1)" if number == 1 else "https://morgenblatt.example/" + "a" * 1500,
        events=(event, an_event()),
        matched=(Matched(field="title", start=0, end=5, text=text[:5], clause=text),),
    )
    delivery = DeliveryRecord(
        f"msg_{number}", alert.id, text, "waiting", 12, now, now + timedelta(hours=1), now, text[:500], 503, 0.2
    )
    return AlertRecord(alert, now - timedelta(minutes=number), (delivery,))


def a_feed(text: str, state: FeedState) -> FeedStatus:
    return FeedStatus(
        feed="https://example.org/" + "x" * 300, state=state, checked=datetime.now(UTC), title=text, reason=text
    )


async def measure(_settings: Settings) -> Sequence[TopicState]:
    return [TopicState("articles", 8, 88_214, {"detect": 3, "a-group-with-a-rather-long-name": 1}, datetime.now(UTC))]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = executable()
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        await opened.close()


@contextlib.asynccontextmanager
async def served(ledger: MemoryLedger, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The page's real process, over a ledger in memory; its address."""
    monkeypatch.setattr("streams.broker.measure", measure)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings.model_validate({"web": {"port": port}})
    service = Service("web", settings)
    serving = asyncio.create_task(serve(service, settings, ledger))
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        service.stopping.set()
        await asyncio.wait_for(serving, 30)


def failure(request: Request) -> list[str]:
    """Why a request failed; one that ended since its page was left did not."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}: {request.failure}"]


def listen(page: Page, complaints: list[str]) -> None:
    """Note what a page must not do."""
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("requestfailed", lambda request: complaints.extend(failure(request)))
    page.on(
        "request",
        lambda request: None if "127.0.0.1" in request.url else complaints.append(f"asked elsewhere: {request.url}"),
    )


OVERFLOWING = """() => [...document.querySelectorAll('main *, nav *')]
    .filter(e => e.getClientRects().length && !e.closest('.hidden') && !e.closest('svg'))
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
    .map(e => e.tagName + '.' + e.className)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_both_pages_at_all_sizes_with_hostile_and_endless_text(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    records = [
        told(HOSTILE, 1, "en"),
        told(LONG, 2, "de"),
        told(ARABIC, 3, "ar"),
        told("\u202e" * 500 + "你好世界" * 99, 4, "zh"),
    ]
    states: tuple[FeedState, ...] = ("well", "failing", "gone", "paused", "new")
    ledger = MemoryLedger(records, [a_feed(text, state) for state in states for text in (HOSTILE, LONG, ARABIC)])
    complaints: list[str] = []
    async with served(ledger, monkeypatch) as address:
        for width, height in SIZES:
            context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            page = await context.new_page()
            listen(page, complaints)
            for path in ("/", *(f"/alerts/{record.alert.id}" for record in records)):
                await page.goto(address + path)
                where = f"{path} at {width}"
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, where
                assert await page.evaluate(OVERFLOWING) == [], where
                assert (await page.title()).endswith(", tocsin"), where
            await context.close()
    assert complaints == []


async def test_the_text_of_a_page_is_what_came(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(MemoryLedger([told(HOSTILE, 1, "en"), told(ARABIC, 3, "ar")]), monkeypatch) as address:
        page = await browser.new_page()
        await page.goto(address)
        first, second = await page.locator("article.row").all()
        assert '<script>document.title="taken"</script>' in await first.inner_text()
        assert await first.locator("a").count() == 1  # its javascript: link is none
        assert await second.locator("q").get_attribute("dir") == "rtl"
        assert (await second.locator("mark").inner_text()).split("\n")[1:2] == [ARABIC[3:9]]
        await first.get_by_role("link").click()
        assert page.url == f"{address}/alerts/al_1"
        assert '<img src=x onerror="document.title=1">' in await page.locator("blockquote").first.inner_text()


async def test_the_themes_follow_the_system_and_certainty_is_line(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    statuses = ("occurred", "planned", "possible", "denied", "background")
    records = [AlertRecord(an_alert(id=f"al_{s}", events=(an_event(status=s),)), now, ()) for s in statuses]
    style = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    async with served(MemoryLedger(records), monkeypatch) as address:
        for scheme, ground, ink in (
            ("light", "rgb(255, 255, 255)", "rgb(35, 40, 46)"),
            ("dark", "rgb(16, 18, 20)", "rgb(226, 229, 233)"),
        ):
            context = await browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
            page = await context.new_page()
            await page.goto(address)
            assert await page.evaluate(style, ["body", "backgroundColor"]) == ground
            assert await page.evaluate(style, [".chip.occurred", "backgroundColor"]) == ink
            assert await page.evaluate(style, [".chip.planned", "backgroundColor"]) == "rgba(0, 0, 0, 0)"
            assert await page.evaluate(style, [".chip.planned", "borderTopStyle"]) == "solid"
            assert await page.evaluate(style, [".chip.possible", "borderTopStyle"]) == "dashed"
            assert await page.locator(".chip.denied use").get_attribute("href") == "#struck"
            await context.close()


async def test_everything_is_reached_by_keyboard(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(MemoryLedger([AlertRecord(an_alert(), datetime.now(UTC), ())]), monkeypatch) as address:
        page = await browser.new_page()
        await page.goto(address)
        reached: list[str] = []
        for _ in range(9):
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate("document.activeElement.innerText.trim().split('\\n').pop()"))
        assert reached == [
            "Skip to the content", "tocsin", "Alerts", "Feeds", "Topics", "Deliveries", "Reload",
            "Kim Jong-un and Vladimir Putin plan to meet", "Morgenblatt",
        ]  # fmt: skip
