"""The Lender's brand: name, legal name, supervisor, brand description, accent and logo; checked, shown, offered mended.

Whatever is wrong with a brand is told, and holds no product: cards can do with the Lender's initials.
"""

from pipeline.brand.found import BrandFound, brand_of, find_brand
from pipeline.brand.logo import Logo, examine, usable
from pipeline.brand.offer import Offer, offer

__all__ = ["BrandFound", "Logo", "Offer", "brand_of", "examine", "find_brand", "offer", "usable"]
