"""The commands of streams, as a person types them."""

import asyncio
import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

import streams.cli
from streams import broker, dead_letters
from streams.errors import TocsinError, UsageError
from streams.producer import Producer
from streams.settings import Detect, Settings
from streams.terminal import columns
from streams.topics import ARTICLES, TOPICS

COMMAND = """
import sys
import typer
import streams.cli
from streams.settings import Detect, Settings

app, serve = typer.Typer(), typer.Typer()
app.add_typer(serve, name="serve")

@app.callback()
def root(ctx: typer.Context) -> None:
    ctx.obj = Settings.model_validate_json(sys.argv.pop(1))

streams.cli.register(app, serve)
arguments = sys.argv[2:]
app(arguments)
"""

PLAN = {"id": "a1", "title": "Putin trifft Kim Jong-un", "text": "Putin trifft Kim Jong-un in Wladiwostok."}


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    error: str | None


def ask(settings: Settings, *arguments: str) -> Answer:
    """Run a command in this process; an error that the command raises is given in place of its line."""
    app, serve = typer.Typer(), typer.Typer()
    app.add_typer(serve, name="serve")

    @app.callback()
    def root(ctx: typer.Context) -> None:
        ctx.obj = settings

    streams.cli.register(app, serve)
    result = CliRunner().invoke(app, arguments)
    error = str(result.exception) if isinstance(result.exception, TocsinError) else None
    if result.exception is not None and not isinstance(result.exception, TocsinError | SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, error)


def started(settings: Settings, *arguments: str) -> "subprocess.Popen[str]":
    """Run a command in a process of its own."""
    shared = Settings.model_validate({name: getattr(settings, name) for name in Settings.model_fields})
    command = [sys.executable, "-c", COMMAND.replace("sys.argv.pop(1)", "sys.argv[1]"), shared.model_dump_json()]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True)


async def bury(settings: Settings, count: int) -> None:
    producer = Producer(settings, 20)
    await producer.start()
    for n in range(count):
        await producer.bury(b"k", f"junk {n}".encode(), dead_letters.headers("not JSON", f"articles:0:{n}", 1))
    await producer.stop()


@pytest.mark.kafka
def test_topics_are_listed_created_and_measured(kafka_settings: Settings):
    assert ask(kafka_settings, "topics", "create").out == "all topics are there\n"
    listed = json.loads(ask(kafka_settings, "topics", "list", "--json").out)
    assert [row["topic"] for row in listed] == [topic.name for topic in TOPICS]
    assert listed[0] == {
        "topic": "articles",
        "partitions": 8,
        "messages": 0,
        "key": "article id",
        "days": 7,
        "holds": "entries of feeds as plain text",
    }
    table = ask(kafka_settings, "topics", "list").out.splitlines()
    assert table[0].split() == ["TOPIC", "PARTITIONS", "MESSAGES", "KEY", "DAYS", "HOLDS"]
    assert len(table) == 7
    assert ask(kafka_settings, "topics", "lag").out == "nothing has been read yet\n"
    assert json.loads(ask(kafka_settings, "topics", "lag", "--json").out) == []

    fresh = kafka_settings.model_copy(
        update={
            "kafka": kafka_settings.kafka.model_copy(update={"topic_prefix": kafka_settings.kafka.topic_prefix + "x-"})
        }
    )
    created = json.loads(ask(fresh, "topics", "create", "--json").out)["created"]
    assert created == [fresh.kafka.topic_prefix + topic.name for topic in TOPICS]


