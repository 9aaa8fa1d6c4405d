"""The site behind nginx with TLS, by the very configuration that docs/web.md gives: mail, link, page."""

import email
import email.policy
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import expect

from db.subscribers import SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from tests.jobs.subscribing import state
from tests.jobs.web.browsing import link_in
from tests.jobs.web.windows import opened, shown
from tests.jobs.world import PostOffice, free_port, mailing, with_settings

NGINX = Path("/usr/sbin/nginx")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NGINX.exists(), reason="nginx is not on this machine"),
]
GUIDE = Path(__file__).parents[3] / "docs" / "web.md"
AROUND = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
events {{}}
http {{
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
    scgi_temp_path {folder};
{server}
}}
"""


def make_certificate(folder: Path) -> None:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/own.key", "-out", f"{folder}/own.pem"]
    subprocess.run(made, check=True, capture_output=True)


@contextmanager
def proxied(app: App, folder: Path, port: int) -> Iterator[None]:
    """Run nginx before the site, as docs/web.md has it, with a port and a certificate of our own."""
    [server] = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    ours = {
        "listen 443 ssl": f"listen {port} ssl",
        "/etc/ssl/karkivahti": f"{folder}/own",
        "/var/log/nginx": str(folder),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{app.settings.web.port}",
    }
    for theirs, own in ours.items():
        assert theirs in server
        server = server.replace(theirs, own)
    make_certificate(folder)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, server=server))
    running = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(port)
        yield
    finally:
        running.terminate()
        running.wait(10)


def wait_until_it_listens(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def status(address: str, folder: Path, **headers: str) -> int:
    """Ask for a link for somebody, with these headers; the status of the answer."""
    trusting = ssl.create_default_context(cafile=str(folder / "own.pem"))
    trusting.check_hostname = False  # this machine is asked by its number, too
    sent = {"Sec-Fetch-Site": "same-origin"} | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(address, b"address=a@b.example", sent), timeout=10, context=trusting) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_from_a_mail_over_tls_to_its_page(app: App, office: PostOffice, window: Window, tmp_path: Path) -> None:
    port = free_port()
    behind = with_settings(mailing(app, office.port), web={"proxies": ["127.0.0.1"]})
    with shown(behind, f"https://localhost:{port}") as served, proxied(served, tmp_path, port):
        with opened(window, ignore_https_errors=True) as page:
            page.goto(f"https://localhost:{port}/en/sign-up?spearheads=food")
            page.get_by_label("Your e-mail address").fill("anna@reader.example")
            page.get_by_role("button", name="Send me the mail to confirm").click()
            expect(page.locator("h1")).to_have_text("Look into your mailbox")
            deliver(served)
            link = link_in(email.message_from_bytes(office.mails[0], policy=email.policy.default), "confirm")
            answer = page.goto(link)
            assert answer
            assert answer.headers["strict-transport-security"]
            page.get_by_role("button", name="Confirm").click()
            expect(page.locator("h1")).to_have_text("Your subscription has begun")
        assert state(app) is SubscriberState.ACTIVE
    with proxied(served, tmp_path, port):  # nothing answers behind it now
        assert status(link, tmp_path) == 502
    written = [file.read_text("utf-8") for file in tmp_path.glob("*.log")]
    assert not [text for text in written if link.rpartition("/")[2] in text]


def own_address() -> str:
    """An address of this machine that is no loopback; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


def test_where_a_request_came_from_is_the_proxys_word_alone(app: App, tmp_path: Path) -> None:
    port, here = free_port(), own_address()
    behind = with_settings(app, web={"proxies": ["127.0.0.1"], "acts_per_hour": 2, "host": "0.0.0.0"})
    with shown(behind, f"https://localhost:{port}") as served, proxied(served, tmp_path, port):
        by_proxy, past_it = f"https://{here}:{port}/en/link", f"http://{here}:{served.settings.web.port}/en/link"
        # What a client says of itself changes nothing, neither through the proxy nor past it.
        told = [status(by_proxy, tmp_path, X_Forwarded_For=f"203.0.113.{number}") for number in range(3)]
        assert told == [200, 200, 429]
        assert status(past_it, tmp_path, X_Forwarded_For="203.0.113.9") == 429
        # What the proxy says is taken: another client is not stopped.
        direct = f"http://127.0.0.1:{served.settings.web.port}/en/link"
        assert status(direct, tmp_path, X_Forwarded_For="203.0.113.9") == 200
