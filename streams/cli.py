"""The commands about finding events, and about what travels: serve detect, detect, languages, topics, dead-letters."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from streams.errors import UsageError
from streams.evaluation.cli import register as register_evaluation
from streams.knowledge.cli import register as register_knowledge
from streams.settings import Settings
from streams.terminal import show

if TYPE_CHECKING:
    from streams.dead_letters import Letter
    from streams.detector import Detector

READY_SECONDS = 5.0

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `tocsin dead-letters list` shows them.")]


def register(app: typer.Typer, serve: typer.Typer) -> None:
    """Add these commands to `tocsin` and to `tocsin serve`."""
    serve.command("detect")(_serve_detect)
    app.command("detect")(_detect)
    register_evaluation(app)
    topics = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    topics.command("list")(_topics_list)
    topics.command("create")(_topics_create)
    topics.command("lag")(_topics_lag)
    app.add_typer(topics, name="topics", help="See and create what travels through Kafka.")
    letters = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    letters.command("list")(_letters_list)
    letters.command("show")(_letters_show)
    letters.command("replay")(_letters_replay)
    letters.command("drop")(_letters_drop)
    app.add_typer(letters, name="dead-letters", help="See, replay and drop records that could not be processed.")
    app.command("languages")(_languages)
    types = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    types.command("list")(_types_list)
    types.command("check")(_types_check)
    app.add_typer(types, name="event-types", help="See and check what kinds of events are looked for.")
    register_knowledge(app)


def _detector(settings: Settings) -> "Detector":
    from streams.detector import Detector

    detect = settings.detect
    return Detector(languages=detect.languages, definitions=detect.definitions, pipelines=detect.pipelines)


def _serve_detect(
    ctx: typer.Context,
    health_port: Annotated[
        int | None, typer.Option(help="Port for health and metrics; else health.ports.detect.")
    ] = None,
) -> None:
    """Find the events in articles, from the topic `articles` to the topic `annotated`.

    \b
    Example:
      tocsin serve detect
    """
    from streams import agents, broker, service
    from streams.following import Following

    settings: Settings = ctx.obj
    broker.bootstrap(settings)  # says at once where there is none, before the tables are loaded
    detector = Following(partial(_detector, settings), settings.detect.definitions)
    main = partial(agents.detect, detector=detector)
    port = settings.health.ports.detect if health_port is None else health_port
    raise typer.Exit(service.run("detect", settings, main, port=port))


def _detect(
    ctx: typer.Context,
    file: Annotated[
        str | None, typer.Argument(help="A file of articles, one JSON object a line; - reads them in.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say in words what was found, and why it is an event or none.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --explain: JSON lines, for programs.")] = False,
) -> None:
    """Find the events in articles: JSON lines in, JSON lines out, needs neither Kafka nor database.

    \b
    Examples:
      tocsin parse feed.xml | tocsin detect
      echo '{"title": "Putin trifft Kim Jong-un in Wladiwostok"}' | tocsin detect
      echo '{"title": "Putin trifft Kim Jong-un in Wladiwostok"}' | tocsin detect --explain
    """
    from streams import explanations, pipes
    from streams.messages import Article, decode, encode

    detector = _detector(ctx.obj)
    if not explain:
        raise typer.Exit(pipes.run(file, lambda line: [detector.detect(decode(line, Article))]))
    written = encode if as_json else explanations.in_words
    raise typer.Exit(pipes.run(file, lambda line: [explanations.explain(detector, decode(line, Article))], written))


def _topics_list(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the topics with what they hold.

    \b
    Example:
      tocsin topics list
    """
    from streams import broker
    from streams.topics import TOPICS

    states = {state.topic: state for state in _ask(ctx, broker.measure)}
    rows = [
        {
            "topic": topic.name,
            "partitions": states[topic.name].partitions,
            "messages": states[topic.name].messages,
            "key": topic.key,
            "days": topic.retention.days,
            "holds": topic.purpose,
        }
        for topic in TOPICS
    ]
    show(rows, as_json=as_json, empty="no topics")


def _topics_create(ctx: typer.Context, as_json: Json = False) -> None:
    """Create the topics that are missing; those that are there stay as they are.

    \b
    Example:
      tocsin topics create
    """
    from streams import broker

    created = _ask(ctx, broker.create_topics)
    if as_json:
        print(json.dumps({"created": created}))
    else:
        print("\n".join(f"created {name}" for name in created) or "all topics are there")


def _topics_lag(ctx: typer.Context, as_json: Json = False) -> None:
    """Show how far the readers of each topic are behind.

    \b
    Example:
      tocsin topics lag
    """
    from streams import broker

    now = datetime.now(UTC)
    rows = [
        {
            "topic": state.topic,
            "group": group,
            "lag": lag,
            "oldest_unread_seconds": _age(state.oldest_unread, now) if lag else None,
        }
        for state in _ask(ctx, broker.measure)
        for group, lag in sorted(state.groups.items())
    ]
    show(rows, as_json=as_json, empty="nothing has been read yet")


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 1)


