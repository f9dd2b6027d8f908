"""The smallest Textual program: the reference for a first frame and for a key's echo."""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """One line that says how many keys were pressed."""

    keys = 0

    def compose(self) -> ComposeResult:
        yield Static("0 keys")

    def on_key(self, event: events.Key) -> None:
        if event.key == "q":
            self.exit()
            return
        self.keys += 1
        self.query_one(Static).update(f"{self.keys} keys")


if __name__ == "__main__":
    EmptyApp().run()
