"""What `up --samples` adds: its ports, its rules, its receiver, and the settings that bring them together."""

import http.client
import json
import smtplib
import socket
import sys
import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest

from deploy import newsroom
from deploy.blocking import in_thread
from deploy.cli import parse_options
from deploy.demonstration import Ports, opened, rest
from deploy.settings import Settings, describe
from streams.errors import UsageError
from streams.settings import load

NOTHING = (sys.executable, "-c", "raise SystemExit(1)")


class Heard:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def say(self, name: str, line: str) -> None:
        self.lines.append((name, line))

    def all(self) -> str:
        return "\n".join(line for _, line in self.lines)


def settings_in(folder: Path, **sections: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, **sections})


def kept_ports(folder: Path) -> Ports:
    return Ports(**json.loads((folder / "samples" / "ports.json").read_text()))


def webhook_url(folder: Path) -> str:
    return tomllib.loads((folder / "samples" / "rules.toml").read_text())["channel"][0]["url"]


async def test_the_options_give_the_same_settings_as_those_in_force(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data", ingest={"feeds": [tmp_path / "own feeds.txt"]}, smtp={"host": "real"})
    async with opened(settings, NOTHING, Heard().say) as demonstration:
        words = demonstration.options
        assert set(words[::2]) == {"--set"}
        given = ["ingest.feeds=" + json.dumps([str(tmp_path / "own feeds.txt")]), *words[1::2]]
        again = load(Settings, environment={}, options=parse_options(settings.data_dir, given))
        assert describe(again) == describe(demonstration.settings)


async def test_own_feeds_and_rules_are_kept_and_mail_goes_to_the_receiver(tmp_path: Path) -> None:
    settings = settings_in(
        tmp_path,
        ingest={"feeds": ["/own.opml"]},
        rules={"files": ["/own.toml"]},
        outbound={"allow": ["10.0.0.0/8"]},
        smtp={"host": "mail.example.org", "security": "tls", "password": "x", "from": "me@example.org"},
    )
    async with opened(settings, NOTHING, Heard().say) as demonstration:
        inside = demonstration.settings
    samples = tmp_path / "samples"
    assert inside.ingest.feeds == (Path("/own.opml"), samples / "feeds.txt")
    assert inside.rules.files == (Path("/own.toml"), samples / "rules.toml")
    assert inside.outbound.allow == (ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"))
    assert (inside.smtp.host, inside.smtp.port, inside.smtp.security) == (
        "127.0.0.1",
        kept_ports(tmp_path).smtp,
        "none",
    )
    assert inside.smtp.password.get_secret_value() == ""
    assert inside.smtp.sender == "me@example.org"


async def test_ports_that_are_taken_at_first_are_replaced_and_then_kept(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), NOTHING, Heard().say):
        first = kept_ports(tmp_path)
        other = tmp_path / "other"
        async with opened(settings_in(other), NOTHING, Heard().say):
            second = kept_ports(other)
            assert not set(vars_of(first)) & set(vars_of(second))
            assert webhook_url(other) == f"http://127.0.0.1:{second.webhook}/webhook"
    async with opened(settings_in(other), NOTHING, Heard().say):
        assert kept_ports(other) == second


def vars_of(ports: Ports) -> tuple[int, int, int]:
    return ports.newsroom, ports.webhook, ports.smtp


async def test_the_rules_may_be_changed_and_follow_the_receiver_when_its_port_moves(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), NOTHING, Heard().say):
        ports = kept_ports(tmp_path)
    rules = tmp_path / "samples" / "rules.toml"
    rules.write_text(rules.read_text() + '\n[[rule]]\nname = "My own"\nquery = "x"\n')
    with socket.create_server(("127.0.0.1", ports.webhook)):
        async with opened(settings_in(tmp_path), NOTHING, Heard().say):
            moved = kept_ports(tmp_path)
    assert moved.webhook != ports.webhook
    assert webhook_url(tmp_path) == f"http://127.0.0.1:{moved.webhook}/webhook"
    assert "My own" in rules.read_text()


async def test_the_newsrooms_port_never_moves_once_articles_have_it(tmp_path: Path) -> None:
    async with opened(settings_in(tmp_path), NOTHING, Heard().say):
        port = kept_ports(tmp_path).newsroom
    with socket.create_server(("127.0.0.1", port)), pytest.raises(UsageError, match=f"port {port} is in use"):
        async with opened(settings_in(tmp_path), NOTHING, Heard().say):
            pass


async def test_articles_are_there_at_once_and_a_later_start_adds_new_ones(tmp_path: Path) -> None:
    def count(demonstration) -> int:
        return sum(len(demonstration.room.feed(code)) for code in demonstration.room.languages)

    async with opened(settings_in(tmp_path), NOTHING, Heard().say) as demonstration:
        assert count(demonstration) == 6
    async with opened(settings_in(tmp_path), NOTHING, Heard().say) as demonstration:
        assert count(demonstration) == 9


async def test_what_the_receiver_gets_is_a_line_of_the_desk(tmp_path: Path) -> None:
    heard = Heard()
    async with opened(settings_in(tmp_path), NOTHING, heard.say):
        ports = kept_ports(tmp_path)
        await in_thread(lambda: post(ports.webhook))
        await in_thread(lambda: mail(ports.smtp))
    said = [line for name, line in heard.lines if name == "desk"]
    assert len(said) == 2
    assert "webhook " in said[0]
    assert "unsigned" in said[0]
    assert said[1] == "mail     to b@example.org: Leaders meet"


def post(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", "/webhook", b"{}")
    assert connection.getresponse().status == 401  # the rules name a secret, and this is not signed with it
    connection.close()


def mail(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as server:
        server.sendmail("a@example.org", ["b@example.org"], b"Subject: Leaders meet\r\n\r\nhello")


@pytest.mark.parametrize("content", ["{half", '{"newsroom": 1, "unknown": 2}', "[]"])
async def test_a_damaged_folder_is_said_in_one_sentence(content: str, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "ports.json").write_text(content)
    with pytest.raises(UsageError, match="remove it to begin anew"):
        async with opened(settings_in(tmp_path), NOTHING, Heard().say):
            pass


def test_the_rules_that_come_with_tocsin_name_the_usual_port_of_the_receiver() -> None:
    url = tomllib.loads((newsroom.FOLDER / "rules.toml").read_text(encoding="utf-8"))["channel"][0]["url"]
    assert url == f"http://127.0.0.1:{Ports().webhook}/webhook"


async def test_the_feeds_rest_while_tocsin_runs_without_samples(tmp_path: Path) -> None:
    record = tmp_path / "calls"
    command = f"import sys; open({str(record)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))"
    tocsin = (sys.executable, "-c", command)
    settings = settings_in(tmp_path / "data")
    await rest(settings, tocsin)
    assert not record.exists()  # there never were samples
    async with opened(settings, tocsin, Heard().say):
        pass
    for _ in range(2):
        await rest(settings, tocsin)
    for _ in range(2):
        async with opened(settings, tocsin, Heard().say):
            pass
    calls = [line.split() for line in record.read_text().splitlines()]
    assert [call[:2] for call in calls] == [["feeds", "pause"], ["feeds", "resume"]]
    assert all(len(call) == 2 + 9 and call[2].endswith("/feeds/en.xml") for call in calls)
