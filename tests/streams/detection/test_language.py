"""Which language a text is in: script first, then the feed's word, then the model."""

import pytest

from streams.detection.language import Identifier

ALL = ("de", "en", "fr", "es", "ru", "uk", "zh", "ar", "ko")


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(ALL)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Kanzler empfängt den Präsidenten am Montag in Berlin.", "de"),
        ("The chancellor will receive the president in Berlin on Monday.", "en"),
        ("Le chancelier recevra le président lundi à Berlin.", "fr"),
        ("El canciller recibirá al presidente el lunes en Berlín.", "es"),
        ("Канцлер примет президента в понедельник в Берлине, объявил представитель.", "ru"),
        ("Канцлер прийме президента в понеділок у Берліні, повідомив речник.", "uk"),
        ("总理将于星期一在柏林会见总统。", "zh"),
        ("يستقبل المستشار الرئيس يوم الاثنين في برلين", "ar"),
        ("총리가 월요일 베를린에서 대통령을 접견한다", "ko"),
        pytest.param("Emma Woodhouse 和 George Knightley 星期一下午在柏林会面", "zh", id="Latin names in Chinese"),
        pytest.param(
            "에마 우드하우스(Emma Woodhouse), 조지 나이틀리(George Knightley) 만나", "ko", id="Latin names in Korean"
        ),
        pytest.param("Представитель Highbury Woodhouse Industries сообщил о сделке", "ru", id="Latin names in Russian"),
        pytest.param("The character 会 means meeting, says the teacher of the course", "en", id="one sign in English"),
    ],
)
def test_undeclared_text(identifier: Identifier, text: str, language: str):
    assert identifier.identify("", text, None) == language


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        pytest.param("Merz in Paris", "de", "de", id="too short to tell"),
        pytest.param("Merz in Paris", "de-AT", "de", id="with a region"),
        pytest.param("", "fr", "fr", id="empty"),
        pytest.param("", None, None, id="empty and undeclared"),
        pytest.param("The chancellor will receive the president in Berlin on Monday.", "de", "en", id="wrong feed"),
        pytest.param("总理将于星期一在柏林会见总统。", "en", "zh", id="wrong script"),
        pytest.param("El canciller recibirá al presidente", "es", "es", id="right feed"),
        pytest.param("12345 67890 !!!", "ko", "ko", id="no letters"),
        pytest.param("総理は月曜日にベルリンで大統領と会談する予定です", None, None, id="Japanese is not read"),
        pytest.param("Il cancelliere riceverà il presidente lunedì", "it", None, id="a language that is not read"),
    ],
)
def test_declared_text(identifier: Identifier, text: str, declared: str | None, language: str | None):
    assert identifier.identify("", text, declared) == language
