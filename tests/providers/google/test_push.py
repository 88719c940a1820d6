"""Gmail's news through Pub/Sub: who may bring them, and what they say."""

from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import json

from services.google import gmail_push, pubsub
from services.google.gmail_models import ME
from services.google.gmail_push import TOPIC
from services.google.provider import provider
from services.google.pubsub import Certs
from shared.errors import Away, NotGenuine, Refused, Unreadable
from shared.provider import Hook, Subscribing
from shared.types import Delivery, Nudge, Resource, Secret
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.google import sign

SECRET = "the audience of the tests"


def pushed(token: str) -> Delivery:
    return Delivery(b"{}", {"authorization": f"Bearer {token}"})


def verify(token: str, certs: Certs | None = None, account: str = sign.ACCOUNT) -> None:
    pubsub.verify([SECRET.encode()], pushed(token), certs or sign.settled(), account)


def test_a_token_of_our_service_account_for_our_audience_is_genuine() -> None:
    verify(sign.token(SECRET))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://hub.example/webhook"},
        {"aud": ""},
        {"email": "someone@else.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"iss": "https://accounts.example"},
        {"exp": -60, "iat": -3700},
        {"iat": 600},
        {"exp": None},
    ],
    ids=" ".join,
)
def test_any_other_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(NotGenuine):
        verify(sign.token(SECRET, **claims))


def test_another_key_under_a_known_name_is_refused() -> None:
    with pytest.raises(NotGenuine):
        verify(sign.token(SECRET, signed_by="a stranger"))


def test_no_signature_and_another_algorithm_are_refused() -> None:
    head, body, proof = sign.token(SECRET).split(".")
    for its in ({"alg": "none", "kid": sign.KID}, {"alg": "HS256", "kid": sign.KID}, {}):
        other = urlsafe_b64encode(json.encode(its)).rstrip(b"=").decode()
        for end in (proof, ""):
            with pytest.raises(NotGenuine):
                verify(f"{other}.{body}.{end}")
    with pytest.raises(NotGenuine):
        verify(f"{head}.{body}")


def test_the_same_signature_in_another_spelling_is_refused() -> None:
    """The last character carries two bits that count and four that do not."""
    token = sign.token(SECRET)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = token[:-1] + alphabet[alphabet.index(token[-1]) | 1]
    assert urlsafe_b64decode(other[-342:] + "==") == urlsafe_b64decode(token[-342:] + "==")
    verify(token)
    with pytest.raises(NotGenuine):
        verify(other)


def test_without_an_account_configured_nobody_is_genuine() -> None:
    for email in (sign.ACCOUNT, "", None):
        with pytest.raises(NotGenuine):
            verify(sign.token(SECRET, email=email), account="")
    assert provider.webhook
    with pytest.raises(NotGenuine):
        provider.webhook.verify([SECRET.encode()], pushed(sign.token(SECRET)), sign.NOW)


class Publisher:
    """Google's certificates, fetched when the test says so."""

    def __init__(self) -> None:
        self.now, self.published, self.fetched = 0.0, sign.certs(), 0
        self.waiting: list[Callable[[], None]] = []
        self.certs = Certs(self.fetch, self.waiting.append, lambda: self.now)

    def fetch(self) -> dict[str, str]:
        self.fetched += 1
        if not self.published:
            raise OSError("unreachable")
        return self.published

    def arrive(self) -> None:
        while self.waiting:
            self.waiting.pop()()


def test_certificates_are_fetched_in_the_background_and_the_push_is_asked_to_come_again() -> None:
    google = Publisher()
    for _ in range(3):
        with pytest.raises(Away):
            verify(sign.token(SECRET), google.certs)
    google.arrive()
    verify(sign.token(SECRET), google.certs)
    verify(sign.token(SECRET), google.certs)
    assert google.fetched == 1


def test_a_rotated_key_is_learnt_and_a_made_up_one_asks_google_twice_a_minute_at_most() -> None:
    google = Publisher()
    google.published = {"old": sign.key("old").certificate}
    old, new = sign.token(SECRET, "old", "old"), sign.token(SECRET)
    with pytest.raises(Away):
        verify(old, google.certs)
    google.arrive()
    verify(old, google.certs)
    google.published = sign.certs()
    for _ in range(50):
        with pytest.raises(NotGenuine):
            verify(new, google.certs)
    google.now += 31
    with pytest.raises(Away):
        verify(new, google.certs)
    google.arrive()
    verify(new, google.certs)
    with pytest.raises(NotGenuine):
        verify(old, google.certs)
    assert google.fetched == 2


