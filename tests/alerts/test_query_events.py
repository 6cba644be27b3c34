"""Facts in queries: which conditions speak of one event, what names stand for, where an article came from."""

from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest

from alerts.query import Prepared, QueryRefusedError, Vocabulary, compile_query
from streams.knowledge import Country, Knowledge, Organization, Person, Term, Weapon
from streams.messages import Annotated, Event, Filler, Source, Status
from tests.factories import a_mention, an_annotated, cut

KNOWLEDGE = Knowledge(
    people={
        "Q7747": Person(
            "Q7747",
            "Vladimir Putin",
            (Term("RU", "head_of_state", date(2012, 5, 7)),),
            MappingProxyType({"*": ("Vladimir Putin",), "de": ("Wladimir Putin",), "ru": ("Владимир Путин",)}),
            MappingProxyType({"*": ("Putin",)}),
        ),
        "Q23505": Person(
            "Q23505",
            "George Bush",
            (Term("US", "head_of_state", date(1989, 1, 20), date(1993, 1, 20)),),
            MappingProxyType({"*": ("George Bush", "George H. W. Bush")}),
            MappingProxyType({"*": ("Bush",)}),
        ),
        "Q207": Person(
            "Q207",
            "George W. Bush",
            (Term("US", "head_of_state", date(2001, 1, 20), date(2009, 1, 20)),),
            MappingProxyType({"*": ("George W. Bush",)}),
            MappingProxyType({"*": ("Bush",)}),
        ),
    },
    countries={
        "DE": Country("DE", "Q183", "Germany", MappingProxyType({"en": ("Germany",), "de": ("Deutschland",)})),
        "RU": Country("RU", "Q159", "Russia", MappingProxyType({"en": ("Russia",), "de": ("Russland",)})),
        "KP": Country("KP", "Q423", "North Korea", MappingProxyType({"en": ("North Korea",), "de": ("Nordkorea",)})),
        "IR": Country("IR", "Q794", "Iran", MappingProxyType({"en": ("Iran",)})),
        "US": Country("US", "Q30", "United States", MappingProxyType({"en": ("United States",)})),
    },
    organizations={"Q7184": Organization("Q7184", "NATO", "alliance", MappingProxyType({"*": ("NATO", "Nato")}))},
    weapons={
        "ammunition": Weapon("ammunition", "ammunition", "generic", MappingProxyType({"en": ("ammunition",)})),
        "shells": Weapon(
            "shells", "artillery ammunition", "munition", MappingProxyType({"en": ("artillery shells",)}), "ammunition"
        ),
        "drones": Weapon("drones", "drones", "generic", MappingProxyType({"de": ("Drohnen",)})),
    },
)
VOCABULARY = Vocabulary(KNOWLEDGE)
TITLE = "Putin trifft Kim, Nordkorea will liefern"
TEXT = "Der Iran bestreitet, Drohnen geliefert zu haben. Die Nato warnt."
PUTIN = Filler(entity="Q7747", name="Vladimir Putin", country="RU")
KIM = Filler(entity="Q56226", name="Kim Jong-un", country="KP")


def event(kind: str, status: Status, trigger: str, confidence: float = 0.9, **roles: tuple[Filler, ...]) -> Event:
    field, whole = ("title", TITLE) if trigger in TITLE else ("text", TEXT)
    return Event(
        type=kind,
        status=status,
        roles=roles,
        trigger=cut(field, whole, trigger),  # type: ignore[arg-type]
        evidence=cut(field, whole, whole),  # type: ignore[arg-type]
        confidence=confidence,
    )


