-- Reads the quarter's report.
wrk.path = "/api/v1/statistics/quarters/2025-Q1"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
