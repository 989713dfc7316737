"""Which page an address names, whatever way led to it: the identity of articles that have no code of their own.

Two addresses of one page give one canonical address. It is a name to compare by, not an address to ask: a mobile page's
canonical address may answer nobody. Nothing here raises; what is no address of a page gives an empty string.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import idna

from tasks.articles.identity import story_key
from tasks.articles.nodes import absolute

# Names of parameters that tell how a reader came, not what is read. The short ones are whole names: `from`, not `from_id`.
_TRACKING = re.compile(
    r"(?:utm|itm|mtm|pk|piwik|matomo|hsa|oly|vero|mkt|mc|ga|spm|share|_hs)_\w+"
    r"|spm|scm|from|gclid|gclsrc|dclid|fbclid|msclkid|yclid|twclid|ttclid|igshid|wbraid|gbraid|_ga|_gl|_openstat"
    r"|wt\.?mc|wt_mc|cmpid|ncid|sr_share|share|sharer|sharefrom|shareto|shareuid|sharetoken|shareid"
    r"|isappinstalled|nsukey|wxshare|wxfrom|wxfid|chksm|exportkey|pass_ticket|tt_from|amp_js_v|amp_gsa|usqp|_vsrefdom",
    re.IGNORECASE,
)
_AMP_PARAMETER = re.compile(r"amp(?:=(?:1|true)?)?|(?:outputtype|output|view|mode)=amp", re.IGNORECASE)
_MOBILE = frozenset({"m", "wap", "mobile", "amp", "3g", "touch", "h5"})
_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PATH_SAFE = "/!$&'()*+,;=:@"
_CHOICE = re.compile(r"(?<![0-9A-Za-z])(?:NW)?(20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{10})(?![0-9A-Za-z])")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRules:
    """What a source knows of its own addresses: parameters that tell nothing, and those that look so but do.

    `same_hosts`: host -> the host that has the same pages, both in the form of the DNS. `fold_mobile`: whether mobile hosts
    and AMP forms are the page that they look like; those of `same_hosts` are in any case.
    """

    drop_parameters: Sequence[str] = ()
    keep_parameters: Sequence[str] = ()
    same_hosts: Mapping[str, str] = field(default_factory=dict)
    fold_mobile: bool = True


ORDINARY = AddressRules()


def canonical_address(url: str, rules: AddressRules = ORDINARY) -> str:
    """The address without what varies between links to one page (RFC 3986 section 6.2, and the habits of the web).

    Lower-case scheme and host, IDNA, no user, no default port, one way of percent-encoding, no tracking parameters, the
    others sorted by name; mobile hosts and AMP forms become the page that they belong to, as the rules say. A fragment
    goes, unless it is the route of a page that a script fills (`#/`, `#!/`).
    """
    address = _out_of_amp_viewer(absolute("", url))
    if not address:
        return ""
    parts = urlsplit(address)
    try:
        host, port = _host(parts.hostname or "", rules), parts.port
    except ValueError:
        return ""
    netloc = host if port in (None, _PORTS[parts.scheme.lower()]) else f"{host}:{port}"
    query = _query(parts.query, rules)
    route = f"#{_escaped(parts.fragment, _PATH_SAFE + '?')}" if re.match("!?/", parts.fragment) else ""
    return f"{parts.scheme.lower()}://{netloc}{_path(parts.path, rules)}{'?' if query else ''}{query}{route}"


def without_tracking(address: str, rules: AddressRules = ORDINARY) -> str:
    """The address of a page to be asked and linked to, without the parameters that tell nothing about it."""
    parts = urlsplit(address)
    kept = [part for part in parts.query.split("&") if not _tells_nothing(part, rules)]
    return parts._replace(query="&".join(kept)).geturl()


def address_key(canonical: str) -> str:
    """The key of the story at a canonical address: a Choice code's where it holds one, else 20 hexadecimal digits.

    `http` or `https`, `www.` or not, a slash at the end or not: that is the same page everywhere.
    """
    if code := choice_code(canonical):
        return story_key(code)
    name = re.sub(r"^https?://(www\.)?", "", canonical)
    path, mark, query = name.partition("?")
    return text_key(f"{path.rstrip('/')}{mark}{query}")


def text_key(name: str) -> str:
    """A short code that is safe in file names, for any name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def choice_code(address: str) -> str:
    """The 18 digits of a Choice code (a day, then ten digits) in an address, the last of several; empty without one."""
    found = _CHOICE.findall(address)
    return found[-1] if found else ""


