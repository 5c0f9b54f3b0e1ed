-- The raw database. Every table is rebuilt from the log: rows are keyed by what they are about and the position of
-- their record, so reading any part of the log again changes nothing. Times are UTC. `position` is the offset in the
-- contest's partition of the log. Numbers are as wide as the events', so whatever decodes fits; `loaded_at` is when the row was written here, which only a reload looks at.

CREATE TABLE IF NOT EXISTS podium.definitions
(
    contest LowCardinality(String),
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    recorded_by LowCardinality(String),
    changes Int64 COMMENT 'position of the definition that this one changes, -1 for the first; void unless it is current',
    name String,
    formal_name String,
    start_time Nullable(DateTime64(3, 'UTC')),
    duration_ms Int64,
    freeze_duration_ms Nullable(Int64),
    thaw_time Nullable(DateTime64(3, 'UTC')) COMMENT 'when the thaw is planned',
    scoreboard_type LowCardinality(String),
    penalty_ms Int64,
    rule LowCardinality(String),
    parameters Map(String, String),
    score_scale Int64,
    tasks Array(String) COMMENT 'the problems of the board in their order',
    weights Map(String, Int64) COMMENT 'how many solved problems each of them counts as',
    verification Bool COMMENT 'a verdict counts only once it is verified',
    window_ms Nullable(Int64) COMMENT 'how long each team has from its own start, inside the contest',
    main_group String COMMENT 'the group whose teams make the board; empty: all',
    feedback LowCardinality(String),
    published Map(String, String) COMMENT 'the judgement type that the public is told for each precise verdict',
    outcomes Map(String, Int8) COMMENT 'by precise verdict: 1 rejected with penalty, 2 rejected without, 3 accepted; else pending',
    priority Int64,
    rehearsal Bool,
    public Bool,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, position);

CREATE TABLE IF NOT EXISTS podium.problems
(
    contest LowCardinality(String),
    position UInt64 COMMENT 'of the definition',
    problem_id LowCardinality(String),
    label LowCardinality(String),
    name String,
    ordinal Int64,
    package String,
    time_limit_ms Int64,
    memory_limit_mib Int64,
    output_limit_mib Int64,
    test_data_count Int64,
    rgb LowCardinality(String),
    color LowCardinality(String),
    weight Int64,
    max_score Nullable(Int64),
    withdrawn Bool,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, position, problem_id);

CREATE TABLE IF NOT EXISTS podium.judgement_types
(
    contest LowCardinality(String),
    position UInt64 COMMENT 'of the definition',
    judgement_type_id LowCardinality(String),
    name String,
    penalty Bool,
    solved Bool,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, position, judgement_type_id);

CREATE TABLE IF NOT EXISTS podium.languages
(
    contest LowCardinality(String),
    position UInt64 COMMENT 'of the definition',
    language_id LowCardinality(String),
    name String,
    extensions Array(String),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, position, language_id);

CREATE TABLE IF NOT EXISTS podium.teams
(
    contest LowCardinality(String),
    team_id String,
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    name String,
    display_name String,
    label String,
    icpc_id String,
    organization_id LowCardinality(String),
    group_ids Array(LowCardinality(String)),
    hidden Bool,
    removed Bool,
    tie_key String COMMENT 'orders teams of one rank',
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, team_id, position);

CREATE TABLE IF NOT EXISTS podium.organizations
(
    contest LowCardinality(String),
    organization_id LowCardinality(String),
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    name String,
    formal_name String,
    country LowCardinality(String),
    removed Bool,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, organization_id, position);

CREATE TABLE IF NOT EXISTS podium.groups
(
    contest LowCardinality(String),
    group_id LowCardinality(String),
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    name String,
    type LowCardinality(String),
    hidden Bool,
    removed Bool,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, group_id, position);

