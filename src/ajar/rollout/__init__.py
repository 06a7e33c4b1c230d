"""Proof during: experiments on live traffic, shadow, canary, swap, roll-back, drills."""
