"""A mailbox as people have them: most mails are text and HTML, some one of both, some bring a file."""

from email.message import EmailMessage
from email.policy import SMTP

from services.google.oauth import SCOPES
from services.google.simulator import Google, app, at_once
from shared.simulation import Happening

CHANGE = "changed"
"""The story in which one percent of the mails get a star."""
TOKEN = "token"
WORDS = "Hello Sam,\n\nthe walk stops when a page is empty and its cursor is where the last one ended.\n\n"
HOPS = 5
SIGNATURE = "A" * 340


def mailbox(mails: int) -> Google:
    """Google with so many mails, on pages as large as Google's."""
    google = app(nobody, mails=0)
    world = google.world
    world.rows = 500
    google.consent.tokens[TOKEN] = " ".join(SCOPES)
    for number in range(mails):
        at_once(world.arrive(f"Mail {number}", "Hello", letter(number)))

    async def change() -> None:
        for ident in list(world.mails)[: max(1, mails // 100)]:
            await world.label(ident, ["INBOX", "STARRED"])

    google.story = {CHANGE: Happening("One percent of the mails get a star", change)}
    return google


async def nobody(*_: object) -> int:
    """Nobody hears of anything."""
    return 0


def letter(number: int) -> bytes:
    """Of ten mails six are text and HTML, two text, one HTML, and one has a file."""
    made, kind = EmailMessage(policy=SMTP), number % 10
    for hop in range(HOPS):
        made["Received"] = f"by 2002:a05:6a20:{hop}; Fri, 20 Nov 2026 01:00:0{hop} -0800 (PST)"
    for name in ("ARC-Seal", "ARC-Message-Signature", "DKIM-Signature"):
        made[name] = f"v=1; a=rsa-sha256; d=acme.test; s=x; b={SIGNATURE}"
    made["From"] = f"Zoe Quill <zoe{number % 50}@acme.test>"
    made["To"] = "Sam <sam@acme.test>, kim@acme.test"
    made["Cc"] = '"Doe, Ann" <ann@acme.test>'
    made["Subject"] = f"Re: the plan, part {number}"
    made["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
    made["Message-ID"] = f"<{number}@acme.test>"
    text = WORDS * (1 + number % 12)
    html = "".join(f"<p>{line} <b>{number}</b></p>" for line in text.split("\n\n"))
    page = f"<html><head><style>p {{ margin: 0 }}</style></head><body>{html}</body></html>"
    made.set_content(page if kind == 8 else text, subtype="html" if kind == 8 else "plain")
    if kind < 6:
        made.add_alternative(page, subtype="html")
    elif kind == 9:
        made.add_attachment(bytes(20_000), maintype="application", subtype="pdf", filename="a.pdf")
    return made.as_bytes()
