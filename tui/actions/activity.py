"""What can be done to the entries of Activity."""
