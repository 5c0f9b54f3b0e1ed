-- The board of a contest under the rule `ioi`. The questions are those of `podium.scoreboard`. One more, `mode`, is subtasks, best
-- or last, or '' for the contest's own. The canonical scoreboard has the same bytes as the fold's.
--
-- Scores are in units of 1 / score_scale. An attempt is worth its score times the problem's weight; an accepted one without a
-- score the most that the problem gives, or one point where that is not known. Subtasks add up to no more than the most.

CREATE OR REPLACE VIEW podium.points AS
WITH
    limits AS
    (
        SELECT
            toInt64(position) AS definition,
            mapFromArrays(groupArray(toString(problem_id)), groupArray(assumeNotNull(max_score))) AS most
        FROM podium.problems
        WHERE contest = {contest:String} AND max_score IS NOT NULL
        GROUP BY definition
    ),
    worth AS
    (
        SELECT
            t.*,
            arrayFirst(one -> one != '', [{mode:String}, t.parameters['mode'], 'subtasks']) AS mode,
            greatest(t.weights[t.problem], 0) AS times,
            mapContains(l.most, t.problem) AS bounded,
            greatest(if(bounded, l.most[t.problem], t.score_scale), 0) AS once
        FROM podium.tries(
            contest = {contest:String}, generation = {generation:String}, audience = {audience:String},
            at_ms = {at_ms:Int64}, as_of = {as_of:Int64}, upto = {upto:Int64}, frozen = {frozen:Int8}) AS t
        LEFT JOIN limits AS l ON l.definition = t.definition
    ),
    worths AS
    (
        SELECT
            *,
            once * times AS most,
            if(bounded, most, toInt64(9223372036854775807)) AS bound,
            -- 1 contest time, 2 worth, 3 points of subtasks
            arrayMap(
                one -> (
                    one.4,
                    multiIf(
                        one.5 IS NOT NULL, greatest(assumeNotNull(one.5), 0) * times, one.3 = 3, once * times,
                        toInt64(0)),
                    if(one.5 IS NULL, [], arrayMap(points -> greatest(points, 0), one.6))
                ),
                arrayFilter(one -> one.3 > 0, tried)
            ) AS judged
        FROM worth
    ),
    reached AS
    (
        SELECT
            *,
            -- the points after each attempt
            multiIf(
                mode = 'last', arrayMap(one -> one.2, judged),
                mode = 'best', arrayMap(nth -> arrayMax(arrayMap(one -> one.2, arraySlice(judged, 1, nth))), arrayEnumerate(judged)),
                arrayMap(
                    nth -> greatest(
                        arrayMax(arrayMap(one -> one.2, arraySlice(judged, 1, nth))),
                        least(bound, times * arraySum(arrayMap(
                            place -> arrayMax(arrayMap(one -> (one.3)[place], arraySlice(judged, 1, nth))),
                            range(1, 1 + arrayMax(arrayMap(one -> length(one.3), judged)))
                        )))
                    ),
                    arrayEnumerate(judged))
            ) AS after
        FROM worths
    ),
    pointed AS
    (
        SELECT *, if(empty(after), toInt64(0), after[-1]) AS points FROM reached
    ),
    together AS
    (
        SELECT
            audience, team_id, any(listed) AS listed, any(ranked) AS ranked, any(group_ids) AS group_ids,
            any(tie_key) AS tie_key, any(rule) AS rule, any(parameters) AS parameters, any(tasks) AS tasks,
            any(score_scale) AS score_scale,
            mapFromArrays(groupArray(problem), groupArray(
                -- 1 judged, 2 pending, 3 solved, 4 points, 5 when: at the last attempt where it alone counts, at the first with
                -- so many where attempts add up; 6 first
                (
                    toInt64(length(judged)), toInt64(arrayCount(one -> one.3 = 0, tried)),
                    CAST(most > 0 AND points >= most AS Bool), points,
                    if(empty(after), toInt64(0), judged[if(mode = 'last', length(after), indexOf(after, points))].1), first
                )
            )) AS found
        FROM pointed
        GROUP BY audience, team_id
    ),
    lines AS
    (
        SELECT *, arrayMap(task -> found[task], tasks) AS line FROM together
    ),
    scored AS
    (
        SELECT
            *,
            arraySum(one -> one.4, line) AS score,
            arrayMax(arrayPushBack(arrayMap(one -> if(one.4 > 0, one.5, 0), line), toInt64(0))) AS last
        FROM lines
    ),
    keyed AS
    (
        SELECT
            *,
            listed OR {group_id:String} != '' AS placed,
            arrayConcat(if(ranked, [], [toInt64(1)]), [-score], if(parameters['ties'] = 'time', [last], [])) AS sort_key
        FROM scored
        WHERE {group_id:String} = '' OR has(group_ids, {group_id:String})
    )
SELECT
    if(placed AND ranked, rank() OVER (PARTITION BY audience, placed ORDER BY sort_key), NULL) AS rank,
    rule, score_scale, audience, team_id, listed, ranked, sort_key, tie_key,
    toInt64(arrayCount(one -> one.3, line)) AS num_solved, score,
    if(arrayExists(one -> one.4 > 0, line), last, NULL) AS time,
    arrayFilter((problem, one) -> one.6, tasks, line) AS first_to_solve,
    tasks AS `cells.problem_id`,
    arrayMap(one -> one.1, line) AS `cells.num_judged`,
    arrayMap(one -> one.2, line) AS `cells.num_pending`,
    arrayMap(one -> one.3, line) AS `cells.solved`,
    arrayMap(one -> if(one.4 > 0, one.5, NULL), line) AS `cells.time`,
    arrayMap(one -> one.4, line) AS `cells.score`
FROM keyed;
