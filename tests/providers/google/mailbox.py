"""A mailbox as Gmail keeps one: messages, labels, and a history that forgets."""

from typing import Any

from msgspec import to_builtins

from services.google.gmail_read import ME
from shared.errors import ItemGone, Refused
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.google.material import mail


class Mailbox:
    """`forgotten`: history before it is answered 404. Lists are newest first, without spam and trash."""

    def __init__(self, messages: int = 0, size: int = 2) -> None:
        self.mails: dict[str, dict[str, Any]] = {}
        self.history: list[dict[str, Any]] = []
        self.now, self.size, self.forgotten, self.tokens_live = 100, size, 0, True
        self.api = FakeApi(
            {
                ("GET", f"{ME}/profile"): self._profile,
                ("GET", f"{ME}/messages"): self._list,
                ("GET", f"{ME}/history"): self._history,
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
        prefix = f"{ME}/messages/"
        return [it.path.removeprefix(prefix) for it in self.api.asked if prefix in it.path]

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