MEETING = event("leader_meeting", "planned", "trifft", 0.9, participant=(PUTIN, KIM))
SALE = event(
    "arms_transfer",
    "possible",
    "liefern",
    0.6,
    supplier=(Filler(entity="Q423", name="North Korea", country="KP"),),
    recipient=(PUTIN,),
    weapon=(Filler(entity="shells", name="artillery ammunition"),),
)
IRANIAN = event(
    "arms_transfer",
    "denied",
    "geliefert",
    0.8,
    supplier=(Filler(entity="Q794", name="Iran", country="IR"),),
    weapon=(Filler(entity="drones", name="drones"),),
)
ARTICLE = an_annotated(
    TITLE,
    TEXT,
    language="de",
    mentions=(
        a_mention("title", TITLE, "Putin", kind="person", entity="Q7747", country="RU"),
        a_mention("title", TITLE, "Nordkorea", entity="Q423", country="KP"),
        a_mention("text", TEXT, "Iran", entity="Q794", country="IR"),
        a_mention("text", TEXT, "Nato", kind="organization", entity="Q7184", country="US"),
        a_mention("text", TEXT, "Drohnen", kind="weapon", entity="drones"),
    ),
    events=(MEETING, SALE, IRANIAN),
    tags=("Politik", "Übersee"),
    url="https://www.morgenblatt.example/kim",
    published=datetime(2023, 9, 5, 10, 12, tzinfo=UTC),
    source=Source(feed="https://feeds.morgenblatt.example/politik.rss", title="Das Morgenblatt – Politik"),
)
EMPTY = an_annotated("Nothing of note", "At all", language="en")


