"""What tells one body from another, also of the same topology: male from female, one UV layout from another."""

import hashlib
from typing import Any

from habitus.body.model import BodyModel


def body_digest(body: BodyModel) -> str:
    """16 hexadecimal digits of everything that a body is made of."""
    digest = hashlib.sha256(body.topology.encode())
    for name, values in sorted(body.named_buffers()):
        digest.update(name.encode())
        digest.update(values.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def about_body(body: BodyModel) -> dict[str, str]:
    """What a file that is made for one body says of it: its topology and its digest, under names for messages."""
    return {"body": body.topology, "body file": body_digest(body)}


def known_of(body: BodyModel | None, source: str | None) -> dict[str, Any]:
    """What a file made of photos of a body must say of itself, as far as it is known: the body, and what the photos
    come from."""
    about = {} if body is None else about_body(body)
    return about if source is None else about | {"source": source}
