"""The Calendar service."""

from services.calendar.provider import provider
from shared.service.main import run

if __name__ == "__main__":
    run(provider)