def found(text: str, article: Annotated = ARTICLE) -> list[Event] | None:
    hit = compile_query(text, VOCABULARY).find(Prepared(article))
    return None if hit is None else hit.events


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("event:leader_meeting", [MEETING]),
        ("event:arms_transfer", [SALE, IRANIAN]),
        ("event:coup", None),
        ("event:coup,leader_meeting", [MEETING]),
        ("event:any", [MEETING, SALE, IRANIAN]),
        ("event:Leader-Meeting", [MEETING]),
        ("status:denied", [IRANIAN]),
        ("status:denied,possible", [SALE, IRANIAN]),
        ("status:occurred", None),
        ("confidence>0.85", [MEETING]),
        ("confidence >= 0.8", [MEETING, IRANIAN]),
        ("confidence<0.7", [SALE]),
        ("confidence<=0.6", [SALE]),
        ("confidence=0.8", [IRANIAN]),
        ("role.supplier:KP", [SALE]),
        ("role.supplier:KP,IR", [SALE, IRANIAN]),
        ("role.supplier:Nordkorea", [SALE]),
        ("role.recipient:RU", [SALE]),
        ("role.participant:Putin", [MEETING]),
        ("role.recipient:Q7747", [SALE]),
        ("role.weapon:ammunition", [SALE]),
        ("role.weapon:Drohnen", [IRANIAN]),
        ("role.supplier:DE", None),
        # side by side in one AND: one event
        ("event:leader_meeting status:planned", [MEETING]),
        ("event:leader_meeting status:denied", None),
        ("event:arms_transfer AND role.supplier:KP AND status:denied", None),
        ("event:arms_transfer role.supplier:IR status:denied", [IRANIAN]),
        ("event:arms_transfer confidence>0.7", [IRANIAN]),
        ("status:denied role.supplier:KP", None),
        ("event:leader_meeting (status:denied OR status:planned)", [MEETING]),
        ("(event:leader_meeting OR event:coup) status:planned", [MEETING]),
        ("(event:leader_meeting OR event:coup) status:denied", None),
        ("event:leader_meeting (status:denied OR Drohnen)", [MEETING]),
        ("event:leader_meeting (status:denied OR Panzer)", None),
        ("event:arms_transfer Putin status:denied", [IRANIAN]),
        ("event:arms_transfer (Putin status:possible)", [SALE]),
        # NOT beside it: of the same event
        ("event:leader_meeting AND (country:RU OR country:KP) AND NOT status:denied", [MEETING]),
        ("event:arms_transfer NOT status:denied", [SALE]),
        ("event:arms_transfer NOT (status:denied OR status:possible)", None),
        ("event:arms_transfer -role.supplier:KP", [IRANIAN]),
        ("event:leader_meeting -confidence<0.5", [MEETING]),
        # NOT event: and NOT without any positive condition: nowhere in the article
        ("Putin NOT event:leader_meeting", None),
        ("Putin NOT event:coup", []),
        ("event:leader_meeting NOT event:arms_transfer", None),
        ("event:leader_meeting NOT event:coup", [MEETING]),
        ("Putin NOT status:denied", None),
        ("Putin NOT status:occurred", []),
        ("Putin -role.supplier:IR", None),
        # brackets close an AND that has an event: of its own
        ("(event:leader_meeting status:planned) status:denied", [MEETING, IRANIAN]),
        ("(event:leader_meeting status:denied) OR Putin", []),
        ("event:leader_meeting status:planned OR event:arms_transfer status:occurred", [MEETING]),
        # two events
        ("event:leader_meeting event:arms_transfer", [MEETING, SALE, IRANIAN]),
        ("event:leader_meeting event:coup", None),
        ("event:leader_meeting event:arms_transfer(status:denied)", [IRANIAN, MEETING]),
        ("event:leader_meeting NOT event:arms_transfer(status:occurred)", [MEETING]),
        ("event:leader_meeting NOT event:arms_transfer(status:denied)", None),
        # groups
        ("event:arms_transfer(supplier:KP recipient:RU status:planned,possible)", [SALE]),
        ("event:arms_transfer(supplier:KP recipient:RU status:planned,occurred)", None),
        ("event:arms_transfer(supplier:IR OR recipient:RU)", [SALE, IRANIAN]),
        ("event:arms_transfer(NOT status:denied)", [SALE]),
        ("event:arms_transfer(-supplier:IR)", [SALE]),
        ("event:arms_transfer(role.supplier:IR)", [IRANIAN]),
        ("event:arms_transfer(weapon:ammunition)", [SALE]),
        ("event:arms_transfer(country:IR)", [IRANIAN]),
        ("event:arms_transfer(person:Putin)", [SALE]),
        ("event:leader_meeting,arms_transfer(confidence>0.7)", [MEETING, IRANIAN]),
        ("event:any(participant:KP)", [MEETING]),
    ],
)
def test_conditions_speak_of_the_right_event(text: str, events: list[Event] | None) -> None:
    assert found(text) == events


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("country:RU", True),
        ("country:ru", True),
        ("country:Russland", True),
        ("country:Russia", True),
        ("country:Q159", True),
        ("country:KP", True),
        ("country:IR", True),
        ("country:DE", False),
        ("country:Germany,Nordkorea", True),
        ("country:US", False),
        ("person:Q7747", True),
        ('person:"Vladimir Putin"', True),
        ('person:"wladimir putin"', True),
        ('person:"Владимир Путин"', True),
        ("person:putin", True),
        ("person:Q56226", True),
        ('person:"George W. Bush"', False),
        ("org:NATO", True),
        ("weapon:drones", True),
        ("weapon:ammunition", True),
        ('weapon:"artillery shells"', True),
        ("entity:Q7184", True),
        ("entity:Nordkorea", True),
        ("entity:x_own:thing", False),
        ("entity:Nato", True),
        ("language:de", True),
        ("language:en,DE", True),
        ("language:fr", False),
        ("tag:politik", True),
        ("tag:ubersee", True),
        ("tag:sport", False),
        ("source:morgenblatt.example", True),
        ("source:www.morgenblatt.example", True),
        ("source:feeds.morgenblatt.example", True),
        ("source:example", False),
        ("source:blatt.example", False),
        ("source:https://morgenblatt.example/", True),
        ('source:"Das Morgenblatt"', True),
        ("source:Morgen", False),
        ("feed:https://feeds.morgenblatt.example/politik.rss", True),
        ("feed:https://feeds.morgenblatt.example/*", True),
        ("feed:https://feeds.morgenblatt.example/", False),
        ("published>2023-09-04", True),
        ("published>2023-09-05", False),
        ("published>=2023-09-05", True),
        ("published<2023-09-06", True),
        ("published<=2023-09-05", True),
        ("published<2023-09-05", False),
        ("published=2023-09-05", True),
        ("published>2023-09-05T10:11Z", True),
        ("published>2023-09-05T12:12+02:00", False),
    ],
)
def test_facts_of_the_article(text: str, met: bool) -> None:
    assert (found(text) is not None) is met