def _out_of_amp_viewer(address: str) -> str:
    """The page behind a viewer's address: `google.com/amp/s/HOST/…`, `HOST.cdn.ampproject.org/c/s/HOST/…`."""
    viewer = r"https?://(?:www\.google\.[a-z.]+/amp|[\w-]+\.cdn\.ampproject\.org/[a-z]+)/(s/)?([\w-]+\.[^\s]+)"
    if match := re.fullmatch(viewer, address, re.IGNORECASE):
        return f"{'https' if match[1] else 'http'}://{match[2]}"
    return address


def _host(host: str, rules: AddressRules) -> str:
    """The host that stands for all that have the same pages, in the form of the DNS. ValueError when it is none."""
    host = _dns(host)
    if host in rules.same_hosts.values():
        return host
    folded = _out_of_mobile(host) if rules.fold_mobile else host
    return rules.same_hosts.get(host) or rules.same_hosts.get(folded, folded)


def _dns(host: str) -> str:
    """The host in the form of the DNS; an address by number in its shortest form, IPv6 in brackets."""
    host = host.rstrip(".").lower()
    if re.fullmatch(r"[0-9.]+|[0-9a-f.]*:[0-9a-f:.]*", host):
        numbers = ip_address(host)
        return f"[{numbers}]" if numbers.version == 6 else str(numbers)
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode("ascii")  # an IDNAError is a ValueError
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", host):
        raise ValueError(f"not a host: {host!r}")
    return host


def _out_of_mobile(host: str) -> str:
    """The host without labels of mobile sites in front of the domain."""
    if re.fullmatch(r"\[.*\]|[0-9.]+", host):  # a number has no labels
        return host
    from courlan import extract_domain  # takes long to read, and has not to be asked for the address of a list

    domain = extract_domain(f"http://{host}/") or ".".join(host.split(".")[-2:])  # it does not know every suffix
    above = host.removesuffix(domain).split(".") if host.endswith(f".{domain}") else []
    return ".".join([*(label for label in above if label and label not in _MOBILE), domain]) if above else host


def _path(path: str, rules: AddressRules) -> str:
    path = _escaped(path, _PATH_SAFE)
    segments: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    if path.endswith(("/.", "/..")):
        segments.append("")
    return "/" + "/".join(_out_of_amp(segments) if rules.fold_mobile else segments)


def _out_of_amp(segments: list[str]) -> list[str]:
    """The segments without `amp` at either end, and without `.amp` before the ending."""
    if len([segment for segment in segments if segment]) > 1:
        if segments[0].lower() == "amp":
            segments = segments[1:]
        elif segments[-1].lower() == "amp":
            segments = segments[:-1]
        elif segments[-1] == "" and segments[-2].lower() == "amp":
            segments = [*segments[:-2], ""]
    last = re.sub(r"(?<=.)\.amp(?=\.s?html?$|$)", "", segments[-1], flags=re.IGNORECASE) if segments else ""
    return [*segments[:-1], last]


def _query(query: str, rules: AddressRules) -> str:
    parts = [part for part in query.split("&") if part and not _tells_nothing(part, rules)]
    parts = [part for part in parts if not (rules.fold_mobile and _AMP_PARAMETER.fullmatch(part))]
    kept = [_escaped(part, _PATH_SAFE + "?") for part in parts]
    return "&".join(sorted(kept, key=lambda part: part.partition("=")[0]))


def _tells_nothing(parameter: str, rules: AddressRules) -> bool:
    name = parameter.partition("=")[0].lower()
    if name in {kept.lower() for kept in rules.keep_parameters}:
        return False
    return name in {dropped.lower() for dropped in rules.drop_parameters} or _TRACKING.fullmatch(name) is not None


def _escaped(text: str, safe: str) -> str:
    """One way of writing escapes (RFC 3986 section 6.2.2): none for unreserved characters, upper case for the others."""

    def again(piece: str) -> str:
        if not re.fullmatch("%[0-9A-Fa-f]{2}", piece):
            return quote(piece, safe=safe, errors="replace")
        return character if (character := chr(int(piece[1:], 16))) in _UNRESERVED else piece.upper()

    return "".join(map(again, re.split("(%[0-9A-Fa-f]{2})", text)))
