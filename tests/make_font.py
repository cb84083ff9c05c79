"""Makes the maths font of the HTML report: `python -m tests.make_font FONT.otf`, run by hand.

FONT.otf is texgyrepagella-math.otf of TeX Gyre (Debian: fonts-texgyre-math). What is left of it are
the characters that a report can hold, with the larger brackets, braces and roots of its MATH table.
"""

from __future__ import annotations

import string
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).parents[1] / "derive" / "faces" / "fonts"
NAME = "Derive Pagella Math"

SIGNS = " \u00a0¬¯¨ˆ˜˙±·×…′⁄ℝℎℓ←↑→↓∀∂∃∅∆∇∈∏∑−∖∘√∝∞∥∫∼≈≠≤≥⊗⊙⊤⋅⏞⏟⟨⟩‖"
ACCENTS = "\u0302\u0303\u0304\u0307\u0308\u0338"
INVISIBLE = "\u2061\u2062\u2063\u2064"
GREEK = "".join(
    map(
        chr, (*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5, 0x3F5)
    )
)
ITALIC = "".join(
    map(chr, (*range(0x1D434, 0x1D455), *range(0x1D456, 0x1D468), *range(0x1D6E2, 0x1D71C)))
)
CHARACTERS = "".join(
    (string.ascii_letters, string.digits, string.punctuation, SIGNS, ACCENTS, INVISIBLE)
)


def make(source: Path, target: Path) -> None:
    """The subset, under a name of its own, as the licence asks for."""
    options = subset.Options(
        flavor="woff2",
        layout_features=[],
        hinting=False,
        desubroutinize=True,
        drop_tables=[*subset.Options().drop_tables, "FFTM"],
        notdef_outline=True,
    )
    font = TTFont(source)
    maker = subset.Subsetter(options)
    maker.populate(text=CHARACTERS + GREEK + ITALIC)
    maker.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 6, 16):
            record.string = NAME if record.nameID != 6 else NAME.replace(" ", "")
    subset.save_font(font, target, options)


if __name__ == "__main__":
    make(Path(sys.argv[1]), FOLDER / "derive-pagella-math.woff2")
