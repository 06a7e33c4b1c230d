"""The mathematics: numbers in, estimates and verdicts out. Pure: no file, no clock, no socket, no global chance."""
