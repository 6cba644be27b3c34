"""Bytes to text, whatever the labels say."""

import pytest

from ingest import encodings

RUSSIAN = "Президент встретился с министром обороны и обсудил поставки вооружений на следующий год"
CHINESE = "两国领导人将于下周会面，讨论能源合作问题。发言人星期二表示，具体日期尚未确定。"
TAIWANESE = "總統下個月將訪問友邦，外交部發言人表示行程仍在安排之中，雙方將討論經濟合作。"
KOREAN = "외교장관이 다음 달 평양을 방문하는 방안을 검토하고 있다고 당국자가 밝혔다"
GERMAN = "Die „Fähre“ über die Förde fährt täglich – für 5 €"
ARABIC = "نفى الرئيس يوم الثلاثاء أن بلاده باعت أسلحة إلى أي طرف في النزاع"
GREEK = "Ο πρόεδρος συναντήθηκε με τον υπουργό άμυνας στην πρωτεύουσα"

CASES = [
    (RUSSIAN, "koi8-r"),
    (RUSSIAN, "windows-1251"),
    (RUSSIAN, "iso-8859-5"),
    (CHINESE, "gb2312"),
    (CHINESE, "gb18030"),
    (TAIWANESE, "big5"),
    (KOREAN, "euc-kr"),
    (GERMAN, "windows-1252"),
    (ARABIC, "windows-1256"),
    (GREEK, "windows-1253"),
    (GERMAN, "utf-8"),
]


def _document(text: str, label: str | None) -> str:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    return f"{declaration}<rss><channel><title>{text}</title></channel></rss>"


@pytest.mark.parametrize("label", ["right", "utf-8", None])
@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_labelled_rightly_wrongly_and_not_at_all(text: str, encoding: str, label: str | None) -> None:
    document = _document(text, encoding if label == "right" else label)
    decoded = encodings.decode(document.encode(encoding))
    assert decoded.text == document
    wrong = encoding != "utf-8" and label != "right"
    assert (decoded.complaint is not None) == wrong


@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, CHINESE])
@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "windows-1252"])
def test_utf8_labelled_as_latin(text: str, label: str) -> None:
    document = _document(text, label)
    decoded = encodings.decode(document.encode())
    assert (decoded.text, decoded.encoding) == (document, "utf-8")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("bom", [True, False])
@pytest.mark.parametrize("label", ["utf-16", "utf-8", None])
def test_wide_encodings_with_and_without_a_mark(encoding: str, bom: bool, label: str | None) -> None:
    document = _document(RUSSIAN, label)
    decoded = encodings.decode((("\ufeff" if bom else "") + document).encode(encoding))
    assert decoded.text == document


def test_latin1_with_the_extra_characters_of_windows() -> None:
    document = _document(GERMAN, "iso-8859-1")
    decoded = encodings.decode(document.encode("cp1252"))
    assert (decoded.text, decoded.encoding) == (document, "windows-1252")


def test_a_declared_utf16_that_is_none() -> None:
    document = _document("plain", "utf-16")
    assert encodings.decode(document.encode()).text == document


def test_pasted_together_feeds_are_mended_piece_by_piece() -> None:
    body = "Grüße".encode() * 20 + b" Gr\xfc\xdfe " + "Größe".encode() * 20
    assert encodings.decode(body).text == "Grüße" * 20 + " Grüße " + "Größe" * 20


def test_ebcdic() -> None:
    document = _document("hello", "cp037")
    assert encodings.decode(document.encode("cp037")).text == document


@pytest.mark.parametrize("charset", ["hex", "rot13", "base64", "idna", "punycode", "undefined", "no such", "", "\x00"])
def test_labels_that_name_no_encoding_of_text(charset: str) -> None:
    document = _document(GERMAN, charset or None)
    assert encodings.decode(document.encode(), charset).text == document


def test_the_document_outweighs_a_servers_default() -> None:
    document = _document(RUSSIAN, "koi8-r")
    assert encodings.decode(document.encode("koi8-r"), "iso-8859-1").text == document
