-- Declares vehicles; HOT: all at one crossing point in one direction; REFUSED=n: one in n has its vehicle present;
-- WIDE=file of tax codes: plates, customs declarations and traders from all over their indexes.
local hot, refused = os.getenv("HOT") == "1", tonumber(os.getenv("REFUSED") or "0")
-- Tomorrow at nine in the morning at the gate, whatever the hour of the run.
local planned = os.date("!%Y-%m-%dT02:00:00Z", os.time() + 86400)
local headers = {["Authorization"] = "Bearer " .. os.getenv("TOKEN"), ["Content-Type"] = "application/json"}
local points = {"HUU_NGHI", "TAN_THANH", "COC_NAM", "CHI_MA", "NA_HINH", "NA_NUA", "BINH_NGHI"}
local customs, trader, plates = "108625440120", "0100112437", {"X0000000000", "BENCH00001"}
local sent, traders, declarations, taken = 0, {}, {}, nil

-- A whole request, in the pieces between its trader, its plate and its customs declaration: all that differs is of one length.
local function pieces(point, direction, plate)
  local code = direction == "import" and "A11" or "B11"
  local whole = wrk.format("POST", "/api/v1/declarations", headers,
    '{"direction": "' .. direction .. '", "regime": "commercial", "crossing_point": "' .. point .. '", "cargo_class": "general", ' ..
    '"planned_arrival": "' .. planned .. '", "trader_tax_code": "' .. trader .. '", ' ..
    '"vehicle": {"plate": "' .. plate .. '", "country": "LA", "kind": "tractor"}, ' ..
    '"driver": {"full_name": "Li Wei", "nationality": "CN", "document": {"kind": "passport", "number": "E12345678"}}, ' ..
    '"goods": [{"hs_code": "85258031", "description": "Camera", "quantity": 1200, "unit": "PCE", "gross_kg": 8200}], ' ..
    '"customs_declarations": [{"number": "' .. customs .. '", "type_code": "' .. code .. '"}]}')
  return {whole:match("^(.*)" .. trader .. "(.*)" .. plate .. "(.*)" .. customs .. "(.*)$")}
end

function init()
  local random = io.open("/dev/urandom", "rb")
  local a, b, c, d = random:read(4):byte(1, 4)
  random:close()
  math.randomseed(a + 256 * b + 65536 * c + 16777216 * (d % 64))
  if os.getenv("WIDE") then
    for line in io.lines(os.getenv("WIDE")) do
      if #line == #trader then traders[#traders + 1] = line end
    end
    plates[1] = "00A00000"
  end
  for _, direction in ipairs({"import", "export"}) do
    for _, point in ipairs(points) do
      declarations[#declarations + 1] = pieces(point, direction, plates[1])
    end
  end
  taken = pieces("HUU_NGHI", "import", plates[2])
end

function request()
  sent = sent + 1
  if refused > 0 and sent % refused == 0 then
    return taken[1] .. trader .. taken[2] .. plates[2] .. taken[3] .. customs .. taken[4]
  end
  local one, plate, customs, trader = declarations[hot and 1 or math.random(#declarations)], nil, customs, trader
  if #traders > 0 then
    plate = string.format("%02d%s%05d", math.random(10, 99), string.char(math.random(65, 90)), math.random(0, 99999))
    customs = string.format("10%02d%08d", math.random(23, 26), math.random(0, 99999999))
    trader = traders[math.random(#traders)]
  else
    plate = string.format("X%05d%05d", math.random(0, 99999), math.random(0, 99999))
  end
  return one[1] .. trader .. one[2] .. plate .. one[3] .. customs .. one[4]
end
