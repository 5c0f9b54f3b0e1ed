-- The board of a contest under the rule `ioi`. The questions are those of `podium.scoreboard`, and so is who is on the board, who
-- holds a rank and who solved a problem first. One more, `mode`, is subtasks, best or last, or '' for the contest's own. What
-- there is of points is computed from the facts by means of its own; the canonical scoreboard has the same bytes as the fold's.
--
-- Scores are in units of 1 / score_scale. An attempt is worth its score times the problem's weight; an accepted one without a
-- score the most that the problem gives, or one point where that is not known.

CREATE OR REPLACE VIEW podium.points AS
WITH
    said AS
    (
        SELECT
            contest, definition, score_scale,
            arrayFirst(one -> one != '', [{mode:String}, parameters['mode'], 'subtasks']) AS mode,
            parameters['ties'] = 'time' AS by_time
        FROM podium.terms(
            contest = {contest:String}, generation = {generation:String}, as_of = {as_of:Int64}, upto = {upto:Int64})
    ),
    worths AS
    (
        SELECT
            toString(p.problem_id) AS problem_id, s.mode AS mode, greatest(p.weight, 0) AS times,
            greatest(ifNull(p.max_score, s.score_scale), 0) * greatest(p.weight, 0) AS most
        FROM podium.problems AS p
        INNER JOIN said AS s ON s.contest = p.contest AND s.definition = toInt64(p.position)
        LIMIT 1 BY problem_id
    ),
    attempts AS
    (
        SELECT
            j.team_id AS team_id, toString(j.problem_id) AS problem_id, j.at AS at, j.position AS position,
            j.contest_time AS contest_time, j.score AS score, j.group_scores AS group_scores,
            j.behind_freeze AND {audience:String} != 'jury'
                AND ({frozen:Int8} = 1 OR {frozen:Int8} = -1 AND NOT j.thawed) AS unseen,
            if(unseen, toInt8(0), j.outcome) AS outcome
        FROM podium.judgements(contest = {contest:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS j
        -- what the public cannot see yet is pending, whatever the jury has done with it
        WHERE j.in_time AND (unseen OR NOT j.ignored) AND j.contest_time <= {at_ms:Int64}
    ),
    tries AS
    (
        SELECT
            a.team_id AS team_id, a.problem_id AS problem_id, any(w.mode) AS mode, any(w.times) AS times,
            any(w.most) AS most,
            countIf(a.outcome = 0) AS pending,
            -- 1 time, 2 position, 3 contest time, 4 worth, 5 points of subtasks
            arraySort(groupArrayIf((
                a.at, a.position, a.contest_time,
                multiIf(
                    a.score IS NOT NULL, greatest(assumeNotNull(a.score), 0) * w.times, a.outcome = 3, w.most, toInt64(0)),
                if(a.score IS NULL, [], arrayMap(one -> greatest(one, 0), a.group_scores))
            ), a.outcome > 0)) AS judged
        FROM attempts AS a
        INNER JOIN worths AS w ON w.problem_id = a.problem_id
        GROUP BY team_id, problem_id
    ),
    reached AS
    (
        SELECT
            team_id, problem_id, most, pending, judged,
            -- the points after each attempt
            multiIf(
                mode = 'last', arrayMap(one -> one.4, judged),
                mode = 'best', arrayMap(nth -> arrayMax(arrayMap(one -> one.4, arraySlice(judged, 1, nth))), arrayEnumerate(judged)),
                arrayMap(
                    nth -> greatest(
                        arrayMax(arrayMap(one -> one.4, arraySlice(judged, 1, nth))),
                        times * arraySum(arrayMap(
                            place -> arrayMax(arrayMap(one -> (one.5)[place], arraySlice(judged, 1, nth))),
                            range(1, 1 + arrayMax(arrayMap(one -> length(one.5), judged)))
                        ))
                    ),
                    arrayEnumerate(judged))
            ) AS after,
            if(empty(after), toInt64(0), after[-1]) AS points,
            -- when: at the last attempt where it alone counts, at the first with so many where attempts add up
            if(empty(after), toInt64(0), judged[if(mode = 'last', length(after), indexOf(after, points))].3) AS moment
        FROM tries
    ),
    cells AS
    (
        SELECT
            team_id,
            -- 1 judged, 2 pending, 3 solved, 4 points, 5 when
            mapFromArrays(
                groupArray(problem_id),
                groupArray((
                    toInt64(length(judged)), toInt64(pending), CAST(most > 0 AND points >= most AS Bool), points, moment
                ))
            ) AS found
        FROM reached
        GROUP BY team_id
    ),
    lines AS
    (
        SELECT
            b.team_id AS team_id, b.rule AS rule, b.listed AS listed, b.ranked AS ranked, b.tie_key AS tie_key,
            b.first_to_solve AS first_to_solve, b.`cells.problem_id` AS tasks,
            arrayMap(problem -> c.found[toString(problem)], tasks) AS line
        FROM podium.scoreboard(
            contest = {contest:String}, generation = {generation:String}, audience = {audience:String},
            at_ms = {at_ms:Int64}, as_of = {as_of:Int64}, upto = {upto:Int64}, frozen = {frozen:Int8}) AS b
        LEFT JOIN cells AS c ON c.team_id = b.team_id
    ),
    scored AS
    (
        SELECT
            l.*, s.score_scale AS score_scale,
            arraySum(arrayMap(one -> one.4, line)) AS score,
            arrayMax(arrayPushBack(arrayMap(one -> if(one.4 > 0, one.5, 0), line), toInt64(0))) AS last,
            arrayConcat(if(ranked, [], [toInt64(1)]), [-score], if(s.by_time, [last], [])) AS sort_key
        FROM lines AS l
        CROSS JOIN said AS s
    )
SELECT
    if(listed AND ranked, rank() OVER (PARTITION BY listed ORDER BY sort_key), NULL) AS rank,
    rule, score_scale, team_id, listed, ranked, sort_key, tie_key, toInt64(arrayCount(one -> one.3, line)) AS num_solved,
    score,
    if(arrayExists(one -> one.4 > 0, line), last, NULL) AS time,
    first_to_solve,
    tasks AS `cells.problem_id`,
    arrayMap(one -> one.1, line) AS `cells.num_judged`,
    arrayMap(one -> one.2, line) AS `cells.num_pending`,
    arrayMap(one -> one.3, line) AS `cells.solved`,
    arrayMap(one -> if(one.4 > 0, one.5, NULL), line) AS `cells.time`,
    arrayMap(one -> one.4, line) AS `cells.score`
FROM scored;
