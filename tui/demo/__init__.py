"""The demo host: an inventory file for libvirt's built-in test driver."""

from pathlib import Path


def demo_uri() -> str:
    """The URI of the demo host: ``test://`` and the absolute path of its inventory file, quoted.

    Every connection to it starts from the file anew: what is changed there is gone
    when the connection closes, and nothing outside it is ever touched.
    """
    return Path(__file__).with_name("demo.xml").resolve().as_uri().replace("file:", "test:", 1)
