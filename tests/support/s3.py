"""A real S3 server with authentication, on loopback: started once a session, stopped by its own process id.

Its root account is not asked for a signature, so the tests publish as a user of their own, whose signature and
rights are checked. That user may not write or delete below a segment `locked`.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

_ROOT = ("test-root", "test-root-secret")
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::*/locked/*"},
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """Where the server is, the user that publishes, and a bucket of theirs."""

    endpoint_url: str
    access_key: str
    secret_key: str
    bucket: str

    def client(self) -> Any:
        """A client of the tests' own, to look at what was really stored."""
        return _client("s3", self.endpoint_url, self.access_key, self.secret_key)

    def fresh_url(self) -> str:
        """A store URL that no other test uses."""
        return f"s3://{self.bucket}/{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The server, up and with one user and one bucket."""
    with serving_s3(tmp_path_factory.mktemp("s3-server")) as server:
        yield server


@contextlib.contextmanager
def serving_s3(home: Path) -> Iterator[S3Server]:
    """The same, with its files in `home`."""
    process, endpoint_url = _start(home)
    try:
        yield _prepare(endpoint_url)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of this machine reach the client: no credentials, profile, proxy, or metadata service."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def s3_user(s3_server: S3Server, aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, with the user's credentials where the store looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    return s3_server


def free_port() -> int:
    """A port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(home: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the server; once more with another port if someone else was faster to take it."""
    log = home / "log"
    for _ in range(5):
        port = free_port()
        process = _spawn(home, log, port)
        if _answers(process, port):
            return process, f"http://127.0.0.1:{port}"
        process.kill()
        process.wait()
    raise RuntimeError(f"the S3 server does not start; its log ends: {log.read_text()[-2000:]}")


def _spawn(home: Path, log: Path, port: int) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "TMPDIR": str(home),
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": _ROOT[0],
        "AWS_SECRET_ACCESS_KEY": _ROOT[1],
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "s3,iam,sts",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{home}/no-docker",
        "LOG_LEVEL": "WARNING",
    }
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "ministack"], env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def _prepare(endpoint_url: str) -> S3Server:
    iam = _client("iam", endpoint_url, *_ROOT)
    iam.create_user(UserName="publisher")
    iam.put_user_policy(UserName="publisher", PolicyName="publish", PolicyDocument=json.dumps(_POLICY))
    key = iam.create_access_key(UserName="publisher")["AccessKey"]
    iam.close()
    server = S3Server(
        endpoint_url=endpoint_url,
        access_key=key["AccessKeyId"],
        secret_key=key["SecretAccessKey"],
        bucket="finews-test",
    )
    client = server.client()
    client.create_bucket(Bucket=server.bucket)
    client.close()
    return server


def _client(service: str, endpoint_url: str, access_key: str, secret_key: str) -> Any:
    config = Config(s3={"addressing_style": "path"}, proxies={})
    return boto3.Session().client(  # type: ignore[call-overload]  # the service is a variable here
        service,
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=config,
    )
