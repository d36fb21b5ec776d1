-- Tells which commits still wait for their broadcast, and gives whoever asks the time to see to them: nobody else is told of
-- them until they are late again. An outbox that is too long loses its oldest commits.
--
-- KEYS     outbox: "id topic" of each commit that is not known to be broadcast, by the time of the commit
-- ARGV     how old in ms they have to be, most of them to be told, most of them to be kept
-- Reply    how many wait, how many were lost, "id topic" of those that are late

if #KEYS == 0 then
  return '@incarnation@'
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local lost = redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[3]))
local late = redis.call(
  'ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - tonumber(ARGV[1])), 'LIMIT', 0, ARGV[2])
for i = 1, #late do
  redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', now), late[i])
end
local reply = {redis.call('ZCARD', KEYS[1]), lost}
for i = 1, #late do
  reply[2 + i] = late[i]
end
return reply
