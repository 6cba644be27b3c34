"""The one command `tocsin`: the commands of the three packages, and those that run them all."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import alerts.cli
import ingest.cli
import streams.cli
from deploy.settings import Settings
from streams.errors import DefinitionError, TocsinError, UsageError
from streams.settings import CONFIG_FILE, CONFIG_VARIABLE, load, origins, parse_value, put

SECTIONS = (
    ("Run", ("up", "serve", "kafka", "status", "receive")),
    ("Read, find, decide: pipes that need neither Kafka nor database", ("parse", "detect", "match")),
    ("Say what is read and what is looked for", ("feeds", "rules", "event-types", "knowledge", "languages")),
    ("Measure it", ("eval",)),
    ("Look after it", ("topics", "dead-letters", "config", "version")),
)

GLOBAL_OPTIONS = {"--config": True, "--data-dir": True, "--set": True, "--debug": False}
"""Options of `tocsin` itself, and whether a value follows: they may stand after the command as well."""

EXIT_FAILED = 1
EXIT_USAGE = 2


class Commands(TyperGroup):
    """The list of commands, grouped by what a person wants to do."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Print the commands under their headings; a command without one comes last."""
        grouped = {name for _, names in SECTIONS for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in grouped)
        for title, names in (*SECTIONS, ("More", rest)):
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, command.get_short_help_str(90)) for name, command in commands if command is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def build() -> typer.Typer:
    """The whole command with the commands of every package."""
    app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    serve = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    app.callback(epilog="Start with:  tocsin up --samples")(_root)
    app.add_typer(serve, name="serve", help="Run one process, as on many machines.")
    for package in (ingest.cli, streams.cli, alerts.cli):
        package.register(app, serve)
    register(app)
    return app


def register(app: typer.Typer) -> None:
    """Add the commands that belong to no package."""
    kafka = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    kafka.command("start")(_kafka_start)
    kafka.command("stop")(_kafka_stop)
    kafka.command("status")(_kafka_status)
    app.add_typer(kafka, name="kafka", help="Start and stop the Apache Kafka of this machine.")
    app.command("up")(_up)
    app.command("status")(_status)
    app.command("config")(_config)
    app.command("receive")(_receive)
    app.command("version")(_version)


def main() -> None:
    """Run `tocsin` with the arguments of the process and end with its exit status."""
    arguments = hoist(sys.argv[1:])
    sys.excepthook = _Unexpected("--debug" in arguments, arguments)
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """Run `tocsin` with arguments: the exit status, after any error was said in one line on standard error."""
    try:
        status = build()(arguments, prog_name="tocsin", standalone_mode=False, obj="--help" in arguments)
    except TocsinError as error:
        return _say(error)
    except typer.TyperException as error:
        return _say_usage(error)
    except typer.Abort:
        return EXIT_FAILED
    except BrokenPipeError:
        # Who read our output has gone (`tocsin … | head`): nothing is left to say, also not while Python flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return status if isinstance(status, int) else 0


def hoist(arguments: list[str]) -> list[str]:
    """Put the options of `tocsin` itself first, wherever they were written: `up --data-dir D` is `--data-dir D up`."""
    first: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        name, equals, _ = argument.partition("=")
        if argument == "--":
            return [*first, *rest, argument, *left]
        if name not in GLOBAL_OPTIONS:
            rest.append(argument)
        elif equals or not GLOBAL_OPTIONS[name]:
            first.append(argument)
        else:
            first.extend([argument, *([value] if (value := next(left, None)) is not None else [])])
    return [*first, *rest]


