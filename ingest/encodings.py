"""Bytes of a feed → text, whatever is declared: byte order marks, declarations, and what the bytes themselves say.

Pure. Labels are often wrong, so a label is believed only as far as the bytes agree with it.
"""

import codecs
import re
from dataclasses import dataclass

BOMS = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
# The first characters of a document without a byte order mark (XML 1.0, appendix F); spaces and `{` come first as well.
WIDE = (
    (re.compile(rb"\0\0\0[<{\s]"), "utf-32-be"),
    (re.compile(rb"[<{\s]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0[<{\s]\0[^\0]"), "utf-16-be"),
    (re.compile(rb"[<{\s]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
DECLARATION = re.compile(r"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([A-Za-z0-9._:\- ]+?)\s*[\"']", re.IGNORECASE)

PUNCTUATION = re.compile("[\u00a0\u00ab\u00bb\u2010-\u2027\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\u060c\u061b]")

# What readers take instead of what is declared, as the WHATWG Encoding Standard has it: supersets.
SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
ALIASES = {"ks_c_5601-1987": "euc_kr", "x-sjis": "shift_jis", "x-gbk": "gbk", "x-euc-jp": "euc_jp", "x-big5": "big5"}
NO_TEXT = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem"))
LATIN = frozenset(("ascii", "iso8859-1", "cp1252"))

# The most frequent letters of what an encoding is used for: text that was decoded rightly consists of them.
FREQUENT = {
    "gb18030": (
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
        "民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日"
        "那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想"
        "已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指"
    ),
    "big5hkscs": (
        "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而方後多定行學法所"
        "民得經十三之進著等部度家電力裡如水化高自二理起小物現實加量都兩體制機當使點從業本去把性好應開它合還因由其些然前外天政四日"
        "那社義事平形相全表間樣與關各重新線內數正心反你明看原又麼利比或但質氣第向道命此變條只沒結解問意建月公無系軍很情者最立代想"
        "已通並提直題黨程展五果料象員革位入常文總次品式活設及管特件長求老頭基資邊流路級少圖山統接知較將組見計別她手角期根論運農指"
    ),
    "cp949": (
        "이다는에의가을고하지로기사은한도를대자시어나인서리정해일스수라부그전있아상보으장제들원과조선주구원계면위공소여연경만무비"
        "오세북국치방관통성않된했습니까러와음신교분당야우안회동남"
    ),
    "euc_jp": "のにはをたがでてとしれさいるなかもりこっらくあきよまアイスルント日本国人大会",
    "cp932": "のにはをたがでてとしれさいるなかもりこっらくあきよまアイスルント日本国人大会",
    "koi8-u": "оеаинтсрвлкі",
    "iso8859-5": "оеаинтсрвлкі",
    "cp1251": "оеаинтсрвлкі",
    "cp1256": "النمويرتبلعةد",
    "cp1253": "αοιετσνηυρπ",
    "cp1255": "יוהלאמרתבשנ",
    "cp1250": "ąęłńóśźżčřšžěůáéíýőűťďňł",
    "cp1252": "éèàüäößçñêôîâùåøæáíóúãõëïœÉÀÜÄÖ’‘“”–—…«»„°€",
}
NAMES = {
    **{f"cp125{digit}": f"windows-125{digit}" for digit in range(9)},
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "koi8-u": "koi8-r",
    "iso8859-5": "iso-8859-5",
    "big5hkscs": "big5",
    "euc_jp": "euc-jp",
}
USUAL = {"gb18030": 0.4, "big5hkscs": 0.4, "cp949": 0.6, "euc_jp": 0.5, "cp932": 0.5, "cp1252": 0.9, "cp1250": 0.9}
"""The share that those letters have in running text, measured roughly; 0.65 in the alphabets."""

ENOUGH = 0.6
"""The part of its usual share that makes a guess believable."""

SURE_OF_LABEL_WRONG = 40
"""So many letters beyond ASCII must speak against a Latin label before it is overruled."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding it was read as, and what was wrong with its label."""

    text: str
    encoding: str
    complaint: str | None = None


def decode(body: bytes, charset: str = "") -> Decoded:
    """Decode a feed. `charset` is what the HTTP header declares. Never fails: bytes that fit nothing become U+FFFD."""
    for bom, encoding in BOMS:
        if body.startswith(bom):
            return _lossy(body[len(bom) :], encoding, _label_of_wide(body[len(bom) :], encoding))
    for pattern, encoding in WIDE:
        if pattern.match(body):
            return _wide(body, encoding)
    return _bytewise(body, charset)


def _label_of_wide(body: bytes, encoding: str) -> str:
    """The name under which a wide encoding is reported: the declared one where it says the same."""
    declared = _declared(body[:1024].decode(encoding, "ignore"))
    return encoding if declared is None or not _same_family(declared, encoding) else declared


def _same_family(declared: str, encoding: str) -> bool:
    name = codecs.lookup(declared).name if _known(declared) else declared
    return name.replace("-", "").replace("_", "")[:5] == encoding.replace("-", "")[:5]


def _wide(body: bytes, encoding: str) -> Decoded:
    if encoding != "cp037":
        return _lossy(body, encoding, encoding)
    declared = _declared(body[:200].decode(encoding, "ignore")) or encoding
    is_ebcdic = _known(declared) and "<".encode(declared, "replace") == b"\x4c"
    chosen = declared if is_ebcdic else encoding
    decoded = _lossy(body, chosen, chosen)
    return Decoded(decoded.text.replace("\x85", "\n"), decoded.encoding, decoded.complaint)


def _declared(head: str) -> str | None:
    found = DECLARATION.search(head)
    return found[1].lower() if found else None


def _known(label: str) -> bool:
    try:
        info = codecs.lookup(ALIASES.get(label, label))
    except (LookupError, ValueError):
        return False
    return info.name not in NO_TEXT and getattr(info, "_is_text_encoding", True)


def _codec(label: str) -> str:
    """The codec that readers use for a label."""
    return codecs.lookup(ALIASES.get(label, label)).name


def _bytewise(body: bytes, charset: str) -> Decoded:
    """Encodings in which ASCII is ASCII."""
    charset = charset.strip().lower()
    declared = _declared(body[:1024].decode("latin-1"))
    labels = [label for label in (charset, declared) if label and _known(label)]
    labels = [label for label in labels if not _codec(label).startswith(("utf-16", "utf-32"))]
    if len(labels) == 2 and _codec(labels[0]) in LATIN:
        labels.reverse()  # servers' default labels are Latin; a document that names something else means it
    first = labels[0] if labels else None
    if body.isascii():
        return Decoded(body.decode("ascii"), first or "utf-8")
    if _is_utf8(body, first):
        wrong = first if first and _codec(first) != "utf-8" else None
        return Decoded(body.decode(), "utf-8", f"is UTF-8, though declared as {wrong}" if wrong else None)
    for label in labels:
        decoded = _as_labelled(body, label)
        if decoded is not None:
            return decoded
    return _guessed(body, first)


def _is_utf8(body: bytes, label: str | None) -> bool:
    """Whether the bytes are UTF-8 beyond doubt: a short text in EUC or GBK can look like it by chance."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    if label is None or _codec(label) in LATIN or _codec(label) == "utf-8":
        return True
    letters = [char for char in text if ord(char) > 0x7F]
    return any(ord(char) > 0x7FF for char in letters) or len(letters) >= 4


def _as_labelled(body: bytes, label: str) -> Decoded | None:
    """The body as its label says, or None when the bytes contradict it."""
    codec = _codec(label)
    if codec == "utf-8":
        return None
    try:
        text = body.decode(codec)
    except UnicodeDecodeError:
        text = ""
    if codec in SUPERSETS and (not text or _has_controls(text)):
        codec = SUPERSETS[codec]
        label = NAMES[codec] if codec in ("cp1252", "cp1254") else label
        text = body.decode(codec, "replace")
    if not text:
        text = body.decode(codec, "replace")
    damaged = text.count("�")
    if damaged > max(3, len(text) // 200):
        return None
    if codec in LATIN and (other := _better_than_latin(body)):
        name = NAMES.get(other, other)
        return Decoded(body.decode(other, "replace"), name, f"is {name}, though declared as {label}")
    return Decoded(text, label, f"holds bytes that are not {label}" if damaged else None)


def _has_controls(text: str) -> bool:
    return re.search("[\x80-\x9f]", text) is not None


def _better_than_latin(body: bytes) -> str | None:
    letters = sum(byte > 0x7F for byte in body[:200_000])
    if letters < SURE_OF_LABEL_WRONG or _crowded(body[:20_000]) < 0.5:
        return None
    best = max(FREQUENT, key=lambda encoding: _score(body, encoding))
    return best if _score(body, best) > ENOUGH and best not in ("cp1252", "cp1250") else None


def _crowded(body: bytes) -> float:
    """The share of bytes beyond ASCII that follow another one: next to none in Latin script, most in other scripts."""
    high = re.findall(rb"[\x80-\xff]+", body)
    total = sum(map(len, high))
    return (total - len(high)) / total if total else 0.0


def _score(body: bytes, encoding: str) -> float:
    """How usual the letters beyond ASCII are when decoded so, 1 being as in running text; damage counts against."""
    text, frequent = body[:20_000].decode(encoding, "replace"), FREQUENT[encoding]
    letters = [c for c in text if ord(c) > 0x7F and not PUNCTUATION.match(c)]
    if not letters:
        return 0.0
    good = sum(char in frequent for char in letters)
    bad = max(0, letters.count("\ufffd") - 1)
    share = (good - 5 * bad) / len(letters) / USUAL.get(encoding, 0.65)
    crowded = _crowded(body[:20_000])
    return share * (1 - crowded if encoding in ("cp1252", "cp1250") else min(1, 2 * crowded))


def _guessed(body: bytes, label: str | None) -> Decoded:
    """No label that the bytes agree with: nearly UTF-8, or the encoding whose letters make the most sense."""
    declared = f"declared as {label}" if label else "not declared"
    text = body.decode("utf-8", "replace")
    damaged, wide = text.count("�"), sum(ord(char) > 0x7F for char in text)
    if wide > 10 * damaged:
        return Decoded(_mended(body), "utf-8", "holds bytes that are not UTF-8")
    scores = {encoding: _score(body, encoding) for encoding in FREQUENT}
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] < ENOUGH:
        best = "cp1252"
    name = NAMES.get(best, best)
    mended = _mended(body) if best == "cp1252" else body.decode(best, "replace")
    return Decoded(mended, name, f"is {declared}, but read as {name}")


def _mended(body: bytes) -> str:
    """UTF-8 where it is, and each other byte as windows-1252: what pasted-together feeds hold."""
    text = body.decode("utf-8", "surrogateescape")
    return re.sub(
        "[\udc80-\udcff]+", lambda found: bytes(ord(c) & 0xFF for c in found[0]).decode("cp1252", "replace"), text
    )


def _lossy(body: bytes, encoding: str, name: str) -> Decoded:
    text = body.decode(encoding, "replace")
    return Decoded(text, name, f"holds bytes that are not {name}" if "�" in text else None)
