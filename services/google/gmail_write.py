"""Mails as they are written: by Python's email package, with what keeps a thread together.

Gmail takes no key that makes sending safe to repeat, so the mail has a Message-ID of its own: whoever
does not know whether it went out asks for that.
"""

from collections.abc import Iterable, Sequence
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from uuid import uuid4

from services.google import asking as ask
from services.google import gmail_mime as mime
from services.google.gmail_headers import Headers
from services.google.gmail_models import Mail, bytes_of
from shared.errors import BadRequest, Refused
from shared.normalizer import Person


def compose(it: ask.NewMail, sender: str = "", thread: Headers | None = None) -> EmailMessage:
    """The mail of that sender, answering the mail of those headers. Raises BadRequest.

    Without a sender it has no Message-ID, unless it brings one: Gmail makes it when a draft goes out.
    """
    made = EmailMessage(policy=policy.SMTP)
    for name, people in (("To", it.to), ("Cc", it.cc), ("Bcc", it.bcc)):
        address(made, name, people)
    made["Subject"] = it.subject
    own = f"<{uuid4().hex}@{sender.rpartition('@')[2]}>" if sender else ""
    if ident := it.message_id or own:
        made["Message-ID"] = ident
    if thread and (answered := thread.text("message-id")):
        made["In-Reply-To"] = answered
        made["References"] = " ".join([*thread.text("references").split()[-20:], answered])
    made.set_content(it.text)
    if it.html:
        made.add_alternative(it.html, subtype="html")
    for one in it.attachments:
        main, _, sub = one.type.partition("/")
        made.add_attachment(one.data, maintype=main, subtype=sub, filename=one.name)
    return made


def change(draft: Mail, it: ask.MailChange) -> EmailMessage:
    """A draft with other people, another subject or another text; the rest stays."""
    parsed = BytesParser(policy=policy.SMTP).parsebytes(bytes_of(draft.raw or ""))
    assert isinstance(parsed, EmailMessage)
    for name, people in (("To", it.to), ("Cc", it.cc), ("Bcc", it.bcc)):
        if people is not None:
            del parsed[name]
            address(parsed, name, people)
    if it.subject is not None:
        del parsed["Subject"]
        parsed["Subject"] = it.subject
    if it.text is not None:
        body = parsed.get_body(("plain",))
        if not isinstance(body, EmailMessage):
            raise Refused("The draft has no plain text that could be changed.")
        body.set_content(it.text)
    return parsed


def answering(mails: Sequence[Mail], me: str, it: ask.NewReply) -> tuple[ask.NewMail, Headers]:
    """The reply, addressed, and the headers of the mail it answers: the last one that is no draft."""
    last = next((one for one in reversed(mails) if "DRAFT" not in one.labelIds), None)
    if last is None:
        raise BadRequest("The thread has no mail that could be answered.")
    headers = mime.of(last).headers
    ours = {person.email for person in headers.people("from")} == {me.lower()}
    senders = headers.people("to") if ours else headers.people("reply-to") or headers.people("from")
    others = headers.people("to", "cc") if it.everybody else []
    subject = headers.text("subject")
    mail = ask.NewMail(
        to=_addresses(senders, set() if ours else {me.lower()}),
        cc=_addresses(others, {me.lower(), *(person.email for person in senders)}),
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        text=it.text,
        html=it.html,
        attachments=it.attachments,
    )
    if not mail.to:
        raise BadRequest("The last mail of the thread has no sender that could be answered.")
    return mail, headers


def address(mail: EmailMessage, header: str, people: Iterable[ask.Address]) -> None:
    """Set a header of addresses; none at all where there are none. Raises BadRequest."""
    try:
        found = [Address(it.name, addr_spec=it.email) for it in people]
        if found:
            mail[header] = found
    except (ValueError, IndexError, UnicodeError) as problem:
        raise BadRequest(f"{header} holds an address that is none.") from problem


def _addresses(people: Iterable[Person], without: set[str]) -> list[ask.Address]:
    known = {it.email: it.name for it in people if it.email and it.email not in without}
    return [ask.Address(email, name) for email, name in known.items()]
