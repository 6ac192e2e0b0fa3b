-- Clears a vehicle that customs has not cleared, and takes the clearance of a cleared one back: all of them in turn,
-- so that none is under way twice. VEHICLES=file of a number and 1 or 0, whether it is cleared, a line.
local token = os.getenv("TOKEN")
local headers = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
local paths, cleared, last = {}, {}, 0
for line in io.lines(os.getenv("VEHICLES")) do
  local number, is_cleared = line:match("(%w+) (%d)")
  paths[#paths + 1] = "/api/v1/declarations/" .. number .. "/actions"
  cleared[#cleared + 1] = is_cleared == "1"
end

function request()
  last = last % #paths + 1
  cleared[last] = not cleared[last]
  local body = cleared[last] and '{"action": "customs.clear"}' or '{"action": "customs.revoke", "reason": "looked at again"}'
  return wrk.format("POST", paths[last], headers, body)
end
