-- What the scripts of a topic share; each begins with this text. Keys, fields and reasons: docs/adr/0011-redis-layout.md.
--
-- KEYS     state, log, requests (younger generation), requests (older), leases, names, due topics, floor of epochs; outbox, if
--          another system broadcasts
-- ARGV[1]  topic
-- Replies of any script besides its own:
--          T(ype), key, expected type, found type
--          L(ayout), found
--
-- Nothing is written before everything is read and checked, because a script is not rolled back. Versions are texts,
-- epoch-revision-link; a number in Lua is exact up to 2^53, which epochs and revisions never reach.

if #KEYS == 0 then
  -- Sent to be known to the server. A right that is missing would end a script in the middle, so it is looked for now. A
  -- server that cannot be asked (6.2) is tried: on keys nobody has, and with what comes to nothing once the right is there.
  local asks = redis.acl_check_cmd
  local tag = asks and '{a}' or '{a}:rights'
  local kv, stream, other = '@prefix@kv:' .. tag, '@prefix@stream:' .. tag, '@prefix@keys:' .. tag
  local due, floor = '@prefix@due' .. (asks and '' or ':rights'), '@prefix@floor' .. (asks and '' or ':rights')
  local needed = {
    {'HMGET', kv, 'f'}, {'HGET', kv, 'f'}, {'HSET', kv, 'f', 'v', 'odd'}, {'HDEL', kv, 'f'}, {'PEXPIRE', kv, 'none'},
    {'XLEN', stream}, {'XADD', stream, 'none', 'f', 'v'}, {'XRANGE', stream, '-', '+'}, {'XREVRANGE', stream, '+', '-'},
    {'XTRIM', stream, 'MINID', 'none'}, {'RENAME', '@prefix@req:' .. tag, '@prefix@old:' .. tag}, {'EXISTS', kv},
    {'UNLINK', kv}, {'TYPE', kv}, {'ZADD', other, 'none', 'm'}, {'ZREM', other, 'm'}, {'ZCARD', other},
    {'ZSCORE', '@prefix@lease:' .. tag, 'm'}, {'ZRANGE', other, '0', '0'}, {'ZRANGEBYSCORE', due, '0', '0'},
    {'ZRANGEBYLEX', other, '-', '+'}, {'ZREVRANGEBYLEX', other, '+', '-'}, {'GET', floor}, {'SET', floor, 'v', 'none'},
    {'STRLEN', floor}, {'TIME'}, {'@publish@', '@channel@' .. tag, 'm'}, {'PUBSUB', '@followed@', '@channel@' .. tag}}
  local outbox = '@prefix@outbox' .. (asks and '' or ':rights') -- @broadcast
  needed[#needed + 1] = {'ZADD', outbox, 'none', 'm'} -- @broadcast
  needed[#needed + 1] = {'ZREM', outbox, 'm'} -- @broadcast
  needed[#needed + 1] = {'ZREMRANGEBYRANK', outbox, '0', '0'} -- @broadcast
  local function refused(command)
    if asks then
      return not asks(unpack(command))
    end
    local answer = redis.pcall(unpack(command))
    return type(answer) == 'table' and answer.err and string.find(answer.err, 'The user executing the script', 1, true)
  end
  for i = 1, #needed do
    if refused(needed[i]) then
      return redis.error_reply('NOPERM this user may not run ' .. needed[i][1] .. ' on ' .. (needed[i][2] or 'the server'))
    end
  end
  return '@incarnation@'
end

-- What the functions share are fields of one table: a function that refers to many locals is expensive to make, and all of
-- them are made anew whenever a script runs. `top` is the head as text, `stem` the epoch with a dash.
local S = {
  nothing = '0-0-0000000000000000', topic = ARGV[1], now = 0,
  kv = KEYS[1], stream = KEYS[2], young = KEYS[3], old = KEYS[4], leases = KEYS[5], names = KEYS[6], due = KEYS[7], floor = KEYS[8],
  outbox = KEYS[9],
  epoch = 0, revision = 0, top = '', stem = '', incarnation = '@incarnation@', horizon = '0-0',
  generation = 0, grace = 0, gracious = '@incarnation@', longest = 0, idle = 0, fenced = '0', fresh = false, infoChanged = false,
  seen = {}, changed = {}, payloads = true, retained = 0, age = 0, turned = false, known = 0, elsewhere = false,
  count = 0, first = 0, before = '', hex = '@hex@', past = 9007199254740992}
local format, match, concat = string.format, string.match, table.concat

local function text(number)
  return format('%.0f', number)
end

local function mistyped(key, expected)
  return {'T', key, expected, redis.call('TYPE', key).ok}
end

local clock = redis.call('TIME')
S.now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local stored = redis.pcall('HMGET', S.kv, 'head', 'info')
if stored.err then
  return mistyped(S.kv, 'hash')
end
-- The head, and what is seldom written: whose epoch it is, from where requests are remembered and since which revision
-- in the younger generation, until when nothing expires and on which incarnation, the longest time to live, the idle
-- time, and whether there are fences.
S.fresh = not (stored[1] and stored[2])
S.infoChanged = S.fresh
if not S.fresh then
  if string.sub(stored[2], 1, 2) ~= '1 ' then
    return {'L', match(stored[2], '^%S*')}
  end
  local epoch, revision, generation, grace, longest, idle
  epoch, revision = match(stored[1], '^(%d+)-(%d+)-%x+$')
  S.epoch, S.revision, S.top = tonumber(epoch), tonumber(revision), stored[1]
  S.incarnation, S.horizon, generation, grace, S.gracious, longest, idle, S.fenced =
    match(stored[2], '^1 (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  S.generation, S.grace, S.longest, S.idle = tonumber(generation), tonumber(grace), tonumber(longest), tonumber(idle)
  if not (S.epoch and S.epoch < S.past and S.revision < S.past and S.generation and S.grace and S.longest and S.idle) then
    return {'L', 'damaged'} -- not written by a script
  end
  S.stem = epoch .. '-'
  if S.gracious ~= '@incarnation@' then
    S.grace, S.gracious = S.now + S.longest, '@incarnation@' -- nothing expires before every owner had the time to renew
    S.infoChanged, S.elsewhere = true, true
  end
end

local function parsed(version)
  local e, r = match(version, '^(%d+)-(%d+)')
  return tonumber(e), tonumber(r)
end

local function older(e1, r1, e2, r2)
  return e1 < e2 or (e1 == e2 and r1 < r2)
end

-- How long the log is.
local function logged()
  local length = redis.pcall('XLEN', S.stream)
  return type(length) == 'number' and length or nil
end

-- What is left of a topic whose state is gone, apart from the mark of one that was dropped.
local function leftovers()
  return logged() ~= 0 or redis.call('EXISTS', S.young, S.old, S.leases, S.names) > 0
end

-- entries --------------------------------------------------------------------------------------------------------------

-- What is there under a key, as this script will leave it.
local function current(key)
  local entry = S.seen[key]
  if not entry then
    entry = {key = key}
    S.seen[key] = entry
    local field = redis.call('HGET', S.kv, 'v' .. key)
    if field then
      entry.there = true
      entry.version, entry.lease, entry.ttl = match(field, '^(%S+) ?(%d*) ?(.*)$')
      if entry.lease ~= '' then
        -- the time to live comes before the lease id, which may hold anything
        entry.lease, entry.ttl = entry.ttl, tonumber(entry.lease)
        entry.deadline = tonumber(redis.call('ZSCORE', S.leases, key) or 0)
        entry.due = entry.deadline <= S.now and S.grace <= S.now
      else
        entry.lease = nil
      end
    end
  end
  return entry
end

local function payload(entry)
  return entry.value or redis.call('HGET', S.kv, 'p' .. entry.key)
end

-- The keys of the companions are touched before the first write; what is of a wrong type is answered.
local function touched(key, kind, command)
  local answer = redis.pcall(command, key)
  return type(answer) == 'table' and answer.err and mistyped(key, kind) or nil
end

-- log ------------------------------------------------------------------------------------------------------------------

-- Opens an epoch larger than every one that is known.
local function openEpoch(known)
  local last = redis.call('XREVRANGE', S.stream, '+', '-', 'COUNT', 1)[1]
  local newest = last and tonumber(match(last[1], '^%d+')) or 0
  if newest >= S.past then
    redis.call('UNLINK', S.stream) -- not ours, and nothing could be put behind it
    newest = 0
  end
  S.epoch = math.max(S.now, S.epoch + 1, known + 1, newest + 1)
  S.stem = text(S.epoch) .. '-'
  S.top = S.stem .. text(S.revision) .. '-' .. (match(S.top, '%x+$') or '0000000000000000')
end

-- Begins a history where there is none. Where something is left of an older one, a request whose sender knew that may have
-- been applied in it.
local function begin(known)
  local lowest = tonumber(redis.call('GET', S.floor) or 0)
  openEpoch(math.max(lowest, known))
  S.turned = true
  if known > 0 or leftovers() or redis.call('EXISTS', S.kv) == 1 then
    S.horizon = S.stem .. '0'
    redis.call('UNLINK', S.kv, S.stream, S.young, S.old, S.leases, S.names)
  end
end

-- Logs a commit of changes, each {entry, operation, payload}, tells the followers, and gives the entries their versions. Comes
-- before the changes are made to the entries. A new epoch begins on a server that was restarted or promoted, because nobody
-- can tell whether the log is whole, and where the log is missing or ahead of the state. The chain of links goes on.
--
-- The log has one entry for each commit, with the id of its last change and one field, the record: a header, a line feed, and
-- key and payload of each change in MessagePack, with the headers of all of them behind those if there are any. The header has
-- an operation for each change, the hash, the request, the time, the topic's version before, and the version of each entry
-- before, in the order of their first changes. The hash is of the topic's version before and of what comes next; the link of a
-- change is that and its place.
local function log(request, changes, headers)
  local count = #changes
  S.before, S.first, S.count = S.top, S.revision + 1, count
  local last = S.revision + count
  if not S.turned then
    S.turned = true
    if S.incarnation ~= '@incarnation@' or S.known > S.epoch then
      openEpoch(S.known)
      S.incarnation, S.infoChanged = '@incarnation@', true
    end
  end
  local operations, contents, previous, found = {}, {}, {}, {}
  for i = 1, count do
    local change = changes[i]
    local entry, value = change[1], change[3]
    operations[i] = change[2]
    contents[2 * i - 1], contents[2 * i] = entry.key, S.payloads and value or ''
    if not found[entry] then
      found[entry] = true
      previous[#previous + 1] = entry.there and entry.version or S.nothing
    end
  end
  contents[2 * count + 1] = headers
  local packed = cmsgpack.pack(contents)
  local wrong = touched(S.outbox, 'zset', 'ZCARD') -- @broadcast
  if wrong then -- @broadcast
    error('WRONGTYPE ' .. concat(wrong, ', ', 2), 0) -- @broadcast
  end -- @broadcast
  local hash, id, record
  local function add(option)
    hash = string.sub(redis.sha1hex(S.before .. ' ' .. S.stem .. text(S.first) .. ' ' .. request), 1, 14)
    id = S.stem .. text(last)
    record = concat({concat(operations), hash, request, text(S.now), S.before, concat(previous, ' ')}, ' ') .. '\n' .. packed
    if option then
      return redis.pcall('XADD', S.stream, option, id, 'c', record)
    end
    return redis.pcall('XADD', S.stream, id, 'c', record)
  end
  local added = add(S.first > 1 and 'NOMKSTREAM' or nil)
  if type(added) == 'table' and match(added.err, 'WRONGTYPE') then
    error('WRONGTYPE ' .. concat(mistyped(S.stream, 'stream'), ', ', 2), 0)
  elseif type(added) == 'table' and not (match(added.err, 'equal or smaller') or match(added.err, 'exhausted')) then
    redis.call('XADD', S.stream, id, 'c', record) -- fails the same way, but as an error of the script
  elseif type(added) ~= 'string' then
    openEpoch(S.known)
    if type(add()) ~= 'string' then
      redis.call('XADD', S.stream, id, 'c', record)
    end
  end
  for i = 1, count do
    local entry = changes[i][1]
    entry.version = S.stem .. text(S.revision + i) .. '-' .. hash .. string.sub(S.hex, 2 * i - 1, 2 * i)
    S.changed[entry.key] = entry
  end
  S.revision, S.top = last, changes[count][1].version
  -- What followers are not told because it is too much, they find by the head.
  redis.pcall('@publish@', '@channel@{' .. S.topic .. '}', #record > 65536 and S.top or id .. '\n' .. record) -- @channel
  -- An expiry has no sender that broadcasts it: followers are told here, and whoever looks into the outbox takes it at once.
  redis.call('ZADD', S.outbox, request == '0-0' and '0' or text(S.now), id .. ' ' .. S.topic) -- @broadcast
  redis.pcall('@publish@', '@channel@{' .. S.topic .. '}', request == '0-0' and id .. '\n' .. record or S.top) -- @broadcast
  return previous
end

local function write(entry, value, rule, lease, ttl)
  entry.created = entry.created or not entry.there
  entry.there, entry.value = true, value
  if rule == 's' then
    entry.lease, entry.ttl, entry.deadline, entry.leased = lease, ttl, S.now + ttl, true
    if ttl > S.longest then
      S.longest, S.infoChanged = ttl, true
    end
  elseif rule == 'n' and entry.lease then
    entry.lease, entry.leased, entry.freed = nil, false, true
  end
end

local function remove(entry)
  entry.freed = entry.freed or entry.lease
  entry.there, entry.created, entry.leased = false, false, false
  entry.lease, entry.value, entry.due = nil, nil, false
end

local function expire(entry)
  local wrong = touched(S.names, 'zset', 'ZCARD') or touched(S.leases, 'zset', 'ZCARD')
    or S.idle > 0 and touched(S.due, 'zset', 'ZCARD')
  if wrong then
    error('WRONGTYPE ' .. concat(wrong, ', ', 2), 0)
  end
  log('0-0', {{entry, 'X'}})
  remove(entry)
end

-- end ------------------------------------------------------------------------------------------------------------------

-- Takes commits from the log that are older than the changes and the age to be kept. By count it is done once in 128
-- changes, because within an epoch the stream is only cut between its nodes; expiries count as changes, but do not come here,
-- so where there are any, it is looked at more often whether the log is too long.
-- Revisions go on from epoch to epoch, but ids are compared by epoch first: what is left of former epochs is cut exactly, or a
-- node that holds the end of one would stay for ever.
local function trim()
  local from = S.revision - S.retained + 1 -- the first revision to be kept
  if S.retained == 0 or from < 2
    or (S.age == 0 and S.revision % 128 >= S.count
      and not (S.longest > 0 and S.revision % 16 < S.count and logged() > S.retained + 128)) then
    return
  end
  local function parts(commit)
    local e, r = parsed(commit[1])
    return e, r, tonumber(match(commit[2][2], '^%a+ %x+ %S+ (%d+)') or 0) -- what is not ours is as old as can be
  end
  if S.age == 0 then
    for _ = 1, 8 do
      local e, last = parts(redis.call('XRANGE', S.stream, '-', '+', 'COUNT', 1)[1])
      if e == S.epoch then
        redis.call('XTRIM', S.stream, 'MINID', '~', S.stem .. text(from))
        return
      elseif last >= from then
        return
      end
      redis.call('XTRIM', S.stream, 'MINID', text(e) .. '-' .. text(from))
    end
    return
  end
  local oldest = redis.call('XRANGE', S.stream, '-', '+', 'COUNT', S.count + 16)
  for i = 1, #oldest do
    local _, last, at = parts(oldest[i])
    if last >= from or S.now - at < S.age or i == #oldest then
      redis.call('XTRIM', S.stream, 'MINID', oldest[i][1])
      return
    end
  end
end

-- Writes what the entries and the topic have become; whether that was a use of the topic counts where idle topics are
-- dropped. Nothing here can fail: every key is of the right type.
local function save(used)
  local fields, gone = {'head', S.top}, {'HDEL', S.kv}
  local earliest
  for key, entry in pairs(S.changed) do
    if entry.there then
      local at = #fields
      fields[at + 1] = 'v' .. key
      fields[at + 2] = entry.lease and entry.version .. ' ' .. text(entry.ttl) .. ' ' .. entry.lease or entry.version
      fields[at + 3] = 'p' .. key
      fields[at + 4] = entry.value
      if entry.leased then
        redis.call('ZADD', S.leases, text(entry.deadline), key)
        earliest = math.min(earliest or entry.deadline, entry.deadline)
      elseif entry.freed then
        redis.call('ZREM', S.leases, key)
      end
      if entry.created and key ~= '' then
        redis.call('ZADD', S.names, 0, key)
      end
    else
      gone[#gone + 1] = 'v' .. key
      gone[#gone + 1] = 'p' .. key
      if entry.freed then
        redis.call('ZREM', S.leases, key)
      end
      if key ~= '' then
        redis.call('ZREM', S.names, key)
      end
    end
  end
  if #gone > 2 then
    redis.call(unpack(gone))
  end
  if used and S.idle > 0 then
    fields[#fields + 1] = 'used'
    fields[#fields + 1] = text(S.now)
    earliest = math.min(earliest or S.now + S.idle, S.now + S.idle)
  end
  if earliest then
    redis.call('ZADD', S.due, 'LT', text(earliest), S.topic)
  end
  if S.infoChanged then
    fields[#fields + 1] = 'info'
    fields[#fields + 1] = concat({'1', S.incarnation, S.horizon, text(S.generation), text(S.grace), S.gracious,
      text(S.longest), text(S.idle), S.fenced}, ' ')
  end
  redis.call('HSET', S.kv, unpack(fields))
  S.changed, S.infoChanged = {}, false
end

-- selections -----------------------------------------------------------------------------------------------------------

-- The entries a selection asks for, after the ones that are due were expired: head, 1 if there is more, and key, version,
-- payload and lease of each. ARGV[at] is n(one), k(eys) with their number and names, or r(ange) with its ends, limit,
-- direction (a or d), and 1 if the empty key is in it. At most 100 entries are expired and about 4 MB returned at a time.
local function selected(at)
  local kind = ARGV[at]
  if kind == 'n' then
    return {}
  end
  local page, bytes, expired = {false, 0}, 0, 0
  local function add(entry)
    local value = payload(entry)
    local n = #page
    page[n + 1], page[n + 2], page[n + 3], page[n + 4] = entry.key, entry.version, value, entry.lease or ''
    bytes = bytes + #value
  end
  if kind == 'k' then
    for i = at + 2, at + 1 + tonumber(ARGV[at + 1]) do
      local entry = current(ARGV[i])
      if entry.due then
        expire(entry)
      end
      if entry.there then
        add(entry)
      end
    end
    page[1] = S.top
    return page
  end

  local from, to, limit, down, empty = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4] == 'd', ARGV[at + 5] == '1'
  local found = 0
  -- false when the page is full
  local function take(key)
    local entry = current(key)
    if entry.due then
      if expired == 100 then
        page[2] = 1
        return false
      end
      expire(entry)
      expired = expired + 1
    end
    if entry.there then
      if found == limit or bytes > 4194304 then
        page[2] = 1
        return false
      end
      add(entry)
      found = found + 1
    end
    return true
  end

  local going = true
  if empty and not down then
    going = take('')
  end
  local chunk = limit + 1
  while going do
    local keys
    if down then
      keys = redis.call('ZREVRANGEBYLEX', S.names, to, from, 'LIMIT', 0, chunk)
    else
      keys = redis.call('ZRANGEBYLEX', S.names, from, to, 'LIMIT', 0, chunk)
    end
    for i = 1, #keys do
      going = take(keys[i])
      if not going then
        break
      end
    end
    if #keys < chunk then
      break
    end
    if down then
      to = '(' .. keys[#keys]
    else
      from = '(' .. keys[#keys]
    end
  end
  if going and empty and down then
    take('')
  end
  page[1] = S.top
  return page
end
