-- Every submission with the judging that shows and with its team, as the jury sees them; a team that submitted nothing has a row
-- without a submission. Where the contest says that verdicts are verified, a judging that is not does not show; a hack makes
-- an accepted submission one that was rejected (RE).
--
-- Parameters of these views: `contest` ('' for all), `as_of` (UTC ms: what was recorded later is left out) and `upto` (records
-- behind this position of the log are left out); `generation`, as in `podium.terms`.

-- What was said of each team, in the order of the log.
CREATE OR REPLACE VIEW podium.entries AS
SELECT
    contest, team_id,
    -- 1 position, 2 name, 3 display name, 4 label, 5 organization, 6 groups, 7 hidden, 8 removed, 9 tie key
    arraySort(one -> one.1, groupUniqArray((
        toInt64(position), name, display_name, label, toString(organization_id), group_ids, hidden, removed, tie_key
    ))) AS entries
FROM podium.teams
WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
    AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
GROUP BY contest, team_id;

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
    -- of two acts with one id the first counts, and so does the first start of a team's window
    treated AS
    (
        SELECT
            contest, team_id,
            -- 1 position, 2 kind, 3 penalty, 4 disqualified, 5 when
            arraySort(one -> one.1, groupArray((
                toInt64(position), toString(kind), by_ms, NOT undone, toUnixTimestamp64Milli(at)
            ))) AS treatment
        FROM
        (
            SELECT contest, team_id, kind, by_ms, undone, position, at
            FROM podium.acts
            WHERE ({contest:String} = '' OR contest = {contest:String}) AND toInt64(position) <= {upto:Int64}
                AND toUnixTimestamp64Milli(recorded_at) <= {as_of:Int64}
                AND kind IN ('PenaltyAdded', 'TeamDisqualified', 'TeamStarted')
            ORDER BY position LIMIT 1 BY contest, team_id, kind, id
        )
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
    attempted AS
    (
        SELECT
            s.contest AS contest, s.submission_id AS submission_id, s.place AS place, s.team_id AS team_id,
            s.problem_id AS problem_id, s.language_id AS language_id, s.at AS at, j.sayings AS sayings,
            r.rejudgings AS rejudgings
        FROM submitted AS s
        LEFT JOIN said AS j
            ON j.contest = s.contest AND j.submission_id = s.submission_id AND j.team_id = s.team_id
            AND j.problem_id = s.problem_id
        LEFT JOIN rejudged AS r ON r.contest = s.contest AND r.submission_id = s.submission_id
    ),
    joined AS
    (
        SELECT
            contest, team_id, s.submission_id AS submission_id, s.place AS place, s.problem_id AS problem_id,
            s.language_id AS language_id, s.at AS at, s.rejudgings AS rejudgings,
            -- behind the event that closed the contest nothing counts
            s.submission_id != '' AND s.place <= t.closed AS submitted,
            arrayFilter(one -> one.1 <= t.closed, s.sayings) AS sayings,
            arrayFilter(one -> one.1 <= t.closed, e.entries) AS team_entries,
            arrayFilter(one -> one.1 <= t.closed, a.treatment) AS treatment,
            t.definition AS definition, t.public AS public, t.started AS started, t.thawed AS thawed, t.rule AS rule,
            t.parameters AS parameters, t.penalty AS penalty, t.precision AS precision, t.tasks AS tasks,
            t.weights AS weights, t.score_scale AS score_scale, t.main_group AS main_group,
            t.hidden_groups AS hidden_groups, t.outcomes AS outcomes, t.published AS published,
            t.verification AS verification, t.applied AS applied, t.start AS contest_start, t.removed AS removed,
            t.duration AS duration, t.window AS window, t.extra[team_id] AS extra, t.freeze AS freeze
        FROM attempted AS s
        FULL JOIN podium.entries(contest = {contest:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS e
            USING (contest, team_id)
        LEFT JOIN treated AS a USING (contest, team_id)
        INNER JOIN podium.terms(
            contest = {contest:String}, generation = {generation:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS t
            USING (contest)
    ),
    acted AS
    (
        SELECT
            *,
            team_entries[-1] AS entry,
            -- of two acts with one id the first counts
            arrayFilter(
                (one, nth) -> one.2 != 'judgement' AND nth = 1,
                sayings, arrayEnumerateUniq(arrayMap(one -> one.5, sayings))
            ) AS acts,
            arrayFirst(one -> one.2 = 'TeamStarted', treatment).5 AS begun_at
        FROM joined
    ),
    judged AS
    (
        SELECT
            *,
            entry.7 OR hasAny(entry.6, hidden_groups) AS hidden,
            arrayLast(one -> one.2 = 'ignore', acts).6 AS ignored,
            arrayLast(one -> one.2 = 'override', acts) AS by_hand,
            arrayMap(one -> one.4, arrayFilter(one -> one.2 = 'verify', acts)) AS verified,
            arrayMax(arrayPushBack(
                arrayMap(one -> one.1, arrayFilter(one -> one.2 = 'hack' AND one.3 != '', acts)), toInt64(-2)
            )) AS hacked_at,
            -- the act that applied a rejudging of it last: (position, rejudging)
            arrayMax(arrayPushBack(
                arrayMap(one -> (one.2, one.1), arrayFilter(
                    one -> arrayExists(mine -> mine.1 = one.1 AND mine.2 < one.2, rejudgings), applied)),
                (toInt64(-1), toInt64(0))
            )) AS redone,
            -- the team's own times: with the contest, or from its own start
            multiIf(
                window IS NULL, contest_start,
                begun_at IS NULL OR contest_start IS NULL, NULL,
                greatest(assumeNotNull(begun_at), assumeNotNull(contest_start))
            ) AS start
        FROM acted
    ),
    timed AS
    (
        SELECT
            *,
            if(by_hand.3 = '', toInt64(-2), by_hand.1) AS hand_position,
            arrayFilter(
                one -> one.2 = 'judgement' AND (NOT verification OR has(verified, one.4)), sayings) AS judgings,
            extra + if(window IS NULL, duration, least(
                assumeNotNull(window),
                duration - ifNull(start - contest_start, 0) + arraySum(
                    span -> greatest(0, least(span.2, ifNull(start, 0)) - greatest(span.1, ifNull(contest_start, 0))),
                    removed)
            )) AS length
        FROM judged
    ),
    shown AS
    (
        SELECT
            *,
            hand_position > redone.1 AS hand,
            if(start IS NULL, NULL, arrayFold(
                (moment, span) -> if(
                    greatest(span.1, assumeNotNull(start)) < span.2 AND greatest(span.1, assumeNotNull(start)) < moment,
                    moment + span.2 - greatest(span.1, assumeNotNull(start)), moment),
                removed, assumeNotNull(start) + length
            )) AS end
        FROM timed
    ),
    judging AS
    (
        SELECT
            *,
            -- by hand, or of the rejudging that was applied last, or the initial one
            if(
                hand,
                (
                    hand_position, 'override', by_hand.3, toInt64(0), '', false, toInt64(0), toInt64(0), by_hand.9,
                    by_hand.10
                ),
                arrayFirst(one -> one.4 = redone.2, judgings)
            ) AS what
        FROM shown
    ),
    hacked AS
    (
        SELECT *, outcomes[what.3] = 3 AND hacked_at > greatest(hand_position, -1) AS hacked FROM judging
    ),
    told AS
    (
        SELECT
            *,
            if(hacked, 'RE', what.3) AS verdict,
            -- it counts when it was made in time and nobody ignores it
            submitted AND ifNull(at >= start AND at < end, false) AS in_time
        FROM hacked
    )
SELECT
    contest,
    -- the team
    team_id, notEmpty(team_entries) AND NOT entry.8 AS entered, entry.6 AS group_ids, entry.9 AS tie_key,
    arraySum(one -> if(one.2 = 'PenaltyAdded', one.3, 0), treatment) AS added,
    CAST(hidden AS Bool) AS hidden,
    -- of teams of other groups than the main one, those that hold a rank are on their groups' boards alone
    CAST(main_group = '' OR has(entry.6, main_group) AS Bool) AS listed,
    CAST(NOT hidden AND NOT arrayLast(one -> one.2 = 'TeamDisqualified', treatment).4 AS Bool) AS ranked,
    -- the contest
    definition, public, started, thawed, rule, parameters, penalty, precision, tasks, weights, score_scale,
    -- the submission
    submitted, submission_id, place AS position, problem_id, language_id, at, ignored,
    hand AS by_hand,
    what.4 AS judging,
    verdict,
    published[verdict] AS published_verdict,
    -- 0 pending, 1 rejected with penalty, 2 rejected without, 3 accepted
    if(hacked, toInt8(1), outcomes[what.3]) AS outcome,
    what.7 AS ended_at,
    what.8 AS max_cpu_ms,
    if(hacked, NULL, what.9) AS score,
    if(hacked, CAST([] AS Array(Int64)), what.10) AS group_scores,
    in_time, in_time AND NOT ignored AS counts,
    at - ifNull(start, at) - arraySum(
        span -> greatest(0, least(span.2, at) - greatest(span.1, ifNull(start, at))), if(at > start, removed, [])
    ) AS contest_time,
    ifNull(at >= freeze, false) AS behind_freeze
FROM told;

CREATE OR REPLACE VIEW podium.entrants AS
SELECT
    e.contest AS contest,
    e.team_id AS team_id,
    t.public AS public,
    arrayLast(one -> one.1 <= t.closed, e.entries) AS entry,
    entry.2 AS name,
    entry.3 AS display_name,
    entry.4 AS label,
    entry.5 AS organization_id,
    entry.6 AS group_ids,
    CAST(entry.7 OR hasAny(entry.6, t.hidden_groups) AS Bool) AS hidden,
    CAST(t.main_group = '' OR has(entry.6, t.main_group) AS Bool) AS listed
FROM podium.entries(contest = {contest:String}, as_of = {as_of:Int64}, upto = {upto:Int64}) AS e
INNER JOIN podium.terms(
    contest = {contest:String}, generation = '0', as_of = {as_of:Int64}, upto = {upto:Int64}) AS t
    ON t.contest = e.contest
WHERE arrayExists(one -> one.1 <= t.closed, e.entries) AND NOT entry.8;
