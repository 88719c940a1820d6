"""The same questions to every provider in the catalogue; the provider brings only data."""

import contextlib
import re
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import json

from shared.config import load
from shared.config.catalogue import providers
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.normalizer import TYPES, Message, encode
from shared.oauth import protocol
from shared.provider import Provider, Webhook
from shared.types import Delivery, Record
from tests.contract.reading import ROOT, Sample, data, messages, samples, signed, signer

PROVIDERS = providers()
HEARING = [provider for provider in PROVIDERS if provider.webhook]
SAMPLES = [(provider, sample) for provider in HEARING for sample in samples(provider.name)]
SECRET = b"the secret of the tests"
COMMON = {
    "POSTGRES_URL": "postgresql://nobody@127.0.0.1/nothing",
    "NATS_URL": "nats://127.0.0.1:4222",
    "ENCRYPTION_KEYS": f"1:{b64encode(bytes(range(32))).decode()}",
}
HEADINGS = (
    "What it hears",
    "What it syncs",
    "Scopes",
    "Create the app",
    "Webhook set-up",
    "Mapping",
    "Limits",
    "Known gaps",
)

each = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda it: it.name)
each_hearing = pytest.mark.parametrize("provider", HEARING, ids=lambda it: it.name)
each_sample = pytest.mark.parametrize(
    ("provider", "sample"), SAMPLES, ids=[f"{p.name}-{s.path.stem}" for p, s in SAMPLES]
)


def test_the_catalogue_is_what_the_folders_say() -> None:
    folders = {path.parent.name for path in ROOT.glob("services/*/provider.py")}
    assert folders == {provider.name for provider in PROVIDERS}


@each
def test_its_files_are_where_everybody_looks(provider: Provider) -> None:
    folder = ROOT / "services" / provider.name
    wanted = ["__init__.py", "__main__.py", "provider.py", "normalize.py", "models.py"]
    wanted += ["README.md", "configs/config.yaml"]
    wanted += ["oauth.py"] if provider.oauth else []
    wanted += ["webhook.py"] if provider.webhook else []
    wanted += ["sync.py"] if provider.streams else []
    assert [name for name in wanted if not (folder / name).is_file()] == []


@each
def test_its_readme_has_the_fixed_headings(provider: Provider) -> None:
    text = (ROOT / "services" / provider.name / "README.md").read_text()
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [it for it in HEADINGS if not any(head.startswith(it) for head in found)] == []


@each
def test_its_configuration_loads(provider: Provider) -> None:
    settings = load(provider, environment(provider))
    assert settings.service.port == provider.port
    assert settings.provider.base_url == provider.base_url
    assert not settings.missing()


@each
def test_without_credentials_its_configuration_says_what_is_missing(provider: Provider) -> None:
    settings = load(provider, dict(COMMON))
    expected = bool(provider.oauth or provider.webhook)
    assert bool(settings.missing()) is expected
    assert all(name.startswith(provider.name.upper()) or "_" in name for name in settings.missing())


