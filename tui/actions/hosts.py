"""What can be done to hosts."""
