-- A contest that is over leaves: what says that it exists stays. KEYS[1]: its meta hash.
-- ARGV: the positions that it must hold (log, rows), then the types of objects that leave.
local meta = KEYS[1]
local base = string.sub(meta, 1, -5)
local held = redis.call('HMGET', meta, 'log', 'rows', 'away')
if held[3] then return 'already' end
if (held[1] or '-1') ~= ARGV[1] or (held[2] or '-1') ~= ARGV[2] then return 'behind' end
unlink_contest(base, 3)
redis.call('HSET', meta, 'away', '1')
return 'applied'
