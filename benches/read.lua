-- Reads a random registered vehicle's declaration.
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN")}
local requests = {}

function init()
  for number in io.lines(os.getenv("NUMBERS")) do
    requests[#requests + 1] = wrk.format("GET", "/api/v1/declarations/" .. number, headers)
  end
end

function request()
  return requests[math.random(#requests)]
end
