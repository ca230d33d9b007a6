"""A small IMAP server for tests: one mail box, and of the protocol what a reader of unseen mail says."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Box:
    """What lies on the server: mails by number, which of them were seen, and what was asked."""

    mails: dict[int, bytes]
    seen: set[int] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    port: int = 0


class _Handler(socketserver.StreamRequestHandler):
    box: Box

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for raw in self.rfile:
            tag, _, words = raw.decode("ascii").strip().partition(" ")
            self.box.asked.append(words)
            verb = words.upper()
            if verb.startswith("UID "):
                verb = verb[4:]
            answer = self._answer(verb)
            self.wfile.write(answer + f"{tag} OK done\r\n".encode())
            if verb == "LOGOUT":
                return

    def _answer(self, verb: str) -> bytes:
        box = self.box
        if verb.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n"
        if verb.startswith("SELECT"):
            return f"* {len(box.mails)} EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n".encode()
        if verb.startswith("SEARCH"):
            return f"* SEARCH {' '.join(str(n) for n in box.mails if n not in box.seen)}\r\n".encode()
        if verb.startswith("STORE"):
            number = int(verb.split()[1])
            box.seen.add(number)
            return f"* {number} FETCH (UID {number} FLAGS (\\Seen))\r\n".encode()
        if verb.startswith("FETCH"):
            return self._fetched(verb)
        return b"* BYE\r\n" if verb == "LOGOUT" else b""

    def _fetched(self, verb: str) -> bytes:
        number = int(verb.split()[1])
        mail = self.box.mails[number]
        if "RFC822.SIZE" in verb:
            return f"* {number} FETCH (UID {number} RFC822.SIZE {len(mail)})\r\n".encode()
        part = re.search(r"<0\.(\d+)>", verb)
        content, name = (mail[: int(part[1])], "BODY[]<0>") if part else (mail, "BODY[]")
        head = f"* {number} FETCH (UID {number} {name} {{{len(content)}}}\r\n"
        return head.encode() + content + b")\r\n"


@contextmanager
def imap_server(*mails: bytes) -> Iterator[Box]:
    """Serve mails on this machine."""
    box = Box(dict(enumerate(mails, 1)))
    handler = type("Handler", (_Handler,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
