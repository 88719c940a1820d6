"""Configuration: what wins, what is refused, and that everything wrong is told at once."""

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import structs

from shared.config import Settings, load
from shared.config.catalogue import one, providers
from shared.config.environment import read_dotenv
from shared.errors import ConfigError
from shared.provider import Api, OAuth, Provider, Webhook
from shared.types import Identity, Quota, Secret

KEY = base64.b64encode(bytes(range(32))).decode()
BASE = {
    "POSTGRES_URL": "postgresql://u:hunter2@localhost/self",
    "NATS_URL": "nats://localhost:4222",
    "ENCRYPTION_KEYS": f"2:{KEY},1:{KEY}",
}
SEED = """
service:
  name: acme-integration
  port: 8099
  timeout: 30s
oauth:
  provider: acme
  client_id: ${ACME_CLIENT_ID}
  client_secret: ${ACME_CLIENT_SECRET}
  redirect_url: ${ACME_REDIRECT_URL}
  scopes:
    - read
webhook:
  path: /webhook
  secret: ${WEBHOOK_SECRET}
  timeout: 10s
database:
  url: ${POSTGRES_URL}
  max_connections: 10
nats:
  url: ${NATS_URL}
  subjects:
    - self.integrations.acme
    - self.events.email
rate_limit:
  requests: 1000
  duration: 1h
"""


async def identify(_api: Api) -> Identity:
    return Identity(id="1")


ACME = Provider(
    name="acme",
    title="Acme",
    port=8088,
    base_url="https://api.acme.test",
    sources=("acme",),
    normalizers={},
    quotas={"reads": Quota(50, 60), "writes": Quota(5, 1)},
    oauth=OAuth(
        authorize_url="https://acme.test/authorize",
        token_url="https://acme.test/token",
        identify=identify,
        scopes=("read", "write"),
        settings=("ACME_APP_KEY",),
    ),
    webhook=Webhook(
        verify=lambda *_: None,
        delivery_id=lambda _: None,
        read=lambda _: (),
        secret="ACME_SIGNING_SECRET",
        settings=("ACME_TOPIC",),
    ),
)


def settings(tmp_path: Path, text: str = SEED, **environ: str) -> Settings:
    """Load acme's settings from that text and those variables."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return load(ACME, {**BASE, **environ}, path=path)


def problems(tmp_path: Path, text: str = SEED, **environ: str) -> tuple[str, ...]:
    """What load complains of, without the provider's name."""
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text, **environ)
    assert all(problem.startswith("acme: ") for problem in caught.value.problems)
    return tuple(problem.removeprefix("acme: ") for problem in caught.value.problems)


def test_the_seed_file_is_read_with_its_durations_and_its_variables(tmp_path: Path) -> None:
    it = settings(
        tmp_path, ACME_CLIENT_ID="id", ACME_CLIENT_SECRET="k2" * 8, WEBHOOK_SECRET="w9" * 8
    )
    assert (it.service.name, it.service.port, it.service.timeout) == ("acme-integration", 8099, 30)
    assert it.service.public_url == "http://localhost:8099"
    assert it.oauth.redirect_url == "http://localhost:8099/oauth/callback"
    assert (it.oauth.client_id, it.oauth.client_secret) == ("id", Secret("k2" * 8))
    assert it.oauth.scopes == ("read",)
    assert it.webhook.secrets == (Secret("w9" * 8),)
    assert (it.webhook.path, it.webhook.timeout) == ("/webhook", 10)
    assert it.database.url.reveal() == BASE["POSTGRES_URL"]
    assert it.nats.subjects == ("self.integrations.acme", "self.events.email")
    assert (it.rate_limit.requests, it.rate_limit.duration) == (1000, 3600)
    assert it.provider.authorize_url == "https://acme.test/authorize"
    assert it.missing() == ()


def test_what_is_not_set_falls_back_to_what_the_provider_declares(tmp_path: Path) -> None:
    it = settings(tmp_path, "")
    assert (it.service.name, it.service.port) == ("acme-integration", 8088)
    assert it.provider.base_url == "https://api.acme.test"
    assert it.service.env == "prod"
    assert it.missing() == ("ACME_CLIENT_ID", "ACME_CLIENT_SECRET", "ACME_SIGNING_SECRET")


