"""What of a mail is read: HTML as lines of text, and addresses whichever way they are taken apart."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.google import gmail_headers as headers
from services.google import text
from services.google.gmail_headers import Headers


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a<div>b</div></div>c", "a\nb\nc"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<h1>T</h1>text<hr>more", "T\n\ntext\n\nmore"),
        ("<b>Hel</b>lo <i>you</i>,\n  Zo&euml;&nbsp;!", "Hello you, Zoë !"),
        ("<a href='https://x'>l</a><a>m</a>", "lm"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>d", "* a\n  * b\n* c\n\nd"),
        ("x<ol><li>a</li><li>b</li></ol>", "x\n\n1. a\n2. b"),
        ("<li>a", "* a"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><th>3<th>4</table>", "1  2\n3  4"),
        ("<table><tr><td><p>left</p></td><td><p>right</p></td></tr></table>", "left\n\nright"),
        ("<pre>a\n  b</pre>c  d", "a\n  b\n\nc d"),
        ("<span style='color:red; DISPLAY: none'>no<p>no</p></span>yes", "yes"),
        ("<pre style='display:none'>no</pre>a  b", "a b"),
        ("<head><title>no</title><style>p{}</style></head><script>no</script>yes", "yes"),
        ("<style>p { color: red }</style><img src=x>", ""),
        ("<!-- no -->yes<!--[if mso]>no<![endif]-->", "yes"),
        ("</ul></ol></pre>5 &lt; 6", "5 < 6"),
        ("<?xml version='1.0'?><html><body>x</body></html>", "x"),
        ("", ""),
    ],
)
def test_html_is_laid_out_as_a_reader_sees_it(html: str, shown: str) -> None:
    assert text.of_html(html) == shown


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 20_000 + "deep",
        "<ul><li>" * 5_000 + "deep",
        "<p>" * 50_000 + "deep",
        "<b>" * 50_000 + "deep",
    ],
)
def test_pages_that_never_end_are_read_in_a_moment(html: str) -> None:
    began = time.process_time()
    assert text.of_html(html).endswith("deep")
    assert time.process_time() - began < 3


_NAMES = st.text("ab .-'=?", max_size=12) | st.sampled_from(
    ["=?utf-8?q?Zo=C3=AB?=", "=?utf-8?b?Wm/Dqw==?= Quill", '"Doe, Ann"', '"=?utf-8?q?Zo=C3=AB?="']
)
_ADDRESSES = st.sampled_from(["a@b.test", "A.b+c@d-e.test", "o'x@y.test"])
_PEOPLE = st.tuples(_NAMES, _ADDRESSES).map(lambda it: f"{it[0]} <{it[1]}>" if it[0] else it[1])
_LISTS = st.lists(_PEOPLE, min_size=1, max_size=4).flatmap(
    lambda people: st.sampled_from([", ", ",", ",\r\n "]).map(lambda comma: comma.join(people))
)


@settings(max_examples=300, deadline=None)
@given(_LISTS)
def test_the_short_way_and_the_grammar_find_the_same_people(value: str) -> None:
    """Where the short way sees nothing odd; elsewhere it leaves all to the grammar."""
    if headers._easy(value):
        quick = Headers.of([("to", value)]).people("to")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(headers, "_easy", lambda _: [])
            assert Headers.of([("to", value)]).people("to") == quick


@pytest.mark.parametrize(
    "value", ["a@b.test, Zoe <z@c.test>", '"Doe, Ann" <a@b.test>,\r\n c@d.test']
)
def test_common_addresses_go_the_short_way(value: str) -> None:
    assert len(headers._easy(value)) == 2


@pytest.mark.parametrize(
    "value", ["g: a@b.test;", "a@b.test (Ann)", '"a\\"b" <c@d.test>', "Ann", "<>", "a b@c.test"]
)
def test_odd_addresses_are_left_to_the_grammar(value: str) -> None:
    assert headers._easy(value) == []


@pytest.mark.parametrize(
    "odd", ["a " * 5000, "a@" * 5000, '"' + "a" * 9000, "a@b.c, " * 1400 + ";"]
)
def test_an_odd_address_takes_no_time_to_tell(odd: str) -> None:
    began = time.process_time()
    assert headers._easy(odd) == []
    assert time.process_time() - began < 1
