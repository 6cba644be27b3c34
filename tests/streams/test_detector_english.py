"""English sentences of our own: pairs that differ in little, and what must come out of them."""

from datetime import UTC, datetime

import pytest

from streams.detector import Detector
from streams.messages import Annotated, Article
from tests.found import meetings, transfers

DAY = "2023-09-05"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("en",))


def read(detector: Detector, text: str, day: str | None = DAY, title: str = "") -> Annotated:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC, hour=12) if day else None
    return detector.detect(Article(title=title, text=text, language="en", published=published))


MEETINGS = [
    ("Macron met Scholz in Meseberg.", "occurred", "FR DE"),
    ("French President Emmanuel Macron met with German Chancellor Olaf Scholz on Monday.", "occurred", "FR DE"),
    ("Emmanuel Macron, the French president, met Olaf Scholz on Monday.", "occurred", "FR DE"),
    ("Presidents Recep Tayyip Erdogan of Turkey and Vladimir Putin of Russia met in Sochi.", "occurred", "TR RU"),
    ("The presidents of Turkey and Russia met in Sochi.", "occurred", "TR RU"),
    ("Erdogan hosted Putin in Ankara.", "occurred", "TR RU"),
    ("Putin was received by Erdogan in Ankara.", "occurred", "TR RU"),
    ("Erdogan to meet Putin in Sochi", "planned", "TR RU"),
    ("Erdogan will meet Putin in Sochi next week.", "planned", "TR RU"),
    ("Erdogan is expected to meet Putin in Sochi on Monday.", "planned", "TR RU"),
    ("Erdogan is due to travel to Sochi for talks with Putin.", "planned", "TR RU"),
    ("Erdogan and Putin held talks in Sochi.", "occurred", "TR RU"),
    ("After talks with Putin in Sochi, Erdogan said the grain deal could be restored.", "occurred", "TR RU"),
    ("Erdogan said after a meeting with Putin that the grain deal could be restored.", "occurred", "TR RU"),
    ("Ahead of his meeting with Putin, Erdogan voiced optimism.", "planned", "TR RU"),
    ("Erdogan sat down with Putin for three hours.", "occurred", "TR RU"),
    ("Erdogan and Putin shook hands before the cameras.", "occurred", "TR RU"),
    ("Modi arrives in Greece on official visit", "occurred", "IN GR"),
    ("Modi visits Greece", "occurred", "IN GR"),
    ("Modi met his Greek counterpart Kyriakos Mitsotakis in Athens.", "occurred", "IN GR"),
    (
        "Biden welcomed Japanese Prime Minister Fumio Kishida and South Korean President Yoon Suk Yeol to Camp David.",
        "occurred",
        "US JP KR",
    ),
    ("A summit between Biden and Xi took place in San Francisco.", "occurred", "US CN"),
    ("Putin could meet Orban in Beijing.", "possible", "RU HU"),
    ("Orban is considering a meeting with Putin in Beijing.", "possible", "RU HU"),
    ("Zelensky offers to meet Putin", "possible", "UA RU"),
    ("The Kremlin denied that Putin had met Zelensky.", "denied", "RU UA"),
    ("Zelensky refuses to meet Putin", "denied", "UA RU"),
    ("Biden cancels meeting with Netanyahu", "denied", "US IL"),
    ("Biden will not meet Netanyahu this week.", "denied", "US IL"),
]


@pytest.mark.parametrize(("text", "status", "countries"), MEETINGS)
def test_meeting(detector: Detector, text: str, status: str | None, countries: str) -> None:
    found = [
        item for item in meetings(read(detector, text)) if status is not None or item[0] in ("occurred", "planned")
    ]
    wanted = [(status, frozenset(countries.split()))] if status else []
    assert found == wanted


