"""Each protection is taken out once, and the test that is about it says so.

The tests of this folder ask every provider; one is enough here, because what is taken out is the
hub's own, or is added to a provider as a mistake that anybody might make.
"""

import re
from collections.abc import Callable, Sequence
from inspect import signature
from secrets import token_hex
from typing import Any
from uuid import UUID

import pytest
from litestar import get
from litestar.di import NamedDependency
from litestar.middleware import AbstractAuthenticationMiddleware
from litestar.params import FromPath, SkipValidation
from msgspec import Struct
from msgspec.structs import replace

from shared.config.catalogue import providers
from shared.normalizer import Message, cloudevents
from shared.oauth import flow, openid, refusals
from shared.provider import Api, Provider
from shared.service import account_routes, callers, problems
from shared.service.server import DeadlineProtocol
from shared.store import accounts, flows, inbox, ledger
from shared.store.database import Connection
from shared.telemetry import logs
from shared.telemetry.metrics import Metrics
from shared.types import Delivery, Record
from shared.webhook import intake
from tests.conftest import fresh_database
from tests.contract.reading import samples, signed
from tests.fakes.loopback import Server
from tests.hostile import (
    test_bodies,
    test_connecting,
    test_injection,
    test_signatures,
    test_slow,
    test_tenants,
)
from tests.hostile.stage import SECRET, staged

pytestmark = pytest.mark.anyio

Patch = pytest.MonkeyPatch


def plain(it: Provider) -> bool:
    """Whether one header proves a delivery whole, and what it tells is read from it alone."""
    if not (it.webhook and it.oauth and it.oauth.pkce and it.routes):
        return False
    sample = samples(it.name)[0]
    delivery = signed(it.name, SECRET, sample)
    told = [*it.webhook.read(delivery)]
    proven = len(delivery.headers) == len(sample.headers) + 1 and delivery.body == sample.body
    return proven and bool(told) and all(isinstance(one, Record) for one in told)


PROVIDER = next(filter(plain, providers()))


class Tooth(Struct, frozen=True):
    """What is taken out, the test that fails without it, and a part of what it says then."""

    name: str
    take_out: Callable[[Patch, Provider], Provider | None]
    test: Callable[..., Any]
    says: str


TEETH: list[Tooth] = []


class Loud(list[str]):
    """A list of what is wrong that does not wait for more."""

    def append(self, said: str) -> None:
        raise AssertionError(said)


def tooth(test: Callable[..., Any], says: str) -> Callable[[Any], Any]:
    """The decorated function takes out what it is named after, of the hub or of a provider."""

    def collect(take_out: Any) -> Any:
        TEETH.append(Tooth(take_out.__name__, take_out, test, says))
        return take_out

    return collect


def heard(provider: Provider, **facts: Any) -> Provider:
    """The provider with another webhook."""
    assert provider.webhook
    return replace(provider, webhook=replace(provider.webhook, **facts))


def shortened(patch: Patch, file: Any, statement: str, condition: str) -> None:
    """Leave a condition out of a statement."""
    text = file._statements[statement]
    assert condition in text
    patch.setitem(file._statements, statement, text.replace(condition, ""))


@tooth(test_bodies.test_a_body_is_as_long_as_it_may_be_and_no_longer, "stated: answered 401")
def the_limit_of_a_body(patch: Patch, _: Provider) -> None:
    patch.setattr(intake, "_fits", lambda *_: None)


@tooth(
    test_bodies.test_genuine_but_hostile_bodies_become_letters_and_nothing_worse,
    "not UTF-8: answered 400",
)
def bodies_are_bytes(patch: Patch, _: Provider) -> None:
    arrived = inbox.arrived

    def as_text(delivery: Delivery, *named: Any) -> inbox.Arrived:
        return arrived(replace(delivery, body=delivery.body.decode().encode()), *named)

    patch.setattr(inbox, "arrived", as_text)


@tooth(
    test_bodies.test_hostile_bodies_to_every_route_are_the_senders_to_mend, "nested.*answered 500"
)
def malformed_is_the_senders(patch: Patch, _: Provider) -> None:
    ours = problems.Problem(title="Something went wrong here.", status=500)
    patch.setitem(problems.HANDLERS, Exception, lambda *_: problems.answer(ours))


@tooth(test_bodies.test_what_nobody_signed_leaves_nothing_behind, "bytes of growth")
def what_is_refused_is_forgotten(patch: Patch, _: Provider) -> None:
    body, kept = intake._body, []

    async def keep(*given: Any) -> bytes:
        kept.append(bytearray(await body(*given)))
        return bytes(kept[-1])

    patch.setattr(intake, "_body", keep)


@tooth(test_bodies.test_a_token_that_fits_in_no_header_is_not_tried, "answered")
def tokens_fit_in_a_header(patch: Patch, _: Provider) -> None:
    patch.setattr(account_routes, "_TOKEN", re.compile(r"(?s).*"))


@tooth(test_slow.test_slow_senders_are_all_cut_off, "they hold on")
def the_deadline_of_a_request(patch: Patch, _: Provider) -> None:
    patch.setattr(DeadlineProtocol, "_start", lambda _: None)
    patch.setattr(test_slow, "LONGEST", 3.0)