def test_the_environment_wins_over_the_file_and_an_argument_over_both(tmp_path: Path) -> None:
    environ = {"SERVICE_PORT": "9000", "PUBLIC_URL": "https://hub.test/", "LOG_LEVEL": "debug"}
    it = settings(
        tmp_path, ACME_API_URL="http://127.0.0.1:1/api", RATE_LIMIT_DURATION="1m30s", **environ
    )
    assert (it.service.port, it.service.log_level) == (9000, "debug")
    assert it.oauth.redirect_url == "https://hub.test/oauth/callback"
    assert it.provider.base_url == "http://127.0.0.1:1/api"
    assert it.rate_limit.duration == 90
    path = tmp_path / "config.yaml"
    given = load(ACME, {**BASE, **environ}, path=path, port=1234, nats_url="nats://else:1")
    assert (given.service.port, given.nats.url.reveal()) == (1234, "nats://else:1")


def test_the_providers_own_webhook_variable_wins_and_the_old_secret_stays_live(
    tmp_path: Path,
) -> None:
    it = settings(
        tmp_path,
        WEBHOOK_SECRET="shared-by-all-of-them",
        ACME_SIGNING_SECRET="s-own-and-new",
        ACME_SIGNING_SECRET_PREVIOUS="s-own-and-old",
    )
    assert it.webhook.secrets == (Secret("s-own-and-new"), Secret("s-own-and-old"))


def test_a_variable_may_come_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN\nlong\n")
    it = settings(
        tmp_path, ACME_APP_KEY_FILE=str(tmp_path / "key"), ACME_TOPIC="projects/p/topics/news"
    )
    assert it.environment == {
        "ACME_APP_KEY": Secret("-----BEGIN\nlong"),
        "ACME_TOPIC": Secret("projects/p/topics/news"),
    }
    told = problems(
        tmp_path, ACME_APP_KEY_FILE="/nowhere", ACME_CLIENT_ID="a", ACME_CLIENT_ID_FILE="b"
    )
    assert "ACME_CLIENT_ID and ACME_CLIENT_ID_FILE are both set; keep one of them" in told
    assert any(one.startswith("ACME_APP_KEY_FILE names /nowhere, which cannot") for one in told)


def test_defaults_and_dollars_in_the_file(tmp_path: Path) -> None:
    text = "service:\n  name: ${WHO:-acme}-$$1\n  port: ${SERVICE_PORT:-7}\nnats:\n  url: nats://${N}:1"
    assert settings(tmp_path, text, N="n").service.name == "acme-$1"
    assert settings(tmp_path, text, N="n", WHO="x").service.port == 7
    assert problems(tmp_path, text) == ("nats.url needs N, which is not set",)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = """
    servce: {}
    service: {port: many, timeout: soon, log_level: loud}
    oauth: {scopes: [read, admin], provider: other}
    webhook: {tiemout: 3s, path: hook}
    rate_limit: [1]
    """
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(ACME, {"NATS_URL": "http://x", "ENCRYPTION_KEYS": "1:short"}, path=path)
    assert [one.removeprefix("acme: ") for one in caught.value.problems] == [
        "servce is unknown, did you mean service?",
        "rate_limit must be a mapping of names to values",
        "service.port: expected `int`, got `str`",
        "service.timeout must be a duration such as 30s or 1h ('soon')",
        "service.log_level: invalid enum value 'loud'",
        "webhook.tiemout is unknown, did you mean timeout?",
        "ENCRYPTION_KEYS must be <number>:<base64 of 32 bytes>, separated by commas",
        "POSTGRES_URL is not set",
        "NATS_URL must be a URL that begins with nats:// or tls:// or ws:// or wss://",
        "webhook.path must begin with a slash ('hook')",
        "oauth.provider is 'other' in the file of acme",
        "oauth.scopes names 'admin', which is not declared; a file may only narrow",
    ]


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"ACME_CLIENT_SECRET": "your-acme-client-secret"}, "ACME_CLIENT_SECRET is a placeholder"),
        ({"ACME_SIGNING_SECRET": "shorty"}, "ACME_SIGNING_SECRET is too short"),
        ({"ENCRYPTION_KEYS": "1:" + "A" * 43 + "="}, "ENCRYPTION_KEYS: key 1 is not random"),
        ({"PUBLIC_URL": "http://hub.test"}, "PUBLIC_URL must begin with https://"),
    ],
)
def test_what_may_pass_on_a_laptop_is_refused_elsewhere(
    tmp_path: Path, environ: Mapping[str, str], problem: str
) -> None:
    assert any(one.startswith(problem) for one in problems(tmp_path, **environ))
    assert settings(tmp_path, SERVICE_ENV="dev", **environ).service.env == "dev"


