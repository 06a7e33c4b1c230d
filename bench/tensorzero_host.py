"""Runs in TensorZero's own environment: starts its wheel's gateway, says its port, and waits for the end of stdin."""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import urlsplit

import tensorzero


def main(config: str) -> None:
    """Serve `config` until stdin ends."""
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the gateway logs to stdout
    gateway = tensorzero._start_http_gateway(
        config_file=config, clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False
    )
    print(json.dumps({"port": urlsplit(gateway.base_url).port}), file=said, flush=True)
    sys.stdin.read()
    gateway.close()


if __name__ == "__main__":
    main(sys.argv[1])
