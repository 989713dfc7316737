"""Problems of a run by their causes, and what mends them."""

from dataclasses import replace

import pytest

from flows.causes import cause_of, causes
from flows.remedies import remedy
from tasks.model import ArticleLine, Result, Stage

LINE = ArticleLine(
    key="202611200000000001", code="NW202611200000000001", title="标题一", category="emnews", step="new",
    result=Result.FAILED, stage=Stage.FETCH, reason="", attempts=3, address="",
)  # fmt: skip


def line(number: int, reason: str, **other: object) -> ArticleLine:
    """An article with a problem."""
    code = f"NW20261120000000{number:04}"
    return replace(LINE, key=code[2:], code=code, title=f"标题{number}", reason=reason, **other)  # type: ignore[arg-type]


def test_the_same_reason_is_one_cause_whatever_the_article() -> None:
    found = causes(
        line(n, f"GET https://api.example:8443/text?id=NW20261120000000{n:04}: status 503 after 1.{n} s")
        for n in range(1, 5)
    )
    [cause] = found
    assert cause.text == "api.example: status 503 after … s"
    assert [one.code[-1] for one in cause.lines] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET https://a.example/x: status 503", "GET https://a.example/y: status 404"),
        ("GET https://a.example/x: status 503", "GET https://b.example/x: status 503"),
        ("the text is empty", "no title"),
    ],
)
def test_another_reason_is_another_cause(one: str, other: str) -> None:
    assert cause_of(line(1, one)) != cause_of(line(1, other))


def test_another_stage_is_another_cause() -> None:
    lines = [line(1, "broken"), line(2, "broken", stage=Stage.PARSE), line(3, "broken", result=Result.UNUSABLE)]
    assert len(causes(lines)) == 3


def test_the_largest_comes_first_and_what_went_well_is_none() -> None:
    lines = [line(1, "rare"), line(2, "often"), line(3, "often"), line(4, "fine", result=Result.DONE)]
    assert [(cause.text, len(cause.lines)) for cause in causes(lines)] == [("often", 2), ("rare", 1)]


@pytest.mark.parametrize(
    "reason", ["", "http://[::1", "GET https://: x", "'" * 3, "x" * 5000, "GET http://a.example/%zz"]
)
def test_whatever_a_reason_is_it_has_a_cause(reason: str) -> None:
    assert 0 < len(cause_of(line(1, reason))) <= 200


def test_what_could_not_be_fetched_is_asked_for_again() -> None:
    [cause] = causes([line(1, "status 503"), line(2, "status 503")])
    assert remedy(cause, site="site.toml").parameters == {
        "site": "site.toml",
        "articles": ["NW202611200000000001", "NW202611200000000002"],
        "force": True,
    }


@pytest.mark.parametrize(
    ("stage", "parameters"),
    [
        (Stage.PARSE, {"site": "s", "articles": ["NW202611200000000001"], "stage": "parse"}),
        (Stage.PUBLISH, {"site": "s", "stage": "publish"}),
    ],
)
def test_what_came_is_not_asked_for_again(stage: Stage, parameters: dict[str, object]) -> None:
    [cause] = causes([line(1, "broken", stage=stage)])
    assert remedy(cause, site="s").parameters == parameters


def test_nothing_mends_an_unusable_record() -> None:
    [cause] = causes([line(1, "no title", result=Result.UNUSABLE)])
    assert remedy(cause, site="s").parameters == {}


def test_a_page_that_could_not_be_made_is_read_again() -> None:
    """It was taken out of the lists, and only what is read anew gets a place again."""
    [cause] = causes([line(1, "template article.html: no such name", stage=Stage.RENDER)])
    assert remedy(cause, site="s").parameters == {"site": "s", "articles": ["NW202611200000000001"], "force": True}


def test_what_the_circuit_breaker_held_back_is_not_let_go_by_hand() -> None:
    [cause] = causes([line(1, "not published: 2 of 3 articles failed", stage=Stage.PUBLISH)])
    assert remedy(cause, site="s", tripped=True).parameters == {}
    assert remedy(cause, site="s").parameters != {}


@pytest.mark.parametrize("reason", ["given up: GET https://a.example/x: status 410", "its page is gone: withdraw it?"])
def test_what_is_gone_is_not_said_to_be_tried_again(reason: str) -> None:
    [cause] = causes([line(1, reason)])
    assert cause.is_final
    assert "Nothing is tried again by itself" in remedy(cause, site="s").text


def test_a_form_has_no_more_codes_than_a_person_can_look_at() -> None:
    [cause] = causes([line(n, "status 503") for n in range(1, 61)])
    mend = remedy(cause, site="s")
    assert len(mend.parameters["articles"]) == 50
    assert "the first 50 of 60" in mend.text
