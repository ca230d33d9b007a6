"""Run the web server and the background worker as one: both live, or both stop and nothing is left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from types import FrameType

SAME_WISH_SECONDS = 1.0  # Ctrl-C reaches make and us, and the end of make is one more signal
GRACE_SECONDS = 10.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

_Event = tuple[str, int]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def ends_with_parent(signum: int = signal.SIGTERM) -> Callable[[], None]:
    """Make the step between fork and exec that ties a child to the life of this process, even to a kill -9 (Linux)."""
    parent = os.getpid()

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
            if os.getppid() != parent:  # died in between: nobody will send the signal any more
                os._exit(1)

    return tie


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent dies, so that they can be seen, stopped and reaped (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own; call it from the main thread (a child is tied to its thread)."""
    return subprocess.Popen(  # noqa: S603  the commands are our own
        command,
        stdin=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=ends_with_parent(),  # noqa: PLW1509  one system call, and no thread of ours runs yet
    )


def _signal_group(group: int, signum: int) -> bool:
    """Send a signal to a process group; False when nobody is in it any more."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _clear_group(group: int, deadline: float) -> None:
    """Stop what a finished child left in its group: first politely, at the deadline for good."""
    if not _signal_group(group, signal.SIGTERM):
        return
    while time.monotonic() < deadline:
        time.sleep(0.05)
        if not _signal_group(group, 0):
            return
    _signal_group(group, signal.SIGKILL)


def _answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def _signals_to(events: SimpleQueue[_Event]) -> Iterator[None]:
    """Turn the signals that ask to stop into events for as long as this lasts."""

    def remember(signum: int, _frame: FrameType | None) -> None:
        events.put(("", signum))

    before = {signum: signal.signal(signum, remember) for signum in STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def supervise(
    commands: Mapping[str, Sequence[str]],
    address: tuple[str, int] | None = None,
    grace: float = GRACE_SECONDS,
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Keep these commands running together; return 0 when asked to stop, and otherwise the status of who ended first.

    `ready` is called once, as soon as somebody listens at the address.
    """
    events: SimpleQueue[_Event] = SimpleQueue()
    children: dict[str, subprocess.Popen[bytes]] = {}
    adopt_orphans()
    with _signals_to(events):
        try:
            for name, command in commands.items():
                children[name] = start(command)
            for name, child in children.items():
                waiter = threading.Thread(target=lambda n, c: events.put((n, c.wait())), args=(name, child))
                waiter.daemon = True
                waiter.start()
            who, code = _first_event(events, address, ready)
            if not who:
                return 0
            _say(f"The {who} process ended by itself (status {code}); stopping the rest.")
            return code if code > 0 else 128 - code if code < 0 else 1
        finally:
            _stop(children, events, grace)


def _first_event(events: SimpleQueue[_Event], address: tuple[str, int] | None, ready: Callable[[], None]) -> _Event:
    """Wait until a child ends or somebody asks to stop; look for the open port only until it is there."""
    while address is not None:
        with contextlib.suppress(Empty):
            return events.get(timeout=0.1)
        if _answers(*address):
            ready()
            address = None
    return events.get()


def _stop(children: Mapping[str, subprocess.Popen[bytes]], events: SimpleQueue[_Event], grace: float) -> None:
    """Ask every child to finish, wait, and kill what has not gone when the time is over or on a second request."""
    asked = time.monotonic()
    deadline = asked + grace
    for child in children.values():
        if child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
    while any(child.poll() is None for child in children.values()) and time.monotonic() < deadline:
        with contextlib.suppress(Empty):
            who, _ = events.get(timeout=min(0.2, max(0.0, deadline - time.monotonic())))
            if not who and time.monotonic() - asked > SAME_WISH_SECONDS:  # asked again: no more patience
                deadline = 0.0
    for name, child in children.items():
        if child.poll() is None:
            _say(f"The {name} process does not stop; killed.")
            _signal_group(child.pid, signal.SIGKILL)
            child.wait()
    for child in children.values():
        _clear_group(child.pid, max(deadline, time.monotonic() + 0.5))


def run(port: int, host: str = "127.0.0.1") -> int:
    """Serve the portal at this address, web and worker together, until Ctrl-C or a TERM signal."""
    portal = [sys.executable, "-m", "portal"]
    commands = {"web": [*portal, "serve", "--port", str(port), "--host", host], "worker": [*portal, "worker"]}
    shown = "127.0.0.1" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104  compared, not bound

    def ready() -> None:
        _say(f"\nThe portal answers at http://{shown}:{port}  (Ctrl-C stops it)\n")

    return supervise(commands, (shown, port), ready=ready)
