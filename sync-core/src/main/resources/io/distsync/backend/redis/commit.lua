-- Applies one commit to a topic: all of it, or nothing.
--
-- ARGV[2..]  request, digest, known epoch, known revision, retained changes (0: all), retained age in ms, payloads in the log
--            (1 or 0), idle time in ms (0: never), headers of the mutations, a comma between them (nothing: none has any)
--            number of checks, each: kind (v version, x exists, f fence), key, version
--            number of mutations, each: kind and lease rule (p put, s sequential, a add; k keep, n none, s set; or d
--            delete), key, value (not for d), time to live in ms and lease id (for rule s)
--            a selection
-- Reply C(ommitted), head, version before, marks (1 or 0 for each mutation: had an effect), the version
--         before of each entry that was changed, in the order of their first changes, the sum of each addition, page
--       X (conflict), head, {check counted from 0, version or fence, payload, lease} for each that failed, page
--       O (too old), head
--       R(ejected), reason

local MAX_INTEGER = 9007199254740991
-- Longer than hash-max-listpack-value: a hash with it is a hash table from the first request on, not a list to be searched.
local PRESENT = string.rep('-', 65)
local sub = string.sub

local requested, digest = ARGV[2], ARGV[3]
local knownEpoch, knownRevision = tonumber(ARGV[4]), tonumber(ARGV[5])
S.known = knownEpoch
S.retained, S.age, S.payloads = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8] == '1'

local function finished(reply)
  if next(S.changed) or S.infoChanged then
    save(true)
  end
  return reply
end

-- repeats --------------------------------------------------------------------------------------------------------------

local remembered = redis.pcall('HGET', S.young, requested)
if type(remembered) == 'table' then
  return mistyped(S.young, 'hash')
end
if not remembered and S.generation > 0 then
  remembered = redis.pcall('HGET', S.old, requested)
  if type(remembered) == 'table' then
    return mistyped(S.old, 'hash')
  end
end

-- Where the selection begins, behind checks and mutations.
local function selectionAt()
  local at = 12 + 3 * tonumber(ARGV[11])
  local mutations = tonumber(ARGV[at])
  at = at + 1
  for _ = 1, mutations do
    local kind = ARGV[at]
    at = at + (kind == 'd' and 2 or sub(kind, 2) == 's' and 5 or 3)
  end
  return at
end