@pytest.mark.parametrize(
    "text", ["event:any", "status:denied", "country:RU", "tag:x", "source:a.example", "published>2000-01-01"]
)
def test_an_article_without_facts_meets_none(text: str) -> None:
    assert found(text, EMPTY) is None


def test_an_article_without_events_meets_what_excludes_them() -> None:
    assert found("nothing NOT status:denied", EMPTY) == []
    assert found("nothing (event:any OR NOT status:denied)", EMPTY) == []


def test_the_words_are_those_of_event_and_names() -> None:
    text = "event:arms_transfer status:denied role.supplier:IR country:RU role.weapon:drones"
    hit = compile_query(text, VOCABULARY).find(Prepared(ARTICLE))
    assert hit is not None
    assert {(m.clause, m.field, m.text) for m in hit.matched} == {
        ("country:RU", "title", "Putin"),
        ("event:arms_transfer", "text", "geliefert"),
        ("status:denied", "text", "geliefert"),
        ("role.supplier:IR", "text", "Iran"),
        ("role.weapon:drones", "text", "Drohnen"),
    }


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("person:Bush", 8, "person “Bush” may be", "write the id of the one you mean"),
        ("person:Bush", 8, "Q23505 (George Bush, US), Q207 (George W. Bush, US)", ""),
        ("country:Germny", 9, "there is no country “Germny”", "did you mean DE (Germany)?"),
        ('person:"Jane Doe"', 8, "there is no person “Jane Doe”", 'write "Jane Doe" without person:'),
        ("country:XX", 9, "there is no country “XX”", ""),
        ("weapon:dronse", 8, "there is no weapon “dronse”", "did you mean drones"),
        ("event:leader_meting", 7, "there is no event type “leader_meting”", "did you mean leader_meeting?"),
        ("event:xyz", 7, "there is no event type “xyz”", "known are leader_meeting, arms_transfer"),
        ("status:planed", 8, "there is no status “planed”", "did you mean planned?"),
        ("role.suplier:KP", 1, "there is no role “suplier”", "did you mean role.supplier?"),
        ("role.supplier:Atlantis", 15, "there is no supplier “Atlantis”", ""),
        ("supplier:KP", 1, "there is no field supplier:", "write role.supplier:"),
        ("contry:KP", 1, "there is no field contry:", "did you mean country:?"),
        ("https://a.example", 1, "there is no field https:", "put words with a colon in quotation marks"),
        ("confidence:0.8", 1, "confidence is compared, not listed", "write confidence>0.8"),
        ("confidence>2", 12, "“2” is no confidence", "write a number from 0 to 1"),
        ("published>tomorrow", 11, "“tomorrow” is no date", "write a day like 2026-01-31"),
        ("country>KP", 1, "country is not compared with >", "write country:KP"),
        ("language:German", 10, "“German” is no language code", "language:de"),
        ("country:KP(status:planned)", 1, "only event: takes conditions in brackets", ""),
        ("event:coup(Putin)", 12, "Putin is no condition on the event", "write it outside"),
        ("event:coup(event:protest)", 12, "event:protest is no condition on the event", ""),
        ("event:coup(suplier:KP)", 12, "in event:…( ) there is no field suplier:", "did you mean supplier:?"),
        (
            "event:coup event:protest status:denied",
            26,
            "it is not clear to which of the 2 events",
            "event:coup(status:denied)",
        ),
        ("title:(country:DE)", 8, "in title: and text: stand words, not country:DE", ""),
        ("country:DE NEAR/3 Kim", 1, "NEAR stands between words and phrases", "write AND"),
    ],
)
def test_what_is_unknown_or_unclear_is_refused(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(QueryRefusedError) as refused:
        compile_query(text, VOCABULARY)
    error = refused.value.errors[0]
    assert (error.line, error.column) == (1, column)
    assert message in error.message
    assert hint in error.hint


def test_all_unknown_values_are_told_at_once() -> None:
    with pytest.raises(QueryRefusedError) as refused:
        compile_query("event:x1\n(country:XX OR status:planed)\nrole.foo:KP", VOCABULARY)
    assert [(error.line, error.column) for error in refused.value.errors] == [(1, 7), (2, 10), (2, 23), (3, 1)]
