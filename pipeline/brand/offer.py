"""A corrected copy of a logo, to be offered: 512 x 512, eight bits, upright, without remarks, light enough."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from pipeline.brand.logo import MOST_BYTES, SIDE, BadImage, Fault, Logo, alpha_range, examine, opened

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Offer:
    """The copy as a PNG, and what the same checks still say of it."""

    content: bytes
    faults: tuple[Fault, ...]


def offer(logo: Logo) -> Offer | None:
    """The copy; None where nothing can be made of the file: unreadable, blank, neither PNG nor JPG, or enormous.

    The picture is fitted whole and centred. What is left over takes the colour of its corners where they agree, and
    is transparent otherwise.
    """
    if "logo.unreadable" in logo.codes:
        return None
    try:
        image = _upright(opened(logo.content))
    except BadImage:
        return None
    if alpha_range(image)[1] == 0:
        return None
    content = _light_enough(_fitted(image))
    return Offer(content, examine(content, "logo.png"))


def _upright(image: Image) -> Image:
    """First picture, as its orientation mark wants it, in eight-bit RGBA."""
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I"):  # sixteen-bit greys: Pillow would clip instead of scaling
        turned = turned.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    return turned.convert("RGB").convert("RGBA") if turned.mode == "CMYK" else turned.convert("RGBA")


def _fitted(image: Image) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageOps

    if image.size == (SIDE, SIDE):
        canvas = Pillow.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        canvas.paste(image)
        return canvas
    canvas = Pillow.new("RGBA", (SIDE, SIDE), _around(image))
    fitted = ImageOps.contain(image, (SIDE, SIDE), Pillow.Resampling.LANCZOS)
    canvas.paste(fitted, ((SIDE - fitted.width) // 2, (SIDE - fitted.height) // 2))
    return canvas


def _around(image: Image) -> tuple[int, int, int, int]:
    right, bottom = image.width - 1, image.height - 1
    corners = {image.getpixel(at) for at in ((0, 0), (right, 0), (0, bottom), (right, bottom))}
    only = corners.pop()
    if corners or not isinstance(only, tuple) or len(only) != 4:
        return 0, 0, 0, 0
    return int(only[0]), int(only[1]), int(only[2]), int(only[3])


def _light_enough(image: Image) -> bytes:
    """As it is where it weighs little enough; else in a palette: 256 colours of 512 x 512 always fit."""
    from PIL import Image as Pillow

    plain = image if alpha_range(image)[0] < 255 else image.convert("RGB")
    content = _saved(plain)
    if len(content) <= MOST_BYTES:
        return content
    return _saved(image.quantize(256, method=Pillow.Quantize.FASTOCTREE))


def _saved(image: Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
