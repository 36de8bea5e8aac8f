import numpy as np
import pytest
import torch

from habitus.evaluation.texture.similarity import map_similarity


def test_mean_cosine_over_layers_by_hand():
    rng = np.random.default_rng(0)
    ones = [rng.normal(size=(2, 4, 3, 2)), rng.normal(size=(2, 5, 2, 1))]
    others = [rng.normal(size=layer.shape) for layer in ones]
    found = map_similarity([torch.from_numpy(a) for a in ones], [torch.from_numpy(b) for b in others])
    for row in range(2):
        cosines = []
        for a, b in zip(ones, others, strict=True):
            x, y = a[row].ravel(), b[row].ravel()
            cosines.append(x @ y / np.sqrt((x @ x) * (y @ y)))
        assert float(found[row]) == pytest.approx(np.mean(cosines))


def test_one_picture_is_compared_with_all():
    layer = torch.rand(3, 4, 2, 2)
    torch.testing.assert_close(
        map_similarity([layer[:1]], [layer]), map_similarity([layer[:1].expand(3, -1, -1, -1)], [layer])
    )
    assert float(map_similarity([layer[:1]], [7 * layer])[0]) == pytest.approx(1)


def test_layers_must_agree():
    with pytest.raises(ValueError, match="layers"):
        map_similarity([torch.rand(1, 2, 2, 2)], [])
