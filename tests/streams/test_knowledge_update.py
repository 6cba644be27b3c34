"""Renewing what is known: answers of Wikidata's query service, recorded in its shape, and what comes of them."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import typer
from typer.testing import CliRunner

from streams.errors import PermanentError, TemporaryError, TocsinError, UsageError
from streams.knowledge import Knowledge, Term, holders, load
from streams.knowledge.cli import register
from streams.knowledge.update import contradictions, write_people
from streams.knowledge.wikidata import Change, batches, changes, merged, read_holdings, read_names, terms_question
from streams.settings import Detect, OutboundSettings, Settings

RECORDED = Path(__file__).parents[1] / "golden" / "wikidata"
TERMS, NAMES = (RECORDED / "terms.json").read_bytes(), (RECORDED / "names.json").read_bytes()
NEW = Term("DE", "head_of_government", date(2026, 11, 2))
MERZ = Term("DE", "head_of_government", date(2025, 5, 6))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


class Service(ThreadingHTTPServer):
    """Answers questions for terms and for names as recorded; `status` other than 200 refuses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/sparql"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        question = parse_qs(body)["query"][0]
        self.server.asked.append(question)
        answer = TERMS if "?office" in question else NAMES
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def update(definitions: Path | None, service: Service, *options: str) -> tuple[int, str, TocsinError | None]:
    """Run `knowledge update` for Germany: status, what it printed, and the error that it ended with."""
    app = typer.Typer()

    @app.callback()
    def root(ctx: typer.Context) -> None:
        ctx.obj = Settings(
            outbound=OutboundSettings(allow=(ip_network("127.0.0.0/8"),)), detect=Detect(definitions=definitions)
        )

    register(app)
    result = CliRunner().invoke(
        app, ["knowledge", "update", "--country", "DE", "--endpoint", service.url, *options], catch_exceptions=True
    )
    error = result.exception
    if error is not None and not isinstance(error, TocsinError | SystemExit):
        raise error
    return result.exit_code, result.stdout, error if isinstance(error, TocsinError) else None


def test_terms_are_read_and_what_is_no_term_is_left_out():
    found = {(item.person, item.term) for item in read_holdings(TERMS)}
    assert ("Q999000001", NEW) in found
    assert ("Q567", Term("DE", "head_of_government", date(2005, 11, 22), date(2021, 12, 8))) in found
    assert {person for person, _ in found}.isdisjoint({"Q999000002", "Q999000003"}), "a tab in a name, an unknown end"
    assert len(found) == 5, "the repeated row counts once"


def test_names_are_read_by_language():
    names = read_names(NAMES)["Q999000001"]
    assert names["*"] == ("Erika Beispiel", "Érika Beispiel")
    assert names["ru"] == ("Эрика Байшпиль",)
    assert "ja" not in names


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>busy</html>",
        b"[]",
        b'{"results": {"bindings": [1]}}',
        b'{"results": {"bindings": [{"person": {}}]}}',
    ],
)
def test_an_answer_of_another_shape_is_refused_in_one_sentence(answer: bytes):
    with pytest.raises(PermanentError, match="did not answer with results"):
        read_holdings(answer)


def test_only_differences_are_changes(knowledge: Knowledge):
    """Days that differ by less than a week are the same, countries that we do not know are nobody's."""
    assert changes(knowledge, read_holdings(TERMS)) == [
        Change("ends", "Q566257", "Friedrich Merz", Term("DE", "head_of_government", MERZ.start, NEW.start), MERZ),
        Change("new holder", "Q999000001", "Erika Beispiel", NEW),
    ]


def test_a_known_person_keeps_the_names_of_the_table(knowledge: Knowledge):
    (ended, _) = changes(knowledge, read_holdings(TERMS))
    person = merged(knowledge.people["Q566257"], [ended], {"*": ("Somebody Else",)})
    assert person.forms == knowledge.people["Q566257"].forms
    assert person.terms[-1].end == NEW.start


def test_a_row_that_would_contradict_the_tables_is_found(knowledge: Knowledge):
    (_, new) = changes(knowledge, read_holdings(TERMS))
    (problem,) = contradictions(knowledge, [merged(None, [new], {})])
    assert "DE has two at once as head_of_government" in problem


def test_a_written_row_is_read_again_and_other_lines_stay(tmp_path: Path, knowledge: Knowledge):
    (ended, new) = changes(knowledge, read_holdings(TERMS))
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "people.tsv").write_text(
        "# ours\nQ999000001\told row\tDE head_of_state 1950..1951\t\t*=old\t\n"
    )
    merz = merged(knowledge.people["Q566257"], [ended], {})
    stranger = merged(None, [new], read_names(NAMES)["Q999000001"])
    write_people(tmp_path, [merz, stranger])
    again = load(tmp_path)
    assert (tmp_path / "knowledge" / "people.tsv").read_text().startswith("# ours\nQ999000001\tErika Beispiel\t")
    assert again.people["Q999000001"] == stranger
    assert again.people["Q566257"].terms == merz.terms
    assert [person.id for person in holders(again, "DE", "head_of_government", date(2026, 12, 1))] == ["Q999000001"]


def test_without_accept_nothing_is_written(tmp_path: Path, service: Service):
    status, out, _ = update(tmp_path, service, "--json")
    assert status == 0
    assert [(row["change"], row["id"], row["to"]) for row in json.loads(out)] == [
        ("ends", "Q566257", "2026-11-02"),
        ("new holder", "Q999000001", None),
    ]
    assert list(tmp_path.iterdir()) == []
    assert len(service.asked) == 1


def test_what_is_accepted_is_written_with_its_names(tmp_path: Path, service: Service):
    status, out, _ = update(tmp_path, service, "--accept", "Q999000001", "--accept", "Q566257")
    assert status == 0
    assert "wrote 2 people to" in out
    assert "Эрика Байшпиль" in (tmp_path / "knowledge" / "people.tsv").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            ("--accept", "Q999000001"), "nothing was written, these rows would contradict", id="contradiction"
        ),
        pytest.param(("--accept", "Q1"), "--accept: no change concerns Q1", id="nobody"),
        pytest.param(("--since", "lately"), "--since: lately is no day", id="day"),
        pytest.param(("--country", "XX"), "--country: XX is not in the table", id="country"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    tmp_path: Path, service: Service, options: tuple[str, ...], message: str
):
    _, _, error = update(tmp_path, service, *options)
    assert isinstance(error, UsageError)
    assert str(error).startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_of_ones_own_nothing_can_be_accepted(service: Service):
    _, _, error = update(None, service, "--accept", "all")
    assert "detect.definitions: name a folder" in str(error)


@pytest.mark.parametrize(("status", "kind"), [(429, TemporaryError), (503, TemporaryError), (400, PermanentError)])
def test_a_service_that_refuses_is_named(tmp_path: Path, service: Service, status: int, kind: type[TocsinError]):
    service.status = status
    _, _, error = update(tmp_path, service)
    assert isinstance(error, kind)
    assert f"status {status}" in str(error)


def test_questions_hold_nothing_but_codes():
    question = terms_question(["DE", 'FR" } DROP'], date(2020, 1, 1))
    assert 'VALUES ?iso { "DE" }' in question
    assert list(batches(["c", "a", "b"], 2)) == [["a", "b"], ["c"]]
