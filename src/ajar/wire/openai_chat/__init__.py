"""OpenAI Chat Completions and Embeddings: what the byte path reads and changes."""
