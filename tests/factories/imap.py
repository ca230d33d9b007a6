"""A small IMAP server for tests: one mail box, and of the protocol what a reader of unseen mail says."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


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


def certificate(folder: Path) -> Path:
    """Write a key and a certificate of this machine, signed by itself, into one file."""
    key, at = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of tests")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=1)
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = made.add_extension(here, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "mail.pem"
    path.write_bytes(key.private_bytes(*form) + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return path


@contextmanager
def imap_server(*mails: bytes, secured_by: Path | None = None) -> Iterator[Box]:
    """Serve mails on this machine; in TLS with a certificate."""
    box = Box(dict(enumerate(mails, 1)))
    handler = type("Handler", (_Handler,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        if secured_by is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(secured_by)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
