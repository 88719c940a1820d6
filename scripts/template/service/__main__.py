"""The NEW_TITLE service."""

from services.NEW_NAME.provider import provider
from shared.service.main import run

if __name__ == "__main__":
    run(provider)
