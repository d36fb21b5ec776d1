-- Applies one commit to a topic: all of it, or nothing. See docs/adr/0011-redis-layout.md for keys and fields.
--
-- KEYS  kv, stream, requests (younger generation), requests (older), leases, names
-- ARGV  request, known epoch, known revision, digest, retained changes (0: all), payloads in the log (1 or 0),
--       number of checks, each: kind (v version, x exists, f fence), key, version;
--       number of mutations, each: kind (p put, s sequential, d delete, a add), key, value, lease rule
--       (k keep, n none, s set), lease id, time to live in ms
-- Reply C(ommitted), epoch, revision, link, one of {} or {revision, link, previous version, key, value} for each mutation
--       X (conflict), epoch, revision, link, one of {check, version, payload} for each that failed, check counted from 0
--       O (too old), epoch, revision, link
--       R(ejected), reason
--       T(ype), key, expected type, found type
--       L(ayout), found
--
-- Nothing is written before everything is read and checked, because a script is not rolled back. Versions are strings,
-- epoch-revision-link; a number in Lua is exact up to 2^53, which epochs and revisions never reach.

local kv, stream, young, old, leases, names = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local LAYOUT = '1'
local INCARNATION = '@incarnation@'
local MAX_INTEGER = 9007199254740991
local MARGIN = 256
local NO_LINK = '0000000000000000'

local function text(number)
  return string.format('%.0f', number)
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- reading ------------------------------------------------------------------------------------------------------------

local function mistyped(key, expected)
  return {'T', key, expected, redis.call('TYPE', key).ok}
end

local meta = redis.pcall('HMGET', kv, 'layout', 'epoch', 'revision', 'link', 'incarnation', 'horizon', 'generation', 'grace', 'longest')
if meta.err then
  return mistyped(kv, 'hash')
end
local logged = redis.pcall('XLEN', stream)
if type(logged) == 'table' then
  return mistyped(stream, 'stream')
end
if meta[1] and meta[1] ~= LAYOUT then
  return {'L', meta[1]}
end

local request, digest = ARGV[1], ARGV[4]
local knownEpoch, knownRevision = tonumber(ARGV[2]), tonumber(ARGV[3])
local retained, payloads = tonumber(ARGV[5]), ARGV[6] == '1'
local epoch, revision, link = tonumber(meta[2] or 0), tonumber(meta[3] or 0), meta[4] or NO_LINK
local horizon, generation, grace = meta[6] or '0-0', tonumber(meta[7] or 0), tonumber(meta[8] or 0)
local longest = tonumber(meta[9] or 0)

local function parsed(version)
  local e, r = string.match(version, '^(%d+)-(%d+)')
  return tonumber(e), tonumber(r)
end

local function older(e1, r1, e2, r2)
  return e1 < e2 or (e1 == e2 and r1 < r2)
end

local remembered = redis.pcall('HGET', young, request)
if type(remembered) == 'table' then
  return mistyped(young, 'hash')
end
if not remembered then
  remembered = redis.pcall('HGET', old, request)
  if type(remembered) == 'table' then
    return mistyped(old, 'hash')
  end
end

-- repeats ------------------------------------------------------------------------------------------------------------

-- What a request did is told from the log. Each mark says whether a mutation had an effect.
local function outcomes(e, first, marks)
  local list, at, link = {}, first, nil
  for i = 1, #marks do
    if string.sub(marks, i, i) == '0' then
      list[i] = {}
    else
      local id = text(e) .. '-' .. text(at)
      local entry = redis.call('XRANGE', stream, id, id)[1]
      if not entry then
        return nil
      end
      local fields = {}
      for j = 1, #entry[2], 2 do
        fields[entry[2][j]] = entry[2][j + 1]
      end
      list[i] = {text(at), fields.l, fields.b, fields.k, fields.p or ''}
      at, link = at + 1, fields.l
    end
  end
  return list, at - 1, link
end

if remembered and meta[1] then
  local e, first, marks, before = string.match(remembered, '^(%d+) (%d+) (%d+) (.*)$')
  if before ~= digest then
    return {'R', 'request ' .. request .. ' was already used for another commit, at ' .. e .. '-' .. first}
  end
  local list, last, of = outcomes(tonumber(e), tonumber(first), marks)
  if list then
    return {'C', e, text(last), of, list}
  end
  return {'O', text(epoch), text(revision), link}
end
local horizonEpoch, horizonRevision = parsed(horizon)
if older(knownEpoch, knownRevision, horizonEpoch, horizonRevision) then
  return {'O', text(epoch), text(revision), link}
