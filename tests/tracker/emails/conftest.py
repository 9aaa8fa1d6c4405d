"""What tests of doors to mail servers share: a certificate for this machine that their process trusts."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, made for this run, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl (the command) is not installed")
    folder = tmp_path_factory.mktemp("tls")
    file, key = folder / "certificate.pem", folder / "key.pem"
    asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(file)]
    subprocess.run([openssl, *asked.split(), *names], check=True, capture_output=True)
    return file, key


@pytest.fixture
def identity(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the test's certificate one that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
