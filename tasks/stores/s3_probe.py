"""What an S3 service can do, found out by trying: documentation and answers to unknown headers differ too much."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tasks.stores import Capabilities

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROBE = "_finews/probe"
"""The key of the object that is written and removed."""

_OTHER = "0" * 32  # no tag that this object has
_BODY = b"finews tries out what this service can do\n"
# Answers that say "not like this"; anything else (no right, no bucket, out of order) is for a person to see.
_CONDITION_FAILED = (412, 409)  # any other refusal means that the header is not known
_REFUSED = frozenset({400, 404, 405, 409, 411, 412, 416, 501})


def probe(client: "S3Client", bucket: str, key: str) -> Capabilities:
    """Try everything on one object; `ClientError` when it cannot even be written."""
    where = _Place(client, bucket, key)
    where.delete()
    try:
        tag = where.put()
        found = Capabilities(
            create_if_absent=where.refusal(lambda: where.put(none_match="*")) in _CONDITION_FAILED,
            replace_if_same=False,
            copy_headers=False,
            checks_bodies=not where.takes(lambda: where.put(md5=hashlib.md5(b"other", usedforsecurity=False).digest())),
            tag_is_md5=tag == hashlib.md5(_BODY, usedforsecurity=False).hexdigest(),
            batch_delete=where.takes(where.delete_in_batch),
        )
        found = where.with_conditional_updates(found)
        return replace(found, copy_headers=where.copies(bare_tags=found.bare_tags))
    finally:
        where.delete()


class _Place:
    """The object that is tried on."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key

    def refusal(self, call: Callable[[], object]) -> int:
        """The HTTP status with which the service refuses a call; 0 when it accepts it."""
        try:
            call()
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status in _REFUSED:
                return status
            raise
        return 0

    def takes(self, call: Callable[[], object]) -> bool:
        """Whether the service accepts a call."""
        return not self.refusal(call)

    def put(self, *, none_match: str = "", match: str = "", md5: bytes = b"") -> str:
        """Write the object; its tag."""
        conditions: dict[str, str] = {"IfNoneMatch": none_match} if none_match else {}
        conditions |= {"IfMatch": match} if match else {}
        conditions |= {"ContentMD5": base64.b64encode(md5).decode()} if md5 else {}
        answer = self._client.put_object(Bucket=self._bucket, Key=self._key, Body=_BODY, **conditions)  # type: ignore[arg-type]
        return answer.get("ETag", "").strip('"')

    def copies(self, *, bare_tags: bool) -> bool:
        """Whether a copy onto itself changes a header, and only when the object is the one that is meant."""
        tag = self.put()
        right, wrong = (form if bare_tags else f'"{form}"' for form in (tag, _OTHER))
        if self.refusal(lambda: self._copy(wrong)) not in _CONDITION_FAILED or not self.takes(
            lambda: self._copy(right)
        ):
            return False
        head = self._client.head_object(Bucket=self._bucket, Key=self._key)
        return head.get("CacheControl") == "no-cache" and head["ContentLength"] == len(_BODY)

    def _copy(self, match: str) -> None:
        self._client.copy_object(
            Bucket=self._bucket,
            Key=self._key,
            CopySource={"Bucket": self._bucket, "Key": self._key},
            CopySourceIfMatch=match,
            MetadataDirective="REPLACE",
            CacheControl="no-cache",
            ContentType="text/plain",
        )

    def with_conditional_updates(self, found: Capabilities) -> Capabilities:
        """Whether If-Match is obeyed, and whether the tag has to stand in it without quotes."""
        tag = self.put()
        for bare in (False, True):
            right, wrong = (tag, _OTHER) if bare else (f'"{tag}"', f'"{_OTHER}"')
            if self.takes(lambda right=right: self.put(match=right)):  # type: ignore[misc]
                obeyed = self.refusal(lambda wrong=wrong: self.put(match=wrong)) in _CONDITION_FAILED  # type: ignore[misc]
                return replace(found, replace_if_same=obeyed, bare_tags=bare)
        return found

    def delete(self) -> None:
        """Remove the object; that it is not there is no error."""
        self._client.delete_object(Bucket=self._bucket, Key=self._key)

    def delete_in_batch(self) -> None:
        """Remove the object as one of many."""
        self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": [{"Key": self._key}], "Quiet": True})