def parse_options(data_dir: Path | None, assignments: list[str]) -> dict[str, Any]:
    """The nested values of `--data-dir` and of each `--set KEY=VALUE`."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {assignment}: write --set section.key=value, like --set web.port=8090")
        put(values, key.strip().split("."), parse_value(text), f"--set {assignment}")
    if data_dir is not None:
        values["data_dir"] = str(data_dir)
    return values


def _say(error: TocsinError) -> int:
    for line in str(error).splitlines() or ["failed"]:
        print(f"tocsin: {line}", file=sys.stderr)
    return EXIT_USAGE if isinstance(error, UsageError | DefinitionError) else EXIT_FAILED


def _say_usage(error: typer.TyperException) -> int:
    message = error.format_message()
    if message.startswith("Usage: "):  # a command was wanted and none was named: the list of them is the answer
        print(message, file=sys.stderr)
        return error.exit_code
    context = getattr(error, "ctx", None)
    help_of = context.command_path if context is not None else "tocsin"
    print(f"tocsin: {' '.join(message.split()).rstrip('.')}; see `{help_of} --help`", file=sys.stderr)
    return error.exit_code


class _Unexpected:
    """Says an error that nobody foresaw in one line; in full with --debug, and in the log of a process."""

    def __init__(self, debug: bool, arguments: list[str]) -> None:
        self.in_full = debug or "serve" in arguments

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if self.in_full:
            sys.__excepthook__(kind, error, trace)
        text = " ".join(str(error).split()) or "no more is known"
        print(f"tocsin: unexpected {kind.__name__}: {text}; --debug shows where", file=sys.stderr)


def _root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            help=f"The settings file; else {CONFIG_FILE} in this folder, if there is one.", envvar=CONFIG_VARIABLE
        ),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="The folder for all that lasts.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting; can be given again.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error arose.")] = False,
) -> None:
    """Read the world's news and tell the right person when what they asked about happens."""
    if ctx.obj or ctx.invoked_subcommand == "version":  # help is asked for: it needs no settings, right or wrong
        return
    ctx.obj = load(Settings, file=config, options=parse_options(data_dir, assignments or []))
    _quiet_log(ctx.obj)


def _quiet_log(settings: Settings) -> None:
    """A command logs warnings and worse, to standard error; a process chooses anew when it starts."""
    from streams.service import configure_logging

    level = "warning" if settings.log.level == "info" else settings.log.level
    configure_logging(settings.log.model_copy(update={"level": level}))


def _up(
    ctx: typer.Context,
    samples: Annotated[
        bool, typer.Option("--samples", help="Add a newsroom with made-up articles, rules that fit, and a receiver.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show all that the processes log, also on a terminal.")
    ] = False,
) -> None:
    """Run everything on this machine until Ctrl-C.

    Without kafka.bootstrap_servers it starts an Apache Kafka of its own. A process that ends is started again.

    \b
    Examples:
      tocsin up --samples         a first look, without any internet
      tocsin --config my.toml up  your own feeds and rules
    """
    from deploy.local import up

    options = child_options(ctx)
    people_watch = samples or sys.stdout.isatty()
    if people_watch and not verbose and _origin(ctx)("log.level") == "default":
        options = (*options, "--set", "log.level=warning")
    raise typer.Exit(up(ctx.obj, options, samples=samples))


def child_options(ctx: typer.Context) -> tuple[str, ...]:
    """The options that were given to this `tocsin`, for another one that shall see the same settings."""
    given = ctx.find_root().params
    options: list[str] = []
    if given["config"] is not None:
        options += ["--config", str(given["config"])]
    if given["data_dir"] is not None:
        options += ["--data-dir", str(given["data_dir"])]
    for assignment in given["assignments"] or []:
        options += ["--set", assignment]
    return tuple(options)


def _origin(ctx: typer.Context) -> Callable[[str], str]:
    """Where each setting of this command was set, by its dotted key."""
    given = ctx.find_root().params
    options = parse_options(given["data_dir"], given["assignments"] or [])
    return origins(Settings, file=given["config"], options=options)


