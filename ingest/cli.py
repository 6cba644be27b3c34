"""Commands of ingest: `serve ingest`, `parse`, and `feeds …`."""

import asyncio
import json
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ingest.feeds import Feed
    from ingest.settings import Settings
    from ingest.store import Store

R = TypeVar("R")
Urls = Annotated[list[str], typer.Argument(metavar="URL…", help="The feeds' addresses.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def register(app: typer.Typer, serve: typer.Typer) -> None:
    """Add the commands of this package."""
    feeds = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    feeds.command("add")(_add)
    feeds.command("remove")(_remove)
    feeds.command("pause")(_pause)
    feeds.command("resume")(_resume)
    feeds.command("list")(_list)
    feeds.command("import")(_import)
    feeds.command("export")(_export)
    app.add_typer(feeds, name="feeds", help="The feeds that are read.")
    app.command("parse")(_parse)
    serve.command("ingest")(_serve)


def _serve(
    ctx: typer.Context,
    health_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port for health and metrics; 0 takes a free one.")
    ] = None,
) -> None:
    """Fetch feeds and publish their articles, until told to stop.

    \b
    Example:
      tocsin serve ingest --health-port 0
    """
    from ingest import process

    settings: Settings = ctx.obj
    raise typer.Exit(process.run(settings, settings.health.ports.ingest if health_port is None else health_port))


def _parse(
    ctx: typer.Context,
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|URL|-]…", help="Feeds; - or nothing is standard input.")
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="One line about each feed instead of its articles.")] = False,
    url: Annotated[
        str, typer.Option(help="Where the feed came from: ids and relative links are as if it were fetched there.")
    ] = "",
) -> None:
    """Turn feeds into articles, one JSON line each.

    It needs neither Kafka nor a database. An input that cannot be read is a line of JSON on standard error.

    \b
    Examples:
      tocsin parse feed.xml | tocsin detect
      tocsin parse --report feeds/*.xml
    """
    from ingest import reading
    from streams.pipes import quiet_when_cut

    with quiet_when_cut():
        raise typer.Exit(asyncio.run(reading.run(inputs or [], ctx.obj, url=url, report=report)))


def _with_store(settings: "Settings", work: "Callable[[Store], Awaitable[R]]") -> R:
    """Do something with the store, whose tables are brought up to date first."""
    from ingest import store

    store.migrate(settings)

    async def run() -> R:
        opened = store.Store.connect(settings)
        try:
            return await work(opened)
        finally:
            await opened.aclose()

    coroutine: Coroutine[Any, Any, R] = run()
    return asyncio.run(coroutine)


def _add(
    ctx: typer.Context,
    urls: Urls,
    folder: Annotated[str, typer.Option(help="A folder to put them in; a/b lies in a.")] = "",
    as_json: AsJson = False,
) -> None:
    """Subscribe to feeds; they are fetched within seconds while ingest runs.

    \b
    Example:
      tocsin feeds add https://www.example.org/feed.xml --folder Asia
    """
    from datetime import UTC, datetime

    from ingest.feeds import Feed
    from streams.errors import PermanentError, UsageError
    from streams.outbound import check_url

    for url in urls:
        try:
            check_url(url)
        except PermanentError as error:
            raise UsageError(f"feeds add: {error}") from error
    feeds = [Feed(url=url.strip(), folder=folder) for url in urls]
    new = set(_with_store(ctx.obj, lambda store: store.add(feeds, datetime.now(UTC))))
    for feed in feeds:
        _tell(feed.url, "added" if feed.url in new else "known", as_json=as_json)


def _remove(ctx: typer.Context, urls: Urls, as_json: AsJson = False) -> None:
    """Unsubscribe from feeds.

    \b
    Example:
      tocsin feeds remove https://www.example.org/feed.xml
    """
    _each(ctx, urls, "removed", lambda store, url: store.remove(url), as_json=as_json)


def _pause(ctx: typer.Context, urls: Urls, as_json: AsJson = False) -> None:
    """Ask feeds no more until they are resumed.

    \b
    Example:
      tocsin feeds pause https://www.example.org/feed.xml
    """
    _each(ctx, urls, "paused", lambda store, url: store.pause(url), as_json=as_json)


def _resume(ctx: typer.Context, urls: Urls, as_json: AsJson = False) -> None:
    """Ask feeds again, at once: paused ones, and ones that failed or were gone.

    \b
    Example:
      tocsin feeds resume https://www.example.org/feed.xml
    """
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    _each(ctx, urls, "resumed", lambda store, url: store.resume(url, now), as_json=as_json)


def _each(
    ctx: typer.Context,
    urls: list[str],
    done: str,
    change: "Callable[[Store, str], Awaitable[bool]]",
    *,
    as_json: bool,
) -> None:
    async def work(store: "Store") -> list[bool]:
        return [await change(store, url) for url in urls]

    results = _with_store(ctx.obj, work)
    for url, changed in zip(urls, results, strict=True):
        _tell(url, done if changed else "unknown", as_json=as_json)
    raise typer.Exit(0 if all(results) else 1)


def _tell(url: str, result: str, *, as_json: bool) -> None:
    print(json.dumps({"feed": url, "result": result}) if as_json else f"{result}  {url}")


def _list(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the feeds with their state, when each is asked again, and what is wrong.

    \b
    Examples:
      tocsin feeds list
      tocsin feeds list --json | jq -r 'select(.state == "failing") | .feed'
    """
    import msgspec

    from ingest.store import status_of

    feeds = _with_store(ctx.obj, lambda store: store.feeds())
    if as_json:
        for feed in feeds:
            print(msgspec.json.encode(_listed(feed, status_of(feed, new=0))).decode())
        return
    rows = [(f.state, _moment(f.last_success), _moment(f.next), str(f.entries), f.url, f.reason or "") for f in feeds]
    _table(("STATE", "LAST SUCCESS", "NEXT", "ENTRIES", "FEED", "REASON"), rows)


def _listed(feed: "Feed", status: Any) -> dict[str, object]:
    import msgspec

    return {**msgspec.to_builtins(status), "folder": feed.folder, "checked": feed.checked}


def _moment(moment: Any) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ") if moment else "-"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table on a terminal, plain columns elsewhere."""
    from rich.console import Console
    from rich.table import Table

    if not sys.stdout.isatty():
        for row in (head, *rows):
            print("\t".join(row))
        return
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _import(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="OPML, or a text file with one URL a line.")],
    as_json: AsJson = False,
) -> None:
    """Subscribe to the feeds of a list; each line is reported. Doing it twice changes nothing.

    \b
    Example:
      tocsin feeds import feeds.opml
    """
    from datetime import UTC, datetime

    from ingest.process import read_list

    listed = read_list(file)
    feeds = [line.feed for line in listed if line.feed]
    new = set(_with_store(ctx.obj, lambda store: store.add(feeds, datetime.now(UTC))))
    for line in listed:
        result = line.problem or ("added" if line.url in new else "known")
        new.discard(line.url)
        if as_json:
            print(json.dumps({"line": line.line, "feed": line.url, "result": result}, ensure_ascii=False))
        else:
            print(f"{line.line}: {result}  {line.url}")
    raise typer.Exit(1 if any(line.problem for line in listed) else 0)


def _export(ctx: typer.Context) -> None:
    """Write all feeds as OPML 2.0 with their folders.

    \b
    Example:
      tocsin feeds export > feeds.opml
    """
    from ingest import opml

    feeds = _with_store(ctx.obj, lambda store: store.feeds())
    sys.stdout.buffer.write(opml.write(feeds))
