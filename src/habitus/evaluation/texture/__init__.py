"""How good textures are: image metrics, the protocol, tables and pictures."""