def _status(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Show what runs, what is late and what waits.

    The exit status is 1 when a process or Kafka does not run.

    \b
    Examples:
      tocsin status
      tocsin status --json | jq .topics
    """
    from deploy.status import read, render

    status = read(ctx.obj)
    print(json.dumps(asdict(status)) if as_json else render(status))
    raise typer.Exit(0 if status.healthy else EXIT_FAILED)


def _config(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Print the settings in force, and where each was set.

    Secrets are masked.

    \b
    Examples:
      tocsin config
      TOCSIN_WEB__PORT=8090 tocsin config --json | jq .web
    """
    from deploy.settings import describe, nest

    values, origin = describe(ctx.obj), _origin(ctx)
    print(json.dumps(nest(values), indent=2) if as_json else as_toml(values, {key: origin(key) for key in values}))


def as_toml(values: dict[str, Any], origin: dict[str, str]) -> str:
    """Settings as lines of TOML, each with a comment that says where it was set unless that is the default."""
    lines: list[str] = []
    section = ""
    for key, value in sorted(values.items(), key=lambda item: item[0].rpartition(".")[0]):
        above, _, name = key.rpartition(".")
        if above != section:
            section = above
            lines += ["", f"[{section}]"]
        comment = "" if origin[key] == "default" else f"  # {origin[key]}"
        shown = f"# {name} is not set" if value is None else f"{name} = {json.dumps(value, ensure_ascii=False)}"
        lines.append(f"{shown}{comment}")
    return "\n".join(lines)


def _kafka_start(ctx: typer.Context) -> None:
    """Start an Apache Kafka on this machine and leave it running.

    \b
    Example:
      tocsin kafka start
    """
    from deploy.kafka import LocalKafka

    LocalKafka.of(ctx.obj, _progress).start(tied=False)


def _kafka_stop(ctx: typer.Context) -> None:
    """Stop the Apache Kafka of this machine.

    \b
    Example:
      tocsin kafka stop
    """
    from deploy.kafka import LocalKafka

    stopped = LocalKafka.of(ctx.obj).stop()
    print("Kafka is stopped" if stopped else "Kafka was not running")


def _kafka_status(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Say whether the Apache Kafka of this machine runs.

    The exit status is 1 when it does not.

    \b
    Example:
      tocsin kafka status --json
    """
    from deploy.kafka import LocalKafka

    status = LocalKafka.of(ctx.obj).status()
    if as_json:
        print(json.dumps({**asdict(status), "folder": str(status.folder)}))
    elif status.ready:
        print(
            f"Kafka {status.version} runs (pid {status.pid}) and answers on {status.address}; its data: {status.folder}"
        )
    else:
        print(f"Kafka {'runs but ' if status.running else ''}{status.reason}; its data: {status.folder}")
    raise typer.Exit(0 if status.ready else EXIT_FAILED)


def _progress(line: str) -> None:
    print(line, file=sys.stderr)


def _receive(
    http_port: Annotated[int, typer.Option(min=0, max=65535, help="For webhooks; 0 takes a free one.")] = 8201,
    smtp_port: Annotated[int, typer.Option(min=0, max=65535, help="For mails; 0 takes a free one.")] = 8202,
    secret: Annotated[
        list[str] | None, typer.Option(help="Verify signatures with this secret (whsec_…); can be given again.")
    ] = None,
    status: Annotated[int, typer.Option(min=0, max=599, help="Fail with this HTTP status; mails with 451 or 550.")] = 0,
    retry_after: Annotated[int | None, typer.Option(min=0, help="Seconds to name as Retry-After when failing.")] = None,
    times: Annotated[int | None, typer.Option(min=1, help="Fail only the first so many arrivals.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the webhooks and mails that arrive, until Ctrl-C.

    It listens on this machine only, verifies signatures, and can be told to fail, so that retries can be watched.

    \b
    Examples:
      tocsin receive --secret whsec_c2FtcGxl
      tocsin receive --status 429 --retry-after 5 --times 3
    """
    import asyncio

    from deploy.receive import Failing, Received, Receiver

    def tell(received: Received) -> None:
        print(received.json() if as_json else received.line(), flush=True)

    async def serve() -> None:
        failing = Failing(status, retry_after, times)
        async with Receiver(tell, http_port, smtp_port, tuple(secret or ()), failing).running() as receiver:
            _progress(f"webhooks at {receiver.url}, mails at 127.0.0.1:{receiver.smtp_port}; Ctrl-C ends")
            await asyncio.Event().wait()

    asyncio.run(serve())


def _version() -> None:
    """Print the version.

    \b
    Example:
      tocsin version
    """
    print(f"tocsin {installed_version('tocsin')}")


if __name__ == "__main__":
    main()
