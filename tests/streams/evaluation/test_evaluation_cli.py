"""`tocsin eval` on a small file of invented sentences."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from streams.errors import TocsinError
from streams.evaluation import cli
from streams.settings import Settings

INVENTED = Path(__file__).parents[2] / "golden" / "labelled" / "invented.jsonl"


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    error: str


def ask(*arguments: object) -> Answer:
    app = typer.Typer()

    @app.callback()
    def root(ctx: typer.Context) -> None:
        ctx.obj = Settings.model_validate({"detect": {"languages": ["de", "en"]}})

    cli.register(app)
    result = CliRunner().invoke(app, ["eval", *map(str, arguments)])
    if isinstance(result.exception, TocsinError):
        return Answer(2, result.stdout, str(result.exception))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


def test_the_detector_is_scored() -> None:
    told = json.loads(ask(INVENTED, "--json").out)
    meetings = told["report"]["detection"]["leader_meeting"]
    assert (meetings["all"]["n"], meetings["all"]["positive"]) == (9, 2)
    assert (meetings["all"]["f1"], meetings["clear"]["n"]) == (1.0, 8)
    assert meetings["near_misses"] == {"denied": [0, 1], "phone": [0, 1]}
    assert told["report"]["roles"]["recipient"]["hit"] == 1
    assert told["identification"]["longer_wrong"] == 0


def test_tables_are_for_people() -> None:
    answer = ask(INVENTED)
    assert answer.status == 0
    assert "leader_meeting" in answer.out
    assert "calibration" in answer.out
    assert "language wrong on 0 of 9 texts" in answer.out


def test_texts_that_nobody_reads_are_reported_apart(tmp_path: Path) -> None:
    errors = tmp_path / "errors.jsonl"
    predictions = tmp_path / "found.jsonl"
    predictions.write_text("")
    answer = ask(INVENTED, "--unread", "04", "--json", "--predictions", predictions, "--errors", errors)
    told = json.loads(answer.out)
    assert (told["read"]["report"]["texts"], told["unread"]["report"]["texts"]) == (7, 2)
    assert told["unread"]["report"]["detection"]["arms_transfer"]["all"]["missed"] == 1
    assert [json.loads(line)["id"] for line in errors.read_text().splitlines()] == ["i11"]


def test_errors_hold_texts_only_when_asked_for(tmp_path: Path) -> None:
    errors, predictions = tmp_path / "errors.jsonl", tmp_path / "found.jsonl"
    predictions.write_text("")
    ask(INVENTED, "--predictions", predictions, "--errors", errors)
    assert "Macron" not in errors.read_text(encoding="utf-8")
    ask(INVENTED, "--predictions", predictions, "--errors", errors, "--texts")
    assert "Macron" in errors.read_text(encoding="utf-8")


def test_languages_can_be_chosen() -> None:
    assert json.loads(ask(INVENTED, "--language", "de", "--json").out)["report"]["texts"] == 4


def test_bad_lines_are_told_and_the_rest_is_scored(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(INVENTED.read_text(encoding="utf-8").splitlines()[0] + "\n{}\n", encoding="utf-8")
    answer = ask(file, "--json")
    assert answer.status == 1
    assert json.loads(answer.out)["report"]["texts"] == 1
    assert f"{file}:2:1:" in answer.error


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.jsonl",), "cannot be read"),
        ((INVENTED, "--texts"), "--errors"),
        ((INVENTED, "--language", "fr"), "no labelled text"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: tuple[object, ...], told: str) -> None:
    answer = ask(*arguments)
    assert answer.status == 2
    assert told in answer.error
