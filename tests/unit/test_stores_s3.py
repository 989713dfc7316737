"""The S3 store beyond the contract: refusals of a real server, and answers that no healthy server gives."""

import base64
import contextlib
import contextvars
import datetime
import hashlib
import http.server
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.run import keep_capabilities, known_capabilities, read_site
from tasks.errors import ConfigError, StoreError
from tasks.model import Action, ActionKind, Page
from tasks.stores import Capabilities, open_store, service_of
from tasks.stores.s3 import S3Store
from tests.support.sites import SiteFolder
from tests.support.stores import body_of, keys_of

if TYPE_CHECKING:
    from tests.support.s3 import S3Server

pytest_plugins = ("tests.support.s3",)

RUN = contextvars.ContextVar("RUN", default="none")


def create(key: str, body: bytes = b"x") -> Action:
    page = Page(key=key, body=body, content_type="text/html", cache_control="no-cache")
    return Action(kind=ActionKind.CREATE, key=key, reason="new", page=page)


def every_call(store: S3Store) -> list[Callable[[], object]]:
    return [
        lambda: body_of(store, "a"),
        lambda: store.write([create("a"), create("b")]),
        lambda: store.delete(["a"]),
        lambda: keys_of(store),
    ]


def test_a_wrong_secret_is_a_clear_error(s3_user: "S3Server", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "quite-another-secret")
    store = S3Store(s3_user.bucket, endpoint_url=s3_user.endpoint_url)
    for call in every_call(store):
        with pytest.raises(StoreError, match="secret key does not belong to the access key") as caught:
            call()
        assert not caught.value.retryable
        assert "another-secret" not in str(caught.value)
        assert f"s3://{s3_user.bucket}/ at {s3_user.endpoint_url}" in str(caught.value)
    store.close()


