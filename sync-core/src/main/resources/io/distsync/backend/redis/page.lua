-- The common read at full speed: of a topic that is as it should be, in which nothing is due. Leaves the topic as read.lua
-- would.
--
-- KEYS     state, leases, names, due topics
-- ARGV     topic, then
--          for keys: k, each key
--          for a range without the empty key: r, command, both ends in its order, limit
-- Reply P(age), as of read.lua
--       G(eneral): read.lua has to decide; nothing was written
--
-- No functions, for the reason put.lua gives.

if #KEYS == 0 then
  return '@incarnation@'
end
local kv, kind = KEYS[1], ARGV[2]
local format, match = string.format, string.match

local stored = redis.pcall('HMGET', kv, 'head', 'info')
if not stored[1] or not stored[2] then
  return {'G'}
end
local longest, idle = match(stored[2], '^1 @pattern@ %S+ %d+ %d+ @pattern@ (%d+) (%d+) %d$')
if not longest then
  return {'G'} -- another incarnation
end
local now, leased
if longest ~= '0' or idle ~= '0' then
  local clock = redis.call('TIME')
  now = clock[1] * 1000 + math.floor(clock[2] / 1000)
end
if longest ~= '0' then
  local earliest = redis.pcall('ZRANGE', KEYS[2], '0', '0', 'WITHSCORES')
  leased = earliest[2]
  if earliest.err or leased and tonumber(leased) <= now then
    return {'G'} -- something is due
  end
end

local keys, limit = {}, 0
if kind == 'k' then
  for i = 3, #ARGV do
    keys[i - 2] = ARGV[i]
  end
  limit = #keys
else
  limit = tonumber(ARGV[6])
  keys = redis.pcall(ARGV[3], KEYS[3], ARGV[4], ARGV[5], 'LIMIT', '0', limit + 1)
  if keys.err then
    return {'G'}
  end
end
local page = {stored[1], #keys > limit and 1 or 0}
local count, bytes, at, entries = math.min(#keys, limit), 0, 2
for i = 1, count do
  if bytes > 4194304 and kind == 'r' then
    page[2] = 1 -- not full, but large enough
    break
  end
  local n = (i - 1) % 16 * 2 + 1
  if n == 1 then -- not all at once: payloads may be large, and it may be the end before
    local fields = {'HMGET', kv}
    for j = i, math.min(i + 15, count) do
      local m = 2 * (j - i) + 3
      fields[m], fields[m + 1] = 'v' .. keys[j], 'p' .. keys[j]
    end
    entries = redis.call(unpack(fields))
  end
  local version, content = entries[n], entries[n + 1]
  if version then
    local lease = match(version, '^%S+ %d+ (.*)$')
    if lease then
      if not leased then
        return {'G'} -- the leases were lost
      end
      version = match(version, '^%S+')
    end
    page[at + 1], page[at + 2], page[at + 3], page[at + 4] = keys[i], version, content, lease or ''
    at = at + 4
    bytes = bytes + #content
  elseif kind == 'r' then
    return {'G'} -- a name without an entry
  end
end
if idle ~= '0' then
  if type(redis.pcall('ZADD', KEYS[4], 'LT', format('%.0f', now + idle), ARGV[1])) ~= 'number' then
    return {'G'}
  end
  redis.call('HSET', kv, 'used', format('%.0f', now))
end
return {'P', page}
