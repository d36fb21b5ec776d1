-- Reads entries as of one moment.
--
-- ARGV[2..]  a selection
-- Reply P(age), {head or nothing if nobody ever wrote, more, and key, version, payload, lease of each entry}

if S.fresh and not leftovers() then
  return {'P', {S.nothing, 0}}
end
if S.fresh then
  local wrong = touched(S.floor, 'string', 'STRLEN')
  if wrong then
    return wrong
  end
  begin(0)
  save(true)
end
local wrong = S.idle > 0 and ARGV[2] ~= 'n' and touched(S.due, 'zset', 'ZCARD')
if wrong then
  return wrong
end
local page = ARGV[2] == 'n' and {S.top, 0} or selected(2)
if next(S.changed) or (S.idle > 0 and ARGV[2] ~= 'n') then
  save(true)
end
return {'P', page}
