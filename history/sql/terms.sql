-- What a contest says of itself, a row a contest: times in UTC ms, durations in ms.
--
-- Parameters of these views: `contest` ('' for all), `as_of` (UTC ms: what was recorded later is left out) and `upto` (records
-- behind this position of the log are left out).
-- `generation`: its id, or '' for the active one. Each step is named once: the engine reads
-- anew whatever is named again.

CREATE OR REPLACE VIEW podium.terms AS
WITH
    -- positions that the fold left out: what it wrote of them comes later, and counts for every prefix
    skips AS
    (
        SELECT contest, toUInt64(skipped) FROM podium.acts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND kind = 'PositionSkipped'
    ),
    -- a definition takes effect only if the one that it changes is in force
    defined AS
    (
        SELECT
            contest,
            arrayFold(
                (force, one) -> if(one.2 = force, one.1, force),
                arraySort(groupUniqArray((toInt64(position), changes))), toInt64(-1)
            ) AS definition
        FROM podium.definitions
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND (contest, position) NOT IN skips
        GROUP BY contest
    ),
    -- of two acts with one id the first in the log counts
    first_acts AS
    (
        SELECT contest, position, recorded_at, kind, at, until, by_ms, transition, rejudging, undone
        FROM podium.acts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND (contest, position) NOT IN skips
            AND kind IN ('StartMoved', 'ContestExtended', 'ScoreboardFrozen', 'ScoreboardUnfrozen', 'Transitioned',
                'Finalized', 'IntervalRemoved', 'RejudgingApplied', 'RejudgingCancelled', 'RejudgingReverted',
                'PositionSkipped')
        ORDER BY position LIMIT 1 BY contest, id
    ),
    gathered AS
    (
        SELECT
            contest,
            -- 1 position, 2 kind, 3 at, 4 until, 5 by, 6 transition, 7 rejudging, 8 undone, 9 recorded
            arraySort(one -> one.1, groupArray((
                toInt64(position), toString(kind), toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(until), by_ms,
                toString(transition), rejudging, undone, toUnixTimestamp64Milli(recorded_at)
            ))) AS acts
        FROM first_acts
        GROUP BY contest
    ),
    sorted AS
    (
        SELECT
            contest,
            arrayFilter(act -> act.2 = 'StartMoved', acts) AS moves,
            arraySum(act -> act.5, arrayFilter(act -> act.2 = 'ContestExtended', acts)) AS extended,
            arrayLast(act -> act.2 IN ('ScoreboardFrozen', 'ScoreboardUnfrozen'), acts) AS last_freeze,
            arrayLastIndex(act -> act.2 = 'Transitioned' AND act.6 = 'thawed', acts)
                > arrayLastIndex(act -> act.2 = 'ScoreboardFrozen', acts) AS thawed,
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
            )) AS applied
        FROM gathered
    ),
    generated AS
    (
        SELECT
            contest,
            arraySort(groupUniqArray((
                toInt64(position), toString(kind), toString(generation), expect, toString(rule), parameters
            ))) AS generations
        FROM podium.generations
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND (contest, position) NOT IN skips
        GROUP BY contest
    ),
    standing AS
    (
        SELECT
            contest,
            generations,
            -- the active one, and those that are open
            arrayFold(
                (now, one) -> (
                    if(one.2 = 'promoted' AND one.4 = now.1 AND has(now.2, one.3), one.3, now.1),
                    multiIf(
                        one.2 = 'opened', arrayPushBack(now.2, one.3),
                        one.2 = 'retired' AND one.3 != now.1, arrayFilter(open -> open != one.3, now.2),
                        now.2)
                ),
                generations, ('0', ['0'])
            ).1 AS active
        FROM generated
    ),
    ordered AS
    (
        SELECT
            contest, position,
            arrayMap(one -> one.2, arraySort(groupUniqArray((ordinal, toString(problem_id))))) AS tasks
        FROM podium.problems
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND NOT withdrawn
        GROUP BY contest, position
    ),
    joined AS
    (
        SELECT
            d.contest AS contest, f.definition AS definition, d.name AS name, d.formal_name AS formal_name,
            d.public AS public, d.rehearsal AS rehearsal, d.rule AS rule, d.parameters AS parameters,
            d.penalty_ms AS penalty_ms, d.outcomes AS outcomes, d.published AS published, d.main_group AS main_group,
            if(notEmpty(a.moves), a.moves[-1].3, toUnixTimestamp64Milli(d.start_time)) AS start,
            d.duration_ms + a.extended AS duration, ifNull(d.freeze_duration_ms, 0) AS freeze_duration,
            a.last_freeze AS last_freeze, a.thawed AS thawed, a.started AS started, a.finalized AS finalized,
            a.spans AS spans, a.applied AS applied, g.generations AS generations, o.tasks AS tasks,
            multiIf({generation:String} != '', {generation:String}, g.active != '', g.active, '0') AS chosen
        FROM defined AS f
        INNER JOIN podium.definitions AS d ON d.contest = f.contest AND toInt64(d.position) = f.definition
        LEFT JOIN sorted AS a ON a.contest = d.contest
        LEFT JOIN standing AS g ON g.contest = d.contest
        LEFT JOIN ordered AS o ON o.contest = d.contest AND o.position = d.position
        LIMIT 1 BY contest
    ),
    cut AS
    (
        SELECT
            *,
            ifNull(start, 0) AS from,
            arrayFirst(one -> one.2 = 'opened' AND one.3 = chosen, generations) AS own,
            -- each interval without what those before it cover
            arrayFilter(span -> span.1 < span.2, arrayMap(
                (span, place) -> (
                    greatest(span.1, arrayMax(arrayPushBack(
                        arrayMap(before -> before.2, arraySlice(spans, 1, place - 1)), span.1))),
                    span.2),
                spans, arrayEnumerate(spans)
            )) AS removed
        FROM joined
    ),
    timed AS
    (
        SELECT
            *,
            if(chosen = '0', parameters, own.6) AS its_parameters,
            -- the moments at which the contest ends and is frozen: removed intervals put them off
            arrayMap(
                goal -> arrayFold(
                    (moment, span) -> if(
                        greatest(span.1, from) < span.2 AND greatest(span.1, from) < moment,
                        moment + span.2 - greatest(span.1, from), moment),
                    removed, from + goal),
                [duration, duration - freeze_duration]
            ) AS moments
        FROM cut
        WHERE chosen = '0' OR own.3 = chosen
    )
SELECT
    contest, definition, name, formal_name, public, rehearsal, started, thawed, finalized,
    chosen AS generation,
    if(chosen = '0', rule, own.5) AS rule,
    its_parameters AS parameters,
    start,
    if(start IS NULL, NULL, moments[1]) AS end,
    duration,
    removed,
    multiIf(
        last_freeze.2 = 'ScoreboardFrozen', last_freeze.3,
        freeze_duration <= 0 OR start IS NULL, NULL,
        last_freeze.2 = 'ScoreboardUnfrozen' AND moments[2] <= last_freeze.9, NULL,
        moments[2]
    ) AS freeze,
    if(
        has(mapKeys(its_parameters), 'penalty_minutes'),
        toInt64OrZero(its_parameters['penalty_minutes']) * 60000, penalty_ms
    ) AS penalty,
    if(its_parameters['time_precision'] = 'seconds', 1000, 60000) AS precision,
    main_group, outcomes, published, applied, tasks
FROM timed;
