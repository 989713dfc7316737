"""Text that may be shown: without the secrets that addresses carry. Pure."""

import re

_USER = re.compile(r"(?<=://)([^\s/?#'\":@]+:)?[^\s/?#'\"]*@")
# Names of what opens something: password, passwd, pwd, secret, token, api_key, signature, credential, auth, session.
_VALUE = re.compile(
    r"([?&;][^=&;\s]*(?:pass|pwd|secret|token|key|sig|cred|auth|session)[^=&;\s]*=)[^&;\s'\"]+", re.IGNORECASE
)


def masked(text: str) -> str:
    """The text, with `***` for what stands before the @ of an address, but a user name with a password, and for the
    values of a query whose names tell that they open something.
    """
    return _VALUE.sub(r"\1***", _USER.sub(lambda found: f"{found[1] or ''}***@", text))
