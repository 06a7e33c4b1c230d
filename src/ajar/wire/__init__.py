"""How each API speaks: pure translation, no I/O."""
