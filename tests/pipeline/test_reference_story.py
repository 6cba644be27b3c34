"""The reference story from an RSS feed to a webhook and a mail, on a real Kafka, beside feeds that are all bad; and in pipes."""

import email
import email.policy
import json
import subprocess
import sys
from email.message import EmailMessage
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.sink import SECRET, Sink
from tests.faults.system import System, free_ports, until
from tests.pipeline.feeds import BAD, REFERENCE, Feeds, rss

RULES = """
[[rule]]
name = "Leaders meet"
query = 'event:leader_meeting country:KP status:planned,occurred'
severity = "high"
notify = ["desk", "mail:desk@example.org"]

[[rule]]
name = "Arms to Russia"
query = 'event:arms_transfer role.supplier:KP role.recipient:RU NOT status:denied'
severity = "critical"
notify = ["desk", "mail:desk@example.org"]

[[channel]]
name = "desk"
type = "webhook"
url = "{url}"
secret = "{secret}"
"""


class Mailbox:
    """Every mail that an SMTP server took, parsed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        parsed = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 taken"


def _facts(alert: dict[str, Any], kind: str) -> tuple[str, dict[str, list[str]]]:
    """The status of an alert's event of a kind, and who fills its roles (people and weapons by name, countries by code)."""
    (event,) = [event for event in alert["events"] if event["type"] == kind]
    roles = {
        role: sorted(f["country"] if role in ("supplier", "recipient") else f["name"] for f in fillers)
        for role, fillers in event["roles"].items()
    }
    return event["status"], roles


@pytest.mark.kafka
@pytest.mark.timeout(240)
async def test_each_rule_fires_once_for_each_article_as_webhook_and_mail_beside_bad_feeds(tmp_path: Path) -> None:
    feeds, sink, mailbox, system = Feeds(), Sink(), Mailbox(), System(tmp_path / "system")
    await feeds.start()
    await sink.start()
    (smtp_port,) = free_ports(1)
    smtp = Controller(mailbox, hostname="127.0.0.1", port=smtp_port)
    smtp.start()
    system.environment = {
        "TOCSIN_SMTP__HOST": "127.0.0.1",
        "TOCSIN_SMTP__PORT": str(smtp_port),
        "TOCSIN_SMTP__SECURITY": "none",
        "TOCSIN_INGEST__TIMEOUT": "3s",
    }
    system.configure(
        [*(feeds.url(name) for name in BAD), feeds.url("good.xml")], RULES.format(url=sink.url, secret=SECRET)
    )
    await system.start()
    try:
        await until(lambda: len(sink.receipts) >= 8, 120, "two alerts for each of four articles")
        await until(lambda: len(mailbox.mails) >= 8, 30, "as many mails")
        await until(lambda: feeds.asked.get("good.xml", 0) >= 3 and len(feeds.asked) == len(BAD) + 1, 60, "asked again")
        status, listed = await system.command("feeds", "list", "--json")
        assert status == 0, listed
        states = {feed["feed"].rpartition("/")[2]: feed for feed in map(json.loads, listed.splitlines())}
    finally:
        await system.stop()
        smtp.stop()
        await sink.stop()
        await feeds.stop()
    _check_alerts(sink)
    _check_mails(mailbox)
    reasons = {name: str(states[name]["reason"]).lower() for name in BAD}
    assert {name: reason for name, reason in reasons.items() if BAD[name] not in reason} == {}
    assert states["good.xml"]["state"] == "well"


def _check_alerts(sink: Sink) -> None:
    assert sink.faults == []
    assert len(sink.receipts) == 8, "each rule once for each article"
    alerts = [json.loads(bodies[0])["data"] for bodies in sink.receipts.values()]
    for alert in alerts:
        text = {"title": alert["article"]["title"]}
        for event in alert["events"]:
            assert event["evidence"]["text"], "the alert shows the sentence that made it fire"
            assert event["evidence"]["field"] != "title" or event["evidence"]["text"] in text["title"]
        if alert["rule"]["name"] == "Leaders meet":
            assert _facts(alert, "leader_meeting") == ("planned", {"participant": ["Kim Jong-un", "Vladimir Putin"]})
        else:
            status, roles = _facts(alert, "arms_transfer")
            assert status in ("possible", "planned")
            assert (roles["supplier"], roles["recipient"]) == (["KP"], ["RU"])
            assert "artillery ammunition" in roles["weapon"]


def _check_mails(mailbox: Mailbox) -> None:
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 8
    subjects = [mail["Subject"] for mail in mailbox.mails]
    meetings = {f"[high] Planned: {a} and {b} to meet" for a, b in permutations(("Kim Jong-un", "Vladimir Putin"))}
    assert sum(s in meetings for s in subjects) == 4
    assert sum(s.startswith("[critical]") and "North Korea" in s and "Russia" in s for s in subjects) == 4
    for mail in mailbox.mails:
        plain = mail.get_body(("plain",))
        html = mail.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert "http://news.example/" in plain.get_content()


@pytest.mark.parametrize("number", range(len(REFERENCE)), ids=[a["id"] for a in REFERENCE])
def test_the_same_comes_out_of_the_pipes(number: int, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(rss([REFERENCE[number]]))
    (tmp_path / "rules.toml").write_text(RULES.format(url="http://127.0.0.1:8099/", secret=SECRET))
    out = b""
    for arguments in (
        ["parse", str(tmp_path / "feed.xml")],
        ["detect"],
        ["match", "--rules", str(tmp_path / "rules.toml")],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments], input=out, capture_output=True, check=True, cwd=tmp_path
        )
        if arguments == ["detect"]:
            _check_iran(json.loads(done.stdout))
        out = done.stdout
    alerts = {alert["rule"]["name"]: alert for alert in map(json.loads, out.splitlines())}
    assert set(alerts) == {"Leaders meet", "Arms to Russia"}
    assert _facts(alerts["Leaders meet"], "leader_meeting")[0] == "planned"


def _check_iran(annotated: dict[str, Any]) -> None:
    """The Iranian delivery is denied or background, and those who are quoted are on no side of anything."""
    transfers = [event for event in annotated["events"] if event["type"] == "arms_transfer"]
    sides = {f["country"] for e in transfers for role in ("supplier", "recipient") for f in e["roles"].get(role, [])}
    assert sides <= {"KP", "RU", "IR"}
    iranian = [e for e in transfers if any(f["country"] == "IR" for f in e["roles"].get("supplier", []))]
    assert {event["status"] for event in iranian} <= {"denied", "background"}
    meetings = [event for event in annotated["events"] if event["type"] == "leader_meeting"]
    assert [event["status"] for event in meetings if event["status"] != "background"] == ["planned"]
