"""By what emitted text is laid out for speed: the limits at which another way becomes quicker.

They were measured with `python -m bench`, on networks named in bench/nets.py, on one processor
with AVX-512 and OpenBLAS 0.3.31; `untuned` there is a network that none was chosen by. Another
machine moves them a little, and no result depends on them. Two more limits cannot stand here:
`BY_ROWS` is emitted with its function (codegen/runtime/products.py), and `SECOND_THREAD` is asked
for before anything is loaded (derive/cli.py).
"""

DOT_ENTRIES = 5000
"""Entries of a product up to which np.dot, which starts sooner, is quicker than np.matmul."""

DOT_SAMPLES = 32
"""Samples up to which the products of a layer mostly have so few entries."""

LUMP_ENTRIES = 2500
"""Entries of a layer up to which one call for several layers is quicker than one for each."""

LUMP_SAMPLES = 16
"""Samples that must be few for that: a batch of less hardly tells."""

COPY_ENTRIES = 20_000
"""Entries of x up to which its copy beside ones costs less than the calls that it saves."""

MKL_PRODUCTS = 2_400_000
"""Multiplications from which on a product by MKL is quicker than one by OpenBLAS 0.3.31."""
