"""What the worker asks now and then to keep things right and short: recounts, and what is too old."""
