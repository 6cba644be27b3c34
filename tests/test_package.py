"""The wheel: it holds every file of the packages and nothing else, and the command works from it, away from the repository."""

import os
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("ingest", "streams", "alerts", "deploy")
FEED = b"""<rss version="2.0"><channel><title>Paper</title><language>en</language><item><guid isPermaLink="false">1</guid>
<title>The president of Kenya meets the president of Ghana in Nairobi</title></item></channel></rss>"""
RULE = '[[rule]]\nname = "Leaders"\nquery = "president"\n'
COMMAND = (
    "import sys, deploy.cli; sys.argv[0] = 'tocsin'; assert deploy.__file__.startswith(sys.path[0]); deploy.cli.main()"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("tocsin-*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed").resolve()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(unpacked: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What a command of the unpacked wheel writes; its folder comes before the repository, which is no working folder."""
    found = {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=unpacked.parent,
        env={**os.environ, **found},
        input=given,
        capture_output=True,
        check=False,
        timeout=90,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


def test_the_wheel_says_what_it_is_and_what_it_needs(unpacked: Path) -> None:
    (about,) = unpacked.glob("tocsin-*.dist-info")
    told = message_from_string((about / "METADATA").read_text(encoding="utf-8"))
    assert told["Name"] == "tocsin"
    assert told["Requires-Python"] == ">=3.11"
    assert len(told.get_all("Requires-Dist") or []) > 20
    assert (about / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert "tocsin = deploy.cli:main" in (about / "entry_points.txt").read_text(encoding="utf-8")


def test_a_feed_becomes_an_alert_by_the_commands_of_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULE, encoding="utf-8")
    articles = run(unpacked, "parse", "-", given=FEED)
    annotated = run(unpacked, "detect", given=articles)
    alerts = run(unpacked, "match", "--rules", str(rules), given=annotated)
    assert alerts.count(b"\n") == 1
    assert b'"Leaders"' in alerts


def test_the_commands_that_keep_something_make_their_tables_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    kept = ("--data-dir", str(tmp_path / "data"))
    assert b"https://example.org/feed" in run(unpacked, *kept, "feeds", "add", "https://example.org/feed")
    assert (tmp_path / "data" / "ingest.sqlite").exists()
