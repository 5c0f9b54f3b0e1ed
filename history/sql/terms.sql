-- What a contest says of itself, a row a contest: times in UTC ms, durations in ms.
--
-- Parameters of these views: `contest` ('' for all), `as_of` (UTC ms: what was recorded later is left out) and `upto` (records
-- behind this position of the log are left out). `generation`: its id, or '' for the active one.

CREATE OR REPLACE VIEW podium.terms AS
WITH
    definitions AS
    (
        SELECT
            contest,
            arraySort(one -> one.1, groupUniqArray((
                toInt64(position), changes, name, formal_name, toUnixTimestamp64Milli(start_time), duration_ms,
                ifNull(freeze_duration_ms, 0), penalty_ms, toString(rule), parameters, tasks, main_group, published,
                outcomes, rehearsal, public, toUnixTimestamp64Milli(thaw_time), toUnixTimestamp64Milli(recorded_at),
                score_scale, weights, verification, window_ms
            ))) AS found
        FROM podium.definitions
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
        GROUP BY contest
    ),
    -- of two acts with one id the first in the log counts; of a thaw, the first that was planned, as is seen below
    first_acts AS
    (
        SELECT
            contest, kind = 'Transitioned' AND transition = 'thawed' AS thaw,
            (
                toInt64(position), toString(kind), toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(until), by_ms,
                toString(transition), rejudging, undone, toUnixTimestamp64Milli(recorded_at), toString(generation),
                toString(expect), toString(rule), parameters, id, team_id
            ) AS act
        FROM podium.acts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
            AND kind IN ('StartMoved', 'ContestExtended', 'TeamTimeExtended', 'ScoreboardFrozen', 'ScoreboardUnfrozen', 'ThawScheduled',
                'Transitioned', 'Finalized', 'IntervalRemoved', 'RejudgingApplied', 'RejudgingCancelled',
                'RejudgingReverted', 'AwardGiven', 'PositionSkipped', 'GenerationOpened', 'GenerationPromoted',
                'GenerationRetired')
        ORDER BY position LIMIT 1 BY contest, id, if(thaw, position, 0)
    ),
    gathered AS
    (
        SELECT contest, arraySort(act -> act.1, groupArray(act)) AS acts FROM first_acts GROUP BY contest
    ),
    joined AS
    (
        SELECT d.contest AS contest, d.found AS found, a.acts AS acts
        FROM definitions AS d
        LEFT JOIN gathered AS a ON a.contest = d.contest
    ),
    -- the contest as it is, and as it was before each act whose effect depends on the times that hold where it stands
    points AS
    (
        SELECT
            contest, found, acts AS all_acts,
            arrayJoin(arrayConcat(
                arrayMap(one -> one.1, found),
                arrayMap(act -> act.1, arrayFilter(
                    act -> act.2 IN ('StartMoved', 'ContestExtended', 'IntervalRemoved', 'ScoreboardUnfrozen')
                        OR act.2 = 'Transitioned' AND act.6 = 'thawed', acts)),
                [toInt64(9223372036854775807)]
            )) AS point
        FROM joined
    ),
    before AS
    (
        SELECT
            contest, found, point,
            arrayFirst(act -> act.1 = point, all_acts) AS cause,
            arrayFirst(one -> one.1 = point, found) AS defined,
            arrayFilter(act -> act.1 < point, all_acts) AS acts,
            -- a definition takes effect only if the one that it changes is in force
            arrayFold(
                (force, one) -> if(one.2 = force, one.1, force), arrayFilter(one -> one.1 < point, found), toInt64(-1)
            ) AS definition
        FROM points
    ),
    sorted AS
    (
        SELECT
            contest, point, cause, definition, acts,
            arrayFirst(one -> one.1 = definition, found) AS d,
            -- when it was recorded, of what changes the times; -1 for all else
            multiIf(
                cause.2 IN ('StartMoved', 'ContestExtended', 'IntervalRemoved'), cause.9,
                defined.1 = point AND defined.2 = definition, defined.18,
                toInt64(-1)
            ) AS changed_at,
            -- whether it restores an interval that was removed
            cause.2 = 'IntervalRemoved' AND cause.8 AND arrayFold(
                (times, act) -> if(act.8, greatest(times - 1, 0), times + 1),
                arrayFilter(
                    act -> act.2 = 'IntervalRemoved' AND (act.3, act.4) = (cause.3, cause.4), acts), toInt64(0)
            ) > 0 AS restores,
            arrayLast(act -> act.2 = 'StartMoved', acts) AS move,
            arraySum(act -> act.5, arrayFilter(act -> act.2 = 'ContestExtended', acts)) AS extended,
            -- time that single teams were given, and the most that one has
            arrayMap(
                team -> (team, arraySum(act -> act.5, arrayFilter(
                    act -> act.2 = 'TeamTimeExtended' AND act.15 = team, acts))),
                arrayDistinct(arrayMap(act -> act.15, arrayFilter(act -> act.2 = 'TeamTimeExtended', acts)))
            ) AS extra,
            arrayMax(arrayPushBack(arrayMap(one -> one.2, extra), toInt64(0))) AS most_extra,
            arrayLast(act -> act.2 = 'ThawScheduled', acts) AS thaw_act,
            arrayExists(act -> act.2 = 'Transitioned' AND act.6 = 'started', acts) AS started,
            arrayExists(act -> act.2 = 'Finalized', acts) AS finalized,
            -- intervals that are removed more often than restored
            arrayFilter(
                span -> span.1 < span.2 AND arrayFold(
                    (times, act) -> if(act.8, greatest(times - 1, 0), times + 1),
                    arrayFilter(act -> act.2 = 'IntervalRemoved' AND (act.3, act.4) = span, acts), toInt64(0)
                ) > 0,
                arraySort(arrayDistinct(arrayMap(
                    act -> (assumeNotNull(act.3), assumeNotNull(act.4)),
                    arrayFilter(act -> act.2 = 'IntervalRemoved', acts))))
            ) AS spans,
            -- (rejudging, position of the act that applied it) of those that are in force
            arrayFilter(one -> one.2 >= 0, arrayMap(
                number -> (number, arrayFold(
                    (now, act) -> (
                        multiIf(
                            act.2 = 'RejudgingApplied' AND now.1 < 0 AND NOT now.2, act.1,
                            act.2 = 'RejudgingReverted', toInt64(-1),
                            now.1),
                        now.2 OR (act.2 = 'RejudgingCancelled' AND now.1 < 0)
                    ),
                    arrayFilter(act -> act.7 = number AND startsWith(act.2, 'Rejudging'), acts), (toInt64(-1), false)
                ).1),
                arrayDistinct(arrayMap(act -> act.7, arrayFilter(act -> act.2 = 'RejudgingApplied', acts)))
            )) AS applied,
            -- the active generation, and those that are open
            arrayFold(
                (now, act) -> (
                    if(act.2 = 'GenerationPromoted' AND act.11 = now.1 AND has(now.2, act.10), act.10, now.1),
                    multiIf(
                        act.2 = 'GenerationOpened', arrayPushBack(now.2, act.10),
                        act.2 = 'GenerationRetired' AND act.10 != now.1, arrayFilter(open -> open != act.10, now.2),
                        now.2)
                ),
                acts, ('0', ['0'])
            ).1 AS active
        FROM before
    ),
    cut AS
    (
        SELECT
            contest, point, cause, changed_at, restores, definition, acts, d, started, finalized, applied, active, extra,
            most_extra,
            if(move.2 = '', d.5, move.3) AS start,
            d.6 + extended AS duration,
            if(thaw_act.2 = '', d.17, thaw_act.3) AS thaw_at,
            -- each interval without what those before it cover
            arrayFilter(span -> span.1 < span.2, arrayMap(
                (span, place) -> (
                    greatest(span.1, arrayMax(arrayPushBack(
                        arrayMap(before -> before.2, arraySlice(spans, 1, place - 1)), span.1))),
                    span.2),
                spans, arrayEnumerate(spans)
            )) AS removed
        FROM sorted
    ),
    ended AS
    (
        SELECT
            *,
            -- removed intervals put the end off, and the freeze
            arrayMap(lasts -> arrayFold(
                (moment, span) -> if(
                    greatest(span.1, ifNull(start, 0)) < span.2 AND greatest(span.1, ifNull(start, 0)) < moment,
                    moment + span.2 - greatest(span.1, ifNull(start, 0)), moment),
                removed, ifNull(start, 0) + lasts
            ), [duration, duration - d.7, duration + most_extra]) AS moments,
            moments[1] AS end, moments[2] AS defined_freeze, moments[3] AS last_end,
            definition >= 0 AND start IS NOT NULL AS known_times
        FROM cut
    ),
    whole AS
    (
        SELECT
            contest,
            argMax(tuple(
                definition, d, extra, started, finalized, applied, active, start, duration, removed, end, acts,
                defined_freeze
            ), point) AS now,
            -- as it was before each: 1 point, 2 when the change was recorded, 3 whether it restores an interval, 4 start,
            -- 5 whether there is a freeze that follows from the times, 6 that freeze, 7 whether it is a thaw that was planned,
            -- for when no team has time, 8 whether it lifts a freeze while a team has time
            arraySort(step -> step.1, groupArray((
                point, changed_at, restores, ifNull(start, 0), known_times AND d.7 > 0, defined_freeze,
                cause.6 = 'thawed' AND known_times AND thaw_at IS NOT NULL
                    AND ifNull(cause.3 = greatest(assumeNotNull(thaw_at), last_end), false),
                cause.2 = 'ScoreboardUnfrozen' AND NOT (known_times AND cause.9 >= last_end)
            ))) AS steps
        FROM ended
        GROUP BY contest
    ),
    known AS
    (
        SELECT
            contest, now.1 AS definition, now.2 AS d, now.3 AS extra, now.4 AS started, now.5 AS finalized,
            now.6 AS applied, now.8 AS start, now.9 AS duration, now.10 AS removed, now.11 AS end, now.12 AS acts,
            now.13 AS defined_freeze,
            if({generation:String} = '', now.7, {generation:String}) AS chosen,
            -- the first thaw is the last word on the freeze: no act behind it counts
            arrayFirst(step -> step.7, steps).1 AS thawed_at,
            arrayExists(step -> step.7, steps) AS thawed,
            arrayMap(step -> step.1, arrayFilter(step -> step.8, steps)) AS lifts,
            arrayLast(
                act -> (act.2 = 'ScoreboardFrozen' OR act.2 = 'ScoreboardUnfrozen' AND has(lifts, act.1))
                    AND (NOT thawed OR act.1 < thawed_at),
                acts
            ) AS last_freeze,
            -- a planned freeze that had come when the times were changed, -1 for none: it stays, unless the contest now
            -- starts behind it, or would freeze earlier without an interval that was restored
            arrayFold(
                (now, step) -> (
                    multiIf(
                        now.1 >= step.4 AND NOT (now.2 AND step.5 AND step.6 < now.1), now.1,
                        step.5 AND step.2 >= greatest(step.4, step.6), greatest(step.4, step.6),
                        now.2 AND step.5 AND step.6 < now.1, toInt64(-1),
                        now.1),
                    step.3),
                steps, (toInt64(-1), false)
            ).1 AS freeze_came
        FROM whole
        WHERE definition >= 0
    ),
    timed AS
    (
        SELECT
            *,
            arrayFirst(act -> act.2 = 'GenerationOpened' AND act.10 = chosen, acts) AS own,
            if(chosen = '0', d.10, own.13) AS parameters,
            multiIf(
                start IS NULL, NULL,
                freeze_came >= start, freeze_came,
                d.7 > 0, defined_freeze,
                NULL
            ) AS planned_freeze
        FROM known
        WHERE chosen = '0' OR own.10 = chosen
    )
SELECT
    contest, definition, d.3 AS name, d.4 AS formal_name, d.16 AS public, d.15 AS rehearsal, started, thawed, finalized,
    chosen AS generation,
    if(chosen = '0', d.9, own.12) AS rule,
    parameters,
    start,
    if(start IS NULL, NULL, timed.end) AS end,
    duration,
    removed,
    multiIf(
        last_freeze.2 = 'ScoreboardFrozen', last_freeze.3,
        last_freeze.2 = 'ScoreboardUnfrozen' AND planned_freeze <= last_freeze.9, NULL,
        planned_freeze
    ) AS freeze,
    if(has(mapKeys(parameters), 'penalty_minutes'), toInt64OrZero(parameters['penalty_minutes']) * 60000, d.8) AS penalty,
    if(parameters['time_precision'] = 'seconds', 1000, 60000) AS precision,
    d.12 AS main_group, d.14 AS outcomes, d.13 AS published, applied, d.11 AS tasks, d.19 AS score_scale,
    d.20 AS weights, d.21 AS verification, d.22 AS window, extra
FROM timed;
