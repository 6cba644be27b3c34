"""German sentences of our own: pairs that differ in little, and what must come out of them."""

from datetime import UTC, datetime

import pytest

from streams.detector import Detector
from streams.messages import Annotated, Article
from tests.found import meetings, transfers

DAY = "2023-09-05"


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("de",))


def read(detector: Detector, text: str, day: str | None = DAY, title: str = "") -> Annotated:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC, hour=12) if day else None
    return detector.detect(Article(title=title, text=text, language="de", published=published))


MEETINGS = [
    ("Macron trifft Scholz in Meseberg.", "occurred", "FR DE"),
    ("Macron hat Scholz in Meseberg getroffen.", "occurred", "FR DE"),
    ("Macron und Scholz stimmten sich in Paris ab.", "occurred", "FR DE"),
    ("Macron und Scholz führten in Paris Gespräche über die Ukraine.", "occurred", "FR DE"),
    ("Putin wird in Ankara erwartet", "planned", "RU TR"),
    (
        "Bundeskanzler Olaf Scholz ist am Montag mit dem französischen Präsidenten Emmanuel Macron zusammengetroffen.",
        "occurred",
        "FR DE",
    ),
    ("Bundeskanzler Olaf Scholz kam am Montag mit Präsident Macron zu einem Gespräch zusammen.", "occurred", "FR DE"),
    (
        "Der türkische Präsident Erdogan empfing am Dienstag den iranischen Präsidenten Raisi in Ankara.",
        "occurred",
        "TR IR",
    ),
    ("Der iranische Präsident Raisi wurde am Dienstag von Präsident Erdogan in Ankara empfangen.", "occurred", "TR IR"),
    ("Erdogan wird Raisi am Donnerstag in Ankara empfangen.", "planned", "TR IR"),
    ("Erdogan will kommende Woche Putin in Sotschi treffen.", "planned", "TR RU"),
    ("Erdogan reist zu einem Treffen mit Putin nach Sotschi.", "planned", "TR RU"),
    ("Putin und Erdogan kommen nächste Woche in Sotschi zusammen.", "planned", "TR RU"),
    ("Putin und Erdogan sprachen in Sotschi über das Getreideabkommen.", "occurred", "TR RU"),
    ("Bei ihrem Treffen in Sotschi haben Putin und Erdogan über das Getreideabkommen gesprochen.", "occurred", "TR RU"),
    (
        "Nach einem Treffen mit Putin in Sotschi sagte Erdogan, das Getreideabkommen könne erneuert werden.",
        "occurred",
        "TR RU",
    ),
    ("Vor seinem Treffen mit Putin zeigte sich Erdogan zuversichtlich.", "planned", "TR RU"),
    ("Die Präsidenten der Türkei und Russlands haben sich in Sotschi getroffen.", "occurred", "TR RU"),
    ("Die Staatschefs Frankreichs und Italiens trafen sich in Rom.", "occurred", "FR IT"),
    ("Lula zu Staatsbesuch in Portugal eingetroffen", "occurred", "BR PT"),
    ("Gipfeltreffen von Biden und Xi: Das Eis schmilzt", "occurred", "US CN"),
    ("Biden bei Sunak: Kurzer Halt auf dem Weg nach Vilnius", "occurred", "US GB"),
    ("Selenskyj trifft in Kopenhagen Dänemarks Regierungschefin Frederiksen.", "occurred", "UA DK"),
    (
        "Selenskyj traf Dänemarks Ministerpräsidentin Mette Frederiksen und den niederländischen Ministerpräsidenten Mark Rutte.",
        "occurred",
        "UA DK NL",
    ),
    ("Biden, Kishida und Yoon beraten in Camp David über Nordkorea.", "occurred", "US JP KR"),
    (
        "US-Präsident Joe Biden hat Japans Ministerpräsidenten Fumio Kishida und Südkoreas Präsidenten Yoon Suk Yeol nach Camp David eingeladen.",
        None,
        "",
    ),
    ("Orban könnte Putin in Peking treffen.", "possible", "HU RU"),
    ("Orban erwägt ein Treffen mit Putin in Peking.", "possible", "HU RU"),
    ("Der Kreml dementiert ein Treffen von Putin und Selenskyj.", "denied", "RU UA"),
    ("Selenskyj lehnt ein Treffen mit Putin ab.", "denied", "RU UA"),
    ("Das für Freitag geplante Treffen zwischen Biden und Netanjahu wurde abgesagt.", "denied", "US IL"),
    ("Biden trifft Netanjahu nicht.", "denied", "US IL"),
    ("Vor zehn Jahren trafen sich Obama und Putin beim Gipfel in Nordirland.", None, ""),
    ("2018 hatte sich Kim Jong Un mit Südkoreas Präsident Moon Jae In in Panmunjom getroffen.", None, ""),
]


