"""Rules: files with every mistake at its place, and alerts from articles."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.query import Vocabulary
from alerts.rule_files import MAX_FILE_BYTES, RuleFile, load_file, load_files, mail_channel
from alerts.rules import Rule, RuleSet, compile_rules, match
from alerts.toml_places import Places
from streams.errors import DefinitionError, Problem
from streams.messages import Source, content_id
from tests.factories import SENTENCE, an_annotated, an_event

VOCABULARY = Vocabulary()
NOW = datetime(2023, 9, 5, 10, 15, tzinfo=UTC)
SECRET = "whsec_" + "c2VjcmV0" * 4


def load(tmp_path: Path, text: str, name: str = "rules.toml") -> RuleFile:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_file(path, VOCABULARY)


def problems(tmp_path: Path, text: str) -> list[Problem]:
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, text)
    assert all(problem.file == str(tmp_path / "rules.toml") for problem in caught.value.problems)
    return caught.value.problems


def test_a_whole_file(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        f"""
[[channel]]
name = "desk-webhook"
type = "webhook"
url = "https://example.org/hook"
secret = "{SECRET}"

[[rule]]
name = "Leaders meet"
query = 'event:leader_meeting AND NOT status:denied'
severity = "high"
notify = ["desk-webhook", "mail:desk@example.org", "desk-webhook"]

[[rule]]
name = "Summits"
query = '''
summit   # in any form
  OR talks
'''
enabled = false
description = "for the east desk"
owner = "jun"
tags = ["east"]
""",
    )
    first, second = (one.rule for one in found.rules)
    origin = str(tmp_path / "rules.toml")
    query = "event:leader_meeting AND NOT status:denied"
    assert first == Rule("Leaders meet", query, "high", ("desk-webhook", "mail:desk@example.org"), origin=origin)
    assert second == Rule(
        "Summits",
        "summit   # in any form\n  OR talks\n",
        enabled=False,
        description="for the east desk",
        owner="jun",
        tags=("east",),
        origin=origin,
    )
    [channel] = found.channels
    assert (channel.name, channel.kind, channel.target.model_dump()["url"]) == (
        "desk-webhook",
        "webhook",
        "https://example.org/hook",
    )
    assert SECRET not in repr(channel)


RULE = '[[rule]]\nname = "A"\nquery = "a"\n'


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("[[rule]]\nquery = 'a'", 1, 1, "the rule has no name"),
        ("[[rule]]\nname = 'A'", 1, 1, "the rule has no query"),
        ("[[rule]]\nname = 5\nquery = 'a'", 2, 8, "name: expected text"),
        ("[[rule]]\nname = ' '\nquery = 'a'", 2, 8, "name: expected 1 to 200 characters on one line"),
        ('[[rule]]\nname = "a\\nb"\nquery = "a"', 2, 8, "name: expected 1 to 200 characters on one line"),
        ("[[rule]]\nname = 'A'\n  query   =   5", 3, 15, "query: expected text"),
        (RULE + "severity = 'hihg'", 4, 12, "severity: there is no 'hihg'; did you mean high?"),
        (RULE + "severity = 3", 4, 12, "severity: expected one of low, medium, high, critical"),
        (RULE + "notify = 'desk'", 4, 10, "notify: expected a list of channels"),
        (RULE + "notify = ['desk']", 4, 10, "notify: there is no channel 'desk'; define it with [[channel]]"),
        (RULE + "notify = ['mail:desk']", 4, 10, "notify: 'mail:desk': to: 'desk' is no e-mail address"),
        (RULE + "enabled = 'no'", 4, 11, "enabled: expected true or false"),
        (RULE + "tags = ['a', 1]", 4, 8, "tags: expected a list of texts"),
        (RULE + "\n\nserverity = 'low'", 6, 1, "a rule has no serverity; did you mean severity?"),
        (RULE + RULE, 5, 8, "name: there is a rule 'A' in "),
        ("rules = 1\n" + RULE, 1, 1, "rules is not known; expected [[rule]] or [[channel]]"),
        (RULE + "[extra]\nx = 1", 4, 1, "extra is not known"),
        ("[rule]\nname = 'A'", 1, 1, "rule is a list of tables; write [[rule]]"),
        ("rule = 'a'", 1, 1, "rule is a list of tables; write [[rule]]"),
        ("[[channel]]\nname = 'a'", 1, 1, "the channel has no type; expected one of email, webhook"),
        ("[[channel]]\ntype = 'email'\nto = 'a@b.example'", 1, 1, "the channel has no name"),
        ("[[channel]]\nname = 'a'\ntype = 'pigeon'", 3, 8, "type: there is no kind of channel 'pigeon'"),
        ("[[channel]]\nname = 'a'\ntype = 'webhook'", 1, 1, "url: is missing"),
        ("[[channel]]\nname='a'\ntype='webhook'\nurl='ftp://x'", 4, 5, "url: ftp://x is no http or https URL"),
        ("[[channel]]\nname='a'\ntype='email'\nto='x'", 4, 4, "to: 'x' is no e-mail address"),
        ("[[channel]]\nname='a'\ntype='email'\nto='x@y.example'\ncc=1", 5, 4, "cc: is no field of this channel"),
        ("[[channel]]\nname='mail:a'\ntype='email'\nto='x@y.example'", 2, 6, "name: mail: is kept for addresses"),
        ("[[rule]]\nname = 'A\nquery = 'a'", 2, 10, "is not valid TOML"),
        ("[[rule]]\nname = 'A'\nname = 'B'\nquery = 'a'", 3, 11, "is not valid TOML"),
        ("[[rule]]\nquery = '''", 2, 1, "is not valid TOML"),
        ("a = " + "[" * 100_000, 0, 0, "nested too deeply"),
        # within queries
        (RULE.replace('"a"', "'a AND'"), 3, 15, "query: after AND something is missing"),
        (RULE.replace('"a"', '"a \\"b\\" \\\\ \\u00e9 (c"'), 3, 28, "query: this bracket is never closed"),
        (RULE.replace('"a"', '"""\\\n   a AND \\\n   ) b"""'), 5, 4, "query: this bracket closes none"),
        (RULE.replace('"a"', "'''\nb\n  OR evnt:x\n'''"), 5, 6, "query: there is no field evnt:"),
        (RULE.replace('"a"', "'''b\n  OR (c'''"), 4, 6, "query: this bracket is never closed"),
        (RULE.replace("\n", "\r\n").replace('"a"', "'''\r\nb\r\n (c'''"), 5, 2, "query: this bracket is never closed"),
        ('# "[[rule]]"\n' + RULE.replace('"a"', "''  # '"), 4, 10, "query: the query is empty"),
        ("\ufeff" + RULE.replace('"a"', '"("'), 3, 11, "query: after ( something is missing"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, text: str, line: int, column: int, message: str) -> None:
    problem = problems(tmp_path, text)[0]
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


def test_all_mistakes_are_told_at_once_in_their_order(tmp_path: Path) -> None:
    text = """\
