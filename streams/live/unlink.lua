-- What the scripts that delete have in common; it stands before each of them.
local function unlink_board(base, board)
  for name in string.gmatch('r rp z zm f fp d v m br brp bz bzm bf bfp bc bcf', '%S+') do
    redis.call('UNLINK', base .. name .. ':' .. board)
  end
end

-- All of a contest but its meta hash; of its objects those of the types that stand in ARGV from *first* on.
local function unlink_contest(base, first)
  for _, board in ipairs(redis.call('SMEMBERS', base .. 'b')) do unlink_board(base, board) end
  for at = first, #ARGV do redis.call('UNLINK', base .. 'o:' .. ARGV[at]) end
  redis.call('UNLINK', base .. 'feed', base .. 'turns', base .. 'n', base .. 'i', base .. 's', base .. 'b')
end
