-- Declares vehicles; HOT: all at one crossing point in one direction; REFUSED=n: one in n has its vehicle present;
-- WIDE=file of tax codes: plates, customs declarations and traders from all over their indexes.
local token, hot, refused = os.getenv("TOKEN"), os.getenv("HOT") == "1", tonumber(os.getenv("REFUSED") or "0")
-- Tomorrow at nine in the morning at the gate, whatever the hour of the run.
local planned = os.date("!%Y-%m-%dT02:00:00Z", os.time() + 86400)
local headers = {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}
local points = {"HUU_NGHI", "TAN_THANH", "COC_NAM", "CHI_MA", "NA_HINH", "NA_NUA", "BINH_NGHI"}
local sent, customs, trader = 0, "108625440120", "0100112437"
local traders = {}
if os.getenv("WIDE") then
  for line in io.lines(os.getenv("WIDE")) do traders[#traders + 1] = line end
end

function init()
  local random = io.open("/dev/urandom", "rb")
  local a, b, c, d = random:read(4):byte(1, 4)
  random:close()
  math.randomseed(a + 256 * b + 65536 * c + 16777216 * (d % 64))
end

function request()
  sent = sent + 1
  local point = hot and "HUU_NGHI" or points[math.random(#points)]
  local direction = hot and "import" or (math.random(2) == 1 and "import" or "export")
  local plate = string.format("X%05d%05d", math.random(0, 99999), math.random(0, 99999))
  if #traders > 0 then
    plate = string.format("%02d%s%05d", math.random(10, 99), string.char(math.random(65, 90)), math.random(0, 99999))
    customs = string.format("10%02d%08d", math.random(23, 26), math.random(0, 99999999))
    trader = traders[math.random(#traders)]
  end
  if refused > 0 and sent % refused == 0 then
    point, direction, plate = "HUU_NGHI", "import", "BENCH00001"
  end
  local code = direction == "import" and "A11" or "B11"
  return wrk.format("POST", "/api/v1/declarations", headers,
    '{"direction": "' .. direction .. '", "regime": "commercial", "crossing_point": "' .. point .. '", "cargo_class": "general", ' ..
    '"planned_arrival": "' .. planned .. '", "trader_tax_code": "' .. trader .. '", ' ..
    '"vehicle": {"plate": "' .. plate .. '", "country": "LA", "kind": "tractor"}, ' ..
    '"driver": {"full_name": "Li Wei", "nationality": "CN", "document": {"kind": "passport", "number": "E12345678"}}, ' ..
    '"goods": [{"hs_code": "85258031", "description": "Camera", "quantity": 1200, "unit": "PCE", "gross_kg": 8200}], ' ..
    '"customs_declarations": [{"number": "' .. customs .. '", "type_code": "' .. code .. '"}]}')
end