end

-- history ------------------------------------------------------------------------------------------------------------

-- A new epoch begins where the state is new, or where nobody can tell whether the log is whole.
local fresh = not meta[1]
local strange = not fresh and meta[5] ~= INCARNATION
local broken = not fresh and logged == 0 and revision > 0
if strange then
  grace = now + longest -- nothing expires before every owner had the time to renew
end

local function lastEpoch()
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return last and tonumber((string.match(last[1], '^(%d+)-'))) or 0
end

local function open()
  epoch = math.max(now, epoch + 1, knownEpoch + 1, lastEpoch() + 1)
end

-- Begins a history in place of one that may be lost.
local function begin()
  open()
  if logged > 0 or redis.call('EXISTS', young, old, leases, names) > 0 or knownEpoch > 0 then
    redis.call('UNLINK', stream, young, old, leases, names)
    horizon = text(epoch) .. '-0'
  end
end

local function save()
  redis.call('HSET', kv, 'layout', LAYOUT, 'epoch', text(epoch), 'revision', text(revision), 'link', link,
    'incarnation', INCARNATION, 'horizon', horizon, 'generation', text(generation), 'grace', text(grace),
    'longest', text(longest))
end

if fresh and knownEpoch > 0 then
  -- The sender knew a history that is gone, and so may be what it sent before.
  begin()
  save()
  return {'O', text(epoch), text(revision), link}
end

-- checks -------------------------------------------------------------------------------------------------------------

local function entry(key)
  local field = redis.call('HGET', kv, 'v' .. key)
  if not field then
    return nil
  end
  local version, lease = string.match(field, '^(%S+) ?(.*)$')
  return {version = version, lease = lease ~= '' and lease or nil}
end

local seen = {}
local function current(key)
  local found = seen[key]
  if found == nil then
    found = entry(key) or false
    if found and found.lease then
      found.deadline = tonumber(redis.call('ZSCORE', leases, key) or 'inf')
      found.due = found.deadline <= now and grace <= now
    end
    seen[key] = found
  end
  return found
end

