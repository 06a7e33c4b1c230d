"""A run in the formats of other tools: Inspect's log and Every Eval Ever. Both stream over the samples."""
