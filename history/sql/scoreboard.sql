-- The ICPC board of a contest at any contest time (`at_ms`), as it was known at any moment (`as_of`, UTC ms) and
-- position (`upto`), under any generation ('' is the active one), for an audience, frozen or not (`frozen`: -1 as the
-- acts say, 0 not, 1 as if never thawed). It computes from the facts what the fold computes, by its own means: the same
-- records count (the first of an id), the same acts are in force, and the canonical scoreboard has the same bytes.

-- What a contest says of itself: times in UTC ms, durations in ms. It is computed step by step in subqueries, because a
-- name that stands for an expression is copied wherever it is used, and names upon names make a query as long as a book.
CREATE OR REPLACE VIEW podium.terms AS
WITH
    -- positions that the fold left out
    (
        SELECT groupUniqArray(skipped) FROM podium.acts WHERE contest = {contest:String} AND kind = 'PositionSkipped'
    ) AS skips,
    -- a definition takes effect only if the one that it changes is in force
    (
        SELECT arrayFold(
            (force, one) -> if(one.2 = force, one.1, force),
            arraySort(groupUniqArray((toInt64(position), changes))), toInt64(-1)
        )
        FROM podium.definitions
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
    ) AS definition
SELECT
    definition,
    generation,
    rule,
    parameters,
    start,
    duration,
    removed,
    moments[1] AS end,
    multiIf(
        last_freeze.2 = 'ScoreboardFrozen', last_freeze.3,
        freeze_duration <= 0 OR start IS NULL, NULL,
        last_freeze.2 = 'ScoreboardUnfrozen' AND moments[2] <= last_freeze.9, NULL,
        moments[2]
    ) AS freeze,
    thawed,
    finalized,
    if(
        has(mapKeys(parameters), 'penalty_minutes'), toInt64OrZero(parameters['penalty_minutes']) * 60000, penalty_ms
    ) AS penalty,
    if(parameters['time_precision'] = 'seconds', 1000, 60000) AS precision,
    main_group,
    outcomes,
    applied,
    (
        SELECT arrayMap(one -> one.2, arraySort(groupUniqArray((ordinal, toString(problem_id)))))
        FROM podium.problems
        WHERE contest = {contest:String} AND toInt64(position) = definition AND NOT withdrawn
    ) AS tasks,
    skips
FROM
(
    SELECT
        *,
        -- the moments at which the contest ends and is frozen: removed intervals put them off
        arrayMap(
            goal -> arrayFold(
                (moment, span) -> if(
                    greatest(span.1, from) < span.2 AND greatest(span.1, from) < moment,
                    moment + span.2 - greatest(span.1, from), moment),
                removed, from + goal),
            [duration, duration - freeze_duration]
        ) AS moments
    FROM
    (
        SELECT
            chosen AS generation,
            if(chosen = '0', d.rule, own.5) AS rule,
            if(chosen = '0', d.parameters, own.6) AS parameters,
            if(notEmpty(moves), moves[-1].3, toUnixTimestamp64Milli(d.start_time)) AS start,
            ifNull(start, 0) AS from,
            d.duration_ms + extended AS duration,
            ifNull(d.freeze_duration_ms, 0) AS freeze_duration,
            -- each interval without what those before it cover
            arrayFilter(span -> span.1 < span.2, arrayMap(
                (span, place) -> (
                    greatest(span.1, arrayMax(arrayPushBack(
                        arrayMap(before -> before.2, arraySlice(spans, 1, place - 1)), span.1))),
                    span.2),
                spans, arrayEnumerate(spans)
            )) AS removed,
            last_freeze,
            thawed,
            finalized,
            applied,
            d.penalty_ms AS penalty_ms,
            d.outcomes AS outcomes,
            d.main_group AS main_group
        FROM
        (
            SELECT * FROM podium.definitions
            WHERE contest = {contest:String} AND toInt64(position) = definition LIMIT 1
        ) AS d
        CROSS JOIN
        (
            SELECT
                arrayFilter(act -> act.2 = 'StartMoved', acts) AS moves,
                arraySum(act -> act.5, arrayFilter(act -> act.2 = 'ContestExtended', acts)) AS extended,
                arrayLast(act -> act.2 IN ('ScoreboardFrozen', 'ScoreboardUnfrozen'), acts) AS last_freeze,
                arrayLastIndex(act -> act.2 = 'Transitioned' AND act.6 = 'thawed', acts)
                    > arrayLastIndex(act -> act.2 = 'ScoreboardFrozen', acts) AS thawed,
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
                        arrayFilter(act -> act.7 = number AND startsWith(act.2, 'Rejudging'), acts),
                        (toInt64(-1), false)
                    ).1),
                    arrayDistinct(arrayMap(act -> act.7, arrayFilter(act -> act.2 = 'RejudgingApplied', acts)))
                )) AS applied
            FROM
            (
                SELECT
                    arraySort(one -> one.1, groupArray((
                        toInt64(position), toString(kind), toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(until),
                        by_ms, toString(transition), rejudging, undone, toUnixTimestamp64Milli(recorded_at)
                    ))) AS acts
                FROM
                (
                    SELECT * FROM podium.acts
                    WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
                        AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
                        AND kind IN ('StartMoved', 'ContestExtended', 'ScoreboardFrozen', 'ScoreboardUnfrozen',
                            'Transitioned', 'Finalized', 'IntervalRemoved', 'RejudgingApplied', 'RejudgingCancelled',
                            'RejudgingReverted', 'PositionSkipped')
                    ORDER BY position LIMIT 1 BY id
                )
            )
        ) AS a
        CROSS JOIN
        (
            SELECT
                if({generation:String} = '', standing.1, {generation:String}) AS chosen,
                arrayFirst(one -> one.2 = 'opened' AND one.3 = chosen, generations) AS own
            FROM
            (
                SELECT
                    arraySort(groupUniqArray((
                        toInt64(position), toString(kind), generation, expect, toString(rule), parameters
                    ))) AS generations,
                    arrayFold(
                        (now, one) -> (
                            if(one.2 = 'promoted' AND one.4 = now.1 AND has(now.2, one.3), one.3, now.1),
                            multiIf(
                                one.2 = 'opened', arrayPushBack(now.2, one.3),
                                one.2 = 'retired' AND one.3 != now.1, arrayFilter(open -> open != one.3, now.2),
                                now.2)
                        ),
                        generations, ('0', ['0'])
                    ) AS standing
                FROM podium.generations
                WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
                    AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
            )
        ) AS g
        WHERE chosen = '0' OR own.3 = chosen
    )
);

