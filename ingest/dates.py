"""Dates as feeds write them → moments in UTC: RFC 822 with zone names, ISO 8601 in all its shapes, and foreign months.

Pure. Zone names follow their use in news: feeds are read as they are meant, not as the standard has it (RFC 2822
takes every unknown name for UTC).
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

# Hours from UTC. A name with two meanings has the one that news feeds use: IST India, BST Britain, CST America.
ZONES = {
    **dict.fromkeys(("ut", "utc", "gmt", "z", "wet", "gmt0", "zulu"), 0.0),
    **dict.fromkeys(("cet", "mez", "met", "bst", "west", "wat"), 1.0),
    **dict.fromkeys(("cest", "mest", "mesz", "eet", "sast", "cat"), 2.0),
    **dict.fromkeys(("eest", "msk", "trt", "eat", "idt"), 3.0),
    **dict.fromkeys(("msd", "gst", "samt"), 4.0),
    **dict.fromkeys(("pkt", "yekt", "uzt"), 5.0),
    **dict.fromkeys(("hkt", "sgt", "pht", "awst", "krat"), 8.0),
    **dict.fromkeys(("jst", "kst"), 9.0),
    **dict.fromkeys(("aest", "vlat", "chst"), 10.0),
    **dict.fromkeys(("nzst",), 12.0),
    **dict.fromkeys(("brt", "art", "clst", "uyt", "adt"), -3.0),
    **dict.fromkeys(("ast", "edt", "clt", "bot", "vet", "amt"), -4.0),
    **dict.fromkeys(("est", "et", "cdt", "pet", "cot", "ect"), -5.0),
    **dict.fromkeys(("cst", "ct", "mdt"), -6.0),
    **dict.fromkeys(("mst", "mt", "pdt"), -7.0),
    **dict.fromkeys(("pst", "pt", "akdt"), -8.0),
    **dict.fromkeys(("akst",), -9.0),
    **dict.fromkeys(("hst",), -10.0),
    "irst": 3.5,
    "aft": 4.5,
    "ist": 5.5,
    "npt": 5.75,
    "mmt": 6.5,
    "aedt": 11.0,
    "nzdt": 13.0,
    "nst": -3.5,
    "ndt": -2.5,
}

# Months by their beginnings, in the languages whose feeds write them out. The longest beginning counts.
MONTHS = {
    1: "jan ene gen янв січ ιαν janv ocak oca stycz يناير كانون|الثاني 1월",
    2: "feb fév fev febr фев лют φεβ szub lut şub فبراير شباط 2월",
    3: "mar mär märz mrz маρ мар бер μάρ μαρ márc mart مارس آذار 3월",
    4: "apr abr avr апр кві απρ ápr nis kwi أبريل إبريل نيسان 4월",
    5: "may mai mag maj мая май трав μάι μαΐ máj mei maio أيار مايو 5월",
    6: "jun giu juin июн черв ιούν jún haz cze يونيو حزيران 6월",
    7: "jul lug juil июл лип ιούλ júl tem lip يوليو تموز 7월",
    8: "aug ago aoû aou авг серп αύγ aug. ağu sie أغسطس آب 8월",
    9: "sep set сен вер σεπ szept eyl wrz سبتمبر أيلول 9월",
    10: "oct okt ott out окт жовт οκτ ekim eki paź أكتوبر تشرين 10월",
    11: "nov ноя лист νοέ kas lis نوفمبر 11월",
    12: "dec dez dic déc дек груд δεκ ara gru ديسمبر 12월",
}
BEGINNINGS = sorted(
    ((beginning, number) for number, words in MONTHS.items() for beginning in words.split()),
    key=lambda pair: -len(pair[0]),
)

ISO = re.compile(
    r"(?P<year>\d{4})(?:-?(?P<month>\d\d)(?:-?(?P<day>\d\d))?|-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})"
    r"|-?(?P<ordinal>\d{3})|-?W(?P<week>\d\d)(?:-?(?P<weekday>\d))?)?"
    r"(?:[T\s_]+(?P<hour>\d{1,2})(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?)?"
    r"\s*(?P<zone>Z|z|[+-]\s?\d\d?(?::?\d\d)?|[A-Za-z]{2,5})?\s*$"
)
WORDED = re.compile(
    r"^\W*(?:(?P<day>\d{1,2})(?:st|nd|rd|th|\.|er)?[\s,/.-]*(?:de\s+)?(?P<month>[^\W\d]+)\.?,?|"
    r"(?P<month2>[^\W\d]+)\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?)"
    r"[\s,/-]*(?:de\s+)?(?P<rest>.*)$",
    re.DOTALL,
)
WEEKDAY = re.compile(r"^[^\W\d]+\.?,?\s*(?=\d|[^\W\d]+\.?\s+\d)")
TIME = re.compile(
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:[.,]\d+)?)?\s*(?P<half>[aApP]\.?[mM]\.?)?"
)
YEAR = re.compile(r"(?<![:\d+-])(\d{4}|\d{2})(?![:\d])")
OFFSET = re.compile(r"(?P<sign>[+−-])\s?(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?\b")
NAME = re.compile(r"\b(?:[Ee]tc/)?([A-Za-z]{1,5})\b")
NUMERIC = re.compile(
    r"^(?P<a>\d{1,4})[./](?P<b>\d{1,2})[./](?P<c>\d{1,4})\.?(?:[\s,T-]+(?P<rest>.*))?$",
    re.DOTALL,
)


def parse(text: str | None) -> datetime | None:
    """The moment that a date in a feed means, in UTC; None for what is no date. A date without time is midnight."""
    if not text:
        return None
    cleaned = " ".join(text.split())
    if not cleaned or len(cleaned) > 100:
        return None
    bare = WEEKDAY.sub("", cleaned)
    readers: tuple[Callable[[str], datetime | None], ...] = (_iso, _worded, _numeric, _asian, _epoch)
    for read in readers:
        for candidate in dict.fromkeys((cleaned, bare)):
            try:
                moment = read(candidate)
            except (ValueError, OverflowError):
                continue
            if moment is not None:
                return moment
    return None


def _epoch(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970, as some programs write them."""
    if not re.fullmatch(r"1\d{9}(?:\d{3})?", text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _iso(text: str) -> datetime | None:
    found = ISO.fullmatch(text)
    if found is None or not found["year"]:
        return None
    day = _iso_day(found)
    hour = int(found["hour"] or 0)
    fraction = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    time = timedelta(
        hours=hour, minutes=int(found["minute"] or 0), seconds=int(found["second"] or 0), microseconds=fraction
    )
    if hour > 24 or time > timedelta(days=1):
        return None
    return (day + time - _offset(found["zone"] or "")).replace(tzinfo=UTC)


def _iso_day(found: re.Match[str]) -> datetime:
    year = int(found["year"])
    if found["ordinal"]:
        return datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=int(found["ordinal"]) - 1)
    if found["week"]:
        return datetime.fromisocalendar(year, int(found["week"]), int(found["weekday"] or 1)).replace(tzinfo=UTC)
    return datetime(year, int(found["month"] or found["m1"] or 1), int(found["day"] or found["d1"] or 1), tzinfo=UTC)


