"""The rules of the house that a machine can see: sizes, doors, and that what runs is documented."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel

from deploy.cli import build
from deploy.settings import Settings
from streams import metrics
from streams.topics import TOPICS

ROOT = Path(__file__).parent.parent
PACKAGES = ("ingest", "streams", "alerts", "deploy")
HANDBOOK = ROOT / "deploy" / "README.md"


def _sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_have_one_subject() -> None:
    long = {str(p.relative_to(ROOT)): n for p in _sources(*PACKAGES) if (n := p.read_text().count("\n")) > 500}
    assert long == {}


def test_functions_can_be_read_at_a_glance() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in _sources(*PACKAGES)
        for node in _functions(path)
        if (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert long == []


def test_broad_excepts_stand_where_the_house_allows_them() -> None:
    allowed = {"ingest/crawler.py", "streams/app.py", "streams/pipes.py", "alerts/delivery.py"}
    found = {
        str(path.relative_to(ROOT))
        for path in _sources(*PACKAGES)
        if re.search(r"except (Base)?Exception\b", path.read_text(encoding="utf-8"))
    }
    assert found - allowed == set()


def test_feedparser_gets_bytes_only_in_a_buffer() -> None:
    """Given bytes or text it would open them as a path or URL: a body of `/etc/passwd` reads that file."""
    calls = [
        (str(path.relative_to(ROOT)), match.group(1))
        for path in _sources(*PACKAGES)
        for match in re.finditer(r"feedparser\.parse\(\s*([\w.]+)", path.read_text(encoding="utf-8"))
    ]
    assert calls != []
    assert {argument for _path, argument in calls} <= {"io.BytesIO", "BytesIO"}


def test_tests_use_fakes_with_a_contract_not_mocks() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in _sources("tests")
        if path != Path(__file__) and "unittest.mock" in path.read_text(encoding="utf-8")
    ]
    assert named == []


def _settings(kind: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in kind.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, f"{key}.")
        else:
            yield key


def test_the_handbook_names_every_setting() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    assert [key for key in _settings(Settings) if f"`{key}`" not in text] == []


def test_the_handbook_names_every_metric() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    families = {family.name + ("_total" if family.type == "counter" else "") for family in metrics.REGISTRY.collect()}
    assert len(families) > 20
    assert [name for name in sorted(families) if f"`{name}`" not in text] == []


def test_the_handbook_names_every_topic() -> None:
    text = HANDBOOK.read_text(encoding="utf-8")
    assert [topic.name for topic in TOPICS if f"`{topic.name}`" not in text] == []


def _commands(document: Path) -> set[str]:
    """The `tocsin …` commands in a document's fenced blocks, as far as they name a command (no options, no values)."""
    found = set()
    for block in re.findall(r"```(?:sh|console|bash)\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL):
        for match in re.finditer(r"(?:^|[\s|(])(?:\.venv/bin/)?tocsin((?: [a-z][a-z-]*)+)", block, re.MULTILINE):
            found.add(match.group(1).strip())
    return found


def _exists(words: Sequence[str]) -> bool:
    """Whether words name a command; what is left of them are its arguments, if it takes any."""
    at = typer.main.get_command(build())
    left = list(words)
    while left and hasattr(at, "commands"):
        if left[0] not in at.commands:
            return False
        at = at.commands[left.pop(0)]
    return not left or any(parameter.param_type_name == "argument" for parameter in at.params)


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("up", True),
        ("feeds add https", True),
        ("topics list", True),
        ("fly", False),
        ("feeds fly", False),
        ("up x", False),
    ],
)
def test_a_command_that_does_not_exist_is_found(words: str, there: bool) -> None:
    assert _exists(words.split()) is there


@pytest.mark.parametrize("document", ["README.md", "deploy/README.md"])
def test_every_command_in_the_documents_exists(document: str) -> None:
    commands = _commands(ROOT / document)
    assert commands
    assert [command for command in sorted(commands) if not _exists(command.split())] == []
