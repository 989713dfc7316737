"""Written times: every form that is understood, every one that is refused, and with which reason."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.articles.dates import Reading, read_time, tell_time

BEIJING = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 4, 6, 30, tzinfo=UTC)  # 14:30 in Beijing

FORMS = {
    # ISO 8601 and W3C date forms
    "2026-03-04T05:06:07Z": "2026-03-04T05:06:07+00:00",
    "2026-03-04T05:06:07.123456+08:00": "2026-03-04T05:06:07+08:00",
    "2026-03-03T05:06:07,5-0500": "2026-03-03T05:06:07-05:00",
    "2026-03-04T05:06+08": "2026-03-04T05:06:00+08:00",
    "2026-03-04 05:06:07": "2026-03-04T05:06:07+08:00",
    "2026-3-4 5:06": "2026-03-04T05:06:00+08:00",
    "2026-03-04": "2026-03-04T00:00:00+08:00",
    "2026-02": "2026-02-01T00:00:00+08:00",
    "20260304T050607Z": "2026-03-04T05:06:07+00:00",
    "20260304050607": "2026-03-04T05:06:07+08:00",
    "202603040506": "2026-03-04T05:06:00+08:00",
    "20260304": "2026-03-04T00:00:00+08:00",
    "2026/03/04 05:06": "2026-03-04T05:06:00+08:00",
    "2026.03.04 05:06": "2026-03-04T05:06:00+08:00",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59+00:00",
    # 年月日
    "2026年03月04日 05:06": "2026-03-04T05:06:00+08:00",
    "2026年3月4日05:06:07": "2026-03-04T05:06:07+08:00",
    "2026年3月4日 5时6分": "2026-03-04T05:06:00+08:00",
    "2026年3月4日下午1点05分": "2026-03-04T13:05:00+08:00",
    "2026年3月4日 上午 9:05": "2026-03-04T09:05:00+08:00",
    "2026年3月4日（星期三） 09:05": "2026-03-04T09:05:00+08:00",
    "2026年3月4日": "2026-03-04T00:00:00+08:00",
    "２０２６年３月４日　０５：０６": "2026-03-04T05:06:00+08:00",
    "发布时间：2026-03-04 05:06": "2026-03-04T05:06:00+08:00",
    "2026-03-04 05:06 发布": "2026-03-04T05:06:00+08:00",
    "3月4日 05:06": "2026-03-04T05:06:00+08:00",
    "12月31日 23:00": "2025-12-31T23:00:00+08:00",
    "03-04 05:06": "2026-03-04T05:06:00+08:00",
    "05:06": "2026-03-04T05:06:00+08:00",
    "23:06": "2026-03-03T23:06:00+08:00",
    # RFC 822, RFC 850, asctime, and months by name
    "Wed, 04 Mar 2026 05:06:07 GMT": "2026-03-04T05:06:07+00:00",
    "Wed, 4 Mar 26 05:06:07 +0800": "2026-03-04T05:06:07+08:00",
    "04 Mar 2026 05:06 EST": "2026-03-04T05:06:00-05:00",
    "Tue, 04 Mar 2026 05:06:07 GMT": "2026-03-04T05:06:07+00:00",
    "Wed, 04 Mar 2026 05:06:07 CST": "2026-03-04T05:06:07+08:00",
    "Wed, 04 Mar 2026 05:06:07": "2026-03-04T05:06:07+08:00",
    "Wed Mar  4 05:06:07 2026": "2026-03-04T05:06:07+08:00",
    "Wednesday, 04-Mar-26 05:06:07 GMT": "2026-03-04T05:06:07+00:00",
    "March 4, 2026 5:06 PM EST": "2026-03-04T17:06:00-05:00",
    "Mar 4, 2026": "2026-03-04T00:00:00+08:00",
    "4 March 2026": "2026-03-04T00:00:00+08:00",
    "Published: 4 March 2026 05:06 +08:00": "2026-03-04T05:06:00+08:00",
    "Sun Mar  1 16:29:06 PST 2026": "2026-03-01T16:29:06-08:00",
    "Wed, 4 Mar 2026 5:6:7 +800": "2026-03-04T05:06:07+08:00",
    "Wed, 04 Mar 2026 05:06:07 UTC+9": "2026-03-04T05:06:07+09:00",
    "Wed, 04 Mar 2026 05:06:07 GMT+0900 (Japan Standard Time)": "2026-03-04T05:06:07+09:00",
    "Tue, 01 Jul 2025 05:06:07 ET": "2025-07-01T05:06:07-04:00",
    "Wed, 2026/03/04 08:19:53 EDT": "2026-03-04T08:19:53-04:00",
    "Wednesday, March 4th, 2026": "2026-03-04T00:00:00+08:00",
    "2026-03-04 at 5:06 AM": "2026-03-04T05:06:00+08:00",
    "2026年03月04日 05:06:07 星期三": "2026-03-04T05:06:07+08:00",
    "2026년 3월 4일 05:06": "2026-03-04T05:06:00+08:00",
    "4. März 2026, 05:06 Uhr": "2026-03-04T05:06:00+08:00",
    "4 марта 2026, 05:06": "2026-03-04T05:06:00+08:00",
    "Mi, 04 März 2026 05:06:07 +0100": "2026-03-04T05:06:07+01:00",
    # since 1970
    "1772572000": "2026-03-03T21:06:40+00:00",
    "1772572000000": "2026-03-03T21:06:40+00:00",
    "1772572000.5": "2026-03-03T21:06:40.5+00:00",
}


@pytest.mark.parametrize(("text", "told"), FORMS.items(), ids=FORMS.keys())
def test_a_form_that_is_understood(text: str, told: str) -> None:
    reading = tell_time(text, zone=BEIJING, now=NOW)
    assert isinstance(reading, Reading), reading
    assert reading == Reading(at=datetime.fromisoformat(told))


RELATIVE = {
    "刚刚": ("2026-03-04T14:30+08:00", False),
    "5分钟前": ("2026-03-04T14:25+08:00", False),
    "5 分钟前": ("2026-03-04T14:25+08:00", False),
    "半小时前": ("2026-03-04T14:00+08:00", False),
    "3个小时前": ("2026-03-04T11:30+08:00", False),
    "3小时前发布": ("2026-03-04T11:30+08:00", False),
    "2天前": ("2026-03-02T14:30+08:00", False),
    "3 hours ago": ("2026-03-04T11:30+08:00", False),
    "an hour ago": ("2026-03-04T13:30+08:00", False),
    "Updated 5 minutes ago": ("2026-03-04T14:25+08:00", False),
    "今天 10:25": ("2026-03-04T10:25+08:00", True),
    "今日10:25": ("2026-03-04T10:25+08:00", True),
    "昨天 16:25": ("2026-03-03T16:25+08:00", True),
    "昨日 16:25": ("2026-03-03T16:25+08:00", True),
    "前天 08:00": ("2026-03-02T08:00+08:00", True),
    "yesterday at 5pm": ("2026-03-03T17:00+08:00", True),
}


@pytest.mark.parametrize(("text", "told", "exact"), [(k, *v) for k, v in RELATIVE.items()], ids=RELATIVE.keys())
def test_a_relative_form_counts_from_now_in_the_zone_of_the_source(text: str, told: str, exact: bool) -> None:
    assert tell_time(text, zone=BEIJING, now=NOW) == Reading(at=datetime.fromisoformat(told), exact=exact)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("　 ", "is empty"),
        ("soon", "no known form"),
        ("04/03/2026", "which is the day and which the month"),
        ("4.3.26 05:06", "which is the day and which the month"),
        ("March 2026", "no known form"),
        ("Wed", "no known form"),
        ("2026-13-01", "does not exist"),
        ("2026-02-30 05:06:07", "does not exist"),
        ("Mon, 30 Feb 2026 05:06:07 GMT", "does not exist"),
        ("2026年2月29日", "does not exist"),
        ("2026-03-04 25:06", "does not exist"),
        ("99:99", "does not exist"),
        ("2月30日 05:06", "does not exist"),
        ("0000-00-00 00:00:00", "does not exist"),
        ("0001-01-01T00:00:00Z", "not of our age"),
        ("1969-12-31", "not of our age"),
        ("2026-03-04T05:06:07+99:00", "does not exist"),
        ("Wed, 04 Mar 2026 05:06:07 QQQ", "no known form"),
        ("Mittwoch, 04.03.2026, 05:06 Uhr", "which is the day and which the month"),
        ("blah 2026 foo 12 bar", "no known form"),
        ("2026" * 60, "no known form"),
    ],
)
def test_what_is_refused_has_its_reason(text: str, reason: str) -> None:
    refusal = read_time(text, zone=BEIJING, now=NOW)
    assert isinstance(refusal, str)
    assert reason in refusal
    assert len(refusal) < 150


def test_a_time_far_ahead_becomes_now_and_one_that_is_near_stays() -> None:
    near = (NOW + timedelta(hours=23)).isoformat()
    assert read_time(near, zone=UTC, now=NOW) == NOW + timedelta(hours=23)
    reading = tell_time("2099-01-01", zone=UTC, now=NOW)
    assert isinstance(reading, Reading)
    assert (reading.at, reading.exact) == (NOW, False)
    assert "days ahead" in reading.note


def test_the_zone_of_the_source_counts_where_none_is_written() -> None:
    summer = read_time("2025-07-01 12:00", zone=NEW_YORK, now=NOW)
    winter = read_time("2025-12-01 12:00", zone=NEW_YORK, now=NOW)
    assert isinstance(summer, datetime)
    assert isinstance(winter, datetime)
    assert (summer.utcoffset(), winter.utcoffset()) == (timedelta(hours=-4), timedelta(hours=-5))
    assert read_time("Wed, 04 Mar 2026 05:06:07 CST", zone=NEW_YORK, now=NOW) == datetime(
        2026, 3, 4, 11, 6, 7, tzinfo=UTC
    )


def test_new_year_is_not_a_year_off() -> None:
    begun = datetime(2025, 12, 31, 17, tzinfo=UTC)  # 01:00 on 1 January in Beijing
    assert read_time("1月1日 00:30", zone=BEIJING, now=begun) == datetime(2025, 12, 31, 16, 30, tzinfo=UTC)
    assert read_time("12月31日 23:30", zone=BEIJING, now=begun) == datetime(2025, 12, 31, 15, 30, tzinfo=UTC)
    assert read_time("1月1日", zone=UTC, now=begun) == datetime(2026, 1, 1, tzinfo=UTC)


@given(
    st.text()
    | st.from_regex(r"[0-9年月日时分秒前后昨天今:/. TZ+-]{1,25}|\d{1,20}|[A-Za-z]{3} \d{1,9}.{0,20}", fullmatch=True)
)
def test_any_text_gives_an_aware_time_or_a_reason(text: str) -> None:
    told = read_time(text, zone=BEIJING, now=NOW)
    assert isinstance(told, str) or (told.tzinfo is not None and told <= NOW + timedelta(days=1))
