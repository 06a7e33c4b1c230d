"""Open-weight servers: those that Ajar starts and checks, and those that somebody else started."""
