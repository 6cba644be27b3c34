"""The commands about rules and alerts: match, rules add|remove|list|check, serve match|deliver|web."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from alerts.settings import Settings
from streams.errors import DefinitionError, Problem, UsageError
from streams.terminal import show

if TYPE_CHECKING:
    from alerts.catalog import Contents
    from alerts.query import Vocabulary
    from alerts.rule_files import RuleFile
    from alerts.rules import Rule
    from alerts.store import Store
    from streams.service import Service

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
HealthPort = Annotated[int | None, typer.Option(help="Port for health and metrics; else health.ports in the settings.")]
RuleFiles = Annotated[list[Path] | None, typer.Option("--rules", help="A rules file; can be given several times.")]


def register(app: typer.Typer, serve: typer.Typer) -> None:
    """Add these commands to `tocsin` and to `tocsin serve`."""
    serve.command("match")(_serve_match)
    serve.command("deliver")(_serve_deliver)
    serve.command("web")(_serve_web)
    app.command("match")(_match)
    rules = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    rules.command("add")(_rules_add)
    rules.command("remove")(_rules_remove)
    rules.command("list")(_rules_list)
    rules.command("check")(_rules_check)
    app.add_typer(rules, name="rules", help="Say what to look for and whom to tell.")


def _vocabulary(settings: Settings) -> "Vocabulary":
    from alerts.query import load_vocabulary

    return load_vocabulary(settings.detect.definitions)


def _match(
    ctx: typer.Context,
    file: Annotated[
        str | None, typer.Argument(help="A file of annotated articles, one JSON object a line; - reads them in.")
    ] = None,
    rules: RuleFiles = None,
) -> None:
    """Find the rules that articles meet: JSON lines in, alerts as JSON lines out, needs neither Kafka nor database.

    \b
    Examples:
      tocsin parse feed.xml | tocsin detect | tocsin match --rules rules.toml
      tocsin match --rules rules.toml annotated.jsonl
    """
    from alerts.rule_files import load_files
    from alerts.rules import RuleSet, match
    from streams import pipes
    from streams.messages import Alert, decode
    from streams.messages import Annotated as AnnotatedArticle

    settings: Settings = ctx.obj
    files = tuple(rules or settings.rules.files)
    if not files:
        raise UsageError("match: there are no rules; name a file with --rules, or in rules.files of the settings")
    ready = RuleSet.of(load_files(files, _vocabulary(settings)).rules)

    def handle(line: bytes) -> list[Alert]:
        return match(decode(line, AnnotatedArticle), ready, datetime.now(UTC))

    raise typer.Exit(pipes.run(file, handle))


def _rules_add(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A rules file whose rules and channels are added.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of a single rule.")] = None,
    query: Annotated[str | None, typer.Option(help="What it looks for.")] = None,
    severity: Annotated[str, typer.Option(help="low, medium, high or critical.")] = "medium",
    notify: Annotated[list[str] | None, typer.Option(help="A channel or mail:ADDRESS; several times.")] = None,
    description: Annotated[str, typer.Option(help="A sentence for colleagues.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace rules and channels of the same name.")] = False,
) -> None:
    """Add rules to the store, besides those in files; they are in force within two seconds.

    \b
    A query has words in any case and inflection, "phrases", word*, =exact, a NEAR/5 b, /RE2/, AND OR NOT ( ), fields:
      event: status: role.supplier: confidence>0.8     conditions side by side speak of one event
      event:arms_transfer(supplier:KP status:planned)  the same, said in brackets
      country: person: org: weapon: entity:            by any name in any language, or by id
      title: text: language: source: feed: tag: published>2026-01-01

    \b
    Examples:
      tocsin rules add --name "Arms to Russia" --query "event:arms_transfer(recipient:RU)" --notify desk
      tocsin rules add more-rules.toml
    """
    from alerts.rules import Rule

    settings: Settings = ctx.obj
    if (file is None) == (name is None and query is None):
        raise UsageError("rules add: name a rules file, or a rule with --name and --query")
    if file is None and (name is None or query is None):
        raise UsageError(f"rules add: {'--query' if query is None else '--name'} is missing")
    vocabulary = _vocabulary(settings)

    async def add(store: "Store") -> tuple[int, int]:
        channels = {channel.name for channel in await store.channels()} | _file_channels(settings, vocabulary)
        if file is not None:
            found = _load((file,), vocabulary, channels)
        else:
            rule = Rule(name or "", query or "", notify=tuple(notify or ()), description=description)
            found = _single(rule, severity, vocabulary, channels)
        rules = [one.rule for one in found.rules]
        if taken := await store.add_definitions(rules, found.channels, datetime.now(UTC), replace=replace):
            listed = ", ".join(repr(one) for one in taken)
            raise UsageError(f"rules add: {listed} is there already; add --replace to replace it")
        return len(rules), len(found.channels)

    rules, channels = _with_store(settings, add)
    also = f" and {_count(channels, 'channel')}" if channels else ""
    print(f"added {_count(rules, 'rule')}{also}")


def _load(files: tuple[Path, ...], vocabulary: "Vocabulary", channels: set[str]) -> "RuleFile":
    from alerts.rule_files import load_files

    return load_files(files, vocabulary, channels)


def _file_channels(settings: Settings, vocabulary: "Vocabulary") -> set[str]:
    """Channels that the configured files define; files with mistakes do not keep a rule from being added."""
    try:
        return {channel.name for channel in _load(settings.rules.files, vocabulary, set()).channels}
    except DefinitionError:
        return set()


def _single(rule: "Rule", severity: str, vocabulary: "Vocabulary", channels: set[str]) -> "RuleFile":
    """A rule given by options, checked as one in a file."""
    from alerts.rule_files import check_rule

    return check_rule(rule, severity, vocabulary, channels)


def _rules_remove(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Names of rules, as `tocsin rules list` shows them.")],
) -> None:
    """Remove rules from the store; their alerts stay. Rules in files are removed there.

    \b
    Example:
      tocsin rules remove "Arms to Russia"
    """

    async def remove(store: "Store") -> list[str]:
        return [name for name in names if not await store.remove_rule(name)]

    missing = _with_store(ctx.obj, remove)
    for name in names:
        said = "there is no such rule in the store; see tocsin rules list" if name in missing else "removed"
        print(f"{name}: {said}", file=sys.stderr if name in missing else sys.stdout)
    raise typer.Exit(1 if missing else 0)


def _rules_list(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the rules of files and store.

    \b
    Example:
      tocsin rules list
    """
    from alerts.catalog import combine

    settings: Settings = ctx.obj
    vocabulary = _vocabulary(settings)

    async def read(store: "Store") -> "Contents":
        return combine(settings.rules.files, await store.rules(), await store.channels(), vocabulary)

    contents = _with_store(settings, read)
    rows = [
        {
            "name": rule.name,
            "severity": rule.severity,
            "enabled": rule.enabled if as_json else "yes" if rule.enabled else "no",
            "notify": list(rule.notify) if as_json else ", ".join(rule.notify),
            "from": rule.origin or "store",
            "query": rule.query if as_json else " ".join(rule.query.split()),
        }
        | ({"id": rule.id, "description": rule.description} if as_json else {})
        for rule in sorted(contents.by_id.values(), key=lambda rule: rule.name)
    ]
    show(rows, as_json=as_json, empty="no rules; add one with tocsin rules add, or name a file in rules.files")


