-- Reads entries as of one moment.
--
-- ARGV[2..]  a selection
-- Reply P(age), {head or nothing if nobody ever wrote, more, and key, version, payload, lease of each entry}

if fresh and not leftovers() then
  return {'P', {NOTHING, 0}}
end
if fresh then
  local wrong = touched(floor, 'string', 'STRLEN')
  if wrong then
    return wrong
  end
  begin(0)
  save(true)
end
local page = selected(2)
if next(changed) or (idle > 0 and ARGV[2] ~= 'n') then
  save(true)
end
return {'P', page}
