"""How bytes travel: the pooled HTTP/1.1 transport, and what is known of each provider."""
