-- Every submission with the judging that shows, and every team that was not removed, as the jury sees them. Where the
-- contest says that verdicts are verified, a judging that is not does not show; a hack makes an accepted submission one that
-- was rejected (RE).
--
-- Parameters of these views: `contest` ('' for all), `as_of` (UTC ms: what was recorded later is left out) and `upto` (records
-- behind this position of the log are left out).

CREATE OR REPLACE VIEW podium.judgements AS
WITH
    -- of two submissions of one id the first in the log counts
    first_records AS
    (
        SELECT
            contest,
            submission_id,
            min(toInt64(position)) AS place,
            argMin((team_id, problem_id, language_id, toUnixTimestamp64Milli(submitted_at)), position) AS record
        FROM podium.submissions
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
        GROUP BY contest, submission_id
    ),
    submitted AS
    (
        SELECT
            contest, submission_id, place,
            record.1 AS team_id, record.2 AS problem_id, record.3 AS language_id, record.4 AS at
        FROM first_records
    ),
    said AS
    (
        SELECT
            contest, submission_id, team_id, problem_id,
            -- 1 position, 2 cause, 3 verdict, 4 judging, 5 act, 6 ignored, 7 ended, 8 CPU time, 9 score, 10 those of groups
            arraySort(groupUniqArray((
                toInt64(position), toString(cause), toString(verdict), judging, act, ignored,
                toUnixTimestamp64Milli(ended_at), max_cpu_ms, score, group_scores
            ))) AS sayings
        FROM podium.verdicts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
            AND cause IN ('judgement', 'override', 'ignore', 'verify', 'hack')
        GROUP BY contest, submission_id, team_id, problem_id
    ),
    acted AS
    (
        SELECT
            contest, submission_id, team_id, problem_id,
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
            contest, submission_id, team_id, problem_id, judgings,
            arrayLast(one -> one.2 = 'ignore', acts).6 AS ignored,
            arrayLast(one -> one.2 = 'override', acts) AS by_hand,
            arrayMap(one -> one.4, arrayFilter(one -> one.2 = 'verify', acts)) AS verified,
            arrayMax(arrayPushBack(
                arrayMap(one -> one.1, arrayFilter(one -> one.2 = 'hack' AND one.3 != '', acts)), toInt64(-2)
            )) AS hacked_at
        FROM acted
    ),
    -- where teams have windows, each begins when the team started it first
    begun AS
    (
        SELECT contest, team_id, argMin(toUnixTimestamp64Milli(at), position) AS at
        FROM podium.acts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND kind = 'TeamStarted'
        GROUP BY contest, team_id
    ),
    -- of two acts with one id the first in the log counts
    created AS
    (
        SELECT contest, position
        FROM podium.acts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64} AND kind = 'RejudgingCreated'
        ORDER BY position LIMIT 1 BY contest, id
    ),
    -- (rejudging, the position from which on the submission belongs to it)
    rejudged AS
    (
        SELECT contest, submission_id, groupUniqArray((rejudging, toInt64(position))) AS rejudgings
        FROM podium.rejudgings
        WHERE (contest, position) IN created
        GROUP BY contest, submission_id
    ),
    joined AS
    (
        SELECT
            s.contest AS contest, s.submission_id AS submission_id, s.place AS place, s.team_id AS team_id,
            s.problem_id AS problem_id, s.language_id AS language_id, s.at AS at,
            arrayFilter(one -> NOT t.verification OR has(j.verified, one.4), j.judgings) AS judgings,
            j.hacked_at AS hacked_at, b.at AS begun_at, t.window AS window, t.duration AS duration,
            arrayFirst(one -> one.1 = s.team_id, t.extra).2 AS extra,
            if(j.by_hand.3 = '', toInt64(-2), j.by_hand.1) AS hand_position, j.by_hand.3 AS hand_verdict,
            j.ignored AS ignored, t.start AS contest_start, t.removed AS removed, t.freeze AS freeze,
            t.thawed AS thawed, t.outcomes AS outcomes, t.published AS published,
            -- the act that applied a rejudging of it last: (position, rejudging)
            arrayMax(arrayPushBack(
                arrayMap(one -> (one.2, one.1), arrayFilter(
                    one -> arrayExists(mine -> mine.1 = one.1 AND mine.2 < one.2, r.rejudgings), t.applied)),
                (toInt64(-1), toInt64(0))
            )) AS redone
        FROM submitted AS s
        INNER JOIN podium.terms(
            contest = {contest:String}, generation = '0', as_of = {as_of:Int64}, upto = {upto:Int64}) AS t
            ON t.contest = s.contest
        LEFT JOIN judged AS j
            ON j.contest = s.contest AND j.submission_id = s.submission_id AND j.team_id = s.team_id
            AND j.problem_id = s.problem_id
        LEFT JOIN rejudged AS r ON r.contest = s.contest AND r.submission_id = s.submission_id
        LEFT JOIN begun AS b ON b.contest = s.contest AND b.team_id = s.team_id
    ),
    -- the team's own times: with the contest, or from its own start
    timed AS
    (
        SELECT
            *,
            multiIf(
                window IS NULL, contest_start,
                begun_at IS NULL OR contest_start IS NULL, NULL,
                greatest(assumeNotNull(begun_at), assumeNotNull(contest_start))
            ) AS start,
            extra + if(window IS NULL, duration, least(
                assumeNotNull(window),
                duration - ifNull(start - contest_start, 0) + arraySum(
                    span -> greatest(0, least(span.2, ifNull(start, 0)) - greatest(span.1, ifNull(contest_start, 0))),
                    removed)
            )) AS length,
            if(start IS NULL, NULL, arrayFold(
                (moment, span) -> if(
                    greatest(span.1, assumeNotNull(start)) < span.2 AND greatest(span.1, assumeNotNull(start)) < moment,
                    moment + span.2 - greatest(span.1, assumeNotNull(start)), moment),
                removed, assumeNotNull(start) + length
            )) AS end
        FROM joined
    ),
    shown AS
    (
        SELECT
            *,
            hand_position > redone.1 AS hand,
            -- by hand, or of the rejudging that was applied last, or the initial one
            if(
                hand_position > redone.1,
                (
                    hand_position, 'override', hand_verdict, toInt64(0), '', false, toInt64(0), toInt64(0),
                    CAST(NULL AS Nullable(Int64)), CAST([] AS Array(Int64))
                ),
                arrayFirst(one -> one.4 = redone.2, judgings)
            ) AS what,
            outcomes[what.3] = 3 AND hacked_at > greatest(hand_position, -1) AS hacked
        FROM timed
    )
