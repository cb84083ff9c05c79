"""The parameters that a module begins with are the same for each backend."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from codegen.backend import ARRAY_API, NUMPY
from codegen.emission import emit
from codegen.loading import load
from codegen.parameters import Parameter, init_params, parameters
from derive.layers import stack
from tests.array_libraries import LIBRARIES, STRICT, Library

CONVENTIONS = list(product(("augmented", "separate", "none"), ("row", "column")))

WRITTEN = {
    ("augmented", "row"): (Parameter("W1", (4, 2), 3, 0),),
    ("augmented", "column"): (Parameter("W1", (2, 4), 3, 1),),
    ("separate", "row"): (Parameter("W1", (3, 2), 3), Parameter("b1", (1, 2))),
    ("separate", "column"): (Parameter("W1", (2, 3), 3), Parameter("b1", (2, 1))),
    ("none", "row"): (Parameter("W1", (3, 2), 3),),
    ("none", "column"): (Parameter("W1", (2, 3), 3),),
}


@pytest.mark.parametrize(("bias", "layout"), CONVENTIONS)
def test_what_the_parameters_of_a_layer_are(bias: str, layout: str) -> None:
    assert parameters(stack("3,2", bias=bias, layout=layout)) == WRITTEN[bias, layout]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("library", LIBRARIES, ids=lambda one: one.name)
@pytest.mark.parametrize(("bias", "layout"), CONVENTIONS)
def test_they_are_those_of_the_numpy_module(
    bias: str, layout: str, library: Library, dtype: str
) -> None:
    made = stack("5,4,3", bias=bias, layout=layout)
    expected = load(emit(made)).init_params(np.random.default_rng(7), dtype)
    own = load(emit(made, "array-api"))
    kind = getattr(library.space, dtype)
    found = own.init_params(np.random.default_rng(7), library.space, kind)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        array = np.asarray(found[name])
        assert (array.dtype, array.shape) == (value.dtype, own.PARAMETERS[name])
        np.testing.assert_array_equal(array, value)


def test_without_a_dtype_they_have_one_all_the_same() -> None:
    own = load(emit(stack("5,4,3", bias="separate"), "array-api"))
    found = own.init_params(np.random.default_rng(7), STRICT.space)
    assert {str(np.asarray(value).dtype) for value in found.values()} == {"float64"}


def test_the_text_says_what_is_given() -> None:
    made = stack("5,4,3", bias="none")
    assert '`rng` is a numpy Generator."' in init_params(made, NUMPY)
    assert '`rng` is a numpy Generator, `xp` a namespace."' in init_params(made, ARRAY_API)
    assert "biases" not in init_params(made, ARRAY_API)
