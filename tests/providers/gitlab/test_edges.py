"""What is odd about GitLab, by the numbers of its fact sheet where it has one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from services.gitlab.build import email
from services.gitlab.ignored import IGNORED
from services.gitlab.models import moment
from services.gitlab.webhook import ACCESS, LOOK, RECORDS, read
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Nudge, Record
from tests.providers.gitlab.material import delivery, heard, told, webhook

ALL, CODE = "project:gitlab.com:42", "code:gitlab.com:42"


def one(name: str, **changes: Any) -> Any:
    """The Message of a recorded webhook whose object was changed."""
    body = webhook(name)
    body["object_attributes"] |= changes
    (message,) = told(body)
    return message


def nudges(body: Any) -> list[Nudge]:
    found = heard(body)
    assert all(isinstance(it, Nudge) for it in found)
    return [it for it in found if isinstance(it, Nudge)]


def test_5_a_project_hook_and_a_group_hook_tell_one_message() -> None:
    body = webhook("issue.update")
    assert told(body) == told({**body, "group": {"group_id": 77}})


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03 09:10:11 UTC",
        "2026-02-03T09:10:11Z",
        "2026-02-03T09:10:11.999Z",
        "2026-02-03T11:10:11+02:00",
        "2026-02-03T11:10:11.482+02:00",
        "2026-02-03 11:10:11 +0200",
        "2026-02-03 04:10:11 -05:00",
    ],
)
def test_6_all_forms_of_a_time_are_one_moment(text: str) -> None:
    assert moment(text) == datetime(2026, 2, 3, 9, 10, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-03",
        "2026-02-03 09:10:11",
        "2026-13-03 09:10:11 UTC",
        "0001-01-01T00:00:00+23:00",
    ],
)
def test_6_what_is_no_moment_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        moment(text)


def test_7_a_redacted_address_is_none() -> None:
    assert (email("[REDACTED]"), email(None), email("a@b.example")) == ("", "", "a@b.example")
    commit = told(webhook("push.redacted"))[1]
    assert commit.author
    assert (commit.author.name, commit.author.email) == ("Ada Park", "")
    assert b"REDACTED" not in bytes(repr(told(webhook("issue.open"))), "utf-8")


def test_8_a_push_of_many_commits_says_that_it_is_cut() -> None:
    push, *commits = told(webhook("push.many_commits"))
    assert (push.metadata["total_commits_count"], push.metadata["truncated"]) == ("57", "true")
    assert len(commits) == 20


def test_10_zeros_are_a_branch_or_tag_that_began_or_ended() -> None:
    made = told(webhook("push.branch_created"))[0].metadata
    gone = told(webhook("tag_push.deleted"))[0].metadata
    assert (made["created"], made["deleted"]) == ("true", "false")
    assert (gone["created"], gone["deleted"]) == ("false", "true")


def test_10_a_push_without_commits_was_when_we_heard_of_it() -> None:
    (push,) = told(webhook("push.branch_deleted"))
    assert push.timestamp == datetime.fromtimestamp(1_770_300_000, UTC)
    (first, *_) = told(webhook("push.commits"))
    assert first.timestamp == datetime(2026, 2, 5, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "route", "stream"),
    [
        ("issue.confidential", ALL, "issues"),
        ("note.internal", ALL, "issue_notes"),
        ("note.on_confidential_issue", ALL, "issue_notes"),
        ("note.internal_on_merge_request", CODE, "merge_request_notes"),
    ],
)
def test_11_what_is_confidential_is_never_told_by_a_webhook(
    name: str, route: str, stream: str
) -> None:
    body = webhook(name)
    assert nudges(body) == [Nudge((route,), stream, "42")]
    del body["event_type"]  # older servers, and templates that look like them
    assert nudges(body) == [Nudge((route,), stream, "42")]


def test_12_a_work_item_of_a_type_that_nobody_knows_is_an_issue_with_that_type() -> None:
    message = one("work_item.task", type="Moon Shot")
    assert (message.type, message.metadata["work_item_type"]) == ("issue", "moon_shot")


def test_an_epic_belongs_to_a_group_and_is_dropped_by_name() -> None:
    (record,) = heard(webhook("work_item.epic"))
    assert isinstance(record, Record)
    assert record.kind in IGNORED


def test_13_a_remark_on_a_commit_names_the_commit() -> None:
    message = one("note.commit")
    assert message.parent_id == f"gitlab.com:42:commit:{message.metadata['commit']}"


def test_14_a_change_that_names_no_changes_is_a_change() -> None:
    (message,) = told(webhook("issue.update_without_changes"))
    assert message.updated_at == datetime(2026, 2, 3, 10, tzinfo=UTC)


def test_22_on_another_instance_the_same_numbers_are_other_ids() -> None:
    (message,) = told(webhook("issue.self_managed_subgroup"))
    assert message.id == "git.acme.example:8443:42:issue:301"
    (record,) = heard(webhook("issue.self_managed_subgroup"))
    assert record.routes == ("project:git.acme.example:8443:42",)


def test_23_a_project_in_a_subgroup_has_a_long_path() -> None:
    (message,) = told(webhook("issue.self_managed_subgroup"))
    assert message.metadata["project"] == "acme/platform/edge"


def test_25_the_variables_of_a_pipeline_go_nowhere() -> None:
    (nudge,) = heard(webhook("pipeline.success"))
    assert nudge == Nudge((CODE,), "pipelines", "42")
    assert "not to be told" not in repr(nudge)


def test_a_release_is_looked_up_by_everybody_who_sees_the_project() -> None:
    for action in ("create", "update", "delete"):
        assert nudges(webhook(f"release.{action}")) == [Nudge((ALL,), "releases", "42")]


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("issue.open", ALL),
        ("work_item.task", ALL),
        ("note.issue", ALL),
        ("note.on_a_work_item", ALL),
        ("note.merge_request", CODE),
        ("note.commit", CODE),
        ("note.snippet", CODE),
        ("merge_request.open", CODE),
        ("push.commits", CODE),
        ("tag_push.created", CODE),
    ],
)
def test_what_is_about_code_goes_to_those_who_may_read_it(name: str, route: str) -> None:
    found = heard(webhook(name))
    assert found
    assert {it.routes for it in found} == {(route,)}


def test_what_gitlab_notes_itself_is_dropped() -> None:
    assert heard(webhook("note.system")) == []


def test_an_approval_that_gitlab_took_back_itself_is_told_like_any_change() -> None:
    """There `system` says who reset it, and the merge request is everybody's news."""
    (message,) = told(webhook("merge_request.unapproved_by_system"))
    assert message.type == "pull_request"


