"""Contents in a bucket of an S3-compatible store; keys and region come from where boto3 looks for them."""

import io
from collections.abc import Iterator
from datetime import date
from typing import IO, Any, Final, cast
from urllib.parse import urlsplit

import boto3  # type: ignore[import-untyped]
from boto3.s3.transfer import TransferConfig  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from portal.errors import NotFound
from portal.files.placed import Placed
from portal.files.refusing import NoRoom
from portal.files.storing import STORED, checked, new_name, prefix_of

FULL: Final = frozenset({"QuotaExceeded", "QuotaExceededException", "XMinioStorageFull", "InsufficientStorage", "507"})
GONE: Final = frozenset({"NoSuchKey", "404"})
PIECE: Final = 8 << 20
SECONDS: Final = 10
# A large content goes in pieces that become visible together; no threads, for the request has one already.
TRANSFER: Final = TransferConfig(multipart_threshold=PIECE, multipart_chunksize=PIECE, use_threads=False)


class BucketStore:
    """Contents in a bucket, below a prefix: `s3://bucket/prefix`, at the store's own endpoint where it is not AWS."""

    def __init__(self, url: str, endpoint: str = "") -> None:
        parts = urlsplit(url)
        self._bucket, prefix = parts.netloc, parts.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        patience = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 3})
        self._client: Any = boto3.client("s3", endpoint_url=endpoint or None, config=patience)

    def _key(self, name: str) -> str:
        return self._prefix + checked(name)

    def put(self, content: IO[bytes]) -> str:
        """Hand a content to the bucket; it is there whole or not at all. Raises NoRoom."""
        name = new_name()
        try:
            self._client.upload_fileobj(_Unclosed(content), self._bucket, self._key(name), Config=TRANSFER)
        except ClientError as error:
            if _code(error) in FULL:
                raise NoRoom from None
            raise
        return name

    def open(self, name: str) -> IO[bytes]:
        """Return a content that is fetched from where it is read; raises NotFound."""
        try:
            size = int(self._client.head_object(Bucket=self._bucket, Key=self._key(name))["ContentLength"])
        except ClientError as error:
            if _code(error) in GONE:
                raise NotFound from None
            raise
        return cast(IO[bytes], io.BufferedReader(_Fetched(self._client, self._bucket, self._key(name), size), 1 << 16))

    def erase(self, name: str, *, part: bool = False) -> None:
        """Remove a content; unfinished ones are not seen in a bucket, its own rule for them removes them."""
        if not part:
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def copy(self, name: str) -> str:
        """Let the bucket keep a content a second time; return the name of the copy. Raises NotFound or NoRoom."""
        made, source = new_name(), {"Bucket": self._bucket, "Key": self._key(name)}
        try:
            self._client.copy_object(Bucket=self._bucket, Key=self._key(made), CopySource=source)
        except ClientError as error:
            if _code(error) in GONE:
                raise NotFound from None
            if _code(error) in FULL:
                raise NoRoom from None
            raise
        return made

    def lying(self, day: date | None = None) -> Iterator[tuple[str, float, bool]]:
        """Yield name, time and False of every content, or of those of a day, without looking at the others."""
        below = self._prefix + (prefix_of(day) if day is not None else "")
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=below):
            for entry in page.get("Contents", ()):
                name = entry["Key"].removeprefix(self._prefix)
                if STORED.fullmatch(name):
                    yield name, entry["LastModified"].timestamp(), False


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


class _Unclosed(io.RawIOBase):
    """A content that stays open when it was handed over: a unit of work may run a second time."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()


class _Fetched(Placed):
    """A content of the bucket as a file: nothing is fetched before it is read, and only from there on."""

    def __init__(self, client: Any, bucket: str, key: str, size: int) -> None:
        super().__init__(size)
        self._client, self._bucket, self._key = client, bucket, key
        self._body: Any = None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        before = self._at
        if super().seek(offset, whence) != before:
            self._let_go()
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        if self._body is None:
            asked = {"Bucket": self._bucket, "Key": self._key, "Range": f"bytes={self._at}-"}
            self._body = self._client.get_object(**asked)["Body"]
        piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        self._let_go()
        super().close()
