-- Posts signed deliveries: one line of the file a header triple (id, time, signature), each used once. The body is the
-- file's first line.
local count = 0

function setup(thread)
  thread:set("number", count)
  count = count + 1
end

function init(args)
  local lines = io.lines(args[1])
  body = lines()
  local threads = tonumber(args[2])
  deliveries = {}
  local n = 0
  for line in lines do
    if n % threads == number then deliveries[#deliveries + 1] = line end
    n = n + 1
  end
  used = 0
end

function request()
  used = used + 1
  local id, time, signature = deliveries[used]:match("^(%S+) (%S+) (%S+)$")
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json",
    ["webhook-id"] = id,
    ["webhook-timestamp"] = time,
    ["webhook-signature"] = signature,
  }, body)
end

function done(summary, latency, requests)
  io.write(string.format('RESULT {"requests":%d,"us":%d,"other":%d,"p50":%d,"p99":%d}\n', summary.requests,
    summary.duration, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