@pytest.mark.kafka
def test_dead_letters_are_listed_shown_replayed_and_dropped(kafka_settings: Settings, tmp_path: Path):
    assert ask(kafka_settings, "dead-letters", "list").out == "no dead letters\n"
    asyncio.run(bury(kafka_settings, 4))
    listed = ask(kafka_settings, "dead-letters", "list").out.splitlines()
    assert listed[0].split() == ["ID", "FROM", "TIME", "ATTEMPTS", "ERROR"]
    assert [line.split()[0] for line in listed[1:]] == ["0:0", "0:1", "0:2", "0:3"]

    shown = json.loads(ask(kafka_settings, "dead-letters", "show", "0:1", "--json").out)
    assert (shown["source"], shown["value"], shown["error"], shown["state"]) == (
        "articles:0:1",
        "junk 1",
        "not JSON",
        "open",
    )
    assert "junk 1" in ask(kafka_settings, "dead-letters", "show", "0:1").out

    mended = tmp_path / "mended.json"
    mended.write_text('{"id": "mended"}')
    assert ask(kafka_settings, "dead-letters", "replay", "0:1", "--value", str(mended)).out == "replayed 0:1\n"
    assert ask(kafka_settings, "dead-letters", "drop", "0:0").out == "dropped 0:0\n"
    assert ask(kafka_settings, "dead-letters", "replay", "--all").out == "replayed 0:2\nreplayed 0:3\n"
    assert ask(kafka_settings, "dead-letters", "list").out == "no dead letters\n"
    every = json.loads(ask(kafka_settings, "dead-letters", "list", "--all-states", "--json").out)
    assert [(one["id"], one["state"]) for one in every] == [
        ("0:0", "dropped"),
        ("0:1", "replayed"),
        ("0:2", "replayed"),
        ("0:3", "replayed"),
    ]
    states = {state.topic: state for state in asyncio.run(broker.measure(kafka_settings))}
    assert states["articles"].messages == 3


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("replay",), "name the ids of dead letters, or --all"),
        (("drop", "0:1", "--all"), "name the ids of dead letters, or --all"),
        (("show", "0:9"), "no dead letter 0:9; `tocsin dead-letters list --all-states` shows those there are"),
        (("replay", "--all", "--value", "x"), "--value: mends one dead letter; name its id"),
    ],
)
def test_wrong_use_is_one_sentence(kafka_settings: Settings, arguments: tuple[str, ...], reason: str):
    answer = ask(kafka_settings, "dead-letters", *arguments)
    assert (answer.error, answer.out) == (reason, "")


@pytest.mark.parametrize("arguments", [("serve", "detect"), ("topics", "list"), ("dead-letters", "list")])
def test_without_kafka_each_command_says_how_to_get_one(tmp_path: Path, arguments: tuple[str, ...]):
    answer = ask(Settings(data_dir=tmp_path), *arguments)
    assert (answer.error or "").startswith("kafka.bootstrap_servers: is empty and no Kafka was started under")


@pytest.mark.kafka
def test_serve_detect_works_until_it_is_told_to_stop(kafka_settings: Settings):
    name = broker.topic_name(kafka_settings, ARTICLES)

    async def write() -> None:
        async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap(kafka_settings)) as producer:
            await producer.send_and_wait(name, json.dumps(PLAN).encode(), key=b"a1")

    asyncio.run(write())
    process = started(kafka_settings, "serve", "detect", "--health-port", "0")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        states = {state.topic: state for state in asyncio.run(broker.measure(kafka_settings))}
        if states["annotated"].messages and states["articles"].groups == {"tocsin-detect": 0}:
            break
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=40)
    assert process.returncode == 0, error
    assert states["annotated"].messages == 1, error
    assert list((kafka_settings.data_dir / "run").iterdir()) == []


def test_detect_is_a_pipe_that_answers_line_by_line(tmp_path: Path):
    process = started(Settings(data_dir=tmp_path), "detect")
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps(PLAN) + "\n")
    process.stdin.flush()
    first = json.loads(process.stdout.readline())
    assert (first["id"], first["title"]) == ("a1", PLAN["title"])
    assert isinstance(first["events"], list)
    for mention in first["mentions"]:
        assert first[mention["field"]][mention["start"] : mention["end"]] == mention["text"]
    process.stdin.write('not json\n{"title": "Only a title", "text": null}\n')
    process.stdin.close()
    assert json.loads(process.stdout.read())["title"] == "Only a title"
    assert json.loads(process.stderr.read())["line"] == 2
    assert process.wait(20) == 1


def test_knowledge_is_looked_up_for_a_day(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    then = json.loads(ask(settings, "knowledge", "lookup", "Angela Merkel", "--date", "2015-09-04", "--json").out)
    assert ("Q567", "head_of_government") in {(row["id"], row["office"]) for row in then}
    today = json.loads(ask(settings, "knowledge", "lookup", "Angela Merkel", "--json").out)
    assert {row["office"] for row in today if row["id"] == "Q567"} == {None}
    unknown = ask(settings, "knowledge", "lookup", "Xqzzy Nobody")
    assert (unknown.status, unknown.out) == (1, "Xqzzy Nobody is not known\n")
    wrong = ask(settings, "knowledge", "lookup", "Merkel", "--date", "yesterday")
    assert wrong.error == "--date: yesterday is no day; write it like 2023-09-05"


def test_our_own_knowledge_has_no_contradictions(tmp_path: Path):
    answer = ask(Settings(data_dir=tmp_path), "knowledge", "check")
    assert (answer.status, answer.out) == (0, "no problems\n")


def test_languages_are_listed_with_what_they_lack(tmp_path: Path):
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "it.yaml").write_text("code: it\nname: Italiano\nscript: latin\n")
    settings = Settings(data_dir=tmp_path, detect=Detect(languages=("de", "it"), definitions=tmp_path))
    german, italian = json.loads(ask(settings, "languages", "--json").out)
    assert german["language"] == "de"
    assert not {"titles", "cues.negation", "words of leader_meeting"} & set(german["lacks"].split(", "))
    assert (italian["name"], italian["event_types"]) == ("Italiano", 0)
    assert {"titles", "cues.negation", "words of leader_meeting"} <= set(italian["lacks"].split(", "))


