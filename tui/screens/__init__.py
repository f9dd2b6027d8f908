"""What the person sees: widgets composed over records."""
