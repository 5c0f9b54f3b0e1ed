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
            contest, point, cause, definition, all_acts,
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
            arraySum(act -> if(act.2 = 'ContestExtended', act.5, 0), acts) AS extended,
            -- time that single teams were given
            arrayReduce('sumMap', arrayMap(
                act -> map(act.15, act.5), arrayFilter(act -> act.2 = 'TeamTimeExtended', acts))) AS extra,
            arrayLast(act -> act.2 = 'ThawScheduled', acts) AS thaw_act,
            arrayLast(act -> act.2 = 'Finalized', acts) AS last_final,
            arrayMap(act -> act.3, arrayFilter(act -> act.2 = 'Transitioned' AND act.6 = 'ended', acts)) AS ends,
            -- intervals that are removed more often than restored
            arrayFilter(
                span -> span.1 < span.2 AND arrayFold(
                    (times, act) -> if(act.8, greatest(times - 1, 0), times + 1),
                    arrayFilter(act -> act.2 = 'IntervalRemoved' AND (act.3, act.4) = span, acts), toInt64(0)
                ) > 0,
                arraySort(arrayDistinct(arrayMap(
                    act -> (assumeNotNull(act.3), assumeNotNull(act.4)),
                    arrayFilter(act -> act.2 = 'IntervalRemoved', acts))))
            ) AS spans
        FROM before
    ),
    cut AS
    (
        SELECT
            contest, point, cause, changed_at, restores, definition, all_acts, d, extra, last_final, ends,
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
            -- the end, the freeze, and the moment from which on no team has time
            ), [duration, duration - d.7, duration + arrayMax(arrayPushBack(mapValues(extra), toInt64(0)))]) AS moments,
            definition >= 0 AND start IS NOT NULL AS known_times
        FROM cut
    ),
    whole AS
    (
        SELECT
            contest, any(all_acts) AS acts,
            groupArray((point, (definition, d, extra, start, duration, removed, moments))) AS states,
            -- as it was before each: 1 point, 2 when the change was recorded, 3 whether it restores an interval, 4 start,
            -- 5 whether there is a freeze that follows from the times, 6 that freeze, 7 whether it is a thaw that was planned,
            -- for when no team has time, 8 and 9 what it does to the freeze by hand (1 freezes, 2 lifts while a team has
            -- time) and from when on, 10 whether the end was noted and the contest finalized when no team had time
            arraySort(step -> step.1, groupArray((
                point, changed_at, restores, ifNull(start, 0), known_times AND d.7 > 0, moments[2],
                cause.6 = 'thawed' AND known_times AND thaw_at IS NOT NULL
                    AND ifNull(cause.3 = greatest(assumeNotNull(thaw_at), moments[3]), false),
                multiIf(
                    cause.2 = 'ScoreboardFrozen', 1,
                    cause.2 = 'ScoreboardUnfrozen' AND NOT (known_times AND cause.9 >= moments[3]), 2,
                    0),
                if(cause.2 = 'ScoreboardFrozen', assumeNotNull(cause.3), cause.9),
                known_times AND has(ends, moments[1]) AND last_final.2 != '' AND last_final.9 >= moments[3]
            ))) AS steps
        FROM ended
        GROUP BY contest
    ),
    gone AS
    (
        SELECT
            contest, acts, states,
            -- What depends on the order of the events: 1 a planned freeze that had come when the times were changed, -1 for
            -- none: it stays, unless the contest now starts behind it, or would freeze earlier without an interval that
            -- was restored; 2 the position of the thaw, -1 for none: the first is the last word on the freeze; 3 and 4 the
            -- freeze by hand; 5 the position of the event that closed the contest, 6 whether one did, 7 the step before
            -- which the contest was as it is.
            arrayFold(
                (now, step, next) -> if(
                    now.6 OR step.10 AND (now.2 >= 0 OR now.3 != 1 AND multiIf(
                        now.1 >= step.4, now.3 = 2 AND now.1 <= now.4, step.5, now.3 = 2 AND step.6 <= now.4, true)),
                    (now.1, now.2, now.3, now.4, now.5, true, if(now.6, now.7, step.1)),
                    (
                        if(
                            step.3 AND next.5 AND next.6 < if(
                                now.1 < step.4 AND step.5 AND step.2 >= greatest(step.4, step.6),
                                greatest(step.4, step.6), now.1),
                            toInt64(-1),
                            if(
                                now.1 < step.4 AND step.5 AND step.2 >= greatest(step.4, step.6),
                                greatest(step.4, step.6), now.1)),
                        if(now.2 < 0 AND step.7, step.1, now.2),
                        if(now.2 < 0 AND step.8 > 0, step.8, now.3),
                        if(now.2 < 0 AND step.8 > 0, step.9, now.4),
                        step.1, false, step.1
                    )),
                steps, arrayPopFront(arrayPushBack(steps, steps[-1])),
                (toInt64(-1), toInt64(-1), toUInt8(0), toInt64(0), toInt64(-1), false, toInt64(-1))
            ) AS course
        FROM whole
    ),
    known AS
    (
        SELECT
            o.contest AS contest, o.course AS course,
            arrayFirst(one -> one.1 = o.course.7, o.states).2 AS state,
            arrayFilter(act -> act.1 <= o.course.5, o.acts) AS counted,
            arrayFilter(one -> one.2 <= o.course.5, g.entries) AS group_entries
        FROM gone AS o
        LEFT JOIN groups_said AS g ON g.contest = o.contest
    ),
    active AS
    (
        SELECT
            *,
            state.1 AS definition, state.2 AS d, state.4 AS start,
            -- the active generation, and those that are open
            if({generation:String} != '', {generation:String}, arrayFold(
                (now, act) -> (
                    if(act.2 = 'GenerationPromoted' AND act.11 = now.1 AND has(now.2, act.10), act.10, now.1),
                    multiIf(
                        act.2 = 'GenerationOpened', arrayPushBack(now.2, act.10),
                        act.2 = 'GenerationRetired' AND act.10 != now.1, arrayFilter(open -> open != act.10, now.2),
                        now.2)
                ),
                counted, ('0', ['0'])
            ).1) AS chosen
        FROM known
        WHERE state.1 >= 0
    ),
    owned AS
    (
        SELECT
            *,
            arrayFirst(act -> act.2 = 'GenerationOpened' AND act.10 = chosen, counted) AS own,
            multiIf(
                start IS NULL, NULL, course.1 >= start, course.1, d.7 > 0, state.7[2], NULL
            ) AS planned_freeze
        FROM active
    ),
    ruled AS
    (
        SELECT *, if(chosen = '0', d.10, own.13) AS parameters FROM owned WHERE chosen = '0' OR own.10 = chosen
    )
SELECT
    contest, definition, d.3 AS name, d.4 AS formal_name, d.16 AS public, d.15 AS rehearsal,
    arrayExists(act -> act.2 = 'Transitioned' AND act.6 = 'started', counted) AS started,
    course.2 >= 0 AS thawed,
    arrayExists(act -> act.2 = 'Finalized', counted) AS finalized,
    -- the position of the event behind which nothing counts
    course.5 AS closed,
    chosen AS generation,
    if(chosen = '0', d.9, own.12) AS rule,
    parameters,
    start,
    if(start IS NULL, NULL, state.7[1]) AS end,
    state.5 AS duration,
    state.6 AS removed,
    multiIf(
        course.3 = 1, course.4,
        course.3 = 2 AND planned_freeze <= course.4, NULL,
        planned_freeze
    ) AS freeze,
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
