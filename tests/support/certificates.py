"""TLS on loopback."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """TLS for 127.0.0.1, for the server's side and for a client that trusts it."""

    server: ssl.SSLContext
    trusting: ssl.SSLContext


def make_certificates(folder: Path) -> Certificates:
    """A self-signed certificate, made with the openssl command."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(key), "-out", str(certificate), "-days", "2")
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    subprocess.run(
        ("openssl", "req", "-x509", *curve, *files, *names), check=True, capture_output=True, timeout=30
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return Certificates(server, ssl.create_default_context(cafile=str(certificate)))
