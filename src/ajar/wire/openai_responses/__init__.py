"""OpenAI Responses over HTTP (Open Responses 2026-04-24), as a caller's format and as a deployment's."""
