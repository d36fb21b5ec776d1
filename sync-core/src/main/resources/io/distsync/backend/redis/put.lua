-- The common commit at full speed: puts of entries that have no lease, compared by version, to a topic that is as it should
-- be. Answers in the words of commit.lua; or G(eneral) where that one has to decide, before anything is written.
--
-- KEYS     state, log, requests (younger generation), requests (older)
-- ARGV     as of commit.lua; checks are of kind v, mutations of kind p, no age, no idle time, no selection
--
-- No functions, and no tables it can do without: making them costs as much as the commands.

if #KEYS == 0 then
  return '@incarnation@'
end
local kv, stream, request = KEYS[1], KEYS[2], ARGV[2]
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
local held, failed, at = {}, nil, 11
for i = 0, tonumber(ARGV[10]) - 1 do
  local key, found = ARGV[at + 1], held[ARGV[at + 1]]
  if not found then
    found = redis.call('HGET', kv, 'v' .. key) or nothing
    if match(found, ' ') then
      return {'G'}
    end
    held[key] = found
  end
  if found ~= ARGV[at + 2] then
    failed = failed or {}
    failed[#failed + 1] = found == nothing and {i} or {i, found, redis.call('HGET', kv, 'p' .. key), ''}
  end
  at = at + 3
end
if failed then
  return {'X', head, failed, {}}
end

local count = tonumber(ARGV[at])
for i = at + 2, at + 3 * count, 3 do
  local key = ARGV[i]
  if not held[key] then
    held[key] = redis.call('HGET', kv, 'v' .. key) or nothing
  end
  if match(held[key], ' ') or (key ~= '' and held[key] == nothing) then
    return {'G'} -- leased, or to be listed among the names
  end
end

local clock = redis.call('TIME')
local stem, first = epoch .. '-', format('%.0f', revision + 1)
local hash = sub(redis.sha1hex(head .. ' ' .. stem .. first .. ' ' .. request), 1, 14)
local tail = ' ' .. count .. ' ' .. hash .. ' ' .. request .. ' '
  .. format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000)) .. ' '
local logging = ARGV[8] == '1'
local operation, mark = logging and 'W ' or 'K ', '-' .. hash
local hex = '@hex@'
local message, previous, values, size, version = {}, {}, {}, 0, nil
for i = 1, count do
  local key, value = ARGV[at + 2], ARGV[at + 3]
  at = at + 3
  local before, logs = held[key], logging and value or ''
  local id, header
  if i == 1 then
    id, header = stem .. first, operation .. '0' .. tail .. head .. ' ' .. before
    if type(redis.pcall('XADD', stream, 'NOMKSTREAM', id, 'h', header, 'k', key, 'p', logs)) ~= 'string' then
      return {'G'} -- no log, or one that is ahead
    end
  else
    id, header = stem .. format('%.0f', revision + i), operation .. (i - 1) .. tail .. '- ' .. before
    redis.call('XADD', stream, id, 'h', header, 'k', key, 'p', logs)
  end
  version = id .. mark .. sub(hex, 2 * i - 1, 2 * i)
  previous[i], held[key], values[key] = before, version, value
  size = size + #logs
  local n = 4 * i
  message[n - 3], message[n - 2], message[n - 1], message[n] = id, header, key, logs
end
for key, value in pairs(values) do
  redis.call('HSET', kv, 'head', version, 'v' .. key, held[key], 'p' .. key, value)
end
redis.call('HSET', KEYS[3], request, epoch .. ' ' .. first .. ' ' .. string.rep('1', count) .. '  ' .. ARGV[3])
if retained > 0 and (revision + count) % 128 < count then
  redis.call('XTRIM', stream, 'MAXLEN', '~', format('%.0f', retained + 256))
end
redis.pcall('@publish@', '@channel@{' .. ARGV[1] .. '}', cmsgpack.pack(size > 65536 and {version} or message))
return {'C', version, first, head, string.rep('1', count), previous, {}, {}}
