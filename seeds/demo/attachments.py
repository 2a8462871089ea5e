"""What stands behind the attachments of the demonstration: a page and a picture that say that they are nothing."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

PDF, PNG = "application/pdf", "image/png"
_WIDTH, _HEIGHT = 160, 120
_RESOURCES = b"<< /Font << /F1 5 0 R >> >>"
_TEXT = b"BT /F1 20 Tf 60 760 Td (Demonstration attachment. No real document.) Tj ET"


@lru_cache(maxsize=1)
def page() -> bytes:
    """Return a PDF of one page."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % _RESOURCES,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_TEXT), _TEXT),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + tail % (size, table, size, len(body))


@lru_cache(maxsize=1)
def picture() -> bytes:
    """Return a PNG: a plain gradient."""
    rows = b"".join(b"\x00" + bytes((210 - y, 220 - y // 2, 230)) * _WIDTH for y in range(_HEIGHT))
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
