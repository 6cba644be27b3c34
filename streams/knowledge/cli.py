"""The commands about what is known: knowledge lookup, check, update."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.errors import UsageError
from streams.settings import Settings
from streams.terminal import show

if TYPE_CHECKING:
    from streams.knowledge import Forms, Knowledge
    from streams.knowledge.update import Wikidata
    from streams.knowledge.wikidata import Change

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
_USER_AGENT = "tocsin/0.1 (+https://github.com/tocsin/tocsin)"


def register(app: typer.Typer) -> None:
    """Add `knowledge …` to `tocsin`."""
    knowledge = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    knowledge.command("lookup")(_lookup)
    knowledge.command("check")(_check)
    knowledge.command("update")(_update)
    app.add_typer(
        knowledge, name="knowledge", help="See and renew what is known of people, states, places and weapons."
    )


def _lookup(
    ctx: typer.Context,
    name: str,
    day: Annotated[str | None, typer.Option("--date", help="The day asked about, like 2023-09-05; else today.")] = None,
    as_json: Json = False,
) -> None:
    """Show what a name stands for, in any language, and who held which office on a day.

    \b
    Examples:
      tocsin knowledge lookup Кремль
      tocsin knowledge lookup "Angela Merkel" --date 2015-09-04
    """
    from streams.knowledge import load, lookup

    settings: Settings = ctx.obj
    asked = _day("--date", day) if day else datetime.now(UTC).date()
    rows = [
        {
            "table": match.table,
            "id": match.id,
            "name": match.name,
            "country": match.country,
            "office": match.term.office if match.term else None,
            "form": match.form,
            "languages": " ".join(match.languages),
        }
        for match in lookup(load(settings.detect.definitions), name, asked)
    ]
    show(rows, as_json=as_json, empty=f"{name} is not known")
    raise typer.Exit(0 if rows else 1)


def _check(ctx: typer.Context) -> None:
    """Look for mistakes and contradictions in the tables, ours and those that detect.definitions names.

    \b
    Example:
      tocsin knowledge check
    """
    from streams.knowledge import load, problems

    settings: Settings = ctx.obj
    found = problems(load(settings.detect.definitions))
    print("\n".join(found) or "no problems")
    raise typer.Exit(1 if found else 0)


def _update(
    ctx: typer.Context,
    country: Annotated[list[str] | None, typer.Option(help="Only these states, by ISO code; else all.")] = None,
    since: Annotated[str, typer.Option(help="Terms that lasted beyond this day.")] = "2000-01-01",
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Ids of people whose changes to write, or all. Without it nothing is written."),
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="Another query service than Wikidata's.")] = None,
    as_json: Json = False,
) -> None:
    """Ask Wikidata who leads which state, show what differs from the tables, and write what you accept.

    Rows go into knowledge/people.tsv in the folder that detect.definitions names, which lies over the shipped tables.
    Changes that would contradict the tables (two heads of government at once) are not written.

    \b
    Examples:
      tocsin knowledge update --country DE --country FR --since 2024-01-01
      tocsin knowledge update --since 2025-01-01 --accept Q567 --accept Q3052772
    """
    from streams.knowledge import load

    settings: Settings = ctx.obj
    knowledge = load(settings.detect.definitions)
    day = _day("--since", since)
    codes = [code.upper() for code in country or knowledge.countries]
    if unknown := [code for code in codes if code not in knowledge.countries]:
        raise UsageError(f"--country: {unknown[0]} is not in the table of countries; write codes like DE or US")
    folder = settings.detect.definitions
    if accept and folder is None:
        raise UsageError("detect.definitions: name a folder of your own, the accepted rows are written there")
    found = asyncio.run(_changes(settings, knowledge, codes, day, endpoint))
    show([_shown(change) for change in found], as_json=as_json, empty="nothing differs")
    if accept and folder is not None:
        _write(settings, folder, knowledge, found, accept, endpoint)


def _write(
    settings: Settings,
    folder: Path,
    knowledge: "Knowledge",
    found: "list[Change]",
    ids: list[str],
    endpoint: str | None,
) -> None:
    from streams.knowledge.update import accepted, contradictions, people_with, write_people

    chosen = accepted(found, ids)
    if missing := sorted(set(ids) - {"all"} - {change.person for change in chosen}):
        raise UsageError(f"--accept: no change concerns {', '.join(missing)}")
    strangers = [change.person for change in chosen if change.person not in knowledge.people]
    people = people_with(knowledge, chosen, asyncio.run(_names(settings, strangers, endpoint)))
    if doubts := contradictions(knowledge, people):
        raise UsageError("nothing was written, these rows would contradict the tables:\n" + "\n".join(doubts))
    path = write_people(folder, people)
    print(f"wrote {len(people)} people to {path}; running detectors read it within a minute")


async def _changes(
    settings: Settings, knowledge: "Knowledge", codes: list[str], since: date, endpoint: str | None
) -> "list[Change]":
    from streams.knowledge.wikidata import changes

    async with _wikidata(settings, endpoint) as wikidata:
        return changes(knowledge, await wikidata.holdings(codes, since))


async def _names(settings: Settings, people: list[str], endpoint: str | None) -> "dict[str, Forms]":
    async with _wikidata(settings, endpoint) as wikidata:
        return await wikidata.names(people)


@contextlib.asynccontextmanager
async def _wikidata(settings: Settings, endpoint: str | None) -> "AsyncIterator[Wikidata]":
    from streams.knowledge.update import ENDPOINT, Wikidata
    from streams.outbound import Outbound

    outbound = Outbound(settings.outbound.allow, user_agent=_USER_AGENT)
    try:
        yield Wikidata(outbound, endpoint or ENDPOINT)
    finally:
        await outbound.aclose()


def _shown(change: "Change") -> dict[str, object]:
    return {
        "change": change.kind,
        "id": change.person,
        "name": change.name,
        "country": change.term.country,
        "office": change.term.office,
        "from": change.term.start.isoformat(),
        "to": change.term.end.isoformat() if change.term.end else None,
        "known": f"{change.known.start}..{change.known.end or ''}" if change.known else None,
    }


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text} is no day; write it like 2023-09-05") from None
