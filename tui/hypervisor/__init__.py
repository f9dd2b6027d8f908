"""How a host is reached: libvirt behind an asyncio API. No Textual."""

import os

# libvirt's client writes warnings (a certificate that fails) on standard error, over the
# screen. It reads this when it is first imported.
os.environ.setdefault("LIBVIRT_LOG_OUTPUTS", "4:file:/dev/null")
