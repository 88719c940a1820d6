"""A mailbox as Gmail keeps one: messages, labels, and a history that forgets."""

from email import message_from_bytes
from email.message import Message
from typing import Any

from msgspec import json, to_builtins

from services.google.gmail_models import ME
from shared.errors import ItemGone, ProviderError, Refused
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.google.material import mail

BATCH = "/batch/gmail/v1"


def targets(body: bytes) -> list[str]:
    """What a batch asks for, read by the email package: paths without their parameters."""
    boundary = body.partition(b"\r\n")[0].removeprefix(b"--")
    head = b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n"
    parts = message_from_bytes(head + body).get_payload()
    assert isinstance(parts, list)
    asked = [str(it.get_payload()) for it in parts if isinstance(it, Message)]
    lines = [it.partition("\r\n")[0].split(" ") for it in asked]
    assert {line[0] for line in lines} == {"GET"}
    assert all(line[1].endswith("?format=raw") for line in lines)
    return [line[1].partition("?")[0] for line in lines]


class Mailbox:
    """`forgotten`: history before it is answered 404. Lists are newest first, without spam and trash."""

    def __init__(self, messages: int = 0, size: int = 2) -> None:
        self.mails: dict[str, dict[str, Any]] = {}
        self.history: list[dict[str, Any]] = []
        self.now, self.size, self.forgotten, self.tokens_live = 100, size, 0, True
        self.crowded: set[str] = set()
        self.api = FakeApi(
            {
                ("GET", f"{ME}/profile"): self._profile,
                ("GET", f"{ME}/messages"): self._list,
                ("GET", f"{ME}/history"): self._history,
                ("POST", BATCH): self.batch,
            }
        )
        for n in range(messages):
            self.add(f"m{n}")

    def add(self, ident: str, *labels: str) -> None:
        self.mails[ident] = {"labels": [*labels] or ["INBOX"], "version": 0}
        self.api.answers["GET", f"{ME}/messages/{ident}"] = self._get
        self._happened(ident, messagesAdded=[{"message": self._named(ident)}])

    def label(self, ident: str, *labels: str) -> None:
        before = set(self.mails[ident]["labels"])
        self.mails[ident]["labels"] = [*labels]
        added, removed = set(labels) - before, before - set(labels)
        for kind, which in (("labelsAdded", added), ("labelsRemoved", removed)):
            if which:
                told = {"message": self._named(ident), "labelIds": sorted(which)}
                self._happened(ident, **{kind: [told]})

    def delete(self, ident: str) -> None:
        named = {key: value for key, value in self._named(ident).items() if key != "labelIds"}
        del self.mails[ident]
        self._happened("", messagesDeleted=[{"message": named}])

    def calls(self, path: str) -> list[Call]:
        return [it for it in self.api.asked if it.path == ME + path]

    def reads(self) -> list[str]:
        """Messages that were asked for, alone or in a batch."""
        alone = [it.path for it in self.api.asked]
        together = [path for it in self.api.asked if it.path == BATCH for path in targets(it.body)]
        prefix = f"{ME}/messages/"
        return [it.removeprefix(prefix) for it in (*alone, *together) if prefix in it]

    def batch(self, call: Call) -> Answer:
        """Each part as `get` would answer it; what is in `crowded` once with 429."""
        parts = []
        for number, target in enumerate(targets(call.body)):
            status, body = self._part(call, target)
            head = f"Content-Type: application/http\r\nContent-ID: <response-{number}@batch>"
            parts.append(f"{head}\r\n\r\nHTTP/1.1 {status} Said\r\nX: y\r\n\r\n{body}")
        whole = "".join(f"--b_1\r\n{it}\r\n" for it in reversed(parts)) + "--b_1--\r\n"
        headers = {"content-type": 'multipart/mixed; boundary="b_1"'}
        return Answer(whole.encode(), headers=headers)

    def _part(self, call: Call, target: str) -> tuple[int, str]:
        ident = target.rpartition("/")[2]
        if ident in self.crowded:
            self.crowded.remove(ident)
            return 429, json.encode({"error": {"code": 429}}).decode()
        answer = self.api.answers["GET", target]
        try:
            found = answer(Call("GET", target)) if callable(answer) else answer
        except ProviderError:
            return 404, "{}"
        if isinstance(found, Exception):
            return 503, "{}"
        return 200, json.encode(found.body).decode()

    def _happened(self, ident: str, **what: Any) -> None:
        self.now += 1
        if ident:
            self.mails[ident]["version"] = self.now
        self.history.append({"id": str(self.now), **what})

    def _named(self, ident: str) -> dict[str, Any]:
        return {"id": ident, "threadId": ident, "labelIds": self.mails[ident]["labels"]}

    def _profile(self, _: Call) -> Answer:
        total = len(self.mails)
        return Answer(
            {"emailAddress": "sam@acme.test", "historyId": str(self.now), "messagesTotal": total}
        )

    def _list(self, call: Call) -> Answer:
        start = self._place(call)
        shown = [
            it
            for it in reversed(self.mails)
            if not {"SPAM", "TRASH"} & set(self.mails[it]["labels"])
        ]
        rows = [{"id": it, "threadId": it} for it in shown[start : start + self.size]]
        more = {"nextPageToken": str(start + self.size)} if len(shown) > start + self.size else {}
        return Answer({"messages": rows, **more} if rows else {"resultSizeEstimate": 0})

    def _history(self, call: Call) -> Answer:
        since, start = int(call.params["startHistoryId"]), self._place(call)
        if since < self.forgotten:
            raise ItemGone
        rows = [it for it in self.history if int(it["id"]) > since]
        more = {"nextPageToken": str(start + self.size)} if len(rows) > start + self.size else {}
        told = {"history": rows[start : start + self.size]} if rows else {}
        return Answer({**told, **more, "historyId": str(self.now)})

    def _get(self, call: Call) -> Answer:
        ident = call.path.rpartition("/")[2]
        if ident not in self.mails:
            raise ItemGone
        it = self.mails[ident]
        raw = f"From: zoe@acme.test\nSubject: {ident}\n\nThis is {ident}."
        return Answer(
            to_builtins(mail(raw, ident, labelIds=it["labels"], historyId=str(it["version"])))
        )

    def _place(self, call: Call) -> int:
        token = call.params.get("pageToken", "0")
        if token != "0" and not self.tokens_live:
            self.tokens_live = True
            raise Refused
        return int(token)
