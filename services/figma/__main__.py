"""The Figma service."""

from services.figma.provider import provider
from shared.service.main import run

if __name__ == "__main__":
    run(provider)
