-- Moves the witness of a partition on. KEYS[1]: the witness. ARGV: the nonce that it must have ("" for none), the next
-- one, then pairs of field and value.
if (redis.call('HGET', KEYS[1], 'nonce') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'nonce', ARGV[2])
for at = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
return 1