def _worded(text: str) -> datetime | None:
    """`Tue, 05 Sep 2023 10:12:00 CEST`, `September 5, 2023 10:12 PM EDT`, `Tue Sep  5 10:12:00 2023`, and kin."""
    found = WORDED.match(text)
    if found is None:
        return None
    month = _month(found["month"] or found["month2"] or "")
    if month is None:
        return None
    rest = found["rest"]
    time = TIME.search(rest)
    dateless = rest if time is None else rest[: time.start()] + " " + rest[time.end() :]
    year = YEAR.search(dateless)
    if year is None:
        return None
    zone = (dateless[: year.start()] + " " + dateless[year.end() :]).strip(" ,()")
    return _moment(_year(year[1]), month, int(found["day"] or found["day2"]), time, zone)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 70 else 1900)


def _moment(year: int, month: int, day: int, time: re.Match[str] | None, zone: str) -> datetime:
    start = datetime(year, month, day, tzinfo=UTC)
    if time is None:
        return start - _offset(zone)
    hour = int(time["hour"])
    half = (time["half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 24 or int(time["minute"]) > 59:
        raise ValueError(f"no time of day: {time[0]}")
    since = timedelta(hours=hour, minutes=int(time["minute"]), seconds=min(59, int(time["second"] or 0)))
    return start + since - _offset(zone)


def _month(word: str) -> int | None:
    word = word.lower()
    return next((number for beginning, number in BEGINNINGS if word.startswith(beginning)), None)


def _offset(zone: str) -> timedelta:
    """How far a zone is ahead of UTC; unknown names count as UTC."""
    numeric = OFFSET.search(zone)
    if numeric is not None:
        hours, minutes = int(numeric["hours"]), int(numeric["minutes"] or 0)
        ahead = timedelta(hours=hours, minutes=minutes)
        return ahead if numeric["sign"] == "+" else -ahead
    name = NAME.search(zone)
    return timedelta(hours=ZONES.get(name[1].lower(), 0.0)) if name else timedelta()


def _numeric(text: str) -> datetime | None:
    """`05.09.2023 10:12`, `2023/09/05`, `9/25/2023 10:12 PM`: day first, unless it cannot be one."""
    found = NUMERIC.match(text)
    if found is None:
        return None
    a, b, c = found["a"], found["b"], found["c"]
    if len(a) == 4:
        year, month, day = int(a), int(b), int(c)
    else:
        year, month, day = _year(c[-4:]), int(b), int(a)
        if month > 12 or ("/" in text and day <= 12 and re.search(r"[aApP][mM]", text)):
            month, day = day, month
    rest = found["rest"] or ""
    time = TIME.search(rest)
    return _moment(year, month, day, time, rest[time.end() :] if time else "")


def _asian(text: str) -> datetime | None:
    """`2023년 09월 05일 오후 10:12`, `2023年9月5日 10:12`: local time of Seoul, Beijing or Tokyo."""
    found = re.match(r"(\d{4})\s?[년年]\s?(\d{1,2})\s?[월月]\s?(\d{1,2})\s?[일日号]?\s*(.*)$", text)
    if found is None:
        return None
    rest = found[4]
    time = re.search(r"(?P<hour>\d{1,2})[:시時点点](?P<minute>\d{1,2})(?:[:분分](?P<second>\d{1,2}))?(?P<half>)", rest)
    moment = _moment(int(found[1]), int(found[2]), int(found[3]), time, "")
    if re.search(r"오후|下午|午後", rest) and moment.hour < 12:
        moment += timedelta(hours=12)
    zone = timezone(timedelta(hours=9 if "년" in text else 8))
    return moment.replace(tzinfo=zone).astimezone(UTC)
