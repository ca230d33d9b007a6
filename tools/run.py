"""Bring the database up to date, load the demo world into an empty one, and run the portal: `make run`."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys

from portal.supervisor import ends_with_parent, run

SPARE_PORTS = (8123, 8124, 8765, 9123)


def port_fault(host: str, port: int) -> str | None:
    """Say why nobody could listen at this address, or None when it is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                return "is taken by another program"
            if fault.errno == errno.EACCES:
                return "is not open to this user"
            return f"cannot be used ({fault.strerror})"
        except OverflowError:
            return "is not a port number"
    return None


def spare_port(host: str) -> int:
    """Return a port that is free to suggest."""
    return next((port for port in SPARE_PORTS if port_fault(host, port) is None), SPARE_PORTS[0])


def step(*words: str) -> None:
    """Run one portal command to its end; it goes down with this process."""
    done = subprocess.run([sys.executable, "-m", "portal", *words], check=False, preexec_fn=ends_with_parent())
    if done.returncode:
        raise SystemExit(f"portal {' '.join(words)} failed (status {done.returncode}); the portal was not started.")


def end_with_make() -> None:
    """Stop with make itself, even when make is killed without a chance to pass the signal on (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, int(signal.SIGTERM), 0, 0, 0)


def stop(_signum: int, _frame: object) -> None:
    """Leave quietly while the database is being prepared."""
    raise SystemExit(0)


def main() -> int:
    """Entry point of `make run`."""
    host = os.environ.get("HOST") or "127.0.0.1"
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal():
        raise SystemExit(f"PORT={text} is not a port number; try: PORT=8123 make run")
    fault = port_fault(host, int(text))
    if fault:
        raise SystemExit(f"Port {text} at {host} {fault}. Choose another one: PORT={spare_port(host)} make run")
    end_with_make()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    step("demo", "--migrate", "--if-empty")  # one process, so that a second start is there at once
    return run(int(text), host)


if __name__ == "__main__":
    sys.exit(main())
