"""The history's board of one audience."""

from history.board import scoreboards


def scoreboard(client, contest, *, audience, **asked):
    """Its canonical bytes; what may be asked is what `history.board.scoreboards` takes."""
    return scoreboards(client, contest, audiences=[audience], **asked)[audience]
