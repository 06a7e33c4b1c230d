"""One service with a deployment, and a route of the same name, for each format, all played by the scripted model."""

from __future__ import annotations

from typing import Any

BACKS = ("openai-chat", "openai-responses", "anthropic", "gemini", "bedrock")
FRONTS = ("openai-chat", "openai-responses", "anthropic")


def config(url: str, **route: Any) -> dict[str, Any]:
    """What ajar.toml would say. `route` are options of every route."""
    deployments: dict[str, Any] = {
        "openai-chat": {"provider": "openai-compatible", "base_url": f"{url}/v1", "model": "script-1"},
        "openai-responses": {
            "provider": "openai",
            "base_url": f"{url}/v1",
            "model": "script-1",
            "format": "openai-responses",
            "api_key": "env:SCRIPT_KEY",
        },
        "anthropic": {
            "provider": "anthropic",
            "base_url": url,
            "model": "script-1",
            "api_key": "env:SCRIPT_KEY",
        },
        "gemini": {
            "provider": "gemini",
            "base_url": f"{url}/v1beta",
            "model": "script-1",
            "api_key": "env:SCRIPT_KEY",
        },
        "bedrock": {
            "provider": "bedrock",
            "base_url": url,
            "region": "eu-central-1",
            "model": "anthropic.script-1",
            "api_key": "env:SCRIPT_KEY",
        },
    }
    return {"deployments": deployments, "routes": {name: {"primary": name, **route} for name in deployments}}
