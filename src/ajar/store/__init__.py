"""Durable state: what must outlive every process."""
