"""What GitHub is known to do, case by case; the numbers of the cases are those of its fact sheet."""

from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec import json, structs

from services.github.provider import provider
from services.github.webhook import MAX_BODY
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.normalizer import Message, Person, Recipient
from shared.types import Delivery, Nudge
from tests.contract.reading import messages
from tests.providers.github import sign
from tests.providers.github.material import SECRET, delivery, records, told, webhook

assert provider.webhook
HEARING = provider.webhook
ZEROS = "0" * 40


def verify(it: Delivery) -> None:
    HEARING.verify([SECRET], it, 0.0)


def one(event: str, body: Any) -> Message:
    (message,) = told(event, body)
    return message


def test_1_the_signature_covers_raw_bytes_that_are_not_ascii() -> None:
    verify(delivery("issues", '{"title": "Grüße, 世界 \\u0000"}'.encode()))


@pytest.mark.parametrize(
    "headers", [{}, {"x-hub-signature": "sha1=00"}, {"x-hub-signature-256": ""}]
)
def test_2_a_missing_or_older_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotGenuine):
        verify(Delivery(b"{}", headers))


def test_2_a_doubled_header_is_refused() -> None:
    it = delivery("issues", b"{}")
    twice = it.headers[sign.SIGNATURE]
    with pytest.raises(NotGenuine):
        verify(structs.replace(it, headers={**it.headers, sign.SIGNATURE: f"{twice}, {twice}"}))


def test_3_a_form_encoded_delivery_says_the_same() -> None:
    body = webhook("issues.opened")
    body["issue"]["title"] = "50 % & mehr = größer + 世界"
    form = urlencode({"payload": json.encode(body)}).encode()
    headers = {
        **sign.headers("issues"),
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    }
    it = Delivery(form, sign.sign(SECRET, form, headers))
    verify(it)
    assert list(messages(provider, it)) == told("issues", body)


