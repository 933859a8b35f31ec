"""Images for tests, and what brings and keeps them without network or disk."""

import asyncio
import struct
import zlib
from datetime import datetime

from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import Image, ImageOutcome, KeptImage


def png(width: int = 40, height: int = 30, *, grey: int = 128) -> bytes:
    """Draw a grey rectangle that browsers show (https://www.w3.org/TR/png/)."""
    rows = (b"\0" + bytes([grey]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00"
AVIF = b"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1miaf"
AVIF_SECOND = b"\x00\x00\x00\x20ftypmif1\x00\x00\x00\x00mif1avifmiaf"
ICO = b"\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"

MISSING = Failed(kind=FailureKind.STATUS, message="HTTP 404 from https://img.example/a.png", status=404)
SLOW = Failed(kind=FailureKind.TIMEOUT, message="https://img.example/a.png was not done within 20 s")


def image(body: bytes | None = None) -> Image:
    made = Image.of(body or png())
    assert made
    return made


class ScriptedImages:
    """Implements `ports.Images`: gives what it is told, and notes what it was asked."""

    def __init__(self, outcome: ImageOutcome | None = None) -> None:
        self.outcome: ImageOutcome = outcome or image()
        self.asked: list[tuple[str, bool]] = []
        self.open = asyncio.Event()
        """Nothing comes back before it is set; it is, unless a test clears it."""
        self.open.set()
        self.at_once = self.most_at_once = 0

    async def fetch(self, url: str, *, allow_private_address: bool = False) -> ImageOutcome:
        self.asked.append((url, allow_private_address))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        return self.outcome


class MemoryCache:
    """Implements `ports.ImageCache`."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptImage] = {}

    async def load(self, name: str, *, now: datetime) -> KeptImage | None:
        return self.kept.get(name)

    async def save(self, name: str, body: bytes, *, now: datetime) -> None:
        self.kept[name] = KeptImage(image=Image.of(body), kept_at=now)
