"""A small load generator: a few connections at once, one request each, in a process of its own."""

import json
import selectors
import socket
import sys
import time


def run(port: int, cookie: str, path: str, seconds: float, clients: int) -> dict[str, float]:
    """Send requests for some seconds and return how many were answered, and what it cost this process."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()
    selector = selectors.DefaultSelector()
    answered, failed, size = 0, 0, 0
    latencies: list[float] = []

    def begin() -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(request)
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ, [time.perf_counter(), bytearray()])

    cpu, started = time.process_time(), time.perf_counter()
    end = started + seconds
    for _ in range(clients):
        begin()
    while selector.get_map():
        for key, _ in selector.select(timeout=10):
            began, received = key.data
            piece = key.fileobj.recv(262144)  # type: ignore[union-attr]
            if piece:
                received += piece
                continue
            selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]
            now = time.perf_counter()
            if now <= end:
                good = received.startswith(b"HTTP/1.1 200") and b"</html>" in received[-20:]
                answered, failed, size = answered + good, failed + (not good), len(received)
                latencies.append((now - began) * 1000)
                begin()
    spent = time.perf_counter() - started
    latencies.sort()
    return {
        "seconds": min(spent, seconds),
        "answered": answered,
        "failed": failed,
        "bytes": size,
        "cpu_share": (time.process_time() - cpu) / spent,
        "p50": latencies[len(latencies) // 2] if latencies else 0.0,
        "p95": latencies[int(len(latencies) * 0.95)] if latencies else 0.0,
    }


def serve_orders() -> None:
    """Read one order a line from standard input and answer each with one line."""
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
