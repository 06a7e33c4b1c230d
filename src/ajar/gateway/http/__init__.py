"""The inbound HTTP/1.1 server: callers' bytes in, exchanges out."""
