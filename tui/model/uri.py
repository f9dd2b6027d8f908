"""Connection URIs as they may be shown and logged."""

from __future__ import annotations

import re

SECRETS = re.compile(r"(?<=[?&])((?:password|passwd|secret|token)=)[^&#]*", re.IGNORECASE)
USER_PASSWORD = re.compile(r"^([\w.+-]+://[^/@:]*:)[^/]*@")


def without_password(uri: str) -> str:
    """The URI with passwords and secret parameters masked."""
    return SECRETS.sub(r"\1***", USER_PASSWORD.sub(r"\1***@", uri))
