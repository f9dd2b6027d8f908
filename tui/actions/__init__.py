"""What the person can do: one class per action."""