SELECT
    contest, submission_id, place AS position, team_id, problem_id, language_id, at, ignored,
    hand AS by_hand,
    what.4 AS judging,
    if(hacked, 'RE', what.3) AS verdict,
    published[verdict] AS published_verdict,
    -- 0 pending, 1 rejected with penalty, 2 rejected without, 3 accepted
    if(hacked, toInt8(1), outcomes[what.3]) AS outcome,
    what.7 AS ended_at,
    what.8 AS max_cpu_ms,
    if(hacked, NULL, what.9) AS score,
    if(hacked, CAST([] AS Array(Int64)), what.10) AS group_scores,
    -- it counts when it was made in time and nobody ignores it
    ifNull(at >= start AND at < end, false) AS in_time,
    in_time AND NOT ignored AS counts,
    at - ifNull(start, at) - arraySum(
        span -> greatest(0, least(span.2, at) - greatest(span.1, ifNull(start, at))), if(at > start, removed, [])
    ) AS contest_time,
    ifNull(at >= freeze, false) AS behind_freeze,
    thawed
FROM shown;

CREATE OR REPLACE VIEW podium.entrants AS
WITH
    entries AS
    (
        SELECT
            contest, team_id,
            argMax((name, display_name, label, organization_id, group_ids, hidden, removed, tie_key), position) AS entry
        FROM podium.teams
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
        GROUP BY contest, team_id
    ),
    group_entries AS
    (
        SELECT contest, group_id, argMax(hidden, position) AS last_hidden
        FROM podium.groups
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
        GROUP BY contest, group_id
    ),
    hidden_groups AS
    (
        SELECT contest, groupArray(group_id) AS ids FROM group_entries WHERE last_hidden GROUP BY contest
    ),
    team_acts AS
    (
        SELECT contest, team_id, kind, by_ms, undone, position
        FROM podium.acts
        WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
            AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
            AND kind IN ('PenaltyAdded', 'TeamDisqualified')
        ORDER BY position LIMIT 1 BY contest, team_id, kind, id
    ),
    treated AS
    (
        SELECT
            contest, team_id,
            sumIf(by_ms, kind = 'PenaltyAdded') AS added,
            argMaxIf(NOT undone, position, kind = 'TeamDisqualified') AS disqualified
        FROM team_acts
        GROUP BY contest, team_id
    )
SELECT
    e.contest AS contest,
    e.team_id AS team_id,
    e.entry.1 AS name,
    e.entry.2 AS display_name,
    e.entry.3 AS label,
    e.entry.4 AS organization_id,
    e.entry.5 AS group_ids,
    e.entry.8 AS tie_key,
    a.added AS added,
    CAST(e.entry.6 OR hasAny(e.entry.5, h.ids) AS Bool) AS hidden,
    -- of teams of other groups than the main one, those that hold a rank are on their groups' boards alone
    CAST(t.main_group = '' OR has(e.entry.5, t.main_group) AS Bool) AS listed,
    CAST(NOT a.disqualified AND NOT e.entry.6 AND NOT hasAny(e.entry.5, h.ids) AS Bool) AS ranked,
    t.public AS public,
    t.started AS started,
    t.rule AS rule,
    t.penalty AS penalty,
    t.precision AS precision,
    t.tasks AS tasks,
    t.weights AS weights
FROM entries AS e
INNER JOIN podium.terms(
    contest = {contest:String}, generation = {generation:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS t
    ON t.contest = e.contest
LEFT JOIN hidden_groups AS h ON h.contest = e.contest
LEFT JOIN treated AS a ON a.contest = e.contest AND a.team_id = e.team_id
WHERE NOT e.entry.7;
