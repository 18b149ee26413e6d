"""What is read at a glance is what a real parser reads, and nothing that it would refuse."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.edge import heads
from textrail.edge.evidence import read_evidence
from textrail.edge.heads import LONGEST_HEAD, PlainRequest, read_plain

PHONE = (
    b"Host: go.harbor.example\r\n"
    b"User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)\r\n"
    b"Accept-Language: en-US,en;q=0.9\r\n"
)


class Parsed:
    """A request as uvicorn's parser reads it."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = 0
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.method = parser.get_method()
        self.version = parser.get_http_version()
        self.stays = parser.should_keep_alive()

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1


def request(code: bytes = b"abc23456", fields: bytes = PHONE) -> bytes:
    return b"GET /" + code + b" HTTP/1.1\r\n" + fields + b"\r\n"


def test_a_plain_tap_is_read() -> None:
    plain = read_plain(request())
    assert isinstance(plain, PlainRequest)
    assert plain.code == "abc23456"
    assert plain.head.stays
    assert plain.head.evidence.host == "go.harbor.example"
    assert [name for name, _ in plain.head.evidence.headers] == ["user-agent", "accept-language"]


def test_who_wants_to_close_is_known() -> None:
    for value, stays in ((b"close", False), (b"Close", False), (b"keep-alive", True)):
        plain = read_plain(request(fields=PHONE + b"Connection: " + value + b"\r\n"))
        assert plain is not None
        assert plain.head.stays is stays


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET /abc23456 HTTP/1.1\r\n",
        request()[:-1],
        request() + b"x",
        request() + request(),
        request(fields=b""),
        request().replace(b"GET", b"HEAD"),
        request().replace(b"GET", b"get"),
        request().replace(b"HTTP/1.1", b"HTTP/1.0"),
        request(code=b""),
        request(code=b"abc23456?a=b"),
        request(code=b"abc23456/"),
        request(code=b"abc%32"),
        request(code=b"a" * 65),
        request(fields=PHONE + b"Content-Length: 3\r\n"),
        request(fields=PHONE + b"content-length: 0\r\n"),
        request(fields=PHONE + b"Transfer-Encoding: chunked\r\n"),
        request(fields=PHONE + b"Expect: 100-continue\r\n"),
        request(fields=PHONE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        request(fields=PHONE + b"Connection: keep-alive, te\r\n"),
        request(fields=PHONE + b"Bad Name: x\r\n"),
        request(fields=PHONE + b"Name : x\r\n"),
        request(fields=PHONE + b" folded: x\r\n"),
        request(fields=PHONE + b"No-Colon\r\n"),
        request(fields=PHONE + b": x\r\n"),
        request(fields=PHONE + b"A: x\ny\r\n"),
        request(fields=PHONE + b"A: x\ry\r\n"),
        request(fields=PHONE + b"A: x\0y\r\n"),
        request(fields=b"\r\n" + PHONE),
        request(fields=b"A: " + b"x" * LONGEST_HEAD + b"\r\n"),
    ],
)
def test_anything_unusual_is_left_to_the_parser(data: bytes) -> None:
    assert read_plain(data) is None


@pytest.mark.parametrize(
    "name",
    b"Cookie COOKIE X-Forwarded-For Forwarded X-Real-IP Referer From Authorization"
    b" CF-Connecting-IP X-Request-Id".split(),
)
def test_what_belongs_to_one_person_is_remembered_for_none(name: bytes) -> None:
    fields = PHONE + name + b": ada@shop.example\r\n"
    assert read_plain(request(fields=fields)) == read_plain(request(fields=fields))
    assert not any(b"ada@shop.example" in kept for kept in heads._heads)


def test_no_more_than_so_many_heads_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "_heads", {})
    monkeypatch.setattr(heads, "MOST_HEADS", 5)
    for number in range(23):
        assert read_plain(request(fields=PHONE + b"Accept: %d\r\n" % number)) is not None
        assert 1 <= len(heads._heads) <= 5


names = st.sampled_from(
    b"Host,user-agent,Accept,X-Forwarded-For,Sec-Purpose,Cookie,Referer,Connection,Content-Length,"
    b"Transfer-Encoding,Expect,TE,X_y.z,a b".split(b",")
)
values = st.one_of(
    st.sampled_from([b"close", b"keep-alive", b"3", b"chunked", b"0", b"", b" ", b"100-continue"]),
    st.binary(max_size=12),
    st.text("abcé, ;=\"'\t", max_size=12).map(lambda text: text.encode("latin-1")),
)
spaces = st.sampled_from([b" ", b"", b"\t", b"  "])
ends = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b" \r\n"])
fields_of = st.builds(
    lambda name, space, value, more, end: name + b":" + space + value + more + end,
    names,
    spaces,
    values,
    spaces,
    ends,
)
requests = st.builds(
    lambda start, code, version, fields, rest: (
        start + code + version + b"".join(fields) + b"\r\n" + rest
    ),
    st.sampled_from([b"GET /"] * 8 + [b"GET //", b"POST /", b" GET /", b"GET  /"]),
    st.sampled_from([b"abc23456", b"a", b"healthz", b"a b", b"a%20b", b"a?b", b"a#b", b"\xff"]),
    st.sampled_from([b" HTTP/1.1\r\n"] * 8 + [b" HTTP/1.0\r\n", b" HTTP/1.1\n", b"\r\n"]),
    st.lists(fields_of, max_size=4),
    st.sampled_from([b""] * 4 + [b"x", b"GET / HTTP/1.1\r\n\r\n"]),
)


@given(requests)
def test_what_is_read_at_a_glance_is_what_the_parser_reads(data: bytes) -> None:
    plain = read_plain(data)
    if plain is None:
        return
    parsed = Parsed(data)
    assert parsed.complete == 1
    assert (parsed.method, parsed.version, parsed.body) == (b"GET", "1.1", b"")
    assert parsed.url == b"/" + plain.code.encode()
    assert parsed.stays is plain.head.stays
    assert read_evidence(parsed.headers) == plain.head.evidence
