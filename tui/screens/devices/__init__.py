"""The devices pane: what a host has, who holds it, and giving it to machines."""
