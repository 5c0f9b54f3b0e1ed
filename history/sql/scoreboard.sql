-- The ICPC board of a contest at any contest time (`at_ms`), as it was known at any moment (`as_of`, UTC ms) and position
-- (`upto`), under any generation ('' is the active one), for an audience (public, jury), frozen or not (`frozen`: -1 as the
-- acts say, 0 not, 1 as if never thawed). It computes from the facts what the fold computes, by its own means: the same
-- records count (the first of an id), the same acts are in force, and the canonical scoreboard has the same bytes.
--
-- A row a team, with what a row of `scoreboard_rows` has, `rank` on the contest's own board, and `first_to_solve`, the problems
-- that the team solved first: the earliest accepted attempt, if no earlier one of another team is pending. A cell counts up to
-- the first accepted attempt; what was rejected without penalty is not among the judged ones, as in the ICPC tools.

CREATE OR REPLACE VIEW podium.scoreboard AS
WITH
    attempts AS
    (
        SELECT
            team_id, toString(problem_id) AS problem_id, at, position, contest_time,
            behind_freeze AND {audience:String} != 'jury'
                AND ({frozen:Int8} = 1 OR {frozen:Int8} = -1 AND NOT thawed) AS unseen,
            if(unseen, toInt8(0), outcome) AS outcome
        FROM podium.judgements(contest = {contest:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS j
        -- what the public cannot see yet is pending, whatever the jury has done with it
        WHERE in_time AND (unseen OR NOT ignored) AND contest_time <= {at_ms:Int64}
    ),
    tries AS
    (
        SELECT
            team_id, problem_id,
            -- 1 time, 2 position, 3 outcome, 4 contest time
            arraySort(groupArray((at, position, outcome, contest_time))) AS tried
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
    of_teams AS
    (
        SELECT
            e.team_id AS team_id, e.listed AS listed, e.ranked AS ranked, e.tie_key AS tie_key, e.added AS added,
            e.rule AS rule, e.penalty AS penalty, e.precision AS precision, e.tasks AS tasks, e.weights AS weights,
            c.problem_id AS problem_id,
            if(c.accepted = 0, c.tried, arraySlice(c.tried, 1, c.accepted)) AS counted,
            (c.tried[c.accepted].1, c.tried[c.accepted].2) AS accepted_at,
            if(c.pending > 0, (c.tried[c.pending].1, c.tried[c.pending].2), (toInt64(-1), toInt64(-1))) AS pending_at,
            c.accepted > 0 AS solved,
            intDiv(c.tried[c.accepted].4, e.precision) * e.precision AS solved_at
        FROM podium.entrants(
            contest = {contest:String}, generation = {generation:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS e
        LEFT JOIN seen AS c ON c.team_id = e.team_id
        WHERE (e.listed OR e.ranked) AND ({audience:String} = 'jury' OR NOT e.hidden)
    ),
    cells AS
    (
        SELECT
            team_id, listed, ranked, tie_key, added, rule, tasks, weights, problem_id, accepted_at, pending_at,
            listed AND ranked AS competes,
            -- 1 judged, 2 pending, 3 solved, 4 time, 5 penalty
            (
                toInt64(arrayCount(one -> one.3 IN (1, 3), counted)), toInt64(arrayCount(one -> one.3 = 0, counted)),
                CAST(solved AS Bool), solved_at,
                if(solved, solved_at + penalty * arrayCount(one -> one.3 = 1, counted), toInt64(0))
            ) AS cell
        FROM of_teams
    ),
    of_problems AS
    (
        SELECT
            problem_id,
            groupArray((team_id, ranked, tie_key, added, cell, rule, tasks, weights, listed)) AS side,
            minIf(accepted_at, competes AND cell.3) AS best,
            argMinIf(team_id, accepted_at, competes AND cell.3) AS winner,
            groupArrayIf((pending_at, team_id), competes AND pending_at.1 >= 0) AS waiting
        FROM cells
        GROUP BY problem_id
    ),
    decided AS
    (
        SELECT side, problem_id, if(arrayExists(one -> one.2 != winner AND one.1 < best, waiting), '', winner) AS first
        FROM of_problems
    ),
    together AS
    (
        SELECT
            one.1 AS team_id, any(one.2) AS ranked, any(one.3) AS tie_key, any(one.4) AS added, any(one.6) AS rule,
            any(one.7) AS tasks, any(one.8) AS weights, any(one.9) AS listed,
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
            -- a problem of no weight counts for nothing
            arrayMap((one, task) -> if(one.3 AND weights[task] > 0, weights[task], toInt64(0)), line, tasks) AS worth,
            arraySum(worth) AS num_solved,
            added + arraySum((one, counts) -> if(counts > 0, one.5, 0), line, worth) AS total_time,
            arrayMax(arrayPushBack(
                arrayMap((one, counts) -> if(counts > 0, one.4, 0), line, worth), toInt64(0))) AS last
        FROM lines
    ),
    keyed AS
    (
        SELECT *, arrayConcat(if(ranked, [], [toInt64(1)]), [-num_solved, total_time, last]) AS sort_key
        FROM scored
    )
SELECT
    if(listed AND ranked, rank() OVER (PARTITION BY listed ORDER BY sort_key), NULL) AS rank,
    rule, team_id, listed, ranked, sort_key, tie_key, num_solved, total_time,
    if(num_solved > 0, last, NULL) AS time,
    arrayFilter((problem, one) -> one.6, tasks, line) AS first_to_solve,
    tasks AS `cells.problem_id`,
    arrayMap(one -> one.1, line) AS `cells.num_judged`,
    arrayMap(one -> one.2, line) AS `cells.num_pending`,
    arrayMap(one -> one.3, line) AS `cells.solved`,
    arrayMap(one -> if(one.3, one.4, NULL), line) AS `cells.time`
FROM keyed;
