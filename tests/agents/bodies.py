"""Requests of the kind that coding agents send, in words of our own."""

from __future__ import annotations

from typing import Any

CLAUDE_CODE_HEADERS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,"
    "thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,effort-2025-11-24",
    "x-api-key": "x",
}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_KEPT = {"type": "ephemeral"}
_NAMES = ("Agent", "Bash", "Edit", "Find", "Glob", "Plan", "Read", "Skill", "ToolSearch", "Watch", "Write")


def messages_body(route: str) -> dict[str, Any]:
    """An agent's first turn in the Messages format, instructions after it, and twelve tools, one deferred."""
    tools = [_tool(name) for name in _NAMES]
    tools.append({"name": "Later", "description": "Stands in.", "input_schema": {"type": "object"}})
    tools[-1]["defer_loading"] = True
    return {
        "model": route,
        "max_tokens": 32_000,
        "system": [
            {"type": "text", "text": "billing: none"},
            {"type": "text", "text": "You are an agent for tests.", "cache_control": _KEPT},
            {"type": "text", "text": "Be brief. " * 700, "cache_control": _KEPT},
        ],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<reminder>Sign no commits.</reminder>"},
                    {"type": "text", "text": "run the marker"},
                ],
            },
            {"role": "system", "content": "The folder is /tmp/work. " * 300},
        ],
        "tools": tools,
        "metadata": {"user_id": '{"device_id":"d","session_id":"s"}'},
        "thinking": {"type": "adaptive", "display": "omitted"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
    }


def messages_result(call: dict[str, Any], content: Any) -> dict[str, Any]:
    """The turn that answers a call."""
    result = {"tool_use_id": call["id"], "type": "tool_result", "content": content, "is_error": False}
    return {"role": "user", "content": [result | {"cache_control": _KEPT}]}


def responses_body(route: str) -> dict[str, Any]:
    """An agent's first turn in the Responses format, with tools of three kinds, none of its state at the provider."""
    given = [("developer", "Be brief. " * 1500), ("developer", "<skills/>"), ("user", "<cwd>/tmp</cwd>")]
    given.append(("user", "run the marker"))
    functions = [_function(name) for name in ("exec_command", "write_stdin", "view_image", "get_goal", "set_goal")]
    inner = [_function(name) for name in ("spawn_agent", "wait_agent", "close_agent")]
    return {
        "model": route,
        "input": [
            {"type": "message", "id": f"msg_{at}", "role": role, "content": [{"type": "input_text", "text": text}]}
            for at, (role, text) in enumerate(given)
        ],
        "tools": [
            *functions[:4],
            {"type": "namespace", "name": "agents", "description": "Others.", "tools": inner},
            *functions[4:],
            {"type": "web_search", "external_web_access": False},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "thread-1",
        "client_metadata": {"turn_id": "t", "x-metadata": '{"sandbox":"none"}'},
    }


def _tool(name: str) -> dict[str, Any]:
    schema = {"$schema": _DRAFT, **_schema("command")}
    return {"name": name, "description": f"{name} does what it says. " * 30, "input_schema": schema}


def _function(name: str) -> dict[str, Any]:
    return {"type": "function", "name": name, "description": f"{name}.", "strict": False, "parameters": _schema("cmd")}


def _schema(field: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            field: {"type": "string", "description": "What to do."},
            "seconds": {"type": "number", "exclusiveMinimum": 0},
            "mode": {"enum": ["fast", "careful"], "default": "fast"},
            "steps": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
        },
        "required": [field],
        "additionalProperties": False,
    }
