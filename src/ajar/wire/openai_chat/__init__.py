"""OpenAI Chat Completions and Embeddings: what the byte path reads and changes, and translation to and from."""
