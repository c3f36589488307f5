"""TLS: nobody who cannot prove to be the platform ever gets a request."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes import FakeClock, OpenGate
from rawserver import RESET, Act, Kept, RawServer, Trickle
from rawserver import http as raw

from glowtify_core.domain.errors import Effect, OutcomeUnknown, PlatformUnavailable
from glowtify_core.kit import deadline, http
from glowtify_core.kit.answers import Answer, Endpoint
from glowtify_core.kit.http import HeaderAuth, HttpClient
from glowtify_core.kit.retry import Patience
from glowtify_core.ports.credentials import Secret

READ, WRITE = Endpoint("read"), Endpoint("write", write=True)
OK = raw("200 OK", b'{"ok":1}')
HERE = x509.IPAddress(ip_address("127.0.0.1"))


def certificate(folder: Path, name: x509.GeneralName, *, days: int = 1) -> Path:
    """A self-signed certificate with its key, in one file; over already when ``days`` is negative."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def speaks(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def write(url: str, *, times: int = 1) -> Answer:
    client = HttpClient(
        url,
        auth=HeaderAuth(Secret("a-key")),
        patience=Patience(FakeClock(), OpenGate()),
        pace_key="account",
        headers={},
    )
    try:
        for _ in range(times - 1):
            client.call("POST", "/", endpoint=WRITE, body={})
        return client.call("POST", "/", endpoint=WRITE, body={})
    finally:
        client.close()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for this machine, trusted by this installation."""
    path = certificate(tmp_path, HERE)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path


def test_a_platform_that_proves_who_it_is_gets_requests_on_one_connection(trusted: Path) -> None:
    kept = Kept(raw("200 OK", b'{"ok":1}', connection="keep-alive"))
    with RawServer(kept, tls=speaks(trusted)) as server:
        assert write(server.url, times=3).body == {"ok": 1}
    assert (len(server.received), server.connections) == (3, 1)


@pytest.mark.parametrize(
    ("name", "days", "trust"),
    [(HERE, 1, False), (x509.DNSName("api.example.com"), 1, True), (HERE, -1, True)],
    ids=["self-signed", "another host's", "over"],
)
def test_one_that_does_not_never_gets_a_request(
    name: x509.GeneralName, days: int, trust: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, name, days=days)
    if trust:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with RawServer(OK, tls=speaks(path)) as server:
        with pytest.raises(PlatformUnavailable) as caught:
            write(server.url)
        assert server.received == []
        assert server.connections == 4
    assert caught.value.effect is Effect.NONE


def test_a_server_that_speaks_no_tls_never_gets_the_key(
    trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUTS", (0.2, 0.2))
    with RawServer(OK) as server:
        with pytest.raises(OutcomeUnknown):  # TLS that breaks says nothing about what was received
            write(server.url.replace("http:", "https:"))
        assert server.connections == 1
    assert not any(b"a-key" in sent for sent in server.received)


def test_a_connection_that_breaks_after_a_write_leaves_it_unknown(trusted: Path) -> None:
    with RawServer(RESET, OK, tls=speaks(trusted)) as server, pytest.raises(OutcomeUnknown):
        write(server.url)
    assert len(server.received) == 1


OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


@pytest.fixture
def tunnelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RawServer]:
    """A platform of another name, reached through a proxy on this machine."""

    def server(*acts: Act, tunnel: bytes = OPEN) -> RawServer:
        path = certificate(tmp_path, x509.DNSName("api.example.com"))
        made = RawServer(*acts, tls=speaks(path), tunnel=tunnel)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
        monkeypatch.setenv("https_proxy", made.url.replace("https:", "http:"))
        return made

    return server


def test_a_write_goes_through_a_proxys_tunnel(tunnelled: Callable[..., RawServer]) -> None:
    with tunnelled(OK) as server:
        assert write("https://api.example.com").body == {"ok": 1}
    assert len(server.received) == 1


@pytest.mark.parametrize("broken", [RESET, b""], ids=["reset", "closed without an answer"])
def test_a_write_whose_tunnel_breaks_goes_out_once_and_is_unknown(
    tunnelled: Callable[..., RawServer], broken: bytes
) -> None:
    with tunnelled(broken, OK) as server, pytest.raises(OutcomeUnknown):
        write("https://api.example.com")
    assert len(server.received) == 1


def test_a_tunnel_that_the_proxy_refuses_has_no_effect(tunnelled: Callable[..., RawServer]) -> None:
    refusal = raw("407 Proxy Authentication Required", b"")
    with tunnelled(OK, tunnel=refusal) as server, pytest.raises(PlatformUnavailable) as caught:
        write("https://api.example.com")
    assert caught.value.effect is Effect.NONE
    assert server.received == []


def test_an_answer_that_trickles_is_broken_off(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "LONGEST", 0.2)
    slow = Trickle(OK[:-8] + b" " * 500, 0.02)
    with RawServer(slow, OK, tls=speaks(trusted)) as server, pytest.raises(OutcomeUnknown):
        write(server.url)
    assert len(server.received) == 1
