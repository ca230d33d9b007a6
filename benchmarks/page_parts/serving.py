"""Servers of the benchmark: gunicorn with sync workers, and the process that puts load on them."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.common import ROOT, cpu_seconds
from portal.supervisor import ends_with_parent

START_SECONDS = 120.0


class Server:
    """One gunicorn; as a context manager it starts and stops it."""

    def __init__(self, application: str, environment: Mapping[str, str], log: Path, processes: int = 2) -> None:
        self.port, self.processes = _free_port(), processes
        self._application, self._log = application, log
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "BENCH_"))}
        self._environment = {**kept, **environment}

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"]
        command += [
            "--workers",
            str(self.processes),
            "--worker-class",
            "sync",
            "--no-control-socket",
            "--log-level",
            "warning",
            "--graceful-timeout",
            "2",
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, self._application],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_parent(),  # noqa: PLW1509  no thread of ours runs
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return self
            time.sleep(0.05)
        self.__exit__(None, None, None)
        raise RuntimeError(f"{self._application} does not start:\n{self._log.read_text('utf-8')[-2000:]}")

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        """Return whether all workers live and one of them has answered, whatever it said."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as at,
        ):
            at.sendall(b"GET /ready HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return at.recv(4) == b"HTTP" and len(self.workers()) == self.processes
        return False

    def workers(self) -> list[int]:
        """Return the process numbers of the workers (Linux)."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(number) for number in children.read_text("ascii").split()]

    def cpu_seconds(self) -> float:
        """Return the CPU time of all workers so far."""
        return sum(cpu_seconds(worker) for worker in self.workers())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def load_generator() -> Iterator[Any]:
    """Run the load generator and yield a function that gives it one order and returns its answer."""
    code = "from benchmarks.page_parts.load import serve_orders; serve_orders()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=ends_with_parent(),  # noqa: PLW1509  no thread of ours runs
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def order(**facts: Any) -> dict[str, float]:
        process.stdin.write(json.dumps(facts) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("the load generator died")
        return dict(json.loads(answer))

    try:
        yield order
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()
