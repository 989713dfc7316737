"""A bucket of Amazon S3 or of a compatible service: `s3://bucket/prefix`, with an endpoint for the latter.

Credentials come from the usual places of AWS (environment, shared files, role of the machine), never from a URL.
"""

import base64
import contextlib
import contextvars
import hashlib
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from tasks.errors import ConfigError, StoreError
from tasks.masking import masked
from tasks.model import Action, ActionKind, Listed, Page, Receipt, Stored, has_headers
from tasks.stores import Capabilities, Guard, StoreKind, StoreOptions, unguarded
from tasks.stores.checks import check_key, check_writes, conflicting, deleted, written
from tasks.stores.encoding import as_read, stored_body
from tasks.stores.s3_probe import PROBE, probe
from tasks.stores.s3_refusals import read_refusal, refusal_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
_THREADS = 16
_BATCH = 1000  # most keys that one DeleteObjects takes
_READS = 3  # the client library does not ask again when a body breaks off
_BROKEN_OFF = (IncompleteReadError, ResponseStreamingError, ReadTimeoutError)


class S3Store:
    """Objects of one bucket below a prefix. One client, made at the first call, serves all threads."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint_url: str = "",
        attempts: int = 6,
        read_timeout: float = 20.0,
        capabilities: Capabilities = Capabilities(),  # noqa: B008  # frozen
    ) -> None:
        self._can = capabilities
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint_url = endpoint_url
        self._attempts = attempts
        self._read_timeout = read_timeout
        self._lock = threading.Lock()
        self._made: S3Client | None = None

    def read(self, key: str) -> Stored | None:
        """The object under `key`; None when there is none. An answer that breaks off is asked for again."""
        check_key(key)
        for attempt in range(_READS):
            try:
                answer = self._client().get_object(Bucket=self._bucket, Key=self._prefix + key)
                with contextlib.closing(answer["Body"]) as stream:
                    body = stream.read()
            except (ClientError, BotoCoreError) as error:
                if isinstance(error, ClientError) and error.response["Error"].get("Code") == "NoSuchKey":
                    return None
                if attempt < _READS - 1 and isinstance(error, _BROKEN_OFF):
                    continue
                self._fail(f"read {key}", error)
            body, encoding = as_read(body, answer.get("ContentEncoding", ""))
            return Stored(
                body=body,
                tag=answer["ETag"].strip('"'),
                content_type=answer.get("ContentType", ""),
                cache_control=answer.get("CacheControl", ""),
                encoding=encoding,
            )
        raise AssertionError("unreachable")

    def write(self, actions: Iterable[Action], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Put each page, several at a time. The first failure of the whole store ends the call."""
        writes = check_writes(actions)
        if not writes:
            return ()
        self._client()  # made before the threads ask for it
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="s3") as pool:
            # Each thread works in a copy of the caller's context, so that its log lines stay with the task run.
            puts = [
                pool.submit(contextvars.copy_context().run, self._put, action, page, guard) for action, page in writes
            ]
            try:
                return tuple(put.result() for put in puts)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def delete(self, keys: Iterable[str], *, guard: Guard = unguarded) -> tuple[Receipt, ...]:
        """Remove the keys, a thousand a call. The service reports the failures of single keys inside a success."""
        gone = tuple(keys)
        for key in gone:
            check_key(key)
        errors: dict[str, str] = {}
        for start in range(0, len(gone), _BATCH if self._can.batch_delete else 1):
            guard()
            errors |= (
                self._delete_batch(gone[start : start + _BATCH])
                if self._can.batch_delete
                else self._delete_one(gone[start])
            )
        return tuple(deleted(key, error=errors.get(key, "")) for key in gone)

    def listed(self, prefix: str = "") -> Iterator[Listed]:
        """Every object of ours whose key begins with `prefix`, page by page."""
        pages = self._client().get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for entry in page.get("Contents", ()):
                    if key := entry["Key"].removeprefix(self._prefix):
                        yield Listed(key=key, size=entry["Size"], tag=entry["ETag"].strip('"'))
        except (ClientError, BotoCoreError) as error:
            self._fail("list", error)

    def probe(self) -> Capabilities:
        """Try everything out on an object of its own, which is gone afterwards."""
        try:
            return probe(self._client(), self._bucket, self._prefix + PROBE)
        except (ClientError, BotoCoreError) as error:
            self._fail("try out what is possible", error)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._made is not None:
                self._made.close()
                self._made = None

    def _put(self, action: Action, page: Page, guard: Guard) -> Receipt:
        guard()
        body = stored_body(page)
        try:
            tag = self._send(action, page, body)
            return self._checked(action, page, body, tag)
        except ClientError as error:
            if _is_conflict(error, action):
                return conflicting(action, page)
            refusal = refusal_of(error.response)
            if refusal.whole_store:
                self._fail(f"write {page.key}", error)
            return written(action, page, error=refusal.reason)
        except BotoCoreError as error:
            self._fail(f"write {page.key}", error)

    def _send(self, action: Action, page: Page, body: bytes) -> str:
        """The tag of the object as it is now."""
        where: dict[str, Any] = {"Bucket": self._bucket, "Key": self._prefix + page.key}
        told = {"ContentType": page.content_type, "CacheControl": page.cache_control, "ContentEncoding": page.encoding}
        headers: dict[str, Any] = {
            name: value for name, value in told.items() if value
        }  # what is left out must not be sent as None
        if action.kind is ActionKind.HEADERS and self._can.copy_headers and action.tag:
            source: Any = {"Bucket": self._bucket, "Key": where["Key"]}
            condition: dict[str, Any] = {"CopySourceIfMatch": self._condition(action.tag)}
            made = self._client().copy_object(
                **where, **headers, **condition, CopySource=source, MetadataDirective="REPLACE"
            )
            return str(made["CopyObjectResult"].get("ETag", "")).strip('"')
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        answer = self._client().put_object(**where, **headers, **self._conditions(action), Body=body, ContentMD5=md5)
        return str(answer.get("ETag", "")).strip('"')

    def _conditions(self, action: Action) -> dict[str, Any]:
        if action.kind is ActionKind.CREATE:
            return {"IfNoneMatch": "*"} if self._can.create_if_absent else {}
        return {"IfMatch": self._condition(action.tag)} if action.tag and self._can.replace_if_same else {}

    def _condition(self, tag: str) -> str:
        return tag if self._can.bare_tags else f'"{tag}"'

    def _checked(self, action: Action, page: Page, body: bytes, tag: str) -> Receipt:
        """The receipt, once it is sure what the service holds: by the tag, or by asking for the object."""
        if self._can.tag_is_md5:
            if tag == hashlib.md5(body, usedforsecurity=False).hexdigest():
                return written(action, page, tag=tag, verified=True)
            there = self.read(page.key)
            if there is None or not there.holds(page):
                return written(
                    action, page, error="the service does not hold what was sent: read back, it is something else"
                )
            return written(action, page, tag=there.tag, verified=True)
        return self._looked_at(action, page, body, tag)

    def _looked_at(self, action: Action, page: Page, body: bytes, tag: str) -> Receipt:
        """Where tags prove nothing: the size must be right, and headers that are not leave the object unconfirmed.

        Such a service may write a header in a form of its own; that the page was not written cannot be said then.
        """
        head = self._client().head_object(Bucket=self._bucket, Key=self._prefix + page.key)
        if (size := head["ContentLength"]) != len(body):
            return written(
                action, page, error=f"the service does not hold what was sent: {size} bytes, {len(body)} were sent"
            )
        told = (head.get("ContentType", ""), head.get("CacheControl", ""), head.get("ContentEncoding", ""))
        if not (right := has_headers(page, *told)):
            sent = (page.content_type, page.cache_control, page.encoding)
            log.warning("%s: the service has the headers %s; sent were %s", page.key, told, sent)
        return written(action, page, tag=tag, verified=right)

    def _delete_batch(self, keys: Sequence[str]) -> dict[str, str]:
        """What went wrong, by key."""
        try:
            answer = self._client().delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": self._prefix + key} for key in keys], "Quiet": True},
            )
        except ClientError as error:
            refusal = refusal_of(error.response)
            if refusal.whole_store:
                self._fail("delete", error)
            return dict.fromkeys(keys, refusal.reason)
        except BotoCoreError as error:
            self._fail("delete", error)
        return {
            error.get("Key", "").removeprefix(self._prefix): read_refusal(
                error.get("Code", ""), error.get("Message", "")
            ).reason
            for error in answer.get("Errors", ())
            if error.get("Code") != "NoSuchKey"
        }

    def _delete_one(self, key: str) -> dict[str, str]:
        try:
            self._client().delete_object(Bucket=self._bucket, Key=self._prefix + key)
        except ClientError as error:
            refusal = refusal_of(error.response)
            if refusal.whole_store:
                self._fail("delete", error)
            return {key: refusal.reason} if error.response["Error"].get("Code") != "NoSuchKey" else {}
        except BotoCoreError as error:
            self._fail("delete", error)
        return {}

    def _client(self) -> "S3Client":
        with self._lock:
            if self._made is None:
                try:
                    self._made = _make_client(self._endpoint_url, self._attempts, self._read_timeout)
                except (BotoCoreError, ValueError) as error:
                    self._fail("open", error)
            return self._made

    def _fail(self, verb: str, error: Exception) -> NoReturn:
        """Say what went wrong, where, and what to do, without a secret: not in the cause either, which logs show."""
        reason, retryable = _explain(error)
        at = f" at {self._endpoint_url}" if self._endpoint_url else ""
        told = StoreError(f"cannot {verb} in s3://{self._bucket}/{self._prefix}{at}: {reason}", retryable=retryable)
        raise told from (None if isinstance(error, CredentialRetrievalError) else error)


