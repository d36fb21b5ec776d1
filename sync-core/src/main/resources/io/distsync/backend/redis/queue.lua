-- The common commits of a queue at full speed: an entry with a lease is put under a sequential key, or one version of an entry
-- is deleted; then the first or the last entries under a prefix are read. For a topic that is as it should be, in which
-- nothing is due. Leaves the topic as commit.lua would.
--
-- KEYS     state, log, requests (younger generation), requests (older), leases, names, due topics; outbox, if another system
--          broadcasts
-- ARGV     topic, request, digest, known epoch, known revision, retained changes (0: all), idle time in ms (0: never)
--          operation: W (a put, or K if the log has no payloads), or D (deletion)
--          what is to be read: command, both ends in its order, limit (0: nothing is read)
--          for W: prefix of the key and of what is read, payload, time to live in ms, lease id; they are read from the last one
--          for D: key, version
-- Reply C(ommitted), head, version before, page
--       G(eneral): commit.lua has to decide; nothing was written
--
-- No functions, for the reason put.lua gives.

if #KEYS == 0 then
  return '@incarnation@'
end
local kv, stream, young, request = KEYS[1], KEYS[2], KEYS[3], ARGV[2]
local operation, key = ARGV[8], ARGV[13]
local deletes = operation == 'D'
local format, match, sub = string.format, string.match, string.sub

local stored = redis.pcall('HMGET', kv, 'head', 'info', 'v' .. key)
local head = stored[1]
if not head or not stored[2] then
  return {'G'}
end
local horizon, generation, longest, idle = match(stored[2], '^1 @pattern@ (%S+) (%d+) %d+ @pattern@ (%d+) (%d+) %d$')
if idle ~= ARGV[7] then
  return {'G'} -- another incarnation, or idle times
end
local remembered = redis.pcall('HMGET', young, '', request)
if not remembered[1] or remembered[2] then
  return {'G'} -- what is remembered was lost, or has the request
end
if generation ~= '0' then
  remembered = redis.pcall('HMGET', KEYS[4], '', request)
  if not remembered[1] or remembered[2] then
    return {'G'}
  end
end
local epoch, revision = match(head, '^(%d+)-(%d+)-')
local retained = tonumber(ARGV[6])
revision = revision + 1
if ARGV[4] ~= epoch and tonumber(ARGV[4]) > tonumber(epoch) then
  return {'G'} -- the sender knew a newer history
end
if retained > 0 and revision - generation > retained then
  return {'G'} -- the memory of requests is to be turned over
end
if horizon ~= '0-0' then
  local e, r = match(horizon, '^(%d+)-(%d+)')
  local knownEpoch, oldestEpoch = tonumber(ARGV[4]), tonumber(e)
  if knownEpoch < oldestEpoch or (knownEpoch == oldestEpoch and tonumber(ARGV[5]) < tonumber(r)) then
    return {'G'}
  end
end

local clock = redis.call('TIME')
local time = clock[1] .. format('%03d', clock[2] / 1000)
local now = tonumber(time)
local earliest = redis.pcall('ZRANGE', KEYS[5], '0', '0', 'WITHSCORES')
if earliest.err or earliest[2] and tonumber(earliest[2]) <= now then
  return {'G'} -- something is due
end

local first = format('%d', revision)
local number, before, value = nil, '0-0-0000000000000000', ''
if deletes then
  before = ARGV[14]
  local version, leased = match(stored[3] or '', '^(%S+)( ?)')
  if version ~= before or leased ~= '' and not earliest[2] then
    return {'G'} -- a conflict, or leases that were lost
  end
else
  number = format('%019d', revision)
  key = key .. number
  if ARGV[15] + 0 > longest + 0 then
    return {'G'} -- to be noted
  end
  value = ARGV[14]
end

