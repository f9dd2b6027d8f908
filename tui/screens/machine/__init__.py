"""One machine's screen and its tabs."""
