-- Expires what is due in a topic, oldest first, and drops the topic if it is idle. Its followers may be cut off at the moment
-- and soon be back, so it has to be seen without any twice. The first time stands behind the time of the last use, so that a
-- use takes it away.
--
-- ARGV[2]  least time between the two in ms
-- Reply S, number of expired entries

local MOST = 100
local MARK = 3600000

local wrong = touched(S.leases, 'zset', 'ZCARD') or touched(S.due, 'zset', 'ZCARD') or touched(S.floor, 'string', 'STRLEN')
if wrong then
  return wrong
end
if S.fresh then
  redis.call('ZREM', S.due, S.topic)
  return {'S', 0}
end

local expired = 0
if S.grace <= S.now then
  local keys = redis.call('ZRANGEBYSCORE', S.leases, '-inf', S.now, 'LIMIT', 0, MOST)
  for i = 1, #keys do
    local entry = current(keys[i])
    if entry.there and entry.due then
      expire(entry)
      expired = expired + 1
    else
      redis.call('ZREM', S.leases, keys[i]) -- of an entry that is gone
    end
  end
end
if next(S.changed) or S.infoChanged then
  save(false)
end

local again = 0 -- when to look again: not before something new happens
local earliest = redis.call('ZRANGE', S.leases, 0, 0, 'WITHSCORES')[2]
if earliest then
  again = math.max(tonumber(earliest), S.grace)
elseif S.idle > 0 and S.fenced == '0' then
  if S.elsewhere then
    redis.call('HSET', S.kv, 'used', text(S.now)) -- those who follow it may not be back yet
  end
  local used, alone = match(redis.call('HGET', S.kv, 'used') or '0', '^(%d+) ?(%d*)$')
  again = tonumber(used) + S.idle
  if again <= S.now then
    if redis.call('PUBSUB', '@followed@', '@channel@{' .. S.topic .. '}')[2] > 0 then
      redis.call('HSET', S.kv, 'used', used)
      again = S.now + S.idle
    elseif alone == '' or tonumber(alone) + 3 * tonumber(ARGV[2]) < S.now then -- or nobody looked again in time
      redis.call('HSET', S.kv, 'used', used .. ' ' .. text(S.now))
      again = S.now + tonumber(ARGV[2])
    elseif tonumber(alone) + tonumber(ARGV[2]) > S.now then
      again = tonumber(alone) + tonumber(ARGV[2])
    else
      redis.call('SET', S.floor, text(math.max(tonumber(redis.call('GET', S.floor) or 0), S.epoch)))
      redis.call('UNLINK', S.kv, S.stream, S.young, S.old, S.leases, S.names)
      redis.call('HSET', S.kv, 'dropped', text(S.epoch))
      redis.call('PEXPIRE', S.kv, MARK) -- by then nobody repeats a request of before any more
      redis.call('@publish@', '@channel@{' .. S.topic .. '}', S.nothing)
      again = 0
    end
  end
end
if again > 0 then
  redis.call('ZADD', S.due, text(again), S.topic)
else
  redis.call('ZREM', S.due, S.topic)
end
return {'S', expired}