@pytest.mark.parametrize(
    ("name", "group"), [("member.added", 77), ("project.created", 77), ("subgroup.created", 78)]
)
def test_a_groups_own_events_make_its_accounts_look_at_their_projects(
    name: str, group: int
) -> None:
    assert nudges(webhook(name)) == [Nudge((f"group:gitlab.com:{group}",), "projects")]


def test_a_groups_event_of_a_server_that_does_not_name_itself_is_left_to_the_walks() -> None:
    assert list(read(delivery(webhook("member.added"), x_gitlab_instance=""))) == []


@pytest.mark.parametrize(
    "name", ["issue.open", "push.commits", "release.create", "issue.confidential"]
)
def test_the_hook_of_one_project_cannot_speak_for_another(name: str) -> None:
    """Whoever writes a hook's template has GitLab sign whatever it says."""
    it = delivery(webhook(name))
    assert list(read(structs.replace(it, query="project=gitlab.com:42")))
    for other in ("gitlab.com:43", "git.acme.example:42", ""):
        with pytest.raises(Unreadable):
            list(read(structs.replace(it, query=f"project={other}")))


def test_the_hook_of_a_project_cannot_speak_for_its_group() -> None:
    it = delivery(webhook("member.added"))
    assert list(read(structs.replace(it, query="project=gitlab.com:42"))) == []


def test_the_actor_is_not_taken_for_the_author() -> None:
    (message,) = told(webhook("issue.update"))
    assert message.author
    assert (message.author.id, message.author.name) == ("9", "")
    body = webhook("issue.update") | {"names": {"9": "apark"}}
    (message,) = told(body)
    assert message.author
    assert message.author.name == "apark"


def test_ghost_is_nobody() -> None:
    (message,) = told(webhook("issue.ghost"))
    assert message.author is None


def test_before_drafts_there_was_work_in_progress() -> None:
    assert one("merge_request.before_drafts").metadata["draft"] == "true"
    assert one("merge_request.open").metadata["draft"] == "false"


def test_nulls_are_false_or_absent() -> None:
    message = one("issue.open", confidential=None, labels=None, description=None, due_date=None)
    assert message.metadata["confidential"] == "false"
    assert "labels" not in message.metadata
    assert message.content == ""


def test_a_note_of_an_old_server_is_in_no_discussion() -> None:
    message = one("note.of_an_old_server")
    assert message.thread_id == message.parent_id == "gitlab.com:42:issue:301"


def test_a_remark_on_something_of_tomorrow_has_no_parent() -> None:
    message = one("note.issue", noteable_type="Dream")
    assert message.parent_id == ""
    assert message.metadata["noteable_type"] == "Dream"


@pytest.mark.parametrize("body", [{}, {"text": "A template made this"}, {"object_kind": ""}])
def test_a_template_s_body_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable):
        heard(body)


@pytest.mark.parametrize("kind", sorted(RECORDS - {"work_item"} | LOOK.keys()))
def test_what_does_not_name_its_project_is_unreadable(kind: str) -> None:
    with pytest.raises(Unreadable):
        heard({"object_kind": kind})


def test_a_kind_of_tomorrow_is_kept_by_its_name() -> None:
    with pytest.raises(UnsupportedEvent) as kept:
        heard({"event_name": "dream"})
    assert kept.value.kind == "dream"


def test_every_kind_is_in_one_place() -> None:
    places = (RECORDS, LOOK.keys(), ACCESS, IGNORED.keys())
    assert sum(map(len, places)) == len(set().union(*places))


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("issue.open", ("object_attributes", "id"), None),
        ("issue.open", ("object_attributes", "id"), "301"),
        ("issue.open", ("object_attributes", "created_at"), "soon"),
        ("issue.open", ("object_attributes", "created_at"), 7),
        ("issue.open", ("project", "web_url"), "javascript:alert(1)"),
        ("issue.open", ("project", "web_url"), "https://"),
        ("issue.open", ("project", "web_url"), "https://a b/c"),
        ("issue.open", ("project", "id"), "42"),
        ("push.commits", ("ref",), "refs/heads/with space"),
        ("push.commits", ("ref",), ""),
        ("push.commits", ("before",), "HEAD"),
        ("push.commits", ("after",), "0" * 39),
        ("note.issue", ("object_attributes", "position"), 7),
        ("merge_request.open", ("object_attributes", "last_commit"), "x"),
    ],
)
def test_a_bad_value_is_unreadable(name: str, path: tuple[str, ...], value: Any) -> None:
    body = inner = webhook(name)
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(Unreadable):
        told(body)
