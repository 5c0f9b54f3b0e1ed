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
    -- the latest of each stands before another group's
    groups_said AS
    (
        SELECT contest, arraySort(groupUniqArray((toString(group_id), toInt64(position), hidden))) AS entries
        FROM podium.groups
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
        GROUP BY contest
    ),
    joined AS
    (
        SELECT
            d.contest AS contest, d.found AS found, a.acts AS acts,
            arrayFirst(act -> act.2 = 'Finalized', a.acts) AS finals
        FROM definitions AS d
        LEFT JOIN gathered AS a ON a.contest = d.contest
    ),
    -- the contest as it was before each event that the times, the freeze or the end depend on, and as it is behind the last
    points AS
    (
        SELECT
            contest, found, acts AS all_acts,
            arrayJoin(arrayConcat(
                arrayMap(one -> one.1, found),
                arrayMap(act -> act.1, arrayFilter(
                    act -> act.2 IN ('StartMoved', 'ContestExtended', 'IntervalRemoved', 'ScoreboardFrozen',
                            'ScoreboardUnfrozen', 'Finalized')
                        OR act.2 = 'Transitioned' AND act.6 IN ('thawed', 'ended')
                        -- there may be many, and nothing is over before it is finalized
                        OR act.2 = 'TeamTimeExtended' AND finals.2 != '' AND act.1 > finals.1,
                    acts)),
                [toInt64(9223372036854775807)]
            )) AS point
        FROM joined
    ),
    before AS
    (
        SELECT
            contest, found, point, all_acts,
            arrayFirst(act -> act.1 = point, all_acts) AS cause,
            arrayFilter(act -> act.1 < point, all_acts) AS acts,
            -- a definition takes effect only if the one that it changes is in force, which is the last of these
            arrayFold(
                (taken, one) -> if(one.2 = taken[-1], arrayPushBack(taken, one.1), taken),
                arrayFilter(one -> one.1 < point, found), [toInt64(-1)]
            ) AS taken
        FROM points
    ),
    stood AS
    (
        SELECT
            *,
            -- removals: position, when it was recorded, start, end. One that is restored was never there: the latest of
            -- its interval. What a pause (365 days, until it is resumed) lasted until then stands where the pause does
            arrayFold(
                (stand, act) -> if(
                    act.5,
                    arrayFilter(
                        (one, place) -> place != arrayLastIndex(other -> other.3 = act.3 AND other.4 = act.4, stand),
                        stand, arrayEnumerate(stand)),
                    arrayPushBack(stand, arrayElement(
                        arrayPushFront(
                            arrayMap(
                                one -> (one.1, one.2, one.3, act.4),
                                arrayFilter(
                                    one -> one.3 = act.3 AND one.4 = act.3 + 31536000000 AND act.4 = act.2, stand)),
                            (act.1, act.2, act.3, act.4)),
                        -1))),
                arrayMap(
                    act -> (act.1, act.9, assumeNotNull(act.3), assumeNotNull(act.4), toUInt8(act.8)),
                    arrayFilter(act -> act.2 = 'IntervalRemoved', acts)),
                CAST([], 'Array(Tuple(Int64, Int64, Int64, Int64))')
            ) AS removals
        FROM before
    ),
    said AS
    (
        SELECT
            *,
            -- what the clock has noted: position, and the moment that had come
            arrayMap(
                act -> (act.1, assumeNotNull(act.3)),
                arrayFilter(act -> act.2 = 'Transitioned' AND act.6 != 'thawed', acts)) AS noted,
            -- what stands of all that was said of the times, in its order: 1 position, 2 when it was recorded, or what the
            -- clock had noted before it, if that is later, 3 what:
            -- 1 a definition (4 start, 5 length, 6 that of the freeze), 2 the start moved (4), 3 extended (5 by),
            -- 4 an interval removed (4 start, 5 end)
            arrayMap(one -> (
                one.1,
                arrayFold((now, note) -> if(note.1 < one.1, greatest(now, note.2), now), noted, one.2),
                one.3, one.4, one.5, one.6
            ), arraySort(one -> one.1, arrayConcat(
                arrayMap(
                    one -> (one.1, one.18, toUInt8(1), toNullable(one.5), toInt64(one.6), toInt64(one.7)),
                    arrayFilter(one -> has(taken, one.1), found)),
                arrayMap(
                    act -> (act.1, act.9, toUInt8(2), toNullable(act.3), toInt64(0), toInt64(0)),
                    arrayFilter(act -> act.2 = 'StartMoved', acts)),
                arrayMap(
                    act -> (act.1, act.9, toUInt8(3), CAST(NULL, 'Nullable(Int64)'), toInt64(act.5), toInt64(0)),
                    arrayFilter(act -> act.2 = 'ContestExtended', acts)),
                arrayMap(one -> (one.1, one.2, toUInt8(4), toNullable(one.3), one.4, toInt64(0)), removals)
            ))) AS changes
        FROM stood
    ),
    framed AS
    (
        SELECT
            *,
            -- the times before each of these, and behind the last: 1 the definition, 2 the start that was moved, 3 by how
            -- much it was extended, 4 the removed intervals
            arrayMap(
                place -> (
                    arrayLast(one -> one.3 = 1, arraySlice(changes, 1, place - 1)),
                    arrayLast(one -> one.3 = 2, arraySlice(changes, 1, place - 1)),
                    arraySum(one -> if(one.3 = 3, one.5, 0), arraySlice(changes, 1, place - 1)),
                    arraySort(arrayMap(
                        one -> (assumeNotNull(one.4), one.5),
                        arrayFilter(
                            one -> one.3 = 4 AND assumeNotNull(one.4) < one.5, arraySlice(changes, 1, place - 1))))
                ),
                range(1, length(changes) + 2)
            ) AS frames
        FROM said
    ),
    timed AS
    (
        SELECT
            *,
            -- of each: 1 start, 2 length, 3 that of the freeze (0: none, or the start is not known), 4 the removed intervals
            arrayMap(
                frame -> (
                    if((frame.2).3 = 0, (frame.1).4, (frame.2).4),
                    (frame.1).5 + frame.3,
                    if((frame.1).3 = 0 OR if((frame.2).3 = 0, (frame.1).4, (frame.2).4) IS NULL, 0, (frame.1).6),
                    frame.4
                ),
                frames
            ) AS times
        FROM framed
    ),
    frozen AS
    (
        SELECT
            *,
            -- the freeze that follows from each: removed intervals put it off
            arrayMap(
                now -> arrayFold(
                    (moment, span) -> (
                        if(
                            greatest(span.1, moment.2) < span.2 AND greatest(span.1, moment.2) < moment.1,
                            moment.1 + span.2 - greatest(span.1, moment.2), moment.1),
                        greatest(moment.2, span.2)
                    ),
                    now.4, (ifNull(now.1, 0) + now.2 - now.3, ifNull(now.1, 0))
                ).1,
                times
            ) AS freezes
        FROM timed
    ),
    cut AS
    (
        SELECT
            contest, point, cause, all_acts,
            arrayMax(arrayPushBack(arrayMap(note -> note.2, noted), toInt64(-9223372036854775808))) AS last_noted,
            taken[-1] AS definition,
            arrayFirst(one -> one.1 = taken[-1], found) AS d,
            (times[-1]).1 AS start,
            (times[-1]).2 AS duration,
            (times[-1]).4 AS spans,
            -- each interval without what those before it cover
            arrayFilter(span -> span.1 < span.2, arrayMap(
                (span, place) -> (
                    greatest(span.1, arrayMax(arrayPushBack(
                        arrayMap(before -> before.2, arraySlice(spans, 1, place - 1)), span.1))),
                    span.2),
                spans, arrayEnumerate(spans)
            )) AS removed,
            -- a planned freeze that had come when the times were changed, -1 for none: it stays, unless the contest now
            -- starts behind it
            arrayFold(
                (came, now, freeze, one) -> if(
                    came < ifNull(now.1, 0) AND now.3 > 0 AND one.2 >= greatest(freeze, ifNull(now.1, 0)),
                    greatest(freeze, ifNull(now.1, 0)), came),
                arrayPopBack(times), arrayPopBack(freezes), changes, toInt64(-1)
            ) AS came,
            multiIf(
                start IS NULL, NULL, came >= start, came, (times[-1]).3 > 0, freezes[-1], NULL
            ) AS planned_freeze,
            -- time that single teams were given
            arrayReduce('sumMap', arrayMap(
                act -> map(act.15, act.5), arrayFilter(act -> act.2 = 'TeamTimeExtended', acts))) AS extra,
            arrayLast(act -> act.2 = 'ThawScheduled', acts) AS thaw_act,
            if(thaw_act.2 = '', d.17, thaw_act.3) AS thaw_at,
            arrayLast(act -> act.2 = 'Finalized', acts) AS last_final,
            arrayMap(act -> act.3, arrayFilter(act -> act.2 = 'Transitioned' AND act.6 = 'ended', acts)) AS ends
        FROM frozen
    ),
    ended AS
    (
        SELECT
            *,
            -- removed intervals put the end off
            arrayMap(lasts -> arrayFold(
                (moment, span) -> if(
                    greatest(span.1, ifNull(start, 0)) < span.2 AND greatest(span.1, ifNull(start, 0)) < moment,
                    moment + span.2 - greatest(span.1, ifNull(start, 0)), moment),
                removed, ifNull(start, 0) + lasts
            -- the end, and the moment from which on no team has time
            ), [duration, duration + arrayMax(arrayPushBack(mapValues(extra), toInt64(0)))]) AS moments,
            definition >= 0 AND start IS NOT NULL AS known_times
        FROM cut
    ),
    whole AS
    (
        SELECT
            contest, any(all_acts) AS acts,
            groupArray((point, (definition, d, extra, start, duration, removed, moments, planned_freeze))) AS states,
            -- as it was before each: 1 point, 2 whether a freeze is planned, 3 when, 4 whether it is a thaw that was planned,
            -- for when no team has time, 5 what it says of the freeze (1 it is frozen by hand, 2 lifted while a team has
            -- time), 6 from when on, 7 whether the end was noted and the contest finalized when no team had time, 8 when it
            -- was recorded, 9 the latest moment that the clock had noted, 10 the start: a freeze by hand before it is of a
            -- contest that has begun anew, or will
            arraySort(step -> step.1, groupArray((
                point, planned_freeze IS NOT NULL, ifNull(planned_freeze, 0),
                cause.6 = 'thawed' AND known_times AND thaw_at IS NOT NULL
                    AND ifNull(cause.3 = greatest(assumeNotNull(thaw_at), moments[2]), false),
                multiIf(
                    cause.2 = 'ScoreboardFrozen', 1,
                    cause.2 = 'ScoreboardUnfrozen' AND NOT (known_times AND cause.9 >= moments[2]), 2,
                    0),
                if(cause.2 = 'ScoreboardFrozen', assumeNotNull(cause.3), cause.9),
                known_times AND has(ends, moments[1]) AND last_final.2 != '' AND last_final.9 >= moments[2],
                cause.9,
                last_noted,
                if(known_times, assumeNotNull(start), toInt64(9223372036854775807))
            ))) AS steps
        FROM ended
        GROUP BY contest
    ),
    gone AS
    (
        SELECT
            contest, acts, states,
            -- What depends on the order of the events: 1 the position of the thaw, -1 for none: the first is the last word on
            -- the freeze; 2 whether it is frozen by hand, and 3 from when on; 4 the position of the event that closed the
            -- contest, 5 whether one did, 6 the step before which the contest was as it is; 7 when a planned freeze that had
            -- come was lifted; 8 whether it was frozen by hand at once. What is frozen when an act is recorded is not frozen
            -- otherwise, and nothing else is lifted. A freeze that has come by the log, at once or since the clock had noted
            -- its moment, is not put off by an act that was recorded before.
            arrayFold(
                (now, step) -> if(
                    now.5 OR step.7 AND (now.1 >= 0 OR NOT (now.2 AND now.3 >= step.10) AND (NOT step.2 OR step.3 <= now.7)),
                    (now.1, now.2, now.3, now.4, true, if(now.5, now.6, step.1), now.7, now.8),
                    arrayElement(
                        arrayMap(
                            counts -> (
                                if(now.1 < 0 AND step.4, step.1, now.1),
                                if(counts, step.5 = 1, now.2),
                                if(counts AND step.5 = 1, step.6, now.3),
                                step.1, false, step.1,
                                if(counts AND step.5 = 2 AND step.2 AND step.3 <= step.8, greatest(now.7, step.8), now.7),
                                if(counts, step.5 = 1 AND step.6 <= step.8, now.8)
                            ),
                            [now.1 < 0 AND step.5 = if(
                                if(
                                    now.2 AND now.3 >= step.10,
                                    now.3 <= step.8,
                                    step.2 AND step.3 <= step.8 AND step.3 > now.7), 2, 1)
                                AND NOT (step.5 = 1 AND if(
                                    now.2 AND now.3 >= step.10,
                                    (now.8 OR now.3 <= step.9) AND step.6 >= now.3,
                                    step.2 AND step.3 > now.7 AND step.3 <= step.9 AND step.6 >= step.3))]
                        ), 1)
                ),
                steps,
                (toInt64(-1), false, toInt64(0), toInt64(-1), false, toInt64(-1), toInt64(-9223372036854775808), false)
            ) AS course
        FROM whole
    ),
    known AS
    (
        SELECT
            o.contest AS contest, o.course AS course,
            arrayFirst(one -> one.1 = o.course.6, o.states).2 AS state,
            arrayFilter(act -> act.1 <= o.course.4, o.acts) AS counted,
            arrayFilter(one -> one.2 <= o.course.4, g.entries) AS group_entries
        FROM gone AS o
        LEFT JOIN groups_said AS g ON g.contest = o.contest
    ),
    active AS
    (
        SELECT
            *,
            state.1 AS definition, state.2 AS d, state.4 AS start,
            -- 1 the generations that were active, the latest first, and 2 those that are open
            arrayFold(
                (now, act) -> (
                    if(
                        act.2 = 'GenerationPromoted' AND act.11 = now.1[1] AND has(now.2, act.10),
                        arrayPushFront(now.1, act.10), now.1),
                    multiIf(
                        act.2 = 'GenerationOpened', arrayPushBack(now.2, act.10),
                        act.2 = 'GenerationRetired' AND act.10 != now.1[1], arrayFilter(open -> open != act.10, now.2),
                        now.2)
                ),
                counted, (['0'], ['0'])
            ).1 AS generations,
            if({generation:String} != '', {generation:String}, generations[1]) AS chosen
        FROM known
        WHERE state.1 >= 0
    ),
    owned AS
    (
        SELECT
            *,
            arrayFirst(act -> act.2 = 'GenerationOpened' AND act.10 = chosen, counted) AS own,
            state.8 AS planned_freeze
        FROM active
    ),
    ruled AS
    (
        SELECT *, if(chosen = '0', d.10, own.13) AS parameters FROM owned WHERE chosen = '0' OR own.10 = chosen
    )
