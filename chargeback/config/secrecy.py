"""No secret is ever read from the file: what looks like one is refused, and never shown (INTERFACE, configuration).

Heuristics, and meant so: they catch the common mistakes of pasting a token where its variable's name belongs, or of
adding a key for it. What they do not recognise is refused as an unknown key or is no secret's place.
"""

from __future__ import annotations

import re

REMEDY = (
    "remove it, and replace the secret if others could read the file; give it as DEPLOYS_TOKEN, or DEPLOYS_AUTH_USER "
    "with DEPLOYS_AUTH_PASS, or name its variable in token_env, or let token_command or token_file in [api] supply it"
)

_NO_SECRETS = ("token_env", "token_command", "token_file")
_SECRET_NAME = re.compile(r"token|passw|^pass$|^pwd$|secret|api_?key|private_?key|auth|credential|bearer|^jwt$|^key$")
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+"  # a JSON web token
    r"|\b(?:bearer|basic)\s+[\w.~+/=-]{12,}"  # an Authorization header
    r"|ya29\.[\w-]{10,}"  # a Google access token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:ghp|gho|ghs|glpat|xoxb|sk)[-_]\w{16,}",
    re.IGNORECASE | re.ASCII,
)
_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z]+|[0-9]+")
_SHORTEST_RANDOM = 16
_ALTERNATIONS = 3


def names_secret(key: str) -> bool:
    """Whether a key's name says that a secret stands there, and not just where one is to be had."""
    return key not in _NO_SECRETS and _SECRET_NAME.search(key.lower().replace("-", "_")) is not None


def holds_secret_name(key: str, value: object) -> bool:
    """Whether the key, or any key within its value, is named like a secret."""
    pending: list[tuple[str, object]] = [(key, value)]
    while pending:  # not recursive: dotted keys nest as deep as the file is long
        name, inner = pending.pop()
        if names_secret(name):
            return True
        if isinstance(inner, dict):
            pending.extend(inner.items())
        elif isinstance(inner, list):
            pending.extend(("", entry) for entry in inner)
    return False


def looks_secret(text: str) -> bool:
    """Whether a text is, or holds, what is recognisably a token or key."""
    return _SECRET_TEXT.search(text) is not None


def looks_random(text: str) -> bool:
    """Whether a text that should be a variable's name is more likely the secret itself.

    Words and numbers stand apart in a name ("TOKEN_2026"); in a part of a key letters and digits take turns.
    """
    parts = (part for part in text.split("_") if len(part) >= _SHORTEST_RANDOM)
    return looks_secret(text) or any(len(_LETTERS_AND_DIGITS.findall(part)) >= _ALTERNATIONS for part in parts)
