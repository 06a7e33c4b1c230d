"""Asking: every case of a suite, of one model or of two beside each other, each answer scored and kept."""
