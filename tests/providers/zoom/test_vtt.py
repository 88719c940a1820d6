"""Transcripts in WebVTT, as Zoom writes them and as others might."""

import pytest

from services.zoom.vtt import Cue, Said, cues, said
from shared.errors import Unreadable


def vtt(*texts: str) -> bytes:
    """A transcript with these cues."""
    at = [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(len(texts))]
    each = [f"{it}.000 --> {it}.900\n{text}" for it, text in zip(at, texts, strict=True)]
    return "\n\n".join(["WEBVTT", *each]).encode()


def turns(*texts: str, names: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(it.speaker, it.text) for it in said(cues(vtt(*texts)), names)]


def test_9_a_colon_in_what_was_said_is_no_speaker() -> None:
    told = turns("Mia Berg: Morning: shall we start?", "Mia Berg: Yes: now.")
    assert told == [("Mia Berg", "Morning: shall we start? Yes: now.")]
    assert turns("Note: it is late.") == [("", "Note: it is late.")]


def test_9_a_name_counts_where_somebody_has_it_or_where_it_recurs() -> None:
    assert turns("Jo Kim: Hello.", names=("Jo Kim",)) == [("Jo Kim", "Hello.")]
    assert turns("Jo Kim: Hello.") == [("", "Jo Kim: Hello.")]
    assert turns("Jo: Hi.", "Mia: Hi.", "Jo: Well.", "Mia: Well.") == [
        ("Jo", "Hi."),
        ("Mia", "Hi."),
        ("Jo", "Well."),
        ("Mia", "Well."),
    ]


def test_9_a_line_without_a_name_goes_on_with_whoever_spoke() -> None:
    told = turns("Jo: Hi.", "And more.", "One thing: this.", "Jo: Well.", names=("Jo",))
    assert told == [("Jo", "Hi. And more. One thing: this. Well.")]
    assert turns("Who is it?", "Jo: I.", names=("Jo",)) == [("", "Who is it?"), ("Jo", "I.")]


def test_9_a_cue_may_have_several_lines() -> None:
    assert turns("Jo: Hi\nthere.", names=("Jo",)) == [("Jo", "Hi there.")]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_9_ends_of_lines_and_a_byte_order_mark_change_nothing(ends: str, mark: str) -> None:
    text = mark + vtt("Jo: Hi.", "Jo: Well.").decode().replace("\n", ends)
    assert [it.text for it in cues(text.encode())] == ["Jo: Hi.", "Jo: Well."]


def test_9_a_voice_tag_says_who_it_is() -> None:
    found = cues(vtt("<v Jo Kim>Hi: you &amp; me</v>", "<v.loud Mia>Well.</v>", "And <b>on</b>."))
    assert found == [Cue("Hi: you & me", "Jo Kim"), Cue("Well.", "Mia"), Cue("And on.")]
    assert list(said(found)) == [Said("Jo Kim", "Hi: you & me"), Said("Mia", "Well. And on.")]


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b"<!doctype html>", b"WEBVTTX\n", b"1\n00:00:01.000"]
)
def test_9_what_is_no_transcript_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        cues(body)


@pytest.mark.parametrize("body", [b"WEBVTT", b"WEBVTT - title\n\n", b"WEBVTT\n\nNOTE nothing\n"])
def test_9_a_transcript_may_have_nothing_in_it(body: bytes) -> None:
    assert cues(body) == []
    assert list(said([])) == []


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01.000 --> 00:00:02.000",
        "10:00:01.000 --> 10:00:02.000",
        "123:00:01.000 --> 123:00:02.000",
        "00:01.000 --> 00:02.000",
        "00:00:01.000 --> 00:00:02.000 align:start position:0%",
    ],
)
def test_9_hours_may_be_many_or_left_out(times: str) -> None:
    assert [it.text for it in cues(f"WEBVTT\n\n1\n{times}\nHi.".encode())] == ["Hi."]


def test_9_notes_styles_and_empty_cues_are_nobodys_words() -> None:
    body = b"WEBVTT\nKind: captions\n\nSTYLE\n::cue {}\n\nNOTE\nJo: no\n\n1\n00:01.000 --> 00:02.000\n\n"
    assert cues(body + vtt("Hi.")[8:]) == [Cue("Hi.")]


def test_a_name_of_any_script_is_one_and_a_sentence_is_not() -> None:
    assert turns("山田 太郎: はい。", names=("山田 太郎",)) == [("山田 太郎", "はい。")]
    long = "x" * 101 + ": y"
    assert turns(long, long) == [("", f"{long} {long}")]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert [it.text for it in cues(vtt("Hi") + b" \xff")] == ["Hi \ufffd"]


def test_a_transcript_of_hours_is_read_in_one_go() -> None:
    many = vtt(*["Jo: word " * 20] * 5000)
    (one,) = said(cues(many))
    assert len(one.text) > 400_000
