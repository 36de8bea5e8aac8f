"""Sums over fixed sets of places: a sparse matrix of buffers, for batches."""

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import Tensor, nn


class FixedSums(nn.Module):
    """A fixed sparse matrix (R, K), applied to values at K places of each of B people.

    Its parts are plain buffers, which every tool that moves, copies or broadcasts modules understands.
    """

    places: Tensor
    shares: Tensor

    def __init__(self, matrix: sp.sparray | sp.spmatrix):
        super().__init__()
        found = sp.csr_matrix(matrix).tocoo()  # by rows, each place once
        self.shape = found.shape
        places = torch.from_numpy(np.stack([found.row, found.col]).astype(np.int64))
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("shares", torch.from_numpy(found.data.astype(np.float32)), persistent=False)

    def forward(self, values: Float[Tensor, "B K C"]) -> Float[Tensor, "B R C"]:
        """The sums; differentiable in the values."""
        batch, count, channels = values.shape
        matrix = torch.sparse_coo_tensor(
            self.places, self.shares, self.shape, is_coalesced=True, check_invariants=False
        )
        columns = values.to(self.shares.dtype).transpose(0, 1).reshape(count, batch * channels)
        return (matrix @ columns).view(-1, batch, channels).transpose(0, 1)
