"""Purging a CloudFront distribution. Not a store: the folder scan finds no `STORE` here."""

from collections.abc import Sequence
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

MOST = 3_000  # paths that may be in progress at a time; above it everything is purged with one


def invalidate(distribution: str, paths: Sequence[str], *, reference: str, endpoint_url: str = "") -> str:
    """Ask CloudFront to forget these paths, each beginning with a slash; the reason when it does not, or an empty text.

    `reference` makes the request one of its kind (CallerReference): the same again is the same invalidation.
    """
    wanted = [quote(path, safe="/-._~*") for path in paths] if len(paths) <= MOST else ["/*"]
    try:
        client = boto3.Session().client(
            "cloudfront",
            endpoint_url=endpoint_url or None,
            config=Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3}),
        )
        try:
            batch = {"Paths": {"Quantity": len(wanted), "Items": wanted}, "CallerReference": reference}
            client.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
        finally:
            client.close()
    except ClientError as error:
        return f"CloudFront refused: {error.response['Error'].get('Code', '')}"
    except (BotoCoreError, ValueError) as error:
        return f"CloudFront cannot be asked: {type(error).__name__}"
    return ""