-- The board: a row a team, with what a row of `scoreboard_rows` has, `rank`, and `first_to_solve`, the problems that the
-- team solved first: the earliest accepted attempt, if no earlier one of another team is pending. A cell counts up to the
-- first accepted attempt. What became of an attempt: 0 pending, 1 rejected with penalty, 2 rejected without (which is not
-- among the judged ones, as in the ICPC tools), 3 accepted.
-- Each step is named once, and `t` twice, then handed on as a column: the engine reads anew whatever is named again.
CREATE OR REPLACE VIEW podium.scoreboard AS
WITH
    (
        SELECT groupUniqArray(skipped) FROM podium.acts WHERE contest = {contest:String} AND kind = 'PositionSkipped'
    ) AS skips,
    (
        SELECT groupArray(CAST(
            (
                ifNull(start, 0), ifNull(end, 0), removed, outcomes, applied,
                multiIf(
                    {audience:String} = 'jury' OR {frozen:Int8} = 0, NULL, {frozen:Int8} = 1 OR NOT thawed, freeze, NULL),
                penalty, precision, main_group, rule, tasks
            ) AS Tuple(
                start Int64, end Int64, removed Array(Tuple(Int64, Int64)), outcomes Map(String, Int8),
                applied Array(Tuple(Int64, Int64)), hidden_from Nullable(Int64), penalty Int64, precision Int64,
                main_group String, rule String, tasks Array(String)
            )
        ))
        FROM podium.terms(
            contest = {contest:String}, generation = {generation:String}, as_of = {as_of:Int64}, upto = {upto:Int64})
    )[1] AS t,
    -- of two submissions of one id the first in the log counts
    first_records AS
    (
        SELECT
            submission_id,
            min(toInt64(position)) AS place,
            argMin((team_id, problem_id, toUnixTimestamp64Milli(submitted_at)), position) AS record
        FROM podium.submissions
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
        GROUP BY submission_id
    ),
    submitted AS
    (
        SELECT submission_id, place, record.1 AS team_id, record.2 AS problem_id, record.3 AS at FROM first_records
    ),
    said AS
    (
        SELECT
            submission_id, team_id, problem_id,
            arraySort(groupUniqArray((
                toInt64(position), toString(cause), toString(verdict), judging, act, ignored
            ))) AS sayings
        FROM podium.verdicts
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
            AND cause IN ('judgement', 'override', 'ignore')
        GROUP BY submission_id, team_id, problem_id
    ),
    acted AS
    (
        SELECT
            submission_id, team_id, problem_id,
            arrayFilter(one -> one.2 = 'judgement', sayings) AS judgings,
            -- of two acts with one id the first counts
            arrayFilter(
                (one, nth) -> one.2 != 'judgement' AND nth = 1,
                sayings, arrayEnumerateUniq(arrayMap(one -> one.5, sayings))
            ) AS acts
        FROM said
    ),
    judged AS
    (
        SELECT
            submission_id, team_id, problem_id, judgings,
            arrayLast(one -> one.2 = 'ignore', acts).6 AS ignored,
            -- (position, verdict) of the verdict by hand
            arrayMap(
                one -> if(one.3 = '', (toInt64(-2), ''), (one.1, one.3)),
                [arrayLast(one -> one.2 = 'override', acts)]
            )[1] AS by_hand
        FROM acted
    ),
    -- of two chunks of one place the first in the log counts
    chunks AS
    (
        SELECT rejudging, submission_id, position, min(position) OVER (PARTITION BY rejudging, chunk) AS first_position
        FROM podium.rejudgings
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
    ),
    rejudged AS
    (
        SELECT submission_id, groupUniqArray(rejudging) AS rejudgings
        FROM chunks
        WHERE position = first_position
        GROUP BY submission_id
    ),
    counted AS
    (
        SELECT
            s.team_id AS team_id, s.problem_id AS problem_id, s.at AS at, s.place AS place,
            j.judgings AS judgings, j.by_hand AS by_hand, r.rejudgings AS rejudgings, t AS terms
        FROM submitted AS s
        LEFT JOIN judged AS j
            ON j.submission_id = s.submission_id AND j.team_id = s.team_id AND j.problem_id = s.problem_id
        LEFT JOIN rejudged AS r ON r.submission_id = s.submission_id
        WHERE NOT j.ignored
    ),
    shown AS
    (
        SELECT
            team_id, problem_id, at, place, judgings, by_hand, terms,
            at - terms.start - arraySum(
                span -> greatest(0, least(span.2, at) - greatest(span.1, terms.start)),
                if(at > terms.start, terms.removed, [])
            ) AS contest_time,
            -- (position, rejudging) of the act that applied a rejudging of it last
            arrayMax(arrayPushBack(
                arrayMap(one -> (one.2, one.1), arrayFilter(one -> has(rejudgings, one.1), terms.applied)),
                (toInt64(-1), toInt64(0))
            )) AS redone
        FROM counted
        WHERE at >= terms.start AND at < terms.end
    ),
    attempts AS
    (
        SELECT
            team_id, problem_id, at, place, terms, contest_time,
            if(
                ifNull(at >= terms.hidden_from, false), toInt8(0),
                terms.outcomes[
                    if(by_hand.1 > redone.1, by_hand.2, arrayFirst(one -> one.4 = redone.2, judgings).3)
                ]
            ) AS outcome
        FROM shown
        WHERE contest_time <= {at_ms:Int64}
    ),
    tries AS
    (
        SELECT
            team_id, problem_id, any(terms.penalty) AS penalty, any(terms.precision) AS precision,
            arraySort(groupArray((at, place, outcome, contest_time))) AS tried
        FROM attempts
        GROUP BY team_id, problem_id
    ),
    seen AS
    (
        SELECT
            *,
            arrayFirstIndex(one -> one.3 = 3, tried) AS accepted,
            arrayFirstIndex(one -> one.3 = 0, tried) AS pending
        FROM tries
    ),
    -- (judged, pending, solved, time, penalty), and where the first accepted and the first pending attempt stand
    cells AS
    (
        SELECT
            team_id, problem_id,
            arrayMap(
                (counts, solved_at) -> (
                    toInt64(arrayCount(one -> one.3 IN (1, 3), counts)), toInt64(arrayCount(one -> one.3 = 0, counts)),
                    CAST(accepted > 0 AS Bool), solved_at,
                    if(accepted > 0, solved_at + penalty * arrayCount(one -> one.3 = 1, counts), toInt64(0))
                ),
                [if(accepted = 0, tried, arraySlice(tried, 1, accepted))],
                [intDiv(tried[accepted].4, precision) * precision]
            )[1] AS cell,
            (tried[accepted].1, tried[accepted].2) AS accepted_at,
            if(pending > 0, (tried[pending].1, tried[pending].2), (toInt64(-1), toInt64(-1))) AS pending_at
        FROM seen
    ),
    entries AS
    (
        SELECT team_id, argMax((tie_key, group_ids, hidden, removed), position) AS entry
        FROM podium.teams
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
        GROUP BY team_id
    ),
    group_entries AS
    (
        SELECT group_id, argMax(hidden, position) AS last_hidden
        FROM podium.groups
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
        GROUP BY group_id
    ),
    belonging AS
    (
        SELECT
            team_id, entry, t AS terms,
            entry.3 OR hasAny(entry.2, (SELECT groupArray(group_id) FROM group_entries WHERE last_hidden)) AS hidden
        FROM entries
    ),
    team_acts AS
    (
        SELECT team_id, kind, by_ms, undone, position
        FROM podium.acts
        WHERE contest = {contest:String} AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND NOT has(skips, position)
            AND kind IN ('PenaltyAdded', 'TeamDisqualified')
        ORDER BY position LIMIT 1 BY team_id, kind, id
    ),
    treated AS
    (
        SELECT
            team_id,
            sumIf(by_ms, kind = 'PenaltyAdded') AS added,
            argMaxIf(NOT undone, position, kind = 'TeamDisqualified') AS disqualified
        FROM team_acts
        GROUP BY team_id
    ),
    entrants AS
    (
        SELECT
            b.team_id AS team_id, b.entry.1 AS tie_key, a.added AS added, terms.rule AS rule, terms.tasks AS tasks,
            CAST(NOT b.hidden AND NOT a.disqualified AS Bool) AS ranked
        FROM belonging AS b
        LEFT JOIN treated AS a ON a.team_id = b.team_id
        WHERE NOT entry.4 AND (terms.main_group = '' OR has(entry.2, terms.main_group))
            AND ({audience:String} = 'jury' OR NOT hidden)
    ),
    of_teams AS
    (
        SELECT
            e.team_id AS team_id, e.ranked AS ranked, e.tie_key AS tie_key, e.added AS added, e.rule AS rule,
            e.tasks AS tasks, toString(c.problem_id) AS problem_id, c.cell AS cell, c.accepted_at AS accepted_at,
            c.pending_at AS pending_at
        FROM entrants AS e
        LEFT JOIN cells AS c ON c.team_id = e.team_id
    ),
    of_problems AS
    (
        SELECT
            problem_id,
            groupArray((team_id, ranked, tie_key, added, cell, rule, tasks)) AS side,
            minIf(accepted_at, ranked AND cell.3) AS best,
            argMinIf(team_id, accepted_at, ranked AND cell.3) AS winner,
            groupArrayIf((pending_at, team_id), ranked AND pending_at.1 >= 0) AS waiting
        FROM of_teams
        GROUP BY problem_id
    ),
    decided AS
    (
        SELECT problem_id, side, if(arrayExists(one -> one.2 != winner AND one.1 < best, waiting), '', winner) AS first
        FROM of_problems
    ),
    together AS
    (
        SELECT
            one.1 AS team_id, any(one.2) AS ranked, any(one.3) AS tie_key, any(one.4) AS added, any(one.6) AS rule,
            any(one.7) AS tasks,
            mapFromArrays(
                groupArray(problem_id), groupArray(tupleConcat(one.5, tuple(CAST(one.1 = first AS Bool))))
            ) AS found
        FROM decided
        ARRAY JOIN side AS one
        GROUP BY one.1
    ),
    lines AS
    (
        SELECT *, arrayMap(problem -> found[problem], tasks) AS line FROM together
    ),
    scored AS
    (
        SELECT
            *,
            arrayCount(one -> one.3, line) AS num_solved,
            added + arraySum(one -> if(one.3, one.5, 0), line) AS total_time,
            arrayMax(arrayPushBack(arrayMap(one -> if(one.3, one.4, 0), line), toInt64(0))) AS last
        FROM lines
    ),
    keyed AS
    (
        SELECT *, arrayConcat(if(ranked, [], [toInt64(1)]), [-toInt64(num_solved), total_time, last]) AS sort_key
        FROM scored
    )
SELECT
    if(ranked, rank() OVER (ORDER BY sort_key), NULL) AS rank,
    rule, team_id, ranked, sort_key, tie_key, num_solved, total_time,
    if(num_solved > 0, last, NULL) AS time,
    arrayFilter((problem, one) -> one.6, tasks, line) AS first_to_solve,
    tasks AS `cells.problem_id`,
    arrayMap(one -> one.1, line) AS `cells.num_judged`,
    arrayMap(one -> one.2, line) AS `cells.num_pending`,
    arrayMap(one -> one.3, line) AS `cells.solved`,
    arrayMap(one -> if(one.3, one.4, NULL), line) AS `cells.time`
FROM keyed;
