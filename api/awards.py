"""A contest's awards as the viewer may see them: those that the board implies, with what the jury gave or took by hand."""

from __future__ import annotations

import asyncio
from typing import Any

from api.access import audience_of, started
from api.look import Look
from api.scoreboard import firsts_of, rows_of
from schemas.live import withheld
from streams.scoring.award_settings import AwardSettings
from streams.scoring.awards import Award, awards, names_of, with_acts

__all__ = ["awards_tag", "listed_awards"]


async def awards_tag(look: Look) -> str:
    """What the public's awards depend on beside the log: the board's revision, and whether the freeze has come."""
    board = await look.site.view.revision(look.id, "public")
    return f"{board.token}:{_told(look)}"


async def listed_awards(look: Look) -> list[Any]:
    """The awards of the board that the viewer sees, as Contest API objects.

    While the board is frozen, B and what the jury did by hand are the jury's: both may tell what the board does not.
    """
    facts = look.contest.facts
    board = await look.site.view.board(look.id, audience_of(look.viewer))
    of = {type_: await look.everything(type_) for type_ in ("problems", "groups", "organizations", "teams")}
    look = await look.deeper(of["teams"])
    shown = [one for one in of["problems"].values() if not one.facts["withdrawn"]]
    names = names_of(
        # before the start their ids and number are secret
        problems=[one.object for one in shown] if look.viewer.sees_all or started(look.scene) else (),
        **{type_: [one.object for one in of[type_].values()] for type_ in ("groups", "organizations", "teams")},
    )
    told = _told(look)
    rows, firsts, settings = rows_of(board), firsts_of(board), AwardSettings.parse(facts["awards"])
    await asyncio.sleep(0)
    made = awards(rows, firsts, settings, names, b=facts["b"] if told else 0)
    by_hand: dict[str, Award | None] = {}
    if told:
        by_hand |= dict.fromkeys(facts["awards_removed"])
        given = look.see_all("awards", (await look.everything("awards")).values())
        by_hand |= {one["id"]: Award(one["id"], one["citation"], tuple(one["team_ids"])) for one in given}
    return [
        {"id": one.id, "citation": one.citation, "team_ids": list(one.team_ids)} for one in with_acts(made, by_hand)
    ]


def _told(look: Look) -> bool:
    return look.viewer.sees_all or not withheld(look.contest.facts, look.scene.now)
