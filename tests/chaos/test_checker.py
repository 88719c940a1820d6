"""The checker itself: a right stream is right, and each kind of wrong is found."""

import pytest

from tests.chaos.checker import Seen, check

TRUTH = {"a": range(3), "b": range(2)}
RIGHT = [Seen(f"{feed}{n}", feed, n) for feed, n in [("a", 0), ("b", 0), ("a", 1), ("a", 2)]]
RIGHT += [Seen("b1", "b", 1)]


def test_a_right_stream_is_right() -> None:
    assert check(RIGHT, TRUTH).right


def test_an_empty_stream_of_nothing_is_right() -> None:
    assert check([], {}).right


def test_a_lost_fact_is_found() -> None:
    assert check(RIGHT[:2] + RIGHT[3:], TRUTH).lost == (("a", 1),)


def test_a_feed_of_which_nothing_came_is_found() -> None:
    assert check([it for it in RIGHT if it.feed == "a"], TRUTH).lost == (("b", 0), ("b", 1))


def test_a_repeated_event_is_found() -> None:
    assert "a2" in check([*RIGHT, RIGHT[3]], TRUTH).duplicated


def test_a_fact_under_two_event_ids_is_found() -> None:
    assert check([*RIGHT, Seen("another", "b", 1)], TRUTH).duplicated == ("b:1",)


def test_an_event_id_for_two_facts_is_found() -> None:
    assert check([*RIGHT[:-1], Seen("a0", "b", 1)], TRUTH).duplicated == ("a0",)


def test_an_invented_fact_is_found() -> None:
    assert check([*RIGHT, Seen("x", "a", 99)], TRUTH).invented == (("a", 99),)


def test_an_inversion_is_found_within_a_feed_and_not_across() -> None:
    swapped = [RIGHT[2], RIGHT[1], RIGHT[0], *RIGHT[3:]]
    assert check(swapped, TRUTH).inverted == (("a", 0),)


@pytest.mark.parametrize("wrong", [RIGHT[1:], [*RIGHT, RIGHT[0]], RIGHT[::-1]])
def test_a_wrong_stream_is_not_right_and_says_why(wrong: list[Seen]) -> None:
    verdict = check(wrong, TRUTH)
    assert not verdict.right
    assert str(verdict) != "0 lost [], 0 invented [], 0 duplicated [], 0 inverted []"
