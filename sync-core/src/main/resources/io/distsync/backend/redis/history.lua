-- Reads the log after a position: whole commits, oldest first.
--
-- ARGV[2..]  epoch, revision and version of the position, most changes
-- Reply H(istory), head, entries of the stream
--       G(one), oldest position from which the log can be read, head

local LARGEST_PAGE = 4194304
local CHUNK = 64

local after, limit = ARGV[4], tonumber(ARGV[5])

local function place(change)
  local index, count, hash, before = match(change[2][2], '^%a (%d+) (%d+) (%x+) %S+ %d+ (%S+)')
  return tonumber(index), tonumber(count), hash, before
end

-- Where the log begins: behind a commit that was cut in two, if the first one was.
local function oldest()
  local change = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not change then
    return head()
  end
  local index, count, hash, before = place(change)
  if index == 0 then
    return before
  end
  local e, r = parsed(change[1])
  return text(e) .. '-' .. text(r + count - 1 - index) .. '-' .. hash .. format('%02x', count - 1)
end

if fresh then
  return after == NOTHING and {'H', NOTHING, {}} or {'G', NOTHING, NOTHING}
end
if after == head() then
  return {'H', after, {}}
end

-- The beginning of a history is a position, too, whatever its epoch.
local from, begins = '-', oldest()
if after ~= begins and not (after == NOTHING and select(2, parsed(begins)) == 0) then
  local id = ARGV[2] .. '-' .. ARGV[3]
  local change = redis.call('XRANGE', stream, id, id)[1]
  if not change then
    return {'G', begins, head()}
  end
  local index, _, hash = place(change)
  if id .. '-' .. hash .. format('%02x', index) ~= after then
    return {'G', begins, head()}
  end
  from = '(' .. id
elseif after ~= NOTHING then
  from = '(' .. ARGV[2] .. '-' .. ARGV[3]
end

-- Up to the last commit that ends within the limit; the first one always, however long it is.
local changes, whole, bytes = {}, 0, 0
while true do
  local chunk = redis.call('XRANGE', stream, from, '+', 'COUNT', CHUNK)
  for i = 1, #chunk do
    local change = chunk[i]
    changes[#changes + 1] = change
    bytes = bytes + #change[2][6]
    local index, count = place(change)
    if index == count - 1 then
      if whole > 0 and #changes > limit then
        break
      end
      whole = #changes
    end
  end
  if #chunk < CHUNK or (whole > 0 and (#changes > limit or bytes > LARGEST_PAGE)) then
    break
  end
  from = '(' .. changes[#changes][1]
end
for i = #changes, whole + 1, -1 do
  changes[i] = nil
end
return {'H', head(), changes}
