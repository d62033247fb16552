"""Words that several messages of the actions need."""


def with_article(name: str, article: str = "a") -> str:
    """Put an article before the name of a kind: an OBJECTIVE, a GOAL; "A" begins a sentence."""
    return f"{article}{'n' if name[0] in 'AEIO' else ''} {name}"