@pytest.mark.parametrize(("text", "status", "countries"), MEETINGS)
def test_meeting(detector: Detector, text: str, status: str | None, countries: str) -> None:
    found = [
        item for item in meetings(read(detector, text)) if status is not None or item[0] in ("occurred", "planned")
    ]
    wanted = [(status, frozenset(countries.split()))] if status else []
    assert found == wanted


NO_MEETINGS = [
    "Macron telefonierte am Montag mit Scholz.",
    "Macron und Scholz haben in einer Videokonferenz über die Lage in Niger beraten.",
    "Der französische Präsident schrieb Scholz einen Brief.",
    "Außenministerin Annalena Baerbock traf in Kiew Präsident Selenskyj.",
    "Der türkische Außenminister Hakan Fidan hat seinen russischen Kollegen Sergej Lawrow in Moskau getroffen.",
    "Altkanzlerin Angela Merkel traf in Paris Präsident Macron.",
    "Ex-Präsident Donald Trump empfing Ungarns Regierungschef Orban in Florida.",
    "EU-Kommissionspräsidentin Ursula von der Leyen traf in Kiew Präsident Selenskyj.",
    "Nato-Generalsekretär Jens Stoltenberg empfing in Brüssel Präsident Selenskyj.",
    "Putins Sprecher Peskow traf in Ankara einen Berater Erdogans.",
    "Der Sondergesandte von Präsident Xi hat in Kiew Präsident Selenskyj getroffen.",
    "Scholz trifft am Mittwoch die Ministerpräsidenten der Länder.",
    "Sachsens Ministerpräsident Kretschmer traf am Montag in Wien Bundeskanzler Karl Nehammer.",
    "Der Präsident des FC Porto traf in London den Präsidenten des FC Chelsea.",
    "Im Halbfinale trifft Frankreich auf Marokko, Präsident Macron sitzt auf der Tribüne.",
    "Macron kritisiert Scholz.",
    "Putin sprach in Wladiwostok über Biden.",
    "Selenskyj besucht Truppen an der Front bei Bachmut.",
]


@pytest.mark.parametrize("text", NO_MEETINGS)
def test_no_meeting(detector: Detector, text: str) -> None:
    assert [item for item in meetings(read(detector, text)) if item[0] in ("occurred", "planned")] == []


