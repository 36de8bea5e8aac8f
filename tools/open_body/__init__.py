"""How the open body is made; `tools/build_open_body.py` runs it. Needs numpy and scipy only."""
