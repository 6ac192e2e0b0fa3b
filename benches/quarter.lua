-- Reads the quarter's report.
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN")}

function request()
  return wrk.format("GET", "/api/v1/statistics/quarters/2025-Q1", headers)
end
