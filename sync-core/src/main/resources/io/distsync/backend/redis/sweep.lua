-- Expires what is due in a topic, oldest first, and drops the topic if it is idle.
--
-- Reply S, number of expired entries, when to look again in ms (0: not before something new happens)

local MOST = 100
local MARK = 3600000

local wrong = touched(leases, 'zset', 'ZCARD') or touched(due, 'zset', 'ZCARD') or touched(floor, 'string', 'STRLEN')
if wrong then
  return wrong
end
if fresh then
  redis.call('ZREM', due, topic)
  return {'S', 0, 0}
end

local expired = 0
if grace <= now then
  local keys = redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, MOST)
  for i = 1, #keys do
    local entry = current(keys[i])
    if entry.there and entry.due then
      expire(entry)
      expired = expired + 1
    else
      redis.call('ZREM', leases, keys[i]) -- of an entry that is gone
    end
  end
end
if next(changed) or infoChanged then
  save(false)
end

local again = 0
local earliest = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2]
if earliest then
  again = math.max(tonumber(earliest), grace)
elseif idle > 0 and fenced == '0' then
  again = tonumber(redis.call('HGET', kv, 'used') or 0) + idle
  if again <= now then
    if redis.call('PUBSUB', FOLLOWED, CHANNEL .. '{' .. topic .. '}')[2] > 0 then
      again = now + idle
    else
      redis.call('SET', floor, text(math.max(tonumber(redis.call('GET', floor) or 0), epoch)))
      redis.call('UNLINK', kv, stream, young, old, leases, names)
      redis.call('HSET', kv, 'dropped', text(epoch))
      redis.call('PEXPIRE', kv, MARK) -- by then nobody repeats a request of before any more
      redis.call(PUBLISH, CHANNEL .. '{' .. topic .. '}', cmsgpack.pack({2, NOTHING}))
      again = 0
    end
  end
end
if again > 0 then
  redis.call('ZADD', due, text(again), topic)
else
  redis.call('ZREM', due, topic)
end
return {'S', expired, again}
