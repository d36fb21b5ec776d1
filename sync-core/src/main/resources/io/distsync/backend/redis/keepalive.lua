-- Gives leases their full time again.
--
-- ARGV[2..]  key and lease id of each
-- Reply K, 1 or 0 for each: renewed, or gone

local reply = {'K'}
local wrong = touched(S.leases, 'zset', 'ZCARD') or S.idle > 0 and touched(S.due, 'zset', 'ZCARD')
if wrong then
  return wrong
end
for i = 2, #ARGV, 2 do
  local entry = current(ARGV[i])
  if entry.due then
    expire(entry)
  end
  local alive = entry.there and entry.lease == ARGV[i + 1]
  if alive then
    redis.call('ZADD', S.leases, text(S.now + entry.ttl), entry.key)
  end
  reply[#reply + 1] = alive and 1 or 0
end
if next(S.changed) or (not S.fresh and (S.idle > 0 or S.infoChanged)) then
  save(true)
end
return reply
