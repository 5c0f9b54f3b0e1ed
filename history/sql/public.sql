-- What analysts read. Every view runs with its maker's rights, so that analysts need none on the raw database. Nothing here
-- tells what the public must not know: contests that are not public, problems of contests that have not started, hidden
-- teams, and what became of submissions behind a freeze that is not thawed. What is hidden is blanked by an expression
-- before anything is filtered: a condition of the analyst's own, wherever the engine puts it, sees the blank.

CREATE OR REPLACE VIEW podium_public.contests DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        public,
        if(public, contest, '') AS id,
        if(public, name, '') AS shown_name,
        if(public, formal_name, '') AS shown_formal_name,
        start, end, freeze, duration, penalty, rule, rehearsal, started, thawed, finalized
    FROM podium.terms(
        contest = '', generation = '', as_of = 4611686018427387904, upto = 4611686018427387904)
)
SELECT
    id AS contest,
    shown_name AS name,
    shown_formal_name AS formal_name,
    fromUnixTimestamp64Milli(start, 'UTC') AS starts_at,
    fromUnixTimestamp64Milli(end, 'UTC') AS ends_at,
    fromUnixTimestamp64Milli(freeze, 'UTC') AS frozen_from,
    duration AS duration_ms,
    penalty AS penalty_ms,
    rule, rehearsal, started, thawed, finalized
FROM shown
WHERE public;

CREATE OR REPLACE VIEW podium_public.problems DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        t.public AND t.started AS told,
        p.contest AS contest,
        if(told, toString(p.problem_id), '') AS shown_id,
        if(told, toString(p.label), '') AS shown_label,
        if(told, p.name, '') AS shown_name,
        if(told, p.ordinal, 0) AS ordinal,
        if(told, p.time_limit_ms, 0) AS time_limit_ms,
        if(told, p.memory_limit_mib, 0) AS memory_limit_mib,
        if(told, toString(p.rgb), '') AS shown_rgb,
        if(told, toString(p.color), '') AS shown_color
    FROM podium.problems AS p
    INNER JOIN podium.terms(
        contest = '', generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
        ON t.contest = p.contest AND t.definition = toInt64(p.position)
    WHERE NOT p.withdrawn
    LIMIT 1 BY p.contest, p.problem_id
)
SELECT
    contest, shown_id AS problem_id, shown_label AS label, shown_name AS name, ordinal, time_limit_ms, memory_limit_mib,
    shown_rgb AS rgb, shown_color AS color
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        public AND NOT hidden AS told,
        contest,
        if(told, team_id, '') AS shown_id,
        if(told, name, '') AS shown_name,
        if(told, display_name, '') AS shown_display_name,
        if(told, label, '') AS shown_label,
        if(told, toString(organization_id), '') AS shown_organization_id,
        if(told, group_ids, []) AS shown_group_ids
    FROM podium.entrants(
        contest = '', generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904)
)
SELECT
    contest, shown_id AS team_id, shown_name AS name, shown_display_name AS display_name, shown_label AS label,
    shown_organization_id AS organization_id, shown_group_ids AS group_ids
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.organizations DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT
        contest, organization_id,
        argMax((name, formal_name, toString(country), removed), position) AS entry
    FROM podium.organizations
    WHERE contest IN (SELECT contest FROM podium_public.contests)
    GROUP BY contest, organization_id
)
SELECT contest, organization_id, entry.1 AS name, entry.2 AS formal_name, entry.3 AS country
FROM latest
WHERE NOT entry.4;

CREATE OR REPLACE VIEW podium_public.groups DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT contest, group_id, argMax((name, toString(type), hidden OR removed), position) AS entry
    FROM podium.groups
    WHERE contest IN (SELECT contest FROM podium_public.contests)
    GROUP BY contest, group_id
)
SELECT
    contest, group_id, if(entry.3, '', entry.1) AS name, if(entry.3, '', entry.2) AS type
FROM latest
WHERE NOT entry.3;

