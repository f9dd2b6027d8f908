"""How a host is reached: libvirt behind an asyncio API. No Textual."""
