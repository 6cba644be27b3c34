"""`tocsin parse`: feeds from files, URLs and standard input → articles as JSON lines, or a line of report each."""

import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ingest import fetch
from ingest.feeds import Failed, Feed, Fetched
from ingest.parser_process import Job, Parsed, Parser
from ingest.settings import Settings
from streams.errors import TocsinError
from streams.outbound import Outbound
from streams.pipes import STANDARD, Pipe


class Report(msgspec.Struct, frozen=True):
    """What `--report` says of a feed: `entries` counts what it holds, also entries that make no article."""

    feed: str
    format: str | None
    title: str | None
    language: str | None
    encoding: str | None
    entries: int
    complaint: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a feed, where they came from, and what HTTP said of them."""

    data: bytes
    url: str = ""
    content_type: str = ""


async def run(names: Sequence[str], settings: Settings, *, url: str, report: bool) -> int:
    """Parse each input in order; the exit status. An input that kills the parser is one error line."""
    pipe = Pipe()
    number = 0
    async for name, parsed in parse_all(names, settings, url):
        number += 1
        if report:
            pipe.failed += parsed.error is not None
            pipe.output.write(msgspec.json.encode(_report(name, parsed)) + b"\n")
            pipe.output.flush()
        elif parsed.error is not None:
            pipe.failed += 1
            pipe.errors.write(msgspec.json.encode({"error": parsed.error, "line": number, "feed": name}) + b"\n")
            pipe.errors.flush()
        else:
            for article in parsed.articles:
                pipe.write(article)
    return pipe.status


async def parse_all(names: Sequence[str], settings: Settings, url: str) -> AsyncIterator[tuple[str, Parsed]]:
    """Each input with what it holds; what cannot be read has `error` set, as a sentence."""
    limits = settings.ingest
    outbound = Outbound(settings.outbound.allow, user_agent=limits.user_agent)
    parser = Parser(seconds=limits.parse_timeout.total_seconds(), memory_mb=limits.parse_memory_mb)
    try:
        for name in names or (STANDARD,):
            try:
                body = await _body(name, outbound, settings, url)
                source, now = url or name, datetime.now(UTC)
                job = Job(body.data, source, body.url, body.content_type, now, limits.max_body_bytes)
                yield name, await parser.parse(job)
            except OSError as error:
                yield name, Parsed(error=f"cannot be read ({error.strerror})")
            except TocsinError as error:
                yield name, Parsed(error=str(error))
    finally:
        await parser.aclose()
        await outbound.aclose()


async def _body(name: str, outbound: Outbound, settings: Settings, url: str) -> Body:
    limit = settings.ingest.max_body_bytes
    if name.startswith(("http://", "https://")):
        outcome = await fetch.fetch(Feed(url=name), outbound, settings.ingest, datetime.now(UTC))
        if isinstance(outcome, Fetched):
            return Body(outcome.body, url or outcome.url, outcome.content_type)
        raise TocsinError(outcome.reason if isinstance(outcome, Failed) else "the feed has not changed")
    data = sys.stdin.buffer.read(limit + 1) if name == STANDARD else _file(Path(name), limit + 1)
    if len(data) > limit:
        raise TocsinError(f"is larger than {limit:,} bytes (ingest.max_body_bytes)")
    return Body(data, url)


def _file(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit)


def _report(name: str, parsed: Parsed) -> Report:
    return Report(
        feed=name,
        format=parsed.format,
        title=parsed.title,
        language=parsed.language,
        encoding=parsed.encoding,
        entries=parsed.entries,
        complaint=parsed.complaint,
        error=parsed.error,
    )
