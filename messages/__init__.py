"""WORDS: what the product says and in which shape it travels. A leaf: jinja2 and the standard library only."""
