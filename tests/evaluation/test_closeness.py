"""Products by arrays and by tensors."""

import numpy as np
import torch

from habitus.evaluation.closeness import FeatureCloseness, array_product, tensor_product


def test_a_tensor_multiplies_as_an_array_does():
    rng = np.random.default_rng(1)
    query, gallery = rng.standard_normal((5, 16), np.float32), rng.standard_normal((70, 16), np.float32)
    by_array = array_product(gallery)(query, np.empty((5, 70), np.float32))
    for tensor in (torch.from_numpy(gallery), torch.from_numpy(gallery).double().requires_grad_()):
        block = np.zeros((9, 70), np.float32)
        found = tensor_product(tensor)(query, block[:5])
        np.testing.assert_allclose(found, by_array, rtol=1e-5, atol=1e-5)
        assert np.shares_memory(found, block)
        assert (block[5:] == 0).all()


def test_tensors_of_half_the_precision_are_compared_as_they_are():
    query, gallery = torch.randn(3, 8).bfloat16(), torch.randn(6, 8).half()
    rows = np.array([2, 0])
    expected = torch.nn.functional.normalize(query.float()) @ torch.nn.functional.normalize(gallery.float()).T
    found = FeatureCloseness(query, gallery, "cosine").of(rows)
    np.testing.assert_allclose(found, expected[rows].numpy(), atol=1e-5)