-- Submissions with what the public knows of each: `verdict` is the published judgement type, empty while it is pending
-- or behind the freeze; `outcome` is pending, rejected, free (rejected without penalty) or accepted.
CREATE OR REPLACE VIEW podium_public.submissions DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        contest, submission_id, team_id, toString(problem_id) AS problem, toString(language_id) AS language, at,
        contest_time, counts,
        (thawed OR NOT behind_freeze) AND outcome > 0 AS told,
        if(told, published_verdict, '') AS shown_verdict,
        if(told, outcome, toInt8(0)) AS shown_outcome,
        if(told, max_cpu_ms, toInt64(0)) AS shown_cpu_ms,
        if(told, ended_at, toInt64(0)) AS shown_ended_at
    FROM podium.judgements(contest = '', as_of = 4611686018427387904, upto = 4611686018427387904)
)
SELECT
    contest, submission_id, team_id, problem AS problem_id, language AS language_id,
    fromUnixTimestamp64Milli(at, 'UTC') AS submitted_at,
    contest_time AS contest_time_ms,
    counts,
    shown_verdict AS verdict,
    ['pending', 'rejected', 'free', 'accepted'][shown_outcome + 1] AS outcome,
    shown_cpu_ms AS max_cpu_ms,
    fromUnixTimestamp64Milli(shown_ended_at, 'UTC') AS judged_at
FROM shown
WHERE (contest, team_id) IN (SELECT contest, team_id FROM podium_public.teams);

CREATE OR REPLACE VIEW podium_public.clarifications DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT
        contest, clarification_id,
        argMin((from_team_id, to_team_ids, to_group_ids, toString(problem_id), text, asked_at), position) AS entry
    FROM podium.clarifications
    WHERE contest IN (SELECT contest FROM podium_public.contests)
    GROUP BY contest, clarification_id
),
shown AS
(
    SELECT
        contest, clarification_id,
        entry.1 = '' AND empty(entry.2) AND empty(entry.3) AS told,
        if(told, entry.4, '') AS problem_id, if(told, entry.5, '') AS message, entry.6 AS asked_at
    FROM latest
)
SELECT contest, clarification_id, problem_id, message, asked_at
FROM shown
WHERE told;

-- The latest row of each team on the public board under the active generation, whatever the contest's rule.
CREATE OR REPLACE VIEW podium_public.scoreboard_rows DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH rows AS
(
    SELECT
        r.contest AS contest, r.team_id AS team_id,
        argMax(
            (listed, ranked, num_solved, total_time_ms, score, time_ms, `cells.problem_id`, `cells.num_judged`,
                `cells.num_pending`, `cells.solved`, `cells.time_ms`, sort_key), position) AS row
    FROM podium.scoreboard_rows AS r
    INNER JOIN podium.terms(
        contest = '', generation = '', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
        ON t.contest = r.contest AND t.generation = r.generation
    WHERE r.audience = 'public' AND t.public AND (r.batch = 0 OR (r.contest, r.generation, r.audience, r.batch) IN (
        SELECT contest, generation, audience, batch FROM podium.scoreboard_batches))
    GROUP BY contest, team_id
)
SELECT
    contest, team_id,
    if(row.2, rank() OVER (PARTITION BY contest ORDER BY row.12), NULL) AS rank,
    row.3 AS num_solved, row.4 AS total_time_ms, row.5 AS score, row.6 AS time_ms, row.7 AS `cells.problem_id`,
    row.8 AS `cells.num_judged`, row.9 AS `cells.num_pending`, row.10 AS `cells.solved`, row.11 AS `cells.time_ms`
FROM rows
WHERE row.1;

-- The public ICPC board of a contest at any contest time (`at_ms`), as known at any moment (`as_of`, UTC ms).
CREATE OR REPLACE VIEW podium_public.scoreboard DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    rank, team_id, num_solved, total_time AS total_time_ms, time AS time_ms, first_to_solve, `cells.problem_id`,
    `cells.num_judged`, `cells.num_pending`, `cells.solved`, `cells.time` AS `cells.time_ms`
FROM podium.scoreboard(
    contest = {contest:String}, generation = '', audience = 'public', at_ms = {at_ms:Int64}, as_of = {as_of:Int64},
    upto = 4611686018427387904, frozen = -1)
WHERE {contest:String} IN (SELECT contest FROM podium_public.contests);
