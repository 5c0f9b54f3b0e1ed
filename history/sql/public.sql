-- What analysts read. Every view runs with its maker's rights, so that analysts need none on the raw database. Nothing here
-- tells what the public must not know: contests that are not public, problems of contests that have not started, hidden
-- teams, and what became of submissions behind a freeze that is not thawed. Every column is blanked where its row is not
-- `told`, before anything is filtered: a condition of the analyst's own, wherever the engine puts it, sees the blank.

CREATE OR REPLACE VIEW podium_public.contests DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        public AS told,
        if(told, toString(contest), '') AS contest_id,
        if(told, name, '') AS shown_name,
        if(told, formal_name, '') AS shown_formal_name,
        if(told, start, NULL) AS shown_start,
        if(told, end, NULL) AS shown_end,
        if(told, freeze, NULL) AS shown_freeze,
        if(told, duration, 0) AS shown_duration,
        if(told, penalty, 0) AS shown_penalty,
        if(told, rule, '') AS shown_rule,
        told AND rehearsal AS is_rehearsal, told AND started AS has_started, told AND thawed AS is_thawed,
        told AND finalized AS is_finalized
    FROM podium.terms(
        contest = '', generation = '', as_of = 4611686018427387904, upto = 4611686018427387904)
)
SELECT
    contest_id AS contest,
    shown_name AS name,
    shown_formal_name AS formal_name,
    fromUnixTimestamp64Milli(shown_start, 'UTC') AS starts_at,
    fromUnixTimestamp64Milli(shown_end, 'UTC') AS ends_at,
    fromUnixTimestamp64Milli(shown_freeze, 'UTC') AS frozen_from,
    shown_duration AS duration_ms,
    shown_penalty AS penalty_ms,
    shown_rule AS rule,
    CAST(is_rehearsal AS Bool) AS rehearsal,
    CAST(has_started AS Bool) AS started,
    CAST(is_thawed AS Bool) AS thawed,
    CAST(is_finalized AS Bool) AS finalized
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.problems DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        t.public AND t.started AS told,
        if(told, toString(p.contest), '') AS contest_id,
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
    contest_id AS contest, shown_id AS problem_id, shown_label AS label, shown_name AS name, ordinal, time_limit_ms,
    memory_limit_mib, shown_rgb AS rgb, shown_color AS color
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.teams DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        public AND NOT hidden AS told,
        if(told, toString(contest), '') AS contest_id,
        if(told, team_id, '') AS shown_id,
        if(told, name, '') AS shown_name,
        if(told, display_name, '') AS shown_display_name,
        if(told, label, '') AS shown_label,
        if(told, toString(organization_id), '') AS shown_organization_id,
        if(told, group_ids, []) AS shown_group_ids,
        told AND listed AS is_listed
    FROM podium.entrants(contest = '', as_of = 4611686018427387904, upto = 4611686018427387904)
)
SELECT
    contest_id AS contest, shown_id AS team_id, shown_name AS name, shown_display_name AS display_name,
    shown_label AS label, shown_organization_id AS organization_id, shown_group_ids AS group_ids,
    CAST(is_listed AS Bool) AS listed
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.organizations DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT
        contest, organization_id,
        arraySort(one -> one.1, groupUniqArray((toInt64(position), name, formal_name, toString(country), removed))) AS entries
    FROM podium.organizations
    GROUP BY contest, organization_id
),
shown AS
(
    SELECT
        arrayFilter(one -> one.1 <= t.closed, o.entries) AS counted,
        counted[-1] AS entry,
        if(t.public, notEmpty(counted) AND NOT entry.5, false) AS told,
        if(told, toString(o.contest), '') AS contest_id,
        if(told, toString(o.organization_id), '') AS shown_id,
        if(told, entry.2, '') AS name,
        if(told, entry.3, '') AS formal_name,
        if(told, entry.4, '') AS country
    FROM latest AS o
    INNER JOIN podium.terms(
        contest = '', generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
        ON t.contest = o.contest
)
SELECT contest_id AS contest, shown_id AS organization_id, name, formal_name, country
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.groups DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT
        contest, group_id,
        arraySort(one -> one.1, groupUniqArray((toInt64(position), name, toString(type), hidden OR removed))) AS entries
    FROM podium.groups
    GROUP BY contest, group_id
),
shown AS
(
    SELECT
        arrayFilter(one -> one.1 <= t.closed, g.entries) AS counted,
        counted[-1] AS entry,
        if(t.public, notEmpty(counted) AND NOT entry.4, false) AS told,
        if(told, toString(g.contest), '') AS contest_id,
        if(told, toString(g.group_id), '') AS shown_id,
        if(told, entry.2, '') AS name,
        if(told, entry.3, '') AS type
    FROM latest AS g
    INNER JOIN podium.terms(
        contest = '', generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
        ON t.contest = g.contest
)
SELECT contest_id AS contest, shown_id AS group_id, name, type
FROM shown
WHERE told;

-- Submissions of a contest ('' for all) with what the public knows of each: `verdict` is the published judgement type, empty
-- while it is pending or behind the freeze; `outcome` is pending, rejected, free (rejected without penalty) or accepted.
-- A condition on `submissions` is seen only when every contest has been computed: ask for one contest here.
CREATE OR REPLACE VIEW podium_public.submissions_of DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        -- counting all rows keeps a condition of the analyst's behind it: else it would be moved among the joins of the judgements
        count() OVER () > 0 AND j.submitted AND j.public AND j.started AND j.entered AND j.listed AND NOT j.hidden AS told,
        told AND (j.thawed OR NOT j.behind_freeze) AND j.outcome > 0 AS judged,
        if(told, toString(j.contest), '') AS contest_id,
        if(told, j.submission_id, '') AS shown_id,
        if(told, j.team_id, '') AS team,
        if(told, toString(j.problem_id), '') AS problem,
        if(told, toString(j.language_id), '') AS language,
        if(told, j.at, toInt64(0)) AS shown_at,
        if(told, j.contest_time, NULL) AS contest_time_ms,
        -- that the jury ignores one is told with its verdict
        told AND if(j.thawed OR NOT j.behind_freeze, j.counts, j.in_time) AS counted,
        if(judged, j.published_verdict, '') AS shown_verdict,
        if(judged, j.outcome, toInt8(0)) AS shown_outcome,
        if(judged, j.max_cpu_ms, toInt64(0)) AS shown_cpu_ms,
        if(judged, j.ended_at, toInt64(0)) AS shown_ended_at
    FROM podium.judgements(
        contest = {contest:String}, generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS j
)
SELECT
    contest_id AS contest, shown_id AS submission_id, team AS team_id, problem AS problem_id, language AS language_id,
    fromUnixTimestamp64Milli(shown_at, 'UTC') AS submitted_at,
    contest_time_ms,
    CAST(counted AS Bool) AS counts,
    shown_verdict AS verdict,
    ['pending', 'rejected', 'free', 'accepted'][shown_outcome + 1] AS outcome,
    shown_cpu_ms AS max_cpu_ms,
    fromUnixTimestamp64Milli(shown_ended_at, 'UTC') AS judged_at
FROM shown
WHERE told;

CREATE OR REPLACE VIEW podium_public.submissions DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT * FROM podium_public.submissions_of(contest = '');

CREATE OR REPLACE VIEW podium_public.clarifications DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT
        contest, clarification_id, toInt64(min(position)) AS place,
        argMin((from_team_id, to_team_ids, to_group_ids, toString(problem_id), text, asked_at), position) AS entry
    FROM podium.clarifications
    GROUP BY contest, clarification_id
),
shown AS
(
    SELECT
        if(t.public, c.place <= t.closed AND c.entry.1 = '' AND empty(c.entry.2) AND empty(c.entry.3), false) AS told,
        if(told, toString(c.contest), '') AS contest_id,
        if(told, c.clarification_id, '') AS shown_id,
        if(told AND t.started, c.entry.4, '') AS problem,
        if(told, c.entry.5, '') AS message,
        if(told, c.entry.6, toDateTime64(0, 3, 'UTC')) AS asked
    FROM latest AS c
    INNER JOIN podium.terms(
        contest = '', generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
        ON t.contest = c.contest
)
SELECT contest_id AS contest, shown_id AS clarification_id, problem AS problem_id, message, asked AS asked_at
FROM shown
WHERE told;

-- The scorer's rows for an audience.
CREATE OR REPLACE VIEW podium.rows_for AS
SELECT
    contest, generation, team_id, batch, position,
    (listed, ranked, num_solved, total_time_ms, score, time_ms, `cells.problem_id`, `cells.num_judged`, `cells.num_pending`,
        `cells.solved`, `cells.time_ms`, sort_key) AS row
FROM podium.scoreboard_rows
WHERE audience = {audience:String};

-- The latest row of each team on the public board under the active generation, whatever the contest's rule. The sink writes
-- rows, then the end of their batch, then the act that promotes them, but a query does not look at all tables at one moment.
-- It looks into views after its own tables, so a batch that has ended has its rows; and where there are none yet for the
-- active generation, the board is still that of the one before.
CREATE OR REPLACE VIEW podium_public.scoreboard_rows DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH latest AS
(
    SELECT
        r.contest AS contest, r.generation AS generation, r.team_id AS team_id,
        any(t.public) AS is_public, any(t.started) AS has_started,
        any(indexOf(t.generations, r.generation)) AS age, argMax(r.row, r.position) AS row
    FROM podium.rows_for(audience = 'public') AS r
    INNER JOIN podium.terms(
        contest = '', generation = '', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
        ON t.contest = r.contest
    WHERE has(t.generations, r.generation) AND (r.batch = 0 OR (r.contest, r.generation, r.batch) IN (
        SELECT contest, generation, batch FROM podium.scoreboard_batches WHERE audience = 'public'))
    GROUP BY contest, generation, team_id
),
aged AS
(
    SELECT *, min(age) OVER (PARTITION BY contest) AS least FROM latest
),
shown AS
(
    SELECT
        is_public AND row.1 AND age = least AS told,
        -- cells have problems' ids, and how many there are
        told AND has_started AS cells_told,
        if(told, toString(contest), '') AS contest_id,
        if(told, team_id, '') AS team,
        if(told, row.2, false) AS is_ranked,
        if(told, row.3, 0) AS num_solved,
        if(told, row.4, 0) AS total_time_ms,
        if(told, row.5, NULL) AS score,
        if(told, row.6, NULL) AS time_ms,
        if(cells_told, arrayMap(id -> toString(id), row.7), []) AS problem_ids,
        if(cells_told, row.8, []) AS num_judged,
        if(cells_told, row.9, []) AS num_pending,
        if(cells_told, row.10, []) AS solved,
        if(cells_told, row.11, []) AS times_ms,
        if(told, row.12, []) AS sort_key
    FROM aged
)
SELECT
    contest_id AS contest, team AS team_id,
    if(is_ranked, rank() OVER (PARTITION BY contest_id ORDER BY sort_key), NULL) AS rank,
    num_solved, total_time_ms, score, time_ms, problem_ids AS `cells.problem_id`, num_judged AS `cells.num_judged`,
    num_pending AS `cells.num_pending`, solved AS `cells.solved`, times_ms AS `cells.time_ms`
FROM shown
WHERE told;

-- The public ICPC board of a contest, or with a `group_id` (else '') that group's own, at any contest time (`at_ms`), as known at
-- any moment (`as_of`, UTC ms).
CREATE OR REPLACE VIEW podium_public.scoreboard DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        t.public AS told,
        told AND t.started AS cells_told,
        if(told, s.rank, NULL) AS shown_rank,
        if(told, s.team_id, '') AS team,
        if(told, s.num_solved, 0) AS shown_solved,
        if(told, s.total_time, 0) AS shown_total_time,
        if(told, s.time, NULL) AS shown_time,
        if(cells_told, s.first_to_solve, []) AS firsts,
        if(cells_told, s.`cells.problem_id`, []) AS problem_ids,
        if(cells_told, s.`cells.num_judged`, []) AS num_judged,
        if(cells_told, s.`cells.num_pending`, []) AS num_pending,
        if(cells_told, s.`cells.solved`, []) AS solved,
        if(cells_told, s.`cells.time`, []) AS times
    FROM (
        SELECT * FROM podium.scoreboard(
            contest = {contest:String}, generation = '', audience = 'public', at_ms = {at_ms:Int64}, as_of = {as_of:Int64},
            upto = 4611686018427387904, frozen = -1, group_id = {group_id:String})
        WHERE listed OR {group_id:String} != ''
    ) AS s
    CROSS JOIN podium.terms(
        contest = {contest:String}, generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
)
SELECT
    shown_rank AS rank, team AS team_id, shown_solved AS num_solved, shown_total_time AS total_time_ms,
    shown_time AS time_ms, firsts AS first_to_solve, problem_ids AS `cells.problem_id`, num_judged AS `cells.num_judged`,
    num_pending AS `cells.num_pending`, solved AS `cells.solved`, times AS `cells.time_ms`
FROM shown
WHERE told;

-- The public board of points of a contest (docs/rules/ioi.md) at any contest time (`at_ms`), as known at any moment (`as_of`, UTC
-- ms); `mode` is subtasks, best or last, or '' for the contest's own; `group_id` as for `scoreboard`.
CREATE OR REPLACE VIEW podium_public.points DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH shown AS
(
    SELECT
        t.public AS told,
        told AND t.started AS cells_told,
        if(told, s.rank, NULL) AS shown_rank,
        if(told, s.team_id, '') AS team,
        if(told, s.score / s.score_scale, 0) AS shown_points,
        if(told, s.time, NULL) AS shown_time,
        if(cells_told, s.`cells.problem_id`, []) AS problem_ids,
        if(cells_told, s.`cells.num_judged`, []) AS num_judged,
        if(cells_told, s.`cells.num_pending`, []) AS num_pending,
        if(cells_told, arrayMap(score -> score / s.score_scale, s.`cells.score`), []) AS cell_points,
        if(cells_told, s.`cells.time`, []) AS times
    FROM (
        SELECT * FROM podium.points(
            contest = {contest:String}, generation = '', audience = 'public', at_ms = {at_ms:Int64}, as_of = {as_of:Int64},
            upto = 4611686018427387904, frozen = -1, mode = {mode:String}, group_id = {group_id:String})
        WHERE listed OR {group_id:String} != ''
    ) AS s
    CROSS JOIN podium.terms(
        contest = {contest:String}, generation = '0', as_of = 4611686018427387904, upto = 4611686018427387904) AS t
)
SELECT
    shown_rank AS rank, team AS team_id, shown_points AS points, shown_time AS time_ms, problem_ids AS `cells.problem_id`,
    num_judged AS `cells.num_judged`, num_pending AS `cells.num_pending`, cell_points AS `cells.points`,
    times AS `cells.time_ms`
FROM shown
WHERE told;
