"""What arrives as mail: the edge cases of MIME, one by one, and whatever a machine can think of."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert, structs

from services.google import gmail_mime, text
from services.google import gmail_normalize as gmail
from services.google.gmail_models import Mail, bytes_of
from shared.errors import Unreadable
from shared.normalizer import Message, encode
from tests.providers.google.material import PAYLOADS, mail, recorded


def told(name: str) -> Message:
    return gmail.mail(mail((PAYLOADS / f"mail/{name}.eml").read_bytes()))


def parsed(**payload: Any) -> Message:
    its = {"id": "1", "threadId": "1", "internalDate": "1795165200000", "payload": payload}
    return gmail.mail(convert(its, Mail))


@pytest.mark.parametrize("data", ["Pj4_Pz8-", "Pj4_Pz8", "Pj4/Pz8=", "Pj4_Pz8=="])
def test_base64url_is_read_with_and_without_padding(data: str) -> None:
    assert bytes_of(data).startswith(b">>??")


def test_what_is_not_base64_is_unreadable() -> None:
    for data in ("é", "a", "\ud800"):
        with pytest.raises(Unreadable):
            bytes_of(data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("japanese_iso_2022_jp", "こんにちは。"),
        ("chinese_gb2312", "你好，世界"),  # noqa: RUF001 - their comma
        ("russian_koi8_r", "Здравствуйте"),
        ("windows_1252_said_to_be_utf_8", "The price is 10 € – “cheap”"),  # noqa: RUF001 - their dash
        ("latin_1_without_charset", "Un café"),
        ("unknown_charset", "Plain enough"),
    ],
)
def test_a_charset_is_decoded_or_guessed(name: str, content: str) -> None:
    assert told(name).content == content


def test_html_alone_is_told_as_text_without_scripts_and_styles() -> None:
    content = told("html_only").content
    assert "Zoë moved it >> there." in content
    assert not any(it in content for it in ("alert", "color", "<"))


def test_the_plain_alternative_is_told_and_html_where_it_is_empty() -> None:
    assert told("related_with_inline_image").content == "See the picture"
    assert told("alternative_with_empty_plain").content == "Only here"


def test_an_inline_image_is_an_attachment_by_part() -> None:
    (image,) = told("related_with_inline_image").attachments
    assert (image.id, image.type, image.name) == ("1", "image/png", "pic1@acme")
    assert image.url == "/api/v1/emails/19a1c0ffee000001/attachments/1"


def test_a_mail_within_a_mail_is_an_attachment_and_its_text_is_not_ours() -> None:
    it = told("mail_within_a_mail")
    assert it.content == "See below"
    assert [(one.id, one.type) for one in it.attachments] == [("1", "message/rfc822")]


def test_without_body_subject_and_sender_the_snippet_is_told() -> None:
    its = {"headers": [], "mimeType": "text/plain", "body": {"size": 0}}
    bare = parsed(**its)
    assert (bare.author, bare.title, bare.content) == (None, "", "")
    with_snippet = gmail.mail(mail("", snippet="Zo&#235;\u200b &amp; Sam"))
    assert with_snippet.content == "Zoë & Sam"


def test_names_with_commas_groups_and_other_letters_are_people() -> None:
    it = told("addresses_with_commas_and_groups")
    assert it.author
    assert (it.author.id, it.author.name) == ("zoe@acme.test", "Quill, Zoë")
    assert [(one.role, one.name, one.email) for one in it.recipients] == [
        ("to", "Last, First", "a@acme.test"),
        ("to", "", "b@acme.test"),
        ("to", "C, D", "c@acme.test"),
        ("cc", "Müller, Jürgen", "jm@acme.test"),
        ("bcc", "", "secret@acme.test"),
    ]


def test_repeated_and_odd_case_headers_do_no_harm() -> None:
    it = told("repeated_headers_in_odd_case")
    assert it.title == "one"
    assert [one.email for one in it.recipients] == ["a@acme.test", "b@acme.test"]


def test_very_many_recipients_take_little_time() -> None:
    """By the exact grammar alone they would take a quarter of a minute."""
    everybody = ", ".join(f'"Person, {n}" <p{n}@acme.test>' for n in range(3000))
    began = time.process_time()
    assert len(gmail.mail(mail(f"To: {everybody}\n\nHi")).recipients) == 3000
    gmail.mail(mail("To: " + "a@b.example, " * 20_000 + "\n\nHi"))
    assert time.process_time() - began < 3


def test_an_invitation_is_told_once() -> None:
    it = told("invitation_twice")
    assert it.metadata["has_invite"] == "true"
    assert it.metadata["ics_uid"] == "k3v5s0series@google.com"
    assert it.metadata["invite_method"] == "REQUEST"
    assert [one.name for one in it.attachments] == ["invite.ics"]
    assert told("invitation_cancelled").metadata["invite_method"] == "CANCEL"


def test_a_file_name_is_decoded_and_has_no_folder() -> None:
    names = [it.name for it in told("rfc_2231_file_name").attachments]
    assert names == ["日本 plan.pdf", "name.txt"]


def test_a_reply_knows_what_it_answers() -> None:
    facts = told("reply_in_a_thread").metadata
    assert facts["message_id"] == "<r2@acme.test>"
    assert facts["in_reply_to"] == "<r1@acme.test>"
    assert facts["references"] == "<r0@acme.test> <r1@acme.test>"


def test_the_arrival_counts_and_not_what_the_sender_says() -> None:
    it = told("reply_in_a_thread")
    assert it.timestamp.isoformat() == "2026-11-20T09:00:00+00:00"
    assert it.metadata["date_header"] == "1970-01-01T00:00:00+00:00"
    for wrong in ("", "soon", "9" * 30):
        with pytest.raises(Unreadable):
            gmail.mail(structs.replace(mail("x"), internalDate=wrong))


def test_both_readings_number_their_parts_alike() -> None:
    raw = (PAYLOADS / "mail/invitation_twice.eml").read_bytes()
    ours = [it.id for it in gmail_mime.leaves(gmail_mime.of(mail(raw)))]
    theirs = gmail_mime.of(convert(recorded("message-full"), Mail))
    assert ours == [it.id for it in gmail_mime.leaves(theirs)] == ["0.0", "0.1", "0.2", "1"]


def test_a_parsed_text_in_another_charset_is_decoded() -> None:
    headers = [{"name": "Content-Type", "value": "text/plain; charset=windows-1252"}]
    body = {"size": 4, "data": "gCAxMA"}
    assert parsed(mimeType="text/plain", headers=headers, body=body).content == "€ 10"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 3000,
        b"From: " + b"(" * 20_000 + b"\n\nx",
        b"To: " + b"a@b.c, " * 20_000 + b"\n\nx",
        b"Subject: " + b"=?utf-8?b?" * 5000 + b"\n\nx",
        b'Content-Type: text/plain; charset="' + b"\xff" * 100 + b'"\n\nx',
        b"Content-Type: text/html\n\n" + b"<div>" * 20_000 + b"deep",
        b"Content-Type: text/html\n\n<table>" + b"<td colspan=999999999>" * 50,
        b"Content-Disposition: attachment; filename*0*=utf-8''%E6; filename*5=x\n\nx",
        b"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: x\n\nx",
        b"\0\0\0\n\n\0",
        b"From: =?x?q?=FF?= <>\nDate: Fri, 99 Foo 99999\n\n\xff",
    ],
)
def test_a_hostile_mail_is_told_or_unreadable(raw: bytes) -> None:
    with suppress(Unreadable):
        encode(gmail.mail(mail(raw)))


def test_ten_thousand_parts_within_parts_are_unreadable_at_most() -> None:
    raw = "".join(f"Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n" for n in range(10_000))
    with suppress(Unreadable, RecursionError):
        gmail.mail(mail(raw))


_LINES = st.lists(
    st.sampled_from(
        [
            b"Content-Type: multipart/mixed; boundary=b",
            b"Content-Type: text/html; charset=x",
            b"Content-Transfer-Encoding: base64",
            b"Content-Transfer-Encoding: quoted-printable",
            b'Content-Disposition: attachment; filename="x',
            b'From: "a, <b@c>',
            b"To: g: a@b.c, =?utf-8?q?x?= <y@z>;",
            b"",
            b"--b",
            b"--b--",
            b"=E9=",
            b"<p>&#xd800;&amp",
            b"\xff\xfe",
        ]
    )
    | st.binary(max_size=40),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(_LINES)
def test_no_mail_raises_anything_but_unreadable(lines: list[bytes]) -> None:
    with suppress(Unreadable):
        encode(gmail.mail(mail(b"\n".join(lines))))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_no_html_raises(html: str) -> None:
    text.of_html(html)
