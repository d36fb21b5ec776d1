-- Reads the log after a position: whole commits, oldest first.
--
-- ARGV[2..]  epoch, revision and version of the position, most changes
-- Reply H(istory), head, entries of the stream
--       G(one), oldest position from which the log can be read, head

local LARGEST_PAGE = 4194304
local CHUNK = 64

local wrong = touched(S.stream, 'stream', 'XLEN')
if wrong then
  return wrong
end
local after, limit = ARGV[4], tonumber(ARGV[5])

local function place(change)
  local index, changes, part, preceding = match(change[2][2], '^%a (%d+) (%d+) (%x+) %S+ %d+ (%S+)')
  return tonumber(index), tonumber(changes), part, preceding
end

-- Where the log begins: behind a commit that was cut in two, if the first one was.
local function oldest()
  local change = redis.call('XRANGE', S.stream, '-', '+', 'COUNT', 1)[1]
  if not change then
    return S.top
  end
  local index, length, part, preceding = place(change)
  if index == 0 then
    return preceding
  end
  local e, r = parsed(change[1])
  return text(e) .. '-' .. text(r + length - 1 - index) .. '-' .. part .. format('%02x', length - 1)
end

if S.fresh then
  return after == S.nothing and {'H', S.nothing, {}} or {'G', S.nothing, S.nothing}
end
if after == S.top then
  return {'H', after, {}}
end

-- The beginning of a history is a position, too, whatever its epoch.
local from, begins = '-', oldest()
if after ~= begins and not (after == S.nothing and select(2, parsed(begins)) == 0) then
  local id = ARGV[2] .. '-' .. ARGV[3]
  local change = redis.call('XRANGE', S.stream, id, id)[1]
  if not change then
    return {'G', begins, S.top}
  end
  local index, _, part = place(change)
  if id .. '-' .. part .. format('%02x', index) ~= after then
    return {'G', begins, S.top}
  end
  from = '(' .. id
elseif after ~= S.nothing then
  from = '(' .. ARGV[2] .. '-' .. ARGV[3]
end

-- Up to the last commit that ends within the limit; the first one always, however long it is.
local changes, whole, bytes = {}, 0, 0
while true do
  local chunk = redis.call('XRANGE', S.stream, from, '+', 'COUNT', CHUNK)
  for i = 1, #chunk do
    local change = chunk[i]
    changes[#changes + 1] = change
    bytes = bytes + #change[2][6]
    local index, length = place(change)
    if index == length - 1 then
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
return {'H', S.top, changes}