SELECT
    contest, definition, d.3 AS name, d.4 AS formal_name, d.16 AS public, d.15 AS rehearsal,
    arrayExists(act -> act.2 = 'Transitioned' AND act.6 = 'started', counted) AS started,
    course.1 >= 0 AS thawed,
    arrayExists(act -> act.2 = 'Finalized', counted) AS finalized,
    -- the position of the event behind which nothing counts
    course.4 AS closed,
    chosen AS generation,
    -- those that were active, the latest first
    generations,
    if(chosen = '0', d.9, own.12) AS rule,
    parameters,
    start,
    if(start IS NULL, NULL, state.7[1]) AS end,
    state.5 AS duration,
    state.6 AS removed,
    multiIf(course.2 AND course.3 >= start, course.3, planned_freeze <= course.7, NULL, planned_freeze) AS freeze,
    if(has(mapKeys(parameters), 'penalty_minutes'), toInt64OrZero(parameters['penalty_minutes']) * 60000, d.8) AS penalty,
    if(parameters['time_precision'] = 'seconds', 1000, 60000) AS precision,
    d.12 AS main_group, d.14 AS outcomes, d.13 AS published,
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
            arrayFilter(act -> act.7 = number AND startsWith(act.2, 'Rejudging'), counted), (toInt64(-1), false)
        ).1),
        arrayDistinct(arrayMap(act -> act.7, arrayFilter(act -> act.2 = 'RejudgingApplied', counted)))
    )) AS applied,
    d.11 AS tasks, d.19 AS score_scale, d.20 AS weights, d.21 AS verification, d.22 AS window, state.3 AS extra,
    arrayMap(one -> one.1, arrayFilter(
        (one, next) -> one.3 AND one.1 != next.1,
        group_entries, arrayPopFront(arrayPushBack(group_entries, ('', toInt64(0), false)))
    )) AS hidden_groups
FROM ruled;
