"""What a query costs before it leaves: by Linear's own arithmetic."""

import pytest
from msgspec import json

from services.linear import queries
from services.linear.quotas import MOST, QUOTAS, charges, points
from shared.types import Charge


def cost(query: str, **variables: object) -> list[Charge]:
    return list(charges("POST", "/graphql", json.encode({"query": query, "variables": variables})))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("query { viewer { id name } }", 1.2),
        ("query { issues(first: 10) { nodes { id } } }", 1 + 10 * 1.1),
        ("query { issues { nodes { id } } }", 1 + 1.1),
        ("query ($n: Int!) { found: issues(first: $n) { nodes { id } } }", 1 + 50 * 1.1),
        (
            "query { issues(first: 10, filter: { a: { b: 1 } }) { nodes { labels(first: 5) { nodes { name } } } } }",
            1 + 10 * (1 + 1 + 5 * 1.1),
        ),
        ("mutation ($id: String!) { done: issueDelete(id: $id) { success } }", 1.1),
        ("", 0),
        ("{ } } } { } }", 1),
    ],
)
def test_a_query_costs_its_objects_its_scalars_and_its_pages(query: str, expected: float) -> None:
    assert points(query) == pytest.approx(expected)


def test_the_size_of_a_page_may_be_a_variable() -> None:
    query = "query ($first: Int!) { issues(first: $first) { nodes { id } } }"
    assert points(query, (("first", 100),)) == pytest.approx(1 + 100 * 1.1)
    units = {it.quota: it.units for it in cost(query, first=100)}
    assert units["complexity"] == pytest.approx(111)


@pytest.mark.parametrize("name", queries.FIELDS)
def test_no_query_of_ours_costs_more_than_linear_allows(name: str) -> None:
    assert 0 < points(queries.everything(name)) < MOST
    assert 0 < points(queries.changes(name)) < MOST
    for text in (queries.everything(name), queries.changes(name)):
        assert text.count("nodes {") == text.count("first: "), "every connection has a size"


def test_a_call_is_counted_with_its_points_and_a_search_apart() -> None:
    assert [it.quota for it in cost(queries.VIEWER)] == ["requests", "complexity"]
    search = (
        "query ($term: String!) { found: searchIssues(term: $term, first: 50) { nodes { id } } }"
    )
    assert [it.quota for it in cost(search, term="x")] == ["requests", "complexity", "search"]
    assert {it.quota for it in cost(search)} <= set(QUOTAS)


def test_what_is_no_query_is_counted_as_far_as_it_can_be() -> None:
    assert list(charges("POST", "/oauth/revoke", b"access_token=x")) == []
    assert list(charges("POST", "/graphql", b"no json")) == [Charge("requests")]
    assert list(charges("POST", "/graphql", b"[" * 100_000)) == [Charge("requests")]
