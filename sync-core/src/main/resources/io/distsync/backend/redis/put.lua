-- The common commit at full speed: puts of entries that have no lease, compared by version, to a topic that is as it should
-- be. Answers in the words of commit.lua; or G(eneral) where that one has to decide, before anything is written.
--
-- KEYS     state, log, requests (younger generation), requests (older)
-- ARGV     topic, request, digest, known epoch, known revision, retained changes (0: all)
--          an operation for each put (W, or K if the log has no payloads)
--          key and payload of each put in MessagePack, or nothing if each key is put once, with its payload
--          number of checks, each: key, version
--          number of keys that are put, in the order of their first puts, each: key, place of its last put, value of that
--
-- No functions, and no tables it can do without: making them costs as much as the commands.

if #KEYS == 0 then
  return '@incarnation@'
end
local kv, stream, request, operations = KEYS[1], KEYS[2], ARGV[2], ARGV[7]
local format, match, sub = string.format, string.match, string.sub

local stored = redis.pcall('HMGET', kv, 'head', 'info')
local head = stored[1]
if not head or not stored[2] then
  return {'G'}
end
local horizon, generation = match(stored[2], '^1 @pattern@ (%S+) (%d+) %d+ @pattern@ %d+ 0 %d$')
if not horizon or redis.call('EXISTS', KEYS[3], KEYS[4]) < (generation ~= '0' and 2 or 1)
  or redis.pcall('HGET', KEYS[3], request)
  or (generation ~= '0' and redis.pcall('HGET', KEYS[4], request)) then
  return {'G'}
end
local epoch, revision = match(head, '^(%d+)-(%d+)-')
local retained = tonumber(ARGV[6])
revision = tonumber(revision)
if tonumber(ARGV[4]) > tonumber(epoch) then
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
local held, failed, at = {}, nil, 10
for i = 0, tonumber(ARGV[9]) - 1 do
  local key, found = ARGV[at], held[ARGV[at]]
  if not found then
    found = redis.call('HGET', kv, 'v' .. key) or nothing
    if match(found, ' ') then
      return {'G'}
    end
    held[key] = found
  end
  if found ~= ARGV[at + 1] then
    failed = failed or {}
    failed[#failed + 1] = found == nothing and {i} or {i, found, redis.call('HGET', kv, 'p' .. key), ''}
  end
  at = at + 2
end
if failed then
  return {'X', head, failed, {}}
end

local count, keys, packed = #operations, tonumber(ARGV[at]), ARGV[8]
local previous, contents = {}, packed == '' and {} or nil
for i = 1, keys do
  local key = ARGV[at + 3 * i - 2]
  local found = held[key] or redis.call('HGET', kv, 'v' .. key) or nothing
  if match(found, ' ') or (key ~= '' and found == nothing) then
    return {'G'} -- leased, or to be listed among the names
  end
  previous[i] = found
  if contents then
    contents[2 * i - 1], contents[2 * i] = key, sub(operations, 1, 1) == 'W' and ARGV[at + 3 * i] or ''
  end
end

local clock = redis.call('TIME')
local first, last = format('%.0f', revision + 1), format('%.0f', revision + count)
local hash = sub(redis.sha1hex(head .. ' ' .. epoch .. '-' .. first .. ' ' .. request), 1, 14)
local id = epoch .. '-' .. last
local record = operations .. ' ' .. hash .. ' ' .. request .. ' '
  .. format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000)) .. ' ' .. head .. ' '
  .. (keys == 1 and previous[1] or table.concat(previous, ' ')) .. '\n' .. (contents and cmsgpack.pack(contents) or packed)
if type(redis.pcall('XADD', stream, 'NOMKSTREAM', id, 'c', record)) ~= 'string' then
  return {'G'} -- no log, or one that is ahead
end
local hex, mark = '@hex@', '-' .. hash
local version = id .. mark .. sub(hex, 2 * count - 1, 2 * count)
for i = at + 1, at + 3 * keys, 3 do
  local key, place = ARGV[i], tonumber(ARGV[i + 1])
  local written = place == count and version
    or epoch .. '-' .. format('%.0f', revision + place) .. mark .. sub(hex, 2 * place - 1, 2 * place)
  redis.call('HSET', kv, 'head', version, 'v' .. key, written, 'p' .. key, ARGV[i + 2])
end
redis.call('HSET', KEYS[3], request, epoch .. ' ' .. first .. ' ' .. string.rep('1', count) .. '  ' .. ARGV[3])
if retained > 0 and revision + count > retained and (revision + count) % 128 < count then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
  redis.call('XTRIM', stream, 'MINID', '~', match(oldest, '^%d+') .. '-' .. format('%.0f', revision + count - retained + 1))
end
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', #record > 65536 and version or id .. '\n' .. record)
return {'C', version, first, head, string.rep('1', count), previous, {}, {}}
