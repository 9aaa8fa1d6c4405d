"""Stills: a page of a publisher as it stands, for a person to point at; nothing of it runs, loads or leads anywhere."""

from tracker.sources.support.markup import opened

NAMES = (  # other tags become plain ones, and only classes stay of what they say
    "a article aside b blockquote body br caption dd details div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hr i li main nav ol p section small span strong summary table tbody td tfoot th thead time tr u ul"
)
KEPT = frozenset(NAMES.split())
DROPPED = (
    "script, style, noscript, template, iframe, frame, frameset, object, embed, svg, math, img, picture, video, audio, "
    "canvas, link, meta, base, input, textarea, select, button, head, plaintext, xmp"
)


def still_of(source: str, body: bytes) -> str:
    """The body of a page as harmless markup. Raises what `opened` raises."""
    page = opened(source, body)
    for tag in page.select(DROPPED):
        tag.decompose()
    for tag in page.find_all(True):
        classes = tag.get_attribute_list("class") if tag.get("class") else []
        tag.attrs = {"class": " ".join(map(str, classes))} if classes else {}
        if tag.name not in KEPT:
            tag.name = "div" if tag.name == "form" else "span"
    body_tag = page.find("body")
    return body_tag.decode_contents(formatter="html") if body_tag else ""