def test_a_secret_that_the_provider_makes_is_not_missed_and_never_the_common_one(
    tmp_path: Path,
) -> None:
    assert ACME.webhook
    (path := tmp_path / "config.yaml").write_text("webhook: {path: /webhook}")
    webhook = structs.replace(ACME.webhook, entrusted=lambda _: None)
    handed = structs.replace(ACME, webhook=webhook)
    its = load(handed, {**BASE, "WEBHOOK_SECRET": "w9" * 8}, path=path)
    assert its.webhook.secrets == ()
    assert its.missing() == ("ACME_CLIENT_ID", "ACME_CLIENT_SECRET")


def test_no_complaint_shows_a_secret(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        ACME_CLIENT_SECRET="changeme-9f8",
        POSTGRES_URL="mysql://u:hunter2@x",
        ENCRYPTION_KEYS="1:c2VjcmV0",
    )
    assert len(told) == 3
    assert not any(word in " ".join(told) for word in ("9f8", "hunter2", "c2VjcmV0"))


@pytest.mark.parametrize("text", ["a: [", "- 1", "\t"])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, text: str) -> None:
    assert "config.yaml" in problems(tmp_path, text)[0]


def test_a_dotenv_file_is_read_without_quotes_and_comments(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# a comment\nA=1\nexport B='two # words'\nC=\"x=y\" # why\nD=e#f # g\nEMPTY=  # none\nnonsense\n"
    )
    assert read_dotenv(path) == {"A": "1", "B": "two # words", "C": "x=y", "D": "e#f", "EMPTY": ""}
    assert read_dotenv(tmp_path / "absent") == {}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable package of two providers."""
    root = tmp_path / f"catalogue_{tmp_path.name.replace('-', '_')}"
    for folder in ("zeta", "alpha", "no_provider"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").touch()
    (root / "__init__.py").touch()
    for folder in ("zeta", "alpha"):
        (root / folder / "provider.py").write_text(
            "from shared.provider import Provider\n"
            f"provider = Provider(name={folder!r}, title='', port=1, base_url='', sources=(),"
            " normalizers={})\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    return root


def test_the_catalogue_is_what_is_there_by_name(package: Path) -> None:
    assert [it.name for it in providers(package.name)] == ["alpha", "zeta"]
    assert one("zeta", package.name).name == "zeta"
    with pytest.raises(ConfigError, match=r"there is no provider 'zet'; did you mean zeta\?"):
        one("zet", package.name)


def test_a_broken_provider_is_named(package: Path) -> None:
    (package / "alpha" / "provider.py").write_text("import nothing_like_this")
    (package / "zeta" / "provider.py").write_text("provider = 1")
    with pytest.raises(ConfigError) as caught:
        providers(package.name)
    alpha, zeta = caught.value.problems
    assert "alpha.provider cannot be imported: ModuleNotFoundError" in alpha
    assert "zeta.provider does not declare `provider`" in zeta


def test_quotas_take_the_place_of_the_declared_ones(tmp_path: Path) -> None:
    told = settings(tmp_path, ACME_QUOTAS="reads=1/60s, writes = 0.5/1m").provider.quotas
    assert told == {"reads": Quota(1, 60), "writes": Quota(0.5, 60)}
    assert settings(tmp_path).provider.quotas == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("reads", "such as name=50/60s"),
        ("reads=0/60s", "such as name=50/60s"),
        ("reads=1/0s", "such as name=50/60s"),
        ("reads=1/soon", "must be a duration"),
        ("raeds=1/60s", "did you mean reads?"),
    ],
)
def test_a_quota_that_makes_no_sense_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (problem,) = problems(tmp_path, ACME_QUOTAS=text)
    assert complaint in problem
