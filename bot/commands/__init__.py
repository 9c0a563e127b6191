"""The bodies of the commands. Imports that cost time stand inside them, so that `congdoan --help` is quick."""
