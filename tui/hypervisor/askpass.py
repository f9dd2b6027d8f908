"""What ssh runs to ask something: passes the question to virtty and prints the answer.

Run by its path, with the standard library alone and by any Python: it starts in a blink.
``VIRTTY_ASK`` names virtty's socket. What is asked and answered goes through that socket
and ssh's pipe only, never through arguments that ``ps`` would show.
"""

import json
import os
import socket
import sys


def main() -> int:
    """Status 0 with the answer on standard output; 1 when the person backed out."""
    request = {
        "prompt": " ".join(sys.argv[1:]),
        # Which ssh asks: through a jump host there are several, and their prompts may be alike.
        "asker": os.getppid(),
        # OpenSSH's own hint: "confirm" wants yes or no, "none" is a notice ("touch the key").
        "kind": os.environ.get("SSH_ASKPASS_PROMPT", ""),
    }
    with socket.socket(socket.AF_UNIX) as virtty:
        virtty.connect(os.environ["VIRTTY_ASK"])
        virtty.sendall(json.dumps(request).encode() + b"\n")
        answer = virtty.makefile().readline()
    if not answer:
        return 1
    sys.stdout.write(json.loads(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
