"""What people and programs get of an alert: sentences, quotes, subjects, mails, webhook bodies."""

import json
import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import render
from alerts.payload import MAX_BYTES, payload
from alerts.quotes import Marked, Piece, direction, mark_up, plain, visible, web_url
from streams.messages import Alert, Filler, Matched, Span, Status
from tests.factories import an_alert, an_event

NOW = datetime(2023, 9, 5, 10, 13, tzinfo=UTC)
KIM, PUTIN = Filler(name="Kim Jong-un", country="KP"), Filler(name="Vladimir Putin", country="RU")
KP, RU, IR = Filler(name="North Korea"), Filler(name="Russia"), Filler(name="Iran")
SHELLS, DRONES = Filler(name="artillery ammunition"), Filler(name="drones")

MEETING = "leader_meeting"
ARMS = "arms_transfer"


@pytest.mark.parametrize(
    ("kind", "status", "roles", "expected"),
    [
        (MEETING, "occurred", {"participant": (KIM, PUTIN)}, "Kim Jong-un and Vladimir Putin have met"),
        (MEETING, "planned", {"participant": (KIM, PUTIN)}, "Kim Jong-un and Vladimir Putin plan to meet"),
        (MEETING, "possible", {"participant": (KIM, PUTIN)}, "Kim Jong-un and Vladimir Putin may meet"),
        (MEETING, "denied", {"participant": (KIM, PUTIN)}, "Kim Jong-un and Vladimir Putin deny that they will meet"),
        (MEETING, "background", {"participant": (KIM, PUTIN)}, "Kim Jong-un and Vladimir Putin met in the past"),
        (
            MEETING,
            "planned",
            {"participant": (KIM, PUTIN, Filler(name="Xi Jinping"))},
            "Kim Jong-un, Vladimir Putin and Xi Jinping plan to meet",
        ),
        (MEETING, "planned", {"participant": (KIM,)}, "A meeting with Kim Jong-un is planned"),
        (MEETING, "possible", {}, "A meeting is possible"),
        (
            ARMS,
            "possible",
            {"supplier": (KP,), "recipient": (RU,), "weapon": (SHELLS,)},
            "North Korea may deliver artillery ammunition to Russia",
        ),
        (ARMS, "denied", {"supplier": (IR,), "recipient": (RU,)}, "Iran denies that it delivers arms to Russia"),
        (ARMS, "denied", {"supplier": (IR, KP)}, "Iran and North Korea deny that they deliver arms"),
        (ARMS, "occurred", {"supplier": (IR,), "weapon": (DRONES,)}, "Iran delivers drones"),
        (ARMS, "occurred", {"supplier": (IR, KP), "recipient": (RU,)}, "Iran and North Korea deliver arms to Russia"),
        (ARMS, "planned", {"supplier": (KP,), "recipient": (RU,)}, "North Korea plans to deliver arms to Russia"),
        (ARMS, "background", {"supplier": (IR,), "weapon": (DRONES,)}, "Iran delivered drones in the past"),
        (
            ARMS,
            "planned",
            {"recipient": (RU,), "weapon": (SHELLS,)},
            "A delivery of artillery ammunition to Russia is planned",
        ),
        (
            ARMS,
            "planned",
            {"supplier": (KP,), "weapon": (Filler(name="battle tank"), Filler(name="Leopard 2"))},
            "North Korea plans to deliver battle tanks and Leopard 2",
        ),
        (
            ARMS,
            "possible",
            {"supplier": (IR,), "weapon": (Filler(name="military aid"),)},
            "Iran may deliver military aid",
        ),
        (ARMS, "occurred", {}, "A delivery of arms is reported"),
        ("military_strike", "occurred", {"attacker": (RU,)}, "A military strike is reported: Russia"),
        ("sanctions", "possible", {"target": (RU,), "sender": (RU,)}, "Sanctions are possible: Russia"),
        ("own_type", "denied", {}, "An own type is denied"),
    ],
)
def test_sentence(kind: str, status: Status, roles: dict[str, tuple[Filler, ...]], expected: str) -> None:
    assert render.sentence(an_event(type=kind, status=status, roles=roles)) == expected


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        (an_alert(), "[high] Planned: Kim Jong-un and Vladimir Putin to meet"),
        (
            an_alert(events=(an_event(type=ARMS, status="denied", roles={"supplier": (IR,), "recipient": (RU,)}),)),
            "[high] Denied: Iran to deliver arms to Russia",
        ),
        (
            an_alert(events=(an_event(status="occurred"),)),
            "[high] Occurred: Kim Jong-un and Vladimir Putin have met",
        ),
        (
            an_alert(events=(an_event(type=ARMS, roles={"recipient": (RU,)}),)),
            "[high] Planned: Delivery of arms to Russia",
        ),
        (
            an_alert(events=(), title="Kim trifft\r\nBcc: x@example.org \u202eputin", rule_name="My\nrule"),
            "[high] My rule: Kim trifft Bcc: x@example.org putin",
        ),
    ],
)
def test_subject(alert: Alert, expected: str) -> None:
    assert render.subject(alert) == expected


