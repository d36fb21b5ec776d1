-- Reads the log after a position: whole commits, oldest first; the first may have changes before the position.
--
-- ARGV[2..]  epoch, revision and version of the position, most changes
-- Reply H(istory), head, entries of the stream
--       G(one), oldest position from which the log can be read, head

local LARGEST_PAGE = 4194304
local SMALLEST_CHUNK, LARGEST_CHUNK = 4, 64 -- commits, of one change or of hundreds

local wrong = touched(S.stream, 'stream', 'XLEN')
if wrong then
  return wrong
end
local after, limit = ARGV[4], tonumber(ARGV[5])
if S.fresh then
  return after == S.nothing and {'H', S.nothing, {}} or {'G', S.nothing, S.nothing}
end
if after == S.top then
  return {'H', after, {}}
end

-- Where the log begins.
local oldest = redis.call('XRANGE', S.stream, '-', '+', 'COUNT', 1)[1]
local begins = oldest and match(oldest[2][2], '^%a+ %x+ %S+ %d+ (%S+)') or S.top

-- The beginning of a history is a position, too, whatever its epoch.
local from, id = '-', ARGV[2] .. '-' .. ARGV[3]
if after ~= begins and not (after == S.nothing and select(2, parsed(begins)) == 0) then
  local commit = redis.call('XRANGE', S.stream, id, '+', 'COUNT', 1)[1]
  local operations, hash = match(commit and commit[2][2] or '', '^(%a+) (%x+)')
  local epoch, last = parsed(commit and commit[1] or after)
  local index = #(operations or '') - 1 - (last - tonumber(ARGV[3]))
  if text(epoch) ~= ARGV[2] or index < 0 or id .. '-' .. hash .. format('%02x', index) ~= after then
    return {'G', begins, S.top}
  end
  from = commit[1] == id and '(' .. id or commit[1]
elseif after ~= S.nothing then
  from = '(' .. id
end

-- Up to the last commit that ends within the limit; the first one always, however long it is.
local commits, changes, bytes, size = {}, 0, 0, SMALLEST_CHUNK
while true do
  local chunk = redis.call('XRANGE', S.stream, from, '+', 'COUNT', size)
  for i = 1, #chunk do
    local record = chunk[i][2][2]
    changes = changes + #(match(record, '^%a+') or '') -- what is not ours is passed over by who asks
    if #commits > 0 and (changes > limit or bytes > LARGEST_PAGE) then
      return {'H', S.top, commits}
    end
    bytes = bytes + #record
    commits[#commits + 1] = chunk[i]
  end
  if #chunk < size then
    return {'H', S.top, commits}
  end
  size = math.min(2 * size, LARGEST_CHUNK)
  from = '(' .. commits[#commits][1]
end