OIL_SPILL = """
type: oil_spill
label: Oil spill
roles:
  place: {fill: [country], links: [in, near]}
triggers:
  en:
    spill: {noun: [oil spill]}
examples:
  hit:
    en:
      - An oil spill near Norway killed birds.
      - An oil spill may reach Norway.: possible
  miss: {en: [An oil spill near Sweden killed fish.]}
"""


def test_an_operators_event_type_is_listed_and_its_examples_are_run(tmp_path: Path):
    (tmp_path / "event_types").mkdir()
    (tmp_path / "event_types" / "oil_spill.yaml").write_text(OIL_SPILL)
    settings = Settings(data_dir=tmp_path, detect=Detect(languages=("en",), definitions=tmp_path))
    listed = {row["type"]: row for row in json.loads(ask(settings, "event-types", "list", "--json").out)}
    assert listed["oil_spill"] == {
        "type": "oil_spill",
        "label": "Oil spill",
        "roles": "place",
        "languages": "en",
        "examples": 3,
    }
    checked = ask(settings, "event-types", "check", "oil_spill", "--json")
    assert checked.status == 1
    assert [(row["wanted"], row["text"]) for row in json.loads(checked.out)] == [
        ("nothing raised", "An oil spill near Sweden killed fish.")
    ], "a miss that is raised is shown"
    assert ask(settings, "event-types", "check", "oil_spil").error == (
        f"oil_spil is no event type; known are {', '.join(listed)}"
    )


def test_the_event_type_in_the_handbook_is_right(tmp_path: Path):
    handbook = (Path(__file__).parents[2] / "deploy" / "README.md").read_text()
    block = handbook.partition("An event type:\n\n")[2].partition("\n\n`tocsin event-types check")[0]
    (tmp_path / "event_types").mkdir()
    (tmp_path / "event_types" / "oil_spill.yaml").write_text(textwrap.dedent(block))
    settings = Settings(data_dir=tmp_path, detect=Detect(languages=("en",), definitions=tmp_path))
    answer = ask(settings, "event-types", "check", "oil_spill")
    assert (answer.status, answer.out) == (0, "all 4 examples are right\n")


def test_every_command_has_help_with_an_example():
    for arguments in (
        ("detect",),
        ("serve", "detect"),
        *(("topics", name) for name in ("list", "create", "lag")),
        *(("dead-letters", name) for name in ("list", "show", "replay", "drop")),
        *(("knowledge", name) for name in ("lookup", "check", "update")),
        ("languages",),
        *(("event-types", name) for name in ("list", "check")),
    ):
        answer = ask(Settings(), *arguments, "--help")
        assert answer.status == 0
        assert "Example" in answer.out, arguments


def test_columns_are_as_wide_as_their_cells_and_hold_no_control_characters():
    rows = [{"id": "0:1", "some_error": "bad\x1b[2Jline\n2"}, {"id": "0:1000", "some_error": None}]
    assert columns(rows) == "ID      SOME ERROR\n0:1     bad [2Jline 2\n0:1000\n"


def test_usage_errors_are_what_the_command_line_turns_into_exit_2():
    assert issubclass(UsageError, TocsinError)


def test_detect_explains_in_words_or_as_json_lines(tmp_path: Path):
    settings = Settings.model_validate({"detect": {"languages": ["de"]}})
    file = tmp_path / "articles.jsonl"
    file.write_text(json.dumps(PLAN) + "\n{\n", encoding="utf-8")
    answer = ask(settings, "detect", "--explain", str(file))
    assert answer.status == 1
    assert "found by   “trifft”: A meets B" in answer.out
    (line,) = ask(settings, "detect", "--explain", "--json", str(file)).out.splitlines()
    assert json.loads(line)["candidates"][0]["event"]["type"] == "leader_meeting"