def test_the_event_that_the_rule_names_leads() -> None:
    arms = an_event(type=ARMS, status="possible", roles={"supplier": (KP,), "recipient": (RU,)})
    matched = Matched(field="text", start=0, end=4, text="Kim ", clause="event:arms_transfer")
    alert = an_alert(events=(an_event(), arms), matched=(matched,))
    assert render.view(alert).sentence == "North Korea may deliver arms to Russia"
    assert [quote.status for quote in render.view(alert).quotes] == ["possible", "planned"]


def span(text: str, start: int = 0) -> Span:
    return Span(field="text", start=start, end=start + len(text), text=text)


@pytest.mark.parametrize(
    ("text", "start", "marks", "pieces"),
    [
        ("ab 🚀 treffen.", 100, [Marked(105, 112, "trigger")], [("ab 🚀 ", ""), ("treffen", "trigger"), (".", "")]),
        (
            "abcdef",
            0,
            [Marked(1, 4, "matched"), Marked(3, 5, "trigger")],
            [("a", ""), ("bc", "matched"), ("de", "trigger"), ("f", "")],
        ),
        ("abc", 10, [Marked(0, 5, "trigger"), Marked(90, 95, "matched")], [("abc", "")]),
        (
            "abc",
            10,
            [Marked(0, 11, "matched"), Marked(12, 99, "trigger")],
            [("a", "matched"), ("b", ""), ("c", "trigger")],
        ),
        ("", 0, [], []),
    ],
)
def test_marks_cut_by_code_points(text: str, start: int, marks: list[Marked], pieces: list[tuple[str, str]]) -> None:
    assert [(piece.text, piece.mark) for piece in mark_up(span(text, start), marks)] == pieces


def test_a_long_quote_is_cut_round_its_trigger() -> None:
    text = "x" * 5000 + "trifft" + "y" * 5000
    pieces = mark_up(span(text), [Marked(5000, 5006, "trigger")], limit=100)
    assert [p.text for p in pieces if p.mark] == ["trifft"]
    assert pieces[0] == pieces[-1] == Piece("…")
    assert sum(len(p.text) for p in pieces) == 102


@given(
    st.text(max_size=60),
    st.integers(0, 50),
    st.lists(
        st.tuples(st.integers(0, 120), st.integers(0, 120), st.sampled_from(["", "matched", "trigger"])), max_size=6
    ),
)
def test_pieces_are_the_text(text: str, start: int, marks: list[tuple[int, int, str]]) -> None:
    pieces = mark_up(span(text, start), [Marked(a, b, mark) for a, b, mark in marks])  # type: ignore[arg-type]
    assert "".join(piece.text for piece in pieces) == visible(text)
    assert all(piece.text for piece in pieces)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
def test_plain_is_one_line_that_can_be_sent(text: str) -> None:
    line = plain(text, 50)
    assert len(line) <= 50
    assert not set(line) & set("\r\n\0\t\x1b\u2028\u2029\u202a\u202e\u2066\u200f\ufeff")
    line.encode("utf-8")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c#d", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        (" https://example.org", False),
        ("https://exa mple.org", False),
        ("https://", False),
        ("http://[bad", False),
        ("//example.org", False),
        ("https://example.org/" + "a" * 5000, False),
        ("https://example.org/\u202ex", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, safe: bool) -> None:
    assert web_url(url) == (url if safe else None)


