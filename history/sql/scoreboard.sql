-- What every team tried of every problem, and who solved it first: what boards are computed from. At any contest time
-- (`at_ms`), as it was known at any moment (`as_of`, UTC ms) and position (`upto`), under any generation ('' is the active
-- one), for an audience (public, jury) or for both at once ('public,jury': it takes little longer than one), frozen or not
-- (`frozen`: -1 as the acts say, 0 not, 1 as if never thawed). It computes from the facts what the fold computes, by its own
-- means: the same records count (the first of an id), the same acts are in force.
--
-- A row an audience and a problem that a team tried, and one without a problem at least for a team that tried none; of the
-- teams on the board and of those that are on their groups' boards alone (not `listed`). `first`: the earliest accepted
-- attempt of all is this team's, and no earlier one of another team is pending.

CREATE OR REPLACE VIEW podium.tries AS
WITH
    attempts AS
    (
        SELECT
            *,
            audience,
            behind_freeze AND audience != 'jury'
                AND ({frozen:Int8} = 1 OR {frozen:Int8} = -1 AND NOT thawed) AS unseen
        FROM podium.judgements(
            contest = {contest:String}, generation = {generation:String}, as_of = {as_of:Int64}, upto = {upto:Int64})
        ARRAY JOIN splitByChar(',', {audience:String}) AS audience
        WHERE entered AND (listed OR ranked) AND (audience = 'jury' OR NOT hidden)
    ),
    counted AS
    (
        SELECT
            *,
            -- what the public cannot see yet is pending, whatever the jury has done with it
            in_time AND (unseen OR NOT ignored) AND contest_time <= {at_ms:Int64} AS counts
        FROM attempts
    ),
    gathered AS
    (
        SELECT
            audience, team_id, if(counts, toString(problem_id), '') AS problem,
            -- of the team and of its contest
            any(listed) AS listed, any(ranked) AS ranked, any(group_ids) AS group_ids, any(tie_key) AS tie_key,
            any(added) AS added, any(definition) AS definition, any(rule) AS rule, any(parameters) AS parameters, any(penalty) AS penalty,
            any(precision) AS precision, any(tasks) AS tasks, any(weights) AS weights, any(score_scale) AS score_scale,
            -- 1 time, 2 position, 3 outcome, 4 contest time, 5 score, 6 those of groups
            arraySort(one -> (one.1, one.2), groupArrayIf(
                (at, position, if(unseen, toInt8(0), outcome), contest_time, score, group_scores), counts)) AS tried
        FROM counted
        GROUP BY audience, team_id, problem
    ),
    seen AS
    (
        SELECT
            *,
            listed AND ranked AS competes,
            arrayFirstIndex(one -> one.3 = 3, tried) AS accepted,
            arrayFirstIndex(one -> one.3 = 0, tried) AS pending
        FROM gathered
    ),
    won AS
    (
        SELECT
            *,
            minIf((tried[accepted].1, tried[accepted].2, team_id), accepted > 0 AND competes)
                OVER (PARTITION BY audience, problem) AS best
        FROM seen
    )
SELECT
    audience, team_id, listed, ranked, group_ids, tie_key, added, definition, rule, parameters, penalty, precision, tasks,
    weights, score_scale, problem, tried, accepted,
    countIf(
        competes AND pending > 0 AND team_id != best.3 AND (tried[pending].1, tried[pending].2) < (best.1, best.2)
    ) OVER (PARTITION BY audience, problem) = 0 AND team_id = best.3 AS first
FROM won;

-- The ICPC board of a contest: a row an audience and team, with what a row of `scoreboard_rows` has, `rank`, and
-- `first_to_solve`, the problems that the team solved first. The canonical scoreboard has the same bytes as the fold's. A cell
-- counts up to the first accepted attempt; what was rejected without penalty is not among the judged ones, as in the ICPC
-- tools. With a `group_id` (else '') it is that group's own board: its teams, listed or not, with their ranks among each other;
-- who solved a problem first is asked of all teams as before.

CREATE OR REPLACE VIEW podium.scoreboard AS
WITH
    counted AS
    (
        SELECT
            *,
            if(accepted = 0, tried, arraySlice(tried, 1, accepted)) AS counts,
            intDiv(tried[accepted].4, precision) * precision AS solved_at
        FROM podium.tries(
            contest = {contest:String}, generation = {generation:String}, audience = {audience:String},
            at_ms = {at_ms:Int64}, as_of = {as_of:Int64}, upto = {upto:Int64}, frozen = {frozen:Int8})
    ),
    together AS
    (
        SELECT
            audience, team_id, any(listed) AS listed, any(ranked) AS ranked, any(group_ids) AS group_ids,
            any(tie_key) AS tie_key, any(added) AS added, any(rule) AS rule, any(tasks) AS tasks, any(weights) AS weights,
            mapFromArrays(groupArray(problem), groupArray(
                -- 1 judged, 2 pending, 3 solved, 4 time, 5 penalty, 6 first
                (
                    toInt64(arrayCount(one -> one.3 IN (1, 3), counts)), toInt64(arrayCount(one -> one.3 = 0, counts)),
                    CAST(accepted > 0 AS Bool), solved_at,
                    if(accepted > 0, solved_at + penalty * arrayCount(one -> one.3 = 1, counts), toInt64(0)), first
                )
            )) AS found
        FROM counted
        GROUP BY audience, team_id
    ),
    lines AS
    (
        SELECT *, arrayMap(task -> found[task], tasks) AS line FROM together
    ),
    weighed AS
    (
        SELECT
            *,
            -- a problem of no weight counts for nothing
            arrayMap((one, task) -> if(one.3 AND weights[task] > 0, weights[task], toInt64(0)), line, tasks) AS worth
        FROM lines
    ),
    scored AS
    (
        SELECT
            *,
            arraySum(worth) AS num_solved,
            added + arraySum((one, counts) -> if(counts > 0, one.5, 0), line, worth) AS total_time,
            arrayMax(arrayPushBack(
                arrayMap((one, counts) -> if(counts > 0, one.4, 0), line, worth), toInt64(0))) AS last
        FROM weighed
    ),
    keyed AS
    (
        SELECT
            *,
            listed OR {group_id:String} != '' AS placed,
            arrayConcat(if(ranked, [], [toInt64(1)]), [-num_solved, total_time, last]) AS sort_key
        FROM scored
        WHERE {group_id:String} = '' OR has(group_ids, {group_id:String})
    )
SELECT
    if(placed AND ranked, rank() OVER (PARTITION BY audience, placed ORDER BY sort_key), NULL) AS rank,
    rule, audience, team_id, listed, ranked, sort_key, tie_key, num_solved, total_time,
    if(num_solved > 0, last, NULL) AS time,
    arrayFilter((problem, one) -> one.6, tasks, line) AS first_to_solve,
    tasks AS `cells.problem_id`,
    arrayMap(one -> one.1, line) AS `cells.num_judged`,
    arrayMap(one -> one.2, line) AS `cells.num_pending`,
    arrayMap(one -> one.3, line) AS `cells.solved`,
    arrayMap(one -> if(one.3, one.4, NULL), line) AS `cells.time`
FROM keyed;