NO_MEETINGS = [
    "Macron spoke by phone with Scholz on Monday.",
    "Macron and Scholz held a video conference on Niger.",
    "Macron wrote a letter to Scholz.",
    "US Secretary of State Antony Blinken met President Zelensky in Kyiv.",
    "The Turkish foreign minister met his Russian counterpart in Moscow.",
    "Former Chancellor Angela Merkel met President Macron in Paris.",
    "Former president Donald Trump hosted Hungarian Prime Minister Viktor Orban in Florida.",
    "European Commission President Ursula von der Leyen met President Zelensky in Kyiv.",
    "NATO Secretary-General Jens Stoltenberg received President Zelensky in Brussels.",
    "Putin's spokesman met an adviser to Erdogan in Ankara.",
    "China's special envoy met President Zelensky in Kyiv.",
    "Biden met Senate leaders at the White House.",
    "Vice President Kamala Harris met Indonesian President Joko Widodo in Jakarta.",
    "The president of Real Madrid met the president of Paris Saint-Germain.",
    "France meet Morocco in the semi-final, and President Macron will be in the stands.",
    "Macron criticised Scholz over energy policy.",
    "Zelensky visited troops near Bakhmut.",
    "Trump's lawyer met Putin's spokesman.",
    "In the novel, President Putin meets Chancellor Scholz on the moon.",
]


@pytest.mark.parametrize("text", NO_MEETINGS)
def test_no_meeting(detector: Detector, text: str) -> None:
    assert [item for item in meetings(read(detector, text)) if item[0] in ("occurred", "planned")] == []


TRANSFERS = [
    ("Germany delivered 18 tanks to Ukraine.", "occurred", "DE", "UA"),
    ("Germany sent Ukraine 18 tanks.", "occurred", "DE", "UA"),
    ("Germany will send 18 tanks to Ukraine.", "planned", "DE", "UA"),
    ("Germany to supply Ukraine with more missiles", "planned", "DE", "UA"),
    ("Ukraine received 30 howitzers from Italy.", "occurred", "IT", "UA"),
    ("Thirty howitzers were sent to Ukraine by Italy.", "occurred", "IT", "UA"),
    ("The first Italian howitzers have arrived in Ukraine.", "occurred", "IT", "UA"),
    ("Poland and the Czech Republic are sending tanks to Ukraine.", "occurred", "CZ+PL", "UA"),
    ("The United States approved the sale of missiles to Taiwan.", "planned", "US", "TW"),
    ("Washington approves sale of fighter jets to Turkey", "planned", "US", "TR"),
    ("U.S. arms shipments to Taiwan have begun.", "occurred", "US", "TW"),
    ("India bought 26 fighter jets from France.", "occurred", "FR", "IN"),
    ("India to buy 26 French fighter jets", "planned", "FR", "IN"),
    ("Serbia took delivery of a Chinese air defence system.", "occurred", "CN", "RS"),
    ("North Korea may supply Russia with artillery shells.", "possible", "KP", "RU"),
    ("North Korea could sell artillery shells to Russia, officials say.", "possible", "KP", "RU"),
    ("Zelensky asks Scholz for cruise missiles.", None, "", ""),
    ("Germany is considering sending cruise missiles to Ukraine.", "possible", "DE", "UA"),
    ("Germany refuses to send cruise missiles to Ukraine.", "denied", "DE", "UA"),
    ("Germany will not send cruise missiles to Ukraine.", "denied", "DE", "UA"),
    ("Spain halts arms sales to Israel.", "denied", "ES", "IL"),
    ("Iran denied that it had supplied Russia with drones.", "denied", "IR", "RU"),
    ("Iran denies supplying drones to Russia.", "denied", "IR", "RU"),
]


@pytest.mark.parametrize(("text", "status", "supplier", "recipient"), TRANSFERS)
def test_transfer(detector: Detector, text: str, status: str | None, supplier: str, recipient: str) -> None:
    found = [
        item for item in transfers(read(detector, text)) if status is not None or item[0] in ("occurred", "planned")
    ]
    assert found == ([(status, supplier, recipient)] if status else [])


