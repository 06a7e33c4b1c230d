"""nginx as a plain proxy: the floor. One worker, upstream keep-alive over HTTP/1.1, no buffering, no access log."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from program import Program
from subject import Identity, Subject

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """
{user}
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 100000000;
    tcp_nodelay on;
    upstream mock {{
        server 127.0.0.1:{upstream};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


def _binary() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


class Nginx(Subject):
    """A private nginx with its own configuration and folder."""

    name = "nginx"
    title = "nginx (plain proxy)"

    @classmethod
    def missing(cls) -> str | None:
        return None if _binary() else "not installed (apt-get install nginx-light)"

    @property
    def version(self) -> str:
        said = subprocess.run([_binary() or "nginx", "-v"], capture_output=True, text=True, check=True).stderr
        return said.strip().rpartition("/")[2]

    def launch(self, room: Path, upstream: int) -> Program:
        user = "user root;" if os.geteuid() == 0 else ""
        (room / "nginx.conf").write_text(_CONFIG.format(user=user, upstream=upstream, port=self.port))
        binary = _binary()
        assert binary is not None
        command = [binary, "-p", f"{room}/", "-c", f"{room}/nginx.conf", "-e", f"{room}/error.log"]
        return Program(command, room / "log")

    def identities(self) -> list[Identity]:
        return [Identity("bench", {})]
