"""Photos of nobody on disk: each person a colour, each camera a brightness."""

import cv2
import numpy as np

COLOURS = ((200, 40, 40), (40, 160, 60), (50, 70, 210), (210, 180, 40), (150, 60, 170), (60, 180, 190))


def write_photo(path, person, *, camera=0, size=(64, 32), seed=0):
    """A noisy patch of the person's colour."""
    rng = np.random.default_rng((seed, person, camera))
    pixels = np.array(COLOURS[person % len(COLOURS)]) * (1 - 0.12 * camera) + rng.normal(0, 12, (*size, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels.clip(0, 255).astype(np.uint8)[..., ::-1])
    return path


def write_market(root, *, people=6, cameras=2, size=(64, 32)):
    """A set in Market-1501's layout: of each test person a query by camera 1 and gallery photos by all cameras."""
    folders = {
        "bounding_box_train": range(people, people + 2),
        "query": range(people),
        "bounding_box_test": range(people),
    }
    for folder, pids in folders.items():
        for pid in pids:
            for camera in range(1 if folder == "query" else cameras):
                for frame in range(1 if folder == "query" else 2):
                    name = f"{pid + 1:04d}_c{camera + 1}s1_{frame + 1:06d}_{int(folder != 'query'):02d}.jpg"
                    write_photo(root / folder / name, pid, camera=camera, size=size, seed=frame)
    return root