NO_TRANSFERS = [
    "Germany sends Ukraine 18 generators.",
    "The army ordered 18 tanks from a factory in Ohio.",
    "Russia moves fighter jets to Belarus.",
    "Police seized rifles from Serbia that were to be sold in Sweden.",
    "Russia attacked Ukraine with missiles.",
    "Germany was the world's fifth largest arms exporter last year.",
    "The striker fired a rocket into the net to give France the lead over Brazil.",
    "Lawmakers debate arms exports.",
    "Arsenal sold a midfielder to a club in Turkey.",
]


@pytest.mark.parametrize("text", NO_TRANSFERS)
def test_no_transfer(detector: Detector, text: str) -> None:
    assert [item for item in transfers(read(detector, text)) if item[0] in ("occurred", "planned")] == []


SEQUELS = [
    ("Iran, which is also accused of providing arms to Moscow, denies it.", "denied", "IR", "RU"),
    ("Iran is accused of supplying arms to Russia. Tehran denies that it has delivered weapons.", "denied", "IR", "RU"),
    (
        "South Africa allegedly shipped weapons to Russia. President Ramaphosa dismissed the claims.",
        "denied",
        "ZA",
        "RU",
    ),
    ("Washington says China may have sent drones to Russia. Beijing rejected the allegation.", "denied", "CN", "RU"),
    ("North Korea is accused of selling shells to Russia. The White House denied the claim.", "possible", "KP", "RU"),
    ("North Korea is accused of selling shells to Russia. Pyongyang denies building a bomb.", "possible", "KP", "RU"),
    ("The United States warned China against supplying drones to Russia.", "possible", "CN", "RU"),
    ("North Korea delivered artillery shells to Russia, Seoul says", "occurred", "KP", "RU"),
    ("Seoul says North Korea has sent shells to Russia.", "occurred", "KP", "RU"),
    ("Iran sent drones to Moscow, says Kyiv.", "occurred", "IR", "RU"),
    ("According to American officials, Iran sold missiles to Russia.", "occurred", "IR", "RU"),
    ("Iran is said to have supplied Russia with missiles.", "possible", "IR", "RU"),
    ("Zelenskiy asks Germany for Taurus missiles", "possible", "DE", "UA"),
    ("Poland requests Patriot missiles from the United States", "possible", "US", "PL"),
    ("Turkey is considering buying 40 Eurofighter jets", "possible", "", "TR"),
]


@pytest.mark.parametrize(("text", "status", "supplier", "recipient"), SEQUELS)
def test_who_says_what_of_a_transfer(detector: Detector, text: str, status: str, supplier: str, recipient: str) -> None:
    assert transfers(read(detector, text)) == [(status, supplier, recipient)]


@pytest.mark.parametrize(
    "text",
    [
        "Washington urged North Korea not to sell arms to Russia.",
        "Biden called on Iran to stop supplying drones to Russia.",
    ],
)
def test_a_demand_not_to_deliver_is_no_transfer(detector: Detector, text: str) -> None:
    assert transfers(read(detector, text)) == []


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("Biden, Xi hold four-hour talks in California", {"US", "CN"}),
        ("Modi-Putin summit begins in Delhi", {"IN", "RU"}),
        ("Macron, Scholz discuss Ukraine in Paris", {"FR", "DE"}),
        ("Lula, Macron launch submarine in Rio", set()),
        ("Biden, Sunak hold views that differ on trade talks", set()),
    ],
)
def test_leaders_side_by_side_in_headlines(detector: Detector, text: str, states: set[str]) -> None:
    found = meetings(read(detector, text))
    assert set().union(*(item[1] for item in found)) == states


def test_a_clause_after_as_has_its_own_parties(detector: Detector) -> None:
    text = "Lukashenko and Putin met in Minsk as Belarus confirmed it had received Iskander systems from Russia"
    annotated = read(detector, text)
    assert transfers(annotated) == [("occurred", "RU", "BY")]
    assert meetings(annotated) == [("occurred", frozenset({"BY", "RU"}))]
