"""What stands before a function of a library in code: `np.exp`, `torch.nn.functional.relu`."""

from __future__ import annotations

MODULES = frozenset(
    (
        *("np", "numpy", "xp", "jnp", "onp", "anp", "cp", "linalg", "autograd", "scipy", "special"),
        *("tf", "torch", "jax", "F", "nn", "functional", "keras", "K"),
        *("math", "Math", "std"),
    )
)
"""Libraries and their parts; a declared name of the same spelling goes first."""