def _letters_list(
    ctx: typer.Context,
    as_json: Json = False,
    all_states: Annotated[bool, typer.Option("--all-states", help="Also those that were replayed or dropped.")] = False,
) -> None:
    """Show the records that could not be processed and are still open.

    \b
    Examples:
      tocsin dead-letters list
      tocsin dead-letters list --all-states --json
    """
    from streams import dead_letters

    letters = [one for one in _ask(ctx, dead_letters.read) if all_states or one.state == "open"]
    if as_json:
        print(json.dumps([dead_letters.described(one) for one in letters], ensure_ascii=False))
        return
    rows = [
        {
            "id": one.letter.id,
            "from": one.source,
            "time": one.letter.time.strftime("%Y-%m-%d %H:%M:%S") if one.letter.time else "",
            "attempts": one.letter.attempts,
            **({"state": one.state} if all_states else {}),
            "error": one.letter.error,
        }
        for one in letters
    ]
    show(rows, as_json=False, empty="no dead letters")


def _letters_show(
    ctx: typer.Context, letter: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False
) -> None:
    """Show one dead letter with its record.

    \b
    Examples:
      tocsin dead-letters show 0:17
      tocsin dead-letters show 0:17 --json | jq -r .value > mended.json
    """
    from streams import dead_letters

    described = dead_letters.described(_ask(ctx, partial(dead_letters.find, ids=[letter]))[0])
    if as_json:
        print(json.dumps(described, ensure_ascii=False))
        return
    for name, value in described.items():
        print(f"{name:<10} {value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}")


def _letters_replay(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    value: Annotated[Path | None, typer.Option(help="A file with the mended value, for one dead letter.")] = None,
) -> None:
    """Put records back on the topic that they came from, once what they failed for is mended.

    \b
    Examples:
      tocsin dead-letters replay 0:17 --value mended.json
      tocsin dead-letters replay --all
    """
    from streams import dead_letters

    letters = _chosen(ctx, ids or [], everything)
    mended = None
    if value is not None:
        if len(letters) != 1:
            raise UsageError("--value: mends one dead letter; name its id")
        try:
            mended = value.read_bytes()
        except OSError as error:
            raise UsageError(f"--value: {value} cannot be read ({error.strerror})") from error
    for one in _ask(ctx, partial(dead_letters.replay, letters=letters, value=mended)):
        print(f"replayed {one}")


def _letters_drop(
    ctx: typer.Context,
    ids: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
) -> None:
    """Mark records as not worth a replay: they are no longer listed.

    \b
    Example:
      tocsin dead-letters drop 0:17 0:18
    """
    from streams import dead_letters

    letters = _chosen(ctx, ids or [], everything)
    for one in _ask(ctx, partial(dead_letters.drop, letters=letters)):
        print(f"dropped {one}")


def _chosen(ctx: typer.Context, ids: list[str], everything: bool) -> "list[Letter]":
    """The dead letters that a person named."""
    from streams import dead_letters

    if bool(ids) == everything:
        raise UsageError("name the ids of dead letters, or --all")
    if ids:
        return _ask(ctx, partial(dead_letters.find, ids=ids))
    return [one for one in _ask(ctx, dead_letters.read) if one.state == "open"]


def _languages(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the languages that are read, and what each of them lacks: parts of its file, event types without words.

    \b
    Example:
      tocsin languages
    """
    from streams.event_types import load_event_types
    from streams.languages import load_languages, missing_parts

    settings: Settings = ctx.obj
    languages = load_languages(settings.detect.languages, settings.detect.definitions)
    types = load_event_types(settings.detect.definitions)
    rows = [
        {
            "language": code,
            "name": language.name,
            "event_types": sum(bool(one.triggers.get(code)) for one in types),
            "lacks": ", ".join(
                [*missing_parts(language), *(f"words of {one.name}" for one in types if not one.triggers.get(code))]
            ),
        }
        for code, language in languages.items()
    ]
    show(rows, as_json=as_json, empty="no languages")


def _types_list(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the event types with their roles, ours and those of the folder that detect.definitions names.

    \b
    Example:
      tocsin event-types list
    """
    from streams.event_types import load_event_types

    settings: Settings = ctx.obj
    rows = [
        {
            "type": one.name,
            "label": one.label,
            "roles": ", ".join(role.name for role in one.roles),
            "languages": " ".join(one.triggers),
            "examples": len(one.examples),
        }
        for one in load_event_types(settings.detect.definitions)
    ]
    show(rows, as_json=as_json, empty="no event types")


def _types_check(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Only these types; else all.")] = None,
    as_json: Json = False,
) -> None:
    """Run the examples of the event types: sentences that must be found, and sentences that must not.

    \b
    Examples:
      tocsin event-types check oil_spill
      tocsin --set detect.definitions=my-definitions event-types check
    """
    from streams.examples import judge

    detector = _detector(ctx.obj)
    known = {one.name: one for one in detector.types}
    if unknown := [name for name in names or () if name not in known]:
        raise UsageError(f"{unknown[0]} is no event type; known are {', '.join(known)}")
    verdicts = [verdict for name in names or known for verdict in judge(detector.detect, known[name])]
    wrong = [
        {
            "type": verdict.event_type,
            "language": verdict.example.language,
            "wanted": (verdict.example.status or "found") if verdict.example.hit else "nothing raised",
            "found": ", ".join(verdict.found) or "nothing",
            "text": verdict.example.text,
        }
        for verdict in verdicts
        if not verdict.right
    ]
    show(wrong, as_json=as_json, empty=f"all {len(verdicts)} examples are right")
    raise typer.Exit(1 if wrong else 0)


def _ask(ctx: typer.Context, question: Callable[[Settings], Awaitable[T]]) -> T:
    """Ask the broker, once it is clear that it answers."""
    from streams import broker

    async def asked() -> T:
        await broker.wait_ready(ctx.obj, READY_SECONDS)
        return await question(ctx.obj)

    return asyncio.run(asked())