@pytest.mark.parametrize(
    "form", [b"", b"payload=", b"payload=%FF", b"other=1", b"\xff", b"payload=["]
)
def test_3_a_broken_form_is_unreadable(form: bytes) -> None:
    headers = {"x-github-event": "issues", "content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(Unreadable):
        list(HEARING.read(Delivery(form, headers)))


def test_4_a_redelivery_has_the_id_of_the_first_and_says_the_same() -> None:
    it = delivery("push", webhook("push.branch_created"))
    assert HEARING.delivery_id(it) == "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert list(messages(provider, it)) == list(messages(provider, it))


def test_5_a_ping_says_nothing() -> None:
    assert list(HEARING.read(delivery("ping", webhook("ping")))) == []


def test_6_an_event_of_tomorrow_is_unsupported() -> None:
    with pytest.raises(UnsupportedEvent):
        list(HEARING.read(delivery("telepathy", b"{}")))


def test_8_the_same_number_in_two_repositories_is_two_issues() -> None:
    body = webhook("issues.opened")
    first = one("issues", body).id
    body["repository"]["id"] += 1
    assert one("issues", body).id != first


@pytest.mark.parametrize("user", [None, {"login": "ghost", "id": 10137, "type": "User"}, {}])
def test_9_a_deleted_user_is_nobody(user: Any) -> None:
    body = webhook("issues.opened")
    body["issue"] |= {"user": user, "body": None, "assignees": [user]}
    it = one("issues", body)
    assert (it.author, it.content, it.recipients) == (None, "", ())
    assert it.title == "Spelling error in the README file"


def test_9_an_empty_author_of_a_commit_is_nobody() -> None:
    body = webhook("push.branch_created")
    body["commits"][0]["author"] = {}
    assert told("push", body)[1].author is None


@pytest.mark.parametrize("kind", ["Bot", "Mannequin", "Organization"])
def test_10_whoever_has_a_login_and_a_number_can_write(kind: str) -> None:
    body = webhook("issues.opened")
    body["issue"]["user"] = {"login": "renovate[bot]", "id": 29139614, "type": kind}
    assert one("issues", body).author == Person("29139614", "renovate[bot]")


def test_11_a_deleted_tag_and_its_next_deletion_are_two_pushes() -> None:
    body = webhook("push.tag_deleted")
    first = one("push", body)
    body["before"] = "1" * 40
    assert first.metadata["deleted"] == "true"
    assert first.id.endswith(f":{ZEROS}:6113728f27ae82c7b1a177c8d03f9e96e0adf246")
    assert one("push", body).id != first.id


def test_11_a_forced_push_says_so() -> None:
    body = webhook("push.branch_created") | {"forced": True, "created": False, "before": "a" * 40}
    push = told("push", body)[0]
    assert (push.metadata["forced"], push.metadata["before"]) == ("true", "a" * 40)


@pytest.mark.parametrize("event", ["create", "delete"])
def test_11_a_made_or_deleted_branch_is_told_by_its_push(event: str) -> None:
    assert told(event, webhook(event)) == []


def test_12_a_push_of_2048_commits_says_that_there_may_be_more() -> None:
    body = webhook("push.branch_created")
    commit = body["commits"][0]
    body["commits"] = [{**commit, "id": f"{n:040x}"} for n in range(2048)]
    push, *commits = told("push", body)
    assert (push.metadata["truncated"], len(commits)) == ("true", 2048)


def test_13_epoch_seconds_and_iso_text_are_the_same_moment() -> None:
    body = webhook("push.branch_created")
    first = told("push", body)[0].timestamp
    body["repository"]["pushed_at"] = "2019-05-15T15:20:57Z"
    assert told("push", body)[0].timestamp == first


def test_14_a_date_with_an_offset_is_told_in_utc() -> None:
    body = webhook("discussion.created")
    body["discussion"]["created_at"] = "2021-03-30T16:09:52-04:00"
    assert b'"2021-03-30T20:09:52Z"' in json.encode(one("discussion", body))


@pytest.mark.parametrize("stamp", ["2021-03-30T16:09:52", "0001-01-01T00:00:00+14:00", "soon"])
def test_14_a_date_that_is_no_moment_is_unreadable(stamp: str) -> None:
    body = webhook("discussion.created")
    body["discussion"]["created_at"] = stamp
    with pytest.raises(Unreadable):
        told("discussion", body)


def test_20_mentions_leave_out_code_and_know_teams() -> None:
    body = webhook("issues.opened")
    body["issue"]["body"] = "cc @mona, @acme/backend\n\n`@code`\n\n```\n@fence\n```\n"
    people = (Person(name="mona"), Person("acme/backend", "acme/backend"))
    assert one("issues", body).mentions == people


def test_20_a_team_that_was_asked_has_the_id_of_its_mention() -> None:
    body = webhook("pull_request.opened")
    body["pull_request"] |= {
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [{"id": 3, "slug": "backend", "name": "Back End"}],
    }
    asked = one("pull_request", body).recipients
    assert asked == (Recipient("Codertocat/backend", "Back End", role="reviewer"),)


def test_21_a_comment_on_a_pull_request_belongs_to_it() -> None:
    body = webhook("issue_comment.created")
    body["comment"]["html_url"] = "https://github.com/Codertocat/Hello-World/pull/2#issuecomment-1"
    it = one("issue_comment", body)
    assert it.thread_id == it.parent_id == "186853002:pull:2"
    assert (it.metadata["is_pr"], it.metadata["number"]) == ("true", "2")


def test_22_an_edit_carries_the_time_by_which_it_is_ordered() -> None:
    body = webhook("issue_comment.edited")
    it = one("issue_comment", body)
    assert it.updated_at
    assert it.updated_at > it.timestamp


@pytest.mark.parametrize(
    "name",
    [
        "issues.deleted",
        "issues.transferred",
        "issue_comment.deleted",
        "discussion.transferred",
        "discussion_comment.deleted",
        "pull_request_review_comment.deleted",
        "release.deleted",
    ],
)
def test_23_what_is_deleted_becomes_a_tombstone_without_content(name: str) -> None:
    it = one(name.partition(".")[0], webhook(name))
    assert it.deleted
    assert (it.content, it.title, it.author, it.metadata) == ("", "", None, {})


def test_23_a_transferred_repository_is_still_there() -> None:
    assert not one("repository", webhook("repository.transferred")).deleted
    assert one("repository", webhook("repository.privatized") | {"action": "deleted"}).deleted


def test_24_the_largest_delivery_of_github_is_taken() -> None:
    assert HEARING.max_body == MAX_BODY == 25 * 1024 * 1024


def test_an_answer_in_a_review_stands_below_the_first_remark() -> None:
    body = webhook("pull_request_review_comment.created")
    body["comment"]["in_reply_to_id"] = 5
    it = one("pull_request_review_comment", body)
    assert it.thread_id == "186853002:reviewthread:5"
    assert it.parent_id == "186853002:reviewcomment:5"


def test_neither_the_action_nor_the_sender_changes_a_message() -> None:
    body = webhook("issues.opened")
    first = one("issues", body)
    body |= {"action": "pinned", "sender": {"login": "other", "id": 99, "type": "User"}}
    assert one("issues", body) == first


def test_routes_are_the_numbers_that_the_payload_names() -> None:
    body = webhook("issues.opened")
    (record,) = records("issues", body)
    assert record.routes == ("repo:186853002", "owner:21031067")
    body |= {"organization": {"id": 7, "login": "acme"}, "installation": {"id": 99}}
    (record,) = records("issues", body)
    assert record.routes == ("repo:186853002", "org:7", "installation:99")


def test_what_changes_access_nudges_the_walk_that_proves_it() -> None:
    def nudges(name: str) -> list[Nudge]:
        found = HEARING.read(delivery(name.partition(".")[0], webhook(name)))
        return [it for it in found if isinstance(it, Nudge)]

    revoked = nudges("github_app_authorization.revoked")
    number = webhook("github_app_authorization.revoked")["sender"]["id"]
    assert revoked == [Nudge((f"user:{number}",), "repositories")]
    (installed,) = nudges("installation_repositories.added")
    given = webhook("installation_repositories.added")["installation"]
    owner = given["account"]["id"]
    assert installed.routes == (f"installation:{given['id']}", f"installed:{owner}")
    (renamed,) = nudges("repository.renamed")
    assert renamed.stream == "repositories"


EVENTS = [
    "branch_protection_rule",
    "check_run",
    "check_suite",
    "code_scanning_alert",
    "commit_comment",
    "create",
    "delete",
    "dependabot_alert",
    "deploy_key",
    "deployment",
    "deployment_review",
    "deployment_status",
    "discussion",
    "discussion_comment",
    "fork",
    "github_app_authorization",
    "gollum",
    "installation",
    "installation_repositories",
    "issue_comment",
    "issues",
    "label",
    "marketplace_purchase",
    "member",
    "membership",
    "merge_group",
    "meta",
    "milestone",
    "org_block",
    "organization",
    "package",
    "page_build",
    "ping",
    "project",
    "project_card",
    "project_column",
    "projects_v2_item",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "release",
    "repository",
    "repository_dispatch",
    "repository_import",
    "repository_vulnerability_alert",
    "security_advisory",
    "sponsorship",
    "star",
    "status",
    "team",
    "team_add",
    "watch",
    "workflow_dispatch",
    "workflow_job",
    "workflow_run",
]


def test_every_event_of_octokit_is_normalized_nudging_or_dropped_with_a_reason() -> None:
    nudging = {"ping", "installation", "installation_repositories", "github_app_authorization"}
    known = set(provider.normalizers) | set(provider.ignored) | nudging
    assert len(EVENTS) == 58
    assert set(EVENTS) - known == set()
    assert set(provider.ignored) - set(EVENTS) == set()
