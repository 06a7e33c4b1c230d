"""A dialog with a model in no provider's own form: what translation goes through.

Readers in `wire/` turn a format into these values, writers turn them into another. What a reader does not understand
it keeps: unknown fields in `rest`, whole unknown blocks as `Foreign`. A writer of the same format puts them back; a
writer of another names them in `Losses`.
"""
