-- The common commit at full speed: puts of entries that have no lease, compared by version, to a topic that is as it should
-- be. Leaves the topic as commit.lua would.
--
-- KEYS     state, log, requests (younger generation), requests (older); outbox, if another system broadcasts
-- ARGV     topic, request, digest, known epoch, known revision, retained changes (0: all)
--          an operation for each put (W, or K if the log has no payloads), number of the last arguments that are pieces
--          number of keys that are put, in the order of their first puts, each: key, place of its last put, which of the
--          arguments is the value of that
--          number of checks, each: key, version
--          values that are not logged
--          pieces of what is logged behind the header, in MessagePack: a logged value is a piece
-- Reply C(ommitted), head, version before, the version before of each key
--       X (conflict), head, {check counted from 0, version, payload, lease} for each that failed, {}
--       G(eneral): commit.lua has to decide; nothing of the topic was changed
--
-- No functions, and no tables it can do without: making them costs as much as the commands. For the same reason the first
-- key's version is read together with the head. Lua reads each string it makes from end to end, so payloads are put into
-- one only, which is both the record of the log and the message on the channel.

if #KEYS == 0 then
  return '@incarnation@'
end
local kv, stream, young, request, operations = KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[7]
local format, match, sub = string.format, string.match, string.sub

local stored = redis.pcall('HMGET', kv, 'head', 'info', 'v' .. ARGV[10])
local head = stored[1]
if not head or not stored[2] then
  return {'G'}
end
local horizon, generation = match(stored[2], '^1 @pattern@ (%S+) (%d+) %d+ @pattern@ %d+ 0 %d$')
if not horizon then
  return {'G'} -- another incarnation, leases, or idle times
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
if retained > 0 and revision + 1 - tonumber(generation) > retained then
  return {'G'} -- the memory of requests is to be turned over
end
if horizon ~= '0-0' then
  local e, r = match(horizon, '^(%d+)-(%d+)')
  local knownEpoch, oldestEpoch = tonumber(ARGV[4]), tonumber(e)
  if knownEpoch < oldestEpoch or (knownEpoch == oldestEpoch and tonumber(ARGV[5]) < tonumber(r)) then
    return {'G'}
  end
end

local nothing = '0-0-0000000000000000'
local count, keys = #operations, tonumber(ARGV[9])
local firstKey, ofFirst = ARGV[10], stored[3] or nothing
local at, passed, failed = 11 + 3 * keys, {}, nil
for i = 0, tonumber(ARGV[at - 1]) - 1 do
  local key = ARGV[at]
  local found = key == firstKey and ofFirst or redis.call('HGET', kv, 'v' .. key) or nothing
  if found == ARGV[at + 1] then
    passed[key] = found
  else
    if match(found, ' ') then
      return {'G'} -- leased
    end
    failed = failed or {}
    failed[#failed + 1] = found == nothing and {i} or {i, found, redis.call('HGET', kv, 'p' .. key), ''}
  end
  at = at + 2
end
if failed then
  return {'X', head, failed, {}}
end

local reply = {'C', false, head}
for i = 1, keys do
  local key = ARGV[7 + 3 * i]
  local found = passed[key]
  if not found then
    found = i == 1 and ofFirst or redis.call('HGET', kv, 'v' .. key) or nothing
    if match(found, ' ') then
      return {'G'} -- leased
    end
  end
  if key ~= '' and found == nothing then
    return {'G'} -- to be listed among the names
  end
  reply[3 + i] = found
end

local from = retained > 0 and revision + count - retained + 1 or 0 -- the first revision the log has to keep
local trims = from > 1 and (revision + count) % 128 < count
if trims then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not oldest or match(oldest[1], '^%d+') ~= epoch then
    return {'G'} -- no log, or one that begins in a former epoch
  end
end

local pieces = #ARGV - ARGV[8] + 1
local before, value, behind = ARGV[pieces], ARGV[pieces + 1] or '', ARGV[pieces + 2] or ''
if #ARGV > pieces + 2 then
  before, value, behind = table.concat(ARGV, '', pieces), '', ''
end
local clock = redis.call('TIME')
local first = format('%d', revision + 1)
local id = epoch .. '-' .. (count == 1 and first or format('%d', revision + count))
local hash = sub(redis.sha1hex(head .. ' ' .. epoch .. '-' .. first .. ' ' .. request), 1, 14)
local now = clock[1] .. format('%03d', clock[2] / 1000)
local record = operations .. ' ' .. hash .. ' ' .. request .. ' ' .. now .. ' ' .. head .. ' '
  .. (keys == 1 and reply[4] or table.concat(reply, ' ', 4)) .. '\n'
  .. before .. value .. behind
if type(redis.pcall('ZADD', KEYS[5], now, id .. ' ' .. ARGV[1])) ~= 'number' then -- @broadcast
  return {'G'} -- @broadcast
end -- @broadcast
if type(redis.pcall('XADD', stream, 'NOMKSTREAM', id, 'c', record)) ~= 'string' then
  return {'G'} -- no log, or one that is ahead
end
local hex, mark = '@hex@', '-' .. hash
local version = id .. mark .. sub(hex, 2 * count - 1, 2 * count)
for i = 10, 7 + 3 * keys, 3 do
  local key, place = ARGV[i], tonumber(ARGV[i + 1])
  local written = place == count and version
    or epoch .. '-' .. format('%d', revision + place) .. mark .. sub(hex, 2 * place - 1, 2 * place)
  redis.call('HSET', kv, 'head', version, 'v' .. key, written, 'p' .. key, ARGV[tonumber(ARGV[i + 2])])
end
redis.call('HSET', young, request, epoch .. ' ' .. first .. ' ' .. string.rep('1', count) .. '  ' .. ARGV[3])
if trims then
  redis.call('XTRIM', stream, 'MINID', '~', epoch .. '-' .. format('%d', from))
end
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', #record > 65536 and version or record) -- @channel
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', version) -- @broadcast
reply[2] = version
return reply