TRANSFERS = [
    ("Deutschland liefert der Ukraine 18 Kampfpanzer.", "occurred", "DE", "UA"),
    ("Deutschland liefert 18 Kampfpanzer an die Ukraine.", "occurred", "DE", "UA"),
    ("Deutschland will der Ukraine weitere Raketen liefern.", "planned", "DE", "UA"),
    ("Die Ukraine bekommt von Deutschland weitere Raketen.", "occurred", "DE", "UA"),
    ("Kiew erhält 30 Haubitzen aus Italien.", "occurred", "IT", "UA"),
    ("Die ersten Haubitzen aus Italien sind in der Ukraine eingetroffen.", "occurred", "IT", "UA"),
    ("Von Polen wurden der Ukraine 14 Panzer übergeben.", "occurred", "PL", "UA"),
    ("Polen und Tschechien schicken der Ukraine Panzer.", "occurred", "CZ+PL", "UA"),
    ("Washington genehmigt den Verkauf von Kampfjets an die Türkei.", "planned", "US", "TR"),
    ("Die USA haben den Verkauf von Raketen an Taiwan genehmigt.", "planned", "US", "TW"),
    ("US-Waffenlieferungen an Taiwan haben begonnen.", "occurred", "US", "TW"),
    ("Indien kauft in Frankreich 26 Kampfjets.", "occurred", "FR", "IN"),
    ("Indien bestellt 26 französische Kampfjets.", "occurred", "FR", "IN"),
    ("Serbien hat von China ein Flugabwehrsystem erhalten.", "occurred", "CN", "RS"),
    ("Nordkorea könnte Russland Artilleriemunition liefern.", "possible", "KP", "RU"),
    ("Kiew fordert von Berlin Marschflugkörper.", None, "", ""),
    ("Selenskyj bittet Scholz um die Lieferung von Marschflugkörpern.", "possible", "DE", "UA"),
    ("Deutschland prüft die Lieferung von Marschflugkörpern an die Ukraine.", "possible", "DE", "UA"),
    ("Deutschland lehnt die Lieferung von Marschflugkörpern an die Ukraine ab.", "denied", "DE", "UA"),
    ("Deutschland liefert der Ukraine keine Marschflugkörper.", "denied", "DE", "UA"),
    ("Spanien stoppt Waffenlieferungen an Israel.", "denied", "ES", "IL"),
    ("Der Iran bestreitet, Drohnen an Russland geliefert zu haben.", "denied", "IR", "RU"),
    ("Iran weist Vorwürfe zurück, Russland mit Drohnen zu beliefern.", "denied", "IR", "RU"),
]


@pytest.mark.parametrize(("text", "status", "supplier", "recipient"), TRANSFERS)
def test_transfer(detector: Detector, text: str, status: str | None, supplier: str, recipient: str) -> None:
    found = [
        item for item in transfers(read(detector, text)) if status is not None or item[0] in ("occurred", "planned")
    ]
    assert found == ([(status, supplier, recipient)] if status else [])


NO_TRANSFERS = [
    "Deutschland liefert der Ukraine 18 Stromgeneratoren.",
    "Die Bundeswehr bestellt 18 Kampfpanzer bei einem Hersteller in München.",
    "Russland verlegt Kampfjets nach Belarus.",
    "Zollfahnder haben Gewehre aus Serbien sichergestellt, die nach Schweden geliefert werden sollten.",
    "Russland hat die Ukraine mit Raketen angegriffen.",
    "Deutschland war im vergangenen Jahr der fünftgrößte Waffenexporteur der Welt.",
    "Mit einer Rakete aus 30 Metern traf der Stürmer für Frankreich ins Tor.",
    "In der Debatte über Waffenlieferungen geht der Streit weiter.",
]


@pytest.mark.parametrize("text", NO_TRANSFERS)
def test_no_transfer(detector: Detector, text: str) -> None:
    assert [item for item in transfers(read(detector, text)) if item[0] in ("occurred", "planned")] == []


