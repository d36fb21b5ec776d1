-- Tells in which topics something is due.
--
-- KEYS     due topics
-- ARGV[1]  most topics
-- Reply    their names

if #KEYS == 0 then
  return '@incarnation@'
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
