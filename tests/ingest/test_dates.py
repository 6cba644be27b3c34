"""Dates as feeds write them."""

from datetime import UTC, datetime

import pytest

from ingest import dates

TEN_PAST = datetime(2023, 9, 5, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 05 Sep 2023 10:12:00 GMT",
        "Tue, 05 Sep 2023 12:12:00 CEST",
        "Tue, 05 Sep 2023 12:12:00 +0200",
        "Tue, 05 Sep 2023 12:12:00 GMT+2",
        "Tue, 05 Sep 2023 12:12:00 +02:00",
        "Tue, 5 Sep 23 13:12 MSK",
        "Di, 5. September 2023 12:12 MESZ",
        "вт, 05 сентября 2023 13:12:00 +0300",
        "mar., 05 sept. 2023 12:12:00 +0200",
        "martes, 5 de septiembre de 2023 12:12 CEST",
        "September 5, 2023 10:12 AM UTC",
        "Tue Sep  5 10:12:00 2023",
        "Tue Sep 05 03:12:00 PDT 2023",
        "Tuesday, 05-Sep-23 10:12:00 GMT",
        "2023-09-05T10:12:00Z",
        "2023-09-05T10:12Z",
        "2023-09-05T15:42:00+05:30",
        "2023-09-05T15:42:00+0530",
        "2023-09-05 10:12:00",
        "20230905T101200Z",
        "2023-248T10:12:00Z",
        "2023-W36-2T10:12:00Z",
        "5.9.2023 10:12",
        "5/9/2023 10:12",
        "9/5/2023 10:12 AM",
        "2023/09/05 10:12",
        "2023년 09월 05일 오후 7:12",
        "2023年9月5日 18:12",
        "1693908720",
        "1693908720000",
        "  Tue,  05 Sep\n 2023 10:12:00   GMT ",
    ],
)
def test_one_moment_in_many_ways(text: str) -> None:
    assert dates.parse(text) == TEN_PAST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-09-05", datetime(2023, 9, 5, tzinfo=UTC)),
        ("2023-09", datetime(2023, 9, 1, tzinfo=UTC)),
        ("05 Sep 2023", datetime(2023, 9, 5, tzinfo=UTC)),
        ("Thu, 31 Dec 2020 23:59:60 GMT", datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2023-09-05T24:00:00Z", datetime(2023, 9, 6, tzinfo=UTC)),
        ("Tue, 05 Sep 2023 10:12:00 XYZ", TEN_PAST),
    ],
)
def test_less_precise_dates(text: str, expected: datetime) -> None:
    assert dates.parse(text) == expected


@pytest.mark.parametrize(
    "text", [None, "", " ", "yesterday", "Mon, 32 Sep 2023", "2023-13-01", "2023-09-05T25:00Z", "0000-00-00", "1" * 500]
)
def test_what_is_no_date(text: str | None) -> None:
    assert dates.parse(text) is None
