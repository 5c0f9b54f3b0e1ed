-- Drops a contest's keys, for a reload. KEYS[1]: its meta hash. ARGV: position of the act, a new epoch, types of objects.
-- Keys that were made after the act was written are already what it asks for, unless the contest has left.
local meta = KEYS[1]
local base = string.sub(meta, 1, -5)
local made = redis.call('HGET', meta, 'made')
local away = redis.call('HEXISTS', meta, 'away') == 1
if made and tonumber(made) > tonumber(ARGV[1]) and not away then return 'already' end
unlink_contest(base, 3)
redis.call('UNLINK', meta)
redis.call('HSET', meta, 'epoch', ARGV[2], 'made', tonumber(ARGV[1]) + 1)
return 'applied'