CREATE TABLE IF NOT EXISTS podium.submissions
(
    contest LowCardinality(String),
    submission_id String,
    position UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of two records of one id the first counts',
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    team_id String,
    problem_id LowCardinality(String),
    language_id LowCardinality(String),
    submitted_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    entry_point String,
    digest String,
    files Array(String),
    bytes Int64 CODEC(T64, ZSTD(1)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, submission_id, position);

CREATE TABLE IF NOT EXISTS podium.sources
(
    contest LowCardinality(String),
    submission_id String,
    position UInt64 CODEC(Delta, ZSTD(1)),
    name String,
    data String CODEC(ZSTD(3)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, submission_id, position, name);

CREATE TABLE IF NOT EXISTS podium.verdicts
(
    contest LowCardinality(String),
    submission_id String,
    position UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of two judgements of one (submission, judging) the first counts',
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    recorded_by LowCardinality(String),
    cause LowCardinality(String) COMMENT 'judgement, override, ignore, verify',
    act String COMMENT 'id of the act, empty for a judgement; of two acts with one id the first counts',
    reason String,
    team_id String,
    problem_id LowCardinality(String),
    language_id LowCardinality(String),
    submitted_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    judging Int64 COMMENT '0 the initial one, else the position of the rejudging',
    attempt Int64,
    verdict LowCardinality(String) COMMENT 'precise; empty when an override is taken back, and of a hack that failed',
    ignored Bool,
    score Nullable(Int64),
    group_scores Array(Int64),
    started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    max_cpu_ms Int64 CODEC(T64, ZSTD(1)),
    max_memory_kib Int64 CODEC(T64, ZSTD(1)),
    runs Int64 CODEC(T64, ZSTD(1)),
    host LowCardinality(String),
    package LowCardinality(String),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, submission_id, position);

CREATE TABLE IF NOT EXISTS podium.runs
(
    contest LowCardinality(String),
    submission_id String,
    judging Int64,
    attempt Int64,
    ordinal Int64 CODEC(Delta, ZSTD(1)),
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    verdict LowCardinality(String),
    cpu_ms Int64 CODEC(T64, ZSTD(1)),
    wall_ms Int64 CODEC(T64, ZSTD(1)),
    memory_kib Int64 CODEC(T64, ZSTD(1)),
    ended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    test LowCardinality(String),
    score Nullable(Int64),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, submission_id, judging, attempt, ordinal, position);

CREATE TABLE IF NOT EXISTS podium.judge_events
(
    contest LowCardinality(String),
    submission_id String,
    judging Int64,
    attempt Int64,
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String) COMMENT 'started or faulted',
    host LowCardinality(String),
    started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    why String,
    final Bool,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, submission_id, judging, attempt, position);

CREATE TABLE IF NOT EXISTS podium.rejudgings
(
    contest LowCardinality(String),
    rejudging Int64,
    chunk Int64,
    submission_id String,
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, rejudging, chunk, submission_id, position);

CREATE TABLE IF NOT EXISTS podium.acts
(
    contest LowCardinality(String),
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    recorded_by LowCardinality(String),
    kind LowCardinality(String) COMMENT 'the name of the event',
    id String COMMENT 'of two acts with one id the first in the log counts; one without an id is its own',
    reason String,
    at Nullable(DateTime64(3, 'UTC')) COMMENT 'start moved to, start of a team, frozen at, thaw planned for, transition planned at, interval begins',
    until Nullable(DateTime64(3, 'UTC')) COMMENT 'interval ends',
    by_ms Int64 COMMENT 'extended by, for all or one team, penalty added',
    transition LowCardinality(String),
    team_id String,
    submission_id String,
    problem_id LowCardinality(String),
    rejudging Int64,
    undone Bool COMMENT 'interval restored, team no longer disqualified, award taken back',
    skipped Int64 COMMENT 'the position that a fold left out',
    fold_version Int64,
    generation LowCardinality(String) COMMENT 'opened, promoted to or retired',
    expect LowCardinality(String) COMMENT 'promoted if this was the active one',
    rule LowCardinality(String),
    parameters Map(String, String),
    detail String COMMENT 'the whole event as JSON' CODEC(ZSTD(3)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, position);

CREATE TABLE IF NOT EXISTS podium.clarifications
(
    contest LowCardinality(String),
    clarification_id String,
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    from_team_id String,
    to_team_ids Array(String),
    to_group_ids Array(String),
    reply_to_id String,
    problem_id LowCardinality(String),
    text String,
    asked_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, clarification_id, position);

CREATE TABLE IF NOT EXISTS podium.commentaries
(
    contest LowCardinality(String),
    commentary_id String,
    position UInt64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    message String,
    tags Array(String),
    team_ids Array(String),
    problem_ids Array(String),
    submission_ids Array(String),
    said_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, commentary_id, position);

-- From the topic scoreboard-rows, which keeps the latest of each key: so do these. Rows of a batch wait for its end.

CREATE TABLE IF NOT EXISTS podium.scoreboard_rows
(
    contest LowCardinality(String),
    generation LowCardinality(String),
    audience LowCardinality(String),
    team_id String,
    batch Int64 COMMENT '0, or the position of the event that changed all rows: hidden until the batch is closed',
    position Int64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    listed Bool,
    ranked Bool,
    sort_key Array(Int64),
    tie_key String,
    num_solved Int64,
    total_time_ms Int64,
    score Nullable(Int64),
    time_ms Nullable(Int64),
    `cells.problem_id` Array(LowCardinality(String)),
    `cells.num_judged` Array(Int64),
    `cells.num_pending` Array(Int64),
    `cells.solved` Array(Bool),
    `cells.time_ms` Array(Nullable(Int64)),
    `cells.score` Array(Nullable(Int64)),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(position) ORDER BY (contest, generation, audience, team_id, batch);

CREATE TABLE IF NOT EXISTS podium.scoreboard_firsts
(
    contest LowCardinality(String),
    generation LowCardinality(String),
    audience LowCardinality(String),
    problem_id LowCardinality(String),
    batch Int64,
    position Int64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    team_id String COMMENT 'empty: nobody yet, or it is not certain',
    submission_id String,
    time_ms Nullable(Int64),
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(position) ORDER BY (contest, generation, audience, problem_id, batch);

CREATE TABLE IF NOT EXISTS podium.scoreboard_batches
(
    contest LowCardinality(String),
    generation LowCardinality(String),
    audience LowCardinality(String),
    batch Int64,
    recorded_at DateTime64(3, 'UTC'),
    count Int64,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, generation, audience, batch);

CREATE TABLE IF NOT EXISTS podium.scoreboard_marks
(
    contest LowCardinality(String),
    generation LowCardinality(String),
    audience LowCardinality(String),
    position Int64 CODEC(Delta, ZSTD(1)),
    recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    digest String,
    fold_version Int64,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree ORDER BY (contest, generation, audience, position);

CREATE TABLE IF NOT EXISTS podium.sink_offsets
(
    topic LowCardinality(String),
    partition UInt16,
    next_position UInt64 COMMENT 'everything before it is in the tables',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(next_position) ORDER BY (topic, partition);
