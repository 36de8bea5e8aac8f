"""What tells one body from another, also of the same topology: male from female, one UV layout from another."""

import hashlib

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