@pytest.mark.parametrize(
    "provider", [it for it in PROVIDERS if it.oauth], ids=lambda provider: provider.name
)
def test_the_link_asks_for_exactly_what_is_declared(provider: Provider) -> None:
    oauth = protocol.oauth_of(provider)
    settings = load(provider, environment(provider))
    url = protocol.authorization_url(
        provider, settings, scopes=oauth.scopes, state="the state", verifier="v" * 64
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(oauth.authorize_url)
    assert asked["state"] == "the state"
    assert asked["client_id"] == "a client id"
    assert asked["redirect_uri"] == settings.oauth.redirect_url
    assert asked.get("scope", "") == oauth.scope_separator.join(oauth.scopes)
    assert asked.get("code_challenge_method") == ("S256" if oauth.pkce else None)
    assert ("code_challenge" in asked) is oauth.pkce
    assert "v" * 64 not in url
    assert "a client secret" not in url


@each
def test_a_payload_was_recorded(provider: Provider) -> None:
    files = (it for it in data(provider.name).glob("payloads/**/*") if it.is_file())
    found = {it.read_bytes() for it in files}
    made_up = {it.read_bytes() for it in ROOT.glob("scripts/template/tests/payloads/**/*.json")}
    assert found - made_up, "no payload recorded yet"


@each_sample
def test_every_recorded_webhook_is_normalized_or_ignored(
    provider: Provider, sample: Sample
) -> None:
    for message in messages(provider, signed(provider.name, SECRET, sample)):
        assert message.type in TYPES
        assert message.source in provider.sources
        assert not re.search(r"\s", message.id)
        assert message.id
        assert message.timestamp.tzinfo
        assert json.decode(encode(message), type=Message) == message


@each
def test_what_is_ignored_has_a_reason(provider: Provider) -> None:
    assert all(provider.ignored.values())
    assert not set(provider.ignored) & set(provider.normalizers)


@each_sample
def test_a_genuine_delivery_is_accepted(provider: Provider, sample: Sample) -> None:
    verify(provider, signed(provider.name, SECRET, sample), SECRET)


@each_hearing
def test_while_a_secret_is_replaced_both_are_good(provider: Provider) -> None:
    delivery = signed(provider.name, SECRET, first(provider))
    verify(provider, delivery, b"new", SECRET)
    verify(provider, delivery, SECRET, b"old")


FORGERIES: dict[str, Callable[[str], str | None]] = {
    "missing": lambda _: None,
    "empty": lambda _: "",
    "wrong": lambda it: it[:-1] + ("0" if it[-1] != "0" else "1"),
    "truncated": lambda it: it[:-1],
    "a single character": lambda it: it[-1],
    "upper case": str.upper,
    "leading space": lambda it: " " + it,
    "trailing space": lambda it: it + " ",
    "trailing newline": lambda it: it + "\n",
    "NUL at the end": lambda it: it + "\0",
    "doubled": lambda it: it + it,
    "two in a list, bad first": lambda it: it[:-1] + "x, " + it,
    "two in a list, good first": lambda it: it + ", " + it[:-1] + "x",
    "not ASCII": lambda it: it[:-1] + "é",
    "full-width digits": lambda it: it.translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "a lone surrogate": lambda it: it[:-1] + "\ud800",
    "without its prefix": lambda it: it.rpartition("=")[2] if "=" in it else it[1:],
    "1 MB": lambda it: it + "0" * 1_000_000,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
@each_hearing
def test_a_forged_signature_is_refused(
    provider: Provider, forge: Callable[[str], str | None]
) -> None:
    sign = signer(provider.name)
    name, good = sign.SIGNATURE, signed(provider.name, SECRET, first(provider))
    if hasattr(sign, "forged"):  # the proof is in the body
        return refused(provider, sign.forged(good, forge))
    headers = dict(good.headers)
    forged = forge(headers.pop(name))
    if forged is not None:
        assert forged != good.headers[name]
        headers[name] = forged
    return refused(provider, Delivery(good.body, headers, received_at=good.received_at))


@pytest.mark.parametrize(
    "change",
    [lambda body: body + b" ", lambda body: body[:-1], lambda body: b"\xef\xbb\xbf" + body],
)
@each_hearing
def test_a_body_that_was_changed_is_refused(
    provider: Provider, change: Callable[[bytes], bytes]
) -> None:
    if not getattr(signer(provider.name), "SIGNS_BODY", True):
        pytest.skip("it proves who calls, and brings nothing but a hint")
    good = signed(provider.name, SECRET, first(provider))
    refused(provider, Delivery(change(good.body), good.headers, received_at=good.received_at))


@each_hearing
def test_another_secret_is_refused(provider: Provider) -> None:
    refused(provider, signed(provider.name, b"another secret", first(provider)))


@each_hearing
def test_no_secret_proves_nothing(provider: Provider) -> None:
    unproven = signed(provider.name, b"", first(provider))
    refused(provider, unproven, b"")
    refused(provider, unproven, b"", SECRET)
    refused(provider, unproven)
    with pytest.raises(NotGenuine):
        verify(provider, signed(provider.name, SECRET, first(provider)))


@each_hearing
def test_a_kind_that_nobody_declared_is_unsupported(provider: Provider) -> None:
    body, headers = signer(provider.name).UNKNOWN
    with pytest.raises(UnsupportedEvent) as refused:
        list(webhook(provider).read(Delivery(body, headers)))
    assert refused.value.kind, "its name is what operators are shown"


HOSTILE = {
    "nested 100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "nested 100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "an action nested 100,000 deep": b'{"action":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "NaN": b'{"action": NaN}',
    "a lone surrogate": rb'{"action": "\ud800", "type": "\ud800"}',
    "not UTF-8": b'{"action": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "empty": b"",
    "null": b"null",
    "an array": b"[]",
    "a string": b'"opened"',
    "an empty object": b"{}",
    "a 50,000-digit number": b'{"id": ' + b"9" * 50_000 + b"}",
    "too large an exponent": b'{"id": 1e400}',
    "NUL": rb'{"action": "\u0000"}',
    "cut short": b'{"action": "opened", "iss',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
@each_sample
def test_a_hostile_body_is_unreadable_and_nothing_worse(
    provider: Provider, sample: Sample, body: bytes
) -> None:
    with contextlib.suppress(Unreadable, UnsupportedEvent):
        list(messages(provider, Delivery(body, sample.headers)))


@each_sample
def test_a_delivery_id_is_a_short_word_or_none(provider: Provider, sample: Sample) -> None:
    ident = webhook(provider).delivery_id(signed(provider.name, SECRET, sample))
    assert ident is None or re.fullmatch(r"\S{1,200}", ident)


@each_sample
def test_reading_twice_says_the_same(provider: Provider, sample: Sample) -> None:
    delivery = signed(provider.name, SECRET, sample)
    assert list(messages(provider, delivery)) == list(messages(provider, delivery))
    versions = [it.revision for it in webhook(provider).read(delivery) if isinstance(it, Record)]
    assert not [it for it in versions if not it.isascii() or len(it) > 100]


def environment(provider: Provider) -> dict[str, str]:
    """What a deployment sets: the credentials of the app that was made at the provider."""
    prefix = provider.name.upper()
    named = {"CLIENT_ID": "a client id", "CLIENT_SECRET": "a client secret"}
    named["WEBHOOK_SECRET"] = "a webhook secret"
    declared = (
        {provider.webhook.secret: "a webhook secret"}
        if provider.webhook and provider.webhook.secret
        else {}
    )
    return COMMON | {f"{prefix}_{name}": value for name, value in named.items()} | declared


def webhook(provider: Provider) -> Webhook:
    """The one declared, or the one that its signer made with a service's settings."""
    assert provider.webhook
    made: Webhook = getattr(signer(provider.name), "WEBHOOK", provider.webhook)
    return made


def first(provider: Provider) -> Sample:
    return samples(provider.name)[0]


def verify(provider: Provider, delivery: Delivery, *secrets: bytes) -> None:
    webhook(provider).verify(secrets, delivery, signer(provider.name).NOW)


def refused(provider: Provider, delivery: Delivery, *secrets: bytes) -> None:
    with pytest.raises(NotGenuine):
        verify(provider, delivery, *secrets or (SECRET,))
