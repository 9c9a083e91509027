"""PDFs made by hand, to hold what no word processor writes."""

from __future__ import annotations

import zlib


def pdf_with(content: bytes, kids: str = "[3 0 R]") -> bytes:
    """One page that shows `content`, a stream of PDF operators; `kids` are those of its page tree."""
    packed = zlib.compress(b"BT /F 12 Tf 50 700 Td " + content + b" ET", 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids {kids} /Count 1 >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(places)
    return out + table + b"trailer << /Root 1 0 R /Size 6 >>\nstartxref\n%d\n%%%%EOF" % len(out)
