-- Applies events of one contest, or a part of one event. KEYS[1]: the contest's meta hash.
-- ARGV: position that this follows, last position, "1" when the last position is whole with this, an epoch in case the
-- keys are new, the end of the log in case they are new; then eight for each effect: position, what, a, b, value, and of
-- an entry of the feed its sequence, what the object was, and whether it is news for the push.
local meta = KEYS[1]
local base = string.sub(meta, 1, -5)
local follows, last, whole = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local held = tonumber(redis.call('HGET', meta, 'log') or '-1')
if held >= last then return 'already' end
if held < follows or redis.call('HEXISTS', meta, 'away') == 1 then return 'behind' end

redis.call('HSETNX', meta, 'epoch', ARGV[4])
redis.call('HSETNX', meta, 'made', ARGV[5])

local function put(key, field, value)
  if value == '' then redis.call('HDEL', key, field) else redis.call('HSET', key, field, value) end
end

local function retire(generation)
  redis.call('HSET', meta, 'retired:' .. generation, '1')
  for _, board in ipairs(redis.call('SMEMBERS', base .. 'b')) do
    if string.sub(board, 1, #generation + 1) == generation .. ':' then
      unlink_board(base, board)
      redis.call('SREM', base .. 'b', board)
      redis.call('HDEL', meta, 'batch:' .. board)
    end
  end
end

-- A part of an event that was cut off by a crash comes again: its entry is there.
local function tell(id, kind, about, doc, was, push)
  local added = redis.pcall(
    'XADD', base .. 'feed', id, 'type', kind, 'id', about, 'doc', doc, 'was', was, 'push', push
  )
  if type(added) == 'table' and added.err then
    return not string.find(added.err, 'equal or smaller') and added.err or nil
  end
  local turn = kind == 'contest' and kind or kind == 'teams' and 'teams:' .. about
  if turn then
    local had = redis.call('HGET', base .. 'turns', turn)
    redis.call('HSET', base .. 'turns', turn, had and had .. ' ' .. id or id)
  end
end

for at = 6, #ARGV, 8 do
  if tonumber(ARGV[at]) > held then
    local what, a, b, value, sequence = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
    if what == 'object' then
      put(base .. 'o:' .. a, b, value)
    elseif what == 'number' then
      redis.call('HSET', base .. 'n', a, b)
      redis.call('HSET', base .. 'i', b, a)
    elseif what == 'state' then
      put(base .. 's', a, value)
    elseif what == 'meta' then
      put(meta, a, value)
    elseif what == 'retired' then
      retire(a)
    end
    if sequence ~= '' then
      local wrong = tell(ARGV[at] .. '-' .. sequence, a, b, value, ARGV[at + 6], ARGV[at + 7])
      if wrong then return redis.error_reply(wrong) end
    end
  end
end

if whole then
  redis.call('HSET', meta, 'log', ARGV[2])
  redis.call('HDEL', meta, 'part')
else
  redis.call('HSET', meta, 'part', ARGV[2])
end
return 'applied'
