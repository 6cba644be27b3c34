"""One polite conditional GET of a feed: Fetched, NotModified, or Failed with one sentence."""

from datetime import UTC, datetime, timedelta

from ingest import dates
from ingest.feeds import Failed, Feed, Fetched, NotModified
from ingest.settings import Ingest
from streams.errors import TocsinError
from streams.outbound import Outbound, Request, Response

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
PERMANENT = frozenset((301, 308))
REASONS = {
    401: "asks for a name and a password",
    403: "forbids access",
    404: "is not there",
    410: "is gone for good; it is not asked again until it is resumed",
    429: "says that it is asked too often",
    500: "has an internal error",
    502: "does not get an answer from the server behind it",
    503: "is not available now",
    504: "does not get an answer in time from the server behind it",
}
MAX_VALIDATOR = 1_000


async def fetch(feed: Feed, outbound: Outbound, settings: Ingest, now: datetime) -> Fetched | NotModified | Failed:
    """Ask a feed whether it has changed. What goes wrong is a Failed, never an exception of the network."""
    headers = {"Accept": ACCEPT}
    if feed.etag:
        headers["If-None-Match"] = feed.etag
    if feed.modified:
        headers["If-Modified-Since"] = feed.modified
    request = Request(
        feed.url,
        headers=headers,
        deadline=settings.timeout.total_seconds(),
        max_bytes=settings.max_body_bytes,
    )
    try:
        response = await outbound.send(request)
    except TocsinError as error:
        return Failed(str(error))
    return outcome(response, now)


def outcome(response: Response, now: datetime) -> Fetched | NotModified | Failed:
    """What an answer means for a feed."""
    after = retry_after(response.headers.get("retry-after"), now)
    if response.status == 304:
        return NotModified(after=after)
    if response.status != 200:
        what = REASONS.get(response.status, "answers with an error")
        return Failed(f"the feed {what} (HTTP {response.status})", response.status, response.status == 410, after)
    moved = response.url if response.redirects and all(hop[0] in PERMANENT for hop in response.redirects) else None
    return Fetched(
        body=response.body,
        content_type=response.headers.get("content-type", ""),
        url=response.url,
        status=response.status,
        etag=_validator(response.headers.get("etag")),
        modified=_validator(response.headers.get("last-modified")),
        moved=moved,
        after=after,
    )


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for, in seconds or as a date (RFC 9110, 10.2.3); None for none."""
    if not value:
        return None
    if value.strip().isdecimal():
        return timedelta(seconds=min(int(value.strip()[:9]), 10**8))
    moment = dates.parse(value)
    return max(moment - now.astimezone(UTC), timedelta()) if moment else None


def _validator(value: str | None) -> str | None:
    """A validator to send back as it came, unless it is absurd."""
    return value if value and len(value) <= MAX_VALIDATOR and value.isprintable() else None