def _is_conflict(error: ClientError, action: Action) -> bool:
    """The object is not as the action expects it. Gone, it is told as 404 to a write that names its tag."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    code = error.response["Error"].get("Code")
    gone = code == "NoSuchKey" and action.kind is not ActionKind.CREATE
    return status == 412 or code in ("PreconditionFailed", "ConditionalRequestConflict") or gone


def _make_client(endpoint_url: str, attempts: int, read_timeout: float) -> "S3Client":
    client = boto3.Session().client(
        "s3",
        endpoint_url=endpoint_url or None,
        config=Config(
            connect_timeout=5,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=_THREADS,
            # Compatible services do not know the newer checksums that the library would add on its own.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"} if endpoint_url else None,
        ),
    )
    client.meta.events.register("before-call.s3.DeleteObjects", _add_content_md5)
    client.meta.events.register("before-sign.s3.PutObject", _drop_expect)
    return client


def _add_content_md5(params: dict[str, Any], **_: object) -> None:
    """Several compatible services still ask for the older checksum here, which the library no longer sends."""
    digest = hashlib.md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()


def _drop_expect(request: AWSRequest, **_: object) -> None:
    """With `Expect: 100-continue` a service that does not know it costs a second an object; ours are small."""
    del request.headers["Expect"]


def _explain(error: Exception) -> tuple[str, bool]:
    """The reason, and whether to try again later."""
    name = type(error).__name__
    match error:
        case ClientError():
            refusal = refusal_of(error.response)
            return refusal.reason, refusal.retryable
        case NoCredentialsError():
            return "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE", False
        case CredentialRetrievalError():  # its own text may quote what a credential process printed
            return "the credentials could not be obtained; look at the AWS profile in use", False
        case SSLError():
            return "its certificate is not trusted; correct the address, or name the authority in AWS_CA_BUNDLE", False
        case BotoConnectionError() | HTTPClientError() | IncompleteReadError() | ResponseStreamingError():
            return f"the service cannot be reached or broke off ({name}); check the address and the network", True
        case _:
            return f"{name}: {masked(' '.join(str(error).split()))[:200]}; check the AWS settings", False


def _open(url: str, options: StoreOptions) -> S3Store:
    bucket, _, path = url.partition(":")[2].removeprefix("//").partition("/")
    if not url.partition(":")[2].startswith("//") or _BUCKET.fullmatch(bucket) is None:
        raise ConfigError(
            "the address of the store names no bucket; expected 's3://bucket' or 's3://bucket/prefix', no credentials"
        )
    prefix = path.strip("/")
    if prefix:
        try:
            check_key(prefix)
        except StoreError as error:
            raise ConfigError(f"the prefix in s3://{bucket}/... cannot be used: {error}") from error
    return S3Store(
        bucket,
        prefix,
        endpoint_url=_endpoint(options.endpoint_url),
        attempts=options.attempts,
        read_timeout=options.read_timeout,
        capabilities=options.capabilities,
    )


def _endpoint(url: str) -> str:
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ConfigError("the endpoint of the store must be 'http://host:port' or 'https://host', without credentials")
    return url


def _service(options: StoreOptions) -> str:
    """Where the site file names no endpoint, the AWS settings may: variables, profiles, a region."""
    if options.endpoint_url:
        return options.endpoint_url
    try:
        return str(_make_client("", options.attempts, options.read_timeout).meta.endpoint_url)
    except (BotoCoreError, ValueError):
        return ""  # the first call says what is wrong


STORE = StoreKind(scheme="s3", open=_open, service=_service)
