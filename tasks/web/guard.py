"""Where a connection may lead: public addresses on web ports, and what the site file allows besides.

A name is resolved once and the connection made to an address that was looked at, so a name that changes its mind
between check and connect changes nothing; what the socket is then connected to is looked at again. Every hop of a
redirect comes through here, because every connection does.
"""

import contextlib
import ipaddress
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = (80, 443, 8080, 8443)

# IANA special-purpose registries. Python's own `is_global` differs between patch releases, so all of them stand here.
_CLOSED: dict[str, tuple[Network, ...]] = {
    name: tuple(ipaddress.ip_network(network) for network in networks)
    for name, networks in {
        "unspecified": ("0.0.0.0/8", "::/128"),
        "loopback": ("127.0.0.0/8", "::1/128"),
        "a metadata service": ("169.254.169.254/32", "169.254.170.2/32", "fd00:ec2::254/128", "fd20:ce::254/128",
            "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32"),
        "link-local": ("169.254.0.0/16", "fe80::/10"),
        "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
        "shared by a carrier": ("100.64.0.0/10",),
        "multicast": ("224.0.0.0/4", "ff00::/8"),
        "for documentation": ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
        "reserved": ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "100::/64", "100:0:0:1::/64",
            "2001::/23", "5f00::/16"),
    }.items()
}  # fmt: skip
# Of these not even an allowed name may become one; only an allowed network can hold them.
_NEVER_BY_NAME = ("unspecified", "a metadata service", "link-local", "multicast")
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")  # RFC 7526: given up; what answers there is a tunnel
# An IPv4 address in the last bits of an IPv6 one: mapped (RFC 4291), and NAT64 (RFC 6052), which is all that a network
# without IPv4 has to reach it.
_WRAPPED = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))


class Refused(Exception):
    """A connection that the guard does not let through; the message says why."""


def closed(address: Address) -> str:
    """Why this is no public address; empty when it is one. An IPv6 form of an IPv4 address is what that one is."""
    if isinstance(address, ipaddress.IPv4Address):
        return _name_of(address)
    address = ipaddress.IPv6Address(int(address))  # without the name of an interface
    inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if _within(address, _WRAPPED):
        return f"{named}, written as IPv6" if (named := _name_of(inner)) else ""
    if int(address) >> 32 & 0xFDFFFFFF == 0x5EFE:  # ISATAP (RFC 5214): a tunnel to the IPv4 address
        return "reserved"
    known = _name_of(address)
    return known or ("reserved" if address in _SIX_TO_FOUR or address not in _GLOBAL_V6 else "")


def _name_of(address: Address) -> str:
    return next((name for name, networks in _CLOSED.items() if _within(address, networks)), "")


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Allowed:
    """One entry of the allow-list: a name or a network, on one port or (None) on any."""

    name: str = ""
    network: Network | None = None
    port: int | None = None

    @classmethod
    def read(cls, entry: str) -> "_Allowed":
        """`host`, `host:port`, `10.1.0.0/16`, `127.0.0.1:8901`, `[::1]:8901`, `fd00::/8`; ValueError for anything else."""
        with contextlib.suppress(ValueError):
            return cls(network=ipaddress.ip_network(entry.strip("[]"), strict=False))
        host, _, port = entry.rpartition(":")
        if not host:
            host, port = entry, ""
        if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536)):
            raise ValueError(f"{entry!r}: expected a host, a host with a port, or a network such as 10.1.0.0/16")
        number = int(port) if port else None
        with contextlib.suppress(ValueError):
            return cls(network=ipaddress.ip_network(host.strip("[]"), strict=False), port=number)
        if any(c in host for c in "/[]@?# \\:*"):
            raise ValueError(f"{entry!r}: expected a host, a host with a port, or a network such as 10.1.0.0/16")
        return cls(name=plain_host(host), port=number)


def plain_host(host: str) -> str:
    """The host as names are compared: lower case, ASCII (IDNA), without the last dot."""
    host = host.strip("[]").rstrip(".").lower()
    with contextlib.suppress(UnicodeError):
        return host.encode("idna").decode("ascii")
    return host


class Guard:
    """Decides on connections. `allow`: hosts and networks that may be reached though they are not public, on any port."""

    def __init__(self, allow: Iterable[str] = (), *, ports: Iterable[int] = PORTS) -> None:
        self._allowed = tuple(_Allowed.read(entry) for entry in allow)
        self._ports = frozenset(ports)

    def refusal(self, host: str, address: Address, port: int) -> str:
        """Why no connection to `address` is made for the name `host`; empty when one may be."""
        reason, name = closed(address), plain_host(host)
        for entry in self._allowed:
            if entry.port not in (None, port):
                continue
            if entry.network is not None and _within(address, [entry.network]):
                return ""
            if entry.name == name and entry.name and not reason.startswith(_NEVER_BY_NAME):
                return ""
        if reason:
            return f"{address} is {reason}"
        if port not in self._ports:
            return f"port {port} is none of {', '.join(map(str, sorted(self._ports)))}"
        return ""

    def connect(
        self, host: str, port: int, *, seconds: float, options: Iterable[tuple[Any, ...]] = ()
    ) -> socket.socket:
        """A connection to the first address of `host` that is let through and answers, within `seconds` in all.

        `Refused` when none is let through; `OSError` as the socket gives it.
        """
        deadline = time.monotonic() + seconds
        refused, failed = "", None
        for family, address, target in _resolved(host, port):
            if reason := self.refusal(host, address, port):
                refused = refused or reason
                continue
            try:
                return self._connected(host, port, family, target, deadline, tuple(options))
            except OSError as error:
                failed = error
        if failed is not None:
            raise failed
        raise Refused(f"{host} is not asked: {refused or 'it has no address'}; [fetch] allow_hosts lets a host through")

    def _connected(
        self, host: str, port: int, family: int, target: Any, deadline: float, options: tuple[tuple[Any, ...], ...]
    ) -> socket.socket:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no connection in time")
        with contextlib.ExitStack() as on_failure:
            made = on_failure.enter_context(socket.socket(family, socket.SOCK_STREAM))
            for option in options:
                made.setsockopt(*option)
            made.settimeout(left)
            made.connect(target)
            reached = ipaddress.ip_address(made.getpeername()[0])
            if reason := self.refusal(host, reached, port):
                raise Refused(f"{host} is not asked: {reason}")
            on_failure.pop_all()
        return made


def _resolved(host: str, port: int) -> Iterator[tuple[int, Address, Any]]:
    """What the name means now: asked once, each address with the place to connect to."""
    try:
        found = socket.getaddrinfo(host.strip("[]").encode("idna"), port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise socket.gaierror(socket.EAI_NONAME, f"{host[:80]!r} is no name of a host") from error
    for family, _, _, _, target in found:
        yield family, ipaddress.ip_address(str(target[0])), target
