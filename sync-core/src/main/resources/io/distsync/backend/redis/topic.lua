-- What the scripts of a topic share; each begins with this text. Keys, fields and reasons: docs/adr/0011-redis-layout.md.
--
-- KEYS     state, log, requests (younger generation), requests (older), leases, names, due topics, floor of epochs
-- ARGV[1]  topic
-- Replies of any script besides its own:
--          T(ype), key, expected type, found type
--          L(ayout), found
--
-- Nothing is written before everything is read and checked, because a script is not rolled back. Versions are texts,
-- epoch-revision-link; a number in Lua is exact up to 2^53, which epochs and revisions never reach.

local INCARNATION = '@incarnation@'
local LAYOUT = '1'
local CHANNEL, PUBLISH, FOLLOWED = '@prefix@watch:', '@publish@', '@followed@'

if #KEYS == 0 then
  -- Sent to be known to the server. A right that is missing would end a script in the middle, so it is looked for now.
  local kv, stream, other = '@prefix@kv:{a}', '@prefix@stream:{a}', '@prefix@keys:{a}'
  local needed = {
    {'HMGET', kv, 'f'}, {'HGET', kv, 'f'}, {'HSET', kv, 'f', 'v'}, {'HDEL', kv, 'f'}, {'PEXPIRE', kv, '1'},
    {'XLEN', stream}, {'XADD', stream, '*', 'f', 'v'}, {'XRANGE', stream, '-', '+'}, {'XREVRANGE', stream, '+', '-'},
    {'XTRIM', stream, 'MAXLEN', '1'}, {'RENAME', '@prefix@req:{a}', '@prefix@old:{a}'}, {'EXISTS', kv}, {'UNLINK', kv},
    {'TYPE', kv}, {'ZADD', other, '0', 'm'}, {'ZREM', other, 'm'}, {'ZCARD', other}, {'ZSCORE', '@prefix@lease:{a}', 'm'},
    {'ZRANGE', other, '0', '0'}, {'ZRANGEBYSCORE', '@prefix@due', '0', '0'}, {'ZRANGEBYLEX', other, '-', '+'},
    {'ZREVRANGEBYLEX', other, '+', '-'}, {'GET', '@prefix@floor'}, {'SET', '@prefix@floor', 'v'}, {'STRLEN', '@prefix@floor'},
    {'TIME'}, {PUBLISH, CHANNEL .. '{a}', 'm'}, {'PUBSUB', FOLLOWED, CHANNEL .. '{a}'}}
  for i = 1, #needed do
    if redis.acl_check_cmd and not redis.acl_check_cmd(unpack(needed[i])) then
      return redis.error_reply('NOPERM this user may not run ' .. needed[i][1] .. ' on ' .. (needed[i][2] or 'the server'))
    end
  end
  return INCARNATION
end

local LARGEST_MESSAGE = 65536
local NO_LINK = '0000000000000000'
local NOTHING = '0-0-' .. NO_LINK

local kv, stream, young, old, leases, names, due, floor = unpack(KEYS)
local topic = ARGV[1]
local format, match, sub, concat = string.format, string.match, string.sub, table.concat

local function text(number)
  return format('%.0f', number)
end

local function mistyped(key, expected)
  return {'T', key, expected, redis.call('TYPE', key).ok}
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local stored = redis.pcall('HMGET', kv, 'head', 'info')
if stored.err then
  return mistyped(kv, 'hash')
end
local logged = redis.pcall('XLEN', stream)
if type(logged) == 'table' then
  return mistyped(stream, 'stream')
end

