"""The sample newsroom of `tocsin up --samples`: feeds on loopback whose made-up articles appear one after the other.

What is published, and when, is kept under `data_dir`, so that a later start goes on where the last one ended.
"""

import contextlib
import hashlib
import json
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

from streams.errors import UsageError

HOST = "127.0.0.1"
TITLE = "Sample newsroom"
ENTRIES = 30
"""Entries that a feed holds, the newest first."""

REMEMBERED = 400
"""Published articles whose time is kept: more than all feeds together hold."""

FOLDER = Path(__file__).parent / "samples"

NOTE = "This article was made up. It belongs to the sample newsroom of tocsin."


@dataclass(frozen=True, slots=True)
class Sample:
    """An article of the newsroom. `events` is what a careful reader finds in it, as `type/status`."""

    id: str
    language: str
    title: str
    text: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """A sample article that has appeared, and when."""

    sample: Sample
    time: datetime


def read_samples(folder: Path = FOLDER) -> tuple[Sample, ...]:
    """The articles that were written for the newsroom, in the order of publishing."""
    entries = tomllib.loads((folder / "articles.toml").read_text(encoding="utf-8"))["article"]
    return tuple(
        Sample(entry["id"], entry["language"], entry["title"], entry["text"].strip(), tuple(entry["events"]))
        for entry in entries
    )


@dataclass(frozen=True, slots=True)
class Variations:
    """Sentences with gaps, and the names that fill them, by language: news without end, none twice the same way."""

    languages: Mapping[str, Mapping[str, Sequence[str]]]

    @classmethod
    def read(cls, folder: Path = FOLDER) -> "Variations":
        """The table in the folder."""
        return cls(tomllib.loads((folder / "variations.toml").read_text(encoding="utf-8")))

    def make(self, number: int) -> Sample:
        """The article with this number: always the same one."""
        language = sorted(self.languages)[number % len(self.languages)]
        table = self.languages[language]
        dice = hashlib.sha256(f"variation {number}".encode()).digest()
        leaders = table["leaders"]
        first = dice[0] % len(leaders)
        second = (first + 1 + dice[1] % (len(leaders) - 1)) % len(leaders)
        template = table["templates"][dice[2] % len(table["templates"])]
        title, _, text = template.format(
            a=leaders[first], b=leaders[second], place=table["places"][dice[3] % len(table["places"])]
        ).partition(" | ")
        return Sample(f"variation-{number}", language, title, text)


class Newsroom:
    """What has appeared so far; the next article is published by `publish`. Used from several threads."""

    def __init__(self, samples: Sequence[Sample], variations: Variations, memory: Path) -> None:
        self._samples = samples
        self._variations = variations
        self._memory = memory
        self._lock = threading.Lock()
        self._next, self._times = self._recall()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a feed each."""
        return tuple(dict.fromkeys(sample.language for sample in self._samples))

    @property
    def untouched(self) -> bool:
        """Whether nothing has been published yet."""
        return self._next == 0

    @property
    def written_left(self) -> int:
        """Written articles still to come; after them come variations."""
        return max(0, len(self._samples) - self._next)

    def publish(self, now: datetime) -> Sample:
        """Let the next article appear."""
        with self._lock:
            sample = self._at(self._next)
            self._next += 1
            self._times[sample.id] = now.replace(microsecond=0)
            for forgotten in list(self._times)[:-REMEMBERED]:
                del self._times[forgotten]
            self._remember()
            return sample

    def feed(self, language: str) -> list[Published]:
        """The newest articles of a language, the newest first."""
        return list(islice((article for article in self._newest() if article.sample.language == language), ENTRIES))

    def find(self, sample_id: str) -> Published | None:
        """A published article by its id."""
        return next((article for article in self._newest() if article.sample.id == sample_id), None)

    def _newest(self) -> Iterator[Published]:
        with self._lock:
            last, times = self._next, dict(self._times)
        for index in range(last - 1, max(-1, last - 1 - REMEMBERED), -1):
            sample = self._at(index)
            if sample.id in times:
                yield Published(sample, times[sample.id])

    def _at(self, index: int) -> Sample:
        written = len(self._samples)
        return self._samples[index] if index < written else self._variations.make(index - written)

    def _recall(self) -> tuple[int, dict[str, datetime]]:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            kept = json.loads(self._memory.read_text(encoding="utf-8"))
            return int(kept["next"]), {key: datetime.fromisoformat(time) for key, time in kept["times"].items()}
        return 0, {}

    def _remember(self) -> None:
        kept = {"next": self._next, "times": {key: time.isoformat() for key, time in self._times.items()}}
        beside = self._memory.with_suffix(".new")
        beside.write_text(json.dumps(kept), encoding="utf-8")
        beside.replace(self._memory)


def render_feed(language: str, articles: Sequence[Published], base: str) -> bytes:
    """A feed as RSS 2.0."""
    items = "".join(_render_item(article, base) for article in articles)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{TITLE} ({language})</title><link>{base}/</link><language>{language}</language>"
        f"<description>{NOTE}</description>{items}</channel></rss>\n"
    ).encode()


def _render_item(article: Published, base: str) -> str:
    sample = article.sample
    return (
        f'<item><guid isPermaLink="false">{sample.id}</guid><link>{base}/articles/{sample.id}</link>'
        f"<title>{escape(sample.title)}</title><pubDate>{format_datetime(article.time.astimezone(UTC))}</pubDate>"
        f"<category>sample</category><content:encoded>{escape(_render_paragraphs(sample.text))}</content:encoded></item>"
    )


def render_page(article: Published) -> bytes:
    """An article as a page."""
    sample = article.sample
    direction = "rtl" if sample.language == "ar" else "ltr"
    return (
        f'<!doctype html><html lang="{sample.language}" dir="{direction}"><meta charset="utf-8">'
        f"<title>{escape(sample.title)}</title><h1>{escape(sample.title)}</h1>"
        f'<p lang="en" dir="ltr"><em>{NOTE}</em></p>{_render_paragraphs(sample.text)}</html>'
    ).encode()


def _render_paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in text.split("\n\n"))


@contextlib.contextmanager
def serving(newsroom: Newsroom, port: int) -> Iterator[str]:
    """Serve the feeds and articles on loopback while the context lasts; gives the base address."""
    handler = type("NewsroomHandler", (_Handler,), {"newsroom": newsroom, "base": f"http://{HOST}:{port}"})
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise UsageError(
            f"samples: port {port} is in use ({error.strerror}), and the addresses of the sample articles name it; "
            "stop what uses it, or begin anew with another --data-dir"
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="newsroom", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """GET /feeds/LANGUAGE.xml, with conditional requests, and /articles/ID."""

    newsroom: Newsroom
    base: str
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        folder, _, name = self.path.partition("?")[0].strip("/").partition("/")
        if folder == "feeds" and name.removesuffix(".xml") in self.newsroom.languages:
            language = name.removesuffix(".xml")
            body = render_feed(language, self.newsroom.feed(language), self.base)
            self._answer(200, body, "application/rss+xml; charset=utf-8")
        elif folder == "articles" and (article := self.newsroom.find(name)) is not None:
            self._answer(200, render_page(article), "text/html; charset=utf-8")
        else:
            self._answer(404, b"ask for /feeds/en.xml or for an article that a feed names", "text/plain")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if status == 200 and self.headers.get("If-None-Match") == tag:
            status, body = 304, b""
        self.send_response(status)
        self.send_header("ETag", tag)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the signature of http.server
        """Stay silent: ingest says what it fetches."""
