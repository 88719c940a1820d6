"""The Zoom service."""

from services.zoom.provider import provider
from shared.service.main import run

if __name__ == "__main__":
    run(provider)