-- The head, and what is seldom written: whose epoch it is, from where requests are remembered and since which revision
-- in the younger generation, until when nothing expires and on which incarnation, the longest time to live, the idle
-- time, and whether there are fences.
local fresh = not (stored[1] and stored[2])
local epoch, revision, link = 0, 0, NO_LINK
local incarnation, horizon, generation, grace, gracious, longest, idle, fenced = INCARNATION, '0-0', 0, 0, INCARNATION, 0, 0, '0'
local infoChanged = fresh
if not fresh then
  if match(stored[2], '^%S+') ~= LAYOUT then
    return {'L', match(stored[2], '^%S+')}
  end
  epoch, revision, link = match(stored[1], '^(%d+)-(%d+)-(%x+)$')
  epoch, revision = tonumber(epoch), tonumber(revision)
  incarnation, horizon, generation, grace, gracious, longest, idle, fenced =
    match(stored[2], '^%S+ (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  generation, grace, longest, idle = tonumber(generation), tonumber(grace), tonumber(longest), tonumber(idle)
  if gracious ~= INCARNATION then
    grace, gracious = now + longest, INCARNATION -- nothing expires before every owner had the time to renew
    infoChanged = true
  end
end

local function parsed(version)
  local e, r = match(version, '^(%d+)-(%d+)')
  return tonumber(e), tonumber(r)
end

local function older(e1, r1, e2, r2)
  return e1 < e2 or (e1 == e2 and r1 < r2)
end

local function head()
  return text(epoch) .. '-' .. text(revision) .. '-' .. link
end

-- What is left of a topic whose state is gone, apart from the mark of one that was dropped.
local function leftovers()
  return logged > 0 or redis.call('EXISTS', young, old, leases, names) > 0
end

-- entries --------------------------------------------------------------------------------------------------------------

local seen, changed = {}, {}

-- What is there under a key, as this script will leave it.
local function current(key)
  local entry = seen[key]
  if not entry then
    entry = {key = key}
    seen[key] = entry
    local field = redis.call('HGET', kv, 'v' .. key)
    if field then
      entry.there = true
      entry.version, entry.lease, entry.ttl = match(field, '^(%S+) ?(%d*) ?(.*)$')
      if entry.lease ~= '' then
        -- the time to live comes before the lease id, which may hold anything
        entry.lease, entry.ttl = entry.ttl, tonumber(entry.lease)
        entry.deadline = tonumber(redis.call('ZSCORE', leases, key) or 0)
        entry.due = entry.deadline <= now and grace <= now
      else
        entry.lease = nil
      end
    end
  end
  return entry
end

local function payload(entry)
  return entry.value or redis.call('HGET', kv, 'p' .. entry.key)
end

-- The keys of the companions are touched before the first write; what is of a wrong type is answered.
local function touched(key, kind, command)
  local answer = redis.pcall(command, key)
  return type(answer) == 'table' and answer.err and mistyped(key, kind) or nil
end

-- log ------------------------------------------------------------------------------------------------------------------

local payloads, retained, age = true, 0, 0
local turned = false
local hash, request, count, first, before, tail, message, size

local function openEpoch(known)
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  epoch = math.max(now, epoch + 1, known + 1, last and tonumber(match(last[1], '^%d+')) + 1 or 0)
end

-- Begins a history where there is none. Where something is left of an older one, a request whose sender knew that may have
-- been applied in it.
local function begin(known)
  local lowest = tonumber(redis.call('GET', floor) or 0)
  openEpoch(math.max(lowest, known))
  turned = true
  if known > 0 or leftovers() or redis.call('EXISTS', kv) == 1 then
    horizon = text(epoch) .. '-0'
    redis.call('UNLINK', kv, stream, young, old, leases, names)
    logged = 0
  end
end

-- A new epoch begins where nobody can tell whether the log is whole: on a server that was restarted or promoted, and
-- where the log is missing. The chain of links goes on.
local function turn()
  if not turned then
    turned = true
    if incarnation ~= INCARNATION or (logged == 0 and revision > 0) then
      openEpoch(0)
      incarnation, infoChanged = INCARNATION, true
    end
  end
end

local function chain()
  hash = sub(redis.sha1hex(link .. ' ' .. text(epoch) .. ' ' .. text(first) .. ' ' .. request), 1, 14)
  tail = ' ' .. count .. ' ' .. hash .. ' ' .. request .. ' ' .. text(now) .. ' '
  message = {1, epoch, first, hash, before, request, count}
end

-- Begins a commit of so many changes. Its changes share a hash; the link of each is that and its place.
local function beginCommit(id, changes)
  before = head()
  turn()
  request, count, first, size = id, changes, revision + 1, 0
  chain()
end

local function append(entry, op, value)
  local index = revision + 1 - first
  local key, previous = entry.key, entry.there and entry.version or NOTHING
  local logs = payloads and value or ''
  local header = op .. ' ' .. index .. tail .. (index == 0 and before or '-') .. ' ' .. previous
  local id = text(epoch) .. '-' .. text(revision + 1)
  local added
  if index > 0 then
    added = redis.call('XADD', stream, id, 'h', header, 'k', key, 'p', logs)
  else
    added = redis.pcall('XADD', stream, id, 'h', header, 'k', key, 'p', logs)
    if type(added) == 'table' then
      if not match(added.err, 'equal or smaller') then
        redis.call('XADD', stream, id, 'h', header, 'k', key, 'p', logs) -- fails the same way, as an error of the script
      end
      -- The log is ahead of the state: ids grow again in a newer epoch.
      openEpoch(0)
      chain()
      header = op .. ' 0' .. tail .. before .. ' ' .. previous
      id = text(epoch) .. '-' .. text(first)
      redis.call('XADD', stream, id, 'h', header, 'k', key, 'p', logs)
    end
  end
  revision = revision + 1
  link = hash .. format('%02x', index)
  logged = logged + 1
  entry.version = id .. '-' .. link
  size = size + #logs
  local at = #message
  message[at + 1], message[at + 2], message[at + 3], message[at + 4] = op, key, previous, logs
  changed[key] = entry
end

local function endCommit()
  if size > LARGEST_MESSAGE then
    message = {2, head()}
  end
  redis.call(PUBLISH, CHANNEL .. '{' .. topic .. '}', cmsgpack.pack(message))
end

local function write(entry, value, rule, lease, ttl)
  append(entry, payloads and 'W' or 'K', value)
  entry.created = entry.created or not entry.there
  entry.there, entry.value = true, value
  if rule == 's' then
    entry.lease, entry.ttl, entry.deadline, entry.leased = lease, ttl, now + ttl, true
    if ttl > longest then
      longest, infoChanged = ttl, true
    end
  elseif rule == 'n' and entry.lease then
    entry.lease, entry.leased, entry.freed = nil, false, true
  end
end

local function remove(entry, op)
  append(entry, op, nil)
  entry.freed = entry.freed or entry.lease
  entry.there, entry.created, entry.leased = false, false, false
  entry.lease, entry.value, entry.due = nil, nil, false
end

local function expire(entry)
  beginCommit('0-0', 1)
  remove(entry, 'X')
  endCommit()
end

-- end ------------------------------------------------------------------------------------------------------------------

-- Keeps one maximal commit more than asked, so that what is left of a commit cut in two need not count.
local function trim(added)
  if retained == 0 or logged <= retained + 256 then
    return
  end
  if age == 0 then
    redis.call('XTRIM', stream, 'MAXLEN', '~', text(retained + 256))
    return
  end
  local function young(change)
    return now - tonumber(match(change[2][2], '^%a %d+ %d+ %x+ %S+ (%d+)')) < age
  end
  if young(redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]) then
    return
  end
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', math.min(2 * added + 16, logged - retained - 256))
  local keep = 1
  while keep < #oldest and not young(oldest[keep]) do
    keep = keep + 1
  end
  redis.call('XTRIM', stream, 'MINID', oldest[keep][1])
