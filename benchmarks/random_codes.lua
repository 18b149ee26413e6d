-- wrk asks as phones do for codes in the file that CODES names (8 characters each): for a random
-- one each time, or with ORDER=each for one after the other from the one at FIRST. PAUSE is the mean of a connection's
-- pauses in milliseconds (exponential, so that requests come as from strangers); without it there
-- are none. With CLOSING each request has a connection of its own.
local codes = io.open(os.getenv("CODES")):read("*a")
local known = #codes / 8
local each, asked = os.getenv("ORDER") == "each", tonumber(os.getenv("FIRST") or "0")
local pause = tonumber(os.getenv("PAUSE") or "0")
local versions = {"17_5", "17_6", "18_0", "18_1", "18_3", "18_4", "18_5", "18_6", "26_0", "26_1"}
local languages = {"en-US", "es-US", "es-MX", "fr-CA", "en-CA", "vi-US", "zh-CN", "ko-KR", "tl-PH", "ht-HT"}
local phones = {}

-- A thousand kinds of phone: versions, languages and builds.
for _, version in ipairs(versions) do
  for _, language in ipairs(languages) do
    for build = 1, 10 do
      phones[#phones + 1] = {
        ["User-Agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS " .. version .. " like Mac OS X)"
          .. " AppleWebKit/605.1." .. build .. " (KHTML, like Gecko) Version/18.5 Mobile/15E148"
          .. " Safari/604.1",
        ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        ["Accept-Language"] = language .. "," .. language:sub(1, 2) .. ";q=0.9",
        ["Accept-Encoding"] = "gzip, deflate, br",
        ["Sec-Fetch-Dest"] = "document",
        ["Sec-Fetch-Mode"] = "navigate",
        ["Sec-Fetch-Site"] = "none",
        ["Priority"] = "u=0, i",
        ["Connection"] = os.getenv("CLOSING") and "close" or nil,
      }
    end
  end
end

function init()
  math.randomseed(os.time())
end

function request()
  local which = each and asked % known or math.random(0, known - 1)
  asked = asked + 1
  local phone = phones[math.random(#phones)]
  return wrk.format("GET", "/" .. codes:sub(which * 8 + 1, which * 8 + 8), phone)
end

if pause > 0 then
  function delay()
    return math.floor(0.5 - pause * math.log(1 - math.random()))
  end
end

function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), wrong))
end
