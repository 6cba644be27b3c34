"""The command `tocsin`: its exit statuses and what it says, for every way in which it is used wrongly."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from deploy import cli
from deploy.cli import build, hoist, parse_options, run
from deploy.local import only_one
from streams.errors import DefinitionError, InfrastructureError, Problem, TocsinError, UsageError

HEAVY = (
    "spacy",
    "faust",
    "aiokafka",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "httpx",
    "feedparser",
    "lark",
    "rich",
    "jinja2",
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working folder, and no settings from the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
        monkeypatch.delenv(name)


def leaves(command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path
        return
    for name, inner in below.items():
        yield from leaves(inner, (*path, name))


COMMANDS = sorted(leaves(typer.main.get_command(build())))


def tocsin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1]), **environment},
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("data_dir = ", "tocsin.toml: is not valid TOML: "),
        ("[kafka]\nservers = 'x'", "tocsin.toml: kafka.servers is no setting that tocsin knows"),
        ("[web]\nport = 'many'", "tocsin.toml: web.port: input should be a valid integer"),
        ("[web]\nport = 70000", "tocsin.toml: web.port: input should be less than or equal to 65535"),
        ("[ingest]\ninterval = 'often'", "tocsin.toml: ingest.interval: 'often' is no time; write one like 90s, 15m"),
        (
            "[outbound]\nallow = ['home']",
            "tocsin.toml: outbound.allow.0: home is no network; write one like 127.0.0.0/8",
        ),
        ("[smtp]\nsecurity = 'some'", "tocsin.toml: smtp.security: input should be 'starttls', 'tls' or 'none'"),
        ("web = 8080", "tocsin.toml: web is a section; set one of its keys"),
    ],
)
def test_a_wrong_settings_file_is_one_line_that_names_key_and_file(
    content: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tocsin.toml").write_text(content)
    assert run(["config"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"tocsin: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--config", "none.toml", "config"], {}, "none.toml: cannot be read"),
        (["config", "--set", "web.port"], {}, "--set web.port: write --set section.key=value"),
        (["config", "--set", "web.prt=1"], {}, "option: web.prt is no setting that tocsin knows"),
        (["config", "--set", "web=1", "--set", "web.port=1"], {}, "--set web.port=1: web is given both as a value"),
        (["config"], {"TOCSIN_WEB__PORT": "x"}, "TOCSIN_WEB__PORT: web.port: input should be a valid integer"),
        (["config"], {"TOCSIN_NONSENSE": "x"}, "TOCSIN_NONSENSE: nonsense is no setting that tocsin knows"),
        (
            ["config"],
            {"TOCSIN_SMTP__PASSWORD_FILE": "none"},
            "TOCSIN_SMTP__PASSWORD_FILE: the file none cannot be read",
        ),
        (["config"], {"TOCSIN_CONFIG": "none.toml"}, "none.toml: cannot be read"),
        (["fly"], {}, "No such command 'fly'; see `tocsin --help`"),
        (["up", "--quickly"], {}, "No such option: --quickly; see `tocsin up --help`"),
        (["receive", "--status", "x"], {}, "Invalid value for '--status'"),
        (["receive", "--secret", "x"], {}, "--secret: a signing secret begins with whsec_"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert run(hoist(arguments)) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"tocsin: {said}")
    assert err.count("\n") == 1


def test_up_on_a_data_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").write_text("in the way")
    assert run(["up"]) == 2
    assert capsys.readouterr().err.startswith("tocsin: data_dir: data is not writable (")


def test_a_second_up_on_the_same_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with only_one(tmp_path / "data"):
        assert run(["up"]) == 2
    assert f"another `tocsin up` (pid {os.getpid()}) works on data" in capsys.readouterr().err


def test_up_with_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free = [
            word
            for name in ("ingest", "detect", "match", "deliver", "web")
            for word in ("--set", f"health.ports.{name}=0")
        ]
        assert run([*free, "--set", f"web.port={port}", "up"]) == 2
    err = capsys.readouterr().err
    assert err == (
        f"tocsin: web.port: port {port} on 127.0.0.1 is in use; stop what uses it, "
        "or choose another with --set web.port=PORT\n"
    )


def test_up_with_a_kafka_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setattr("deploy.local.KAFKA_SECONDS", 0.5)
    free = [
        word for name in ("ingest", "detect", "match", "deliver", "web") for word in ("--set", f"health.ports.{name}=0")
    ]
    arguments = [*free, "--set", "web.port=0", "--set", f"kafka.bootstrap_servers=127.0.0.1:{port}", "up"]
    assert run(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("tocsin: kafka.bootstrap_servers: Kafka cannot be reached (")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UsageError("web.port: no"), 2, "tocsin: web.port: no\n"),
        (
            DefinitionError([Problem("r.toml", 1, 2, "a"), Problem("r.toml", 3, 4, "b")]),
            2,
            "tocsin: r.toml:1:2: a\ntocsin: r.toml:3:4: b\n",
        ),
        (InfrastructureError("the database is away"), 1, "tocsin: the database is away\n"),
        (TocsinError(""), 1, "tocsin: failed\n"),
    ],
)
def test_every_error_of_ours_is_lines_and_a_status(
    error: TocsinError, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli._say(error) == status
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("given", "hoisted"),
    [
        (["up"], ["up"]),
        (["up", "--data-dir", "d"], ["--data-dir", "d", "up"]),
        (["up", "--data-dir=d", "--samples"], ["--data-dir=d", "up", "--samples"]),
        (["up", "--set", "a.b=1", "--set", "c=2"], ["--set", "a.b=1", "--set", "c=2", "up"]),
        (["config", "--json", "--debug"], ["--debug", "config", "--json"]),
        (["parse", "--", "--config", "x"], ["parse", "--", "--config", "x"]),
        (["config", "--config"], ["--config", "config"]),
    ],
)
def test_the_options_of_tocsin_itself_may_stand_anywhere(given: list[str], hoisted: list[str]) -> None:
    assert hoist(given) == hoisted


def test_assignments_are_nested_and_lists_are_read() -> None:
    assert parse_options(Path("d"), ["web.port=1", 'ingest.feeds=["a", "b"]', "smtp.from=x=y"]) == {
        "web": {"port": "1"},
        "ingest": {"feeds": ["a", "b"]},
        "smtp": {"from": "x=y"},
        "data_dir": "d",
    }


def test_config_shows_what_is_in_force_and_where_it_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tocsin.toml").write_text("[web]\nport = 8090\n[smtp]\nfrom = 'me@example.org'\n")
    monkeypatch.setenv("TOCSIN_SMTP__PASSWORD", "very secret")
    assert run(["--set", "kafka.heap_mb=512", "config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "port = 8090  # tocsin.toml" in lines
    assert 'from = "me@example.org"  # tocsin.toml' in lines
    assert 'password = "********"  # TOCSIN_SMTP__PASSWORD' in lines
    assert "heap_mb = 512  # option" in lines
    assert "port = 587" in lines
    assert "# definitions is not set" in lines
    assert not any("very secret" in line for line in lines)


def test_what_config_prints_can_be_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = ("web.port=8090", 'outbound.allow=["10.0.0.0/8"]', 'detect.pipelines={de = "de_core_news_md"}')
    assert run([*(word for value in changed for word in ("--set", value)), "config"]) == 0
    (tmp_path / "again.toml").write_text(capsys.readouterr().out)
    assert run(["--config", "again.toml", "config", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["web"]["port"] == 8090
    assert shown["outbound"]["allow"] == ["10.0.0.0/8"]
    assert shown["detect"]["pipelines"] == {"de": "de_core_news_md"}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Usage: tocsin {' '.join(command)} ")
    assert f"tocsin {' '.join(command)}" in out.partition("Example")[2]


def test_the_commands_that_users_hold_on_to_exist() -> None:
    words = {" ".join(command) for command in COMMANDS}
    promised = {
        "up", "parse", "detect", "match", "status", "config", "version", "receive",
        *(f"serve {name}" for name in ("ingest", "detect", "match", "deliver", "web")),
        *(f"kafka {name}" for name in ("start", "stop", "status")),
        *(f"feeds {name}" for name in ("add", "remove", "list", "import", "export")),
        *(f"rules {name}" for name in ("add", "remove", "list", "check")),
        *(f"topics {name}" for name in ("list", "create", "lag")),
        *(f"dead-letters {name}" for name in ("list", "show", "replay", "drop")),
    }  # fmt: skip
    assert promised - words == set()


def test_help_is_grouped_and_works_whatever_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text("nonsense")
    helped = tocsin("--help")
    assert helped.returncode == 0
    for title, names in cli.SECTIONS:
        assert title in helped.stdout
        assert all(f"  {name} " in helped.stdout for name in names)
    assert "More:" not in helped.stdout
    assert tocsin("up", "--help").returncode == 0
    assert tocsin("version").stdout.startswith("tocsin 0")


def test_a_command_that_is_left_out_is_answered_with_the_list() -> None:
    for arguments in ([], ["kafka"]):
        answered = tocsin(*arguments)
        assert answered.returncode == 2
        assert "Commands" in answered.stderr or "Run:" in answered.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from deploy.cli import run; run(['--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(cli.__file__).parents[1], check=True
    )
    assert done.stderr.strip() == "[]"


def test_an_error_that_nobody_foresaw_is_one_line_unless_debug_is_asked(tmp_path: Path) -> None:
    code = (
        "import sys; from deploy import cli; sys.argv = ['tocsin', *sys.argv[1:]];"
        "cli.run = lambda arguments: [][1]; cli.main()"
    )

    def fail(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True, text=True, cwd=Path(cli.__file__).parents[1], check=False,
        )  # fmt: skip

    short = fail("config")
    assert short.returncode == 1
    assert short.stderr == "tocsin: unexpected IndexError: list index out of range; --debug shows where\n"
    assert "Traceback" in fail("config", "--debug").stderr
    assert "Traceback" in fail("serve", "web").stderr


def test_a_reader_who_goes_away_is_no_error() -> None:
    code = f"{sys.executable} -m deploy.cli config | head -n 1"
    done = subprocess.run(
        ["sh", "-c", code], capture_output=True, text=True, cwd=Path(cli.__file__).parents[1], check=False
    )
    assert done.stdout.startswith("data_dir")
    assert done.stderr == ""


def test_an_interrupt_is_quiet() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "receive", "--http-port", "0", "--smtp-port", "0"],
        stderr=subprocess.PIPE, text=True, cwd=Path(cli.__file__).parents[1],
    )  # fmt: skip
    assert process.stderr is not None
    assert "Ctrl-C ends" in process.stderr.readline()
    process.send_signal(2)
    assert process.wait(10) == 130
    assert process.stderr.read() == ""
    process.stderr.close()


def test_kafka_status_says_that_none_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kafka", "status"]) == 1
    assert capsys.readouterr().out.startswith("Kafka is not running; its data: ")
    assert run(["kafka", "status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["running"] is False
    assert run(["kafka", "stop"]) == 0
    assert capsys.readouterr().out == "Kafka was not running\n"
