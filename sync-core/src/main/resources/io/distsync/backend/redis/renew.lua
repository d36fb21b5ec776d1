-- The common renewal at full speed: of leases that are not due, of topics that are in order; many topics of one slot at once.
-- Leaves the topics as keepalive.lua would.
--
-- KEYS     due topics; state and leases of each topic
-- ARGV     topic, key and lease id of each
-- Reply K, for each: 1 renewed, or 0: keepalive.lua has to decide

if #KEYS == 0 then
  return '@incarnation@'
end
local format, match = string.format, string.match
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local used = format('%.0f', now)
local reply = {'K'}
for i = 1, #ARGV / 3 do
  local kv, leases, key = KEYS[2 * i], KEYS[2 * i + 1], ARGV[3 * i - 1]
  local stored = redis.pcall('HMGET', kv, 'info', 'v' .. key)
  local renewed = 0
  if stored[1] and stored[2] then
    local grace, idle = match(stored[1], '^1 @pattern@ %S+ %d+ (%d+) @pattern@ %d+ (%d+) %d$')
    local ttl, lease = match(stored[2], '^%S+ (%d+) (.*)$')
    local deadline = grace and lease == ARGV[3 * i] and redis.pcall('ZSCORE', leases, key)
    if type(deadline) == 'string' and (tonumber(deadline) > now or tonumber(grace) > now)
      and (idle == '0' or type(redis.pcall('ZADD', KEYS[1], 'LT', format('%.0f', now + idle), ARGV[3 * i - 2])) == 'number') then
      redis.call('ZADD', leases, format('%.0f', now + ttl), key)
      if idle ~= '0' then
        redis.call('HSET', kv, 'used', used)
      end
      renewed = 1
    end
  end
  reply[i + 1] = renewed
end
return reply
