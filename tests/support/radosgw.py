"""A real Ceph object gateway on loopback: monitor, one storage daemon in memory, and radosgw, for the tests of a session.

An S3 service of other people than the first one: it checks signatures, and takes a tag in If-Match only without quotes.
"""

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.support.s3 import S3Server, free_port

_NEEDED = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
_KEYS = ("RADOSGWTESTACCESSKEY", "radosgw-test-secret-key")
_SECONDS = 90.0


@pytest.fixture(scope="session")
def radosgw_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The gateway, up and with one user and one bucket; skipped where Ceph is not installed."""
    if missing := [name for name in _NEEDED if shutil.which(name) is None]:
        pytest.skip(
            f"{', '.join(missing)} not installed (Debian: apt-get install radosgw ceph-mon ceph-osd ceph-common)"
        )
    home = tmp_path_factory.mktemp("ceph")
    with ExitStack() as running:
        endpoint = _Cluster(home, running).start()
        server = S3Server(endpoint_url=endpoint, access_key=_KEYS[0], secret_key=_KEYS[1], bucket="finews-test")
        client = server.client()
        client.create_bucket(Bucket=server.bucket)
        client.close()
        yield server


@pytest.fixture
def radosgw_user(radosgw_server: S3Server, aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The gateway, with the user's credentials where the store looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", radosgw_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", radosgw_server.secret_key)
    return radosgw_server


class _Cluster:
    """The three daemons below one folder."""

    def __init__(self, home: Path, running: ExitStack) -> None:
        self._home = home
        self._running = running
        self._conf = home / "ceph.conf"
        # An address of loopback that no other process takes: two that ask for a free port at once may get the same.
        self._address = f"127.{1 + os.getpid() // 62_500 % 250}.{os.getpid() // 250 % 250}.{1 + os.getpid() % 250}"
        self._mon = f"{self._address}:{free_port()}"

    def start(self) -> str:
        """Start all of it; the gateway's address."""
        fsid, osd, port = str(uuid.uuid4()), str(uuid.uuid4()), free_port()
        self._write_conf(fsid)
        for name in ("mon", "osd"):
            (self._home / name).mkdir()
        self._do("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v1:{self._mon}]", str(self._home / "map"))
        self._do("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(self._home / "map"))
        self._daemon("ceph-mon", "-i", "a")
        self._until("ceph", "--connect-timeout", "5", "osd", "new", osd)
        self._do("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._start_osd()
        user = ("user", "create", "--uid", "publisher", "--display-name", "publisher")
        self._until("radosgw-admin", *user, "--access-key", _KEYS[0], "--secret-key", _KEYS[1])
        self._daemon("radosgw", "-n", "client.rgw", f"--rgw-frontends=beast endpoint={self._address}:{port}")
        _until_it_answers(f"http://{self._address}:{port}/")
        return f"http://{self._address}:{port}"

    def _start_osd(self) -> None:
        """The storage daemon gives up when it is faster than the monitor; then it is started again."""
        deadline = time.monotonic() + _SECONDS
        process = self._daemon("ceph-osd", "-i", "0")
        while b" 1 up" not in self._until("ceph", "--connect-timeout", "5", "osd", "stat"):
            assert time.monotonic() < deadline, "the storage daemon does not come up"
            if process.poll() is not None:
                process = self._daemon("ceph-osd", "-i", "0")
            time.sleep(0.2)

    def _write_conf(self, fsid: str) -> None:
        settings = {
            "fsid": fsid, "mon_host": f"v1:{self._mon}", "ms_bind_msgr2": "false", "public_addr": self._address,
            "auth_cluster_required": "none", "auth_service_required": "none", "auth_client_required": "none",
            "osd_pool_default_size": "1", "osd_pool_default_min_size": "1", "osd_pool_default_pg_num": "1",
            "osd_pool_default_pgp_num": "1", "osd_crush_chooseleaf_type": "0", "mon_allow_pool_size_one": "true",
            "osd_pool_default_pg_autoscale_mode": "off", "osd_objectstore": "memstore", "memstore_device_bytes": "1073741824",
            "mon_data": str(self._home / "mon"), "osd_data": str(self._home / "osd"), "run_dir": str(self._home),
            "log_file": str(self._home / "$name.log"), "pid_file": str(self._home / "$name.pid"),
            "admin_socket": str(self._home / "$name.$pid.asok"), "keyring": str(self._home / "keyring"),
            "rgw_data": str(self._home / "rgw"), "rgw_enable_usage_log": "false", "mon_max_pg_per_osd": "1000",
            "osd_crush_update_on_start": "true", "crash_dir": str(self._home), "mon_pg_warn_min_per_osd": "0",
            "rgw_thread_pool_size": "32",
        }  # fmt: skip
        (self._home / "rgw").mkdir()
        self._conf.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))

    def _command(self, command: Sequence[str]) -> list[str]:
        return [*command, "-c", str(self._conf)] if command[0] != "monmaptool" else list(command)

    def _do(self, *command: str) -> bytes:
        done = subprocess.run(self._command(command), capture_output=True, timeout=_SECONDS)
        assert done.returncode == 0, f"{command[0]}: {done.stderr.decode()[-1500:]}"
        return done.stdout

    def _until(self, *command: str) -> bytes:
        """Try until it works: a daemon needs a while, and a monitor under load refuses what it takes a moment later."""
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                return self._do(*command)
            except (AssertionError, subprocess.TimeoutExpired):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def _daemon(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start it in the foreground of a process that is stopped at the end."""
        out = self._running.enter_context((self._home / f"{command[0]}.out").open("wb"))
        process = subprocess.Popen([*self._command(command), "-f"], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        self._running.callback(_stop, process)
        return process


def _until_it_answers(address: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            requests.get(address, timeout=2).close()
            return
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