@tooth(test_signatures.test_a_delivery_that_is_not_proved_is_not_stored, "missing: answered 200")
def proof(_: Patch, provider: Provider) -> Provider:
    return heard(provider, verify=lambda *_: None)


@tooth(
    test_signatures.test_a_delivery_that_is_not_proved_is_not_stored,
    "a bad one before the good one: answered 200",
)
def one_header_of_a_name(patch: Patch, _: Provider) -> None:
    def last(scope: Any) -> dict[str, str]:
        return {name.decode().lower(): it.decode("latin-1") for name, it in scope["headers"]}

    patch.setattr(intake, "_headers", last)


@tooth(test_signatures.test_a_replay_is_too_late_or_known_already, r"\[\(\d,\)\]")
def deliveries_are_known_again(patch: Patch, _: Provider) -> None:
    arrived = inbox.arrived
    patch.setattr(inbox, "arrived", lambda it, _, *more: arrived(it, token_hex(), *more))


def echo(_: Sequence[bytes], it: Delivery) -> bytes | None:
    """A handshake that says again whatever it was asked, as some providers want it."""
    return (it.body or it.query.encode()) if it.headers.get("x-hub-signature-256") is None else None


@tooth(test_signatures.test_a_handshake_shows_nothing_to_a_stranger, "echoes what it was sent")
def handshakes_are_plain_text(patch: Patch, provider: Provider) -> Provider:
    for name in ("_PLAIN", "_JSON"):
        patch.setattr(intake, name, [(b"content-type", b"text/html")])
    return heard(provider, challenge=echo)


@tooth(test_signatures.test_a_handshake_shows_nothing_to_a_stranger, "echoes what it was sent")
def handshakes_are_not_guessed_at(patch: Patch, provider: Provider) -> Provider:
    for name in ("_PLAIN", "_JSON"):
        patch.setattr(intake, name, getattr(intake, name)[:1])
    return heard(provider, challenge=echo)


@tooth(test_signatures.test_a_handshake_shows_nothing_to_a_stranger, "echoes what it was sent")
def handshakes_are_short(patch: Patch, provider: Provider) -> Provider:
    patch.setattr(intake, "LONGEST_CHALLENGE", 1 << 20)
    return heard(provider, challenge=echo)


@tooth(test_injection.test_poison_in_any_field_stays_where_it_was, "ce-subject")
def headers_are_ascii(patch: Patch, _: Provider) -> None:
    patch.setattr(cloudevents, "_ascii", lambda text: text)


@tooth(test_injection.test_poison_in_any_field_stays_where_it_was, r"self\.events\.")
def subjects_hold_no_text(patch: Patch, _: Provider) -> None:
    of_message = cloudevents.of_message

    def wrong(message: Message, **facts: Any) -> cloudevents.Event:
        event = of_message(message, **facts)
        return replace(event, subject=f"{event.subject}.{message.id[:20].replace(' ', '_')}")

    patch.setattr(ledger, "of_message", wrong)


@tooth(test_injection.test_poison_in_any_field_stays_where_it_was, "'item'")
def statements_hold_no_text(patch: Patch, _: Provider) -> None:
    publish = ledger.publish

    async def composed(conn: Connection, users: Any, items: Sequence[ledger.Item]) -> int:
        count = await publish(conn, users, items)
        for it in items:
            await conn.execute(f"select '{it.version.body.decode()}'".encode())
        return count

    patch.setattr(ledger, "publish", composed)
    all_of_them = test_injection.poisoned  # one will do, and nothing works after it
    patch.setattr(test_injection, "poisoned", lambda *given: all_of_them(*given)[:1])


@tooth(test_injection.test_poison_in_any_field_stays_where_it_was, "malformed|forged")
def log_lines_are_encoded(patch: Patch, _: Provider) -> None:
    patch.setattr(logs, "_encode", lambda event, **_: " ".join(map(str, event.values())))


@tooth(test_injection.test_poison_in_any_field_stays_where_it_was, "kind=")
def labels_are_escaped(patch: Patch, _: Provider) -> None:
    render = Metrics.render
    patch.setattr(Metrics, "render", lambda it: render(it).replace(b"\\n", b"\n"))


@get("/things/{name:str}")
async def thing(api: NamedDependency[SkipValidation[Api]], name: FromPath[str]) -> dict[str, str]:
    """Read one thing, which is named in the path just as it came."""
    return await api.get(f"/things/{name}", dict[str, str])


@tooth(test_injection.test_a_parameter_is_one_segment_of_a_path_or_refused, "things")
def parameters_have_a_pattern(_: Patch, provider: Provider) -> Provider:
    return replace(provider, routes=(*provider.routes, thing))


@tooth(test_tenants.test_without_a_token_that_is_known_nothing_is_answered, "answered 200")
def tokens_are_looked_up(patch: Patch, _: Provider) -> None:
    async def anybody(*_: object) -> callers.Caller:
        return callers.Caller("x", "ana", frozenset(callers.SCOPES))

    patch.setattr(callers.Callers, "identify", anybody)


