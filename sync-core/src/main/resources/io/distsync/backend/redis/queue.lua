-- The common commits of a queue at full speed: certain versions of entries are deleted, then entries with leases are put under
-- sequential keys; then the last entries under a prefix are read. For a topic that is as it should be, in which nothing is due.
-- Leaves the topic as commit.lua would.
--
-- KEYS     state, log, requests (younger generation), requests (older), leases, names, due topics; outbox, if another system
--          broadcasts
-- ARGV     topic, request, digest, known epoch, known revision, retained changes (0: all), idle time in ms (0: never)
--          operation of a put: W, or K if the log has no payloads
--          what is to be read, from the last one down: both ends, limit (0: nothing is read)
--          prefix of the keys that are put
--          number of deletions, each: key, version
--          for each put: payload, time to live in ms, lease id
--          headers of the mutations, if there are any
-- Reply C(ommitted), head, version before, page
--       G(eneral): commit.lua has to decide; nothing of the topic was changed
--
-- No functions, for the reason put.lua gives.

if #KEYS == 0 then
  return '@incarnation@'
end
local kv, stream, young, request, prefix = KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[12]
local format, match, sub, unpack = string.format, string.match, string.sub, unpack
local deletions = tonumber(ARGV[13])
local putsAt = 14 + 2 * deletions
local puts = math.floor((#ARGV + 1 - putsAt) / 3)
local count = deletions + puts

local stored
if deletions == 0 then
  stored = redis.pcall('HMGET', kv, 'head', 'info')
elseif deletions == 1 then
  stored = redis.pcall('HMGET', kv, 'head', 'info', 'v' .. ARGV[14])
else
  local asked = {'HMGET', kv, 'head', 'info'}
  for i = 1, deletions do
    asked[4 + i] = 'v' .. ARGV[12 + 2 * i]
  end
  stored = redis.pcall(unpack(asked))
end
local head = stored[1]
if not head or not stored[2] then
  return {'G'}
end
local horizon, generation, longest, idle = match(stored[2], '^1 @pattern@ (%S+) (%d+) %d+ @pattern@ (%d+) (%d+) %d$')
if idle ~= ARGV[7] then
  return {'G'} -- another incarnation, or idle times
end
local epoch, revision = match(head, '^(%d+)-(%d+)-%x+$')
if not epoch then
  return {'G'} -- not written by a script
end
local remembered = redis.pcall('HMGET', young, '', request)
if not remembered[1] or remembered[2] then
  return {'G'} -- what is remembered was lost, or has the request
end
-- If nothing has happened since before its sender asked first, the older generation cannot have it.
if generation ~= '0' and (ARGV[5] ~= revision or ARGV[4] ~= epoch) then
  remembered = redis.pcall('HMGET', KEYS[4], '', request)
  if not remembered[1] or remembered[2] then
    return {'G'}
  end
end
local retained = tonumber(ARGV[6])
revision = tonumber(revision)
if ARGV[4] ~= epoch and tonumber(ARGV[4]) > tonumber(epoch) then
  return {'G'} -- the sender knew a newer history
end
if retained > 0 and revision + 1 - generation > retained then
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

-- What is deleted, and what is put; both also as the log has it.
local contents, versions, deleted = {}, '', {}
for i = 1, deletions do
  local key, wanted = ARGV[12 + 2 * i], ARGV[13 + 2 * i]
  local version, leased = match(stored[2 + i] or '', '^(%S+)( ?)')
  if version ~= wanted or leased ~= '' and not earliest[2] then
    return {'G'} -- a conflict, or leases that were lost
  end
  contents[2 * i - 1], contents[2 * i] = key, ''
  versions = versions .. ' ' .. wanted
  deleted[key] = true
end
local due, bytes = nil, 0
for i = 1, puts do
  local at = putsAt + 3 * i - 3
  local ttl = ARGV[at + 1] + 0
  if ttl > longest + 0 then
    return {'G'} -- to be noted
  end
  due = due and due < now + ttl and due or now + ttl
  bytes = bytes + #ARGV[at]
  contents[2 * (deletions + i) - 1] = prefix .. format('%019d', revision + deletions + i)
  contents[2 * (deletions + i)] = ARGV[8] == 'W' and ARGV[at] or ''
  versions = versions .. ' 0-0-0000000000000000'
end

-- What there will be: the entries that are put are the last ones, and what is deleted is none of them.
contents[2 * count + 1] = ARGV[putsAt + 3 * puts]

local limit = tonumber(ARGV[11])
local page = {}
if limit > 0 then
  local left = limit - puts
  if left < 0 then
    return {'G'}
  end
  local names = redis.pcall('ZREVRANGEBYLEX', KEYS[6], ARGV[9], ARGV[10], 'LIMIT', '0', left + 1 + deletions)
  if names.err then
    return {'G'}
  end
  local last = names[1]
  if last and sub(prefix, 1, #last) ~= last then
    local number = sub(last, #prefix + 1)
    if sub(last, 1, #prefix) ~= prefix or #number ~= 19 or match(number, '%D')
      or number >= format('%019d', revision + deletions + 1) then
      return {'G'} -- not put under a sequential key
    end
  end
  local fields = {'HMGET', kv}
  local found, more = 0, 0
  for i = 1, #names do
    local name = names[i]
    if not deleted[name] then
      if found == left then
        more = 1
        break
      end
      found = found + 1
      fields[2 * found + 1], fields[2 * found + 2] = 'v' .. name, 'p' .. name
    end
  end
  page[1], page[2] = false, more
  if found > 0 then
    local entries, at = redis.call(unpack(fields)), 2 + 4 * puts
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
  end
  if bytes > 4194304 then
    return {'G'} -- a page that is not full, but large enough
  end
elseif type(redis.pcall('ZCARD', KEYS[6])) ~= 'number' then
  return {'G'}
end

local first = format('%d', revision + 1)
revision = revision + count
local from = retained > 0 and revision - retained + 1 or 0 -- the first revision the log has to keep
local trims = false
if from > 1 then
  trims = revision % 128 < count
  if not trims and longest ~= '0' and revision % 16 < count then
    local length = redis.pcall('XLEN', stream)
    trims = type(length) == 'number' and length + 1 > retained + 128
  end
  if trims then
    local oldest = redis.pcall('XRANGE', stream, '-', '+', 'COUNT', '1')[1]
    if not oldest or match(oldest[1], '^%d+') ~= epoch then
      return {'G'} -- no log, or one that begins in a former epoch
    end
  end
end

-- Should it come to nothing, the topic is looked at early. Where there is a lease it is looked at anyway.
if idle ~= '0' and (due and due > now + idle or not due and not earliest[2]) then
  due = now + idle
end
if due and type(redis.pcall('ZADD', KEYS[7], 'LT', format('%.0f', due), ARGV[1])) ~= 'number' then
  return {'G'}
end
local id = epoch .. '-' .. (count == 1 and first or format('%d', revision))
local hash = sub(redis.sha1hex(head .. ' ' .. epoch .. '-' .. first .. ' ' .. request), 1, 14)
local record = string.rep('D', deletions) .. string.rep(ARGV[8], puts) .. ' ' .. hash .. ' ' .. request .. ' ' .. time .. ' '
  .. head .. versions .. '\n' .. cmsgpack.pack(contents)
if type(redis.pcall('ZADD', KEYS[8], time, id .. ' ' .. ARGV[1])) ~= 'number' then -- @broadcast
  return {'G'} -- @broadcast
end -- @broadcast
if type(redis.pcall('XADD', stream, 'NOMKSTREAM', id, 'c', record)) ~= 'string' then
  return {'G'} -- no log, or one that is ahead
end

local hex, mark = '@hex@', '-' .. hash
local version = id .. mark .. sub(hex, 2 * count - 1, 2 * count)
if deletions > 0 then
  local fields, leases, names = {'HDEL', kv}, {'ZREM', KEYS[5]}, {'ZREM', KEYS[6]}
  for i = 1, deletions do
    local key = ARGV[12 + 2 * i]
    fields[2 * i + 1], fields[2 * i + 2] = 'v' .. key, 'p' .. key
    leases[2 + i], names[2 + i] = key, key
  end
  redis.call(unpack(fields))
  redis.call(unpack(leases))
  redis.call(unpack(names))
end
local state = {'HSET', kv, 'head', version}
if puts > 0 then
  local leases, names = {'ZADD', KEYS[5]}, {'ZADD', KEYS[6]}
  for i = 1, puts do
    local at, place = putsAt + 3 * i - 3, deletions + i
    local key, payload, ttl, lease = contents[2 * place - 1], ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local put = place == count and version
      or epoch .. '-' .. format('%d', revision - count + place) .. mark .. sub(hex, 2 * place - 1, 2 * place)
    leases[2 * i + 1], leases[2 * i + 2] = format('%.0f', now + ttl), key
    names[2 * i + 1], names[2 * i + 2] = '0', key
    state[4 * i + 1], state[4 * i + 2] = 'v' .. key, put .. ' ' .. ttl .. ' ' .. lease
    state[4 * i + 3], state[4 * i + 4] = 'p' .. key, payload
    if limit > 0 then
      local slot = 2 + 4 * (puts - i)
      page[slot + 1], page[slot + 2], page[slot + 3], page[slot + 4] = key, put, payload, lease
    end
  end
  redis.call(unpack(leases))
  redis.call(unpack(names))
end
if idle ~= '0' then
  local at = #state
  state[at + 1], state[at + 2] = 'used', time
end
redis.call(unpack(state))
redis.call('HSET', young, request, epoch .. ' ' .. first .. ' ' .. string.rep('1', count) .. '  ' .. ARGV[3])
if trims then
  redis.call('XTRIM', stream, 'MINID', '~', epoch .. '-' .. format('%d', from))
end
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', #record > 65536 and version or record) -- @channel
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', version) -- @broadcast
page[1] = version
return {'C', version, head, page}