titel = "x"
[[rule]]
query = 'a ( event:x1 OR
  status:y1'
severity = "hihg"
notify = ["dsk", "mail:x"]
colour = 1
[[rule]]
name = "B"
query = '''
event:x1 status:y1
  role.z:Q1'''
[[channel]]
name = "desk"
type = "pigeon"
"""
    with pytest.raises(DefinitionError):
        load(tmp_path, text)
    found = [
        (problem.line, problem.column)
        for problem in problems(tmp_path, text.replace("'a (", "'''a (").replace("y1'\n", "y1'''\n"))
    ]
    assert found == [
        (1, 1),
        (2, 1),
        (3, 14),
        (5, 12),
        (6, 10),
        (6, 10),
        (7, 1),
        (11, 7),
        (11, 17),
        (12, 3),
        (15, 8),
    ]


def test_one_wrong_rule_leaves_no_other_in_force_by_itself(tmp_path: Path) -> None:
    assert len(problems(tmp_path, RULE + "[[rule]]\nname = 'B'\nquery = '('")) == 1


def test_several_files_share_channels_and_names(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(RULE + "notify = ['desk', 'page']")
    two.write_text("[[channel]]\nname = 'desk'\ntype = 'email'\nto = 'a@b.example'\n" + RULE.replace('"A"', '"B"'))
    found = load_files((one, two), VOCABULARY, known=("page",))
    assert [compiled.rule.name for compiled in found.rules] == ["A", "B"]
    two.write_text(RULE)
    with pytest.raises(DefinitionError) as caught:
        load_files((one, two), VOCABULARY, known=("page", "desk"))
    assert str(caught.value) == f"{two}:2:8: name: there is a rule 'A' in {one}:2 already; names are unique"


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"none\.toml: cannot be read \(No such file"):
        load_file(tmp_path / "none.toml", VOCABULARY)
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(DefinitionError, match="is not UTF-8 text"):
        load_file(tmp_path / "latin.toml", VOCABULARY)
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_file(tmp_path, VOCABULARY)


@pytest.mark.parametrize(
    "text",
    [
        "#" * 10_000_000,
        RULE.replace('"a"', f'"""{"a " * 1_900_000}"""'),
        RULE.replace('"a"', f'"{"(" * 100_000}"'),
        RULE.replace('"a"', f"'{'word ' * 100_000}'"),
        "[" * 100_000,
    ],
    ids=["10 MB", "one rule of 4 MB", "depth 100,000", "100,000 terms", "brackets"],
)
def test_what_is_too_much_is_refused_at_once(tmp_path: Path, text: str) -> None:
    start = time.process_time()
    found = problems(tmp_path, text)
    assert time.process_time() - start < 3
    assert len(found) == 1
    assert len(str(found[0])) < 500
    assert MAX_FILE_BYTES < 10_000_000


def test_words_that_may_be_operators_are_warned_of_in_their_place(tmp_path: Path) -> None:
    found = load(tmp_path, RULE.replace('"a"', "'''\na\n or b'''"))
    assert [(one.line, one.column) for one in found.warnings] == [(5, 2)]


@given(st.text(alphabet=st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=40), st.data())
def test_every_character_of_a_string_is_found_in_the_file(value: str, data: st.DataObject) -> None:
    escaped = msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    text = f"# x\n[[rule]]\nother = [1, ']', {{ a = '#' }}] # [\nquery = {escaped}\n"
    places = Places(text)
    start = places.named("rule")[0].keys["query"][1]
    index = data.draw(st.integers(0, len(value)))
    offset = places.inside(start, value, index)
    if index < len(value):
        assert text[offset] == value[index] or text[offset] == "\\"
    else:
        assert text[offset] == '"'


# From articles to alerts


def rules(*given: Rule) -> RuleSet:
    return compile_rules(given, VOCABULARY)


ARTICLE = an_annotated(
    "Kim will Putin treffen",
    SENTENCE,
    language="de",
    events=(an_event(), an_event(status="denied")),
    url="https://morgenblatt.example/kim",
    published=NOW - timedelta(seconds=60),
    fetched=NOW - timedelta(seconds=2.5),
    source=Source(feed="https://morgenblatt.example/rss", title="Morgenblatt"),
)
MEETING = Rule("Leaders meet", "event:leader_meeting AND NOT status:denied", "high", ("desk",))


def test_an_alert_says_what_met_which_rule_and_why() -> None:
    [alert] = match(ARTICLE, rules(Rule("Other", "nothing"), MEETING), NOW)
    assert alert.id == content_id("al", MEETING.id, ARTICLE.id)
    assert (alert.rule.id, alert.rule.name, alert.rule.severity) == (MEETING.id, "Leaders meet", "high")
    assert (alert.article.id, alert.article.title, alert.article.language) == ("ar_1", ARTICLE.title, "de")
    assert (alert.article.url, alert.article.source) == (ARTICLE.url, ARTICLE.source)
    assert alert.events == (an_event(),)
    assert [(m.text, m.clause) for m in alert.matched] == [("treffen", "event:leader_meeting")]
    assert (alert.latency.published_to_fetched, alert.latency.fetched_to_alert) == (57.5, 2.5)


def test_the_same_article_and_rule_give_the_same_alert() -> None:
    [first] = match(ARTICLE, rules(MEETING), NOW)
    [again] = match(msgspec.structs.replace(ARTICLE, title="Neuer Titel", revision=2), rules(MEETING), NOW)
    assert first.id == again.id


def test_a_rule_alerts_once_an_article_and_in_the_order_of_the_rules() -> None:
    given = [Rule("B", "Kim"), Rule("A", "Putin"), Rule("C", "treffen OR Kim")]
    assert [alert.rule.name for alert in match(ARTICLE, rules(*given), NOW)] == ["B", "A", "C"]


def test_a_rule_of_words_carries_no_events() -> None:
    [alert] = match(ARTICLE, rules(Rule("Kim", "title:Kim")), NOW)
    assert alert.events == ()
    assert [(m.field, m.text) for m in alert.matched] == [("title", "Kim")]


def test_a_disabled_rule_does_not_alert() -> None:
    assert match(ARTICLE, rules(Rule("Kim", "Kim", enabled=False)), NOW) == []
    assert match(ARTICLE, RuleSet(), NOW) == []


@pytest.mark.parametrize(
    ("published", "fetched", "now", "expected"),
    [
        (None, None, NOW, (None, None)),
        (NOW, NOW, None, (0, None)),
        (NOW + timedelta(hours=1), NOW, NOW, (None, 0)),
        (NOW, NOW + timedelta(hours=1), NOW, (3600, None)),
        (NOW.replace(tzinfo=None), NOW, NOW, (0, 0)),
    ],
)
def test_latency_is_unknown_where_a_time_is_missing_or_lies_ahead(
    published: datetime | None,
    fetched: datetime | None,
    now: datetime | None,
    expected: tuple[float | None, float | None],
) -> None:
    article = msgspec.structs.replace(ARTICLE, published=published, fetched=fetched)
    [alert] = match(article, rules(MEETING), now)
    assert (alert.latency.published_to_fetched, alert.latency.fetched_to_alert) == expected


def test_articles_without_an_id_are_told_apart_by_what_they_say() -> None:
    found = [match(an_annotated(title, id=""), rules(Rule("Kim", "Kim")), None)[0] for title in ("Kim", "Kim!", "Kim")]
    assert found[0].id == found[2].id
    assert found[0].id != found[1].id
    assert found[0].article.id.startswith("ar_")


def test_a_rule_keeps_its_id_when_it_moves_or_changes() -> None:
    assert Rule("A", "a").id == Rule("A", "b", "low", origin="rules.toml").id != Rule("B", "a").id


def test_an_address_is_a_channel() -> None:
    channel = mail_channel("mail:desk@example.org")
    assert (channel.kind, channel.target.recipients()) == ("email", ("desk@example.org",))