-- What a request did is told from the memory and the log.
local function repeated(e, of, marks, sums)
  local _, effective = string.gsub(marks, '1', '')
  local id = e .. '-' .. text(tonumber(of) + effective - 1)
  local commit = redis.call('XRANGE', S.stream, id, id)[1]
  if not commit then
    return {'O', S.top}
  end
  local hash, preceding, before = match(commit[2][2], '^%a+ (%x+) %S+ %d+ (%S+) ([^\n]*)')
  if not hash then
    return {'O', S.top} -- somebody has put something else in its place
  end
  local previous, all = {}, {}
  for version in string.gmatch(before, '%S+') do
    previous[#previous + 1] = version
  end
  for sum in string.gmatch(sums, '[^,]+') do
    all[#all + 1] = sum
  end
  local own = id .. '-' .. hash .. format('%02x', effective - 1)
  return {'C', own, preceding, marks, previous, all, selected(selectionAt())}
end

if remembered and not S.fresh then
  local e, of, marks, sums, as = match(remembered, '^(%d+) (%d+) (%d+) (%S*) (.*)$')
  if as ~= digest then
    return {'R', 'request ' .. requested .. ' was already used for another commit, at ' .. e .. '-' .. of}
  end
  return finished(repeated(e, of, marks, sums))
end

if S.fresh then
  local wrong = touched(S.floor, 'string', 'STRLEN')
  if wrong then
    return wrong
  end
  begin(knownEpoch)
end
-- What is remembered can be evicted, or deleted by hand. Each commit with an effect leaves something in the younger
-- generation, and what that was moves to the older one. By the field without a name put.lua knows that it is there.
if S.revision > 0 and redis.call('EXISTS', S.young, S.old) < (S.generation > 0 and 2 or 1) then
  redis.call('UNLINK', S.young, S.old)
  S.horizon, S.generation, S.infoChanged = S.stem .. text(S.revision), 0, true
end
if S.horizon ~= '0-0' and older(knownEpoch, knownRevision, parsed(S.horizon)) then
  return finished({'O', S.top})
end

-- checks ---------------------------------------------------------------------------------------------------------------

local keepIdle = tonumber(ARGV[9])
if keepIdle ~= S.idle then
  S.idle, S.infoChanged = keepIdle, true
end

-- A due entry is expired before anything else sees it.
local function alive(key)
  local entry = current(key)
  if entry.due then
    expire(entry)
  end
  return entry
end

local at = 12
local failed, fences = {}, {}
for i = 0, tonumber(ARGV[11]) - 1 do
  local kind, key, wanted = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  at = at + 3
  if kind == 'f' then
    local highest = redis.call('HGET', S.kv, 'f' .. key)
    local e, r = parsed(wanted)
    if highest and older(e, r, parsed(highest)) then
      failed[#failed + 1] = {i, highest}
    else
      fences[key] = fences[key] and older(e, r, parsed(fences[key])) and fences[key] or wanted
    end
  else
    local entry = alive(key)
    local passes = kind == 'x' and entry.there or kind == 'v' and (entry.there and entry.version or S.nothing) == wanted
    if not passes then
      failed[#failed + 1] = entry.there and {i, entry.version, payload(entry), entry.lease or ''} or {i}
    end
  end
end
if #failed > 0 then
  return finished({'X', S.top, failed, selected(selectionAt())})
end

-- rehearsal: what will have an effect, and what can never succeed ------------------------------------------------------

local mutations = tonumber(ARGV[at])
at = at + 1
local steps, marks, sums, will = {}, {}, {}, {}
local effective, leasing, named = 0, false, false
local headers, kept
if ARGV[10] ~= '' then
  headers, kept = {}, {}
  for each in string.gmatch(ARGV[10] .. ',', '([^,]*),') do
    headers[#headers + 1] = each
  end
end

local function integer(value)
  return match(value, '^-?%d+$') and tonumber(value)
end

-- Expiries use revisions of their own, before those of the commit.
local from = at
for _ = 1, S.longest > 0 and mutations or 0 do
  local kind = ARGV[at]
  if sub(kind, 1, 1) ~= 's' then
    alive(ARGV[at + 1])
  end
  at = at + (kind == 'd' and 2 or sub(kind, 2) == 's' and 5 or 3)
end
at = from

for i = 1, mutations do
  local kind, rule, key, value = ARGV[at], nil, ARGV[at + 1], nil
  if kind == 'pn' then
    kind = 'p'
  elseif kind ~= 'd' then
    kind, rule = sub(kind, 1, 1), sub(kind, 2)
  end
  local lease, ttl
  if kind == 'd' then
    at = at + 2
  else
    value = ARGV[at + 2]
    at = at + 3
    if rule == 's' then
      ttl, lease, leasing = tonumber(ARGV[at]), ARGV[at + 1], true
      at = at + 2
    end
  end
  if kind == 's' then
    key = key .. format('%019.0f', S.revision + effective + 1)
  end
  local entry = current(key)
  local there = will[key]
  if there == nil then
    there = entry.there
  end
  if kind == 'a' then
    local held = not there and 0 or integer(there == true and payload(entry) or there)
    if not held then
      return finished({'R', 'entry \'' .. key .. '\' holds no decimal integer'})
    end
    local sum = held + tonumber(value)
    if sum > MAX_INTEGER or sum < -MAX_INTEGER then
      return finished({'R', 'adding ' .. value .. ' to entry \'' .. key .. '\' would leave the range of ' .. text(-MAX_INTEGER) .. ' to ' .. text(MAX_INTEGER)})
    end
    value = text(sum)
    sums[#sums + 1] = value
  end
  if kind == 'd' and not there then
    marks[i] = '0'
  else
    marks[i] = '1'
    effective = effective + 1
    will[key] = value or false
    steps[effective] = {entry, value and (S.payloads and 'W' or 'K') or 'D', value, rule or 'n', lease, ttl}
    named = named or key ~= ''
    if headers then
      kept[effective] = headers[i]
    end
  end
end

-- writing --------------------------------------------------------------------------------------------------------------

-- The companions that will be written are touched first.
local wrong = named and touched(S.names, 'zset', 'ZCARD')
  or (leasing or S.idle > 0) and touched(S.due, 'zset', 'ZCARD')
  or (leasing or S.longest > 0) and touched(S.leases, 'zset', 'ZCARD')
if wrong then
  return wrong
end

local reply = {'C', S.top, S.top, concat(marks), {}, sums}
if effective > 0 then
  reply[5] = log(requested, steps, kept and concat(kept, ','))
  for i = 1, effective do
    local step = steps[i]
    if step[3] then
      write(step[1], step[3], step[4], step[5], step[6])
    else
      remove(step[1])
    end
  end
  reply[2], reply[3] = S.top, S.before
  if S.retained > 0 and S.first - S.generation > S.retained and redis.call('EXISTS', S.young) == 1 then
    if redis.call('EXISTS', S.old) == 1 then
      S.horizon = S.stem .. text(S.generation) -- what came before is forgotten now
    end
    redis.call('RENAME', S.young, S.old)
    S.generation, S.infoChanged = S.first - 1, true
  end
  redis.call('HSET', S.young, '', PRESENT, requested, concat({text(S.epoch), text(S.first), reply[4], concat(sums, ','), digest}, ' '))
  trim()
end
if next(fences) then
  for name, token in pairs(fences) do
    redis.call('HSET', S.kv, 'f' .. name, token)
  end
  if S.fenced == '0' then
    S.fenced, S.infoChanged = '1', true
  end
end
if effective > 0 or S.infoChanged then
  save(true)
end
reply[7] = selected(at)
return finished(reply)