-- What there will be: the entry that is put is the last one under its prefix, and the one that is deleted is none of them.
local limit = tonumber(ARGV[12])
local page = {}
if limit > 0 then
  local names = redis.pcall(ARGV[9], KEYS[6], ARGV[10], ARGV[11], 'LIMIT', '0', deletes and limit + 2 or limit)
  if names.err then
    return {'G'}
  end
  if not deletes and names[1] then
    local last = sub(names[1], -19)
    if #names[1] ~= #key or match(last, '%D') or last >= number then
      return {'G'} -- not put under a sequential key
    end
  end
  local fields, kept = {'HMGET', kv}, deletes and limit or limit - 1
  local found, more = 0, 0
  for i = 1, #names do
    local name = names[i]
    if name ~= key then
      if found == kept then
        more = 1
        break
      end
      found = found + 1
      fields[2 * found + 1], fields[2 * found + 2] = 'v' .. name, 'p' .. name
    end
  end
  page[1], page[2] = false, more
  local at = deletes and 2 or 6
  if found > 0 then
    local entries, bytes = redis.call(unpack(fields)), #value
    for i = 1, found do
      local version, leased, lease = match(entries[2 * i - 1] or '', '^(%S+)( ?%d*) ?(.*)$')
      local content = entries[2 * i]
      if not version or leased ~= '' and not earliest[2] then
        return {'G'}
      end
      bytes = bytes + #content
      page[at + 1], page[at + 2], page[at + 3], page[at + 4] = sub(fields[2 * i + 1], 2), version, content, lease
      at = at + 4
    end
    if bytes > 4194304 then
      return {'G'} -- a page that is not full, but large enough
    end
  end
elseif type(redis.pcall('ZCARD', KEYS[6])) ~= 'number' then
  return {'G'}
end

local from = retained > 0 and revision - retained + 1 or 0 -- the first revision the log has to keep
local trims = false
if from > 1 then
  local length = redis.pcall('XLEN', stream)
  trims = revision % 128 == 0 or type(length) == 'number' and longest ~= '0' and length + 1 > retained + 128
  if trims then
    local oldest = redis.pcall('XRANGE', stream, '-', '+', 'COUNT', '1')[1]
    if not oldest or match(oldest[1], '^%d+') ~= epoch then
      return {'G'} -- no log, or one that begins in a former epoch
    end
  end
end

-- Should it come to nothing, the topic is looked at early.
local due = not deletes and now + ARGV[15]
if idle ~= '0' and not (due and due < now + idle) then
  due = now + idle
end
if due and type(redis.pcall('ZADD', KEYS[7], 'LT', format('%.0f', due), ARGV[1])) ~= 'number' then
  return {'G'}
end
local id = epoch .. '-' .. first
local hash = sub(redis.sha1hex(head .. ' ' .. id .. ' ' .. request), 1, 14)
local version = id .. '-' .. hash .. '00'
local record = operation .. ' ' .. hash .. ' ' .. request .. ' ' .. time .. ' ' .. head .. ' ' .. before .. '\n'
  .. cmsgpack.pack({key, operation == 'W' and value or ''})
if type(redis.pcall('ZADD', KEYS[8], time, id .. ' ' .. ARGV[1])) ~= 'number' then -- @broadcast
  return {'G'} -- @broadcast
end -- @broadcast
if type(redis.pcall('XADD', stream, 'NOMKSTREAM', id, 'c', record)) ~= 'string' then
  return {'G'} -- no log, or one that is ahead
end
if deletes then
  redis.call('HDEL', kv, 'v' .. key, 'p' .. key)
  redis.call('ZREM', KEYS[5], key)
  redis.call('ZREM', KEYS[6], key)
  if idle == '0' then
    redis.call('HSET', kv, 'head', version)
  else
    redis.call('HSET', kv, 'head', version, 'used', time)
  end
else
  redis.call('ZADD', KEYS[5], format('%.0f', now + ARGV[15]), key)
  redis.call('ZADD', KEYS[6], '0', key)
  local written = version .. ' ' .. ARGV[15] .. ' ' .. ARGV[16]
  if idle == '0' then
    redis.call('HSET', kv, 'head', version, 'v' .. key, written, 'p' .. key, value)
  else
    redis.call('HSET', kv, 'head', version, 'v' .. key, written, 'p' .. key, value, 'used', time)
  end
  if limit > 0 then
    page[3], page[4], page[5], page[6] = key, version, value, ARGV[16]
  end
end
redis.call('HSET', young, request, epoch .. ' ' .. first .. ' 1  ' .. ARGV[3])
if trims then
  redis.call('XTRIM', stream, 'MINID', '~', epoch .. '-' .. format('%d', from))
end
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', #record > 65536 and version or id .. '\n' .. record) -- @channel
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', version) -- @broadcast
page[1] = version
return {'C', version, head, page}