def test_an_unknown_access_key_is_a_clear_error(s3_user: "S3Server", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODYKNOWSTHIS0")
    with (
        contextlib.closing(S3Store(s3_user.bucket, endpoint_url=s3_user.endpoint_url)) as store,
        pytest.raises(StoreError, match="access key is not known") as caught,
    ):
        store.write([create("a")])
    assert not caught.value.retryable


def test_no_such_bucket_is_a_clear_error(s3_user: "S3Server") -> None:
    store = S3Store("no-such-bucket", endpoint_url=s3_user.endpoint_url)
    for call in every_call(store):
        with pytest.raises(StoreError, match=r"s3://no-such-bucket/.*does not exist; create it") as caught:
            call()
        assert not caught.value.retryable
    store.close()


def test_a_wrong_clock_is_an_error_that_names_the_time_of_the_server(
    s3_user: "S3Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=2)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: wrong.replace(tzinfo=None))
    with (
        contextlib.closing(S3Store(s3_user.bucket, endpoint_url=s3_user.endpoint_url)) as store,
        pytest.raises(StoreError, match=r"clock .*the server says .* GMT\); set the clock") as caught,
    ):
        store.write([create("a")])
    assert not caught.value.retryable


def test_no_credentials_is_an_error_that_says_where_they_go(aws_environment: None) -> None:
    store = S3Store("bucket", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StoreError, match="no credentials found; set AWS_ACCESS_KEY_ID") as caught:
        store.write([create("a")])
    assert not caught.value.retryable
    store.close()


def test_what_a_program_for_credentials_prints_is_shown_nowhere(
    aws_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor by the cause of the error: logs show it too."""
    config = tmp_path / "config"
    config.write_text('[default]\ncredential_process = sh -c "echo canary; echo canary >&2; exit 1"\n')
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with (
        contextlib.closing(S3Store("bucket", endpoint_url="http://127.0.0.1:9")) as store,
        pytest.raises(StoreError, match="the credentials could not be obtained") as caught,
    ):
        store.write([create("a")])
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_the_environment_may_name_another_service(aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one service was found to be able to do is not told of another one."""
    amazon = service_of("s3://bucket")
    assert "amazonaws.com" in amazon
    for name, url in (("AWS_ENDPOINT_URL", "http://127.0.0.1:9001"), ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9002")):
        monkeypatch.setenv(name, url)
        assert service_of("s3://bucket") == url
    assert service_of("s3://bucket", endpoint_url="http://127.0.0.1:9003") == "http://127.0.0.1:9003"
    assert (service_of("file:public"), service_of("mem:")) == ("", "")


def test_what_a_service_can_do_is_remembered_of_that_service_alone(
    aws_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = SiteFolder(folder=tmp_path)
    folder.write({"name": "a", "kind": "feed", "list_url": "http://example.com/feed"}, publish={"url": "s3://bucket"})
    site = read_site(str(folder.file))
    with folder.ledger() as ledger:
        keep_capabilities(site, ledger, Capabilities())
        assert known_capabilities(site, ledger) == Capabilities()
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9001")
        assert known_capabilities(site, ledger) is None


def test_an_endpoint_that_is_down_is_worth_a_retry(s3_user: "S3Server") -> None:
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    store = S3Store("bucket", endpoint_url=f"http://127.0.0.1:{port}", attempts=1)
    for call in every_call(store):
        with pytest.raises(StoreError, match=f"127.0.0.1:{port}: the service cannot be reached") as caught:
            call()
        assert caught.value.retryable
    store.close()


def test_a_key_without_the_right_to_write_fails_alone(s3_user: "S3Server") -> None:
    with contextlib.closing(open_store(s3_user.fresh_url(), endpoint_url=s3_user.endpoint_url)) as store:
        first, locked, last = store.write([create("a"), create("locked/b"), create("c")])
        assert (first.error, last.error) == ("", "")
        assert "access denied" in locked.error
        assert keys_of(store) == ["a", "c"]
        (refused,) = store.delete(["locked/b"])
        assert "access denied" in refused.error


def test_only_objects_below_the_prefix_are_ours(s3_user: "S3Server") -> None:
    url, endpoint = s3_user.fresh_url(), s3_user.endpoint_url
    with contextlib.closing(s3_user.client()) as client:
        prefix = url.rpartition("/")[2]
        for key in (f"{prefix}-2/theirs", prefix, f"{prefix}/"):
            client.put_object(Bucket=s3_user.bucket, Key=key, Body=b"")
        with contextlib.closing(open_store(f"{url}//", endpoint_url=endpoint)) as store:
            store.write([create("ours/a")])
            assert keys_of(store) == ["ours/a"]
            assert keys_of(store, "our") == ["ours/a"]
            assert keys_of(store, prefix) == []
        assert client.get_object(Bucket=s3_user.bucket, Key=f"{prefix}/ours/a")["Body"].read() == b"x"


def test_log_lines_of_the_writing_threads_stay_with_the_caller(s3_user: "S3Server") -> None:
    seen: set[tuple[str, bool]] = set()

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.add((RUN.get(), record.thread == main))

    main = threading.get_ident()
    logger = logging.getLogger("botocore.endpoint")
    watch = Watch()
    logger.setLevel(logging.DEBUG)
    logger.addHandler(watch)
    RUN.set("this run")
    try:
        with contextlib.closing(open_store(s3_user.fresh_url(), endpoint_url=s3_user.endpoint_url)) as store:
            store.write([create("a"), create("b")])
    finally:
        logger.removeHandler(watch)
        logger.setLevel(logging.NOTSET)
        RUN.set("none")
    assert ("this run", False) in seen
    assert {run for run, _ in seen} == {"this run"}


class Unwell(http.server.BaseHTTPRequestHandler):
    """Answers as a service in trouble does. What it should do is in the key."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"only the beginning")
        self.close_connection = True

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        code = self.path.rpartition("/")[2]
        told = f"<Code>{code}</Code><Message>Expect is {self.headers['Expect']}</Message>"
        self._send(503 if code == "SlowDown" else 400, f"<Error>{told}</Error>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-MD5"] != base64.b64encode(hashlib.md5(body).digest()).decode():
            self._send(400, "<Error><Code>InvalidDigest</Code><Message>Content-MD5 is missing</Message></Error>")
            return
        if body.count(b"<Object>") > 1000:
            self._send(400, "<Error><Code>MalformedXML</Code><Message>more than 1000 keys</Message></Error>")
            return
        errors = "".join(
            f"<Error><Key>site/{key}</Key><Code>{code}</Code><Message>so it is</Message></Error>"
            for key, code in (("denied", "AccessDenied"), ("busy", "InternalError"), ("absent", "NoSuchKey"))
        )
        self._send(200, f"<DeleteResult>{errors}</DeleteResult>")

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def unwell(aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unwell) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        store = S3Store("bucket", "site", endpoint_url=f"http://127.0.0.1:{server.server_port}", attempts=1)
        yield store
        store.close()
        server.shutdown()
        thread.join()


def test_failures_of_single_keys_inside_a_success_are_seen(unwell: S3Store) -> None:
    fine, denied, busy, absent = unwell.delete(["fine", "denied", "busy", "absent"])
    assert (fine.error, absent.error) == ("", "")
    assert "access denied" in denied.error
    assert "InternalError: so it is" in busy.error


def test_no_call_deletes_more_keys_than_the_service_takes(unwell: S3Store) -> None:
    names = [f"news/{number}.html" for number in range(2001)]
    assert [(receipt.key, receipt.error) for receipt in unwell.delete(names)] == [(name, "") for name in names]


def test_a_service_that_asks_to_slow_down_is_worth_a_retry(unwell: S3Store) -> None:
    with pytest.raises(StoreError, match=r"cannot answer now \(SlowDown: ") as caught:
        unwell.write([create("SlowDown")])
    assert caught.value.retryable


def test_an_unknown_refusal_concerns_its_key(unwell: S3Store) -> None:
    (receipt,) = unwell.write([create("StrangeCode")])
    assert "StrangeCode: " in receipt.error


def test_no_put_waits_for_permission_to_continue(unwell: S3Store) -> None:
    (receipt,) = unwell.write([create("StrangeCode")])
    assert "Expect is None" in receipt.error


def test_a_body_that_breaks_off_is_worth_a_retry(unwell: S3Store) -> None:
    with pytest.raises(StoreError, match="broke off") as caught:
        unwell.read("a")
    assert caught.value.retryable


@pytest.mark.parametrize("url", ["s3:", "s3://", "s3:///prefix", "s3:bucket", "s3://b", "s3://AKIA:hidden@bucket/x"])
def test_an_address_without_a_bucket_is_an_error(url: str) -> None:
    with pytest.raises(ConfigError, match="names no bucket; expected 's3://bucket'") as caught:
        open_store(url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("path", ["a//b", "../a", "a/./b"])
def test_a_prefix_that_is_no_key_is_an_error(path: str) -> None:
    with pytest.raises(ConfigError, match=r"the prefix in s3://bucket/.* cannot be used"):
        open_store(f"s3://bucket/{path}")


@pytest.mark.parametrize(
    "endpoint", ["127.0.0.1:9000", "ftp://host", "http://", "http://user:hidden@host", "http://host/?token=hidden"]
)
def test_an_endpoint_that_is_no_address_is_an_error(endpoint: str) -> None:
    with pytest.raises(ConfigError, match="the endpoint of the store") as caught:
        open_store("s3://bucket", endpoint_url=endpoint)
    assert "hidden" not in str(caught.value)
