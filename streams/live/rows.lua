-- Applies records of scoreboard-rows of one contest. KEYS[1]: the contest's meta hash.
-- ARGV: position (of that topic) that this follows, last position, an epoch in case the keys are new, another one in
-- case that tokens must not be compared with those given out before (or ""), the most entries of a stream of deltas;
-- then nine for each record: position in the topic, what, generation, audience, position in the log, batch, team or
-- problem, value, member of the index.
local meta = KEYS[1]
local base = string.sub(meta, 1, -5)
local follows, last, cap = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[5]
local held = tonumber(redis.call('HGET', meta, 'rows') or '-1')
if held >= last then return {'already', 0, 0} end
if held < follows or redis.call('HEXISTS', meta, 'away') == 1 then return {'behind', 0, 0} end

redis.call('HSETNX', meta, 'epoch', ARGV[3])
if ARGV[4] ~= '' then redis.call('HSET', meta, 'epoch', ARGV[4]) end

local PARTS = {'r', 'rp', 'z', 'zm', 'f', 'fp'}
local stale, same = 0, 0

-- A row into the live board (*pre* "") or into the batch that waits ("b"): whether the board looks otherwise now. A row
-- without a member of the index is of a team out of competition: it is kept, and not on the board.
local function put_row(pre, board, team, position, row, member)
  local positions = base .. pre .. 'rp:' .. board
  local had = redis.call('HGET', positions, team)
  if had and tonumber(position) < tonumber(had) then
    stale = stale + 1
    return false
  end
  redis.call('HSET', positions, team, position)
  local rows, members, index = base .. pre .. 'r:' .. board, base .. pre .. 'zm:' .. board, base .. pre .. 'z:' .. board
  if (redis.call('HGET', rows, team) or '') == row then
    same = same + 1
    return false
  end
  local was = redis.call('HGET', members, team)
  if was and was ~= member then redis.call('ZREM', index, was) end
  if row == '' then redis.call('HDEL', rows, team) else redis.call('HSET', rows, team, row) end
  if member == '' then
    redis.call('HDEL', members, team)
  elseif was ~= member then
    redis.call('HSET', members, team, member)
    redis.call('ZADD', index, 0, member)
  end
  return member ~= '' or was ~= false
end

local function put_first(pre, board, problem, position, first)
  local positions, firsts = base .. pre .. 'fp:' .. board, base .. pre .. 'f:' .. board
  local had = redis.call('HGET', positions, problem)
  if had and tonumber(position) < tonumber(had) then
    stale = stale + 1
    return false
  end
  redis.call('HSET', positions, problem, position)
  if (redis.call('HGET', firsts, problem) or '') == first then
    same = same + 1
    return false
  end
  if first == '' then redis.call('HDEL', firsts, problem) else redis.call('HSET', firsts, problem, first) end
  return true
end

local function shown_row(team, row, listed)
  if not listed then return '{"team_id":"' .. team .. '","listed":false}' end
  return row
end

local function shown_first(problem, first)
  if not first or first == '' then first = 'null' end
  return '"' .. problem .. '":' .. first
end

local function reveal(board, rows, firsts)
  local revision = redis.call('INCR', base .. 'v:' .. board)
  local doc = '{"rows":[' .. table.concat(rows, ',') .. '],"firsts":{' .. table.concat(firsts, ',') .. '}}'
  redis.call('XADD', base .. 'd:' .. board, 'MAXLEN', cap, revision .. '-0', 'd', doc)
end

-- The batch that waits begins as a copy of the live board; it is as late as the latest of its records.
local function stage(board, batch)
  local open = redis.call('HGET', meta, 'batch:' .. board)
  if not open then
    for _, name in ipairs(PARTS) do
      local live, staged = base .. name .. ':' .. board, base .. 'b' .. name .. ':' .. board
      if redis.call('COPY', live, staged, 'REPLACE') == 0 then redis.call('UNLINK', staged) end
    end
  end
  if not open or tonumber(open) < tonumber(batch) then redis.call('HSET', meta, 'batch:' .. board, batch) end
end

local function sorted(key)
  local members = redis.call('SMEMBERS', key)
  table.sort(members)
  return members
end

-- The batch becomes the board, if no later one is under way: one rename a part, one delta for all that changed.
local function close(board, batch)
  local open = redis.call('HGET', meta, 'batch:' .. board)
  if not open or tonumber(open) > tonumber(batch) then return end
  redis.call('HDEL', meta, 'batch:' .. board)
  for _, name in ipairs(PARTS) do
    local live, staged = base .. name .. ':' .. board, base .. 'b' .. name .. ':' .. board
    if redis.call('EXISTS', staged) == 1 then redis.call('RENAME', staged, live) else redis.call('UNLINK', live) end
  end
  local rows, firsts = {}, {}
  for _, team in ipairs(sorted(base .. 'bc:' .. board)) do
    local listed = redis.call('HEXISTS', base .. 'zm:' .. board, team) == 1
    rows[#rows + 1] = shown_row(team, redis.call('HGET', base .. 'r:' .. board, team), listed)
  end
  for _, problem in ipairs(sorted(base .. 'bcf:' .. board)) do
    firsts[#firsts + 1] = shown_first(problem, redis.call('HGET', base .. 'f:' .. board, problem))
  end
  redis.call('UNLINK', base .. 'bc:' .. board, base .. 'bcf:' .. board)
  if #rows + #firsts > 0 then reveal(board, rows, firsts) end
end

local function mark(board, value)
  local key = base .. 'm:' .. board
  local had = redis.call('GET', key)
  if not had or cjson.decode(had).position <= cjson.decode(value).position then redis.call('SET', key, value) end
end

for at = 6, #ARGV, 9 do
  local board = ARGV[at + 2] .. ':' .. ARGV[at + 3]
  if tonumber(ARGV[at]) > held and redis.call('HEXISTS', meta, 'retired:' .. ARGV[at + 2]) == 0 then
    local what, position, batch = ARGV[at + 1], ARGV[at + 4], ARGV[at + 5]
    local id, value, member = ARGV[at + 6], ARGV[at + 7], ARGV[at + 8]
    redis.call('SADD', base .. 'b', board)
    if batch ~= '0' and (what == 'row' or what == 'first') then
      stage(board, batch)
      if what == 'row' then
        if put_row('b', board, id, position, value, member) then redis.call('SADD', base .. 'bc:' .. board, id) end
      elseif put_first('b', board, id, position, value) then
        redis.call('SADD', base .. 'bcf:' .. board, id)
      end
    elseif what == 'row' then
      if put_row('', board, id, position, value, member) then
        reveal(board, {shown_row(id, value, member ~= '')}, {})
      end
    elseif what == 'first' then
      if put_first('', board, id, position, value) then reveal(board, {}, {shown_first(id, value)}) end
    elseif what == 'closed' then
      close(board, batch)
    elseif what == 'mark' then
      mark(board, value)
    end
    if batch == '0' and redis.call('HEXISTS', meta, 'batch:' .. board) == 1 then
      -- what comes between a batch and its closing mark must outlive the swap
      if what == 'row' then put_row('b', board, id, position, value, member) end
      if what == 'first' then put_first('b', board, id, position, value) end
    end
  end
end

redis.call('HSET', meta, 'rows', ARGV[2])
return {'applied', stale, same}
