-- Asks for PATH_ASKED again and again.
wrk.path = os.getenv("PATH_ASKED")
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