def _rules_check(
    ctx: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help="Rules files; else those of the settings.")] = None,
    as_json: Json = False,
) -> None:
    """Check rules files: every mistake with file, line, column and what was expected; exit status 1 if there are any.

    \b
    Example:
      tocsin rules check rules.toml
    """
    settings: Settings = ctx.obj
    paths = tuple(files or settings.rules.files)
    if not paths:
        raise UsageError("rules check: name a rules file, or set rules.files")
    problems: list[Problem] = []
    warnings: list[Problem] = []
    rules = 0
    try:
        found = _load(paths, _vocabulary(settings), set())
        rules, warnings = len(found.rules), list(found.warnings)
    except DefinitionError as error:
        problems = error.problems
    if as_json:
        listed = [_told(problem, "error") for problem in problems] + [_told(one, "warning") for one in warnings]
        print(json.dumps({"rules": rules, "problems": listed}, ensure_ascii=False))
    else:
        for kind, problem in [*(("", one) for one in problems), *(("warning: ", one) for one in warnings)]:
            print(f"{kind}{problem}{_quoted(problem)}")
        print(_count(len(problems), "mistake") if problems else f"{_count(rules, 'rule')}, no mistakes")
    raise typer.Exit(1 if problems else 0)


def _told(problem: Problem, kind: str) -> dict[str, object]:
    place = {"file": problem.file, "line": problem.line, "column": problem.column}
    return {**place, "kind": kind, "message": problem.message}


