-- wrk asks for a random one of the codes in the file that CODES names (8 characters each).
local codes = io.open(os.getenv("CODES")):read("*a")
local known = #codes / 8

function init()
  math.randomseed(os.time())
end

function request()
  local first = math.random(0, known - 1) * 8 + 1
  return wrk.format("GET", "/" .. codes:sub(first, first + 7))
end

function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), wrong))
end
