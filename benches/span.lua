-- Reads the report of some sixty days of the first quarter: one of 900 spans, most of which are not kept.
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN")}
local first = os.time({year = 2025, month = 1, day = 1, hour = 12})
local requests = {}

local function day(number)
  return os.date("!%Y-%m-%d", first + number * 86400)
end

function init()
  for from = 0, 29 do
    for to = 60, 89 do
      requests[#requests + 1] = wrk.format("GET", "/api/v1/statistics/periods/" .. day(from) .. ".." .. day(to), headers)
    end
  end
end

function request()
  return requests[math.random(#requests)]
end
