"""The commands of ingest as a user meets them, in a process of their own."""

import asyncio
import contextlib
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import cli
from tests.fakes import serve_site, until

RSS = "<rss version='2.0'><channel><title>T</title><item><title>{}</title><link>/1</link></item></channel></rss>"
Here = Callable[..., tuple[int, str, str]]
"""Runs a command; its exit status, standard output and standard error."""

RUN = "import sys; from deploy.cli import main; sys.argv[0] = 'tocsin'; main()"


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TOCSIN_DATA_DIR": str(folder / "data"), "TOCSIN_OUTBOUND__ALLOW": '["127.0.0.0/8"]'}


def _tocsin(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.run(
        command, input=given, capture_output=True, timeout=60, cwd=folder, env=_environment(folder), check=False
    )


def _lines(data: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in data.splitlines()]


def test_parse_files_in_order_and_tell_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(RSS.format("A"))
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(RSS.format("B").encode()))
    (tmp_path / "page.html").write_text("<html></html>")
    done = _tocsin(tmp_path, "parse", "a.xml", "page.html", "missing.xml", "b.xml.gz", ".")
    assert [article["title"] for article in _lines(done.stdout)] == ["A", "B"]
    assert [(e["line"], e["feed"]) for e in _lines(done.stderr)] == [(2, "page.html"), (3, "missing.xml"), (5, ".")]
    assert all(error["error"] for error in _lines(done.stderr))
    assert done.returncode == 1


def test_parse_standard_input_as_if_it_came_from_a_url(tmp_path: Path) -> None:
    done = _tocsin(tmp_path, "parse", "--url", "https://a.example/feed", given=RSS.format("A").encode())
    (article,) = _lines(done.stdout)
    assert (article["url"], article["source"]) == (
        "https://a.example/1",
        {"feed": "https://a.example/feed", "title": "T"},
    )
    assert done.returncode == 0


def test_report_survives_a_feed_that_kills_the_parser(tmp_path: Path) -> None:
    attributes = " ".join(f"a{n}='1'" for n in range(60_000))
    (tmp_path / "killer.xml").write_text(f"<rss version='2.0'><channel><item {attributes}/></channel></rss>")
    (tmp_path / "good.xml").write_text(RSS.format("A"))
    done = _tocsin(tmp_path, "--set", "ingest.parse_timeout=2s", "parse", "--report", "killer.xml", "good.xml")
    killer, good = _lines(done.stdout)
    assert "longer than 2 s" in str(killer["error"])
    assert good == {
        "feed": "good.xml",
        "format": "rss20",
        "title": "T",
        "language": None,
        "encoding": "utf-8",
        "entries": 1,
        "complaint": None,
        "error": None,
    }
    assert done.returncode == 1


async def test_parse_a_url(tmp_path: Path) -> None:
    async with serve_site(feed=RSS.format("A").encode()) as site:
        done = await asyncio.to_thread(_tocsin, tmp_path, "parse", site.url("/feed"), site.url("/none"))
        (article,) = _lines(done.stdout)
        assert (article["url"], article["source"]["feed"]) == (site.url("/1"), site.url("/feed"))  # type: ignore[index]
        assert "not there" in str(_lines(done.stderr)[0]["error"])


def test_articles_come_out_before_the_last_feed_has_come_in(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(RSS.format("A"))
    command = [sys.executable, "-c", RUN, "parse", "a.xml", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, env=_environment(tmp_path)
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["title"] == "A"
        process.stdin.write(RSS.format("B").encode())
        process.stdin.close()
        assert json.loads(process.stdout.readline())["title"] == "B"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Here:
    """Commands in this process: they start in a tenth of the time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOCSIN_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(list(arguments))
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return run


def test_feeds_are_added_listed_exported_imported_and_removed(tmp_path: Path, here: Here) -> None:
    _, out, _ = here("feeds", "add", "https://a.example/", "https://b.example/", "--folder", "Asia")
    assert out.split() == ["added", "https://a.example/", "added", "https://b.example/"]
    _, out, _ = here("feeds", "add", "https://a.example/", "--json")
    assert json.loads(out) == {"feed": "https://a.example/", "result": "known"}
    assert here("feeds", "pause", "https://b.example/")[0] == 0
    listed = _lines(here("feeds", "list", "--json")[1].encode())
    assert [(feed["feed"], feed["state"], feed["folder"]) for feed in listed] == [
        ("https://a.example/", "new", "Asia"),
        ("https://b.example/", "paused", "Asia"),
    ]
    assert "paused" in here("feeds", "list")[1]
    (tmp_path / "feeds.opml").write_text(here("feeds", "export")[1])
    assert here("feeds", "remove", "https://a.example/")[0] == 0
    assert here("feeds", "remove", "https://a.example/")[0] == 1
    status, out, _ = here("feeds", "import", "feeds.opml")
    assert (status, out.splitlines()) == (0, ["1: added  https://a.example/", "2: known  https://b.example/"])
    assert here("feeds", "resume", "https://b.example/")[0] == 0
    (tmp_path / "list.txt").write_text("https://c.example/\nnonsense\n")
    status, out, _ = here("feeds", "import", "list.txt", "--json")
    assert status == 1
    assert [line["line"] for line in _lines(out.encode())] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("feeds", "add", "ftp://a.example/"), "no http or https"),
        (("feeds", "add", "https://user:secret@a.example/"), "user name"),
        (("feeds", "import", "none.opml"), "cannot be read"),
        (("serve", "ingest", "--health-port", "0"), "kafka.bootstrap_servers"),
    ],
)
def test_wrong_use_is_one_line_and_2(here: Here, arguments: tuple[str, ...], words: str) -> None:
    status, _, err = here(*arguments)
    said = [line for line in err.splitlines() if line.startswith("tocsin: ")]
    assert status == 2
    assert len(said) == 1
    assert words in said[0]
    assert "secret" not in said[0]


async def test_serve_ingest_fetches_what_files_name_and_stops_on_a_signal(tmp_path: Path) -> None:
    """Without a broker it still fetches; what it found waits in the store, and it ends within seconds."""
    async with serve_site(feed=RSS.format("A").encode()) as site:
        (tmp_path / "feeds.txt").write_text(f"{site.url('/feed')}\nnonsense\n")
        (tmp_path / "tocsin.toml").write_text(
            '[ingest]\nfeeds = ["feeds.txt"]\n[kafka]\nbootstrap_servers = "127.0.0.1:1"\n'
        )
        with (tmp_path / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", RUN, "serve", "ingest", "--health-port", "0"),
                stderr=log,
                cwd=tmp_path,
                env=_environment(tmp_path),
            )
        try:
            await until(lambda: b"feed.fetched" in (tmp_path / "log").read_bytes(), 60)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 40) == 0
        finally:
            if process.returncode is None:
                process.kill()
        events = _lines((tmp_path / "log").read_bytes())
        assert [e["line"] for e in events if e["event"] == "feed.ignored"] == [2]
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "ingest.sqlite")) as store:
            (waiting,) = store.execute("SELECT count(*) FROM ingest_outbox WHERE topic = 'articles'").fetchone()
        assert waiting == 1
        (feed,) = _lines(_tocsin(tmp_path, "feeds", "list", "--json").stdout)
        assert (feed["state"], feed["entries"]) == ("well", 1)
