"""The recipe of the ajar-triage models: data, tokenizer, training, export and evaluation."""
