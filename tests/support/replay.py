"""The server of `../shared/replay` that plays the portal's recorded days."""

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # there are none on loopback, and to read all takes long


@contextmanager
def replay_server(shared: Path) -> Iterator[str]:
    """Run the replay on a free port, at 2026-04-21; give its address."""
    script = shared / "replay" / "portal_replay.py"
    command = [sys.executable, str(script), "--port", "0", "--day", "2026-04-21"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        try:
            yield found[0]
        finally:
            process.terminate()


def tell(replay: str, what: str, **said: Any) -> Any:
    """Tell the replay something (`_day`, `_fault`); what it answers."""
    answer = httpx.post(f"{replay}/{what}", json=said, verify=NO_CERTIFICATES)
    return answer.raise_for_status().json()