def test_certificates_are_renewed_hourly_and_not_trusted_for_more_than_a_day() -> None:
    google = Publisher()
    with pytest.raises(Away):
        verify(sign.token(SECRET), google.certs)
    google.arrive()
    google.published = {}
    google.now += 4000
    verify(sign.token(SECRET), google.certs)
    google.arrive()
    google.now += pubsub.OLD
    with pytest.raises(Away):
        verify(sign.token(SECRET), google.certs)


def push(news: Any, encode: Callable[[bytes], bytes] = b64encode) -> Delivery:
    data = encode(news if isinstance(news, bytes) else json.encode(news)).decode()
    return Delivery(json.encode({"message": {"data": data, "messageId": "1"}}), {})


def read(it: Delivery) -> list[Any]:
    assert provider.webhook
    return list(provider.webhook.read(it))


@pytest.mark.parametrize("number", [90210, "90210"])
@pytest.mark.parametrize("encode", [b64encode, lambda it: urlsafe_b64encode(it).rstrip(b"=")])
def test_a_push_says_whose_mailbox_to_look_at(
    number: int | str, encode: Callable[[bytes], bytes]
) -> None:
    news = {"emailAddress": "Sam.Ö@Acme.test", "historyId": number}
    wanted = [Nudge(("mail:sam.ö@acme.test",), "messages")]
    assert read(push(news, encode)) == wanted
    assert read(Delivery(json.encode(news), {})) == wanted


@pytest.mark.parametrize("news", [b"", b"[]", b"\xff", b"{}", {"emailAddress": 1}])
def test_a_push_of_another_shape_is_unreadable(news: Any) -> None:
    with pytest.raises(Unreadable):
        read(push(news))


def test_a_redelivery_is_known_by_its_message_id() -> None:
    assert provider.webhook
    named = provider.webhook.delivery_id
    assert named(push({})) == "pubsub:1"
    assert named(Delivery(b"x", {})) is None
    assert named(Delivery(b'{"message": {"data": "", "messageId": "a b"}}', {})) is None


NOW = datetime(2026, 11, 20, tzinfo=UTC)
WATCH = {"historyId": "1", "expiration": str(int((NOW + timedelta(days=7)).timestamp() * 1000))}


def asking(answers: dict[tuple[str, str], Any], topic: str = "projects/P/topics/T") -> Subscribing:
    settings = {TOPIC: Secret(topic)} if topic else {}
    return Subscribing(
        FakeApi(answers), "https://hub.example", Secret("s"), Resource(), Hook("watch"), settings
    )


@pytest.mark.anyio
async def test_a_watch_is_renewed_every_day_though_it_lives_for_seven() -> None:
    it = asking({("POST", f"{ME}/watch"): Answer(WATCH)})
    hook = await gmail_push.watch(it, lambda: NOW)
    assert hook.expires_at == NOW + timedelta(hours=36)
    assert isinstance(it.api, FakeApi)
    assert it.api.asked[0].body == {"topicName": "projects/P/topics/T"}


@pytest.mark.anyio
async def test_a_watch_of_an_older_topic_is_replaced() -> None:
    answers: dict[tuple[str, str], Any] = {("POST", f"{ME}/stop"): Answer(None)}

    def watch(_: Call) -> Answer:
        answers["POST", f"{ME}/watch"] = Answer(WATCH)
        it.api.answers |= answers  # type: ignore[attr-defined]
        raise Refused("Only one user push notification client allowed per developer")

    it = asking({("POST", f"{ME}/watch"): watch, **answers})
    assert (await gmail_push.watch(it, lambda: NOW)).remote_id == "watch"
    assert [call.path for call in it.api.asked] == [f"{ME}/{n}" for n in ("watch", "stop", "watch")]  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_without_a_topic_the_watch_says_what_to_set() -> None:
    with pytest.raises(Refused, match=TOPIC):
        await gmail_push.watch(asking({}, topic=""), lambda: NOW)