SEQUELS = [
    (
        "Die USA werfen Nordkorea vor, Russland Granaten geliefert zu haben. Pjöngjang bestreitet das.",
        "denied",
        "KP",
        "RU",
    ),
    ("China soll Drohnen an Russland geliefert haben. Peking weist den Vorwurf zurück.", "denied", "CN", "RU"),
    ("Der Iran soll Russland mit Drohnen beliefert haben. Das hat Teheran stets bestritten.", "denied", "IR", "RU"),
    (
        "Südafrika soll Waffen an Russland geliefert haben. Präsident Ramaphosa nennt die Berichte falsch.",
        "denied",
        "ZA",
        "RU",
    ),
    ("Der Iran soll Drohnen an Russland geliefert haben. Moskau weist das zurück.", "possible", "IR", "RU"),
    (
        "Der Iran soll Drohnen an Russland geliefert haben. Teheran bestreitet, Atomwaffen bauen zu wollen.",
        "possible",
        "IR",
        "RU",
    ),
    ("Nordkorea lieferte laut Seoul Granaten an Russland.", "occurred", "KP", "RU"),
    ("Nach Angaben Washingtons verkaufte der Iran Raketen an Russland.", "occurred", "IR", "RU"),
    ("Der Iran hat Drohnen an Russland geliefert, sagt Kiew.", "occurred", "IR", "RU"),
    ("Seoul warnte Pjöngjang davor, Munition an Russland zu liefern.", "possible", "KP", "RU"),
    ("Nordkorea soll Russland Millionen Granaten geliefert haben", "possible", "KP", "RU"),
    ("Deutschland soll der Ukraine Haubitzen liefern", "planned", "DE", "UA"),
    ("Kiew bittet Berlin um Taurus", "possible", "DE", "UA"),
    ("Selenskyj fordert von Scholz Marschflugkörper.", "possible", "DE", "UA"),
    ("Türkei erwägt Kauf von 40 Eurofightern", "possible", "", "TR"),
    ("Indien beschließt Kauf von 26 Rafale-Kampfjets aus Frankreich", "planned", "FR", "IN"),
]


@pytest.mark.parametrize(("text", "status", "supplier", "recipient"), SEQUELS)
def test_who_says_what_of_a_transfer(detector: Detector, text: str, status: str, supplier: str, recipient: str) -> None:
    assert transfers(read(detector, text)) == [(status, supplier, recipient)]


@pytest.mark.parametrize(
    "text",
    [
        "Man fordere Nordkorea auf, die Zusagen einzuhalten und keine Waffen an Russland zu liefern.",
        "Washington rief Peking auf, Russland keine Waffen zu liefern.",
    ],
)
def test_a_demand_not_to_deliver_is_no_transfer(detector: Detector, text: str) -> None:
    assert transfers(read(detector, text)) == []


@pytest.mark.parametrize(
    ("text", "weapons"),
    [
        (
            "Nordkorea will Waffen an Russland verkaufen. Demnach geht es um Artilleriemunition.",
            {"artillery ammunition"},
        ),
        ("Die USA genehmigen ein Waffenpaket für Taiwan. Es umfasst Haubitzen und Raketen.", {"howitzer", "missile"}),
        ("Nordkorea will Waffen an Russland verkaufen. Seoul bestellte Haubitzen.", {"weapons"}),
    ],
)
def test_weapons_named_later_take_the_place_of_arms_in_general(
    detector: Detector, text: str, weapons: set[str]
) -> None:
    first = next(event for event in read(detector, text).events if event.status == "planned")
    assert {filler.name for filler in first.roles["weapon"]} == weapons


def test_the_word_for_meeting_is_the_trigger(detector: Detector) -> None:
    found = read(detector, "Kim will nach Russland reisen, um sich mit Putin zu treffen und Handel zu besprechen.")
    assert [event.trigger.text for event in found.events if event.type == "leader_meeting"] == ["treffen"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Vor Macrons Rombesuch dämpft die Opposition die Hoffnungen", [("planned", frozenset({"FR", "IT"}))]),
        ("Merkels Parisbesuch endet ohne Einigung", [("occurred", frozenset({"DE", "FR"}))]),
        ("Merkels Parisreden wurden veröffentlicht", []),
    ],
)
def test_visits_inside_compounds(detector: Detector, text: str, found: list[tuple[str, frozenset[str | None]]]) -> None:
    assert meetings(read(detector, text, day="2017-07-13")) == found
