-- Clears a vehicle that customs has not cleared, and takes the clearance of a cleared one back: all of them in turn,
-- so that none is under way twice. VEHICLES=file of a number and 1 or 0, whether it is cleared, a line.
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json"}
local clear, revoke, cleared, last = {}, {}, {}, 0

function init()
  for line in io.lines(os.getenv("VEHICLES")) do
    local number, is_cleared = line:match("(%w+) (%d)")
    local path = "/api/v1/declarations/" .. number .. "/actions"
    clear[#clear + 1] = wrk.format("POST", path, headers, '{"action": "customs.clear"}')
    revoke[#revoke + 1] = wrk.format("POST", path, headers, '{"action": "customs.revoke", "reason": "looked at again"}')
    cleared[#cleared + 1] = is_cleared == "1"
  end
end

function request()
  last = last % #clear + 1
  cleared[last] = not cleared[last]
  return cleared[last] and clear[last] or revoke[last]
end
