"""The context service."""

from services.context.subscriber import subscriber
from shared.service.main import run

if __name__ == "__main__":
    run(subscriber)