@pytest.mark.parametrize(
    ("language", "expected"), [("ar", "rtl"), ("FA-ir", "rtl"), ("de", "ltr"), ("", "auto"), (None, "auto")]
)
def test_direction(language: str | None, expected: str) -> None:
    assert direction(language) == expected


def test_a_webhook_body_is_the_envelope_with_the_alert() -> None:
    alert = an_alert()
    body = json.loads(payload(alert, NOW))
    assert body["type"] == "alert.fired"
    assert body["timestamp"] == "2023-09-05T10:13:00Z"
    assert msgspec.convert(body["data"], Alert) == alert
    assert "truncated" not in body["data"]


def long_alert(text: str, events: int) -> Alert:
    trigger = Span(field="text", start=len(text) - 7, end=len(text), text=text[-7:])
    event = an_event(trigger=trigger, evidence=span(text))
    matched = tuple(Matched(field="text", start=0, end=len(text), text=text, clause=text) for _ in range(events))
    return an_alert(
        events=(event,) * events, matched=matched, title=text, rule_name=text, url="https://example.org/" + text
    )


@pytest.mark.parametrize("text", ["x" * 30_000 + "treffen", "你" * 9_000, "\x01" * 50_000, "é " * 1_500])
@pytest.mark.parametrize("events", [1, 200])
def test_a_long_alert_stays_below_20_kb_and_says_so(text: str, events: int) -> None:
    body = payload(long_alert(text, events), NOW)
    assert len(body) < MAX_BYTES
    data = json.loads(body)["data"]
    assert data["truncated"] is True
    shortened = msgspec.convert(data, Alert)
    for event in shortened.events:
        assert event.evidence.end - event.evidence.start == len(event.evidence.text) > 0
        assert text[event.evidence.start : event.evidence.end] == event.evidence.text
        assert event.evidence.start <= event.trigger.start < event.evidence.end
    assert shortened.events


def test_a_mail_tells_the_event_and_quotes_the_source() -> None:
    message = render.Message(an_alert(), NOW, "https://desk.example/")
    assert "Kim Jong-un and Vladimir Putin plan to meet" in message.text
    assert "*treffen*" in message.text
    assert "https://desk.example/alerts/al_1" in message.text
    assert 'lang="de" dir="ltr"' in message.html
    assert re.search(r'<span class="trigger" style="[^"]*background-color: #ffd43b[^"]*">treffen</span>', message.html)
    assert 'href="https://desk.example/alerts/al_1"' in message.html
    assert "@media (prefers-color-scheme: dark)" in message.html


def test_a_mail_without_the_page_has_no_link_to_it() -> None:
    message = render.Message(an_alert(), NOW)
    assert "/alerts/" not in message.text + message.html


def test_an_arabic_quote_runs_from_the_right() -> None:
    assert 'lang="ar" dir="rtl"' in render.Message(an_alert(language="ar"), NOW).html


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\"'&amp; \0"


def test_hostile_text_stays_text_in_mails() -> None:
    alert = an_alert(
        title=HOSTILE,
        rule_name=HOSTILE,
        language='"><script>',
        url="javascript:alert(1)",
        source_title=HOSTILE,
        matched=(Matched(field="title", start=0, end=8, text=HOSTILE, clause=HOSTILE),),
        events=(an_event(evidence=span(HOSTILE), trigger=span("<script>")),),
    )
    html = render.Message(alert, NOW, "https://desk.example").html
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert "http" not in re.sub(r"https://desk\.example/alerts/al_1", "", html)


def test_the_largest_mail_is_below_100_kb() -> None:
    message = render.Message(long_alert("你好 " * 20_000, 100), NOW, "https://desk.example")
    assert len(message.html.encode()) < 100_000
    assert len(message.text.encode()) < 100_000
    assert len(message.subject) <= 150


def test_rules_of_words_show_headline_and_words() -> None:
    alert = an_alert(
        events=(),
        title="Sturm trifft Küste",
        matched=(Matched(field="title", start=0, end=5, text="Sturm", clause="sturm"),),
    )
    view = render.view(alert)
    assert (view.sentence, view.type_label, view.status) == ("Sturm trifft Küste", "Words", None)
    assert view.headline[0] == Piece("Sturm", "matched")
    assert view.reasons == (("sturm", ("Sturm",)),)


def test_events_are_told_once() -> None:
    assert len(render.view(an_alert(events=(an_event(), an_event()))).quotes) == 1
