"""The source of the numbers for the normal tail in `codegen.runtime`: python bench/normal_tail.py.

Mills' ratio M(z) = Phi(-z) / phi(z) falls from sqrt(pi/2) to 0 like 1/z. So (1 + z) M(z) is nearly
flat, and in u = (z - 5) / (z + 5), which carries z >= 0 to -1 <= u < 1, a short polynomial. It is
the truncated Chebyshev series, written in powers of u; the script prints it with its error.
"""

from __future__ import annotations

from mpmath import mp, mpf

CENTRE = 5
"""The z at u = 0; near 5 the series is shortest."""

TERMS = 24
"""With these the remainder is below the rounding of float64."""

NODES = 64
DIGITS = 40


def flattened(z: mpf) -> mpf:
    """(1 + z) M(z)."""
    ratio = mp.sqrt(mp.pi / 2) * mp.exp(z * z / 2) * mp.erfc(z / mp.sqrt(2))
    return (1 + z) * ratio


def chebyshev_series() -> list[mpf]:
    """The first coefficients of the series in T_k(u), by the discrete cosine transform."""
    angles = [mp.pi * (2 * j + 1) / (2 * NODES) for j in range(NODES)]
    nodes = [mp.cos(angle) for angle in angles]
    values = [flattened(CENTRE * (1 + u) / (1 - u)) for u in nodes]
    series = [
        2 * mp.fsum(v * mp.cos(k * a) for v, a in zip(values, angles, strict=True)) / NODES
        for k in range(TERMS)
    ]
    return [series[0] / 2, *series[1:]]


def in_powers(series: list[mpf]) -> list[mpf]:
    """The same polynomial in powers of u, lowest first, by T_(k+1) = 2 u T_k - T_(k-1)."""
    before, now = [mpf(0)] * len(series), [mpf(1)] + [mpf(0)] * (len(series) - 1)
    before[1] = mpf(1)  # T_(-1) = T_1
    total = [mpf(0)] * len(series)
    for coefficient in series:
        total = [t + coefficient * p for t, p in zip(total, now, strict=True)]
        shifted = [mpf(0), *now[:-1]]
        before, now = now, [2 * s - b for s, b in zip(shifted, before, strict=True)]
    return total


def coefficients() -> tuple[float, ...]:
    """The table of `codegen.runtime`, highest power first."""
    with mp.workdps(DIGITS):
        return tuple(float(c) for c in reversed(in_powers(chebyshev_series())))


def horner(table: tuple[float, ...], u: mpf) -> mpf:
    """The polynomial at u, without rounding."""
    total = mpf(0)
    for coefficient in table:
        total = total * u + coefficient
    return total


def worst_error(table: tuple[float, ...]) -> float:
    """The largest relative error of the rounded table, by exact evaluation at 2001 points."""
    worst = mpf(0)
    with mp.workdps(DIGITS):
        for step in range(2001):
            u = mpf(step) / 1001 - 1
            truth = flattened(CENTRE * (1 + u) / (1 - u))
            worst = max(worst, abs(horner(table, u) / truth - 1))
    return float(worst)


if __name__ == "__main__":
    found = coefficients()
    print("_MILLS = (")
    for number in found:
        print(f"    {number!r},")
    print(")")
    print(f"# worst relative error {worst_error(found):.1e}, in rounded coefficients")
