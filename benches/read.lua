-- Reads a random registered vehicle's declaration.
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN")}
local numbers = {}
for line in io.lines(os.getenv("NUMBERS")) do numbers[#numbers + 1] = line end

function request()
  return wrk.format("GET", "/api/v1/declarations/" .. numbers[math.random(#numbers)], headers)
end
