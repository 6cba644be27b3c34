"""Pairs of own sentences that differ in little: leaders who have met, and leaders who are to meet."""

from datetime import UTC, datetime

import pytest

from streams.detector import Detector
from streams.messages import Article

WEDNESDAY = datetime(2023, 5, 17, 9, tzinfo=UTC)
"""The day of every article."""
PAIRS = [
    ("en", "Macron and Scholz met in Paris on Tuesday", "Macron and Scholz meet in Paris on Friday"),
    (
        "en",
        "Biden hosted Sunak for talks in Washington on Tuesday",
        "Biden hosts Sunak for talks in Washington tomorrow",
    ),
    ("en", "Macron held talks with Scholz in Berlin on Monday", "Macron holds talks with Scholz in Berlin on Friday"),
    ("en", "Macron receives Scholz in Paris", "Macron to receive Scholz in Paris"),
    ("en", "Erdogan met Putin in Sochi last Friday", "Erdogan meets Putin in Sochi next Friday"),
    ("en", "Macron travelled to Berlin and met Scholz", "Macron travels to Berlin to meet Scholz"),
    ("en", "Modi welcomed Kishida in New Delhi this week", "Modi will welcome Kishida in New Delhi this week"),
    ("de", "Scholz hat Macron am Montag in Berlin getroffen", "Scholz trifft Macron am Freitag in Berlin"),
    ("de", "Scholz empfing Macron am Dienstag in Berlin", "Scholz empfängt Macron am Freitag in Berlin"),
    ("de", "Scholz reiste am Montag zu Macron nach Paris", "Scholz reist am Freitag zu Macron nach Paris"),
    ("de", "Erdogan trifft Putin in Sotschi", "Erdogan trifft Putin morgen in Sotschi"),
    ("de", "Scholz traf vergangenen Freitag Macron in Paris", "Scholz trifft kommenden Freitag Macron in Paris"),
    ("de", "Scholz hat Macron in Berlin empfangen", "Scholz wird Macron in Berlin empfangen"),
    ("fr", "Macron a reçu Scholz mardi à Paris", "Macron reçoit Scholz vendredi à Paris"),
    ("fr", "Macron et Scholz se sont réunis mardi à Berlin", "Macron et Scholz se réunissent vendredi à Berlin"),
    ("fr", "Macron a rencontré Erdogan à Ankara", "Macron rencontrera Erdogan à Ankara"),
    ("fr", "Macron reçoit Scholz à Paris", "Macron reçoit Scholz demain à Paris"),
    (
        "fr",
        "Une rencontre entre Macron et Scholz a eu lieu à Paris",
        "Une rencontre entre Macron et Scholz aura lieu à Paris",
    ),
    (
        "fr",
        "Le sommet entre Biden et Poutine s'est tenu à Genève",
        "Le sommet entre Biden et Poutine se tiendra à Genève",
    ),
    ("es", "Sánchez recibió a Macron el lunes en Madrid", "Sánchez recibe a Macron el viernes en Madrid"),
    ("es", "Sánchez se reunió con Scholz en Berlín", "Sánchez se reunirá con Scholz en Berlín"),
    ("es", "Sánchez recibe a Macron en Madrid", "Sánchez recibe mañana a Macron en Madrid"),
    ("es", "Lula y Fernández se reunieron en Brasilia", "Lula y Fernández se reunirán en Brasilia"),
    (
        "es",
        "La reunión entre Biden y Putin tuvo lugar en Ginebra",
        "La reunión entre Biden y Putin tendrá lugar en Ginebra",
    ),
    ("ru", "Путин во вторник встретился с Эрдоганом в Сочи", "Путин в пятницу встретится с Эрдоганом в Сочи"),
    ("ru", "Путин принял Лукашенко в Кремле", "Путин примет Лукашенко в Кремле"),
    ("ru", "Встреча Путина и Эрдогана состоялась в Сочи", "Встреча Путина и Эрдогана состоится в Сочи"),
    ("ru", "Си Цзиньпин и Путин провели переговоры в Москве", "Си Цзиньпин и Путин проведут переговоры в Москве"),
    ("ru", "Путин встречается с Лукашенко в Сочи", "Путин встречается с Лукашенко в Сочи в пятницу"),
    ("uk", "Зеленський зустрівся з Макроном у Парижі", "Зеленський зустрінеться з Макроном у Парижі"),
    ("uk", "Зеленський прийняв Дуду в Києві", "Зеленський прийме Дуду в Києві"),
    ("uk", "Зустріч Зеленського і Макрона відбулася в Парижі", "Зустріч Зеленського і Макрона відбудеться в Парижі"),
    ("uk", "Зеленський зустрічається з Дудою у Варшаві", "Зеленський зустрічається з Дудою у Варшаві в п'ятницю"),
    ("uk", "Зеленський зустрічався з Дудою у Варшаві", "Зеленський зустрічатиметься з Дудою у Варшаві"),
    ("zh", "习近平会见普京", "习近平将会见普京"),
    ("zh", "习近平在北京会见了马克龙", "习近平拟在北京会见马克龙"),
    ("zh", "拜登与普京昨天在日内瓦举行会晤", "拜登与普京明天在日内瓦举行会晤"),
    ("zh", "习近平周二在北京会见马克龙", "习近平周五在北京会见马克龙"),
    ("ar", "التقى ماكرون شولتس في باريس", "سيلتقي ماكرون شولتس في باريس"),
    ("ar", "استقبل السيسي ماكرون في القاهرة", "سوف يستقبل السيسي ماكرون في القاهرة"),
    ("ar", "عقد بايدن وبوتين قمة في جنيف", "سيعقد بايدن وبوتين قمة في جنيف"),
    ("ar", "يلتقي أردوغان بوتين في سوتشي", "يلتقي أردوغان بوتين في سوتشي الجمعة المقبل"),
    ("ko", "윤석열 대통령은 기시다 총리와 도쿄에서 회담했다", "윤석열 대통령은 기시다 총리와 도쿄에서 회담할 예정이다"),
    (
        "ko",
        "윤석열 대통령이 바이든 대통령과 정상회담을 가졌다",
        "윤석열 대통령이 바이든 대통령과 정상회담을 가질 예정이다",
    ),
    ("ko", "바이든 대통령은 어제 기시다 총리를 만났다", "바이든 대통령은 내일 기시다 총리를 만난다"),
    ("ko", "시진핑 주석은 푸틴 대통령과 회담했다", "시진핑 주석은 푸틴 대통령과 회담한다"),
    ("de", "Scholz wurde am Freitag von Biden empfangen", "Scholz wird am Freitag von Biden empfangen"),
    ("en", "Biden hosted a summit with Kishida at Camp David", "Biden hosts today a summit with Kishida at Camp David"),
    ("en", "Scholz hails progress at summit with Putin", "Scholz hopes for progress at summit with Putin this week"),
    ("fr", "Le sommet entre Macron et Scholz a eu lieu mardi", "Le sommet entre Macron et Scholz a lieu vendredi"),
    (
        "de",
        "Der Gipfel von Putin und Erdogan fand am Dienstag statt",
        "Der Gipfel von Putin und Erdogan findet am Freitag statt",
    ),
    ("en", "Modi ended a trip that included talks with Macron", "Modi begins a trip that includes talks with Macron"),
    ("en", "Scholz hails Kenyan president's visit", "Scholz presses ahead with Kenyan president's visit"),
    (
        "fr",
        "La rencontre entre Macron et Scholz s'est déroulée à Nancy",
        "La rencontre entre Macron et Scholz se déroulera à Nancy",
    ),
    (
        "en",
        "Modi has arrived in Britain for a visit which will include talks with Prime Minister Rishi Sunak",
        "Modi will arrive in Britain for a visit which will include talks with Prime Minister Rishi Sunak",
    ),
]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(languages=("de", "en", "fr", "es", "ru", "uk", "zh", "ar", "ko"))


def statuses(detector: Detector, language: str, sentence: str) -> set[str]:
    article = Article(id="a", title="", text=sentence, language=language, published=WEDNESDAY)
    return {event.status for event in detector.detect(article).events if event.type == "leader_meeting"}


@pytest.mark.parametrize(("language", "met", "to_meet"), PAIRS)
def test_what_was_and_what_is_to_come(detector: Detector, language: str, met: str, to_meet: str) -> None:
    assert (statuses(detector, language, met), statuses(detector, language, to_meet)) == ({"occurred"}, {"planned"})
