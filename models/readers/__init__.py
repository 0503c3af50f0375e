"""What readers do besides writing comments."""
