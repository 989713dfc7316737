"""What the refusals of an S3 service mean, and what to do about them. Pure: no call is made here."""

from collections.abc import Mapping
from dataclasses import dataclass

_KEYS = "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the profile that holds them)"
_RENEW = "renew the session token (AWS_SESSION_TOKEN)"
_REGION = "set AWS_DEFAULT_REGION to the region of the bucket"
# Codes that concern the bucket or the caller, so that no other key would fare better.
_WHOLE_STORE = {
    "NoSuchBucket": "the bucket does not exist; create it or correct the URL",
    "InvalidBucketName": "the bucket has an impossible name; correct the URL",
    "AllAccessDisabled": "the bucket is disabled",
    "AccountProblem": "the account has a problem; look at its console",
    "NotSignedUp": "the account is not signed up for the service",
    "InvalidAccessKeyId": f"the access key is not known there; {_KEYS}",
    "SignatureDoesNotMatch": f"the secret key does not belong to the access key; {_KEYS}",
    "ExpiredToken": f"the session token has expired; {_RENEW}",
    "InvalidToken": f"the session token is not valid; {_RENEW}",
    "TokenRefreshRequired": f"the session token must be renewed; {_RENEW}",
    "PermanentRedirect": f"the bucket is in another region; {_REGION}",
    "AuthorizationHeaderMalformed": f"the request is signed for the wrong region; {_REGION}",
}
_ONE_KEY = {
    "AccessDenied": "access denied; the user needs s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket",
    "KeyTooLongError": "the key is too long together with the prefix of the URL",
}
_PASSING_CODES = frozenset(
    {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "BadDigest"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error answer, read. `whole_store`: other keys would fail likewise; `retryable`: later it may work."""

    reason: str
    whole_store: bool
    retryable: bool


def read_refusal(code: str, message: str, *, status: int = 0, date: str = "") -> Refusal:
    """Read an S3 error: its code and message, the HTTP status, and the `Date` that the server sent."""
    if code == "RequestTimeTooSkewed":
        return Refusal(reason=_skewed(date), whole_store=True, retryable=False)
    if code in _WHOLE_STORE:
        return Refusal(reason=_WHOLE_STORE[code], whole_store=True, retryable=False)
    if code in _ONE_KEY:
        return Refusal(reason=_ONE_KEY[code], whole_store=False, retryable=False)
    told = " ".join(f"{code}: {message}".split())[:200]
    if code in _PASSING_CODES or status == 429 or status >= 500:
        return Refusal(reason=f"the service cannot answer now ({told})", whole_store=True, retryable=True)
    return Refusal(reason=f"the service refused ({told})", whole_store=not 400 <= status < 500, retryable=False)


def refusal_of(answer: Mapping[str, object]) -> Refusal:
    """Read the error answer of a whole call, in the shape in which the client library gives it."""
    error = _table(answer.get("Error"))
    meta = _table(answer.get("ResponseMetadata"))
    status = meta.get("HTTPStatusCode")
    return read_refusal(
        str(error.get("Code", "")),
        str(error.get("Message", "")),
        status=status if isinstance(status, int) else 0,
        date=str(_table(meta.get("HTTPHeaders")).get("date", "")),
    )


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _skewed(date: str) -> str:
    server = f"the server says {date}" if date else "the server does not say its time"
    return f"this machine's clock is too far from the server's ({server}); set the clock"
