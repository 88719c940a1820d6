"""The GitHub service."""

from shared.service.main import run

from services.github.provider import provider

if __name__ == "__main__":
    run(provider)
