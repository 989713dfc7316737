"""The guard: no connection leads where it must not, whatever a name or an address looks like."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import FetchError
from tasks.model import Request
from tasks.web import Client, Limits
from tasks.web.guard import Guard, closed
from tests.support.misbehaving import answer, misbehaving

Resolve = Callable[..., list[tuple[Any, ...]]]

NAT64 = ipaddress.ip_network("64:ff9b::/96")
CLOSED = {
    "loopback": ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1",
        "::ffff:10.1.2.3", "64:ff9b::192.168.0.1"],
    "link-local": ["169.254.1.1", "fe80::1", "fe80::1%lo", "::ffff:169.254.1.1"],
    "a metadata service": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "168.63.129.16", "192.0.0.192"],
    "shared by a carrier": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
    "for documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.9", "2001:db8::1", "3fff::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.1", "192.88.99.1", "100::1",
        "2002:808:808::1", "2002:7f00:1::", "2001:0:808:808::f7f7:f7f7", "2001:0:7f00:1::1", "::127.0.0.1",
        "::ffff:0:127.0.0.1", "64:ff9b:1::a00:1", "2606:4700::5efe:a00:1", "2606:4700::200:5efe:808:808", "4000::1", "5f00::1"],
}  # fmt: skip


@pytest.mark.parametrize("address", [(name, one) for name, listed in CLOSED.items() for one in listed])
def test_what_is_not_public_is_named(address: tuple[str, str]) -> None:
    name, one = address
    assert closed(ipaddress.ip_address(one)).startswith(name)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "183.136.162.242", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2001:4860:4860::8888",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2400:3200::1"],
)  # fmt: skip
def test_what_is_public_is_let_through(address: str) -> None:
    assert closed(ipaddress.ip_address(address)) == ""


@given(st.ip_addresses())
def test_nothing_is_let_through_that_python_calls_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = getattr(address, "ipv4_mapped", None) or address
    wrong = mapped.is_private or mapped.is_loopback or mapped.is_link_local or mapped.is_multicast
    if (wrong or mapped.is_reserved or mapped.is_unspecified) and address not in NAT64:  # which Python calls reserved
        assert closed(address)
    if isinstance(address, ipaddress.IPv4Address):
        for form in (f"::ffff:{address}", f"64:ff9b::{address}"):
            assert bool(closed(ipaddress.ip_address(form))) == bool(closed(address))


def refusal(guard: Guard, address: str, *, host: str = "news.example.com", port: int = 443) -> str:
    """Why the guard does not connect."""
    return guard.refusal(host, ipaddress.ip_address(address), port)


def test_only_web_ports_of_public_hosts() -> None:
    guard = Guard()
    assert [refusal(guard, "8.8.8.8", port=port) for port in (80, 443, 8080, 8443)] == [""] * 4
    assert refusal(guard, "8.8.8.8", port=22) == "port 22 is none of 80, 443, 8080, 8443"
    assert refusal(Guard(ports=[9000]), "8.8.8.8", port=9000) == ""
    assert refusal(Guard(ports=[9000]), "8.8.8.8", port=80) == "port 80 is none of 9000"


@pytest.mark.parametrize(
    ("entry", "address", "host", "port", "let"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", 8901, True),
        ("127.0.0.1", "127.0.0.2", "127.0.0.1", 8901, False),
        ("127.0.0.1:8901", "127.0.0.1", "127.0.0.1", 8901, True),
        ("127.0.0.1:8901", "127.0.0.1", "127.0.0.1", 8902, False),
        ("10.1.0.0/16", "10.1.2.3", "wiki.example", 3000, True),
        ("10.1.0.0/16", "10.2.2.3", "wiki.example", 3000, False),
        ("10.1.0.0/16", "8.8.8.8", "wiki.example", 3000, False),
        ("[::1]:8901", "::1", "::1", 8901, True),
        ("::1", "::1", "::1", 1, True),
        ("fd00::/8", "fd12::1", "wiki.example", 80, True),
        ("intranet.example", "10.0.0.1", "intranet.example", 8080, True),
        ("Intranet.Example", "10.0.0.1", "INTRANET.example.", 9999, True),
        ("intranet.example:8080", "10.0.0.1", "intranet.example", 8081, False),
        ("intranet.example", "10.0.0.1", "sub.intranet.example", 80, False),
        ("intranet.example", "10.0.0.1", "intranet.example.evil.example", 80, False),
        ("intranet.example", "169.254.169.254", "intranet.example", 80, False),
        ("intranet.example", "224.0.0.1", "intranet.example", 80, False),
        ("169.254.169.254", "169.254.169.254", "intranet.example", 80, True),
        ("news.example", "8.8.8.8", "news.example", 9999, True),
    ],
)
def test_the_allow_list(entry: str, address: str, host: str, port: int, let: bool) -> None:
    assert (refusal(Guard([entry]), address, host=host, port=port) == "") is let


@pytest.mark.parametrize(
    "entry", ["", "a b", "http://x", "x:0", "x:99999", "x:y", "10.0.0.0/99", "user@host", "*.x", "a/b"]
)
def test_an_entry_that_is_none(entry: str) -> None:
    with pytest.raises(ValueError, match="expected a host, a host with a port, or a network"):
        Guard([entry])


# --- names ------------------------------------------------------------------------------------


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """What names mean, one answer of the resolver after the other; the last one stays."""
    meanings: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: bytes | str, port: int, *rest: Any, **more: Any) -> list[tuple[Any, ...]]:
        name = host.decode() if isinstance(host, bytes) else host
        if name[0].isdigit():
            return real(host, port, *rest, **more)
        if name not in meanings:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        found = meanings[name].pop(0) if len(meanings[name]) > 1 else meanings[name][0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found.split()
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield meanings


def limits(*allow: str) -> Limits:
    """Small limits, with these hosts allowed."""
    return Limits(user_agent="finews-test/1", connect_timeout=1, read_timeout=1, total_timeout=2, allow_hosts=allow)


def failure(url: str, *allow: str) -> str:
    """How a request fails, for good."""
    with Client(limits(*allow)) as client, pytest.raises(FetchError) as caught:
        client.get(Request(url=url))
    assert not caught.value.retryable
    return str(caught.value)


def test_a_name_that_means_a_closed_address(names: dict[str, list[str]]) -> None:
    names["evil.example"] = ["127.0.0.1"]
    with misbehaving(answer(b"secret")) as server:
        said = failure(f"http://evil.example:{server.origin.rsplit(':')[-1]}/")
    assert "evil.example is not asked: 127.0.0.1 is loopback" in said
    assert server.requests == []


def test_a_name_that_means_something_else_when_asked_again_is_asked_once(names: dict[str, list[str]]) -> None:
    with misbehaving(answer(b"ours")) as server:
        port = server.origin.rsplit(":")[-1]
        names["rebound.example"] = ["127.0.0.1", "10.0.0.1"]
        with Client(limits(f"127.0.0.1:{port}")) as client:
            assert client.get(Request(url=f"http://rebound.example:{port}/")).body == b"ours"
        assert names["rebound.example"] == ["10.0.0.1"]  # resolved once for the connection
        said = failure(f"http://rebound.example:{port}/", f"127.0.0.1:{port}")
    assert "10.0.0.1 is private" in said
    assert len(server.requests) == 1


def test_what_is_let_through_of_several_addresses_is_used(names: dict[str, list[str]]) -> None:
    with misbehaving(answer(b"ours")) as server:
        port = server.origin.rsplit(":")[-1]
        names["both.example"] = ["10.0.0.1 127.0.0.1"]
        with Client(limits("127.0.0.0/8")) as client:
            assert client.get(Request(url=f"http://both.example:{port}/")).body == b"ours"


def test_a_socket_that_ended_up_elsewhere(names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(answer(b"secret")) as server:
        port = int(server.origin.rsplit(":")[-1])
        names["news.example"] = ["8.8.8.8"]
        connect = socket.socket.connect
        monkeypatch.setattr(socket.socket, "connect", lambda made, target: connect(made, ("127.0.0.1", port)))
        said = failure("http://news.example/")
        monkeypatch.undo()
    assert "127.0.0.1 is loopback" in said
    assert not any(server.requests)  # it may have seen the connection, never a request


def test_a_redirect_is_looked_at_like_any_other_request(names: dict[str, list[str]]) -> None:
    names["evil.example"] = ["127.0.0.1"]
    with misbehaving(answer(b"secret")) as inside:
        port = inside.origin.rsplit(":")[-1]
        moved = answer(status="302 Found", headers=f"Location: http://evil.example:{port}/\r\n")
        with misbehaving(moved) as outside:
            said = failure(f"{outside.origin}/", outside.origin.removeprefix("http://"))
    assert "127.0.0.1 is loopback" in said
    assert inside.requests == []


@pytest.mark.parametrize(
    "written", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_other_ways_to_write_loopback(written: str) -> None:
    with misbehaving(answer(b"secret")) as server:
        assert "loopback" in failure(f"http://{written}:{server.origin.rsplit(':')[-1]}/")
    assert server.requests == []


def test_an_unknown_name_is_worth_another_try(names: dict[str, list[str]]) -> None:
    with (
        Client(limits()) as client,
        pytest.raises(FetchError, match="no connection: Name or service not known") as caught,
    ):
        client.get(Request(url="http://nowhere.example/"))
    assert caught.value.retryable


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving(answer(b"proxied")) as proxy, misbehaving(answer(b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with Client(limits("127.0.0.1")) as client:
            assert client.get(Request(url=f"{server.origin}/")).body == b"direct"
    assert proxy.requests == []


def test_a_host_named_by_the_source_is_told_its_secrets_and_no_other() -> None:
    with misbehaving(answer(b"there")) as other:
        moved = answer(status="302 Found", headers=f"Location: {other.origin}/\r\n")
        with misbehaving(moved) as server, Client(limits("127.0.0.1")) as client:
            client.get(Request(url=f"{server.origin}/", headers=(("X-Key", "secret"), ("Accept", "text/html"))))
    assert "X-Key: secret" in server.requests[0]
    assert "X-Key" not in other.requests[0]
    assert "Accept: text/html" in other.requests[0]
