"""Whether numbers on made people are fair: nobody may have been trained on those who are scored."""

from pathlib import Path

from habitus.synthetic.worlds.writing import world_around


def fairness(root: Path) -> tuple[str | None, tuple[str, ...]]:
    """Of a made world, whether weights may have been trained on it.

    Returns:
        What the world is (None: the photos are of no made world), and a warning when its seed is not held out.

    Raises:
        InputError: a damaged description of a made world.
    """
    written = world_around(root.resolve())  # photos may be linked
    if written is None:
        return None, ()
    name = f"made world, seed {written.world.seed}"
    if written.world.held_out:
        return f"{name}: held out for scoring, no training takes it (fair)", ()
    return name, ("this world's seed is not held out: the weights may have been trained on it",)