end

-- Writes what the entries and the topic have become; whether that was a use of the topic counts where idle topics are
-- dropped. Nothing here can fail: every key is of the right type.
local function save(used)
  local fields, gone = {'head', head()}, {'HDEL', kv}
  local earliest
  for key, entry in pairs(changed) do
    if entry.there then
      local at = #fields
      fields[at + 1] = 'v' .. key
      fields[at + 2] = entry.lease and entry.version .. ' ' .. text(entry.ttl) .. ' ' .. entry.lease or entry.version
      fields[at + 3] = 'p' .. key
      fields[at + 4] = entry.value
      if entry.leased then
        redis.call('ZADD', leases, text(entry.deadline), key)
        earliest = math.min(earliest or entry.deadline, entry.deadline)
      elseif entry.freed then
        redis.call('ZREM', leases, key)
      end
      if entry.created and key ~= '' then
        redis.call('ZADD', names, 0, key)
      end
    else
      gone[#gone + 1] = 'v' .. key
      gone[#gone + 1] = 'p' .. key
      if entry.freed then
        redis.call('ZREM', leases, key)
      end
      if key ~= '' then
        redis.call('ZREM', names, key)
      end
    end
  end
  if #gone > 2 then
    redis.call(unpack(gone))
  end
  if used and idle > 0 then
    fields[#fields + 1] = 'used'
    fields[#fields + 1] = text(now)
    earliest = math.min(earliest or now + idle, now + idle)
  end
  if earliest then
    redis.call('ZADD', due, 'LT', text(earliest), topic)
  end
  if infoChanged then
    fields[#fields + 1] = 'info'
    fields[#fields + 1] = concat({LAYOUT, incarnation, horizon, text(generation), text(grace), gracious, text(longest), text(idle), fenced}, ' ')
  end
  redis.call('HSET', kv, unpack(fields))
  changed, infoChanged = {}, false
end

-- selections -----------------------------------------------------------------------------------------------------------

local MOST_EXPIRIES = 100
local LARGEST_PAGE = 4194304

-- The entries a selection asks for, after the ones that are due were expired: head, 1 if there is more, and key, version,
-- payload and lease of each. ARGV[at] is n(one), k(eys) with their number and names, or r(ange) with its ends, limit,
-- direction (a or d), and 1 if the empty key is in it.
local function selected(at)
  local kind = ARGV[at]
  if kind == 'n' then
    return {head(), 0}
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
    page[1] = head()
    return page
  end

  local from, to, limit, down, empty = ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4] == 'd', ARGV[at + 5] == '1'
  local found = 0
  -- false when the page is full
  local function take(key)
    local entry = current(key)
    if entry.due then
      if expired == MOST_EXPIRIES then
        page[2] = 1
        return false
      end
      expire(entry)
      expired = expired + 1
    end
    if entry.there then
      if found == limit or bytes > LARGEST_PAGE then
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
      keys = redis.call('ZREVRANGEBYLEX', names, to, from, 'LIMIT', 0, chunk)
    else
      keys = redis.call('ZRANGEBYLEX', names, from, to, 'LIMIT', 0, chunk)
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
  page[1] = head()
  return page
end
