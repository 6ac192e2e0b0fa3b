-- Asks for PATH again and again.
local path, headers = os.getenv("PATH_ASKED"), {["Authorization"] = "Bearer " .. os.getenv("TOKEN")}

function request()
  return wrk.format("GET", path, headers)
end
