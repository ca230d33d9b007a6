"""The load of open chats, in a process of its own that knows nothing of the portal."""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

ACTIVE_SHARE = 10  # one in so many
QUICK, SLOW = 3.0, 15.0  # seconds between two questions
SPOKEN = 60.0  # seconds between two messages of an active chat
CONNECTIONS = 16


@dataclass
class Seen:
    """What came back."""

    waits: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    trouble: list[str] = field(default_factory=list)


class Line:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, head: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Send one request and return status, headers and body; a connection that was closed is opened again."""
        for attempt in (1, 2):
            try:
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                return await self._once(head, body)
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    async def _once(self, head: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(head.encode() + body)
        await self._writer.drain()
        top = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in top[1:] if line)}
        status = int(top[0].split()[1])
        content = await self._content(status, headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, headers, content

    async def _content(self, status: int, headers: dict[str, str]) -> bytes:
        assert self._reader is not None
        if status in (204, 304):
            return b""
        if "content-length" in headers:
            return await self._reader.readexactly(int(headers["content-length"]))
        return await self._reader.read()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _chat_on(chat: dict[str, str], lines: asyncio.Queue[Line], seen: Seen, *, active: bool, facts: Any) -> None:
    """Be one open chat until the end: questions for news, and messages of an active one."""
    pace = facts["pace"]
    pause = (QUICK if active else SLOW) * pace
    begins, ends = facts["begins"], facts["ends"]
    at = begins + (hash(chat["ticket"]) % 10_000) / 10_000 * pause
    said = at + (hash(chat["cookie"]) % 1_000) / 1_000 * SPOKEN * pace
    tag, since, port = chat["tag"], int(time.time() * 1000), facts["port"]
    common_head = f"Host: 127.0.0.1:{port}\r\nCookie: {chat['cookie']}\r\nHX-Request: true\r\n"
    while at < ends:
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        if active and facts["talking"] and at >= said:
            said += SPOKEN * pace
            await _speak(chat, lines, seen, common_head, facts)
        head = f"GET /tickets/{chat['ticket']}/messages?since={since} HTTP/1.1\r\n{common_head}"
        head += f'If-None-Match: "{tag}"\r\n\r\n' if tag else "\r\n"
        answer = await _timed(lines, seen, head, b"", at, "GET")
        if answer is not None:
            tag = answer[1].get("etag", "").strip('"')
            since = int(time.time() * 1000) if answer[0] == 200 else since
        at += pause


async def _speak(chat: dict[str, str], lines: asyncio.Queue[Line], seen: Seen, head: str, facts: Any) -> None:
    body = f"form_key={token_hex(8)}&body=Still+dark&csrf_token={chat['csrf']}".encode()
    head = f"POST /tickets/{chat['ticket']}/messages HTTP/1.1\r\n{head}Origin: http://127.0.0.1:{facts['port']}\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    await _timed(lines, seen, head, body, time.monotonic(), "POST")


async def _timed(
    lines: asyncio.Queue[Line], seen: Seen, head: str, body: bytes, due: float, kind: str
) -> tuple[int, dict[str, str], bytes] | None:
    """Ask over the next free connection; the wait counts from when it was due, so that a queue is seen."""
    line = await lines.get()
    try:
        answer = await line.ask(head, body)
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        seen.trouble.append(f"{kind} {type(error).__name__}")
        return None
    finally:
        lines.put_nowait(line)
    seen.waits.append((time.monotonic() - due) * 1000)
    seen.statuses[f"{kind} {answer[0]}"] += 1
    if answer[0] not in (200, 304):
        seen.trouble.append(f"{kind} {answer[0]}: {answer[2][:200].decode('utf-8', 'replace')}")
    return answer


async def _load(facts: Any) -> Seen:
    seen, lines = Seen(), asyncio.Queue[Line]()
    for _ in range(CONNECTIONS):
        lines.put_nowait(Line(facts["port"]))
    facts["begins"] = time.monotonic() + 0.5
    facts["ends"] = facts["begins"] + facts["seconds"]
    chats = facts["chats"]
    every = [_chat_on(chat, lines, seen, active=n % ACTIVE_SHARE == 0, facts=facts) for n, chat in enumerate(chats)]
    await asyncio.gather(*every)
    while not lines.empty():
        lines.get_nowait().close()
    return seen


def put_load() -> None:
    """Read an order, put the load on, and say what was seen."""
    facts = json.loads(sys.stdin.readline())
    seen = asyncio.run(_load(facts))
    said = {"waits": seen.waits, "statuses": seen.statuses, "trouble": seen.trouble[:20], "troubles": len(seen.trouble)}
    print(json.dumps(said), flush=True)