@tooth(test_tenants.test_no_other_method_is_a_way_in, "OPTIONS .*answered")
def options_are_asked_who_they_are(patch: Patch, _: Provider) -> None:
    def lenient(self: Any, app: Any, recognizer: Any, exclude: Any = None) -> None:
        AbstractAuthenticationMiddleware.__init__(self, app, exclude=exclude)
        self._callers = recognizer

    patch.setattr(callers.Authentication, "__init__", lenient)


@tooth(test_tenants.test_with_too_few_scopes_nothing_is_done, "answered 200")
def scopes(patch: Patch, _: Provider) -> None:
    holder = callers._holder
    patch.setattr(
        callers, "_holder", lambda key: replace(holder(key), scopes=frozenset(callers.SCOPES))
    )


OWNER = "and (%(user_id)s::text is null or user_id = %(user_id)s)"


@tooth(
    test_tenants.test_what_is_somebody_elses_looks_like_nothing_at_all,
    "with ben's account_id: answered 20",
)
def accounts_have_an_owner(patch: Patch, _: Provider) -> None:
    shortened(patch, accounts.SQL, "one", OWNER)


@tooth(
    test_tenants.test_what_is_somebody_elses_looks_like_nothing_at_all,
    "with ben's account_id: answered 202",
)
def only_owners_delete(patch: Patch, _: Provider) -> None:
    shortened(patch, accounts.SQL, "begin_deletion", OWNER)


@tooth(
    test_tenants.test_what_is_somebody_elses_looks_like_nothing_at_all,
    "with ben's account_id: answered 403",
)
def foreign_is_like_unknown(patch: Patch, _: Provider) -> None:
    find = accounts.get

    async def telling(conn: Connection, name: str, ident: UUID, user_id: Any = None) -> Any:
        found = await find(conn, name, ident)
        if found and user_id not in (None, found.user_id):
            raise callers.Forbidden("This account is somebody else's")
        return found

    patch.setattr(accounts, "get", telling)


@tooth(
    test_connecting.test_a_callback_that_is_not_the_browsers_own_sends_no_code,
    "target='/token'",
)
def flows_belong_to_a_browser(patch: Patch, _: Provider) -> None:
    shortened(patch, flows._SQL, "consume", "and session_sha256 = %(session)s")


@tooth(
    test_connecting.test_a_code_is_sent_once_and_with_the_proof_of_its_own_flow, "values to unpack"
)
def flows_are_used_once(patch: Patch, _: Provider) -> None:
    shortened(patch, flows._SQL, "consume", "and used_at is null")


@tooth(test_connecting.test_a_flow_ends_with_its_first_answer, "target='/token'")
def flows_run_out(patch: Patch, _: Provider) -> None:
    shortened(patch, flows._SQL, "consume", "and expires_at > now()")


@tooth(test_connecting.test_a_code_is_sent_once_and_with_the_proof_of_its_own_flow, "== ")
def verifiers_belong_to_a_flow(patch: Patch, _: Provider) -> None:
    patch.setattr(flow, "_verifier", lambda *_: token_hex(32))


@tooth(test_connecting.test_another_issuers_answer_sends_no_code, "target='/token'")
def the_issuer_is_compared(patch: Patch, _: Provider) -> None:
    patch.setattr(openid, "issuer_fits", lambda *_: True)


@tooth(test_connecting.test_what_the_address_says_is_not_shown, "is shown")
def codes_of_errors_are_words(patch: Patch, _: Provider) -> None:
    patch.setattr(refusals, "_WORD", re.compile(r"(?s).*"))


@tooth(test_connecting.test_nobody_is_sent_where_nobody_allowed, "evil.*answered 200")
def the_way_back_is_allowed(patch: Patch, _: Provider) -> None:
    patch.setattr(flow, "may_return", lambda *_: True)


@pytest.mark.parametrize("it", TEETH, ids=lambda it: it.name)
async def test_what_is_taken_out_is_missed(  # noqa: PLR0917 - fixtures, told apart by their names
    it: Tooth,
    postgres_url: str,
    migrated: str,
    nats_url: str,
    everybody: Server,
    monkeypatch: Patch,
) -> None:
    everybody.asked.clear()
    provider = it.take_out(monkeypatch, PROVIDER) or PROVIDER
    with fresh_database(postgres_url, migrated) as url:
        async with (
            staged(provider, url, nats_url, everybody.url) as stage,
            test_connecting.Browser(stage) as ana,
            test_connecting.Browser(stage) as eve,
        ):
            given = {"stage": stage, "hearing": stage, "connecting": stage, "vendor": everybody}
            given |= {"ana": ana, "eve": eve, "monkeypatch": monkeypatch}
            named = {name: given[name] for name in signature(it.test).parameters}
            stage.wrong = Loud()
            with pytest.raises((AssertionError, ValueError, ExceptionGroup)) as missed:
                await it.test(**named)
    error = missed.value
    said = str(error.exceptions[0] if isinstance(error, ExceptionGroup) else error)
    assert re.search(it.says, said), said
