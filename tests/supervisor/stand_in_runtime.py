"""A program that speaks a runtime's side of the child protocol and answers `/health`.

Its model is a text file that says how it behaves: `good`, `broken` (refuses it), `crash` (ends without a word),
`loading` (says nothing).
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path

from ajar.runtimes.parent import claim_stdout, die_with_parent, say


def serve(listening: socket.socket) -> None:
    """Answer every request with 200, one after the other."""
    while True:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")


def main() -> None:
    die_with_parent()
    voice = claim_stdout()
    start = json.loads(sys.stdin.readline())
    behaviour = Path(start["model"]).read_text().strip()
    print("a stray line that a native library might print")
    if behaviour == "crash":
        os.abort()
    if behaviour == "broken":
        say(voice, {"kind": "refused", "why": f"{start['model']} is broken"})
        sys.exit(1)
    if behaviour == "good":
        listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        port = listening.getsockname()[1]
        say(voice, {"kind": "ready", "base_url": f"http://127.0.0.1:{port}/v1", "pid": os.getpid()})
    sys.stdin.read()


main()