def _quoted(problem: Problem) -> str:
    """The line of the file and a mark below the place."""
    from alerts.query.errors import QueryError

    try:
        lines = Path(problem.file).read_text(encoding="utf-8-sig").splitlines()
        line = lines[problem.line - 1] if problem.line else ""
    except (OSError, UnicodeDecodeError, IndexError):
        return ""
    if not line:
        return ""
    return "\n    " + QueryError(problem.line, problem.column, "", source=line).caret().replace("\n", "\n    ")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _with_store(settings: Settings, work: "Callable[[Store], Awaitable[T]]") -> T:
    """Do something with the store, its tables brought up to date before."""
    from alerts.store import Store, migrate

    migrate(settings)

    async def run() -> T:
        store = Store.connect(settings)
        try:
            return await work(store)
        finally:
            await store.aclose()

    return asyncio.run(run())


def _serve_match(ctx: typer.Context, health_port: HealthPort = None) -> None:
    """Find the rules that articles meet, from the topic `annotated` to the topic `alerts` and the store.

    \b
    Example:
      tocsin serve match
    """
    from alerts import agents

    _serve(ctx, "match", agents.match, health_port)


def _serve_deliver(ctx: typer.Context, health_port: HealthPort = None) -> None:
    """Send alerts, from the topic `alerts` through the store to webhooks and e-mail, until each has arrived.

    \b
    Example:
      tocsin serve deliver
    """
    from alerts import agents

    _serve(ctx, "deliver", agents.deliver, health_port)


def _serve(
    ctx: typer.Context,
    name: str,
    work: "Callable[[Service, Settings, Vocabulary], Awaitable[None]]",
    health_port: int | None,
) -> None:
    from alerts.store import migrate
    from streams import broker, service

    settings: Settings = ctx.obj
    broker.bootstrap(settings)  # says at once where there is none, before tables are made and loaded
    migrate(settings)
    vocabulary = _vocabulary(settings)

    async def main(process: "Service") -> None:
        await work(process, settings, vocabulary)

    port = getattr(settings.health.ports, name) if health_port is None else health_port
    raise typer.Exit(service.run(name, settings, main, port=port))


def _serve_web(ctx: typer.Context, health_port: HealthPort = None) -> None:
    """Serve the page: alerts with their evidence, feeds, topics and deliveries.

    \b
    Example:
      tocsin serve web
    """
    from alerts.store import Store, migrate
    from alerts.web import app
    from streams import service

    settings: Settings = ctx.obj
    migrate(settings)

    async def main(process: "Service") -> None:
        store = Store.connect(settings)
        try:
            await app.serve(process, settings, store)
        finally:
            await store.aclose()

    port = settings.health.ports.web if health_port is None else health_port
    raise typer.Exit(service.run("web", settings, main, port=port))
