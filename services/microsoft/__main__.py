"""The Microsoft service."""

from services.microsoft.provider import provider
from shared.service.main import run

if __name__ == "__main__":
    run(provider)
