"""Write files whole or not at all, whatever happens to the disk meanwhile."""

import secrets
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Write or replace a file; nobody ever reads half of it, and a failure (OSError) leaves nothing behind."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
