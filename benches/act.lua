-- Assesses the fee of a random registered vehicle, again and again: an action that may be repeated.
local token = os.getenv("TOKEN")
local headers = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
local numbers = {}
for line in io.lines(os.getenv("NUMBERS")) do numbers[#numbers + 1] = line end

function request()
  local path = "/api/v1/declarations/" .. numbers[math.random(#numbers)] .. "/actions"
  return wrk.format("POST", path, headers, '{"action": "fee.assess", "amount_vnd": ' .. math.random(100000, 900000) .. ', "reason": "weighed again"}')
end
