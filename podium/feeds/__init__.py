"""Feeds of other systems as files: their boards at any moment and under any rules, without a server."""
