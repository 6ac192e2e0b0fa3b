-- Assesses the fee of a random registered vehicle, again and again: an action that may be repeated.
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json"}
local requests = {}

function init()
  for number in io.lines(os.getenv("NUMBERS")) do
    local body = '{"action": "fee.assess", "amount_vnd": ' .. math.random(100000, 900000) .. ', "reason": "weighed again"}'
    requests[#requests + 1] = wrk.format("POST", "/api/v1/declarations/" .. number .. "/actions", headers, body)
  end
end

function request()
  return requests[math.random(#requests)]
end