local at = 7
local checks = tonumber(ARGV[at])
at = at + 1
local failed, fences, touched = {}, {}, {}
for i = 0, checks - 1 do
  local kind, key, wanted = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  at = at + 3
  if kind == 'f' then
    local highest = redis.call('HGET', kv, 'f' .. key)
    local e, r = parsed(wanted)
    if highest and older(e, r, parsed(highest)) then
      failed[#failed + 1] = {i, highest}
    else
      fences[#fences + 1] = {key, wanted}
    end
  else
    local found = current(key)
    touched[#touched + 1] = key
    local there = found and not found.due
    local passes = kind == 'x' and there or kind == 'v' and (there and found.version or '') == wanted
    if not passes then
      failed[#failed + 1] = there and {i, found.version, redis.call('HGET', kv, 'p' .. key)} or {i}
    end
  end
end

-- rehearsal: what will have an effect, and what would fail -----------------------------------------------------------

local mutations = tonumber(ARGV[at])
at = at + 1
local plan, marks, rehearsed = {}, {}, {}
for i = 1, mutations do
  local kind, key = ARGV[at], ARGV[at + 1]
  if kind ~= 's' then
    current(key)
    touched[#touched + 1] = key
  end
  at = at + 6
end

-- Expiries come first and use revisions of their own.
local expired, isDue = {}, {}
for i = 1, #touched do
  local key = touched[i]
  if seen[key] and seen[key].due and not isDue[key] then
    isDue[key] = true
    expired[#expired + 1] = key
  end
end

at = at - 6 * mutations
local base, effective = revision + #expired, 0
for i = 1, mutations do
  local kind, key, value = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local step = {kind = kind, rule = ARGV[at + 3], lease = ARGV[at + 4], ttl = tonumber(ARGV[at + 5])}
  at = at + 6
  if kind == 's' then
    key = key .. string.format('%019.0f', base + effective + 1)
    current(key)
  end
  local there = rehearsed[key]
  if there == nil then
    there = seen[key] and not seen[key].due
  end
  if kind == 'a' then
    local sum = type(there) == 'string' and there or there and redis.call('HGET', kv, 'p' .. key) or '0'
    if not string.match(sum, '^-?%d+$') then
      return {'R', 'entry \'' .. key .. '\' holds no decimal integer'}
    end
    sum = tonumber(sum) + tonumber(value)
    if sum > MAX_INTEGER or sum < -MAX_INTEGER then
      return {'R', 'adding ' .. value .. ' to entry \'' .. key .. '\' would leave the range of an integer'}
    end
    value = text(sum)
  end
  step.key, step.value = key, value
  if kind == 'd' and not there then
    marks[i] = '0'
  else
    marks[i] = '1'
    effective = effective + 1
    rehearsed[key] = kind ~= 'd' and value
  end
  plan[i] = step
end
if #failed > 0 and #expired == 0 and not strange then
  return {'X', text(epoch), text(revision), link, failed}
end

-- writing ------------------------------------------------------------------------------------------------------------

if fresh then
  begin()
elseif strange or broken then
  open()
end

local function append(key, op, value, previous, id, index, count)
  revision = revision + 1
  local before = link
  link = string.sub(redis.sha1hex(before .. ' ' .. text(epoch) .. ' ' .. text(revision) .. ' ' .. id), 1, 16)
  local fields = {'k', key, 'o', op, 'l', link, 'q', before, 'b', previous, 'r', id, 'n', index .. '/' .. count}
  if value and payloads then
    fields[#fields + 1] = 'p'
    fields[#fields + 1] = value
  end
  local added = redis.pcall('XADD', stream, text(epoch) .. '-' .. text(revision), unpack(fields))
  if type(added) == 'table' then
    -- The log is ahead of the state: its ids grow again in a newer epoch.
    open()
    link = string.sub(redis.sha1hex(before .. ' ' .. text(epoch) .. ' ' .. text(revision) .. ' ' .. id), 1, 16)
    fields[6] = link
    redis.call('XADD', stream, text(epoch) .. '-' .. text(revision), unpack(fields))
  end
  return text(epoch) .. '-' .. text(revision) .. '-' .. link
end

local function remove(key, op, id, index, count)
  local version = append(key, op, nil, seen[key].version, id, index, count)
  redis.call('HDEL', kv, 'v' .. key, 'p' .. key)
  if seen[key].lease then
    redis.call('ZREM', leases, key)
  end
  if key ~= '' then
    redis.call('ZREM', names, key)
  end
  seen[key] = false
  return version
end

local function write(step, index, count)
  local found, key = seen[step.key], step.key
  local version = append(key, 'W', step.value, found and found.version or '', request, index, count)
  local lease = found and found.lease or nil
  if step.rule == 's' then
    lease = step.lease
    longest = math.max(longest, step.ttl)
    redis.call('ZADD', leases, text(now + step.ttl), key)
  elseif step.rule == 'n' and lease then
    lease = nil
    redis.call('ZREM', leases, key)
  end
  redis.call('HSET', kv, 'v' .. key, lease and version .. ' ' .. lease or version, 'p' .. key, step.value)
  if not found and key ~= '' then
    redis.call('ZADD', names, 0, key)
  end
  seen[key] = {version = version, lease = lease}
end

for i = 1, #expired do
  remove(expired[i], 'X', '0-0', 0, 1)
end
local results = {}
if #failed == 0 then
  for i = 1, #fences do
    redis.call('HSET', kv, 'f' .. fences[i][1], fences[i][2])
  end
  local first, index = revision + 1, 0
  for i = 1, mutations do
    local step = plan[i]
    if marks[i] == '0' then
      results[i] = {}
    else
      local previous = seen[step.key] and seen[step.key].version or ''
      if step.kind == 'd' then
        remove(step.key, 'D', request, index, effective)
      else
        write(step, index, effective)
      end
      results[i] = {text(revision), link, previous, step.key, step.kind == 'a' and step.value or ''}
      index = index + 1
    end
  end
  if effective > 0 then
    if retained > 0 and first - generation > retained then
      if redis.call('EXISTS', old) == 1 then
        horizon = text(epoch) .. '-' .. text(generation) -- what came before is forgotten now
      end
      if redis.call('EXISTS', young) == 1 then
        redis.call('RENAME', young, old)
      end
      generation = first - 1
    end
    redis.call('HSET', young, request, text(epoch) .. ' ' .. text(first) .. ' ' .. table.concat(marks) .. ' ' .. digest)
  end
end
save()
if retained > 0 and logged > retained + MARGIN then
  redis.call('XTRIM', stream, 'MAXLEN', '~', text(retained + MARGIN))
end
if #failed > 0 then
  return {'X', text(epoch), text(revision), link, failed}
end
return {'C', text(epoch), text(revision), link, results}
