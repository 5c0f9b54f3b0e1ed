"""Faust's client, which is not librdkafka's, logs in with the same settings."""

import contextlib
import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.errors import ConfigError
from schemas.settings import Settings
from schemas.topics import check_topics
from streams._faust.app import _credentials


@pytest.fixture
def files(tmp_path):
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "scorer")])
    now = dt.datetime.now(dt.UTC)
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("broker-1")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert").write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "key").write_bytes(key.private_bytes(*pem))
    return {"kafka_ca": tmp_path / "cert", "kafka_cert": tmp_path / "cert", "kafka_key": tmp_path / "key"}


def given(protocol, files, **more):
    return Settings(kafka_security_protocol=protocol, **{name: str(path) for name, path in files.items()}, **more)


LOG_IN = {"kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_username": "scorer", "kafka_password": "secret"}


def test_plain():
    assert _credentials(Settings()) is None


def test_mutual_tls(files):
    broker = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files["kafka_ca"])
    broker.load_cert_chain(files["kafka_cert"], files["kafka_key"])
    broker.verify_mode = ssl.CERT_REQUIRED
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        _credentials(given("SSL", files)).context.wrap_bio(back, there, server_hostname="broker-1"),
        broker.wrap_bio(there, back, server_side=True),
    )
    for end in (*ends, *ends):
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    assert dict(part[0] for part in ends[1].getpeercert()["subject"]) == {"commonName": "scorer"}


def test_sasl_over_tls(files):
    found = _credentials(given("SASL_SSL", files, **LOG_IN))
    assert (found.mechanism.value, found.username, found.password) == ("SCRAM-SHA-512", "scorer", "secret")
    assert found.ssl_context.verify_mode is ssl.CERT_REQUIRED


def test_sasl_without_tls():
    found = _credentials(given("SASL_PLAINTEXT", {}, **LOG_IN))
    assert (found.mechanism.value, found.ssl_context) == ("SCRAM-SHA-512", None)


def test_a_file_that_is_no_certificate_is_one_line(files):
    files["kafka_cert"].write_text("no certificate")
    with pytest.raises(ConfigError, match="PODIUM_KAFKA_CA"):
        _credentials(given("SSL", files))
    with pytest.raises(ConfigError, match="PODIUM_KAFKA"):
        check_topics(given("SSL", files), frozenset())
